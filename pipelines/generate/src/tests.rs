//! Areas on the disk: the same bytes twice, chains that verify, manifests that are true, faults that occur.

mod books;
mod chain;
mod delivery;
mod subscriptions;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::amounts::Currency;
use crate::life::Life;
use crate::text::{ascii, push_hex};
use crate::world::{Nature, World};
use crate::{Compression, GenerateError, Options, Summary, faults, generate, story_faults};

struct Area {
    folder: tempfile::TempDir,
    summary: Summary,
}

impl Area {
    fn new(options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (out, key) = (folder.path().join("landing"), folder.path().join("key"));
        let summary = generate(&out, &key, options, &|_, _| {}).unwrap();
        Self { folder, summary }
    }

    /// Every file, by its path below the folder.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder.path()).unwrap().to_path_buf();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The folders of a source, one a day.
    fn days(&self, source: &str) -> Vec<PathBuf> {
        let folder = self.folder.path().join("landing").join(source);
        let mut days: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|day| day.unwrap().path()).collect();
        days.sort();
        days
    }

    /// A table of the key, without its header.
    fn key(&self, name: &str) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.folder.path().join("key").join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
    }

    /// Where the key says that bad lines are.
    fn quarantined(&self) -> BTreeSet<(String, String, String, usize)> {
        let of = |row: Vec<String>| (row[0].clone(), row[1].clone(), row[2].clone(), row[3].parse().unwrap());
        self.key("quarantine.csv").into_iter().map(of).collect()
    }
}

/// The physical lines of a stored file.
fn lines(path: &Path) -> Vec<Vec<u8>> {
    let stored = fs::read(path).unwrap();
    let mut bytes = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            flate2::read::MultiGzDecoder::new(&stored[..]).read_to_end(&mut bytes).map(drop).unwrap();
        }
        Some("zst") => bytes = zstd::decode_all(&stored[..]).unwrap(),
        _ => bytes = stored,
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect()
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| b" \t".contains(byte))
}

