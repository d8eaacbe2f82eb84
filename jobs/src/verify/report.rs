//! What a recheck found, for a person and for machines.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use serde_json::{Value, json};

/// The ledger and its heads, rechecked.
pub struct Report {
    pub entries: u64,
    pub days: u64,
    pub sequence: i64,
    pub root: String,
    /// Number, night and digest of the latest head that says just this.
    pub signed_by: Option<(i64, NaiveDate, String)>,
    pub heads: u64,
    /// Nights that have signed.
    pub nights: u64,
    /// Those whose latest head holds.
    pub nights_held: u64,
    pub counts: BTreeMap<&'static str, u64>,
    pub first_bad: Option<Bad>,
    /// The lowest sequence that is missing.
    pub first_missing: Option<i64>,
    pub of_heads: Vec<String>,
    pub of_heads_left: u64,
    pub seconds: f64,
    /// Contents that a party was taken out of: they are held by the hash of what landed.
    pub redacted: u64,
}

/// The first entry that does not hold.
pub struct Bad {
    pub sequence: i64,
    pub entry_id: Option<String>,
    /// Where it landed, below the landing area.
    pub file: Option<String>,
    pub line: Option<i64>,
    pub why: String,
}

impl Bad {
    fn text(&self) -> String {
        let mut text = format!("sequence {}", self.sequence);
        if let Some(entry_id) = &self.entry_id {
            let _ = write!(text, ", {entry_id}");
        }
        if let (Some(file), Some(line)) = (&self.file, self.line) {
            let _ = write!(text, ", {file}:{line}");
        }
        text + ": " + &self.why
    }
}

impl Report {
    pub fn holds(&self) -> bool {
        self.counts.is_empty() && self.of_heads.is_empty()
    }

    fn entries_per_second(&self) -> u64 {
        (self.entries as f64 / self.seconds.max(1e-9)) as u64
    }

    pub fn json(&self) -> String {
        let signed_by = self.signed_by.as_ref();
        let signed_by =
            signed_by.map(|(number, night, head)| json!({"number": number, "night": night, "head": head}));
        let first_bad = self.first_bad.as_ref().map_or(Value::Null, |bad| {
            json!({
                "sequence": bad.sequence, "entry_id": bad.entry_id, "file": bad.file, "line": bad.line,
                "why": bad.why,
            })
        });
        json!({
            "holds": self.holds(), "entries": self.entries, "days": self.days, "sequence": self.sequence,
            "root": self.root, "signed_by": signed_by, "heads": self.heads, "nights": self.nights, "nights_held": self.nights_held,
            "faults": self.counts, "first_bad": first_bad, "first_missing": self.first_missing, "faults_of_heads": self.of_heads,
            "faults_of_heads_left": self.of_heads_left, "redacted": self.redacted, "seconds": self.seconds,
            "entries_per_second": self.entries_per_second(),
        })
        .to_string()
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<10}{value}");
        };
        let (seconds, rate) = (self.seconds, self.entries_per_second());
        let highest = self.sequence;
        line("entries", format!("{}, days: {}, highest sequence: {highest}", self.entries, self.days));
        line("root", self.root.clone());
        line(
            "signed",
            match &self.signed_by {
                Some((number, night, head)) => format!("by the night of {night} as head {number}, {head}"),
                None => "by no night".to_owned(),
            },
        );
        line("heads", format!("{} signed, {} of {} nights hold", self.heads, self.nights_held, self.nights));
        if self.redacted > 0 {
            let held = "their parties were erased, and they are held by the hashes of what landed";
            line("redacted", format!("{} contents: {held}", self.redacted));
        }
        line("checked", format!("in {seconds:.2} s, {rate} entries a second"));
        for (class, count) in &self.counts {
            line("faults", format!("{count} × {}", meaning(class)));
        }
        if let Some(sequence) = self.first_missing {
            line("missing", format!("sequence {sequence} first"));
        }
        if let Some(bad) = &self.first_bad {
            line("first bad", bad.text());
        }
        self.of_heads.iter().for_each(|why| line("head bad", why.clone()));
        if self.of_heads_left > 0 {
            line("head bad", format!("and {} more", self.of_heads_left));
        }
        line("verdict", if self.holds() { "all holds" } else { "the ledger does not hold" }.to_owned());
        text.trim_end().to_owned()
    }
}

fn meaning(class: &str) -> &'static str {
    match class {
        "CONTENT" => "hash is not of its content",
        "NEIGHBOUR" => "prev_hash is not its neighbour's hash",
        "FORK" => "two entries with one sequence",
        _ => "sequence is missing",
    }
}
