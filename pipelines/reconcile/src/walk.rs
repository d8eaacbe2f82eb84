//! The chain's walk from night to night: it goes on at the first new entry and ends as a whole walk would.

use crate::chain::{Chain, ChainFinding, FIRST_SEQUENCE};

/// Where a walk ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// The highest sequence, 0 without any.
    pub sequence: i64,
    /// The hashes stated there, in order of entry id; none where `sequence` is 0.
    pub hashes: Vec<String>,
    /// The missing sequences below it: first and last of each run, ascending.
    pub gaps: Vec<(i64, i64)>,
}

impl End {
    /// Whether an entry with this sequence has landed.
    pub fn holds(&self, sequence: i64) -> bool {
        let is_missing = |(first, last): &(i64, i64)| (*first..=*last).contains(&sequence);
        (FIRST_SEQUENCE..=self.sequence).contains(&sequence) && !self.gaps.iter().any(is_missing)
    }
}

/// A walk that goes on after an earlier one.
///
/// It is fed every entry whose sequence is at least `from`, old and new, in the order of (`sequence`,
/// `entry_id`). What the earlier walk found below `from` still holds, but for its gaps: those are in the end.
#[derive(Debug, Clone)]
pub struct Walk {
    chain: Chain,
    end: End,
}

impl Walk {
    /// Goes on at `from`, the lowest new sequence. `before` are the hashes stated at the sequence before it, none
    /// where that is missing; only asked for where the earlier walk has passed it.
    pub fn resume(end: &End, from: i64, before: Vec<String>) -> Self {
        let mut end = end.clone();
        let chain = if from <= FIRST_SEQUENCE || end.sequence < FIRST_SEQUENCE {
            Chain::default()
        } else if from > end.sequence {
            Chain::after(end.sequence, std::mem::take(&mut end.hashes))
        } else {
            Chain::after(from - 1, before)
        };
        end.gaps.retain(|(first, _)| *first < from);
        if let Some((_, last)) = end.gaps.last_mut() {
            *last = (*last).min(from - 1);
        }
        Self { chain, end }
    }

    /// Judges the next entry; gaps are not told but kept.
    pub fn step(&mut self, entry: &Entry<'_>, mut emit: impl FnMut(ChainFinding)) {
        let Entry { sequence, entry_id, prev_hash, hash, content_holds } = *entry;
        let gaps = &mut self.end.gaps;
        self.chain.step(sequence, entry_id, prev_hash, hash, content_holds, |finding| match finding {
            ChainFinding::Gap { first, last } => gaps.push((first, last)),
            other => emit(other),
        });
    }

    /// Where it ended.
    pub fn finish(self) -> End {
        let (sequence, hashes) = self.chain.end();
        // Before the first entry the chain holds the hash of none.
        let hashes = if sequence < FIRST_SEQUENCE { Vec::new() } else { hashes.to_vec() };
        End { sequence, hashes, gaps: self.end.gaps }
    }
}

/// What a walk is told of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its place in the ledger.
    pub sequence: i64,
    /// The entry.
    pub entry_id: &'a str,
    /// The stated hash of the entry before.
    pub prev_hash: &'a str,
    /// Its stated hash.
    pub hash: &'a str,
    /// Whether that is the hash of its content.
    pub content_holds: bool,
}
