//! Lives that no escrow may lead: the thirteen subcodes of `ILLEGAL_STATE`, and escrows that stay open.

use super::{Fault, Scene};
use crate::amounts::{Amount, Currency};
use crate::life::Ending;
use crate::text::DAY_MS;
use crate::verdicts::Verdict;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "release_before_fund",
        plant: |s| with_sides(s, "RELEASE_BEFORE_FUND", &["CREATED", "RELEASED"]),
    },
    Fault {
        name: "double_fund",
        plant: |s| with_sides(s, "DOUBLE_FUND", &["CREATED", "FUNDED", "FUNDED", "RELEASED"]),
    },
    Fault {
        name: "double_release",
        plant: |s| with_sides(s, "DOUBLE_RELEASE", &["CREATED", "FUNDED", "RELEASED", "RELEASED"]),
    },
    Fault {
        name: "double_refund",
        plant: |s| with_refund(s, "DOUBLE_REFUND", &["CREATED", "FUNDED", "REFUNDED", "REFUNDED"]),
    },
    // The state is that of the last event, so the side it asks for is the ledger's refund.
    Fault {
        name: "refund_after_release",
        plant: |s| with_refund(s, "REFUND_AFTER_RELEASE", &["CREATED", "FUNDED", "RELEASED", "REFUNDED"]),
    },
    Fault {
        name: "release_after_refund",
        plant: |s| with_sides(s, "RELEASE_AFTER_REFUND", &["CREATED", "FUNDED", "REFUNDED", "RELEASED"]),
    },
    Fault {
        name: "refund_before_fund",
        plant: |s| with_refund(s, "REFUND_BEFORE_FUND", &["CREATED", "REFUNDED"]),
    },
    Fault {
        name: "cancel_after_fund",
        plant: |s| with_nothing(s, "CANCEL_AFTER_FUND", &["CREATED", "FUNDED", "CANCELLED"]),
    },
    Fault {
        name: "double_create",
        plant: |s| with_sides(s, "DOUBLE_CREATE", &["CREATED", "CREATED", "FUNDED", "RELEASED"]),
    },
    Fault {
        name: "event_after_cancel",
        plant: |s| with_nothing(s, "EVENT_AFTER_CANCEL", &["CREATED", "CANCELLED", "CANCELLED"]),
    },
    Fault { name: "not_created", plant: |s| with_sides(s, "NOT_CREATED", &["FUNDED", "RELEASED"]) },
    Fault { name: "created_event_lost", plant: created_event_lost },
    Fault { name: "time_reversal", plant: time_reversal },
    Fault { name: "settled_while_funded", plant: settled_while_funded },
    Fault { name: "settled_while_created", plant: settled_while_created },
    Fault { name: "transfer_while_funded", plant: transfer_while_funded },
    Fault { name: "entry_while_funded", plant: entry_while_funded },
    Fault { name: "settled_while_cancelled", plant: settled_while_cancelled },
    Fault { name: "transfer_while_refunded", plant: transfer_while_refunded },
    Fault { name: "release_event_two_days_late", plant: release_event_two_days_late },
    Fault { name: "funded_event_late", plant: funded_event_late },
    Fault { name: "stuck_funded", plant: |s| stuck(s, 10, true) },
    Fault { name: "stuck_created", plant: |s| stuck(s, 9, false) },
    Fault { name: "becomes_stuck_next_night", plant: becomes_stuck_next_night },
    Fault { name: "becomes_stuck_in_a_week", plant: becomes_stuck_in_a_week },
    Fault { name: "stays_created", plant: stays_created },
];

const SETTLED_WITHOUT_RELEASE: Verdict = Verdict::illegal("SETTLED_WITHOUT_RELEASE");

/// Illegal events, then a transfer and an entry as for a release.
fn with_sides(scene: &mut Scene, subcode: &'static str, names: &[&'static str]) {
    scene.released();
    scene.events(names);
    scene.says(Verdict::illegal(subcode));
}

