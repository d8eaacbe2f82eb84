//! Histories that were signed and do not stay: rewritten, cut, or changed below the program's feet.

use std::fs;
use std::path::PathBuf;

use super::entries::{
    DAYS, Entry, SOURCE, assert_holds, chain, findings, ingest, land, night, nights, verify,
};
use crate::support::Place;

fn signed() -> (Place, Vec<Entry>) {
    let place = Place::new();
    let entries = chain(8);
    land(&place, 0, "a.ndjson", &entries[..3]);
    land(&place, 1, "a.ndjson", &entries[3..6]);
    land(&place, 2, "a.ndjson", &entries[6..]);
    night(&place, 0);
    (place, entries)
}

/// Sends the first day anew with another content, and ingests it without its night.
fn resend(place: &Place, entries: &[Entry]) {
    land(place, 0, "a.ndjson", entries);
    ingest(place, 0);
}

fn detail(place: &Place, day: usize) -> String {
    let query = format!(
        "SELECT detail FROM silver.ledger_findings WHERE class = 'LEDGER_REWRITTEN' AND dt = DATE '{}'",
        DAYS[day]
    );
    place.rows(&query).concat().concat()
}

#[test]
fn a_rewritten_history_is_noticed_the_next_night_and_stays_noticed() {
    let (place, entries) = signed();
    // The whole chain anew, each hash right: only the head knows.
    let mut other = vec![Entry::new("le_1", 1, 100, &"0".repeat(64))];
    other.push(Entry::new("le_2", 2, 999, &other[0].hash));
    other.push(Entry::new("le_3", 3, 300, &other[1].hash));
    resend(&place, &other);
    let (code, told) = verify(&place, &["--date", DAYS[0]]);
    assert_eq!((code, told["faults"].as_object().map(|faults| faults.len())), (4, Some(0)), "{told}");
    let why = told["faults_of_heads"][0].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("2 of the 3 entries are gone or changed, among them le_2 with sequence 2"), "{why}");

    night(&place, 1);
    assert_eq!(findings(&place, 1), ["LEDGER_REWRITTEN 3", "CHAIN_BREAK 4 le_4"]);
    assert_eq!(detail(&place, 1), why);
    night(&place, 2);
    assert_eq!(findings(&place, 2), ["LEDGER_REWRITTEN 3", "CHAIN_BREAK 4 le_4"]);
    // Signing the first night again does not take it back, and neither does the right history.
    night(&place, 0);
    assert_eq!(findings(&place, 0), ["LEDGER_REWRITTEN 3"]);
    resend(&place, &entries[..3]);
    night(&place, 0);
    assert_eq!(detail(&place, 0).matches("gone or changed").count(), 2, "{}", detail(&place, 0));
    nights(&place, 1..3);
    assert_eq!(findings(&place, 2), ["LEDGER_REWRITTEN 3", "LEDGER_REWRITTEN 6", "LEDGER_REWRITTEN 8"]);
    assert_holds(&place);
}

#[test]
fn a_cut_history_is_noticed_by_the_night_itself() {
    let (place, entries) = signed();
    land(&place, 0, "a.ndjson", &entries[..2]);
    night(&place, 0);
    assert_eq!(findings(&place, 0), ["LEDGER_REWRITTEN 3"]);
    let why = detail(&place, 0);
    assert!(why.contains("1 of the 3 entries are gone or changed, among them le_3 with sequence 3"), "{why}");
    night(&place, 1);
    assert_eq!(findings(&place, 1), ["LEDGER_REWRITTEN 3", "SEQUENCE_GAP 3"]);
    assert_eq!(verify(&place, &["--date", DAYS[0]]).0, 0, "the first night has signed what stands now");
}

/// The Parquet files of the ledger's first day.
fn stored(place: &Place, day: usize) -> Vec<PathBuf> {
    let folder = place.warehouse().join("bronze/ledger_entries").join(format!("dt={}", DAYS[day]));
    fs::read_dir(folder).expect("a day").map(|file| file.expect("a file").path()).collect()
}

