//! What each paid period entitles to, and what became of it.

use std::collections::BTreeMap;

use super::life::{Attempt, Benefit, DUE_WITHIN, Life, Period};

/// One benefit of one paid period, or one that was given without being due.
#[derive(Debug, Clone, Copy)]
pub struct Entitlement<'a> {
    pub benefit_id: &'a str,
    /// None where a delivery falls into no period.
    pub period: Option<Period<'a>>,
    pub kind: &'a str,
    pub class: &'static str,
    pub due_by: Option<i64>,
    /// The attempt that decides: the first delivery that counts, else the last failure.
    pub attempt: Option<Attempt<'a>>,
}

/// Each benefit of each paid period, then what was tried or delivered without being due.
///
/// A delivery belongs to the latest-starting period that covers it. The same benefit twice in a tier version
/// is due once, as it stands there first. What is due after the end of the night, in microseconds, is still to come.
pub fn entitlements<'a>(life: &Life<'a>, night_end: i64) -> Vec<Entitlement<'a>> {
    let periods = life.periods();
    let mut tried: BTreeMap<(Option<usize>, &str), Vec<Attempt<'a>>> = BTreeMap::new();
    for attempt in &life.attempts {
        tried.entry((periods.at(attempt.at), attempt.benefit_id)).or_default().push(*attempt);
    }
    let mut rows = Vec::new();
    for (place, period) in periods.list.iter().enumerate() {
        let benefits = life.tier(&period.event).map_or(&[][..], |tier| &tier.benefits);
        for (rank, benefit) in benefits.iter().enumerate() {
            if benefits[..rank].iter().any(|earlier| earlier.benefit_id == benefit.benefit_id) {
                continue;
            }
            let attempts = tried.remove(&(Some(place), benefit.benefit_id)).unwrap_or_default();
            rows.push(due(period, benefit, &attempts, night_end));
        }
    }
    rows.extend(tried.into_iter().filter_map(|((place, benefit_id), attempts)| {
        let attempt = *attempts.iter().find(|attempt| attempt.delivered).or(attempts.last())?;
        Some(Entitlement {
            benefit_id,
            period: place.map(|place| periods.list[place]),
            kind: attempt.kind,
            class: "NOT_ENTITLED",
            due_by: None,
            attempt: Some(attempt),
        })
    }));
    rows
}

/// What became of a benefit that is due: its attempts stand in order of time.
fn due<'a>(
    period: &Period<'a>,
    benefit: &Benefit<'a>,
    attempts: &[Attempt<'a>],
    night_end: i64,
) -> Entitlement<'a> {
    let due_by = period.start.saturating_add(DUE_WITHIN);
    let delivered = || attempts.iter().filter(|attempt| attempt.delivered);
    let rightly = delivered().find(|attempt| attempt.method == benefit.method);
    let (class, attempt) = match (rightly, delivered().next()) {
        (Some(attempt), _) if attempt.at <= due_by => ("DELIVERED", Some(attempt)),
        (Some(attempt), _) => ("LATE", Some(attempt)),
        (None, Some(attempt)) => ("WRONG_METHOD", Some(attempt)),
        (None, None) if due_by > night_end => ("PENDING", attempts.last()),
        (None, None) if !attempts.is_empty() => ("FAILED", attempts.last()),
        (None, None) => ("MISSING", None),
    };
    Entitlement {
        benefit_id: benefit.benefit_id,
        period: Some(*period),
        kind: benefit.kind,
        class,
        due_by: Some(due_by),
        attempt: attempt.copied(),
    }
}
