//! The head of the ledger: what a night signs off, and the text that its digest is over.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use schemas::money;

use crate::digest::{hex, sha256};
use crate::merkle::Frontier;
use crate::walk::End;

/// The first line of a head's text: another form has another name.
const FORM: &str = "ttt-ledger-head-1";

/// Escrow postings by currency: their number and their sum in 10^-9.
pub type Totals = BTreeMap<String, (i64, i128)>;

/// The ledger as it stands after some night.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Where the chain ends, and what is missing below.
    pub end: End,
    /// All escrow postings so far.
    pub totals: Totals,
    /// The tree over the content hashes of all entries, in the order of day landed, sequence and entry id.
    pub tree: Frontier,
}

impl State {
    /// Entries so far.
    pub fn count(&self) -> u64 {
        self.tree.size()
    }

    /// Adds a currency's postings; `None` where a sum leaves 38 digits.
    pub fn add(&mut self, currency: &str, count: i64, sum: i128) -> Option<()> {
        let total = self.totals.entry(currency.to_owned()).or_default();
        let added = total.1.checked_add(sum).filter(|sum| sum.unsigned_abs() < 10_u128.pow(38))?;
        *total = (total.0.checked_add(count)?, added);
        Some(())
    }

    /// What differs in what stands now from this, which was signed; nothing where both are the same.
    ///
    /// Gaps are not compared: they follow from the entries, which the root covers.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, was: String, is: String| {
            if was != is {
                found.push(format!("{what} was {was}, is {is}"));
            }
        };
        compare("count", self.count().to_string(), now.count().to_string());
        compare("sequence", self.end.sequence.to_string(), now.end.sequence.to_string());
        compare("hash", self.end.hashes.join(" "), now.end.hashes.join(" "));
        let currencies: std::collections::BTreeSet<_> = self.totals.keys().chain(now.totals.keys()).collect();
        for currency in currencies {
            compare(currency, shown(self.totals.get(currency)), shown(now.totals.get(currency)));
        }
        compare("Merkle root", hex(&self.tree.root()), hex(&now.tree.root()));
        found
    }
}

fn shown(total: Option<&(i64, i128)>) -> String {
    total.map_or("nothing".to_owned(), |(count, sum)| {
        format!("{} in {count} postings", money::format(*sum, money::SCALE))
    })
}

/// A head's digest, in hexadecimal digits: SHA-256 of these lines in UTF-8, joined by `\n` with none at the end.
///
/// `ttt-ledger-head-1`, `number N`, `night YYYY-MM-DD`, `before HEX` (without digits for the first), `count N`,
/// `sequence N`, a line `hash "…"` for each hash stated there (a JSON string, since a log may write anything),
/// `total CURRENCY COUNT SUM` by currency with nine digits, `gap FIRST LAST`, `subtree HEX` for each root of the
/// frontier, the largest first, and `root HEX`.
pub fn digest(number: i64, night: NaiveDate, before: Option<&str>, state: &State) -> String {
    hex(&sha256(text(number, night, before, state).as_bytes()))
}

fn text(number: i64, night: NaiveDate, before: Option<&str>, state: &State) -> String {
    let State { end, totals, tree } = state;
    let mut text = format!("{FORM}\nnumber {number}\nnight {night}\nbefore {}\n", before.unwrap_or_default());
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{line}");
    };
    line(format_args!("count {}", tree.size()));
    line(format_args!("sequence {}", end.sequence));
    end.hashes.iter().for_each(|hash| line(format_args!("hash {}", serde_json::Value::from(hash.as_str()))));
    for (currency, (count, sum)) in totals {
        line(format_args!("total {currency} {count} {}", money::format(*sum, money::SCALE)));
    }
    end.gaps.iter().for_each(|(first, last)| line(format_args!("gap {first} {last}")));
    tree.roots().iter().for_each(|root| line(format_args!("subtree {}", hex(root))));
    line(format_args!("root {}", hex(&tree.root())));
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest was computed with Python's hashlib from the text that the documentation describes.
    #[test]
    fn the_text_is_as_described() {
        let mut state = State::default();
        state.end = End { sequence: 3, hashes: vec!["ab".into(), "\"\n".into()], gaps: vec![(2, 2)] };
        state.add("USD", 2, -12_500_000_000).expect("a sum");
        state.tree.push([0; 32]);
        let night = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
        let expected = [
            "ttt-ledger-head-1",
            "number 2",
            "night 2026-11-20",
            "before aa",
            "count 1",
            "sequence 3",
            "hash \"ab\"",
            "hash \"\\\"\\n\"",
            "total USD 2 -12.500000000",
            "gap 2 2",
            &format!("subtree {}", "0".repeat(64)),
            &format!("root {}", "0".repeat(64)),
        ];
        assert_eq!(text(2, night, Some("aa"), &state), expected.join("\n"));
        assert_eq!(digest(2, night, Some("aa"), &state), DIGEST);
        assert!(state.add("USD", 1, -(10_i128.pow(38))).is_none());
    }

    #[test]
    fn differences_are_named() {
        let (mut was, mut is) = (State::default(), State::default());
        assert_eq!(was.differences(&is), Vec::<String>::new());
        was.tree.push([0; 32]);
        is.add("USD", 1, 1).expect("a sum");
        let found = was.differences(&is).join("; ");
        assert!(
            found.starts_with("count was 1, is 0; USD was nothing, is 0.000000001 in 1 postings"),
            "{found}"
        );
        assert!(found.contains("Merkle root was 0000"), "{found}");
    }

    const DIGEST: &str = "49442f3a94f558e91bdcd746be6c2dcee87e1e692e0831bcff3c84abd5552049";
}
