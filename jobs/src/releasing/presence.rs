//! Who was with whom on the days before, as hashes of pairs: what makes a viewer a returning one.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::{Duration, NaiveDate};
use futures::TryStreamExt;
use insights::policy::Policy;
use schemas::insights::VIEWER_PRESENCE;
use schemas::time;
use tokio::task::block_in_place;
use warehouse::FileWriter;

use crate::failure::Outcome;
use crate::steps::Night;

/// Pairs of one batch.
const AT_ONCE: usize = 64 << 10;
/// Days after which a pair is forgotten, beyond those that are looked at: nights may be made a little later.
const KEPT_LONGER_DAYS: i64 = 7;

/// Of today's pairs those that were together before, since a day.
pub async fn returning(
    night: &Night,
    since: &str,
    today: impl Iterator<Item = u64>,
) -> Outcome<HashSet<u64>> {
    let first: Option<NaiveDate> = since.parse().ok();
    let is_before = |day: &NaiveDate| first.is_none_or(|first| *day >= first) && *day < night.dt;
    if !night.session.days(&VIEWER_PRESENCE).iter().any(is_before) {
        return Ok(HashSet::new());
    }
    let today: HashSet<u64> = today.collect();
    let mut returning = HashSet::new();
    let query = format!(
        "SELECT pair_hash FROM silver.viewer_presence WHERE dt >= DATE '{since}' AND dt < DATE '{}'",
        night.dt
    );
    let mut stream = night.session.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = stream.try_next().await? {
        let pairs = batch.column(0).as_primitive::<Int64Type>().values();
        returning.extend(pairs.iter().map(|pair| *pair as u64).filter(|pair| today.contains(pair)));
    }
    Ok(returning)
}

/// The pairs of a day on their way into the table.
pub struct Presences(FileWriter);

impl Presences {
    pub fn begin(night: &Night) -> Outcome<Self> {
        Ok(Self(FileWriter::new(night.session.lake(), &VIEWER_PRESENCE, Some(night.dt), "presence")?))
    }

    pub fn push(&mut self, pairs: Vec<u64>) -> Outcome<()> {
        for some in pairs.chunks(AT_ONCE) {
            let column: ArrayRef =
                Arc::new(Int64Array::from_iter_values(some.iter().map(|pair| *pair as i64)));
            let batch = RecordBatch::try_new(VIEWER_PRESENCE.file_schema(), vec![column])?;
            block_in_place(|| self.0.write(&batch))?;
        }
        Ok(())
    }

    /// Puts them in the place of what the day held.
    pub async fn end(self, night: &Night) -> Outcome<()> {
        let writer = self.0;
        let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
        night.session.lake().replace(&VIEWER_PRESENCE, Some(night.dt), added, "insights").await?;
        Ok(night.session.refresh_table(&VIEWER_PRESENCE).await?)
    }
}

/// Forgets the pairs of days that no day to come looks at.
pub async fn forget(night: &Night, policy: &Policy) -> Outcome<()> {
    let Some(last) = night.session.days(&VIEWER_PRESENCE).last().copied() else { return Ok(()) };
    let first = last - Duration::days(policy.window_days as i64 + KEPT_LONGER_DAYS);
    let mut old = night.session.files(&VIEWER_PRESENCE);
    old.retain(|file| file.dt.is_some_and(|dt| time::date(dt) < first));
    if old.is_empty() {
        return Ok(());
    }
    night.session.lake().commit(&VIEWER_PRESENCE, Vec::new(), &old, "insights").await?;
    Ok(night.session.refresh_table(&VIEWER_PRESENCE).await?)
}
