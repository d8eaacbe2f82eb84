//! `ttt sql`: every format, mistakes with a hint, and nothing that changes anything.

use std::fs::{self, File};

use arrow::util::pretty::pretty_format_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{DAY, assert_wrong};
use crate::support::Place;

/// A value of each kind that is easily spoiled: exact decimals, commas and quotes, nothing, a large integer.
const QUERY: &str = "SELECT 9007199254740993 AS id, 'a,\"b\"' AS text, CAST(NULL AS VARCHAR) AS nothing, \
                     CAST('0.100000001' AS DECIMAL(28, 9)) AS amount, \
                     TIMESTAMP '2026-11-20T12:00:00Z' AS at, ['x', 'y'] AS list";

/// One warehouse for all of it: nothing that is asked here changes any.
#[test]
fn queries_are_answered_and_nothing_else_is() {
    let place = Place::new();
    place.night("nightly", DAY);
    rows_are_exact_in_every_format(&place);
    a_time_that_no_calendar_has_is_told(&place);
    a_wrong_query_is_told_with_a_hint(&place);
    what_changes_anything_is_refused(&place);
}

fn rows_are_exact_in_every_format(place: &Place) {
    let sql = |arguments: &[&str]| {
        let ended = place.run(&[&["sql"], arguments].concat());
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        ended.stdout
    };
    let csv = sql(&["--format", "csv", QUERY]);
    assert_eq!(csv.lines().next(), Some("id,text,nothing,amount,at,list"));
    assert!(
        csv.lines()
            .nth(1)
            .unwrap()
            .starts_with(r#"9007199254740993,"a,""b""",,0.100000001,2026-11-20T12:00:00Z,"#),
        "{csv}"
    );
    assert_eq!(sql(&[QUERY]), csv, "what is no terminal gets CSV");
    let object = r#"{"id":9007199254740993,"text":"a,\"b\"","nothing":null,"amount":"0.100000001","at":"2026-11-20T12:00:00Z","list":["x","y"]}"#;
    assert_eq!(sql(&["--format", "ndjson", QUERY]).trim_end(), object);
    let json = sql(&["--format", "json", QUERY]);
    assert_eq!(json.split_whitespace().collect::<String>(), format!("[{object}]"));
    assert_eq!(sql(&["--json", QUERY]), json);
    let table = sql(&["--format", "table", QUERY]);
    assert!(table.contains("0.100000001") && table.contains("9007199254740993"), "{table}");

    let path = place.folder.path().join("rows.parquet");
    sql(&["--output", path.to_str().unwrap(), QUERY]);
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap().build().unwrap();
    let batches = reader.collect::<Result<Vec<_>, _>>().unwrap();
    let shown = pretty_format_batches(&batches).unwrap().to_string();
    for text in ["9007199254740993", "0.100000001", "a,\"b\"", "2026-11-20T12:00:00", "[x, y]"] {
        assert!(shown.contains(text), "{text} is not in\n{shown}");
    }
    let piped = place.command(&["sql", "--format", "parquet", QUERY]).output().expect("the program starts");
    assert_eq!(piped.stdout, fs::read(&path).unwrap());

    // A script's answers follow one another; a query without rows has a header, or an empty array.
    let script = place.folder.path().join("script.sql");
    fs::write(&script, "-- two; of them\nSELECT 1 AS a;\nSELECT ';' AS b;\n").unwrap();
    assert_eq!(sql(&["--file", script.to_str().unwrap()]), "a\n1\n\nb\n;\n");
    assert_eq!(sql(&["SELECT 1 AS a WHERE false"]), "a\n");
    assert_eq!(sql(&["--json", "SELECT 1 AS a WHERE false"]).split_whitespace().collect::<String>(), "[]");
}

/// It is refused by its column, in whatever text; Parquet and a number take it.
fn a_time_that_no_calendar_has_is_told(place: &Place) {
    let query = "SELECT 1 AS id, to_timestamp_micros(9223372036854775807) AS far_at";
    for format in ["json", "ndjson", "csv", "table"] {
        let ended = place.run(&["sql", "--format", format, query]);
        assert_wrong(&ended, &[format], &["`far_at`", "9223372036854775807 microseconds", "hint", "BIGINT"]);
        assert!(
            !ended.stdout.contains("ERROR") && !ended.stdout.contains("far_at\":"),
            "{format}: {}",
            ended.stdout
        );
    }
    let path = place.folder.path().join("far.parquet");
    assert_eq!(place.run(&["sql", "--output", path.to_str().unwrap(), query]).code, 0);
    let number = place.rows(&format!("SELECT CAST(far_at AS BIGINT) AS far_at FROM ({query})"));
    assert_eq!(number, [["9223372036854775807"]]);
}

/// A query that is wrong, and what its message names.
fn a_wrong_query_is_told_with_a_hint(place: &Place) {
    let cases: &[(&str, &[&str])] = &[
        ("SELCT 1", &["SELECT"]),
        ("SELECT clas FROM silver.breaks", &["clas", "hint", "class"]),
        ("SELECT class FROM silver.break", &["silver.break", "hint", "silver.breaks"]),
        ("SELECT summ(1)", &["summ", "hint", "sum"]),
        ("SELECT 1 FROM", &["Expected"]),
        ("SELECT 1; SELECT 2 FROM nowhere", &["query 2", "nowhere"]),
        ("SELECT * FROM '/etc/passwd'", &["/etc/passwd"]),
        ("", &["no query"]),
        (";", &["no query"]),
    ];
    for (query, named) in cases {
        let ended = place.run(&["sql", query]);
        assert_wrong(&ended, &[query], named);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    let unread = ["sql", "--file", "/nowhere/query.sql"];
    assert_wrong(&place.run(&unread), &unread, &["/nowhere/query.sql"]);
}

/// Whatever would change a table, a file or a setting.
const CHANGES: &[&str] = &[
    "CREATE TABLE a AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA s",
    "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    "DROP TABLE silver.breaks",
    "ALTER TABLE silver.breaks ADD COLUMN x INT",
    "TRUNCATE TABLE silver.breaks",
    "INSERT INTO silver.breaks SELECT * FROM silver.breaks",
    "insert into ops.runs select * from ops.runs",
    "WITH a AS (SELECT 1) INSERT INTO silver.breaks SELECT * FROM silver.breaks",
    "/* SELECT */ DELETE FROM silver.breaks",
    "UPDATE silver.breaks SET class = 'x'",
    "COPY (SELECT 1) TO 'stolen.csv'",
    "COPY silver.breaks TO 'stolen.parquet' STORED AS PARQUET",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'stolen.csv'",
    "EXPLAIN ANALYZE INSERT INTO ops.runs SELECT * FROM ops.runs",
    "SET datafusion.execution.batch_size = 1",
    "BEGIN",
    "COMMIT",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "SELECT 1; DROP TABLE silver.breaks",
];

fn what_changes_anything_is_refused(place: &Place) {
    for change in CHANGES {
        let ended = place
            .command(&["sql", change])
            .current_dir(place.folder.path())
            .output()
            .expect("the program starts");
        assert_wrong(&crate::support::Ended::of(ended), &[change], &[]);
    }
    let left: Vec<_> =
        fs::read_dir(place.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("stolen")), "{left:?}");
    assert_eq!(place.rows("SELECT job FROM ops.runs"), [["nightly"]]);
}
