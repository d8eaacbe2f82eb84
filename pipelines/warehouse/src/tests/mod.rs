//! The warehouse at its boundary: what is written is read, what must not be is refused.

mod audits;
mod commits;
mod folds;
mod models;
mod scans;

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::json::ReaderBuilder;
use arrow::util::pretty::pretty_format_batches;
use chrono::NaiveDate;
use schemas::table::Table;

use crate::{Lake, Limits, NewFile, Session, Share, write::FileWriter};

/// A day of November 2026.
fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).expect("a day of November")
}

/// Rows of a table, one JSON object a line; what is not named is null.
fn rows(table: &Table, lines: &str) -> RecordBatch {
    let mut reader = ReaderBuilder::new(table.file_schema())
        .with_batch_size(1 << 20)
        .build(Cursor::new(lines.to_owned()))
        .expect("a schema");
    reader.next().expect("a row").expect("rows of the table")
}

/// Writes rows without committing them.
fn write(lake: &Lake, table: &'static Table, dt: Option<NaiveDate>, lines: &str) -> Vec<NewFile> {
    let mut writer = FileWriter::new(lake, table, dt, "test").expect("a writer");
    writer.write(&rows(table, lines)).expect("written rows");
    writer.finish().expect("stored files")
}

async fn session(lake: &Lake, memory_bytes: usize) -> (Session, tempfile::TempDir) {
    let spill = tempfile::tempdir().expect("a folder");
    let limits =
        Limits { memory_bytes, threads: 2, share: Share::Evenly, spill_dir: spill.path().to_owned() };
    (Session::new(lake, &limits).await.expect("a session"), spill)
}

/// A query's result, one row a line, values divided by a bar.
async fn ask(session: &Session, sql: &str) -> String {
    let batches = session.sql(sql).await.expect("a plan").collect().await.expect("a result");
    let table = pretty_format_batches(&batches).expect("a table").to_string();
    let lines = table.lines().filter(|line| line.starts_with('|')).skip(1);
    let cells = |line: &str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join("|");
    lines.map(cells).collect::<Vec<_>>().join("\n")
}
