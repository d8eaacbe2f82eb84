//! Which days of the past a night must read again: those of escrows that are named anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, new_empty_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::NaiveDate;
use schemas::time;
use warehouse::Session;

use crate::calendar::{NEVER, night_before};
use crate::failure::Outcome;

/// So many values of an `IN` are held against the bounds of a file's pages; more are not.
const COMPARED_MAX: usize = 20;

/// Finds the settled escrows that have been named since the night before, which the session then knows as
/// `work.named_again`, and the days before the night on which they were read: `$history`.
pub async fn history(session: &Session, dt: NaiveDate, shards: u32) -> Outcome<Vec<NaiveDate>> {
    let before = night_before(session, dt).unwrap_or(NEVER);
    let (mut days, mut escrows) = (BTreeSet::new(), BTreeSet::new());
    for (from, to) in warehouse::ranges(shards) {
        let query = named_again(dt, before, from, to);
        for batch in session.sql(&query).await?.collect().await? {
            let found = batch.column(0).as_primitive::<Date32Type>();
            days.extend(found.values().iter().map(|day| time::date(*day)));
            escrows.extend(batch.column(1).as_primitive::<Int64Type>().values());
        }
    }
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(escrows));
    session.put_work("named_again", RecordBatch::try_from_iter([("escrow_hash", column)])?)?;
    Ok(days.into_iter().collect())
}

/// The settled escrows that have been named since the night before, with the nights that read them, in one
/// shard. Their hashes stand for them.
fn named_again(dt: NaiveDate, before: NaiveDate, from: i64, to: i64) -> String {
    let since = format!("dt > DATE '{before}' AND dt <= DATE '{dt}'");
    let shard = format!("escrow_hash BETWEEN {from} AND {to}");
    let landed = ["escrow_events", "wallet_transfers", "ledger_entries"]
        .map(|table| format!("SELECT escrow_hash FROM bronze.{table} WHERE {since} AND {shard}"));
    format!(
        "WITH named AS ({} UNION ALL SELECT escrow_hash(escrow_id) FROM ops.contested_keys WHERE {since}), \
         carried AS (SELECT escrow_hash(escrow_id) AS escrow_hash FROM silver.open_cases WHERE dt = DATE '{before}') \
         SELECT DISTINCT dt, escrow_hash FROM silver.reconciliation WHERE dt < DATE '{dt}' AND {shard} \
         AND escrow_hash IN (SELECT escrow_hash FROM named) \
         AND escrow_hash NOT IN (SELECT escrow_hash FROM carried)",
        landed.join(" UNION ALL ")
    )
}

/// Finds the escrows that openings of tonight name and of which no first event is known, which the session then knows
/// as `work.sought`, and the other days that say something of them: `$sought_days`. Most openings land with their
/// escrow, so these are few. Of many, all hashes of the history are read, and nothing else of it.
pub async fn sought(session: &Session, dt: NaiveDate) -> Outcome<Vec<NaiveDate>> {
    let (mut escrows, mut hashes): (Vec<ArrayRef>, _) = (Vec::new(), Vec::new());
    for batch in session.sql(&unseen(dt)).await?.collect().await? {
        hashes.extend(batch.column(1).as_primitive::<Int64Type>().values());
        escrows.push(batch.column(0).clone());
    }
    let column: ArrayRef = Arc::new(Int64Array::from(hashes.clone()));
    let texts: Vec<&dyn Array> = escrows.iter().map(AsRef::as_ref).collect();
    let names = if texts.is_empty() { new_empty_array(&DataType::Utf8) } else { concat(&texts)? };
    session
        .put_work("sought", RecordBatch::try_from_iter([("escrow_id", names), ("escrow_hash", column)])?)?;
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let values = match hashes.len() {
        ..=COMPARED_MAX => hashes.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
        _ => "SELECT escrow_hash FROM work.sought".to_owned(),
    };
    let naming = ["bronze.escrow_events", "silver.reconciliation"]
        .map(|table| format!("SELECT dt FROM {table} WHERE dt <> DATE '{dt}' AND escrow_hash IN ({values})"));
    days(session, &format!("SELECT DISTINCT dt FROM ({})", naming.join(" UNION ALL "))).await
}

/// The escrows of tonight's openings of which the beginning is not known: events count from 1.
fn unseen(dt: NaiveDate) -> String {
    format!(
        "WITH openings AS (SELECT DISTINCT paid_by AS escrow_id FROM silver.subscription_facts \
         WHERE landed_on = DATE '{dt}' AND paid_by IS NOT NULL), \
         begun AS (SELECT escrow_id FROM bronze.escrow_events WHERE dt = DATE '{dt}' AND NOT conflict AND sequence <= 1 \
         UNION ALL SELECT escrow_id FROM silver.subscription_payments WHERE dt <> DATE '{dt}' AND sequence <= 1) \
         SELECT escrow_id, escrow_hash(escrow_id) AS escrow_hash FROM openings \
         WHERE escrow_id NOT IN (SELECT escrow_id FROM begun)"
    )
}

/// The days that a query gives, in order.
async fn days(session: &Session, query: &str) -> Outcome<Vec<NaiveDate>> {
    let mut days = BTreeSet::new();
    for batch in session.sql(query).await?.collect().await? {
        days.extend(batch.column(0).as_primitive::<Date32Type>().values().iter().map(|day| time::date(*day)));
    }
    Ok(days.into_iter().collect())
}

/// The days on which the ledger entries of a night's settled escrows landed, `$settled_days`.
pub async fn settled_days(session: &Session, dt: NaiveDate) -> Outcome<Vec<NaiveDate>> {
    let query = format!(
        "SELECT DISTINCT entry_dt FROM silver.reconciliation WHERE dt = DATE '{dt}' AND entry_dt IS NOT NULL \
         AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL"
    );
    days(session, &query).await
}
