//! Replays and conflicts, exactly: which of the rows with one key bronze keeps, and which payload is effective.
//!
//! The first is the lowest day, then file name, then line. A later row with a payload that was there before is
//! a replay and goes; one with another payload stays and is marked. Rows that stand already are looked at
//! through the sieve of the new ones, so that only what may meet is compared.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStoreExt;
use schemas::source::Source;
use warehouse::scan::FileTable;
use warehouse::{DataFile, FileWriter, NewFile};

use super::Context;
use super::cluster::Cluster;
use super::plan::Plan;
use super::rewrite::{Edit, Edits, edited, rewrite};
use super::work::Work;
use crate::failure::{Failure, Outcome};

/// Keys compared at once; more are taken in several passes, so that memory stays bounded.
const KEYS_AT_ONCE: usize = 1 << 19;

/// What the bronze table's commit is to add and remove.
#[derive(Default)]
pub struct Resolved {
    pub added: Vec<NewFile>,
    pub removed: Vec<DataFile>,
    /// Of a payment source.
    pub contested: Vec<Contested>,
}

/// A key of which another payload has landed on a day (days since 1970-01-01), and the escrow that its first
/// one names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contested {
    pub key: String,
    pub escrow_id: String,
    pub day: i32,
}

/// Where a row lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Store {
    Standing(usize),
    Fresh(usize),
    Held(usize),
}

/// One row with a key that others may have.
struct Occurrence {
    key: String,
    /// Of a payment source.
    escrow_id: Option<String>,
    payload: i64,
    day: i32,
    file: Arc<str>,
    line: i64,
    store: Store,
    conflict: bool,
}

/// Compares what may meet, sets aside what goes, and completes the batch's files.
pub async fn resolve(
    context: &Context,
    plan: &Plan,
    work: &mut Work,
    standing: Vec<DataFile>,
) -> Outcome<Resolved> {
    // A node's key holds its day: no other day can meet it.
    let day = schemas::time::days(plan.dt);
    let met = |file: &DataFile| plan.source != Source::Nodes || file.dt == Some(day);
    let standing: Vec<DataFile> = standing.into_iter().filter(met).collect();
    let held: HashSet<u64> = work.held_keys.drain(..).collect();
    let (keys, is_met) = keys_that_meet(context, plan, work, held, &standing).await?;
    if keys.is_empty() {
        return Ok(Resolved { added: std::mem::take(&mut work.fresh), ..Resolved::default() });
    }
    let compared: Vec<_> = standing.iter().cloned().enumerate().filter(|(place, _)| is_met[*place]).collect();
    let passes = keys.len().div_ceil(KEYS_AT_ONCE) as u64;
    let (mut edits, mut contested) = (Edits::default(), Vec::new());
    for pass in 0..passes {
        let chosen: HashSet<u64> = if passes == 1 {
            keys.clone()
        } else {
            keys.iter().copied().filter(|key| key % passes == pass).collect()
        };
        let met = occurrences(context, plan, work, &compared, &chosen).await?;
        decide(plan, met, work, &mut edits, &mut contested);
    }
    let resolved = complete(context, plan, work, standing, edits).await?;
    Ok(Resolved { contested, ..resolved })
}

/// The hashes of keys that stand on more than one row, as far as hashes tell, and the days of which standing files
/// have one of them. What stands is held against the sieve of what is new, and what meets it there against the new
/// keys themselves, so that a file is read further only where it has a key that came again.
async fn keys_that_meet(
    context: &Context,
    plan: &Plan,
    work: &Work,
    held: HashSet<u64>,
    standing: &[DataFile],
) -> Outcome<(HashSet<u64>, Vec<bool>)> {
    let mut met: BTreeMap<i32, HashSet<u64>> = BTreeMap::new();
    for_each_hash(context, plan, standing.to_vec(), |day, hash| {
        if work.sieve.may_hold(hash) {
            met.entry(day).or_default().insert(hash);
        }
    })
    .await?;
    let mut keys = HashSet::new();
    if !met.is_empty() {
        let seen: HashSet<u64> = met.values().flatten().copied().collect();
        let fresh = work.fresh.iter().map(NewFile::to_data_file).collect();
        for_each_hash(context, plan, fresh, |_, hash| {
            if seen.contains(&hash) {
                keys.insert(hash);
            }
        })
        .await?;
    }
    keys.extend(held);
    let is_met = |file: &DataFile| {
        let found = file.dt.and_then(|day| met.get(&day));
        found.is_some_and(|found| found.iter().any(|hash| keys.contains(hash)))
    };
    let is_met = standing.iter().map(is_met).collect();
    Ok((keys, is_met))
}

