//! One key with two payloads. The first, the effective one, is always right, so that nothing else is found.

use super::{Fault, Scene};
use crate::rows::Role;
use crate::verdicts::Verdict;

const CONFLICT: Verdict = Verdict::plain("DUPLICATE_CONFLICT");

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "event_conflicts", plant: event_conflicts },
    Fault { name: "event_conflicts_next_day", plant: event_conflicts_next_day },
    Fault { name: "transfer_conflicts", plant: transfer_conflicts },
    Fault { name: "transfer_conflicts_next_day", plant: transfer_conflicts_next_day },
    Fault { name: "transfer_names_two_escrows", plant: transfer_names_two_escrows },
    Fault { name: "entry_conflicts_next_day", plant: entry_conflicts_next_day },
];

fn later(scene: &mut Scene) {
    scene.says(Verdict::MATCHED);
    scene.life.nights.from(1, CONFLICT);
}

/// Another message: whichever comes first, the money is the same.
fn event_conflicts(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.events[0].clone();
    (second.message, second.role) = ("\"another message\"", Role::Conflict);
    scene.life.events.push(second);
    scene.says(CONFLICT);
}

fn event_conflicts_next_day(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.events[1].clone();
    (second.amount, second.role, second.lands) = (second.amount.plus(100), Role::Conflict, 1);
    scene.life.events.push(second);
    later(scene);
}

fn transfer_conflicts(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.transfers[0].clone();
    (second.at_ms, second.role) = (second.at_ms + 250, Role::Conflict);
    scene.life.transfers.push(second);
    scene.says(CONFLICT);
}

fn transfer_conflicts_next_day(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.transfers[0].clone();
    (second.amount, second.role, second.lands) = (second.amount.plus(100), Role::Conflict, 1);
    second.settle_net();
    scene.life.transfers.push(second);
    later(scene);
}

/// The second payload names an escrow that is known from it alone. It lands together with the late release,
/// so that both escrows have a row that night.
fn transfer_names_two_escrows(scene: &mut Scene) {
    scene.released();
    scene.life.events[2].lands = 1;
    let mut second = scene.life.transfers[0].clone();
    (second.names_other, second.role, second.lands) = (true, Role::Conflict, 1);
    scene.life.transfers.push(second);
    scene.pending_then(CONFLICT);
    scene.life.other_nights.from(1, CONFLICT);
}

/// Another visibility under a hash of its own; the chain goes on from the first.
fn entry_conflicts_next_day(scene: &mut Scene) {
    scene.released();
    let mut second = scene.life.entries[0].clone();
    second.visibility = if second.visibility == "PRIVATE" { "PUBLIC" } else { "PRIVATE" };
    (second.role, second.lands) = (Role::Conflict, Some(1));
    scene.life.entries.push(second);
    later(scene);
}
