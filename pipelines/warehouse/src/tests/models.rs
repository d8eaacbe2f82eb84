//! Models: ordered by what they read, and never half written.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use schemas::bronze::ESCROW_EVENTS;
use schemas::silver::BREAK_TOTALS;

use super::*;
use crate::{Error, Models, Values};

const TOTALS: &str = "-- grain: one class and currency on one night\n-- key: dt, class, currency?\n";

fn put(root: &Path, name: &str, sql: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, sql).unwrap();
}

/// A model of `silver.break_totals` over escrow events; the rest of its columns are null.
fn totals(head: &str, select: &str) -> String {
    format!(
        "{TOTALS}{head}WITH events AS (SELECT * FROM bronze.escrow_events), found AS ({select}) \
         SELECT class, currency, NULL AS opening_count, NULL AS opening_sum, new_count, new_sum, \
         NULL AS closed_count, NULL AS closed_sum, NULL AS closing_count, NULL AS closing_sum, true AS holds \
         FROM found"
    )
}

const BY_TYPE: &str = "SELECT type AS class, currency, count(*) AS new_count, sum(amount) AS new_sum \
     FROM events WHERE dt = $dt GROUP BY type, currency";

async fn lake_with_events() -> Lake {
    let lake = Lake::open("memory://").unwrap();
    let lines = (0..1000i64)
        .map(|i| {
            let (kind, hash) = (["TIP", "SUBSCRIPTION"][i as usize % 2], i.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64));
            format!(r#"{{"event_id":"e{i}","type":"{kind}","currency":"USD","amount":"0.10","escrow_hash":{hash}}}"#)
        })
        .collect::<Vec<_>>()
        .join("\n");
    let files = write(&lake, &ESCROW_EVENTS, Some(day(1)), &lines);
    lake.commit(&ESCROW_EVENTS, files, &[], "test").await.unwrap();
    lake
}

/// Runs one model of `silver.break_totals` and returns what the table then holds.
async fn run(sql: &str, shards: u32) -> Result<String, Error> {
    let lake = lake_with_events().await;
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "silver/break_totals.sql", sql);
    let models = Models::load(root.path())?;
    let (session, _spill) = session(&lake, 1 << 28).await;
    session.register_scalar(
        "shorten",
        vec![DataType::Int64],
        DataType::Int64,
        Arc::new(|columns: &[ArrayRef]| {
            let values = columns[0].as_primitive::<Int64Type>();
            Ok(Arc::new(values.unary::<_, Int64Type>(|value| value & 7)) as ArrayRef)
        }),
    );
    let model = models.get("silver.break_totals").unwrap();
    let before = lake.snapshot(&BREAK_TOTALS).await?.map(|snapshot| snapshot.version);
    let result = model.run(&session, day(1), &Values::of_day(day(1)), shards).await;
    if result.is_err() {
        assert_eq!(lake.snapshot(&BREAK_TOTALS).await?.map(|snapshot| snapshot.version), before);
    }
    let written = result?;
    assert_eq!(
        written.rows,
        lake.snapshot(&BREAK_TOTALS).await?.unwrap().files.iter().map(|f| f.rows).sum::<u64>()
    );
    let sql = "SELECT dt, class, currency, new_count, new_sum FROM silver.break_totals ORDER BY 2, 3, 4";
    Ok(ask(&session, sql).await)
}

const EXPECTED: &str = "2026-11-01|SUBSCRIPTION|USD|500|50.000000000\n2026-11-01|TIP|USD|500|50.000000000";