/// Visits the day and key hash of every row.
async fn for_each_hash(
    context: &Context,
    plan: &Plan,
    files: Vec<DataFile>,
    mut visit: impl FnMut(i32, u64),
) -> Outcome<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut batches = scan(context, plan, files, &["dt", "key_hash"]).await?;
    while let Some(batch) = batches.try_next().await? {
        let days = batch.column(0).as_primitive::<Date32Type>().values();
        let hashes = batch.column(1).as_primitive::<Int64Type>().values();
        days.iter().zip(hashes).for_each(|(day, hash)| visit(*day, *hash as u64));
    }
    Ok(())
}

async fn scan(
    context: &Context,
    plan: &Plan,
    files: Vec<DataFile>,
    columns: &[&str],
) -> Outcome<datafusion::execution::SendableRecordBatchStream> {
    let table = FileTable::new(&context.lake, plan.source.table(), files);
    let frame = context.session.context().read_table(Arc::new(table))?;
    Ok(frame.select_columns(columns)?.execute_stream().await?)
}

/// Every row whose key is among the chosen, wherever it lies.
async fn occurrences(
    context: &Context,
    plan: &Plan,
    work: &Work,
    standing: &[(usize, DataFile)],
    chosen: &HashSet<u64>,
) -> Outcome<Vec<Occurrence>> {
    let key: Vec<&str> =
        plan.source.table().key.iter().copied().filter(|name| *name != "payload_hash").collect();
    let landed = ["key_hash", "payload_hash", "dt", "source_file", "source_line", "conflict"];
    let escrow_id = plan.source.is_payment().then_some("escrow_id");
    let columns: Vec<&str> =
        key.iter().copied().filter(|name| *name != "dt").chain(landed).chain(escrow_id).collect();
    let key_columns = columns.len() - landed.len() - usize::from(escrow_id.is_some());
    let stores = standing
        .iter()
        .map(|(place, file)| (Store::Standing(*place), file.clone()))
        .chain(work.fresh.iter().enumerate().map(|(place, file)| (Store::Fresh(place), file.to_data_file())))
        .chain(work.held.iter().enumerate().map(|(place, file)| (Store::Held(place), file.to_data_file())));
    let mut found = Vec::new();
    let mut names = HashMap::new();
    for (store, file) in stores {
        let mut batches = scan(context, plan, vec![file], &columns).await?;
        while let Some(batch) = batches.next().await {
            collect(&batch?, key_columns, chosen, store, &mut names, &mut found)?;
        }
    }
    Ok(found)
}

fn collect(
    batch: &RecordBatch,
    key_columns: usize,
    chosen: &HashSet<u64>,
    store: Store,
    names: &mut HashMap<String, Arc<str>>,
    found: &mut Vec<Occurrence>,
) -> Outcome<()> {
    let [hashes, payloads, lines] =
        [0, 1, 4].map(|place| batch.column(key_columns + place).as_primitive::<Int64Type>());
    let days = batch.column(key_columns + 2).as_primitive::<Date32Type>();
    let files = batch.column(key_columns + 3).as_string::<i32>();
    let conflicts = batch.column(key_columns + 5).as_boolean();
    let escrows = batch.columns().get(key_columns + 6).map(|column| column.as_string::<i32>());
    let options = FormatOptions::default();
    let keys: Vec<ArrayFormatter<'_>> = (0..key_columns)
        .map(|place| ArrayFormatter::try_new(batch.column(place), &options))
        .collect::<Result<_, _>>()?;
    for row in 0..batch.num_rows() {
        if !chosen.contains(&(hashes.value(row) as u64)) {
            continue;
        }
        let mut key: String = keys.iter().map(|key| format!("{}\0", key.value(row))).collect();
        if batch.column(0).is_null(row) {
            // A log without ids: its key is the place, which the hash stands for.
            key = format!("{}", hashes.value(row));
        }
        let name = files.value(row);
        let file = names.entry(name.to_owned()).or_insert_with(|| name.into()).clone();
        found.push(Occurrence {
            key,
            escrow_id: escrows.map(|escrows| escrows.value(row).to_owned()),
            payload: payloads.value(row),
            day: days.value(row),
            file,
            line: lines.value(row),
            store,
            conflict: conflicts.value(row),
        });
    }
    Ok(())
}

