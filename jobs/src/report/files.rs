//! Files of one folder that appear together, at the end, or not at all.

use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::{Failure, Outcome};

/// A folder that is being written: each file under a name of its own until all are complete.
pub struct Files {
    folder: PathBuf,
    /// Folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Names under which files are written, and those that they will have.
    waiting: Vec<(PathBuf, Cow<'static, str>)>,
}

/// A file that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    pub name: Cow<'static, str>,
    pub bytes: u64,
}

impl Files {
    /// Opens a folder, which is made where it is not there.
    pub fn open(folder: &Path) -> Outcome<Self> {
        if folder.exists() && !folder.is_dir() {
            return Err(Failure::usage(format!("{}: is a file, and should be a folder", folder.display()))
                .with_hint("name another one by --out"));
        }
        let absent = folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
        let made = absent.map(Path::to_owned).collect();
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), made, waiting: Vec::new() })
    }

    /// A new file, hidden until all are published.
    pub fn create(&mut self, name: impl Into<Cow<'static, str>>) -> Outcome<File> {
        let name = name.into();
        let path = self.folder.join(format!(".{name}.{}.partial", std::process::id()));
        let file = File::create(&path).map_err(|error| at(&path, &error))?;
        self.waiting.push((path, name));
        Ok(file)
    }

    /// Writes a whole file.
    pub fn write(&mut self, name: impl Into<Cow<'static, str>>, text: &str) -> Outcome<()> {
        use std::io::Write;

        let name = name.into();
        let mut file = self.create(name.clone())?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| at(&self.folder.join(&*name), &error))
    }

    /// Gives every file its name, in the place of one that has it.
    pub fn publish(mut self) -> Outcome<Vec<Written>> {
        let mut published = Vec::new();
        for (path, name) in std::mem::take(&mut self.waiting) {
            let target = self.folder.join(name.as_ref());
            fs::rename(&path, &target).map_err(|error| at(&target, &error))?;
            let bytes = fs::metadata(&target).map_err(|error| at(&target, &error))?.len();
            published.push(Written { name, bytes });
        }
        self.made.clear();
        Ok(published)
    }
}

impl Drop for Files {
    /// Takes back what was not published.
    fn drop(&mut self) {
        for (path, _) in &self.waiting {
            let _ = fs::remove_file(path);
        }
        // Only what is empty goes.
        self.made.iter().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure::other(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_appear_together_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        let mut files = Files::open(&folder).unwrap();
        files.write("one.csv", "1").unwrap();
        drop(files);
        assert!(!place.path().join("a").exists(), "an attempt leaves nothing behind");

        let mut files = Files::open(&folder).unwrap();
        files.write("one.csv", "1").unwrap();
        files.write("two.csv", "22").unwrap();
        assert!(!folder.join("one.csv").exists());
        let written = files.publish().unwrap();
        assert_eq!(written.iter().map(|file| file.bytes).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

        let mut files = Files::open(&folder).unwrap();
        files.write("one.csv", "new").unwrap();
        drop(files);
        assert_eq!(fs::read_to_string(folder.join("one.csv")).unwrap(), "1", "what stood there stays");
        assert!(Files::open(&folder.join("one.csv")).is_err());
    }
}
