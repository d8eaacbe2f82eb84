//! Faults that move from night to night: what comes days late closes its break, what comes back opens it
//! again, and some stay in their class while their facts change.

use super::amounts::{move_posting, suspense};
use super::{Fault, Scene};
use crate::amounts::Amount;
use crate::life::Ending;
use crate::text::DAY_MS;
use crate::verdicts::Verdict;

const MISSING_TRANSFER: Verdict = Verdict::plain("MISSING_TRANSFER");
const STUCK: Verdict = Verdict::plain("STUCK_ESCROW");

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "transfer_four_days_late", plant: transfer_four_days_late },
    Fault { name: "entry_five_days_late", plant: entry_five_days_late },
    Fault { name: "refund_entry_three_days_late", plant: refund_entry_three_days_late },
    Fault { name: "escrow_four_days_late", plant: escrow_four_days_late },
    Fault { name: "offence_comes_back_as_another", plant: offence_comes_back_as_another },
    Fault { name: "stuck_again", plant: stuck_again },
    Fault { name: "transfer_missing_again", plant: transfer_missing_again },
    Fault { name: "offence_changes", plant: offence_changes },
    Fault { name: "transfer_missing_and_entry_differs", plant: transfer_missing_and_entry_differs },
];

/// Pending, then a break until something lands.
fn until(scene: &mut Scene, verdict: Verdict, lands: u8, then: Verdict) {
    scene.pending_then(verdict);
    scene.life.nights.from(lands, then);
}

fn transfer_four_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.transfers[0].lands = 4;
    until(scene, MISSING_TRANSFER, 4, Verdict::MATCHED);
}

fn entry_five_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.entries[0].lands = Some(5);
    until(scene, Verdict::plain("MISSING_LEDGER"), 5, Verdict::MATCHED);
}

fn refund_entry_three_days_late(scene: &mut Scene) {
    scene.legal(Ending::Refunded);
    scene.life.entries[0].lands = Some(3);
    until(scene, Verdict::plain("MISSING_LEDGER"), 3, Verdict::REFUNDED);
}

fn escrow_four_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.events.iter_mut().for_each(|event| event.lands = 4);
    until(scene, Verdict::plain("MISSING_ESCROW"), 4, Verdict::MATCHED);
}

/// The funding lands late and all is well, until the escrow is released once more.
fn offence_comes_back_as_another(scene: &mut Scene) {
    scene.released();
    scene.life.events[1].lands = 1;
    let mut again = scene.base.event(4, "RELEASED", scene.base.closed_ms + 1_000);
    again.lands = 3;
    scene.life.events.push(again);
    scene.life.nights.from(0, Verdict::illegal("RELEASE_BEFORE_FUND"));
    scene.life.nights.from(1, Verdict::MATCHED);
    scene.life.nights.from(3, Verdict::illegal("DOUBLE_RELEASE"));
}

/// Created nine days ago. The funding that lands on the second day is between six and seven days old then,
/// and past seven on the third.
fn stuck_again(scene: &mut Scene) {
    let funded_ms = scene.base.created_ms - 5 * DAY_MS;
    scene.base.shift(-9 * DAY_MS);
    let mut funded = scene.base.event(2, "FUNDED", funded_ms);
    funded.lands = 1;
    scene.life.events.extend([scene.base.event(1, "CREATED", scene.base.created_ms), funded]);
    scene.life.nights.from(0, STUCK);
    scene.life.nights.from(1, Verdict::OPEN);
    scene.life.nights.from(2, STUCK);
}

/// Released days ago and known from its events alone; then an entry of today lands, and the transfer has a
/// day more to come.
fn transfer_missing_again(scene: &mut Scene) {
    let booked_ms = scene.base.booked_ms + 2 * DAY_MS;
    scene.base.shift(-3 * DAY_MS);
    scene.released();
    scene.life.transfers.clear();
    let entry = &mut scene.life.entries[0];
    (entry.timestamp_ms, entry.born, entry.lands) = (booked_ms, 2, Some(2));
    scene.life.nights.from(0, MISSING_TRANSFER);
    scene.life.nights.from(2, Verdict::PENDING);
    scene.life.nights.from(3, MISSING_TRANSFER);
}

/// A second creation lands between the first and the release: the earlier offence is told instead.
fn offence_changes(scene: &mut Scene) {
    scene.released();
    let mut second = scene.base.event(2, "CREATED", scene.base.funded_ms);
    second.lands = 3;
    scene.life.events[1] = second;
    scene.life.nights.from(0, Verdict::illegal("RELEASE_BEFORE_FUND"));
    scene.life.nights.from(3, Verdict::illegal("DOUBLE_CREATE"));
}

/// The entry that lands days later is as old as the release, and books one minor unit more.
fn transfer_missing_and_entry_differs(scene: &mut Scene) {
    scene.set_round_amount();
    scene.base.shift(-3 * DAY_MS);
    scene.released();
    scene.life.transfers.clear();
    move_posting(scene, "escrow", -1);
    let amount = Amount::new(1, scene.base.amount.currency);
    let entry = &mut scene.life.entries[0];
    entry.postings.push(suspense(amount));
    (entry.born, entry.lands) = (3, Some(3));
    scene.life.nights.from(0, MISSING_TRANSFER);
    scene.life.nights.from(3, MISSING_TRANSFER.with(&["AMOUNT_MISMATCH"]));
}
