//! Audits: no row is a pass, and a few of the offending ones are shown.

use std::fs;

use schemas::ops::RUNS;

use super::*;
use crate::Values;
use crate::audits::audit;

#[tokio::test(flavor = "multi_thread")]
async fn offending_rows_are_counted_and_shown() {
    let lake = Lake::open("memory://").unwrap();
    let lines = (0..8).map(|i| format!(r#"{{"run_id":"run-{i}","day":"2026-11-01","exit_code":{i}}}"#));
    let batch = rows(&RUNS, &lines.collect::<Vec<_>>().join("\n"));
    lake.append(&RUNS, None, vec![batch], "test").await.unwrap();
    let (session, _spill) = session(&lake, 1 << 28).await;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("audits");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("no_failure.sql"), "SELECT run_id FROM ops.runs WHERE day = $dt AND exit_code > 0")
        .unwrap();
    fs::write(
        folder.join("a_run_id.sql"),
        "-- every run has an id\nSELECT * FROM ops.runs WHERE run_id IS NULL",
    )
    .unwrap();

    let results = audit(&session, root.path(), &Values::of_day(day(1))).await.unwrap();
    let summary = results.iter().map(|result| (result.name.as_str(), result.offending)).collect::<Vec<_>>();
    assert_eq!(summary, [("a_run_id", 0), ("no_failure", 7)]);
    assert_eq!((results[0].sample.as_str(), results[1].sample.matches("run-").count()), ("", 5));
    assert_eq!(audit(&session, root.path(), &Values::of_day(day(2))).await.unwrap()[1].offending, 0);
}
