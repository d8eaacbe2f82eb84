//! Landing areas by the contract, at any size, with planted faults and their key.
//!
//! An area is arithmetic: every row follows from the seed and its place, so that files are written side by
//! side, nothing is collected, and the same seed and options give the same bytes on any number of threads.
//! The key is no second opinion: whoever plants a fault states what each night must say of it.

mod options;
mod run;

mod clean;
mod faults;
mod life;
mod rows;
mod stories;
mod subscriptions;
mod verdicts;
mod world;

mod payments;
mod sources;

mod bad;
mod books;
mod edit;
mod key;
mod landing;
mod manifest;
mod owed;
mod sink;
mod truth;

mod amounts;
mod curve;
mod parties;
mod random;
mod text;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub use faults::{Fault, faults};
pub use options::{Compression, Ladder, Options};
pub use stories::{StoryFault, story_faults};

/// Why an area could not be written.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The options or the folder are not what an area can be made of; nothing was written.
    #[error("{0}")]
    Refused(String),
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Storage { path: PathBuf, source: io::Error },
}

impl GenerateError {
    pub(crate) fn storage(path: &Path, source: io::Error) -> Self {
        Self::Storage { path: path.into(), source }
    }
}

/// What was written, over all sources and days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub files: u64,
    /// As stored.
    pub bytes: u64,
    /// Lines that are neither blank nor header, bad ones among them.
    pub rows: u64,
    /// Rows that bronze keeps, both payloads of a conflict among them.
    pub good: u64,
    pub replays: u64,
    pub conflicts: u64,
    pub quarantined: u64,
    /// Tips and subscriptions with a fault.
    pub planted: u64,
    /// Ledger entries that took a place in the chain.
    pub entries: u64,
    /// Rows of the key's `reconciliation.csv`.
    pub reconciled: u64,
    /// Rows of the key's `findings.csv`.
    pub findings: u64,
    /// Rows of the key's `breaks.csv`.
    pub breaks: u64,
    /// Rows of the key's `resolutions.csv`.
    pub resolutions: u64,
    /// Rows of the key's `entitlements.csv`.
    pub entitlements: u64,
    /// Rows of the key's `subscription_findings.csv`.
    pub subscription_findings: u64,
}

impl Summary {
    fn add(&mut self, files: &[landing::FileReport]) {
        for file in files {
            self.files += 1;
            self.bytes += file.stored.bytes;
            self.rows += file.rows;
            self.good += file.good;
            self.replays += file.replays;
            self.conflicts += file.conflicts;
            self.quarantined += file.bad.len() as u64;
        }
    }
}

/// Writes a landing area into `out` (`<out>/<source>/dt=YYYY-MM-DD/…`) and its key into `key`.
///
/// `key` gets `reconciliation.csv` (every row of `silver.reconciliation`, every night), `planted.csv`,
/// `findings.csv` (the batch findings that hold on each night), `breaks.csv` and `break_totals.csv` (what
/// becomes of every break from night to night), `resolutions.csv` (which of them a person resolves, after
/// which night), `entitlements.csv` and `subscription_findings.csv` (as of the last night),
/// `control_totals.csv`, `counts.csv` and `quarantine.csv`. `progress` hears of each file once it is written: its source and its rows, from any
/// thread.
///
/// # Errors
/// [`GenerateError::Refused`] for impossible options or a folder that holds one of the days already;
/// [`GenerateError::Storage`] with the path for whatever the disk refuses.
pub fn generate(
    out: &Path,
    key: &Path,
    options: &Options,
    progress: &(dyn Fn(&str, u64) + Sync),
) -> Result<Summary, GenerateError> {
    options.check()?;
    run::run(&world::World::new(options), out, key, progress)
}
