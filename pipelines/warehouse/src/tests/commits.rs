//! Commits: atomic, by day, and visible to all who look again.

use schemas::ops::RUNS;
use schemas::silver::BREAK_TOTALS;

use super::*;
use crate::Error;

const TWO: &str = r#"{"class":"STUCK_ESCROW","currency":"USD","new_count":1,"new_sum":"12.50"}
{"class":"STUCK_ESCROW","currency":"JPY","new_count":2,"new_sum":"700"}"#;
const ONE: &str = r#"{"class":"MISSING_LEDGER","currency":"USD","new_count":3,"new_sum":"0.01"}"#;
const ALL: &str = "SELECT dt, class, currency, new_count, new_sum FROM silver.break_totals ORDER BY 1, 2, 3";

async fn replaces_days(url: &str) {
    let lake = Lake::open(url).unwrap();
    assert!(lake.snapshot(&BREAK_TOTALS).await.unwrap().is_none());
    lake.ensure(&BREAK_TOTALS).await.unwrap();
    lake.ensure(&BREAK_TOTALS).await.unwrap();
    assert_eq!(lake.snapshot(&BREAK_TOTALS).await.unwrap().unwrap().version, 0);

    for (dt, lines, version) in [(day(1), TWO, 1), (day(2), TWO, 2), (day(1), ONE, 3)] {
        let files = write(&lake, &BREAK_TOTALS, Some(dt), lines);
        assert_eq!(lake.replace(&BREAK_TOTALS, Some(dt), files, "test").await.unwrap(), version);
    }
    let snapshot = lake.snapshot(&BREAK_TOTALS).await.unwrap().unwrap();
    assert_eq!(snapshot.files.iter().map(|file| file.rows).sum::<u64>(), 3);
    let first = snapshot.of_day(day(1)).next().unwrap();
    assert_eq!(first.ranges["new_count"], (3, 3));

    let (session, _spill) = session(&lake, 1 << 28).await;
    let expected = "2026-11-01|MISSING_LEDGER|USD|3|0.010000000\n\
        2026-11-02|STUCK_ESCROW|JPY|2|700.000000000\n\
        2026-11-02|STUCK_ESCROW|USD|1|12.500000000";
    assert_eq!(ask(&session, ALL).await, expected);

    // With nothing to do there is no version; what is gone cannot be removed again.
    assert_eq!(lake.commit(&BREAK_TOTALS, vec![], &[], "test").await.unwrap(), 3);
    let removed = [first.clone()];
    assert_eq!(lake.commit(&BREAK_TOTALS, vec![], &removed, "test").await.unwrap(), 4);
    let again = lake.commit(&BREAK_TOTALS, vec![], &removed, "test").await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    assert_eq!(ask(&session, ALL).await, expected);
    session.refresh().await.unwrap();
    assert_eq!(ask(&session, "SELECT count(*) FROM silver.break_totals").await, "2");

    // A commit whose answer was lost is not made twice.
    let files = write(&lake, &BREAK_TOTALS, Some(day(3)), ONE);
    for _ in 0..2 {
        assert_eq!(lake.replace(&BREAK_TOTALS, Some(day(3)), files.clone(), "test").await.unwrap(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_replaced_in_memory() {
    replaces_days("memory://").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_replaced_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    replaces_days(folder.path().join("new folder").to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_side_by_side_all_succeed() {
    let lake = Lake::open("memory://").unwrap();
    let appends = (0..6).map(|i| {
        let line = format!(r#"{{"run_id":"run-{i}","rows_in":{i}}}"#);
        let lake = lake.clone();
        async move { lake.append(&RUNS, None, vec![rows(&RUNS, &line)], "test").await }
    });
    let versions = futures::future::try_join_all(appends).await.unwrap();
    assert_eq!(versions.iter().max(), Some(&6));
    let (session, _spill) = session(&lake, 1 << 28).await;
    assert_eq!(ask(&session, "SELECT count(*), sum(rows_in) FROM ops.runs").await, "6|15");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_writer_leaves_nothing() {
    let lake = Lake::open("memory://").unwrap();
    let mut writer = FileWriter::new(&lake, &RUNS, None, "dropped").unwrap();
    writer.write(&rows(&RUNS, r#"{"run_id":"a"}"#)).unwrap();
    drop(writer);
    lake.ensure(&RUNS).await.unwrap();
    assert_eq!(lake.snapshot(&RUNS).await.unwrap().unwrap().files, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_read_through_its_checkpoints() {
    let lake = Lake::open("memory://").unwrap();
    for i in 0..45 {
        let line = format!(r#"{{"run_id":"run-{i}","rows_in":{i}}}"#);
        let files = write(&lake, &RUNS, None, &line);
        let removed = if i % 2 == 1 { lake.snapshot(&RUNS).await.unwrap().unwrap().files } else { vec![] };
        lake.commit(&RUNS, files, &removed, "test").await.unwrap();
    }
    let snapshot = lake.snapshot(&RUNS).await.unwrap().unwrap();
    assert_eq!((snapshot.version, snapshot.files.len()), (45, 2));
    assert!(snapshot.files.iter().all(|file| file.rows == 1 && file.ranges["rows_in"].0 >= 43));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_extended_is_one_file() {
    let lake = Lake::open("memory://").unwrap();
    lake.ensure(&BREAK_TOTALS).await.unwrap();
    let extended = (0..4).map(|i| {
        let line = format!(r#"{{"class":"CLASS-{i}","currency":"USD","new_count":{i},"new_sum":"0.5"}}"#);
        let lake = lake.clone();
        async move {
            let rows = rows(&BREAK_TOTALS, &line);
            lake.extend_day(&BREAK_TOTALS, day(1 + i % 2), &rows, None, "test").await
        }
    });
    futures::future::try_join_all(extended).await.unwrap();
    let files = async || lake.snapshot(&BREAK_TOTALS).await.unwrap().unwrap().files;
    assert_eq!(
        files().await.iter().map(|file| (file.dt.is_some(), file.rows)).collect::<Vec<_>>(),
        [(true, 2); 2]
    );
    let (session, _spill) = session(&lake, 1 << 28).await;
    let all = "SELECT dt, class, new_count, new_sum FROM silver.break_totals ORDER BY class";
    let expected = "2026-11-01|CLASS-0|0|0.500000000\n2026-11-02|CLASS-1|1|0.500000000\n\
        2026-11-01|CLASS-2|2|0.500000000\n2026-11-02|CLASS-3|3|0.500000000";
    assert_eq!(ask(&session, all).await, expected);

    // What has the value goes, on that day alone; nothing to add and nothing to take is no version.
    let version = lake.snapshot(&BREAK_TOTALS).await.unwrap().unwrap().version;
    let without = Some(("class", "CLASS-0"));
    let made = lake.extend_day(&BREAK_TOTALS, day(1), &rows(&BREAK_TOTALS, ONE), without, "test").await;
    assert_eq!(made.unwrap(), version + 1);
    session.refresh().await.unwrap();
    let classes = "SELECT dt, class FROM silver.break_totals ORDER BY class";
    let expected = "2026-11-02|CLASS-1\n2026-11-01|CLASS-2\n2026-11-02|CLASS-3\n2026-11-01|MISSING_LEDGER";
    assert_eq!(ask(&session, classes).await, expected);
    let none = rows(&BREAK_TOTALS, ONE).slice(0, 0);
    let made = lake.extend_day(&BREAK_TOTALS, day(1), &none, None, "test").await;
    assert_eq!(made.unwrap(), version + 1);
}
