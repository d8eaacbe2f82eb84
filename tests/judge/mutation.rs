//! One fault at a time: edits of a table that each cause one finding, and which pairs of them do not add up.

use reconcile::case::{EntryKind, Posting};
use schemas::money::Rate;

use super::table::Table;
use super::words::{Words, amount, currency, keep, party, standing, time, visibility};

/// A named fault: the table it is done to, its edits, and the verdict it causes alone.
pub struct Mutation {
    pub name: String,
    pub base: String,
    edits: Vec<String>,
    pub finding: String,
}

/// Two faults that together do not read as both of their findings, and what they read as: a verdict, or
/// `LEFT` or `RIGHT` for what one of them reads as alone.
pub struct Exception {
    pub left: String,
    pub right: String,
    pub verdict: String,
}

/// `mutation NAME on BASE`, then its edits, then `= FINDING`; a base is `base NAME` and its rows.
pub fn read_mutations(text: &str) -> (Vec<(String, Table)>, Vec<Mutation>) {
    let (mut bases, mut mutations): (Vec<(String, Table)>, Vec<Mutation>) = (Vec::new(), Vec::new());
    for line in super::lines(text) {
        let mut words = Words::of(line);
        match words.next() {
            "base" => bases.push((words.next().to_owned(), Table::default())),
            "mutation" => {
                let name = words.next().to_owned();
                assert_eq!(words.next(), "on", "{line}");
                let (base, edits, finding) = (words.next().to_owned(), Vec::new(), String::new());
                mutations.push(Mutation { name, base, edits, finding });
            }
            "=" => mutations.last_mut().expect(line).finding = line[1..].trim().to_owned(),
            _ => match mutations.last_mut() {
                Some(mutation) => mutation.edits.push(line.to_owned()),
                None => bases.last_mut().expect(line).1.read(line),
            },
        }
    }
    (bases, mutations)
}

/// `pair LEFT with RIGHT RIGHT … = VERDICT | REASON`: one exception for each of the right names.
pub fn read_exceptions(text: &str) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for line in super::lines(text) {
        let (pair, rest) = line.split_once('=').unwrap_or_else(|| panic!("{line}: no verdict"));
        let (verdict, reason) = rest.split_once('|').unwrap_or_else(|| panic!("{line}: no reason"));
        assert!(!reason.trim().is_empty(), "{line}");
        let mut words = Words::of(pair);
        assert_eq!(words.next(), "pair", "{line}");
        let left = words.next();
        assert_eq!(words.next(), "with", "{line}");
        while let Some(right) = words.word() {
            let verdict = verdict.trim().to_owned();
            exceptions.push(Exception { left: left.to_owned(), right: right.to_owned(), verdict });
        }
    }
    exceptions
}

impl Mutation {
    pub fn apply(&self, table: &mut Table) {
        for edit in &self.edits {
            let mut words = Words::of(edit);
            match words.next() {
                "add" => table.read(edit.trim_start().trim_start_matches("add")),
                "drop" => drop_rows(table, words.next()),
                "night" => table.read_night(&mut words),
                "set" => match words.next() {
                    "escrow" => set_event(table, &mut words),
                    "transfer" => set_transfer(table, &mut words),
                    "entry" => set_entry(table, &mut words),
                    _ => words.fail("unknown side"),
                },
                _ => words.fail("unknown edit"),
            }
        }
    }
}

/// `drop le_1`, or any other id: that row, where it is there.
fn drop_rows(table: &mut Table, id: &str) {
    table.events.retain(|row| row.event_id != id);
    table.transfers.retain(|(row, _)| row.transaction_id != id);
    table.entries.retain(|(row, _)| row.entry_id != id);
}

/// `set escrow ee_2 amount 12.60`; also currency, party, at, standing. `*` is every event.
fn set_event(table: &mut Table, words: &mut Words<'_>) {
    let (id, field, value) = (words.next(), words.next(), words.next());
    for row in table.events.iter_mut().filter(|row| id == "*" || row.event_id == id) {
        match field {
            "amount" => row.amount = amount(value).expect(value),
            "currency" => row.currency = currency(value).expect(value),
            "party" => {
                let (from, to) = value.split_once('>').expect(value);
                (row.from, row.to) = (party(from), party(to));
            }
            "at" => row.at = time(value).expect(value),
            "standing" => row.standing = standing(value).expect(value),
            _ => words.fail("unknown field"),
        }
    }
}

/// `set transfer fee PLATFORM -0.01` and `net +0.01` add to what is there; `rate PLATFORM 0.06`, `at` and
/// `standing` replace it. The transfer is tx_1.
fn set_transfer(table: &mut Table, words: &mut Words<'_>) {
    let field = words.next();
    let Some((row, fees)) = table.transfers.iter_mut().find(|(row, _)| row.transaction_id == "tx_1") else {
        return;
    };
    match field {
        "fee" => {
            let (kind, units) = (words.next(), words.next());
            let fee = fees.iter_mut().find(|fee| fee.kind == kind).expect(kind);
            fee.amount += amount(units).expect(units);
        }
        "rate" => {
            let (kind, rate) = (words.next(), words.next());
            let fee = fees.iter_mut().find(|fee| fee.kind == kind).expect(kind);
            fee.percentage = Some(Rate::parse(rate).expect(rate));
        }
        "net" => row.net += amount(words.next()).expect("an amount"),
        "at" => row.at = time(words.next()).expect("a time"),
        "standing" => row.standing = standing(words.next()).expect("a standing"),
        _ => words.fail("unknown field"),
    }
}

/// `set entry post creator +0.01` adds to an account's posting, or posts it where it is not there; `party
/// creator c`, `type`, `at`, `visibility` and `standing` replace what is there. The entry is le_1.
fn set_entry(table: &mut Table, words: &mut Words<'_>) {
    let field = words.next();
    let Some((row, postings)) = table.entries.iter_mut().find(|(row, _)| row.entry_id == "le_1") else {
        return;
    };
    match field {
        "post" => {
            let (account, units) = (words.next(), words.next());
            let units = amount(units).expect(units);
            match postings.iter_mut().find(|posting| posting.account == account) {
                Some(posting) => posting.amount += units,
                None => {
                    let (account, currency) = (keep(account), postings[0].currency);
                    postings.push(Posting { account, party: None, amount: units, currency });
                }
            }
        }
        "party" => {
            let (account, name) = (words.next(), words.next());
            let posting = postings.iter_mut().find(|posting| posting.account == account).expect(account);
            posting.party = Some(party(name));
        }
        "type" => row.kind = EntryKind::parse(words.next()).expect("a type"),
        "at" => row.timestamp = time(words.next()).expect("a time"),
        "visibility" => row.visibility = visibility(words.next()).expect("a visibility"),
        "standing" => row.standing = standing(words.next()).expect("a standing"),
        _ => words.fail("unknown field"),
    }
}
