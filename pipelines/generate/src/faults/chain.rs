//! Entries whose money is right and whose place in the chain is not: their escrows match, the chain breaks.

use super::{Fault, Scene};
use crate::rows::Tamper;
use crate::verdicts::Verdict;

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "entry_hash_not_of_its_content", plant: |s| tampered(s, Tamper::Hash) },
    Fault { name: "entry_previous_hash_wrong", plant: |s| tampered(s, Tamper::Previous) },
];

fn tampered(scene: &mut Scene, tamper: Tamper) {
    scene.released();
    scene.life.entries[0].tamper = tamper;
    scene.says(Verdict::MATCHED);
}
