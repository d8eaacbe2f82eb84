//! One escrow id on one night: all its sides, and the plain questions that rules ask of them.

use chrono::NaiveDate;

use super::rows::{Entry, Event, Transfer};
use super::rules::Rules;
use super::time;

/// The times up to which the sources are complete.
#[derive(Clone, Copy)]
pub struct Watermarks {
    pub escrow_us: i64,
    pub wallet_us: i64,
    pub ledger_us: i64,
}

/// Everything known of one escrow id from the rows that landed up to a night.
pub struct Case<'a> {
    pub night: NaiveDate,
    pub rules: &'a Rules,
    pub watermarks: Watermarks,
    /// Some source key that names this escrow arrived with two payloads.
    pub conflicted: bool,
    /// Ordered by sequence, time and id.
    pub events: Vec<&'a Event>,
    /// The effective ones, in landing order.
    pub transfers: Vec<&'a Transfer>,
    /// In landing order.
    pub entries: Vec<&'a Entry>,
}

impl<'a> Case<'a> {
    /// The escrow's state is what its last event says, also where the events are no legal life.
    pub fn state(&self) -> Option<&'a str> {
        self.events.last().map(|event| event.event.as_str())
    }

    pub fn state_is(&self, states: &[&str]) -> bool {
        self.state().is_some_and(|state| states.contains(&state))
    }

    /// Amount, parties, type and visibility of an escrow are those of its first event.
    pub fn first(&self) -> Option<&'a Event> {
        self.events.first().copied()
    }

    /// Whether there is at least one transfer, and one entry.
    pub fn has(&self) -> (bool, bool) {
        (!self.transfers.is_empty(), !self.entries.is_empty())
    }

    /// The latest time of the sides present; of several transfers or entries the latest counts.
    pub fn latest_us(&self) -> i64 {
        let last_event = self.events.last().map(|event| event.at_us);
        let transfers = self.transfers.iter().map(|transfer| transfer.at_us);
        let entries = self.entries.iter().map(|entry| entry.at_us);
        last_event.into_iter().chain(transfers).chain(entries).max().unwrap_or(i64::MIN)
    }

    pub fn lag_us(&self) -> i64 {
        self.rules.lag_hours * time::HOUR_US
    }

    /// The age of a time at the end of the night.
    pub fn age_us(&self, time_us: i64) -> i64 {
        time::end_of(self.night).saturating_sub(time_us)
    }
}
