//! Sides that are missing, late, alone or there twice.

use super::{Fault, Scene};
use crate::life::Ending;
use crate::text::DAY_MS;
use crate::verdicts::Verdict;

const MISSING_TRANSFER: Verdict = Verdict::plain("MISSING_TRANSFER");
const MISSING_LEDGER: Verdict = Verdict::plain("MISSING_LEDGER");
const MISSING_ESCROW: Verdict = Verdict::plain("MISSING_ESCROW");

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "transfer_missing", plant: |s| without_transfer(s, 0) },
    Fault { name: "transfer_missing_for_days", plant: |s| without_transfer(s, 3) },
    Fault { name: "transfer_and_entry_missing", plant: transfer_and_entry_missing },
    Fault { name: "transfer_failed", plant: |s| without_effect(s, "FAILED") },
    Fault { name: "transfer_reversed", plant: |s| without_effect(s, "REVERSED") },
    Fault { name: "transfer_two_days_late", plant: transfer_two_days_late },
    Fault { name: "entry_missing", plant: |s| without_entry(s, Ending::Released, 0) },
    Fault { name: "entry_missing_for_days", plant: |s| without_entry(s, Ending::Released, 4) },
    Fault { name: "entry_row_lost", plant: entry_row_lost },
    Fault { name: "refund_entry_missing", plant: |s| without_entry(s, Ending::Refunded, 0) },
    Fault { name: "entry_late", plant: entry_late },
    Fault { name: "entry_two_days_late", plant: entry_two_days_late },
    Fault { name: "escrow_missing", plant: |s| without_escrow(s, 0) },
    Fault { name: "escrow_missing_for_days", plant: |s| without_escrow(s, 2) },
    Fault { name: "escrow_two_days_late", plant: escrow_two_days_late },
    Fault { name: "transfer_alone", plant: |s| transfer_alone(s, 0) },
    Fault { name: "transfer_alone_for_days", plant: |s| transfer_alone(s, 5) },
    Fault { name: "entry_alone", plant: |s| entry_alone(s, 0) },
    Fault { name: "entry_alone_for_days", plant: |s| entry_alone(s, 5) },
    Fault { name: "failed_transfer_alone", plant: failed_transfer_alone },
    Fault { name: "transfer_twice", plant: transfer_twice },
    Fault { name: "transfer_twice_next_day", plant: transfer_twice_next_day },
    Fault { name: "entry_twice", plant: entry_twice },
];

/// Rows of an escrow that ended days ago are past the lag on their first night.
fn missing(scene: &mut Scene, days_old: i64, verdict: Verdict) {
    if days_old == 0 {
        scene.pending_then(verdict);
    } else {
        scene.says(verdict);
    }
}

fn without_transfer(scene: &mut Scene, days_old: i64) {
    scene.base.shift(-days_old * DAY_MS);
    scene.released();
    scene.life.transfers.clear();
    missing(scene, days_old, MISSING_TRANSFER);
}

fn transfer_and_entry_missing(scene: &mut Scene) {
    scene.released();
    scene.life.transfers.clear();
    scene.life.entries.clear();
    scene.pending_then(MISSING_TRANSFER);
}

fn without_effect(scene: &mut Scene, status: &'static str) {
    scene.released();
    scene.life.transfers[0].status = status;
    scene.pending_then(MISSING_TRANSFER);
}

fn transfer_two_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.transfers[0].lands = 2;
    scene.pending_then(MISSING_TRANSFER);
    scene.life.nights.from(2, Verdict::MATCHED);
}

fn without_entry(scene: &mut Scene, ending: Ending, days_old: i64) {
    scene.base.shift(-days_old * DAY_MS);
    scene.legal(ending);
    scene.life.entries.clear();
    missing(scene, days_old, MISSING_LEDGER);
}

/// The entry has its sequence number, but its row never lands: a gap for good.
fn entry_row_lost(scene: &mut Scene) {
    scene.released();
    scene.life.entries[0].lands = None;
    scene.pending_then(MISSING_LEDGER);
}

fn entry_late(scene: &mut Scene) {
    scene.released();
    scene.life.entries[0].lands = Some(1);
    scene.pending_then(Verdict::MATCHED);
}

fn entry_two_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.entries[0].lands = Some(2);
    scene.pending_then(MISSING_LEDGER);
    scene.life.nights.from(2, Verdict::MATCHED);
}

fn without_escrow(scene: &mut Scene, days_old: i64) {
    scene.base.shift(-days_old * DAY_MS);
    scene.released();
    scene.life.events.clear();
    missing(scene, days_old, MISSING_ESCROW);
}

fn escrow_two_days_late(scene: &mut Scene) {
    scene.released();
    scene.life.events.iter_mut().for_each(|event| event.lands = 2);
    scene.pending_then(MISSING_ESCROW);
    scene.life.nights.from(2, Verdict::MATCHED);
}

fn transfer_alone(scene: &mut Scene, days_old: i64) {
    scene.base.shift(-days_old * DAY_MS);
    scene.released();
    scene.life.events.clear();
    scene.life.entries.clear();
    missing(scene, days_old, Verdict::plain("ORPHAN_TRANSFER"));
}

fn entry_alone(scene: &mut Scene, days_old: i64) {
    scene.base.shift(-days_old * DAY_MS);
    scene.released();
    scene.life.events.clear();
    scene.life.transfers.clear();
    missing(scene, days_old, Verdict::plain("ORPHAN_LEDGER"));
}

/// An id known from a failed transfer alone has no row at all.
fn failed_transfer_alone(scene: &mut Scene) {
    scene.released();
    scene.life.events.clear();
    scene.life.entries.clear();
    scene.life.transfers[0].status = "FAILED";
}

fn second_transfer(scene: &mut Scene, lands: u8) {
    scene.released();
    let mut second = scene.life.transfers[0].clone();
    (second.mark, second.at_ms, second.lands) = (b'2', second.at_ms + 900, lands);
    scene.life.transfers.push(second);
}

fn transfer_twice(scene: &mut Scene) {
    second_transfer(scene, 0);
    scene.says(Verdict::plain("DUPLICATE_TRANSFER"));
}

fn transfer_twice_next_day(scene: &mut Scene) {
    second_transfer(scene, 1);
    scene.says(Verdict::MATCHED);
    scene.life.nights.from(1, Verdict::plain("DUPLICATE_TRANSFER"));
}

fn entry_twice(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.entries[0].clone();
    (second.mark, second.timestamp_ms) = (b'2', second.timestamp_ms + 400);
    scene.life.entries.push(second);
    scene.says(Verdict::plain("DUPLICATE_LEDGER"));
}
