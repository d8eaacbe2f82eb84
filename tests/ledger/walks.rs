//! Walks that go on from night to night find what one walk over everything finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use reconcile::chain::ChainFinding;
use reconcile::walk::{End, Entry, Walk};

/// An entry of a random ledger: hashes are small numbers, so that some meet and some do not.
#[derive(Debug, Clone)]
struct Random {
    night: u8,
    sequence: i64,
    entry_id: String,
    prev_hash: String,
    hash: String,
    content_holds: bool,
}

fn ledgers() -> impl Strategy<Value = Vec<Random>> {
    let sequence = prop_oneof![12 => 1..=14_i64, 1 => -2..=0_i64, 1 => 30..=33_i64, 1 => Just(i64::MAX)];
    let entry = (0..6_u8, sequence, prop_oneof![9 => Just(0_u8), 1 => 1..=2_u8], prop::bool::weighted(0.9));
    prop::collection::vec(entry, 0..24).prop_map(|entries| {
        let numbered = entries.into_iter().enumerate();
        let random = numbered.map(|(number, (night, sequence, wrong, content_holds))| Random {
            night,
            sequence,
            entry_id: format!("le_{number:02}"),
            prev_hash: match sequence {
                1 if wrong == 0 => "0".repeat(64),
                _ => format!("{}-{wrong}", sequence.saturating_sub(1)),
            },
            // Of two entries with one sequence, either may be the one that others follow.
            hash: format!("{sequence}-{}", number % 2),
            content_holds,
        });
        random.collect()
    })
}

fn step(walk: &mut Walk, entry: &Random, found: &mut Vec<(i64, String)>) {
    let Random { sequence, entry_id, prev_hash, hash, content_holds, .. } = entry;
    let (sequence, content_holds) = (*sequence, *content_holds);
    walk.step(&Entry { sequence, entry_id, prev_hash, hash, content_holds }, |finding| {
        let sequence = match &finding {
            ChainFinding::Gap { first, .. } => *first,
            ChainFinding::Break { sequence, .. } | ChainFinding::Fork { sequence, .. } => *sequence,
        };
        found.push((sequence, format!("{finding:?}")));
    });
}

fn whole(ledger: &[Random]) -> (Vec<(i64, String)>, End) {
    let (mut found, mut walk) = (Vec::new(), Walk::resume(&End::default(), i64::MIN, Vec::new()));
    ledger.iter().for_each(|entry| step(&mut walk, entry, &mut found));
    (found, walk.finish())
}

#[test]
fn from_night_to_night_is_as_if_walked_at_once() {
    let mut runner = TestRunner::new(Config { cases: 4000, failure_persistence: None, ..Config::default() });
    let mut seen = BTreeMap::<&str, u32>::new();
    let outcome = runner.run(&ledgers(), |mut ledger| {
        ledger.sort_by(|one, other| (one.sequence, &one.entry_id).cmp(&(other.sequence, &other.entry_id)));
        let nights: BTreeSet<u8> = ledger.iter().map(|entry| entry.night).collect();
        let (mut end, mut found): (End, Vec<(i64, String)>) = Default::default();
        for night in nights {
            let landed: Vec<Random> = ledger.iter().filter(|entry| entry.night <= night).cloned().collect();
            let new = || landed.iter().filter(|entry| entry.night == night);
            let from = new().map(|entry| entry.sequence).min().unwrap_or_default();
            let at_before = landed.iter().filter(|entry| entry.sequence.checked_add(1) == Some(from));
            let before = at_before.map(|entry| entry.hash.clone()).collect();
            found.retain(|(sequence, _)| *sequence < from);
            let mut walk = Walk::resume(&end, from, before);
            landed
                .iter()
                .filter(|entry| entry.sequence >= from)
                .for_each(|entry| step(&mut walk, entry, &mut found));
            end = walk.finish();
            let expected = whole(&landed);
            prop_assert_eq!(&found, &expected.0);
            prop_assert_eq!(&end, &expected.1);
        }
        Ok(())
    });
    outcome.expect("the same findings");
    // The ledgers above must have something to find.
    for ledger in sample() {
        let (found, end) = whole(&ledger);
        for word in ["content: true", "neighbour: true", "Fork"] {
            *seen.entry(word).or_default() += u32::from(found.iter().any(|(_, text)| text.contains(word)));
        }
        *seen.entry("gap").or_default() += u32::from(!end.gaps.is_empty());
    }
    assert!(seen.len() == 4 && seen.values().all(|count| *count > 10), "{seen:?}");
}

/// Some of the random ledgers, in order.
fn sample() -> Vec<Vec<Random>> {
    let mut runner = TestRunner::deterministic();
    let mut ledger = || ledgers().new_tree(&mut runner).expect("a ledger").current();
    let mut ledgers: Vec<_> = (0..100).map(|_| ledger()).collect();
    for ledger in &mut ledgers {
        ledger.sort_by(|one, other| (one.sequence, &one.entry_id).cmp(&(other.sequence, &other.entry_id)));
    }
    ledgers
}
