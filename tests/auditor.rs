//! A second, deliberately simple judge of the three payment sources, to hold the warehouse against.
//!
//! It knows the contract and the landing area's raw bytes, and nothing of the warehouse. It groups, scans and
//! compares in the plainest way and is slow on purpose. Where the contract leaves a choice open, the module
//! that makes it says so under "Readings"; the rule behind all of them: report whatever is true by itself.
//!
//! Readings of the night as a whole:
//! - All rows that landed up to a night are judged; an escrow is written if a row of it landed that day, or if
//!   its class on the audited night before was not one that rests.
//! - An id known only from transfers that are not SETTLED gets no row, even where those are in conflict.
//! - Currency, gross, fees and net of a row are its first effective transfer's, and none where there is none;
//!   a transfer without a fee states zero of it.
//! - CONTROL_TOTAL is told on the night of its own day. A currency with nothing in it agrees with none stated.
//! - A refused day lands nothing, and counts nothing.

mod case;
#[cfg(test)]
mod cases;
mod chain;
mod currencies;
mod fees;
mod fold;
pub mod json;
mod judge;
mod landing;
#[cfg(test)]
mod lines;
mod lives;
mod money;
mod night;
mod rows;
mod rules;
mod sides;
mod time;

use chrono::NaiveDate;

pub use night::audit;
pub use rules::{Alias, FeeRule, Mode, Rules};

/// Everything a correct warehouse says of one night, derived from the landing area's raw bytes alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Ordered by escrow id.
    pub reconciliation: Vec<Row>,
    /// Source, day, file and physical line of every line that is not well-formed.
    pub quarantine: Vec<(String, NaiveDate, String, u64)>,
    pub counts: Vec<Counts>,
    pub control_totals: Vec<ControlTotal>,
    /// Class and subcode: the sequence of a SEQUENCE_GAP or CHAIN_BREAK, the source of a CONTROL_TOTAL.
    pub findings: Vec<(String, String)>,
    /// Sources whose day is not written, since its files are not what its manifest says or end too early.
    pub refused: Vec<String>,
}

/// One row of `silver.reconciliation`. Amounts are exact, with nine digits behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub dt: NaiveDate,
    pub escrow_id: String,
    pub class: String,
    pub subcode: Option<String>,
    /// In the contract's order of precedence, each `CLASS` or `CLASS:SUBCODE`.
    pub flags: Vec<String>,
    pub currency: Option<String>,
    pub gross: Option<String>,
    pub platform_fee: Option<String>,
    pub processing_fee: Option<String>,
    pub other_fees: Option<String>,
    pub net: Option<String>,
}

/// What one source landed on one day. Rows read are `good + replays + quarantined`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub source: String,
    pub dt: NaiveDate,
    /// Rows kept, both payloads of a conflict among them.
    pub good: u64,
    pub replays: u64,
    pub conflicts: u64,
    pub quarantined: u64,
}

/// The sum of one source's amounts of one day in one currency, with nine digits behind the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlTotal {
    pub source: String,
    pub dt: NaiveDate,
    pub currency: String,
    pub count: u64,
    pub sum: String,
}
