//! What an area is to be: its days, its sizes, its faults. Checked once, before anything is written.

use chrono::NaiveDate;

use crate::GenerateError;

/// How the files of an area are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `.ndjson` and `.log` alone: the fastest.
    Plain,
    /// Every file gzip.
    Gzip,
    /// Every file zstd, but access logs gzip (the contract knows no `.log.zst`).
    Zstd,
    /// All of them in turn.
    Mixed,
}

/// Which ladder the contents of an area have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ladder {
    /// Five rungs as many platforms have had them.
    Usual,
    /// Sized by the area's networks: there is little to better.
    Fitted,
    /// Planted: its lowest rung is more than slow networks carry.
    Oversized,
}

impl Ladder {
    /// Its name in keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Fitted => "fitted",
            Self::Oversized => "oversized",
        }
    }
}

/// An area to write. Rates are shares between 0 and 1, read to a millionth.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same seed and options give the same bytes.
    pub seed: u64,
    /// The first landing day.
    pub from: NaiveDate,
    /// Landing days, at least one.
    pub days: u32,
    /// Escrows that begin on a day, subscriptions among them. About three events, one transfer and one
    /// ledger entry each.
    pub escrows_per_day: u64,
    /// Paid subscription periods that begin on a day, at most the escrows.
    pub subscriptions_per_day: u64,
    /// Playback sessions a day.
    pub playbacks_per_day: u64,
    /// Access log lines a day, spread over the day's sessions.
    pub access_per_day: u64,
    /// Edge nodes; each has one row a day.
    pub nodes: u32,
    /// Contents published a day.
    pub contents_per_day: u64,
    /// Contents of the years before, which the first day brings and nobody watches any more.
    pub contents_archived: u64,
    /// The ladder of all contents.
    pub ladder: Ladder,
    /// Files of each source and day.
    pub files_per_source: u32,
    pub compression: Compression,
    /// Share of the tips that carry a planted money fault. Faults are taken in turn from [`crate::faults`],
    /// so that each occurs once the area has as many faulty tips as there are faults. 0 is a clean area.
    pub fault_rate: f64,
    /// Share of the monthly and yearly subscriptions that carry a planted fault, in their lives, payments or
    /// deliveries; faults of tiers come with them. Nothing is planted where `fault_rate` is 0.
    pub subscription_faults: f64,
    /// Share of the breaks that a person resolves, each after one of the nights on which it is open. Nothing
    /// of it is in the area: the key says what to resolve, and what must come of it.
    pub resolutions: f64,
    /// Share of the rows that arrive twice with the same payload. In the delivery sources half as many more
    /// arrive with another payload.
    pub replay_rate: f64,
    /// Lines to be quarantined for each good line.
    pub bad_line_rate: f64,
    /// Share of the tips (and of sessions, requests and subscription events) of which something lands a
    /// day late.
    pub late_rate: f64,
    /// Write `_manifest.json` into every folder.
    pub manifests: bool,
    /// Threads; 0 takes what the machine has. The bytes do not depend on it.
    pub threads: usize,
}

impl Default for Options {
    /// A small but complete area of three days in which every fault occurs.
    fn default() -> Self {
        Self {
            seed: 1,
            from: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default(),
            days: 3,
            escrows_per_day: 2_500,
            subscriptions_per_day: 120,
            playbacks_per_day: 1_000,
            access_per_day: 5_000,
            nodes: 40,
            contents_per_day: 100,
            contents_archived: 0,
            ladder: Ladder::Usual,
            files_per_source: 4,
            compression: Compression::Mixed,
            fault_rate: 0.05,
            subscription_faults: 0.25,
            resolutions: 0.0,
            replay_rate: 0.005,
            bad_line_rate: 0.01,
            late_rate: 0.01,
            manifests: true,
            threads: 0,
        }
    }
}

impl Options {
    /// Refuses what no area can be.
    pub(crate) fn check(&self) -> Result<(), GenerateError> {
        let refuse = |what: String| Err(GenerateError::Refused(what));
        for (name, rate) in [
            ("fault_rate", self.fault_rate),
            ("subscription_faults", self.subscription_faults),
            ("resolutions", self.resolutions),
            ("replay_rate", self.replay_rate),
            ("bad_line_rate", self.bad_line_rate),
            ("late_rate", self.late_rate),
        ] {
            if !(0.0..=1.0).contains(&rate) {
                return refuse(format!("{name} must be between 0 and 1, not {rate}"));
            }
        }
        if self.days == 0 || self.days > 4_000 {
            return refuse(format!("days must be between 1 and 4000, not {}", self.days));
        }
        if self.files_per_source == 0 || self.files_per_source > 1_000 {
            return refuse(format!(
                "files_per_source must be between 1 and 1000, not {}",
                self.files_per_source
            ));
        }
        if self.subscriptions_per_day > self.escrows_per_day {
            return refuse("subscriptions_per_day must not exceed escrows_per_day".into());
        }
        if self.nodes == 0 || self.contents_per_day == 0 {
            return refuse("nodes and contents_per_day must be above zero".into());
        }
        let sizes =
            [self.escrows_per_day, self.playbacks_per_day, self.access_per_day, self.contents_archived];
        if sizes.iter().any(|size| *size >= 1 << 32) {
            return refuse("a day holds fewer than 2^32 rows of a source".into());
        }
        Ok(())
    }
}

/// A share as parts of a million.
pub(crate) fn per_million(rate: f64) -> u64 {
    (rate * 1e6).round() as u64
}
