//! What the tests share: the program, landing areas, and tables read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use generate::Options;
use tempfile::TempDir;

/// A landing area and a warehouse of a test's own.
pub struct Place {
    pub folder: TempDir,
    /// What a night writes of each creator's report, where not all formats.
    formats: Option<&'static str>,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), formats: None }
    }

    pub fn landing(&self) -> PathBuf {
        let landing = self.folder.path().join("landing");
        fs::create_dir_all(&landing).expect("a landing folder");
        landing
    }

    pub fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    /// A place whose landing area is generated, with its key beside it. It has many creators, whose reports take longer
    /// than the rest of a night: one format is written, and the others are tried on places of a few creators.
    pub fn generated(options: &Options) -> Self {
        let place = Self { formats: Some("json"), ..Self::new() };
        generate::generate(&place.landing(), &place.key(), options, &|_, _| {}).expect("an area");
        place
    }

    /// The folder of what a generated area is known to hold.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// Writes a file of a source's day.
    pub fn land(&self, source: &str, dt: &str, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let folder = self.landing().join(source).join(format!("dt={dt}"));
        fs::create_dir_all(&folder).expect("a day's folder");
        let path = folder.join(name);
        fs::write(&path, bytes).expect("a landed file");
        path
    }

    /// The program with this place's landing area and warehouse.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ttt(arguments);
        command.arg("--landing").arg(self.landing()).arg("--warehouse").arg(self.warehouse());
        command.env("TTT_SPILL", self.folder.path().join("spill"));
        command.envs(self.formats.map(|formats| ("TTT_REPORTS_FORMATS", formats)));
        command
    }

    /// Runs the program and gives its exit code, stdout and stderr.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs a job for a day, which must end with 0.
    pub fn night(&self, job: &str, dt: &str) -> Ended {
        let ended = self.run(&["run", job, "--date", dt, "--quiet"]);
        assert_eq!(ended.code, 0, "{job} {dt}: {}", ended.stderr);
        ended
    }

    /// The rows of a query, as texts; null is an empty text.
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        let ended = self.run(&["sql", "--format", "csv", query]);
        assert_eq!(ended.code, 0, "{query}: {}", ended.stderr);
        csv(&ended.stdout).into_iter().skip(1).collect()
    }

    /// The rows of several queries, in their order: one program answers them all, since each start of it costs.
    pub fn answers(&self, queries: &[&str]) -> Vec<Vec<Vec<String>>> {
        const END: &str = "end of an answer";
        let script: String =
            queries.iter().map(|query| format!("{query};\nSELECT 1 AS \"{END}\";\n")).collect();
        let ended = self.run(&["sql", "--format", "csv", &script]);
        assert_eq!(ended.code, 0, "{queries:?}: {}", ended.stderr);
        let (mut answers, mut rows) = (Vec::new(), Vec::new());
        let mut records = csv(&ended.stdout).into_iter();
        while let Some(record) = records.next() {
            if record == [END] {
                // Between two answers stands an empty line; the header is no row.
                assert_eq!(rows.pop(), Some(vec![String::new()]), "{}", ended.stdout);
                answers.push(rows.split_off(1));
                rows.clear();
                records.by_ref().take(2).for_each(drop);
            } else {
                rows.push(record);
            }
        }
        assert_eq!(answers.len(), queries.len(), "{}", ended.stdout);
        answers
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let copied = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, copied).expect("a file that is copied");
        }
    }
}

/// The records of a CSV text by RFC 4180.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    records
}

/// The program, away from any configuration of the machine.
pub fn ttt(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ttt"));
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TTT_")) {
        command.env_remove(name);
    }
    command.current_dir(root());
    command
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The interpreter that has what `tests/requirements.txt` names: one set up for it, else the usual one.
pub fn python() -> PathBuf {
    let made = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/ttt-python/bin/python"));
    let chosen = std::env::var_os("TTT_PYTHON").map(PathBuf::from);
    chosen.or(made.filter(|made| made.exists())).unwrap_or_else(|| PathBuf::from("python3"))
}

/// A command that ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The rows of a CSV file of a key, without its header, counted.
pub fn key(folder: &Path, name: &str) -> BTreeMap<Vec<String>, usize> {
    let text = fs::read_to_string(folder.join(format!("{name}.csv"))).expect("a key file");
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect());
    counted(rows)
}

/// Rows with how often each occurs.
pub fn counted(rows: impl IntoIterator<Item = Vec<String>>) -> BTreeMap<Vec<String>, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row).or_default() += 1;
    }
    counts
}

