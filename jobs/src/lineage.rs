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
#[derive(Debug, Clone)]
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
}

impl Origin {
    /// What the first of `outputs` is made from on a day: the files of its inputs, and the recipe: the model's
    /// text and whatever else decides.
    ///
    /// A table by days is read up to the day, and of what is written itself only the nights before; one without
    /// days is made from all there is.
    pub fn of(
        session: &Session,
        outputs: &[&Table],
        inputs: &[&'static Table],
        day: NaiveDate,
        model: Option<&Path>,
        rules: &str,
    ) -> Outcome<Self> {
        let mut recipe = Sha256::new();
        recipe.update(rules);
        if let Some(path) = model {
            let text = std::fs::read(path)
                .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            recipe.update(text);
        }
        let files = files(session, outputs, inputs, day);
        Ok(Self {
            inputs: inputs.iter().map(|input| versioned(session, input)).collect(),
            fingerprint: format!("{files}-{}", short(recipe)),
        })
    }
}

pub fn versioned(session: &Session, table: &'static Table) -> String {
    match session.version(table) {
        Some(version) => format!("{}@{version}", table.sql_name()),
        None => table.sql_name(),
    }
}

/// The inputs' files, hashed. A table that is not there yet is as good as an empty one.
pub fn files(session: &Session, outputs: &[&Table], inputs: &[&'static Table], day: NaiveDate) -> String {
    let mut hash = Sha256::new();
    let is_by_days = outputs.first().is_some_and(|table| table.partitioned);
    for table in inputs {
        let is_own = outputs.iter().any(|output| output.sql_name() == table.sql_name());
        let last = time::days(day) - i32::from(is_own);
        let mut files = session.files(table);
        files.retain(|file: &DataFile| !is_by_days || file.dt.is_none_or(|dt| dt <= last));
        files.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        hash.update(table.sql_name());
        for file in files {
            hash.update([0]);
            hash.update(file.path);
        }
        hash.update([1]);
    }
    short(hash)
}

fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The fingerprint with which a table's day was last written, and its inputs.
async fn written(session: &Session, table: &Table, day: NaiveDate) -> Outcome<Option<(String, Vec<String>)>> {
    let query = format!(
        "SELECT fingerprint, inputs FROM ops.lineage WHERE \"table\" = '{}' AND dt = DATE '{day}' \
         ORDER BY version DESC LIMIT 1",
        table.sql_name()
    );
    for batch in session.sql(&query).await?.collect().await? {
        let (fingerprints, lists) = (batch.column(0).as_string::<i32>(), batch.column(1).as_list::<i32>());
        if batch.num_rows() > 0 && fingerprints.is_valid(0) {
            let inputs = lists.value(0);
            let inputs = inputs.as_string::<i32>().iter().flatten().map(str::to_owned).collect();
            return Ok(Some((fingerprints.value(0).to_owned(), inputs)));
        }
    }
    Ok(None)
}

/// The fingerprint with which a table's day was last written.
pub async fn last(session: &Session, table: &Table, day: NaiveDate) -> Outcome<Option<String>> {
    Ok(written(session, table, day).await?.map(|(fingerprint, _)| fingerprint))
}

/// Whether the files that the first of `outputs` was made from on a day are still those of now, whatever the
/// model and the rules are now.
pub async fn is_current(session: &Session, outputs: &[&Table], day: NaiveDate) -> Outcome<bool> {
    let Some(first) = outputs.first() else { return Ok(false) };
    let Some((fingerprint, inputs)) = written(session, first, day).await? else { return Ok(false) };
    let name = |input: &String| input.split_once('@').map_or(input.clone(), |(name, _)| name.to_owned());
    let inputs: Vec<_> = inputs.iter().filter_map(|input| schemas::table(&name(input))).collect();
    let files = files(session, outputs, &inputs, day);
    Ok(fingerprint.split_once('-').is_some_and(|(known, _)| known == files))
}

/// Writes down a day's commits.
pub async fn store(session: &Session, day: NaiveDate, commits: &[Commit]) -> Outcome<()> {
    if commits.is_empty() {
        return Ok(());
    }
    let batch = rows::batch(LINEAGE.file_schema(), commits)?;
    session.lake().extend_day(&LINEAGE, day, &batch, None, "lineage").await?;
    Ok(session.refresh_table(&LINEAGE).await?)
}
