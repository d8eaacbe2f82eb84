//! A table's files written anew without a person, and what no version names any more removed from the store.

use arrow::array::RecordBatch;
use chrono::Utc;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use reconcile::digest::hex;
use schemas::bronze::LEDGER_ENTRIES;
use schemas::privacy::REDACTIONS;
use schemas::table::Table;
use schemas::time;
use serde::Serialize;
use warehouse::scan::FileTable;
use warehouse::{DataFile, FileWriter, NewFile, Session};

use super::list::Erased;
use super::redact::{columns, redact};
use crate::failure::{Failure, Outcome};
use crate::ledger::content::{self, Originals};
use crate::rows;

/// What was done to a table.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub deleted: u64,
    pub changed: u64,
}

/// A ledger entry that a party was taken out of.
#[derive(Debug, Serialize)]
struct Redaction {
    entry_id: String,
    content_hash: String,
    original_hash: String,
    at: String,
}

/// Takes whoever is on the list out of a table, in one commit.
pub async fn rewrite(session: &Session, table: &'static Table, erased: &Erased) -> Outcome<Counts> {
    let lake = session.lake();
    let files = lake.snapshot(table).await?.map(|snapshot| snapshot.files).unwrap_or_default();
    let (mut counts, mut added, mut removed) = (Counts::default(), Vec::new(), Vec::new());
    for file in files {
        if !names_one(session, table, &file, erased).await? {
            continue;
        }
        let (files, of_file) = without(session, table, &file, erased).await?;
        counts.deleted += of_file.deleted;
        counts.changed += of_file.changed;
        added.extend(files);
        removed.push(file);
    }
    if !removed.is_empty() {
        lake.commit(table, added, &removed, "erase").await?;
        session.refresh_table(table).await?;
    }
    Ok(counts)
}

async fn scan(
    session: &Session,
    table: &'static Table,
    file: &DataFile,
    columns: &[&str],
) -> Outcome<datafusion::execution::SendableRecordBatchStream> {
    let scanned = FileTable::new(session.lake(), table, vec![file.clone()]);
    let frame = session.context().read_table(std::sync::Arc::new(scanned))?;
    Ok(frame.select_columns(columns)?.execute_stream().await?)
}

/// Whether a file has a row to change, by the columns that say so.
async fn names_one(
    session: &Session,
    table: &'static Table,
    file: &DataFile,
    erased: &Erased,
) -> Outcome<bool> {
    let mut batches = scan(session, table, file, columns(table)).await?;
    while let Some(batch) = batches.try_next().await? {
        if redact(table, &batch, erased)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file's rows in files of the same name but for their token: whose batch they came in can still be told.
async fn without(
    session: &Session,
    table: &'static Table,
    file: &DataFile,
    erased: &Erased,
) -> Outcome<(Vec<NewFile>, Counts)> {
    let schema = table.file_schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplitn(3, '-').nth(2).unwrap_or("erase");
    let mut writer = FileWriter::new(session.lake(), table, file.dt.map(time::date), stem)?;
    let mut counts = Counts::default();
    let originals = content::originals(session).await?;
    let mut batches = scan(session, table, file, &names).await?;
    while let Some(batch) = batches.try_next().await? {
        let mut batch = RecordBatch::try_new(schema.clone(), batch.columns().to_vec())?;
        if let Some(found) = redact(table, &batch, erased)? {
            counts.deleted += found.deleted;
            counts.changed += found.changed;
            if table.name == LEDGER_ENTRIES.name {
                record(session, &batch, &found.batch, &originals).await?;
            }
            batch = found.batch;
        }
        if batch.num_rows() > 0 {
            writer = tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer)).await??;
        }
    }
    Ok((tokio::task::spawn_blocking(move || writer.finish()).await??, counts))
}

/// Writes down what each changed entry's content was, by its hash alone, before the entry itself is changed.
pub async fn record(
    session: &Session,
    before: &RecordBatch,
    after: &RecordBatch,
    originals: &Originals,
) -> Outcome<()> {
    let at = rows::instant(Utc::now().timestamp_micros());
    let (before, after) = (content::digests(before)?, content::digests(after)?);
    let changed = before.into_iter().zip(after).filter(|((_, before), (_, after))| before != after);
    let redactions: Vec<Redaction> = changed
        .map(|((entry_id, before), (_, after))| Redaction {
            entry_id,
            content_hash: hex(&after),
            // One that was redacted before keeps what it landed with.
            original_hash: hex(originals.get(&before).unwrap_or(&before)),
            at: at.clone(),
        })
        .collect();
    if redactions.is_empty() {
        return Ok(());
    }
    let batch = rows::batch(REDACTIONS.file_schema(), &redactions)?;
    session.lake().append(&REDACTIONS, None, vec![batch], "erase").await?;
    Ok(session.refresh_table(&REDACTIONS).await?)
}

/// Removes the data files of a table that its latest version does not name; gives their number.
pub async fn vacuum(session: &Session, table: &'static Table) -> Outcome<u64> {
    let lake = session.lake();
    let Some(snapshot) = lake.snapshot(table).await? else { return Ok(0) };
    let active: std::collections::HashSet<_> =
        snapshot.files.iter().map(|file| lake.file(table, &file.path)).collect();
    let mut removed = 0;
    for path in lake.stored(table).await?.into_keys() {
        // The log's checkpoints are Parquet too, and hold no rows.
        let is_of_log = path.parts().any(|part| part.as_ref() == "_delta_log");
        if !is_of_log && !active.contains(&path) {
            let deleted = lake.store().delete(&path).await;
            deleted.map_err(|error| Failure::from(warehouse::Error::from(error)))?;
            removed += 1;
        }
    }
    Ok(removed)
}
