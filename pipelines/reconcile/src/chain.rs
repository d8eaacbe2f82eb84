//! The ledger's hash chain: the hash of one entry's content, and a walk along the entries in sequence order.

use crate::digest::{hex, sha256};

/// The `prev_hash` of the first entry: 64 zeros.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The sequence of the first entry.
pub const FIRST_SEQUENCE: i64 = 1;

/// What the chain knows of one entry. All texts are as written in the log; only effective rows belong here,
/// not the later payload of a conflict.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The source key.
    pub entry_id: &'a str,
    /// The entry's place in the whole ledger.
    pub sequence: i64,
    /// TIP, SUBSCRIPTION or REFUND.
    pub kind: &'a str,
    /// The escrow it is for.
    pub escrow_id: &'a str,
    /// The transfer it enters.
    pub transaction: Option<&'a str>,
    /// Milliseconds since 1970-01-01T00:00:00Z, the unit of the log.
    pub timestamp_ms: i64,
    /// As stated.
    pub visibility: Option<&'a str>,
    /// In the payload's order.
    pub postings: &'a [WrittenPosting<'a>],
    /// The stated hash of the entry before.
    pub prev_hash: &'a str,
    /// The stated hash of this entry.
    pub hash: &'a str,
}

/// A posting with its amount as written.
#[derive(Debug, Clone, Copy)]
pub struct WrittenPosting<'a> {
    /// The account.
    pub account: &'a str,
    /// Whose share it is.
    pub party: Option<&'a str>,
    /// The amount's text, digit by digit.
    pub amount: &'a str,
    /// The amount's currency.
    pub currency: &'a str,
}

/// An entry's content: the text that its hash is over.
///
/// These lines in UTF-8, joined by `\n` with none at the end: prev_hash, sequence, entry_id, type, escrow_id,
/// transaction or empty, timestamp, visibility (empty where null), then for each posting in order
/// `account|party or empty|amount as written|currency`.
pub fn content(link: &Link<'_>) -> String {
    let mut content = String::with_capacity(512);
    // Pushed piece by piece: formatting would take longer than hashing.
    let (sequence, timestamp) = (link.sequence.to_string(), link.timestamp_ms.to_string());
    let lines = [
        link.prev_hash,
        &sequence,
        link.entry_id,
        link.kind,
        link.escrow_id,
        link.transaction.unwrap_or_default(),
        &timestamp,
        link.visibility.unwrap_or_default(),
    ];
    for (place, line) in lines.into_iter().enumerate() {
        content.push_str(if place == 0 { "" } else { "\n" });
        content.push_str(line);
    }
    for posting in link.postings {
        let parts = [posting.account, posting.party.unwrap_or_default(), posting.amount, posting.currency];
        for (place, part) in parts.into_iter().enumerate() {
            content.push(if place == 0 { '\n' } else { '|' });
            content.push_str(part);
        }
    }
    content
}

/// The SHA-256 of an entry's content, in 64 lower-case hexadecimal digits.
pub fn content_hash(link: &Link<'_>) -> String {
    hex(&sha256(content(link).as_bytes()))
}

/// One finding along the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainFinding {
    /// `SEQUENCE_GAP`: each of these sequences is missing, though a later one is there. One range stands for
    /// one finding a sequence, so that a wild sequence does not become billions of them here.
    Gap {
        /// The first missing sequence.
        first: i64,
        /// The last missing sequence, at least `first`.
        last: i64,
    },
    /// `CHAIN_BREAK`: the entry is not the one its hashes speak of.
    Break {
        /// The entry's sequence.
        sequence: i64,
        /// The entry.
        entry_id: String,
        /// The stated hash is not that of the entry's content.
        content: bool,
        /// The `prev_hash` is not the stated hash of the entry before (or not 64 zeros, for the first).
        neighbour: bool,
    },
    /// `LEDGER_FORK`: a second entry with one sequence. Told once a sequence, however many share it.
    Fork {
        /// The sequence that they share.
        sequence: i64,
        /// The first of them by id.
        first: String,
        /// The second of them.
        entry_id: String,
    },
}

