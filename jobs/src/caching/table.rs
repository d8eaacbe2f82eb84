//! Rows of the plans' tables, and a day of them in the place of what the day held.

use chrono::NaiveDate;
use schemas::table::Table;
use serde::Serialize;
use warehouse::{FileWriter, Session};

use crate::failure::Outcome;
use crate::rows;

/// Rows encoded at once.
const ROWS: usize = 8_192;

/// A row of `gold.cache_plan`.
#[derive(Debug, Clone, Serialize)]
pub struct PlanRow {
    pub node_id: String,
    pub policy: &'static str,
    pub admission: &'static str,
    pub admission_bytes_max: Option<u64>,
    pub ttl_seconds: Option<u32>,
    pub pinned: Vec<String>,
    pub prefetch: Vec<String>,
    pub prefetch_bytes: u64,
    pub byte_hit_ratio_actual: Option<f64>,
    pub byte_hit_ratio_planned: Option<f64>,
    pub byte_hit_ratio_lru: Option<f64>,
    pub byte_hit_ratio_belady: Option<f64>,
    pub byte_hit_ratio_bound: Option<f64>,
    pub bound_kind: Option<&'static str>,
    pub gain_over_lru: Option<f64>,
    pub distance_closed: Option<f64>,
    pub byte_hit_ratio_held_out: Option<f64>,
    pub held_out_gain_over_lru: Option<f64>,
    pub held_out_distance_closed: Option<f64>,
    pub requests: u64,
    pub bytes: u64,
    pub bytes_filled: u64,
    pub cache_bytes: u64,
    pub sampled_share: f64,
    pub basis: &'static str,
}

impl PlanRow {
    pub fn is_sampled(&self) -> bool {
        self.sampled_share < 1.0
    }
}

/// A row of `gold.cache_curves`.
#[derive(Debug, Clone, Serialize)]
pub struct CurveRow {
    pub node_id: String,
    pub policy: &'static str,
    pub cache_bytes: u64,
    pub cache_share: Option<f64>,
    pub byte_hit_ratio: f64,
    pub sampled_share: f64,
}

/// Puts a day's rows in the place of what was there; gives the table's version.
pub async fn replace<T: Serialize>(
    session: &Session,
    table: &'static Table,
    dt: NaiveDate,
    all: &[T],
) -> Outcome<u64> {
    let batches =
        all.chunks(ROWS).map(|part| rows::batch(table.file_schema(), part)).collect::<Outcome<Vec<_>>>()?;
    let mut writer = FileWriter::new(session.lake(), table, Some(dt), "caching")?;
    let written = tokio::task::spawn_blocking(move || {
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.finish()
    });
    let version = session.lake().replace(table, Some(dt), written.await??, "caching").await?;
    session.refresh_table(table).await?;
    Ok(version)
}
