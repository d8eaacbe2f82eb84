//! One run at a time on a warehouse.
//!
//! A local warehouse is locked by the operating system, which lets go when the process ends, however it ends.
//! A remote one is locked by an object that only one writer can create; a run that was killed leaves it, and
//! after [`LEASE`] the next run takes it over.

use std::fs::{File, TryLockError};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use warehouse::Lake;

use crate::failure::{Failure, Kind, Outcome};

const NAME: &str = "_run.lock";
/// After this long a remote lock is taken for left behind.
const LEASE: Duration = Duration::hours(12);

/// Held while a run writes.
pub enum Lock {
    Local(#[allow(dead_code)] File),
    Remote(Arc<dyn ObjectStore>, Path),
}

fn held(by: &str) -> Failure {
    Failure::new(Kind::Locked, format!("another run holds the warehouse{by}"))
        .with_hint("wait for it to end; `ttt status` shows the runs that ended")
}

impl Lock {
    pub async fn take(lake: &Lake) -> Outcome<Self> {
        match lake.url().to_file_path() {
            Ok(folder) if lake.url().scheme() == "file" => {
                let path = folder.join(NAME);
                let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", path.display()));
                let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
                match file.try_lock() {
                    Ok(()) => Ok(Self::Local(file)),
                    Err(TryLockError::WouldBlock) => Err(held("")),
                    Err(TryLockError::Error(error)) => Err(failed(error)),
                }
            }
            _ => Self::take_remote(lake).await,
        }
    }

    async fn take_remote(lake: &Lake) -> Outcome<Self> {
        let (store, path) = (lake.store(), lake.path(NAME));
        let passing = |error: object_store::Error| Failure::from(warehouse::Error::from(error));
        for _ in 0..2 {
            let now = Utc::now().to_rfc3339();
            match store.put_opts(&path, now.into(), PutMode::Create.into()).await {
                Ok(_) => return Ok(Self::Remote(store, path)),
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(error) => return Err(passing(error)),
            }
            let text = store.get(&path).await.map_err(passing)?.bytes().await.map_err(passing)?;
            let since =
                std::str::from_utf8(&text).ok().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            if since.is_some_and(|since| Utc::now() - since.with_timezone(&Utc) < LEASE) {
                return Err(held(&format!(" since {}", String::from_utf8_lossy(&text))));
            }
            store.delete(&path).await.map_err(passing)?;
        }
        Err(held(""))
    }

    /// Lets go.
    pub async fn release(self) {
        if let Self::Remote(store, path) = self {
            // A lock that cannot be deleted ends with its lease.
            let _ = store.delete(&path).await;
        }
    }
}
