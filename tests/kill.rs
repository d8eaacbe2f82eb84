//! A run that is killed at any moment leaves a state from which the next one completes to the same tables.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use generate::Options;

use crate::support::{Place, assert_same, counted};

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
    ("manifests", "SELECT source, dt, watermark FROM ops.manifests"),
    ("reconciliation", "SELECT dt, escrow_id, class, subcode, gross, net FROM silver.reconciliation"),
    ("breaks", "SELECT break_id, class, first_seen, last_seen, closed_on, status, amount FROM silver.breaks"),
    (
        "break_totals",
        "SELECT dt, class, currency, opening_count, new_count, closed_count, closing_sum FROM silver.break_totals",
    ),
    ("control_totals", "SELECT dt, source, currency, count, sum, holds FROM silver.control_totals"),
    ("ledger_findings", "SELECT dt, class, sequence, entry_id FROM silver.ledger_findings"),
    ("ledger_heads", "SELECT number, dt, count, sequence, merkle_root, head FROM silver.ledger_heads"),
    (
        "statements",
        "SELECT dt, creator, type, currency, standing, reason, count, net FROM gold.creator_statement_daily",
    ),
];

type Tables = BTreeMap<&'static str, BTreeMap<Vec<String>, usize>>;

fn tables(place: &Place) -> Tables {
    TABLES.iter().map(|(name, query)| (*name, counted(place.rows(query)))).collect()
}

fn area() -> Place {
    let place = Place::new();
    let options = Options {
        days: 2,
        escrows_per_day: 300,
        subscriptions_per_day: 20,
        playbacks_per_day: 150,
        access_per_day: 600,
        replay_rate: 0.02,
        fault_rate: 0.4,
        ..Options::default()
    };
    generate::generate(&place.landing(), &place.folder.path().join("key"), &options, &|_, _| {})
        .expect("an area");
    place
}

const SPAN: &[&str] = &["run", "nightly", "--from", "2026-11-20", "--to", "2026-11-21", "--quiet"];

fn complete(place: &Place) {
    let ended = place.run(SPAN);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// Starts the nights and kills them after a while; whether they had not ended before.
fn kill_after(place: &Place, after: Duration) -> bool {
    let mut child =
        place.command(SPAN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    std::thread::sleep(after);
    let early = child.try_wait().expect("a child").is_none();
    child.kill().expect("a child that is killed");
    child.wait().expect("a child that ended");
    early
}

fn assert_equal(found: &Tables, expected: &Tables, when: &str) {
    for (name, rows) in expected {
        assert_same(&format!("{name} {when}"), &found[name], rows);
    }
}

#[test]
fn a_killed_run_is_completed_by_the_next() {
    let undisturbed = area();
    let clock = Instant::now();
    complete(&undisturbed);
    let length = clock.elapsed();
    let expected = tables(&undisturbed);
    // From a fresh warehouse, at points all along the run.
    let points = 12;
    let mut killed = 0;
    for point in 1..=points {
        let place = area();
        let after = length * point / (points + 1);
        killed += u32::from(kill_after(&place, after));
        complete(&place);
        assert_equal(&tables(&place), &expected, &format!("after a kill at {after:?} of {length:?}"));
    }
    assert!(killed >= points / 2, "only {killed} of {points} runs were killed before their end");
}

#[test]
fn many_kills_one_after_the_other_are_survived() {
    let undisturbed = area();
    let clock = Instant::now();
    complete(&undisturbed);
    let length = clock.elapsed();
    let place = area();
    for point in 1..=30 {
        kill_after(&place, length * point / 30);
    }
    complete(&place);
    assert_equal(&tables(&place), &tables(&undisturbed), "after thirty kills");
}
