//! Audits: SELECTs of rows that must not be; none is a pass.

use std::path::Path;

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use futures::StreamExt;

use crate::models::sql_files;
use crate::query::{Query, Values};
use crate::{Error, Result, Session};

/// How many offending rows are shown.
const ROWS_SHOWN: usize = 5;

/// What one audit has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditResult {
    /// The file's stem.
    pub name: String,
    /// Offending rows.
    pub offending: u64,
    /// The first of them as a table, empty if there are none.
    pub sample: String,
}

/// Runs `<root>/audits/*.sql` with a night's values, in the order of their names. Messages name the file at
/// fault.
pub async fn audit(session: &Session, root: &Path, values: &Values) -> Result<Vec<AuditResult>> {
    let mut results = Vec::new();
    for path in sql_files(&root.join("audits"))? {
        let named = |error| match error {
            Error::Invalid(message) => Error::Invalid(format!("{}: {message}", path.display())),
            other => other,
        };
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let sql = std::fs::read_to_string(&path).map_err(|error| named(Error::invalid(error)))?;
        results.push(run(session, name, &sql, values).await.map_err(named)?);
    }
    Ok(results)
}

async fn run(session: &Session, name: String, sql: &str, values: &Values) -> Result<AuditResult> {
    let plan = Query::parse(sql)?.plan(session, values).await?;
    let mut rows = plan.execute_stream().await?;
    let mut offending = 0;
    let mut shown: Vec<RecordBatch> = Vec::new();
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        let room = ROWS_SHOWN.saturating_sub(offending);
        offending += batch.num_rows();
        if room > 0 && batch.num_rows() > 0 {
            shown.push(batch.slice(0, room.min(batch.num_rows())));
        }
    }
    let sample = if shown.is_empty() { String::new() } else { pretty_format_batches(&shown)?.to_string() };
    Ok(AuditResult { name, offending: offending as u64, sample })
}
