//! Where reports are put: a folder, or a place on an object store.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;
use warehouse::Lake;

use crate::failure::{Failure, Outcome};

/// A place for files; cheap to clone.
#[derive(Clone)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Place {
    /// Opens a folder, which is made where it is not there, or a URL of an object store.
    pub fn open(text: &str) -> Outcome<Self> {
        let folder = match Url::parse(text) {
            Ok(url) if url.scheme() == "file" => {
                url.to_file_path().map_err(|()| Failure::usage(format!("{text}: no local path")))?
            }
            Ok(url) if url.scheme().len() > 1 => return Self::remote(&url),
            _ => PathBuf::from(text),
        };
        let wrong = |why: &dyn std::fmt::Display| Failure::usage(format!("{}: {why}", folder.display()));
        if folder.exists() && !folder.is_dir() {
            return Err(wrong(&"is a file, and should be a folder"));
        }
        std::fs::create_dir_all(&folder).map_err(|error| wrong(&error))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| wrong(&error))?;
        Ok(Self { store: Arc::new(store), root: Path::default() })
    }

    fn remote(url: &Url) -> Outcome<Self> {
        let (store, root) = object_store::parse_url_opts(url, warehouse::storage_options())
            .map_err(|error| Failure::usage(format!("{url}: {error}")))?;
        Ok(Self { store: store.into(), root })
    }

    /// A folder of a warehouse.
    pub fn within(lake: &Lake, name: &str) -> Self {
        Self { store: lake.store(), root: lake.path(name) }
    }

    /// The path of a file in a folder of it; folders are divided by `/`.
    fn path(&self, folder: &str, name: &str) -> Path {
        let parts = folder.split('/').filter(|part| !part.is_empty());
        parts.chain([name]).fold(self.root.clone(), |path, part| path.join(part))
    }

    /// A small file, where it is there.
    pub async fn read(&self, folder: &str, name: &str) -> Outcome<Option<Vec<u8>>> {
        let path = self.path(folder, name);
        let read = async { self.store.get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(passing(error)),
        }
    }

    /// The size of a file, where it is there.
    pub async fn size(&self, folder: &str, name: &str) -> Outcome<Option<u64>> {
        match self.store.head(&self.path(folder, name)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(passing(error)),
        }
    }

    /// Puts a whole file in the place of one that is there.
    pub async fn write(&self, folder: &str, name: &str, content: Vec<u8>) -> Outcome<()> {
        self.store.put(&self.path(folder, name), content.into()).await.map(drop).map_err(passing)
    }

    /// Takes a file away, if it is there.
    pub async fn remove(&self, folder: &str, name: &str) -> Outcome<()> {
        match self.store.delete(&self.path(folder, name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(passing(error)),
        }
    }
}

fn passing(error: object_store::Error) -> Failure {
    Failure::from(warehouse::Error::from(error))
}