/// Asserts that two tables hold the same rows, showing some that differ.
pub fn assert_same(what: &str, ours: &BTreeMap<Vec<String>, usize>, theirs: &BTreeMap<Vec<String>, usize>) {
    let missing = |left: &BTreeMap<Vec<String>, usize>, right: &BTreeMap<Vec<String>, usize>| {
        let differs = |(row, count): &(&Vec<String>, &usize)| right.get(*row) != Some(*count);
        let rows = left.iter().filter(differs).take(5).map(|(row, count)| format!("{count} × {row:?}"));
        rows.collect::<Vec<_>>().join("\n  ")
    };
    assert!(
        ours == theirs,
        "{what} differs\nonly in the first:\n  {}\nonly in the second:\n  {}",
        missing(ours, theirs),
        missing(theirs, ours)
    );
}

/// Everything that a night says, less the times at which it was said and the files it stands in.
const TABLES: &[(&str, &str)] = &[
    (
        "escrow_events",
        "SELECT event_id, payload_hash, conflict, source_file, source_line, dt FROM bronze.escrow_events",
    ),
    (
        "wallet_transfers",
        "SELECT transaction_id, payload_hash, conflict, source_file, source_line, dt FROM bronze.wallet_transfers",
    ),
    (
        "ledger_entries",
        "SELECT entry_id, payload_hash, conflict, source_file, source_line, dt FROM bronze.ledger_entries",
    ),
    (
        "cdn_requests",
        "SELECT request_id, payload_hash, conflict, source_file, source_line, dt FROM bronze.cdn_requests",
    ),
    ("nodes", "SELECT node_id, payload_hash, conflict, source_file, source_line, dt FROM bronze.nodes"),
    ("quarantine", "SELECT source, dt, source_file, source_line, reason FROM bronze.quarantine"),
    (
        "ingested_files",
        "SELECT source, dt, source_file, rows, good, replays, conflicts, quarantined FROM ops.ingested_files",
    ),
    ("contested_keys", "SELECT DISTINCT source, key, escrow_id, dt FROM ops.contested_keys"),
    ("manifests", "SELECT source, dt, watermark FROM ops.manifests"),
    ("reconciliation", "SELECT dt, escrow_id, class, subcode, gross, net FROM silver.reconciliation"),
    ("breaks", "SELECT break_id, class, first_seen, last_seen, closed_on, status, amount FROM silver.breaks"),
    (
        "open_cases",
        "SELECT dt, escrow_id, digest_of FROM (SELECT dt, escrow_id, encode(facts, 'hex') AS digest_of FROM silver.open_cases)",
    ),
    (
        "break_events",
        "SELECT dt, break_id, event, class, status, amount, facts, last_seen, closed_by FROM silver.break_events",
    ),
    (
        "break_totals",
        "SELECT dt, class, currency, opening_count, new_count, closed_count, closing_sum FROM silver.break_totals",
    ),
    ("control_totals", "SELECT dt, source, currency, count, sum, holds FROM silver.control_totals"),
    (
        "ledger_heads",
        "SELECT dt, count, sequence, merkle_root FROM (SELECT *, row_number() OVER (PARTITION BY dt ORDER BY number DESC) AS place \
         FROM silver.ledger_heads) WHERE place = 1",
    ),
    ("ledger_findings", "SELECT dt, class, sequence, entry_id FROM silver.ledger_findings"),
    (
        "entitlements",
        "SELECT subscription_id, benefit_id, period_start, class, delivery_id FROM silver.entitlements",
    ),
    ("subscription_findings", "SELECT finding_id, class, detail FROM silver.subscription_findings"),
    (
        "subscription_metrics",
        "SELECT dt, creator, tier_id, currency, active_count, opening_count, mrr, restated_mrr, new_mrr, holds FROM gold.subscription_metrics_daily",
    ),
    ("obligations", "SELECT * FROM gold.creator_obligations_daily"),
    ("cache_plan", "SELECT * FROM gold.cache_plan"),
    ("cache_curves", "SELECT * FROM gold.cache_curves"),
    ("viewing_sessions", "SELECT * FROM silver.viewing_sessions"),
    ("quality_exclusions", "SELECT * FROM silver.quality_exclusions"),
    ("quality_ladders", "SELECT * FROM silver.quality_ladders"),
    ("quality_cohorts", "SELECT * FROM silver.quality_cohorts"),
    ("quality_plan", "SELECT * FROM gold.quality_plan"),
    (
        "statements",
        "SELECT dt, creator, type, currency, standing, reason, count, net FROM gold.creator_statement_daily",
    ),
];

/// The rows of each table, counted.
pub type Tables = BTreeMap<&'static str, BTreeMap<Vec<String>, usize>>;

/// Reads all tables.
pub fn tables(place: &Place) -> Tables {
    let (names, queries): (Vec<_>, Vec<_>) = TABLES.iter().copied().unzip();
    names.into_iter().zip(place.answers(&queries).into_iter().map(counted)).collect()
}

/// Asserts that all tables hold the same rows.
pub fn assert_tables(found: &Tables, expected: &Tables, when: &str) {
    for (name, rows) in expected {
        assert_same(&format!("{name} {when}"), &found[name], rows);
    }
}
