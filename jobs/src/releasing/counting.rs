//! A day's playbacks and tips into exact sums: viewers by ranges of their identity, so many playbacks at once.
//!
//! A playback counts on the day on which it landed. One that was ingested after that day was released counts on the next
//! day that is released.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use chrono::{Duration, NaiveDate};
use datafusion::physical_plan::execute_stream_partitioned;
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use insights::bounding::{Bounder, TIP, Touch};
use insights::layout::Layout;
use insights::policy::Policy;
use insights::reading::{PLAYBACK_COLUMNS, Read, Reader, TIP_COLUMNS};
use insights::sums::Sums;
use schemas::bronze::PLAYBACKS;
use schemas::source::Source;
use schemas::time;
use tokio::task::{JoinSet, block_in_place};
use warehouse::{Parameter, Values};

use super::ledger::Ledger;
use super::models;
use super::presence::{self, PairKeys, Presences};
use crate::failure::{Failure, Outcome};
use crate::steps::Night;

/// Playbacks held at once, as numbers of 56 bytes.
const PLAYBACKS_AT_ONCE: u64 = 6 << 20;
/// Parts of these that are bounded by themselves.
const PARTS: usize = 64;
/// For so many days playbacks that come after their day was released are looked for.
const LATE_DAYS: i64 = 31;

/// What was counted.
pub struct Counted {
    pub sums: Sums,
    /// Landing days with the last ingest that is counted, in microseconds.
    pub until: BTreeMap<NaiveDate, i64>,
    pub rows: u64,
    /// Whether it is known who returns.
    pub knows_past: bool,
    pub notes: Vec<String>,
}

/// Bounds and counts a day, and writes down who was with whom.
pub async fn count(
    night: &Night,
    policy: &Policy,
    layout: &Layout,
    ledger: &Ledger,
    since: &str,
) -> Outcome<Counted> {
    let until = until(night, ledger).await?;
    let days = until.keys().copied().chain([night.dt]).map(time::days).collect::<Vec<_>>();
    let landed = night.session.files(&PLAYBACKS).into_iter();
    let rows: u64 =
        landed.filter(|file| file.dt.is_some_and(|dt| days.contains(&dt))).map(|file| file.rows).sum();
    let late = until.keys().copied().filter(|day| *day != night.dt).collect();
    let values = Values::of_day(night.dt).with("$late_days", Parameter::Days(late));
    let reader = Reader::new(policy, layout);
    let mut sums = Sums::new(layout);
    let mut read = Read::default();
    let mut presences = Presences::begin(night)?;
    let keys = PairKeys::of(night, since)?;
    let ranges = ranges(rows.div_ceil(PLAYBACKS_AT_ONCE).max(1));
    for viewers in &ranges {
        let room = rows as usize / ranges.len() / PARTS;
        let (mut parts, found) = touches(night, &reader, &values, viewers, room).await?;
        read.rows += found.rows;
        read.unlisted += found.unlisted;
        let pair =
            |touch: &Touch| (touch.viewer_identity(), layout.creators[touch.creator as usize].identity);
        let watched = parts.iter().flatten().filter(|touch| touch.marks & TIP == 0);
        let names = block_in_place(|| keys.names(watched.map(pair)));
        let known = presence::known(night, &keys, names).await?;
        let present = block_in_place(|| {
            let threads = night.ingest.threads.clamp(1, PARTS);
            let share = PARTS.div_ceil(threads);
            std::thread::scope(|scope| {
                let work = |parts: &mut [Vec<Touch>]| {
                    let mut bounder = Bounder::new(policy, layout);
                    let mut sums = Sums::new(layout);
                    let mut present = Vec::new();
                    for part in parts {
                        present.extend(bounder.add(&mut sums, part, &known));
                        *part = Vec::new();
                    }
                    (sums, present)
                };
                let running: Vec<_> =
                    parts.chunks_mut(share).map(|parts| scope.spawn(move || work(parts))).collect();
                let ended = running.into_iter().map(|thread| thread.join());
                ended.collect::<Result<Vec<_>, _>>()
            })
        });
        let present = present.map_err(|_| Failure::other("a thread that counts has panicked"))?;
        for (more, pairs) in present {
            sums.merge(&more);
            presences.push(pairs)?;
        }
    }
    presences.end(night).await?;
    let knows_past = keys.is_there();
    let mut notes = keys.notes;
    if read.unlisted > 0 {
        notes.push(format!(
            "{} playbacks and tips are of creators who have published nothing, and are not counted",
            read.unlisted
        ));
    }
    let late = until.keys().filter(|day| **day != night.dt).count();
    if late > 0 {
        notes.push(format!("{late} days before had playbacks after their release: they count today"));
    }
    Ok(Counted { sums, until, rows: read.rows, knows_past, notes })
}

/// The halves of viewers' identities, in so many ranges.
fn ranges(count: u64) -> Vec<RangeInclusive<u64>> {
    let bound = |part: u64| ((u128::from(part) << 64) / u128::from(count)) as u64;
    (0..count)
        .map(|part| bound(part)..=if part + 1 == count { u64::MAX } else { bound(part + 1) - 1 })
        .collect()
}