/// Hands each payload of a source that is not to be quarantined to `visit`, with its key and landing day, the
/// same payload of a key once: in the order of day, file and line.
fn payloads(
    area: &Area,
    source: &str,
    key: &dyn Fn(&Value) -> String,
    visit: &mut dyn FnMut(String, &str, Value),
) {
    let bad = area.quarantined();
    let mut seen: HashMap<String, Vec<Value>> = HashMap::new();
    for day in area.days(source) {
        let dt = day.file_name().unwrap().to_str().unwrap().trim_start_matches("dt=").to_owned();
        let mut files: Vec<_> = fs::read_dir(&day).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| !file.ends_with("_manifest.json")) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            for (at, line) in lines(file).iter().enumerate() {
                if !is_blank(line) && !bad.contains(&(source.into(), dt.clone(), name.clone(), at + 1)) {
                    let row: Value = serde_json::from_slice(line).unwrap();
                    let known = seen.entry(key(&row)).or_default();
                    if !known.contains(&row) {
                        known.push(row.clone());
                        visit(key(&row), &dt, row);
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let options =
        Options { escrows_per_day: 600, subscriptions_per_day: 40, threads: 1, ..Options::default() };
    let one = Area::new(&options);
    let three = Area::new(&Options { threads: 3, ..options.clone() });
    assert_eq!(one.summary, three.summary);
    assert!(one.files() == three.files(), "bytes depend on the threads");
    let other = Area::new(&Options { seed: 2, ..options });
    assert!(one.files() != other.files(), "bytes do not depend on the seed");
}

#[test]
fn a_folder_that_holds_a_day_is_refused() {
    let options = Options { escrows_per_day: 200, ..Options::default() };
    let area = Area::new(&options);
    let landing = area.folder.path().join("landing");
    let again = generate(&landing, &area.folder.path().join("key"), &options, &|_, _| {});
    assert!(matches!(again, Err(GenerateError::Refused(_))), "{again:?}");
    let rate = generate(&landing, &landing, &Options { late_rate: 1.5, ..options }, &|_, _| {});
    assert!(matches!(rate, Err(GenerateError::Refused(_))), "{rate:?}");
}

/// The contract's hash, from the row as any reader sees it.
fn hash_of(entry: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("").to_string();
    let mut parts = vec![
        text(&entry["prev_hash"]),
        entry["sequence"].to_string(),
        text(&entry["entry_id"]),
        text(&entry["type"]),
        text(&entry["escrow_id"]),
        text(&entry["transaction"]),
        entry["metadata"]["timestamp"].to_string(),
        text(&entry["metadata"]["visibility"]),
    ];
    for posting in entry["postings"].as_array().unwrap() {
        let [account, party, amount, currency] =
            ["account", "party", "amount", "currency"].map(|key| &posting[key]);
        parts.push(format!("{}|{}|{}|{}", text(account), text(party), text(amount), text(currency)));
    }
    ascii(|out| push_hex(out, &Sha256::digest(parts.join("\n"))))
}

#[test]
fn a_clean_ledger_is_one_chain_over_all_days() {
    let options = Options { fault_rate: 0.0, bad_line_rate: 0.0, late_rate: 0.0, ..Options::default() };
    let area = Area::new(&options);
    let mut entries: BTreeMap<u64, Value> = BTreeMap::new();
    for day in area.days("payments/ledger") {
        let highest_before = entries.keys().next_back().copied().unwrap_or(0);
        for file in fs::read_dir(day).unwrap().map(|file| file.unwrap().path()) {
            if file.ends_with("_manifest.json") {
                continue;
            }
            for line in lines(&file).iter().filter(|line| !is_blank(line)) {
                let entry: Value = serde_json::from_slice(line).unwrap();
                let sequence = entry["sequence"].as_u64().unwrap();
                assert!(sequence > highest_before);
                entries.insert(sequence, entry);
            }
        }
    }
    assert_eq!(entries.len() as u64, area.summary.entries);
    let mut previous = (0, "0".repeat(64));
    for (sequence, entry) in &entries {
        assert_eq!(*sequence, previous.0 + 1);
        assert_eq!(entry["prev_hash"], previous.1.as_str());
        assert_eq!(entry["hash"], hash_of(entry).as_str());
        previous = (*sequence, hash_of(entry));
    }
    assert!(area.key("findings.csv").is_empty());
    let classes: BTreeSet<String> =
        area.key("reconciliation.csv").into_iter().map(|row| row[2].clone()).collect();
    assert!(classes.iter().eq(["CANCELLED", "MATCHED", "OPEN", "REFUNDED"]), "{classes:?}");
}

/// Adds up the amounts of a payment row as the manifest must.
fn add_amounts(source: &str, row: &Value, sums: &mut HashMap<String, (u64, i128)>) {
    let mut add = |value: &Value, currency: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        let sum = sums.entry(currency.as_str().unwrap().into()).or_default();
        *sum = (sum.0 + 1, sum.1 + schemas::money::parse(text.as_bytes(), 9).unwrap());
    };
    if source == "payments/ledger" {
        for posting in row["postings"].as_array().unwrap() {
            if posting["account"] == "escrow" {
                add(&posting["amount"], &posting["currency"]);
            }
        }
    } else {
        add(&row["amount"]["value"], &row["amount"]["currency"]);
    }
}

#[test]
fn manifests_are_true_but_for_the_planted_totals() {
    let area = Area::new(&Options { bad_line_rate: 0.05, ..Options::default() });
    let bad = area.quarantined();
    let mut wrong = BTreeSet::new();
    for source in
        ["payments/escrow", "payments/wallet", "payments/ledger", "delivery/access", "delivery/nodes"]
    {
        for day in area.days(source) {
            let manifest: Value =
                serde_json::from_slice(&fs::read(day.join("_manifest.json")).unwrap()).unwrap();
            let dt = manifest["dt"].as_str().unwrap();
            let mut sums = HashMap::new();
            for file in manifest["files"].as_array().unwrap() {
                let name = file["name"].as_str().unwrap();
                let sha256 = ascii(|out| push_hex(out, &Sha256::digest(fs::read(day.join(name)).unwrap())));
                assert_eq!(file["sha256"], sha256.as_str());
                let mut rows = 0;
                for (at, line) in lines(&day.join(name)).iter().enumerate() {
                    if is_blank(line) || line.starts_with(b"#") {
                        continue;
                    }
                    rows += 1;
                    if source.starts_with("payments")
                        && !bad.contains(&(source.into(), dt.into(), name.into(), at + 1))
                    {
                        let row = serde_json::from_slice(line).unwrap();
                        add_amounts(source, &row, &mut sums);
                    }
                }
                assert_eq!(file["rows"], rows, "{source} {dt} {name}");
            }
            for total in manifest["totals"].as_array().into_iter().flatten() {
                let sum = schemas::money::parse(total["sum"].as_str().unwrap().as_bytes(), 9).unwrap();
                let stated = (total["count"].as_u64().unwrap(), sum);
                let code = total["currency"].as_str().unwrap();
                if sums.remove(code) != Some(stated) {
                    wrong.insert(format!("{source},{dt},{code}"));
                }
            }
            assert!(sums.is_empty(), "{sums:?}");
        }
    }
    let denied = area.key("control_totals.csv").into_iter().filter(|row| row[5] == "false");
    let denied: BTreeSet<String> = denied.map(|row| row[..3].join(",")).collect();
    assert_eq!(denied.len(), 3);
    assert_eq!(wrong, denied);
}

#[test]
fn counts_add_up_and_every_kind_of_bad_line_occurs() {
    let options = Options {
        bad_line_rate: 0.5,
        replay_rate: 0.1,
        compression: Compression::Plain,
        nodes: 400,
        subscriptions_per_day: 1_000,
        ..Options::default()
    };
    let area = Area::new(&options);
    let mut sums = [0_u64; 4];
    for row in area.key("counts.csv") {
        (0..4).for_each(|at| sums[at] += row[at + 2].parse::<u64>().unwrap());
    }
    let Summary { good, replays, conflicts, quarantined, rows, .. } = area.summary;
    assert_eq!(sums, [good, replays, conflicts, quarantined]);
    assert_eq!(good + replays + quarantined, rows);
    assert_eq!(area.quarantined().len() as u64, quarantined);
    for source in crate::sources::Source::ALL {
        let key = area.key("quarantine.csv");
        let kinds: BTreeSet<&str> =
            key.iter().filter(|row| row[0] == source.folder()).map(|row| row[4].as_str()).collect();
        let (common, own) = crate::bad::of(source);
        for bad in common.iter().chain(own) {
            assert!(kinds.contains(bad.kind), "{} in {}", bad.kind, source.folder());
        }
    }
}

#[test]
fn every_class_and_subcode_of_the_contract_occurs() {
    let area = Area::new(&Options { days: 4, ..Options::default() });
    let rows = area.key("reconciliation.csv");
    let found: BTreeSet<String> = rows.iter().map(|row| format!("{}:{}", row[2], row[3])).collect();
    let plain = "DUPLICATE_CONFLICT OPEN STUCK_ESCROW TIMING_PENDING MISSING_TRANSFER MISSING_LEDGER MISSING_ESCROW \
        ORPHAN_TRANSFER ORPHAN_LEDGER DUPLICATE_TRANSFER DUPLICATE_LEDGER UNBALANCED_POSTINGS TYPE_MISMATCH \
        CURRENCY_MISMATCH PARTY_MISMATCH AMOUNT_MISMATCH NET_MISMATCH DAY_BOUNDARY METADATA_MISMATCH MATCHED \
        REFUNDED CANCELLED";
    let illegal = "RELEASE_BEFORE_FUND DOUBLE_FUND DOUBLE_RELEASE DOUBLE_REFUND REFUND_AFTER_RELEASE \
        RELEASE_AFTER_REFUND REFUND_BEFORE_FUND CANCEL_AFTER_FUND DOUBLE_CREATE EVENT_AFTER_CANCEL NOT_CREATED \
        TIME_REVERSAL SETTLED_WITHOUT_RELEASE";
    let fees = ["FEE_DISAGREES", "FEE_ROUNDING", "FEE_RATE", "FEE_AMOUNT"];
    let expected = plain
        .split_whitespace()
        .map(|class| format!("{class}:"))
        .chain(illegal.split_whitespace().map(|subcode| format!("ILLEGAL_STATE:{subcode}")))
        .chain(fees.iter().flat_map(|class| [format!("{class}:PLATFORM"), format!("{class}:PROCESSING")]));
    for class in expected {
        assert!(found.contains(&class), "{class}");
    }
    let sorted = rows.windows(2).all(|pair| (&pair[0][0], &pair[0][1]) < (&pair[1][0], &pair[1][1]));
    assert!(sorted, "by night and escrow, each once");
    let findings: BTreeSet<String> = area.key("findings.csv").into_iter().map(|row| row[1].clone()).collect();
    assert!(
        findings.iter().eq(["CHAIN_BREAK", "CONTROL_TOTAL", "LEDGER_FORK", "SEQUENCE_GAP"]),
        "{findings:?}"
    );
    let planted: BTreeSet<String> = area.key("planted.csv").into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(
        planted.len(),
        faults().count() + story_faults().count(),
        "every fault, each under its own name"
    );
}

/// What each fault says of its nights, as a table to be read: `src/faults/verdicts.txt`.
#[test]
fn faults_say_what_the_table_says() {
    let world = World::new(&Options { fault_rate: 1.0, ..Options::default() });
    let mut life = Life::default();
    let mut actual = String::new();
    for (order, fault) in faults().enumerate() {
        world.special(0, order as u64, Nature::Fault(order as u64), &mut life);
        let mut text = Vec::new();
        let mut last = None;
        for night in 0..10 {
            let verdict = life.nights.row(night);
            if verdict != last {
                text.push(verdict.map_or(format!("{night} no row"), |verdict| {
                    let subcode = if verdict.subcode.is_empty() { "" } else { ":" };
                    let flags: String = verdict.flags.iter().map(|flag| format!(" + {flag}")).collect();
                    format!("{night} {}{subcode}{}{flags}", verdict.class, verdict.subcode)
                }));
                last = verdict;
            }
        }
        actual.push_str(&format!("{}: {}\n", fault.name, text.join(", ")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/faults/verdicts.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, &actual).unwrap();
    }
    assert_eq!(
        fs::read_to_string(path).unwrap_or_default(),
        actual,
        "read the change; UPDATE_EXPECT=1 takes it"
    );
}

#[test]
fn amounts_and_days_are_plausible() {
    let world = World::new(&Options { fault_rate: 0.0, ..Options::default() });
    let mut dollars = 0;
    for rank in 0..1_000 {
        let mut random = crate::clean::random(&world, 1, rank);
        crate::clean::ending(&mut random);
        let base = crate::clean::base(&world, 1, rank, &mut random);
        assert!(base.amount.units > 0);
        assert!(base.created_ms >= world.day_start_ms(1) && base.booked_ms < world.day_start_ms(2));
        let steps = [base.created_ms, base.funded_ms, base.closed_ms, base.settled_ms, base.booked_ms];
        assert!(steps.is_sorted());
        dollars += u32::from(base.amount.currency == Currency::USD);
    }
    assert!((500..660).contains(&dollars), "{dollars}");
}
