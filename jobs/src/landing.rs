//! The landing area: which files lie in a day's folder, and their bytes as a plain reader.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use schemas::source::Source;
use tokio::runtime::Handle;
use url::Url;

use crate::failure::{Failure, Outcome};

/// Bytes fetched from a remote store at once.
const RANGE: u64 = 8 * 1024 * 1024;

/// A landing area on any object store.
#[derive(Clone)]
pub struct Landing {
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// Its folder, where it is local.
    folder: Option<PathBuf>,
}

/// One file of a day's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Landed {
    pub name: String,
    pub bytes: u64,
    pub modified_at: DateTime<Utc>,
    path: Path,
}

/// What lies in a day's folder.
#[derive(Debug, Default)]
pub struct Day {
    /// Logs by name.
    pub files: Vec<Landed>,
    pub manifest: Option<Landed>,
}

impl Landing {
    /// Opens a landing area by URL or local path; a local folder must exist.
    pub fn open(url: &str) -> Outcome<Self> {
        let local = match Url::parse(url) {
            Ok(parsed) if parsed.scheme() == "file" => {
                Some(parsed.to_file_path().map_err(|()| Failure::usage(format!("{url}: no local path")))?)
            }
            Ok(parsed) if parsed.scheme().len() > 1 => None,
            _ => Some(std::path::absolute(url).map_err(|error| Failure::usage(format!("{url}: {error}")))?),
        };
        let Some(folder) = local else { return Self::remote(url) };
        if !folder.is_dir() {
            let hint = "give the landing area with --landing, TTT_LANDING or `landing` in ttt.toml";
            return Err(Failure::usage(format!("{}: no such folder", folder.display())).with_hint(hint));
        }
        let store = object_store::local::LocalFileSystem::new_with_prefix(&folder)
            .map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self { store: Arc::new(store), root: Path::default(), folder: Some(folder) })
    }

    fn remote(url: &str) -> Outcome<Self> {
        let parsed = Url::parse(url).map_err(|error| Failure::usage(format!("{url}: {error}")))?;
        let (store, root) = object_store::parse_url_opts(&parsed, warehouse::storage_options())
            .map_err(|error| Failure::usage(format!("{url}: {error}")))?;
        Ok(Self { store: store.into(), root, folder: None })
    }

    fn source_folder(&self, source: Source) -> Path {
        source.folder().split('/').fold(self.root.clone(), |path, part| path.join(part))
    }

    /// The days on which a source landed, in order.
    pub async fn days(&self, source: Source) -> Outcome<Vec<NaiveDate>> {
        let folder = self.source_folder(source);
        self.check_permission(&folder)?;
        let listed = match self.store.list_with_delimiter(Some(&folder)).await {
            Ok(listed) => listed,
            Err(object_store::Error::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(self.unreadable(&folder, error)),
        };
        let day = |path: &Path| path.filename()?.strip_prefix("dt=")?.parse().ok();
        let mut days: Vec<NaiveDate> = listed.common_prefixes.iter().filter_map(day).collect();
        days.sort_unstable();
        Ok(days)
    }

    /// What lies in the folder of a source's day; nothing where there is no folder.
    pub async fn day(&self, source: Source, dt: NaiveDate) -> Outcome<Day> {
        let folder = self.source_folder(source).join(format!("dt={dt}"));
        self.check_permission(&folder)?;
        let mut day = Day::default();
        let listed = match self.store.list_with_delimiter(Some(&folder)).await {
            Ok(listed) => listed,
            Err(object_store::Error::NotFound { .. }) => return Ok(day),
            Err(error) => return Err(self.unreadable(&folder, error)),
        };
        for object in listed.objects {
            let Some(name) = object.location.filename().map(str::to_owned) else { continue };
            let landed =
                Landed { bytes: object.size, modified_at: object.last_modified, path: object.location, name };
            if landed.name == "_manifest.json" {
                day.manifest = Some(landed);
            } else if source.accepts(&landed.name) {
                day.files.push(landed);
            }
        }
        day.files.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(day)
    }

    /// A local folder that may not be read is an error, never an empty day.
    fn check_permission(&self, path: &Path) -> Outcome<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let below: &str = path.as_ref();
        let folder = folder.join(below);
        match std::fs::read_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let failure = Failure::refused(format!("{}: {error}", folder.display()));
                Err(failure.with_hint("whoever runs ttt must be able to read it"))
            }
            _ => Ok(()),
        }
    }

    fn unreadable(&self, folder: &Path, error: object_store::Error) -> Failure {
        Failure::refused(format!("{folder}: {error}"))
    }

    /// All bytes of a small file.
    pub async fn read(&self, file: &Landed) -> Outcome<Vec<u8>> {
        let bytes = async { self.store.get(&file.path).await?.bytes().await };
        bytes.await.map(|bytes| bytes.to_vec()).map_err(|error| self.unreadable(&file.path, error))
    }

    /// The bytes of a file as a blocking reader; must not be read on a thread of the runtime.
    pub fn reader(&self, file: &Landed, runtime: &Handle) -> io::Result<Box<dyn Read + Send>> {
        if let Some(folder) = &self.folder {
            let path = file.path.parts().fold(folder.clone(), |path, part| path.join(part.as_ref()));
            // Names with characters that a store's path encodes are opened by the store.
            if path.exists() {
                return Ok(Box::new(File::open(path)?));
            }
        }
        let (store, path, runtime) = (self.store.clone(), file.path.clone(), runtime.clone());
        Ok(Box::new(Ranges { store, path, runtime, at: 0, end: file.bytes, held: io::Cursor::default() }))
    }

    /// Whether a file is still what was listed.
    pub async fn is_unchanged(&self, file: &Landed) -> bool {
        match self.store.head(&file.path).await {
            Ok(meta) => meta.size == file.bytes && meta.last_modified == file.modified_at,
            Err(_) => false,
        }
    }
}

/// A remote file, fetched range by range.
struct Ranges {
    store: Arc<dyn ObjectStore>,
    path: Path,
    runtime: Handle,
    at: u64,
    end: u64,
    held: io::Cursor<bytes::Bytes>,
}

impl Read for Ranges {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.held.read(buffer)?;
        if count > 0 || self.at >= self.end || buffer.is_empty() {
            return Ok(count);
        }
        let range = self.at..self.end.min(self.at + RANGE);
        self.at = range.end;
        let bytes = self.runtime.block_on(self.store.get_range(&self.path, range))?;
        self.held = io::Cursor::new(bytes);
        self.read(buffer)
    }
}
