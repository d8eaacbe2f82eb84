//! Metrics of a day into released rows: contributions bounded, noise drawn, a budget kept. No storage, no engine.

pub mod pseudonym;
pub mod report;
