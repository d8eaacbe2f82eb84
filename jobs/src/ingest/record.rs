//! The record of what was ingested: which files of a day stand in bronze, and what their manifest said.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, Utc};
use ingest::manifest::Manifest;
use ingest::{Total, Totals};
use schemas::source::Source;
use schemas::table::Table;
use schemas::{money, ops, time};
use serde::Serialize;

use super::Context;
use super::plan::Plan;
use super::work::ReadFile;
use crate::failure::{Failure, Outcome};
use crate::rows;

/// A file that was ingested before.
pub struct Known {
    pub bytes: u64,
    pub modified_at: DateTime<Utc>,
    pub sha256: String,
    pub batch: String,
}

/// What is recorded of a source's day.
#[derive(Default)]
pub struct KnownDay {
    pub files: BTreeMap<String, Known>,
    pub manifest: Option<Stated>,
}

/// What a manifest states, or what holds without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    pub present: bool,
    pub watermark: i64,
    pub totals: Option<Totals>,
}

impl Stated {
    pub fn of(manifest: Option<&Manifest>, dt: NaiveDate) -> Self {
        match manifest {
            Some(manifest) => {
                Self { present: true, watermark: manifest.watermark, totals: manifest.totals.clone() }
            }
            None => Self { present: false, watermark: time::end_of_day(dt), totals: None },
        }
    }
}

/// Reads the record of a source's day.
pub async fn known(context: &Context, source: Source, dt: NaiveDate) -> Outcome<KnownDay> {
    let place = format!("dt = DATE '{dt}' AND source = '{}'", source.folder());
    let query = format!(
        "SELECT source_file, bytes, modified_at, sha256, batch FROM ops.ingested_files WHERE {place}"
    );
    let mut known = KnownDay::default();
    for batch in context.session.sql(&query).await?.collect().await? {
        let [name, sha256, id] = [0, 3, 4].map(|column| batch.column(column).as_string::<i32>());
        let bytes = batch.column(1).as_primitive::<Int64Type>();
        let modified = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let modified_at = DateTime::from_timestamp_micros(modified.value(row)).unwrap_or_default();
            let file = Known {
                bytes: bytes.value(row) as u64,
                modified_at,
                sha256: sha256.value(row).to_owned(),
                batch: id.value(row).to_owned(),
            };
            known.files.insert(name.value(row).to_owned(), file);
        }
    }
    let query = format!("SELECT present, watermark, totals FROM ops.manifests WHERE {place}");
    for batch in context.session.sql(&query).await?.collect().await? {
        if batch.num_rows() > 0 {
            known.manifest = Some(stated(&batch)?);
        }
    }
    Ok(known)
}

/// The days of which a source has records.
pub async fn days(context: &Context, source: Source) -> Outcome<Vec<NaiveDate>> {
    let query = format!(
        "SELECT DISTINCT dt FROM ops.ingested_files WHERE source = '{}' ORDER BY dt",
        source.folder()
    );
    let mut days = Vec::new();
    for batch in context.session.sql(&query).await?.collect().await? {
        let column = batch.column(0).as_primitive::<arrow::datatypes::Date32Type>();
        let date = |day: &i32| NaiveDate::default() + chrono::Duration::days(i64::from(*day));
        days.extend(column.values().iter().map(date));
    }
    Ok(days)
}

fn stated(batch: &RecordBatch) -> Outcome<Stated> {
    let lists = batch.column(2).as_list::<i32>();
    let totals = lists.is_valid(0).then(|| {
        let totals = lists.value(0);
        let totals = totals.as_struct();
        let (codes, counts) = (totals.column(0).as_string::<i32>(), totals.column(1));
        let sums = totals.column(2).as_primitive::<Decimal128Type>();
        let total = |row: usize| {
            let (currency, _) = money::currency(codes.value(row))?;
            Some((
                currency,
                Total { count: counts.as_primitive::<Int64Type>().value(row), sum: sums.value(row) },
            ))
        };
        Totals((0..totals.len()).filter_map(total).collect())
    });
    Ok(Stated {
        present: batch.column(0).as_boolean().value(0),
        watermark: batch.column(1).as_primitive::<TimestampMicrosecondType>().value(0),
        totals,
    })
}

#[derive(Serialize)]
struct TotalRow {
    currency: &'static str,
    count: i64,
    sum: String,
}

#[derive(Serialize)]
struct FileRow<'a> {
    source: &'static str,
    source_file: &'a str,
    bytes: u64,
    modified_at: String,
    sha256: &'a str,
    batch: &'a str,
    rows: i64,
    good: i64,
    replays: i64,
    conflicts: i64,
    quarantined: i64,
    totals: Vec<TotalRow>,
    ingested_at: String,
}

#[derive(Serialize)]
struct ManifestRow {
    source: &'static str,
    watermark: String,
    present: bool,
    totals: Option<Vec<TotalRow>>,
}

fn total_rows(totals: &Totals) -> Vec<TotalRow> {
    let row = |(currency, total): (&&'static str, &Total)| TotalRow {
        currency,
        count: total.count,
        sum: money::format(total.sum, money::SCALE),
    };
    totals.0.iter().map(row).collect()
}

/// Records what was ingested: the last commit of a source's day, which makes the others count.
pub async fn record(context: &Context, plan: &Plan, files: &BTreeMap<String, ReadFile>) -> Outcome<()> {
    let ingested_at = rows::instant(context.ingested_at);
    let rows: Vec<_> = plan
        .files
        .iter()
        .filter_map(|landed| files.get_key_value(&landed.name).map(|(name, read)| (landed, name, read)))
        .map(|(landed, name, read)| FileRow {
            source: plan.source.folder(),
            source_file: name,
            bytes: read.bytes,
            modified_at: landed.modified_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            sha256: &read.sha256,
            batch: &plan.batch,
            rows: read.rows,
            good: read.good(),
            replays: read.replays,
            conflicts: read.conflicts,
            quarantined: read.quarantined,
            totals: total_rows(&read.totals),
            ingested_at: ingested_at.clone(),
        })
        .collect();
    if plan.manifest_is_new {
        let stated = Stated::of(plan.manifest.as_ref(), plan.dt);
        let row = ManifestRow {
            source: plan.source.folder(),
            watermark: rows::instant(stated.watermark),
            present: stated.present,
            totals: stated.totals.as_ref().map(total_rows),
        };
        store(context, plan, &ops::MANIFESTS, &[row], true).await?;
    }
    store(context, plan, &ops::INGESTED_FILES, &rows, plan.anew).await
}

/// Adds rows to the day's, which is one file; `instead` of those that the source has there.
async fn store<T: Serialize>(
    context: &Context,
    plan: &Plan,
    table: &'static Table,
    rows: &[T],
    instead: bool,
) -> Outcome<()> {
    let batch = rows::batch(table.file_schema(), rows)?;
    let without = instead.then(|| ("source", plan.source.folder()));
    context.lake.extend_day(table, plan.dt, &batch, without, "ingest").await?;
    context.session.refresh_table(table).await.map_err(Failure::from)
}