#[tokio::test(flavor = "multi_thread")]
async fn a_model_makes_a_day() {
    assert_eq!(run(&totals("", BY_TYPE), 1).await.unwrap(), EXPECTED);
    assert_eq!(run(&totals("", BY_TYPE), 4).await.unwrap(), EXPECTED, "not sharded: it runs once");
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_divide_the_rows() {
    let select = "SELECT event_id AS class, currency, 1 AS new_count, amount AS new_sum FROM events \
         WHERE escrow_hash BETWEEN $shard_from AND $shard_to";
    let whole = run(&totals("-- shards: escrow_hash\n", select), 1).await.unwrap();
    assert_eq!(whole.lines().count(), 1000);
    assert_eq!(run(&totals("-- shards: escrow_hash\n", select), 7).await.unwrap(), whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_fit_are_refused() {
    let with = |class: &str, new_sum: &str| {
        totals(
            "",
            &format!(
                "SELECT {class} AS class, currency, shorten(1) AS new_count, {new_sum} AS new_sum FROM events"
            ),
        )
    };
    let cases = [
        (with("event_id", "amount * 1.0000"), None),
        (with("event_id", "amount * 1.0000000001"), Some("new_sum: a value has more than 9 decimals")),
        (with("event_id", "CAST(amount AS DOUBLE)"), Some("new_sum is Float64, not Decimal128(38, 9)")),
        (with("type", "amount"), Some("2 keys (class, currency) stand on more than one row")),
        (with("NULL", "amount"), Some("class is part of the key and null in 1000 rows")),
        (format!("{TOTALS}SELECT 'a' AS class, $dt AS dt"), Some("currency is missing; ")),
        (totals("", "SELECT 1"), Some("No field named class")),
        (totals("", "SELECT type, $day FROM events"), Some("$day is no parameter")),
        (
            totals("", "SELECT * FROM events WHERE escrow_hash < $shard_to"),
            Some("its head must have `-- shards: …`"),
        ),
        (totals("-- shards: escrow_id\n", BY_TYPE), Some("must use $shard_from and $shard_to")),
        (
            "-- grain: one\n-- key: class\nSELECT 1".to_owned(),
            Some("its key is class, but that of silver.break_totals is dt, class, currency"),
        ),
        ("-- key: dt, class, currency\nSELECT 1".to_owned(), Some("its head has no `-- grain: …`")),
        (format!("{TOTALS}DROP TABLE silver.breaks"), Some("only a SELECT is allowed")),
        (format!("{TOTALS}SELECT * FROM silver.nothing"), Some("silver.nothing, which is no table")),
    ];
    for (sql, expected) in cases {
        match (run(&sql, 1).await, expected) {
            (Ok(found), None) => assert_eq!(found.lines().count(), 1000, "{sql}"),
            (Err(Error::Invalid(message)), Some(expected)) => {
                assert!(
                    message.contains(expected) && message.contains("break_totals.sql"),
                    "{sql}: {message}"
                );
            }
            (other, expected) => panic!("{sql}: {expected:?}, found {other:?}"),
        }
    }
}

#[test]
fn models_follow_what_they_read() {
    let root = tempfile::tempdir().unwrap();
    let model = |key: &str, from: &str| format!("-- grain: g\n-- key: {key}\nSELECT * FROM {from}");
    let statement = "dt, creator, type, currency, standing, reason";
    put(
        root.path(),
        "gold/creator_statement_daily.sql",
        &model(statement, "silver.reconciliation, silver.breaks"),
    );
    put(
        root.path(),
        "silver/break_totals.sql",
        &model("dt, class, currency", "silver.breaks b, silver.break_totals"),
    );
    put(root.path(), "silver/breaks.sql", &model("break_id", "silver.reconciliation, silver.breaks"));
    put(root.path(), "silver/reconciliation.sql", &model("dt, escrow_id", "bronze.escrow_events"));
    let names = |models: Models| models.iter().map(|model| model.table.name).collect::<Vec<_>>();
    let expected = ["reconciliation", "breaks", "creator_statement_daily", "break_totals"];
    assert_eq!(names(Models::load(root.path()).unwrap()), expected);

    put(root.path(), "silver/reconciliation.sql", &model("dt, escrow_id", "silver.break_totals"));
    let message = Models::load(root.path()).unwrap_err().to_string();
    assert!(message.contains("wait for each other") && message.contains("reconciliation.sql"), "{message}");

    put(root.path(), "silver/unheard.sql", &model("a", "silver.breaks"));
    let message = Models::load(root.path()).unwrap_err().to_string();
    assert!(message.contains("unheard.sql: silver.unheard is no known table"), "{message}");
}
