//! The only door to storage, Delta and DataFusion.
//!
//! Tables are Delta tables below one root: `deltalake-core` keeps their logs, the data files are written and
//! read here. A commit replaces files atomically; what is not committed is invisible.

pub mod error;

pub mod lake;

pub mod commit;
pub mod scan;
pub mod write;

mod statistics;

pub mod session;

pub use error::{Error, Result};
pub use lake::{DataFile, Lake, Snapshot};
pub use session::{Limits, Session};
pub use write::{FileWriter, NewFile};
