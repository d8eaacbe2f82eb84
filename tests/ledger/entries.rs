//! Small ledgers made by hand: entries that follow each other, whole or tampered with.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Ended, Place};

pub const SOURCE: &str = "payments/ledger";
pub const DAYS: [&str; 4] = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"];

/// One entry; its hash is made of its content as it stands when it is written.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: String,
    pub sequence: i64,
    /// In cents of a dollar.
    pub cents: u64,
    pub prev_hash: String,
    pub hash: String,
}

impl Entry {
    pub fn new(id: &str, sequence: i64, cents: u64, prev_hash: &str) -> Self {
        let mut entry =
            Self { id: id.to_owned(), sequence, cents, prev_hash: prev_hash.to_owned(), hash: String::new() };
        entry.hash = entry.own_hash();
        entry
    }

    fn amount(&self) -> String {
        format!("{}.{:02}", self.cents / 100, self.cents % 100)
    }

    /// The contract's text, written down once more.
    pub fn content(&self) -> String {
        let (sequence, amount) = (self.sequence, self.amount());
        let postings = format!("escrow|did:key:z6MkA|-{amount}|USD\npayer|did:key:z6MkA|{amount}|USD");
        format!(
            "{}\n{sequence}\n{}\nREFUND\nes_{}\n\n1795178097200\nPUBLIC\n{postings}",
            self.prev_hash, self.id, self.id
        )
    }

    pub fn own_hash(&self) -> String {
        Sha256::digest(self.content()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn json(&self) -> Value {
        let posting = |account: &str, amount: String| json!({"account": account, "party": "did:key:z6MkA", "amount": amount, "currency": "USD"});
        let postings = [posting("escrow", format!("-{}", self.amount())), posting("payer", self.amount())];
        json!({
            "entry_id": self.id, "sequence": self.sequence, "type": "REFUND", "escrow_id": format!("es_{}", self.id),
            "transaction": null, "postings": postings,
            "metadata": {"timestamp": 1_795_178_097_200_i64, "visibility": "PUBLIC"},
            "prev_hash": self.prev_hash, "hash": self.hash,
        })
    }
}

/// Entries `le_1`, `le_2`, … each after the one before, of one dollar, two dollars, …
pub fn chain(length: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for place in 1..=length {
        let before = entries.last().map_or("0".repeat(64), |entry| entry.hash.clone());
        entries.push(Entry::new(&format!("le_{place}"), place as i64, place * 100, &before));
    }
    entries
}

pub fn lines(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.json().to_string() + "\n").collect()
}

/// Lands entries in a file of a day.
pub fn land(place: &Place, day: usize, file: &str, entries: &[Entry]) {
    place.land(SOURCE, DAYS[day], file, lines(entries));
}

/// The ledger's part of a night: its ingest, and its signing.
const INGEST: &str = "[[step]]\nname = \"ingest\"\nrun = \"ingest\"\nsources = [\"payments/ledger\"]\n";
const SIGN: &str = "[[step]]\nname = \"ledger\"\nrun = \"ledger\"\nneeds = [\"ingest\"]\n";

fn run(place: &Place, steps: &str, day: usize) {
    let folder = place.folder.path().join("jobs");
    std::fs::create_dir_all(&folder).expect("a folder of jobs");
    let job = format!("name = \"part\"\nabout = \"The ledger alone\"\n{steps}");
    std::fs::write(folder.join("part.toml"), job).expect("a job");
    let mut command = place.command(&["run", "part", "--quiet", "--date", DAYS[day]]);
    let ended = Ended::of(command.env("TTT_JOBS", folder).output().expect("the program starts"));
    assert_eq!(ended.code, 0, "{}: {}", DAYS[day], ended.stderr);
}

pub fn ingest(place: &Place, day: usize) {
    run(place, INGEST, day);
}

pub fn night(place: &Place, day: usize) {
    run(place, &format!("{INGEST}{SIGN}"), day);
}

pub fn nights(place: &Place, days: impl IntoIterator<Item = usize>) {
    days.into_iter().for_each(|day| night(place, day));
}

/// Class, sequence and entry of every finding of a night.
pub fn findings(place: &Place, day: usize) -> Vec<String> {
    let query = format!(
        "SELECT class, sequence, entry_id FROM silver.ledger_findings WHERE dt = DATE '{}' \
         ORDER BY sequence, class, entry_id",
        DAYS[day]
    );
    place.rows(&query).into_iter().map(|row| row.join(" ").trim().to_owned()).collect()
}

/// What a recheck says, with its exit code.
pub fn verify(place: &Place, more: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> = ["verify", "--json"].iter().chain(more).copied().collect();
    let ended = place.run(&arguments);
    let told = serde_json::from_str(&ended.stdout);
    (ended.code, told.unwrap_or_else(|error| panic!("{error}: {} {}", ended.stdout, ended.stderr)))
}

/// A recheck that must hold; gives what it says.
pub fn assert_holds(place: &Place) -> Value {
    let (code, told) = verify(place, &[]);
    assert_eq!((code, &told["holds"]), (0, &Value::Bool(true)), "{told}");
    told
}
