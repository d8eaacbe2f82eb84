//! The nights that a report is about.

use chrono::NaiveDate;
use schemas::silver::RECONCILIATION;
use warehouse::Session;

use crate::failure::{Failure, Outcome};

/// Days from and to, both in it, and the nights that were reconciled in them.
#[derive(Debug, Clone)]
pub struct Period {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// In order, at least one.
    pub nights: Vec<NaiveDate>,
    /// The last night before them.
    pub night_before: Option<NaiveDate>,
}

impl Period {
    /// Finds the nights of a span.
    pub fn find(session: &Session, from: NaiveDate, to: NaiveDate) -> Outcome<Self> {
        if from > to {
            return Err(Failure::usage(format!("--from {from} is after --to {to}"))
                .with_hint("both days are in the period; the earlier one is --from"));
        }
        let all = session.days(&RECONCILIATION);
        let nights: Vec<_> = all.range(from..=to).copied().collect();
        if nights.is_empty() {
            let failure = Failure::usage(format!("no night from {from} to {to} was reconciled"));
            return Err(match (all.first(), all.last()) {
                (Some(first), Some(last)) => {
                    failure.with_hint(format!("the nights that were lie between {first} and {last}"))
                }
                _ => failure.with_hint("run a night first: ttt run nightly"),
            });
        }
        let night_before = all.range(..from).next_back().copied();
        Ok(Self { from, to, nights, night_before })
    }

    /// The first of its nights.
    pub fn first_night(&self) -> NaiveDate {
        self.nights[0]
    }

    /// The last of its nights.
    pub fn last_night(&self) -> NaiveDate {
        self.nights[self.nights.len() - 1]
    }
}
