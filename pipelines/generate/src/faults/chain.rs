//! Entries whose money is right and whose place in the chain is not: the chain breaks, or forks.

use super::{Fault, Scene};
use crate::rows::{Entry, Tamper};
use crate::verdicts::Verdict;

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "entry_hash_not_of_its_content", plant: |s| tampered(s, Tamper::Hash) },
    Fault { name: "entry_previous_hash_wrong", plant: |s| tampered(s, Tamper::Previous) },
    Fault { name: "fork_of_one_escrow", plant: fork_of_one_escrow },
    Fault { name: "fork_of_one_escrow_a_day_late", plant: fork_of_one_escrow_a_day_late },
    Fault { name: "fork_of_another_escrow", plant: |s| fork_of_another_escrow(s, Tamper::Fork) },
    Fault { name: "fork_that_is_followed", plant: |s| fork_of_another_escrow(s, Tamper::FollowedFork) },
];

fn tampered(scene: &mut Scene, tamper: Tamper) {
    scene.released();
    scene.life.entries[0].tamper = tamper;
    scene.says(Verdict::MATCHED);
}

/// A second entry of another id, at the first one's place in the sequence.
fn second(scene: &mut Scene, tamper: Tamper) -> Entry {
    scene.released();
    let first = &scene.life.entries[0];
    Entry { mark: b'2', timestamp_ms: first.timestamp_ms + 400, tamper, ..first.clone() }
}

fn fork_of_one_escrow(scene: &mut Scene) {
    let second = second(scene, Tamper::Fork);
    scene.life.entries.push(second);
    scene.says(Verdict::plain("DUPLICATE_LEDGER"));
}

fn fork_of_one_escrow_a_day_late(scene: &mut Scene) {
    let second = second(scene, Tamper::Fork);
    scene.life.entries.push(Entry { lands: Some(1), ..second });
    scene.says(Verdict::MATCHED);
    scene.life.nights.from(1, Verdict::plain("DUPLICATE_LEDGER"));
}

/// The escrow that the second entry names is known from it alone.
fn fork_of_another_escrow(scene: &mut Scene, tamper: Tamper) {
    let second = second(scene, tamper);
    scene.life.entries.push(Entry { names_other: true, transaction: None, ..second });
    scene.says(Verdict::MATCHED);
    scene.life.other_nights.from(0, Verdict::PENDING);
    scene.life.other_nights.from(1, Verdict::plain("ORPHAN_LEDGER"));
}
