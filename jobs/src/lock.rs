//! One run at a time on a warehouse.
//!
//! A local warehouse is locked by the operating system, which lets go when the process ends, however it ends.
//! A remote one is locked by an object that the run renews; a run that was killed renews no more.

use std::fs::{File, TryLockError};
use std::future::Future;
use std::io::ErrorKind;

use warehouse::Lake;

use crate::failure::{Failure, Kind, Outcome};
use crate::lease::{Lease, TERMS};

const NAME: &str = "_run.lock";

/// Held while a run writes.
pub enum Lock {
    Local(File),
    Remote(Lease),
}

impl Lock {
    pub async fn take(lake: &Lake) -> Outcome<Self> {
        match lake.url().to_file_path() {
            Ok(folder) if lake.url().scheme() == "file" => {
                let path = folder.join(NAME);
                let failed = |error: std::io::Error| {
                    let message = format!("{}: {error}", path.display());
                    match error.kind() {
                        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                            Failure::usage(message).with_hint("the warehouse's folder must be writable")
                        }
                        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                            Failure::new(Kind::Passing, message).with_hint("make room where the warehouse is")
                        }
                        _ => Failure::other(message),
                    }
                };
                let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
                match file.try_lock() {
                    Ok(()) => Ok(Self::Local(file)),
                    Err(TryLockError::WouldBlock) => {
                        Err(Failure::new(Kind::Locked, "another run holds the warehouse")
                            .with_hint("wait for it to end; `ttt status` shows the runs that ended"))
                    }
                    Err(TryLockError::Error(error)) => Err(failed(error)),
                }
            }
            _ => Ok(Self::Remote(Lease::take(lake.store(), lake.path(NAME), TERMS).await?)),
        }
    }

    /// Does the work under the lock, then lets go.
    pub async fn hold<T>(self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        match self {
            Self::Local(file) => {
                let done = work.await;
                drop(file);
                done
            }
            Self::Remote(lease) => lease.hold(work).await,
        }
    }
}
