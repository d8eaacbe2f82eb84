//! Scans: no row is lost to statistics, and no file is read in vain.

use datafusion::physical_plan::displayable;
use schemas::bronze::ESCROW_EVENTS;
use schemas::silver::BREAK_TOTALS;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn decimals_are_found_whatever_their_digits() {
    let lake = Lake::open("memory://").unwrap();
    // None of these survives a float: statistics that pass through one exclude their own rows.
    let sums =
        ["9007199254740993.000000001", "0.1", "-123456789012345678.999999999", "99999999999999999999.9"];
    for sum in sums {
        let line = format!(r#"{{"class":"A","currency":"USD","new_sum":"{sum}"}}"#);
        let files = write(&lake, &BREAK_TOTALS, Some(day(1)), &line);
        lake.commit(&BREAK_TOTALS, files, &[], "test").await.unwrap();
    }
    let (session, _spill) = session(&lake, 1 << 28).await;
    for sum in sums {
        for condition in [format!("= {sum}"), format!("BETWEEN {sum} AND {sum}"), format!("IN ({sum}, 1)")] {
            let sql = format!("SELECT count(*) FROM silver.break_totals WHERE new_sum {condition}");
            assert_eq!(ask(&session, &sql).await, "1", "{condition}");
        }
    }
    assert_eq!(ask(&session, "SELECT 0.029 * 100").await, "2.900");
}

async fn plan(session: &Session, sql: &str) -> String {
    let plan = session.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    displayable(plan.as_ref()).indent(true).to_string()
}

/// How many files the plan of a query reads.
async fn files_read(session: &Session, sql: &str) -> usize {
    plan(session, sql).await.matches(".parquet").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_pruned_by_day_and_range() {
    let lake = Lake::open("memory://").unwrap();
    for dt in 1..=4 {
        for half in 0..2i64 {
            let lines = (0..10)
                .map(|i| format!(r#"{{"event_id":"e{dt}-{half}-{i}","escrow_hash":{}}}"#, half * 100 + i))
                .collect::<Vec<_>>()
                .join("\n");
            let files = write(&lake, &ESCROW_EVENTS, Some(day(dt)), &lines);
            lake.commit(&ESCROW_EVENTS, files, &[], "test").await.unwrap();
        }
    }
    let (session, _spill) = session(&lake, 1 << 28).await;
    let cases = [
        ("true", 8, 80),
        ("dt = DATE '2026-11-02'", 2, 20),
        ("dt < DATE '2026-11-03' OR dt > DATE '2026-11-03'", 6, 60),
        ("dt BETWEEN DATE '2026-11-02' AND DATE '2026-11-03'", 4, 40),
        ("dt IN (DATE '2026-11-01', DATE '2026-11-09')", 2, 20),
        ("dt >= '2026-11-04'", 2, 20),
        ("dt = DATE '2026-12-01'", 0, 0),
        ("escrow_hash BETWEEN 100 AND 104", 4, 20),
        ("escrow_hash = 3 AND dt <> DATE '2026-11-01'", 3, 3),
        ("escrow_hash IS NULL", 8, 0),
        ("dt = DATE '2026-11-02' OR escrow_hash = 100", 5, 23),
        ("extract(day from dt) = 4 AND event_id LIKE '%-7'", 2, 2),
    ];
    for (condition, files, rows) in cases {
        let sql = format!("SELECT event_id FROM bronze.escrow_events WHERE {condition}");
        assert_eq!(files_read(&session, &sql).await, files, "{condition}");
        let sql = format!("SELECT count(*) FROM bronze.escrow_events WHERE {condition}");
        assert_eq!(ask(&session, &sql).await, rows.to_string(), "{condition}");
    }
    // Counts and bounds come from the log alone.
    for sql in ["SELECT count(*), max(escrow_hash), min(dt) FROM bronze.escrow_events"] {
        assert_eq!(files_read(&session, sql).await, 0, "{sql}");
        assert_eq!(ask(&session, sql).await, "80|109|2026-11-01");
    }
    // What only the running query knows is no reason to leave out a file.
    let last =
        "SELECT count(*) FROM bronze.escrow_events WHERE dt = (SELECT max(dt) FROM bronze.escrow_events)";
    assert_eq!(ask(&session, last).await, "20");
    let day = "DATE '2026-11-01'";
    let sql = format!(
        "SELECT count(*) FROM bronze.escrow_events WHERE escrow_hash = \
         (SELECT min(escrow_hash) FROM bronze.escrow_events WHERE dt = {day}) AND dt IN (SELECT {day})"
    );
    assert_eq!(ask(&session, &sql).await, "1");
    let plan = plan(&session, "SELECT event_id FROM bronze.escrow_events WHERE escrow_hash = 3").await;
    assert!(plan.contains("pruning_predicate=escrow_hash_null_count"), "{plan}");
    assert_eq!(ask(&session, "SELECT dt FROM bronze.escrow_events LIMIT 1").await.len(), 10);
    assert_eq!(ask(&session, "SELECT count(*) FROM bronze.tiers").await, "0");
}
