//! Which nights there are, and which days a night must read again.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::{Days, NaiveDate};
use schemas::bronze::NODES;
use schemas::silver::{OPEN_CASES, RECONCILIATION};
use schemas::subscriptions::SUBSCRIPTION_METRICS_DAILY;
use schemas::table::Table;
use schemas::time;
use warehouse::{Parameter, Session, Values};

use crate::failure::Outcome;
use crate::lineage;

/// Before any night.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();

/// The last night before a day, if there was one.
pub fn night_before(session: &Session, dt: NaiveDate) -> Option<NaiveDate> {
    session.days(&RECONCILIATION).range(..dt).next_back().copied()
}

/// The nights after a day, in order: those of which a table has rows.
pub fn nights_after(session: &Session, table: &Table, dt: NaiveDate) -> Vec<NaiveDate> {
    session.days(table).into_iter().filter(|night| *night > dt).collect()
}

/// The nights before a day that were made from files that are not those of now, in order: what they hand on is
/// not what it would be. A night that is up to date has been made from nights that are.
pub async fn stale_before(session: &Session, dt: NaiveDate) -> Outcome<Vec<NaiveDate>> {
    let mut stale = Vec::new();
    let mut night = night_before(session, dt);
    while let Some(found) = night {
        if lineage::is_current(session, &[&RECONCILIATION, &OPEN_CASES], found).await? {
            break;
        }
        stale.push(found);
        night = night_before(session, found);
    }
    stale.reverse();
    Ok(stale)
}

/// What a night's models may ask for, beside the days that they must read again: `$dt`, `$night_before` (a day
/// before all others where there was none) and `$last_night`; of subscriptions, which may be run alone,
/// `$stated_before` (the day before where none was stated) and `$last_stated`; `$inventory_day`, the last up to the day
/// that brought an inventory of nodes. Nights are read off the logs: no
/// model needs to open a file for them.
pub fn values(session: &Session, dt: NaiveDate) -> Values {
    let stated = session.days(&SUBSCRIPTION_METRICS_DAILY);
    let latest = |days: &BTreeSet<NaiveDate>| days.last().copied().unwrap_or(dt).max(dt);
    let last = latest(&session.days(&RECONCILIATION));
    let days = [
        ("$night_before", night_before(session, dt).unwrap_or(NEVER)),
        ("$last_night", last),
        ("$stated_before", stated.range(..dt).next_back().copied().unwrap_or(dt - Days::new(1))),
        ("$last_stated", latest(&stated).max(last)),
        ("$inventory_day", session.days(&NODES).range(..=dt).next_back().copied().unwrap_or(NEVER)),
    ];
    days.into_iter().fold(Values::of_day(dt), |values, (name, day)| values.with(name, Parameter::Day(day)))
}

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

/// The days on which the ledger entries of a night's settled escrows landed, `$settled_days`.
pub async fn settled_days(session: &Session, dt: NaiveDate) -> Outcome<Vec<NaiveDate>> {
    let query = format!(
        "SELECT DISTINCT entry_dt FROM silver.reconciliation WHERE dt = DATE '{dt}' AND entry_dt IS NOT NULL \
         AND class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL ORDER BY 1"
    );
    let mut days = Vec::new();
    for batch in session.sql(&query).await?.collect().await? {
        days.extend(batch.column(0).as_primitive::<Date32Type>().values().iter().map(|day| time::date(*day)));
    }
    Ok(days)
}