/// Illegal events, then an entry as for a refund.
fn with_refund(scene: &mut Scene, subcode: &'static str, names: &[&'static str]) {
    scene.legal(Ending::Refunded);
    scene.events(names);
    scene.says(Verdict::illegal(subcode));
}

fn with_nothing(scene: &mut Scene, subcode: &'static str, names: &[&'static str]) {
    scene.legal(Ending::Cancelled);
    scene.events(names);
    scene.says(Verdict::illegal(subcode));
}

/// The first event never arrives: the rest keeps its sequence.
fn created_event_lost(scene: &mut Scene) {
    scene.released();
    scene.life.events.remove(0);
    scene.says(Verdict::illegal("NOT_CREATED"));
}

/// Released before it was funded by the clock, but not by the sequence.
fn time_reversal(scene: &mut Scene) {
    scene.released();
    scene.life.events[1].at_ms = scene.base.closed_ms + 5_000;
    scene.says(Verdict::illegal("TIME_REVERSAL"));
}

fn settled_while_funded(scene: &mut Scene) {
    scene.released();
    scene.life.events.truncate(2);
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

fn settled_while_created(scene: &mut Scene) {
    scene.released();
    scene.life.events.truncate(1);
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

fn transfer_while_funded(scene: &mut Scene) {
    scene.released();
    scene.life.events.truncate(2);
    scene.life.entries.clear();
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

fn entry_while_funded(scene: &mut Scene) {
    scene.released();
    scene.life.events.truncate(2);
    scene.life.transfers.clear();
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

fn settled_while_cancelled(scene: &mut Scene) {
    scene.released();
    scene.events(&["CREATED", "CANCELLED"]);
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

/// So small that its fees are zero: a refund's entry has none, and nothing else differs.
fn transfer_while_refunded(scene: &mut Scene) {
    scene.base.amount = Amount::new(1 + i128::from(scene.random.below(9)), Currency::USD);
    scene.legal(Ending::Refunded);
    scene.life.transfers.push(scene.base.transfer());
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
}

fn release_event_two_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.events[2].lands = 2;
    scene.pending_then(SETTLED_WITHOUT_RELEASE);
    scene.life.nights.from(2, Verdict::MATCHED);
}

fn funded_event_late(scene: &mut Scene) {
    scene.released();
    scene.life.events[1].lands = 1;
    scene.life.nights.from(0, Verdict::illegal("RELEASE_BEFORE_FUND"));
    scene.life.nights.from(1, Verdict::MATCHED);
}

/// Open for days already when its events land.
fn stuck(scene: &mut Scene, days: i64, funded: bool) {
    scene.base.shift(-days * DAY_MS);
    scene.released();
    scene.life.transfers.clear();
    scene.life.entries.clear();
    scene.life.events.truncate(if funded { 2 } else { 1 });
    scene.says(Verdict::plain("STUCK_ESCROW"));
}

/// Six days and some hours before midnight of the first night, seven and some before that of the second.
fn becomes_stuck_next_night(scene: &mut Scene) {
    stuck(scene, 6, true);
    scene.life.nights.clear();
    scene.life.nights.from(0, Verdict::OPEN);
    scene.life.nights.from(1, Verdict::plain("STUCK_ESCROW"));
}

fn becomes_stuck_in_a_week(scene: &mut Scene) {
    stuck(scene, 0, true);
    scene.life.nights.clear();
    scene.life.nights.from(0, Verdict::OPEN);
    scene.life.nights.from(7, Verdict::plain("STUCK_ESCROW"));
}

fn stays_created(scene: &mut Scene) {
    stuck(scene, 2, false);
    scene.life.nights.clear();
    scene.life.nights.from(0, Verdict::OPEN);
    scene.life.nights.from(5, Verdict::plain("STUCK_ESCROW"));
}
