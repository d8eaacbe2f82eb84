//! `ops.queries`: what was asked, written in batches beside the server, kept for a stated time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use access::{Asked, Outcome as Ended};
use chrono::{NaiveDate, TimeDelta, Utc};
use schemas::ops::QUERIES;
use serde::Serialize;
use tokio::sync::mpsc::Receiver;
use warehouse::Lake;

use crate::failure::Outcome;
use crate::rows;

/// Records that are written at once.
const RECORDS_MAX: usize = 5_000;

#[derive(Serialize)]
struct Row {
    query_id: String,
    user: String,
    role: &'static str,
    statement: String,
    started_at: String,
    seconds: f64,
    waited_seconds: f64,
    rows: u64,
    bytes: u64,
    outcome: &'static str,
    sqlstate: Option<&'static str>,
    dt: NaiveDate,
}

/// Writes records until the server is gone. A writing that fails is told of, and the server goes on.
pub async fn write(lake: Lake, mut records: Receiver<Asked>, days: u32, seconds: u64) {
    let started = Utc::now().timestamp_micros();
    let (mut waiting, mut number, mut swept) = (Vec::new(), 0u64, None);
    let mut tick = tokio::time::interval(Duration::from_secs(seconds.max(1)));
    loop {
        let ended = tokio::select! {
            record = records.recv() => match record {
                Some(asked) => {
                    number += 1;
                    waiting.push(row(asked, format!("{started:x}-{number}")));
                    if waiting.len() < RECORDS_MAX {
                        continue;
                    }
                    false
                }
                None => true,
            },
            _ = tick.tick() => false,
        };
        let today = Utc::now().date_naive();
        if let Err(failure) = append(&lake, std::mem::take(&mut waiting)).await {
            eprintln!("ttt: the history of statements could not be written: {failure}");
        }
        if swept != Some(today) {
            swept = Some(today);
            if let Err(failure) = sweep(&lake, today, days).await {
                eprintln!("ttt: old statements could not be removed: {failure}");
            }
        }
        if ended {
            return;
        }
    }
}

fn row(asked: Asked, query_id: String) -> Row {
    Row {
        query_id,
        role: asked.role,
        statement: asked.statement,
        started_at: rows::instant(asked.started_at.timestamp_micros()),
        seconds: asked.took.as_secs_f64(),
        waited_seconds: asked.waited.as_secs_f64(),
        rows: asked.rows,
        bytes: asked.bytes,
        outcome: Ended::name(asked.outcome),
        sqlstate: asked.sqlstate,
        dt: asked.started_at.date_naive(),
        user: asked.user,
    }
}

async fn append(lake: &Lake, waiting: Vec<Row>) -> Outcome<()> {
    let mut by_day: BTreeMap<NaiveDate, Vec<Row>> = BTreeMap::new();
    for row in waiting {
        by_day.entry(row.dt).or_default().push(row);
    }
    for (dt, rows) in by_day {
        let batch = rows::batch(QUERIES.file_schema(), &rows)?;
        lake.append(&QUERIES, Some(dt), vec![batch], "serve").await?;
    }
    Ok(())
}

/// Removes the days that are kept no longer.
async fn sweep(lake: &Lake, today: NaiveDate, days: u32) -> Outcome<()> {
    let Some(snapshot) = lake.snapshot(&QUERIES).await? else { return Ok(()) };
    let first = today - TimeDelta::days(i64::from(days));
    let held =
        snapshot.files.iter().filter_map(|file| file.dt).map(schemas::time::date).collect::<BTreeSet<_>>();
    for dt in held.range(..first) {
        lake.replace(&QUERIES, Some(*dt), Vec::new(), "serve").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(days_ago: i64) -> Row {
        let asked = Asked {
            user: "anna".to_owned(),
            role: "analyst",
            statement: "SELECT ?".to_owned(),
            started_at: Utc::now() - TimeDelta::days(days_ago),
            took: Duration::from_millis(5),
            waited: Duration::ZERO,
            rows: 1,
            bytes: 8,
            outcome: Ended::Done,
            sqlstate: None,
        };
        row(asked, format!("{days_ago}"))
    }

    /// What is older than the stated days is no more, and what is not stays.
    #[tokio::test(flavor = "multi_thread")]
    async fn statements_are_kept_for_the_stated_days() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(&folder.path().display().to_string()).unwrap();
        append(&lake, [0, 1, 2, 3, 40].map(asked).into()).await.unwrap();
        let today = Utc::now().date_naive();
        let days = async || {
            let snapshot = lake.snapshot(&QUERIES).await.unwrap().unwrap();
            let held = snapshot.files.iter().filter_map(|file| file.dt).map(schemas::time::date);
            held.map(|dt| (today - dt).num_days()).collect::<BTreeSet<_>>()
        };
        assert_eq!(days().await, BTreeSet::from([0, 1, 2, 3, 40]));
        sweep(&lake, today, 2).await.unwrap();
        assert_eq!(days().await, BTreeSet::from([0, 1, 2]));
        sweep(&lake, today, 2).await.unwrap();
        assert_eq!(days().await, BTreeSet::from([0, 1, 2]));
    }
}