/// What of each landing day is counted once today is: its last ingest. Beside today those days are in it that were
/// released before, and have had playbacks since, which the session then knows as `work.counted_until`.
async fn until(night: &Night, ledger: &Ledger) -> Outcome<BTreeMap<NaiveDate, i64>> {
    let dt = night.dt;
    let counted = ledger.counted_until();
    let query = format!(
        "SELECT dt, max(ingested_at) FROM ops.ingested_files WHERE source = '{}' \
         AND dt >= DATE '{}' AND dt <= DATE '{dt}' GROUP BY dt ORDER BY dt",
        Source::Playback.folder(),
        dt - Duration::days(LATE_DAYS)
    );
    let (mut until, mut late) = (BTreeMap::new(), Vec::new());
    for batch in night.session.sql(&query).await?.collect().await? {
        let days = batch.column(0).as_primitive::<Date32Type>();
        let last = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        for row in (0..batch.num_rows()).filter(|row| last.is_valid(*row)) {
            let (day, last) = (time::date(days.value(row)), last.value(row));
            match counted.get(&day) {
                Some(before) if day != dt && last > *before => {
                    late.push((time::days(day), *before));
                    until.insert(day, last);
                }
                _ if day == dt => {
                    until.insert(day, last);
                }
                // It was never released, and may be yet.
                _ => {}
            }
        }
    }
    let days: ArrayRef = Arc::new(Date32Array::from_iter_values(late.iter().map(|(day, _)| *day)));
    let before = late.iter().map(|(_, before)| *before);
    let before: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(before).with_timezone("UTC"));
    let counted = RecordBatch::try_from_iter([("dt", days), ("until", before)])?;
    night.session.put_work("counted_until", counted)?;
    Ok(until)
}

/// The touches of a range of viewers, those of one viewer in one part.
async fn touches(
    night: &Night,
    reader: &Reader<'_>,
    values: &Values,
    viewers: &RangeInclusive<u64>,
    room: usize,
) -> Outcome<(Vec<Vec<Touch>>, Read)> {
    let mut parts: Vec<Vec<Touch>> = Vec::with_capacity(PARTS);
    parts.resize_with(PARTS, || Vec::with_capacity(room + room / 8));
    // By other bits than those of the ranges.
    let part = |touch: &Touch| (touch.viewer.1 % PARTS as u64) as usize;
    let mut read = Read::default();
    let mut add = |found: Read| {
        read.rows += found.rows;
        read.unlisted += found.unlisted;
    };
    for (name, is_tips) in [("playbacks", false), ("tips", true)] {
        let plan = models::plan(&night.session, &night.sql, name, values).await?;
        let expected: &[&str] = if is_tips { &TIP_COLUMNS } else { &PLAYBACK_COLUMNS };
        if !plan.schema().fields().iter().map(|field| field.name().as_str()).eq(expected.iter().copied()) {
            return Err(Failure::other(format!("{name}.sql: its columns are not {}", expected.join(", "))));
        }
        let mut batches = Batches::of(night, plan).await?;
        while let Some(some) = batches.next().await? {
            // Each thread reads a batch of its own.
            let found = block_in_place(|| {
                std::thread::scope(|scope| {
                    let read = |batch: RecordBatch| {
                        let mut touches = Vec::with_capacity(batch.num_rows());
                        let found = match is_tips {
                            true => reader.tips(&batch, viewers, |touch| touches.push(touch)),
                            false => reader.playbacks(&batch, viewers, |touch| touches.push(touch)),
                        };
                        found.map(|found| (touches, found))
                    };
                    let running: Vec<_> =
                        some.into_iter().map(|batch| scope.spawn(move || read(batch))).collect();
                    running.into_iter().map(|thread| thread.join()).collect::<Result<Vec<_>, _>>()
                })
            });
            let found = found.map_err(|_| Failure::other("a thread that reads has panicked"))?;
            for found in found {
                let (touches, found) = found?;
                add(found);
                touches.into_iter().for_each(|touch| parts[part(&touch)].push(touch));
            }
        }
    }
    Ok((parts, read))
}

/// Batches of a query, a few at once.
struct Batches {
    waiting: tokio::sync::mpsc::Receiver<Result<RecordBatch, datafusion::error::DataFusionError>>,
    at_once: usize,
    _reading: JoinSet<()>,
}

impl Batches {
    async fn of(night: &Night, plan: DataFrame) -> Outcome<Self> {
        let at_once = night.ingest.threads.max(1);
        let context = Arc::new(plan.task_ctx());
        let plan = plan.create_physical_plan().await?;
        let (sender, waiting) = tokio::sync::mpsc::channel(at_once);
        let mut reading = JoinSet::new();
        for mut stream in execute_stream_partitioned(plan, context)? {
            let sender = sender.clone();
            reading.spawn(async move {
                while let Some(batch) = stream.next().await {
                    if sender.send(batch).await.is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { waiting, at_once, _reading: reading })
    }

    /// The next few; none at the end.
    async fn next(&mut self) -> Outcome<Option<Vec<RecordBatch>>> {
        let mut batches = Vec::new();
        while batches.len() < self.at_once {
            match self.waiting.recv().await {
                Some(batch) => batches.push(batch?),
                None => break,
            }
        }
        Ok((!batches.is_empty()).then_some(batches))
    }
}
