//! Where rows go: standard output, or a file that appears under its name when it is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::output::unwritable;
use crate::failure::{Failure, Outcome};

const BUFFER_BYTES: usize = 64 << 10;

/// The place that rows are written to. Dropped before it is finished, it leaves no file.
pub struct Destination {
    out: BufWriter<Box<dyn Write + Send>>,
    unfinished: Option<Unfinished>,
    closed: bool,
}

/// A file under a passing name beside its own.
struct Unfinished {
    passing: PathBuf,
    name: PathBuf,
}

impl Destination {
    /// Opens a file, or standard output where there is none.
    pub fn open(file: Option<&Path>) -> Outcome<Self> {
        let (out, unfinished): (Box<dyn Write + Send>, _) = match file {
            None => (Box::new(io::stdout()), None),
            Some(name) => {
                // A device or a pipe cannot be replaced: it is written as it stands.
                let replaceable = fs::metadata(name).map_or(true, |found| found.is_file());
                let path = if replaceable { passing_name(name)? } else { name.to_owned() };
                let file = File::create(&path).map_err(|error| {
                    Failure::usage(format!("{} cannot be written: {error}", name.display()))
                })?;
                (Box::new(file), replaceable.then(|| Unfinished { passing: path, name: name.to_owned() }))
            }
        };
        Ok(Self { out: BufWriter::with_capacity(BUFFER_BYTES, out), unfinished, closed: false })
    }

    /// Whether its reader has gone, as `head` does: then there is nobody to write for.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// An empty line between two results.
    pub fn separate(&mut self) {
        // A failure meets the next result's rows too.
        let _ = self.write_all(b"\n");
    }

    /// Writes what is left, and gives a file its name.
    pub fn finish(mut self) -> Outcome<()> {
        match self.flush() {
            Err(_) if self.closed => return Ok(()),
            other => other.map_err(unwritable)?,
        }
        match self.unfinished.take() {
            None => Ok(()),
            Some(Unfinished { passing, name }) => fs::rename(&passing, &name).map_err(|error| {
                let _ = fs::remove_file(&passing);
                Failure::other(format!("{} cannot be written: {error}", name.display()))
            }),
        }
    }

    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| self.closed |= error.kind() == ErrorKind::BrokenPipe)
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.watch(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.watch(flushed)
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Some(unfinished) = &self.unfinished {
            let _ = fs::remove_file(&unfinished.passing);
        }
    }
}

/// A hidden name in the same folder, of this process alone.
fn passing_name(name: &Path) -> Outcome<PathBuf> {
    let stem = name.file_name().ok_or_else(|| Failure::usage(format!("{} names no file", name.display())))?;
    Ok(name.with_file_name(format!(".{}.{}", stem.to_string_lossy(), std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let names = || {
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>()
        };

        let mut abandoned = Destination::open(Some(&path)).unwrap();
        abandoned.write_all(b"a\n").unwrap();
        assert!(!path.exists());
        drop(abandoned);
        assert!(names().is_empty());

        let mut finished = Destination::open(Some(&path)).unwrap();
        finished.write_all(b"b\n").unwrap();
        finished.finish().unwrap();
        assert_eq!((fs::read(&path).unwrap().as_slice(), names().len()), (b"b\n".as_slice(), 1));
    }

    #[test]
    fn a_wrong_path_is_wrong_use() {
        for path in ["/", "/nowhere/rows.csv"] {
            let failure = Destination::open(Some(Path::new(path))).err().unwrap();
            assert_eq!(failure.kind, crate::failure::Kind::Usage, "{path}: {failure}");
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut destination =
            Destination { out: BufWriter::with_capacity(1, Box::new(Gone)), unfinished: None, closed: false };
        assert!(destination.write_all(b"abc").is_err() && destination.is_closed());
        destination.finish().unwrap();
    }
}
