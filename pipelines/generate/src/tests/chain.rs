//! The key's findings of the ledger against a second opinion, which reads the landed entries of each night.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::{Area, hash_of, payloads};
use crate::Options;

/// An entry that stands: the first payload of its id.
struct Entry {
    dt: String,
    sequence: u64,
    hash: String,
    previous: String,
    /// Whether its hash is that of its content.
    is_right: bool,
}

fn entries(area: &Area) -> Vec<Entry> {
    let (mut entries, mut seen) = (Vec::new(), HashSet::new());
    let id = |row: &Value| row["entry_id"].as_str().unwrap().to_owned();
    payloads(area, "payments/ledger", &id, &mut |id, dt, row| {
        if seen.insert(id) {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            let (sequence, hash) = (row["sequence"].as_u64().unwrap(), text("hash"));
            let is_right = hash == hash_of(&row);
            entries.push(Entry { dt: dt.to_owned(), sequence, hash, previous: text("prev_hash"), is_right });
        }
    });
    entries
}

/// Rows of `findings.csv` for one night.
fn findings(entries: &[Entry], night: &str) -> BTreeSet<Vec<String>> {
    let mut places: BTreeMap<u64, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| &*entry.dt <= night) {
        places.entry(entry.sequence).or_default().push(entry);
    }
    let mut found = BTreeSet::new();
    let mut find = |class: &str, sequence: u64| {
        found.insert(vec![night.to_owned(), class.to_owned(), sequence.to_string()]);
    };
    let highest = places.keys().next_back().copied().unwrap_or(0);
    (1..highest).filter(|at| !places.contains_key(at)).for_each(|at| find("SEQUENCE_GAP", at));
    for (sequence, here) in &places {
        if here.len() > 1 {
            find("LEDGER_FORK", *sequence);
        }
        let follows = |entry: &Entry| match places.get(&(sequence - 1)) {
            _ if *sequence == 1 => entry.previous == "0".repeat(64),
            Some(before) => before.iter().any(|before| before.hash == entry.previous),
            None => true,
        };
        if !here.iter().all(|entry| entry.is_right && follows(entry)) {
            find("CHAIN_BREAK", *sequence);
        }
    }
    found
}

#[test]
fn what_the_chain_says_is_what_landed() {
    for seed in [1, 2, 3] {
        let options = Options {
            seed,
            days: 8,
            escrows_per_day: 500,
            subscriptions_per_day: 40,
            playbacks_per_day: 1,
            access_per_day: 1,
            fault_rate: 0.4,
            late_rate: 0.1,
            ..Options::default()
        };
        let area = Area::new(&options);
        let entries = entries(&area);
        let mut forks = BTreeSet::new();
        for night in options.from.iter_days().take(8).map(|day| day.to_string()) {
            let stated = area.key("findings.csv").into_iter();
            let stated = stated.filter(|row| row[0] == night && row[1] != "CONTROL_TOTAL");
            let stated: BTreeSet<Vec<String>> = stated.collect();
            assert_eq!(stated, findings(&entries, &night), "{night}");
            forks.extend(stated.into_iter().filter(|row| row[1] == "LEDGER_FORK").map(|row| row[2].clone()));
        }
        assert!(forks.len() > 10, "{forks:?}");
    }
}
