//! Bytes of a log into good rows, rejected rows and counts; no storage, no engine.

pub mod manifest;
pub mod reader;

pub mod chunk;
pub mod sieve;

mod access;
mod cmcd;
mod columns;
mod field;
mod json;
mod percent;
mod reason;
mod rows;
mod texts;
mod totals;

pub use reason::Reason;
pub use rows::hash_of as key_hash;
pub use texts::owned;
pub use totals::{Total, Totals};
