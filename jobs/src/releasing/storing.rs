//! Noise drawn, rows made, files written: what comes of it is not visible before the ledger names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use insights::columns::Rows;
use insights::layout::Layout;
use insights::noise::noise;
use insights::policy::Policy;
use insights::release::{Row, rows};
use schemas::insights::{CREATOR_INSIGHTS_DAILY, RETURNING_VIEWERS};
use tokio::task::JoinSet;
use warehouse::{FileWriter, NewFile};

use super::counting::Counted;
use crate::failure::{Failure, Outcome};
use crate::steps::Night;

/// Creators whose noise is drawn at once.
const CREATORS: usize = 64;

/// A release's files, with what else the ledger says of them.
#[derive(Debug, Clone)]
pub struct Stored {
    pub files: Vec<NewFile>,
    pub rows: u64,
    pub sha256: String,
    pub counted_until: BTreeMap<NaiveDate, i64>,
}

type Money = BTreeMap<String, Vec<Row>>;

/// Draws the noise of all creators, a few at a time and side by side, and writes their rows in the order of creators.
pub async fn store(
    night: &Night,
    policy: &Policy,
    layout: Layout,
    counted: Counted,
    mut revenue: Money,
    release_id: &str,
) -> Outcome<Stored> {
    let mut writer =
        FileWriter::new(night.session.lake(), &CREATOR_INSIGHTS_DAILY, Some(night.dt), release_id)?;
    let mut out = Rows::new(&policy.hash, release_id);
    let Counted { sums, until, knows_past, .. } = counted;
    // Where nobody knows who returns, nothing is said of it: zero would be another thing.
    let is_told = move |row: &Row| knows_past || row.metric.metric != RETURNING_VIEWERS;
    let work = Arc::new((policy.clone(), layout, sums));
    let chunks: Vec<_> = (0..work.1.creators.len()).step_by(CREATORS).collect();
    let mut written = 0;
    while written < chunks.len() {
        let mut drawing = JoinSet::new();
        let now = &chunks[written..chunks.len().min(written + night.ingest.threads.max(1))];
        written += now.len();
        for first in now.iter().copied() {
            let work = work.clone();
            drawing.spawn_blocking(move || {
                let (policy, layout, sums) = work.as_ref();
                let creators = first..layout.creators.len().min(first + CREATORS);
                let noised = noise(policy, layout, sums, creators)?;
                let made = noised.iter().map(|day| (day.creator, rows(policy, layout, day)));
                Ok::<_, insights::Error>((first, made.collect::<Vec<_>>()))
            });
        }
        let mut ready = BTreeMap::new();
        while let Some(drawn) = drawing.join_next().await {
            let (first, made) = drawn??;
            ready.insert(first, made);
        }
        for (creator, made) in ready.into_values().flatten() {
            let did = &work.1.creators[creator].did;
            // Whoever was paid and has published nothing stands between.
            let later = revenue.split_off(did);
            push_exact(&mut out, std::mem::replace(&mut revenue, later));
            made.iter().filter(|row| is_told(row)).for_each(|row| out.push(did, row));
            revenue.remove(did).iter().flatten().for_each(|row| out.push(did, row));
        }
        write(&mut writer, &mut out)?;
    }
    push_exact(&mut out, revenue);
    write(&mut writer, &mut out)?;
    let files = tokio::task::spawn_blocking(move || writer.finish()).await??;
    let rows = out.count();
    Ok(Stored { files, rows, sha256: out.sha256(), counted_until: until })
}

fn push_exact(out: &mut Rows, revenue: Money) {
    for (did, rows) in &revenue {
        rows.iter().for_each(|row| out.push(did, row));
    }
}

fn write(writer: &mut FileWriter, out: &mut Rows) -> Outcome<()> {
    let batch = out.batch()?;
    tokio::task::block_in_place(|| writer.write(&batch)).map_err(Failure::from)
}
