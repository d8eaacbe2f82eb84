//! The ledger's own proof: its sequence without gaps, and its chain of hashes unbroken.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use chrono::NaiveDate;
use futures::TryStreamExt;
use reconcile::chain::{Chain, ChainFinding, Link, WrittenPosting, content_hash};
use schemas::bronze::LEDGER_ENTRIES;
use schemas::silver::LEDGER_FINDINGS;
use serde::Serialize;
use warehouse::{FileWriter, Session};

use crate::failure::Outcome;
use crate::rows;

/// Missing sequences of one gap that are named one by one; the rest stand as one finding.
const NAMED: i64 = 100_000;
/// Findings held at once.
const HELD: usize = 8_192;

#[derive(Serialize)]
struct Finding {
    class: &'static str,
    sequence: i64,
    entry_id: Option<String>,
    detail: String,
}

/// Walks all entries up to a day and writes what does not hold; gives the entries read and findings written.
pub async fn verify(session: &Session, dt: NaiveDate) -> Outcome<(u64, u64, u64)> {
    register(session);
    let query = format!(
        "SELECT sequence, entry_id, prev_hash, hash, entry_hash(prev_hash, sequence, entry_id, type, escrow_id, \
         transaction_id, at, visibility, postings) AS own FROM bronze.ledger_entries \
         WHERE dt <= DATE '{dt}' AND NOT conflict ORDER BY sequence, entry_id"
    );
    let mut entries = session.sql(&query).await?.execute_stream().await?;
    let mut writer = FileWriter::new(session.lake(), &LEDGER_FINDINGS, Some(dt), "ledger")?;
    let mut chain = Chain::default();
    let (mut read, mut written, mut findings) = (0, 0, Vec::new());
    while let Some(batch) = entries.try_next().await? {
        let sequences = batch.column(0).as_primitive::<Int64Type>();
        let [ids, previous, hashes, own] = [1, 2, 3, 4].map(|place| batch.column(place).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let holds = own.value(row).eq_ignore_ascii_case(hashes.value(row));
            let entry = (sequences.value(row), ids.value(row), previous.value(row), hashes.value(row));
            chain.step(entry.0, entry.1, entry.2, entry.3, holds, |found| expand(found, &mut findings));
        }
        read += batch.num_rows() as u64;
        if findings.len() >= HELD {
            written += findings.len() as u64;
            writer = write(writer, std::mem::take(&mut findings)).await?;
        }
    }
    written += findings.len() as u64;
    writer = write(writer, findings).await?;
    let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
    let version = session.lake().replace(&LEDGER_FINDINGS, Some(dt), added, "ledger").await?;
    session.refresh_table(&LEDGER_FINDINGS).await?;
    Ok((read, written, version))
}

async fn write(mut writer: FileWriter, findings: Vec<Finding>) -> Outcome<FileWriter> {
    let batch = rows::batch(LEDGER_FINDINGS.file_schema(), &findings)?;
    Ok(tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer)).await??)
}

fn expand(found: ChainFinding, findings: &mut Vec<Finding>) {
    match found {
        ChainFinding::Gap { first, last } => {
            let gap = |sequence, detail: String| Finding {
                class: "SEQUENCE_GAP",
                sequence,
                entry_id: None,
                detail,
            };
            let named = last.min(first.saturating_add(NAMED - 1));
            findings.extend((first..=named).map(|sequence| gap(sequence, "missing".to_owned())));
            if named < last {
                findings.push(gap(named + 1, format!("missing, and all up to {last}")));
            }
        }
        ChainFinding::Break { sequence, entry_id, content, neighbour } => {
            let detail = match (content, neighbour) {
                (true, true) => "hash is not of its content; prev_hash is not its neighbour's hash",
                (true, false) => "hash is not of its content",
                _ => "prev_hash is not its neighbour's hash",
            };
            let (entry_id, detail) = (Some(entry_id), detail.to_owned());
            findings.push(Finding { class: "CHAIN_BREAK", sequence, entry_id, detail });
        }
    }
}

/// Registers `entry_hash`: the hash that an entry's content asks for.
fn register(session: &Session) {
    let schema = LEDGER_ENTRIES.schema();
    let names = [
        "prev_hash",
        "sequence",
        "entry_id",
        "type",
        "escrow_id",
        "transaction_id",
        "at",
        "visibility",
        "postings",
    ];
    let types = names.iter().filter_map(|name| schema.field_with_name(name).ok());
    let types: Vec<DataType> = types.map(|field| field.data_type().clone()).collect();
    session.register_scalar("entry_hash", types, DataType::Utf8, Arc::new(entry_hash));
}

fn entry_hash(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let [previous, sequence, id, kind, escrow, transaction, at, visibility, postings] = columns else {
        return Err("nine columns were expected".to_owned());
    };
    let text =
        |column: &ArrayRef| column.as_string_opt::<i32>().cloned().ok_or("a text was expected".to_owned());
    let (previous, id, kind, escrow) = (text(previous)?, text(id)?, text(kind)?, text(escrow)?);
    let (transaction, visibility) = (text(transaction)?, text(visibility)?);
    let sequence = sequence.as_primitive_opt::<Int64Type>().ok_or("an integer was expected")?;
    let at = at.as_primitive_opt::<TimestampMicrosecondType>().ok_or("a time was expected")?;
    let lists = postings.as_list_opt::<i32>().ok_or("a list was expected")?;
    let items = lists.values().as_struct_opt().ok_or("structs were expected")?;
    let [account, party, _, currency, written] = items.columns() else {
        return Err("a posting has five columns".to_owned());
    };
    let (account, party, currency, written) = (text(account)?, text(party)?, text(currency)?, text(written)?);
    let offsets = lists.value_offsets();
    let hash = |row: usize| {
        let some = |column: &'_ StringArray| column.is_valid(row);
        let postings: Vec<_> = (offsets[row] as usize..offsets[row + 1] as usize)
            .map(|item| WrittenPosting {
                account: account.value(item),
                party: party.is_valid(item).then(|| party.value(item)),
                amount: written.value(item),
                currency: currency.value(item),
            })
            .collect();
        content_hash(&Link {
            entry_id: id.value(row),
            sequence: sequence.value(row),
            kind: kind.value(row),
            escrow_id: escrow.value(row),
            transaction: some(&transaction).then(|| transaction.value(row)),
            timestamp_ms: at.value(row).div_euclid(1000),
            visibility: some(&visibility).then(|| visibility.value(row)),
            postings: &postings,
            prev_hash: previous.value(row),
            hash: "",
        })
    };
    Ok(Arc::new((0..id.len()).map(|row| Some(hash(row))).collect::<StringArray>()))
}
