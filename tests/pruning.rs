//! What a night reads: the rows that landed and what was left unfinished, however many nights there were before; and
//! of those nights the one on which an escrow was settled that is named again.

use std::fs;

use generate::{Compression, Options};

use crate::support::Place;

/// The rows of the last attempt at a step on a night, as its scans have counted them.
fn scanned(place: &Place, step: &str, night: &str) -> u64 {
    let rows = place.rows(&format!(
        "SELECT attempts.rows_in FROM ops.job_attempts AS attempts INNER JOIN ops.runs AS runs \
         ON runs.run_id = attempts.run_id WHERE attempts.step = '{step}' AND runs.day = DATE '{night}' \
         ORDER BY attempts.started_at DESC LIMIT 1"
    ));
    rows[0][0].parse().unwrap()
}

fn count(place: &Place, query: &str) -> u64 {
    place.rows(query)[0][0].parse().unwrap()
}

/// Payment rows that landed on a day.
fn landed(place: &Place, day: &str) -> u64 {
    let tables = ["escrow_events", "wallet_transfers", "ledger_entries"];
    let of = |table| count(place, &format!("SELECT count(*) FROM bronze.{table} WHERE dt = DATE '{day}'"));
    tables.map(of).iter().sum()
}

fn carried(place: &Place, day: Option<&String>) -> u64 {
    let of = |day| count(place, &format!("SELECT count(*) FROM silver.open_cases WHERE dt = DATE '{day}'"));
    day.map_or(0, of)
}

#[test]
fn a_night_reads_what_landed_and_of_the_past_the_days_that_are_named() {
    let place = Place::new();
    let options = Options {
        days: 7,
        escrows_per_day: 200,
        subscriptions_per_day: 1,
        playbacks_per_day: 1,
        access_per_day: 1,
        nodes: 1,
        contents_per_day: 1,
        files_per_source: 1,
        compression: Compression::Plain,
        fault_rate: 0.0,
        replay_rate: 0.0,
        bad_line_rate: 0.0,
        late_rate: 0.0,
        ..Options::default()
    };
    generate::generate(&place.landing(), &place.folder.path().join("key"), &options, &|_, _| {}).unwrap();
    let days = options.from.iter_days().take(options.days as usize);
    let nights: Vec<String> = days.map(|day| day.to_string()).collect();
    let mut before = None;
    for night in &nights {
        place.night("nightly", night);
        let expected = landed(&place, night) + carried(&place, before);
        assert_eq!(scanned(&place, "reconcile", night), expected, "{night}: nothing of the past is read");
        before = Some(night);
    }
    // An escrow that was settled on the first night is named again on the last: its night is read, no other.
    let (first, last) = (&nights[0], &nights[nights.len() - 1]);
    let settled = place.rows(&format!(
        "SELECT escrow_id FROM silver.reconciliation WHERE dt = DATE '{first}' AND class = 'MATCHED' LIMIT 1"
    ));
    let escrow = &settled[0][0];
    let folder = place.landing().join(format!("payments/wallet/dt={first}"));
    let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let lines: String = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "ndjson"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let line = lines.lines().find(|line| line.contains(&format!("\"{escrow}\""))).unwrap();
    let again = line.replace("\"transaction_id\":\"", "\"transaction_id\":\"again_");
    place.land("payments/wallet", last, "again.ndjson", format!("{again}\n"));
    let unnamed = scanned(&place, "reconcile", last);
    place.night("nightly", last);
    let more = scanned(&place, "reconcile", last) - unnamed;
    assert!(more > 1 && more <= 1 + landed(&place, first), "{more} rows more");
    let found = place.rows(&format!(
        "SELECT class FROM silver.reconciliation WHERE dt = DATE '{last}' AND escrow_id = '{escrow}'"
    ));
    assert_eq!(found, [["DUPLICATE_TRANSFER"]], "it is judged over the rows of both nights");
}
