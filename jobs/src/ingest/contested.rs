//! Which escrows' first payloads were contested, by the day on which it happened: the judge of that night asks.

use std::collections::BTreeMap;

use schemas::ops::CONTESTED_KEYS;
use schemas::time;
use serde::Serialize;
use warehouse::FileWriter;

use super::Context;
use super::plan::{Plan, slug};
use super::resolve::Contested;
use crate::failure::{Failure, Outcome};
use crate::rows;

#[derive(Serialize)]
struct Row<'a> {
    source: &'static str,
    key: &'a str,
    escrow_id: &'a str,
}

/// Writes down what a batch has found. A day that is read anew forgets what it said before; the same said twice
/// is said once.
pub async fn store(context: &Context, plan: &Plan, contested: &[Contested]) -> Outcome<()> {
    let source = plan.source.folder();
    let prefix = slug(plan.source);
    let mut days: BTreeMap<i32, Vec<Row<'_>>> = BTreeMap::new();
    for Contested { key, escrow_id, day } in contested {
        days.entry(*day).or_default().push(Row { source, key, escrow_id });
    }
    let mut added = Vec::new();
    for (day, rows) in days {
        let stem = plan.stem(&prefix);
        let mut writer = FileWriter::new(&context.lake, &CONTESTED_KEYS, Some(time::date(day)), &stem)?;
        let batch = rows::batch(CONTESTED_KEYS.file_schema(), &rows)?;
        let written =
            tokio::task::spawn_blocking(move || writer.write(&batch).and_then(|()| writer.finish()));
        added.extend(written.await??);
    }
    let own = Some(time::days(plan.dt));
    let is_own = |path: &str| path.rsplit('/').next().is_some_and(|name| name.starts_with(&prefix));
    let mut removed = context.session.files(&CONTESTED_KEYS);
    removed.retain(|file| plan.anew && file.dt == own && is_own(&file.path));
    context.lake.commit(&CONTESTED_KEYS, added, &removed, "ingest").await?;
    context.session.refresh_table(&CONTESTED_KEYS).await.map_err(Failure::from)
}