/// Decides each key's rows in their order: the first stays, its like go, the others are marked.
fn decide(
    plan: &Plan,
    mut found: Vec<Occurrence>,
    work: &mut Work,
    edits: &mut Edits,
    contested: &mut Vec<Contested>,
) {
    found.sort_by(|left, right| {
        let order = |one: &Occurrence| (one.day, one.line);
        left.key
            .cmp(&right.key)
            .then(left.day.cmp(&right.day))
            .then_with(|| left.file.cmp(&right.file))
            .then(order(left).cmp(&order(right)))
    });
    for group in found.chunk_by(|left, right| left.key == right.key) {
        let mut payloads = Vec::new();
        for row in group {
            let is_replay = payloads.contains(&row.payload);
            let conflict = !is_replay && !payloads.is_empty() && plan.source != Source::Content;
            payloads.push(row.payload);
            if let (true, Some(escrow_id)) = (conflict, group[0].escrow_id.clone()) {
                let key = row.key.trim_end_matches('\0').to_owned();
                contested.push(Contested { key, escrow_id, day: row.day });
            }
            if is_replay {
                edits.put(place(row.store), &row.file, row.line, Edit::Drop);
            } else if conflict != row.conflict {
                edits.put(place(row.store), &row.file, row.line, Edit::Mark(conflict));
            }
            if !matches!(row.store, Store::Standing(_))
                && let Some(file) = work.files.get_mut(&*row.file)
            {
                file.replays += i64::from(is_replay);
                file.conflicts += i64::from(conflict);
            }
        }
    }
}

/// The place of a store among all, by which edits are kept.
fn place(store: Store) -> (u8, usize) {
    match store {
        Store::Standing(place) => (0, place),
        Store::Fresh(place) => (1, place),
        Store::Held(place) => (2, place),
    }
}

/// Writes the files anew that an edit touches, and the rows that were held and stay.
async fn complete(
    context: &Context,
    plan: &Plan,
    work: &mut Work,
    standing: Vec<DataFile>,
    edits: Edits,
) -> Outcome<Resolved> {
    let mut resolved = Resolved::default();
    for (index, file) in standing.into_iter().enumerate() {
        if let Some(edits) = edits.of((0, index)) {
            resolved.added.extend(rewrite(context, plan, &file, edits).await?);
            resolved.removed.push(file);
        }
    }
    let mut unused = Vec::new();
    for (index, file) in std::mem::take(&mut work.fresh).into_iter().enumerate() {
        match edits.of((1, index)) {
            Some(edits) => {
                resolved.added.extend(rewrite(context, plan, &file.to_data_file(), edits).await?);
                unused.push(file);
            }
            None => resolved.added.push(file),
        }
    }
    let held = std::mem::take(&mut work.held);
    if !held.is_empty() {
        let table = plan.source.table();
        let writer = FileWriter::new(&context.lake, table, Some(plan.dt), &plan.stem(""))?;
        let mut kept = Cluster::new(writer, table);
        for (index, file) in held.iter().enumerate() {
            let mut batches = edited(context, plan, &file.to_data_file(), edits.of((2, index))).await?;
            while let Some(batch) = batches.try_next().await? {
                kept =
                    tokio::task::spawn_blocking(move || kept.push(batch, |_| false).map(|()| kept)).await??;
            }
        }
        resolved.added.extend(tokio::task::spawn_blocking(move || kept.finish()).await??);
    }
    unused.extend(held);
    discard(context, plan, unused).await?;
    Ok(resolved)
}

/// Deletes files that no commit will name.
async fn discard(context: &Context, plan: &Plan, files: Vec<NewFile>) -> Outcome<()> {
    for file in files {
        let path = context.lake.file(plan.source.table(), &file.path);
        context
            .lake
            .store()
            .delete(&path)
            .await
            .map_err(|error| Failure::from(warehouse::Error::from(error)))?;
    }
    Ok(())
}
