//! The only door to storage, Delta and DataFusion.
//!
//! Tables are Delta tables below one root: `deltalake-core` keeps their logs, the data files are written and
//! read here. A commit replaces files atomically; what is not committed is invisible.

pub mod error;

pub mod lake;

pub mod write;

pub mod commit;

pub mod scan;

mod day;

pub mod desk;

pub mod session;

pub mod fold;
pub mod function;
pub mod spill;

pub mod audits;
pub mod models;

mod arena;
mod conform;
mod keys;
mod log;
mod produce;
mod query;
mod small;
mod statistics;
mod upload;

#[cfg(test)]
mod tests;

pub use error::{Error, Result};
pub use fold::{Facts, Groups};
pub use keys::KeyColumn;
pub use lake::{DataFile, Lake, Snapshot, Stored, storage_options};
pub use models::{Model, Models, Written, ranges};
pub use query::{Parameter, Values, plan_file};
pub use session::{Limits, Session, Share};
pub use spill::Partitions;
pub use write::{FileWriter, NewFile};