/// A walk along the ledger. Feed it entries in the order of (`sequence`, `entry_id`).
///
/// - A neighbour is the entry with the sequence before. Across a gap there is none, and only the content is
///   judged.
/// - Two entries with one sequence are a fork. Both are judged against the same neighbour; the next entry may
///   follow either of them.
/// - Sequences below the first, and any that come out of order, are judged by their content alone.
/// - Hashes are compared as hexadecimal numbers, whatever the case of their digits.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The sequence that was fed last.
    sequence: i64,
    /// The stated hashes at that sequence.
    hashes: Vec<String>,
    /// The stated hashes at the sequence before it; none where it is missing.
    hashes_before: Vec<String>,
    /// The entry that was fed last, whatever its sequence.
    fed: Option<Fed>,
}

/// The first entry fed with a sequence, and whether a second one followed.
#[derive(Debug, Clone)]
struct Fed {
    sequence: i64,
    first: String,
    forked: bool,
}

impl Default for Chain {
    /// Before the first entry, whose `prev_hash` is 64 zeros.
    fn default() -> Self {
        Self::after(FIRST_SEQUENCE - 1, vec![GENESIS.to_owned()])
    }
}

impl Chain {
    /// Goes on after a sequence whose entry states this hash (several, where several entries share it).
    pub fn after(sequence: i64, hashes: Vec<String>) -> Self {
        Self { sequence, hashes, hashes_before: Vec::new(), fed: None }
    }

    /// Judges the next entry: the gap before it, then the entry itself.
    pub fn feed(&mut self, link: &Link<'_>, emit: impl FnMut(ChainFinding)) {
        let content_holds = content_hash(link).eq_ignore_ascii_case(link.hash);
        self.step(link.sequence, link.entry_id, link.prev_hash, link.hash, content_holds, emit);
    }

    /// The same for an entry whose content was hashed elsewhere: `content_holds` says whether it gave `hash`.
    pub fn step(
        &mut self,
        sequence: i64,
        entry_id: &str,
        prev_hash: &str,
        hash: &str,
        content_holds: bool,
        mut emit: impl FnMut(ChainFinding),
    ) {
        if sequence > self.sequence {
            let next = self.sequence.saturating_add(1);
            let adjacent = sequence == next;
            if !adjacent {
                emit(ChainFinding::Gap { first: next, last: sequence - 1 });
            }
            self.hashes_before = if adjacent { std::mem::take(&mut self.hashes) } else { Vec::new() };
            self.hashes.clear();
            self.sequence = sequence;
        }
        let in_order = sequence == self.sequence && sequence >= FIRST_SEQUENCE;
        let known = |hashes: &[String]| hashes.iter().any(|known| known.eq_ignore_ascii_case(prev_hash));
        let neighbour = in_order && !self.hashes_before.is_empty() && !known(&self.hashes_before);
        if !content_holds || neighbour {
            let entry_id = entry_id.to_owned();
            emit(ChainFinding::Break { sequence, entry_id, content: !content_holds, neighbour });
        }
        if in_order {
            self.hashes.push(hash.to_owned());
        }
        match &mut self.fed {
            Some(fed) if fed.sequence == sequence => {
                if !std::mem::replace(&mut fed.forked, true) {
                    let (first, entry_id) = (fed.first.clone(), entry_id.to_owned());
                    emit(ChainFinding::Fork { sequence, first, entry_id });
                }
            }
            fed => *fed = Some(Fed { sequence, first: entry_id.to_owned(), forked: false }),
        }
    }

    /// The highest sequence so far, and the hashes stated there.
    pub fn end(&self) -> (i64, &[String]) {
        (self.sequence, &self.hashes)
    }
}