#[test]
fn files_changed_on_disk_are_told_from_files_that_were_copied() {
    let (place, _) = signed();
    // The same bytes written anew: another time, the same content.
    for path in stored(&place, 0) {
        let bytes = fs::read(&path).expect("a file");
        fs::remove_file(&path).and_then(|()| fs::write(&path, bytes)).expect("a copy");
    }
    night(&place, 1);
    assert_eq!(findings(&place, 1), Vec::<String>::new());
    assert_holds(&place);

    // Another ledger's file in the place of the first day's, chained as well as the real one.
    let forger = Place::new();
    let mut forged = chain(3);
    forged[2] = Entry::new("le_3", 3, 1, &forged[1].hash);
    forger.land(SOURCE, DAYS[0], "a.ndjson", super::entries::lines(&forged));
    night(&forger, 0);
    let (own, other) = (stored(&place, 0), stored(&forger, 0));
    assert_eq!((own.len(), other.len()), (1, 1));
    fs::copy(&other[0], &own[0]).expect("a forged file");
    let size = fs::metadata(&own[0]).expect("a file").len();
    restate(&place, &own[0], size);
    night(&place, 2);
    assert_eq!(findings(&place, 2), ["CHAIN_BREAK 4 le_4", "LEDGER_REWRITTEN 6"]);
    let why = detail(&place, 2);
    assert!(why.contains("USD was -21.000000000 in 6 postings, is -18.010000000 in 6 postings"), "{why}");
    let (code, told) = verify(&place, &[]);
    assert_eq!((code, told["faults_of_heads"].as_array().map(Vec::len)), (4, Some(2)), "{told}");
    assert_eq!((&told["first_bad"]["entry_id"], &told["first_bad"]["line"]), (&"le_4".into(), &1.into()));
}

/// A forger who changes a file's size also changes it in the table's log.
fn restate(place: &Place, path: &std::path::Path, size: u64) {
    let log = place.warehouse().join("bronze/ledger_entries/_delta_log");
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    for entry in fs::read_dir(log).expect("a log").map(|entry| entry.expect("an entry").path()) {
        let Ok(text) = fs::read_to_string(&entry) else { continue };
        let lines = text.lines().map(|line| {
            let mut action: serde_json::Value = serde_json::from_str(line).expect("an action");
            if action["add"]["path"].as_str().is_some_and(|path| path.ends_with(&name)) {
                action["add"]["size"] = size.into();
            }
            action.to_string() + "\n"
        });
        let text: String = lines.collect();
        fs::write(&entry, text).expect("a log entry");
    }
}

#[test]
fn the_first_bad_entry_is_named_with_its_line() {
    let place = Place::new();
    let mut entries = chain(7);
    entries[4].cents = 1;
    entries[2].prev_hash = entries[0].hash.clone();
    land(&place, 0, "a.ndjson", &entries[..2]);
    land(&place, 1, "b.ndjson", &entries[2..]);
    nights(&place, 0..2);
    // The third entry's content names another neighbour, so its hash is wrong as well.
    assert_eq!(findings(&place, 1), ["CHAIN_BREAK 3 le_3", "CHAIN_BREAK 5 le_5"]);
    let (code, told) = verify(&place, &[]);
    assert_eq!((code, &told["faults"]["CONTENT"], &told["faults"]["NEIGHBOUR"]), (4, &2.into(), &1.into()));
    let first = &told["first_bad"];
    assert_eq!(
        (&first["sequence"], &first["entry_id"], &first["line"]),
        (&3.into(), &"le_3".into(), &1.into())
    );
    assert_eq!(first["file"], format!("{SOURCE}/dt={}/b.ndjson", DAYS[1]));
    let text = place.run(&["verify"]);
    assert_eq!(text.code, 4);
    assert!(
        text.stdout.contains("first bad sequence 3, le_3, payments/ledger/dt=2026-11-21/b.ndjson:1: hash"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_head_that_was_changed_or_taken_away_is_missed() {
    let (place, _) = signed();
    nights(&place, 1..3);
    assert_holds(&place);
    // The second night's head is struck from the log.
    let log = place.warehouse().join("silver/ledger_heads/_delta_log");
    let adds_second = |path: &PathBuf| {
        fs::read_to_string(path).is_ok_and(|text| text.contains("\"add\"") && text.contains("2026-11-21"))
    };
    let mut entries = fs::read_dir(log).expect("a log").map(|entry| entry.expect("an entry").path());
    let path = entries.find(adds_second).expect("the commit of the second head");
    let text = fs::read_to_string(&path).expect("a commit");
    let kept: Vec<_> = text.lines().filter(|line| !line.contains("\"add\"")).collect();
    fs::write(&path, kept.join("\n") + "\n").expect("a commit without the head");
    let (code, told) = verify(&place, &[]);
    let told = told["faults_of_heads"][0].as_str().unwrap_or_default().to_owned();
    assert_eq!((code, &*told), (4, "head 3 of 2026-11-22: it does not follow the head signed before it"));
}
