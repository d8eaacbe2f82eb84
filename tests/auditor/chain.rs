//! Findings of the whole ledger: holes in its sequence and breaks of its chain.
//!
//! Readings:
//! - Only the first payload of an entry id stands in the ledger.
//! - The first entry's `prev_hash` must be 64 zeros, else it is a CHAIN_BREAK too.
//! - An entry after a hole is still held against its own hash; only its `prev_hash` is not judged.
//! - Where two entries bear one sequence, the next may follow either. Breaks are told once a sequence.
//! - A null visibility is hashed as an empty line; numbers as written. Digests compare without case.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::rows::Entry;

/// More holes than this are no night's ledger but a typing error, and listing them would not end.
const HOLES_MAX: i64 = 1_000_000;

/// The SHA-256 of what an entry says.
pub fn own_hash(entry: &Entry) -> String {
    let mut lines = vec![
        entry.prev_hash.clone(),
        entry.sequence_written.clone(),
        entry.key.clone(),
        entry.kind.clone(),
        entry.escrow_id.clone(),
        entry.transaction.clone().unwrap_or_default(),
        entry.timestamp_written.clone(),
        entry.visibility.clone().unwrap_or_default(),
    ];
    for posting in &entry.postings {
        let party = posting.party.clone().unwrap_or_default();
        lines.push([&*posting.account, &*party, &*posting.amount_written, &*posting.currency].join("|"));
    }
    Sha256::digest(lines.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SEQUENCE_GAP and CHAIN_BREAK of all entries landed so far, each with its sequence.
pub fn findings(entries: &[&Entry]) -> Vec<(String, String)> {
    let mut by_sequence: BTreeMap<i64, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        by_sequence.entry(entry.sequence).or_default().push(entry);
    }
    let last = by_sequence.keys().next_back().copied().unwrap_or(0);
    assert!(last - (by_sequence.len() as i64) < HOLES_MAX, "ledger sequence {last} leaves too many holes");
    let holes = (1..=last).filter(|sequence| !by_sequence.contains_key(sequence));
    let mut findings: Vec<(String, String)> =
        holes.map(|sequence| ("SEQUENCE_GAP".to_string(), sequence.to_string())).collect();
    let mut broken = BTreeSet::new();
    for entry in entries {
        let follows = match by_sequence.get(&entry.sequence.saturating_sub(1)) {
            _ if entry.sequence == 1 => entry.prev_hash == "0".repeat(64),
            Some(before) => before.iter().any(|before| before.hash.eq_ignore_ascii_case(&entry.prev_hash)),
            None => true,
        };
        if !follows || !entry.hash.eq_ignore_ascii_case(&own_hash(entry)) {
            broken.insert(entry.sequence);
        }
    }
    findings.extend(broken.iter().map(|sequence| ("CHAIN_BREAK".to_string(), sequence.to_string())));
    findings
}
