//! What a commit came from, and whether the same would come of it again.

use std::path::Path;

use arrow::array::{Array, AsArray};
use chrono::NaiveDate;
use schemas::ops::LINEAGE;
use schemas::table::Table;
use schemas::time;
use serde::Serialize;
use sha2::{Digest, Sha256};
use warehouse::{DataFile, Session};

use crate::failure::{Failure, Outcome};
use crate::rows;

/// What a table's day is made from.
#[derive(Clone)]
pub struct Origin {
    pub inputs: Vec<String>,
    pub fingerprint: String,
}

/// One commit, as `ops.lineage` has it.
#[derive(Debug, Clone, Serialize)]
pub struct Commit {
    pub run_id: String,
    pub step: String,
    pub table: String,
    pub version: u64,
    pub rows: u64,
    pub inputs: Vec<String>,
    pub fingerprint: String,
    pub day: NaiveDate,
}

impl Origin {
    /// What `output` is made from on a day: the files of its inputs, the model's text and the rules, hashed.
    ///
    /// A table by days is read up to the day, and of itself only the nights before; one without days is made
    /// from all there is.
    pub async fn of(
        session: &Session,
        output: &Table,
        inputs: &[&'static Table],
        day: NaiveDate,
        model: Option<&Path>,
        rules: &str,
    ) -> Outcome<Self> {
        let mut hash = Sha256::new();
        hash.update(rules);
        if let Some(path) = model {
            let text = std::fs::read(path)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            hash.update(text);
        }
        let mut names = Vec::new();
        for table in inputs {
            // A table that is not there yet is as good as an empty one.
            let snapshot = session.lake().snapshot(table).await?;
            let last = time::days(day) - i32::from(table.sql_name() == output.sql_name());
            let is_read = |file: &&DataFile| !output.partitioned || file.dt.is_none_or(|dt| dt <= last);
            let files = snapshot.iter().flat_map(|snapshot| &snapshot.files).filter(is_read);
            let mut paths: Vec<_> = files.map(|file| &file.path).collect();
            paths.sort_unstable();
            hash.update(format!("{}\0{paths:?}\n", table.sql_name()));
            if let Some(snapshot) = snapshot.as_ref() {
                names.push(format!("{}@{}", table.sql_name(), snapshot.version));
            }
        }
        let fingerprint = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { inputs: names, fingerprint })
    }
}

/// The fingerprint with which a table's day was last written.
pub async fn last(session: &Session, table: &Table, day: NaiveDate) -> Outcome<Option<String>> {
    let query = format!(
        "SELECT fingerprint FROM ops.lineage WHERE \"table\" = '{}' AND day = DATE '{day}' \
         ORDER BY version DESC LIMIT 1",
        table.sql_name()
    );
    let batches = session.sql(&query).await?.collect().await?;
    let found =
        batches.iter().find(|batch| batch.num_rows() > 0).map(|batch| batch.column(0).as_string::<i32>());
    Ok(found.filter(|column| column.is_valid(0)).map(|column| column.value(0).to_owned()))
}

/// Writes commits down.
pub async fn store(session: &Session, commits: &[Commit]) -> Outcome<()> {
    if commits.is_empty() {
        return Ok(());
    }
    let batch = rows::batch(LINEAGE.file_schema(), commits)?;
    session.lake().append(&LINEAGE, None, vec![batch], "lineage").await?;
    Ok(session.refresh_table(&LINEAGE).await?)
}
