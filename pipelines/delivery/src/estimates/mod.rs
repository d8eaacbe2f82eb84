//! Estimates of demand, round trip and throughput, by demand cell and node, from a day's logs.
//!
//! Requests and probes are read once, in chunks. What is held is what is few: contents and the sessions of one
//! range of hashes as numbers, cells and nodes with their sums. All sums are of integers, so that neither the
//! order of rows nor the number of threads changes a digit. docs/estimates.md says what is estimated, and how.

pub mod codes;
pub mod index;
pub(crate) mod reading;

pub mod contents;
pub mod places;
pub mod sessions;
pub(crate) mod versions;

pub mod fixed;
pub mod frames;
pub mod histogram;

pub mod demand;
pub mod exclusions;
pub mod probes;

pub mod credibility;
pub mod distribution;
mod means;
pub mod model;
pub mod prediction;

pub mod estimate;
pub mod window;

pub mod columns;

#[cfg(test)]
mod tests;

use arrow::error::ArrowError;
use polars::prelude::PolarsError;
use thiserror::Error;

/// Why a day's logs could not be estimated: never for what a log says, which is excluded and counted.
#[derive(Debug, Error)]
pub enum Error {
    /// Columns are not those that were asked for.
    #[error("{0}")]
    Columns(String),
    /// A sum is beyond what its column holds.
    #[error("{0} is too large for its column")]
    TooLarge(&'static str),
    #[error(transparent)]
    Frames(#[from] PolarsError),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
