//! The same night twice, late files and changed ones: what is there already is not read, and nothing doubles.

use std::collections::BTreeMap;
use std::fs;

use generate::{Compression, Options};
use serde_json::Value;

use super::expected::DAY;
use super::sample::{ESCROW, TABLES};
use crate::support::{Place, assert_same, counted};

const NEXT: &str = "2026-11-21";

/// Tables that a night derives.
const DERIVED: [&str; 7] = [
    "silver.reconciliation",
    "silver.ledger_findings",
    "silver.ledger_heads",
    "silver.breaks",
    "silver.control_totals",
    "silver.break_totals",
    "gold.creator_statement_daily",
];

fn names() -> impl Iterator<Item = String> {
    let bronze = TABLES.iter().map(|(_, table)| format!("bronze.{table}"));
    bronze.chain(["bronze.quarantine".to_owned()]).chain(DERIVED.map(str::to_owned))
}

/// What every table holds, row by row: one program answers all queries, each with an array.
fn contents(place: &Place) -> BTreeMap<String, BTreeMap<Vec<String>, usize>> {
    let script: String = names().map(|name| format!("SELECT * FROM {name};")).collect();
    let ended = place.run(&["sql", "--format", "json", &script]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let answers = serde_json::Deserializer::from_str(&ended.stdout).into_iter::<Vec<Value>>();
    let rows = answers.map(|rows| counted(rows.expect("JSON rows").iter().map(|row| vec![row.to_string()])));
    names().zip(rows).collect()
}

/// The newest entry of every table's log, if it has one.
fn versions(place: &Place) -> BTreeMap<String, Option<String>> {
    let newest = |name: &str| {
        let log = place.warehouse().join(name.replace('.', "/")).join("_delta_log");
        let entries = fs::read_dir(log).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        files.filter(|file| file.ends_with(".json")).max()
    };
    names().map(|name| (name.clone(), newest(&name))).collect()
}

fn assert_all_same(
    what: &str,
    ours: &BTreeMap<String, BTreeMap<Vec<String>, usize>>,
    theirs: &BTreeMap<String, BTreeMap<Vec<String>, usize>>,
) {
    for (name, rows) in ours {
        assert_same(&format!("{what}: {name}"), rows, &theirs[name]);
    }
}

/// By source: how many files were read and how many were known.
fn files(place: &Place, job: &str, dt: &str) -> BTreeMap<String, (u64, u64)> {
    let ended = place.run(&["run", job, "--date", dt, "--json", "--quiet"]);
    assert_eq!(ended.code, 0, "{job} {dt}: {}", ended.stderr);
    // A report a line: the day, and the nights that were made anew after it.
    let report: Value =
        ended.stdout.lines().next().map(serde_json::from_str).expect("a line").expect("a report");
    let sources = report["ingested"].as_array().expect("sources").iter();
    let number = |value: &Value| value.as_u64().expect("a number");
    let found = sources.map(|found| {
        let source = found["source"].as_str().expect("a source").to_owned();
        (source, (number(&found["files_read"]), number(&found["files_known"])))
    });
    found.collect()
}

fn generated() -> Place {
    Place::generated(&Options {
        days: 2,
        escrows_per_day: 150,
        subscriptions_per_day: 10,
        playbacks_per_day: 20,
        access_per_day: 40,
        contents_per_day: 5,
        files_per_source: 2,
        fault_rate: 0.5,
        replay_rate: 0.1,
        late_rate: 0.1,
        bad_line_rate: 0.1,
        manifests: false,
        compression: Compression::Mixed,
        from: DAY.parse().expect("a day"),
        ..Options::default()
    })
}

#[test]
fn the_same_night_twice_changes_nothing() {
    let place = generated();
    for dt in [DAY, NEXT] {
        let read = files(&place, "ingest", dt);
        assert!(read.values().all(|(read, known)| *read > 0 && *known == 0), "{read:?}");
        let all_known: BTreeMap<_, _> =
            read.iter().map(|(source, (read, _))| (source.clone(), (0, *read))).collect();
        place.night("nightly", dt);
        let (before, stood) = (contents(&place), versions(&place));
        assert_eq!(files(&place, "nightly", dt), all_known, "{dt}: every file is known");
        assert_eq!(versions(&place), stood, "{dt}: no table was written");
        assert_all_same(dt, &contents(&place), &before);
    }
    // The night before once more, after the one that followed it.
    let before = contents(&place);
    place.night("nightly", DAY);
    assert_all_same("the first night after the second", &contents(&place), &before);
}

#[test]
fn a_touched_file_is_known_by_its_content() {
    let place = Place::new();
    let path = place.land(ESCROW.source, DAY, "a.ndjson", ESCROW.row("ee_1"));
    place.night("ingest", DAY);
    let stood = versions(&place);
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = fs::File::options().append(true).open(&path).expect("the file");
    file.set_modified(earlier).expect("another time");
    assert_eq!(files(&place, "ingest", DAY)[ESCROW.source], (0, 1));
    assert_eq!(versions(&place), stood);
}

/// One escrow's events in three files over two days; then a file comes late, and another is changed in place.
#[test]
fn late_files_are_read_alone_and_changed_ones_replace_their_day() {
    let place = Place::new();
    let row = |id: &str| ESCROW.row(id) + "\n";
    place.land(ESCROW.source, DAY, "a.ndjson", row("ee_1") + "no row\n");
    place.land(ESCROW.source, DAY, "b.ndjson", row("ee_2"));
    place.land(ESCROW.source, NEXT, "c.ndjson", row("ee_3"));
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    let landed = |place: &Place| {
        let rows = place.rows(
            "SELECT dt, source_file, event_id FROM bronze.escrow_events ORDER BY dt, source_file, event_id",
        );
        rows.into_iter().map(|row| row.join(" ")).collect::<Vec<_>>()
    };
    place.land(ESCROW.source, DAY, "late.ndjson", row("ee_4"));
    assert_eq!(files(&place, "nightly", DAY)[ESCROW.source], (1, 2));
    let all = [
        "2026-11-20 a.ndjson ee_1",
        "2026-11-20 b.ndjson ee_2",
        "2026-11-20 late.ndjson ee_4",
        "2026-11-21 c.ndjson ee_3",
    ];
    assert_eq!(landed(&place), all);

    place.land(ESCROW.source, DAY, "a.ndjson", row("ee_1") + &row("ee_5") + "no row\nno row either\n");
    assert_eq!(files(&place, "nightly", DAY)[ESCROW.source], (3, 0), "the whole day is read again");
    let changed = [&["2026-11-20 a.ndjson ee_1", "2026-11-20 a.ndjson ee_5"], &all[1..]].concat();
    assert_eq!(landed(&place), changed);
    let refused = place.rows("SELECT source_line FROM bronze.quarantine ORDER BY source_line");
    assert_eq!(refused, [["3"], ["4"]]);
    let recorded = place.rows("SELECT source_file, rows FROM ops.ingested_files ORDER BY dt, source_file");
    assert_eq!(recorded, [["a.ndjson", "4"], ["b.ndjson", "1"], ["late.ndjson", "1"], ["c.ndjson", "1"]]);
    assert_eq!(files(&place, "nightly", DAY)[ESCROW.source], (0, 3));
    let judged = place.rows("SELECT DISTINCT escrow_id FROM silver.reconciliation WHERE dt = '2026-11-20'");
    assert_eq!(judged.len(), 4);
}

/// What one day no longer says, another may be the first to say; and what it says now may be contested there.
#[test]
fn a_changed_file_lets_other_days_stand_on_their_own() {
    let place = Place::new();
    let row = |id: &str, amount: &str| ESCROW.row(id).replace("12.50", amount) + "\n";
    place.land(
        ESCROW.source,
        DAY,
        "a.ndjson",
        row("ee_x", "1.00") + &row("ee_z", "1.00") + &row("ee_y", "1.00"),
    );
    place.land(ESCROW.source, NEXT, "a.ndjson", row("ee_x", "1.00") + &row("ee_z", "2.00"));
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    let landed = |place: &Place| {
        let query = "SELECT event_id, CAST(amount AS DECIMAL(28, 2)) AS amount, conflict, dt \
            FROM bronze.escrow_events ORDER BY event_id, dt";
        place.rows(query).into_iter().map(|row| row.join(" ")).collect::<Vec<_>>()
    };
    let contested = [
        "ee_x 1.00 false 2026-11-20",
        "ee_y 1.00 false 2026-11-20",
        "ee_z 1.00 false 2026-11-20",
        "ee_z 2.00 true 2026-11-21",
    ];
    assert_eq!(landed(&place), contested);

    place.land(ESCROW.source, DAY, "a.ndjson", row("ee_y", "1.00"));
    place.night("nightly", DAY);
    let alone = ["ee_x 1.00 false 2026-11-21", "ee_y 1.00 false 2026-11-20", "ee_z 2.00 false 2026-11-21"];
    assert_eq!(landed(&place), alone);

    place.land(ESCROW.source, DAY, "a.ndjson", row("ee_x", "1.50") + &row("ee_y", "1.00"));
    place.night("nightly", DAY);
    let both = [
        "ee_x 1.50 false 2026-11-20",
        "ee_x 1.00 true 2026-11-21",
        "ee_y 1.00 false 2026-11-20",
        "ee_z 2.00 false 2026-11-21",
    ];
    assert_eq!(landed(&place), both);
}
