//! Rules on an escrow's life and on sides that are absent.
//!
//! Readings:
//! - Before CREATED every other event is NOT_CREATED, a RELEASED or REFUNDED one too.
//! - After CANCELLED every event is EVENT_AFTER_CANCEL, a second CREATED or CANCELLED too. A CANCELLED after
//!   FUNDED, RELEASED or REFUNDED is CANCEL_AFTER_FUND. Elsewhere a second CREATED is DOUBLE_CREATE.
//! - Only the first offence is told. Holes in the sequence, or the same sequence twice, are none.
//! - Time runs back where an event is earlier than the one just before it in the order of replay.
//! - OPEN and STUCK_ESCROW look at the last event alone and may stand beside an illegal life; an age of
//!   exactly the limit is within it.
//! - SETTLED_WITHOUT_RELEASE holds as soon as one transfer or entry that offends is past the lag; it is
//!   pending only while none of those is. It is not asked where the events are illegal.
//! - While one of the five is pending it is not reported itself. MISSING_TRANSFER waits for both others if
//!   both are absent; an orphan waits for both other sides, whatever its type.
//! - All of one escrow's offending rules are reported, so a pending and a due rule may stand together.

use super::case::Case;
use super::time;

/// The first offence against the legal lives, if there is one.
pub fn offence(case: &Case) -> Option<&'static str> {
    let mut state = "";
    let mut before_us = i64::MIN;
    for event in &case.events {
        let offence = match (state, event.event.as_str()) {
            ("", "CREATED") => None,
            ("", _) => Some("NOT_CREATED"),
            ("CANCELLED", _) => Some("EVENT_AFTER_CANCEL"),
            (_, "CREATED") => Some("DOUBLE_CREATE"),
            ("CREATED", "FUNDED" | "CANCELLED") => None,
            ("CREATED", "RELEASED") => Some("RELEASE_BEFORE_FUND"),
            ("CREATED", _) => Some("REFUND_BEFORE_FUND"),
            (_, "FUNDED") => Some("DOUBLE_FUND"),
            (_, "CANCELLED") => Some("CANCEL_AFTER_FUND"),
            ("FUNDED", _) => None,
            ("RELEASED", "RELEASED") => Some("DOUBLE_RELEASE"),
            ("RELEASED", _) => Some("REFUND_AFTER_RELEASE"),
            (_, "RELEASED") => Some("RELEASE_AFTER_REFUND"),
            (_, _) => Some("DOUBLE_REFUND"),
        };
        if offence.is_some() {
            return offence;
        }
        if event.at_us < before_us {
            return Some("TIME_REVERSAL");
        }
        state = &event.event;
        before_us = event.at_us;
    }
    None
}

/// The times of transfers and entries that the escrow's state does not allow; none for illegal events.
fn settled_without_release_us(case: &Case) -> Vec<i64> {
    let transfers = case.transfers.iter().map(|transfer| transfer.at_us);
    let entries = case.entries.iter().map(|entry| entry.at_us);
    if offence(case).is_some() {
        Vec::new()
    } else if case.state_is(&["CREATED", "FUNDED", "CANCELLED"]) {
        transfers.chain(entries).collect()
    } else if case.state_is(&["REFUNDED"]) {
        transfers.collect()
    } else {
        Vec::new()
    }
}

fn settled_without_release_is_due(case: &Case) -> bool {
    let due = |time_us: i64| time_us.saturating_add(case.lag_us()) <= case.watermarks.escrow_us;
    settled_without_release_us(case).into_iter().any(due)
}

/// ILLEGAL_STATE's subcode.
pub fn illegal_state(case: &Case) -> Option<&'static str> {
    offence(case).or(settled_without_release_is_due(case).then_some("SETTLED_WITHOUT_RELEASE"))
}

fn waits(case: &Case) -> bool {
    case.state_is(&["CREATED", "FUNDED"]) && case.has() == (false, false)
}

fn last_event_age_us(case: &Case) -> i64 {
    case.events.last().map_or(0, |event| case.age_us(event.at_us))
}

pub fn open(case: &Case) -> bool {
    waits(case) && last_event_age_us(case) <= case.rules.age_limit_days * time::DAY_US
}

pub fn stuck(case: &Case) -> bool {
    waits(case) && last_event_age_us(case) > case.rules.age_limit_days * time::DAY_US
}

/// Which of the five rules on absent sides would hold, with the watermarks of those sides. At most one can.
fn absence(case: &Case) -> Option<(&'static str, Vec<i64>)> {
    let marks = case.watermarks;
    match (case.state(), case.has()) {
        (Some("RELEASED"), (false, false)) => {
            Some(("MISSING_TRANSFER", vec![marks.wallet_us, marks.ledger_us]))
        }
        (Some("RELEASED"), (false, true)) => Some(("MISSING_TRANSFER", vec![marks.wallet_us])),
        (Some("RELEASED"), (true, false)) => Some(("MISSING_LEDGER", vec![marks.ledger_us])),
        (Some("REFUNDED"), (_, false)) => Some(("MISSING_LEDGER", vec![marks.ledger_us])),
        (None, (true, true)) => Some(("MISSING_ESCROW", vec![marks.escrow_us])),
        (None, (true, false)) => Some(("ORPHAN_TRANSFER", vec![marks.escrow_us, marks.ledger_us])),
        (None, (false, true)) => Some(("ORPHAN_LEDGER", vec![marks.escrow_us, marks.wallet_us])),
        _ => None,
    }
}

fn may_still_come(case: &Case, watermarks_us: &[i64]) -> bool {
    let due_us = case.latest_us().saturating_add(case.lag_us());
    watermarks_us.iter().any(|watermark_us| due_us > *watermark_us)
}

pub fn timing_pending(case: &Case) -> bool {
    let absence_pending = absence(case).is_some_and(|(_, marks)| may_still_come(case, &marks));
    let settled = !settled_without_release_us(case).is_empty();
    absence_pending || (settled && !settled_without_release_is_due(case))
}

/// Whether one of the five holds and its time is past.
pub fn absent(case: &Case, class: &str) -> bool {
    absence(case).is_some_and(|(found, marks)| found == class && !may_still_come(case, &marks))
}
