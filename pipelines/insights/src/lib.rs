//! Metrics of a day into released rows: contributions bounded, noise drawn, a budget kept. No storage, no engine.

pub mod family;
pub mod policy;

pub mod accounting;
pub mod ledger;

pub mod bounding;
pub mod layout;
pub mod reading;
pub mod sums;

pub mod noise;

pub mod agree;
pub mod columns;
pub mod release;

pub mod pseudonym;
pub mod report;

#[cfg(test)]
mod tests;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The policy does not hold together.
    #[error("privacy policy: {0}")]
    Policy(String),
    /// The ledger says what cannot be.
    #[error("privacy ledger: {0}")]
    Ledger(String),
    /// The noise could not be drawn.
    #[error("noise: {0}")]
    Noise(String),
    /// Rows that fit no column.
    #[error("released rows: {0}")]
    Rows(String),
}
