//! A partition's records into sessions: both sides are sorted and walked once.

use arrow::array::RecordBatch;

use super::columns::SessionRows;
use super::exclusions::{Exclusions, Reason};
use super::ladders::{Ladders, Usage};
use super::playback::{Kind, Playback};
use super::request::{Marks, Request};
use super::trace::{LEFT_OUT, Trace};
use super::{playback, request};
use crate::estimates::Error;
use crate::estimates::codes::{Codec, Names};

/// Sessions of one batch.
const ROWS: usize = 16_384;

/// What a trace is made by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Chunks below it are too small to measure by.
    pub chunk_bytes_min: u64,
    /// Whether chunks that the edge had in its cache are left out.
    pub hits_left_out: bool,
    /// Chunks, or the player's readings, that make a trace; fewer do where there is nothing else.
    pub chunks_min: u64,
    /// Intervals of a trace at most.
    pub intervals_max: usize,
    /// The night, and the day before, in days since the epoch.
    pub day: i32,
}

/// The sessions of a partition.
#[derive(Debug, Default)]
pub struct Folded {
    /// Rows of `silver.viewing_sessions` by their hash.
    pub batches: Vec<RecordBatch>,
    pub sessions: u64,
    pub exclusions: Exclusions,
    pub usage: Usage,
}

/// What the log says of a session.
#[derive(Debug, Default)]
pub(super) struct Logged {
    pub landed: u64,
    pub startup_ms: Option<i64>,
    pub stalls: u64,
    pub switches: u64,
    pub first_byte_ms: Option<f64>,
    /// Codec, height, chunks and bytes, in order.
    pub rungs: Vec<(Option<Codec>, u32, u64, u64)>,
}

/// Rebuilds the sessions of a partition. The records may come in any order.
pub fn fold(
    mut playbacks: Vec<[u64; playback::WORDS]>,
    mut requests: Vec<[u64; request::WORDS]>,
    ladders: &Ladders,
    regions: &Names,
    rules: &Rules,
) -> Result<Folded, Error> {
    playbacks.sort_unstable();
    requests.sort_unstable();
    let mut folding = Folding {
        folded: Folded::default(),
        rows: SessionRows::default(),
        requests: Vec::new(),
        logged: Logged::default(),
        trace: Trace::default(),
        ladders,
        regions,
        rules,
    };
    let (mut playbacks, mut requests) = (playbacks.as_slice(), requests.as_slice());
    loop {
        let sessions = [playbacks.first().map(|record| record[0]), requests.first().map(|record| record[0])];
        let Some(session) = sessions.into_iter().flatten().min() else { break };
        let told = playbacks.iter().take_while(|record| record[0] == session).count();
        let asked = requests.iter().take_while(|record| record[0] == session).count();
        folding.take(&playbacks[..told], &requests[..asked])?;
        (playbacks, requests) = (&playbacks[told..], &requests[asked..]);
    }
    folding.end_batch()?;
    Ok(folding.folded)
}

struct Folding<'a> {
    folded: Folded,
    rows: SessionRows,
    requests: Vec<Request>,
    logged: Logged,
    trace: Trace,
    ladders: &'a Ladders,
    regions: &'a Names,
    rules: &'a Rules,
}

impl Folding<'_> {
    fn exclude(&mut self, reason: Reason, requests: &[[u64; request::WORDS]]) {
        for request in requests.iter().map(Request::unpacked) {
            if request.marks.has(Marks::OF_DAY) {
                self.folded.exclusions.add(reason, u64::from(request.bytes));
            }
        }
    }

    fn take(
        &mut self,
        told: &[[u64; playback::WORDS]],
        asked: &[[u64; request::WORDS]],
    ) -> Result<(), Error> {
        // Of one kind there is one record; those of the night before come first.
        let Some(playback) = told.last().map(Playback::unpacked) else {
            self.exclude(Reason::SessionUnknown, asked);
            return Ok(());
        };
        let was_rebuilt = told.first().is_some_and(|first| Playback::unpacked(first).kind == Kind::Rebuilt);
        match playback.kind {
            Kind::OfDay if asked.is_empty() => self.folded.exclusions.add(Reason::Waiting, 0),
            Kind::OfDayBefore | Kind::Rebuilt if was_rebuilt => self.exclude(Reason::SessionRebuilt, asked),
            _ => self.rebuild(&playback, asked)?,
        }
        Ok(())
    }

    fn rebuild(&mut self, playback: &Playback, asked: &[[u64; request::WORDS]]) -> Result<(), Error> {
        self.requests.clear();
        self.requests.extend(asked.iter().map(Request::unpacked));
        self.logged.read(&self.requests, playback.started_at);
        self.trace.make(&self.requests, playback.probed_kbps, self.rules);
        for (reason, (count, bytes)) in LEFT_OUT.into_iter().zip(self.trace.left_out) {
            self.folded.exclusions.add_many(reason, count, bytes);
        }
        if playback.region.is_none() || playback.network.is_none() || playback.device.is_none() {
            self.folded.exclusions.add(Reason::CohortUnknown, 0);
        } else if playback.width.is_none() || playback.height.is_none() || playback.codecs.is_none() {
            self.folded.exclusions.add(Reason::DeviceUnknown, 0);
        } else if self.trace.source.is_none() {
            self.folded.exclusions.add(Reason::ThroughputUnknown, 0);
        }
        if let Some(ladder) = playback.ladder {
            self.folded.usage.add(ladder, playback.watch_ms);
        }
        let ladder = playback.ladder.map(|code| self.ladders.stored(code));
        let region = playback.region.map(|code| self.regions.name(code));
        let count = self.requests.len() as u64;
        self.rows.push(playback, region, ladder, count, &self.logged, &self.trace, self.rules.day);
        self.folded.sessions += 1;
        if self.rows.len() >= ROWS { self.end_batch() } else { Ok(()) }
    }

    fn end_batch(&mut self) -> Result<(), Error> {
        if self.rows.len() > 0 {
            self.folded.batches.push(std::mem::take(&mut self.rows).finish()?);
        }
        Ok(())
    }
}

impl Logged {
    fn read(&mut self, requests: &[Request], started_at: i64) {
        *self = Self { rungs: std::mem::take(&mut self.rungs), ..Self::default() };
        self.rungs.clear();
        let (mut first_us, mut firsts) = (0, 0);
        let mut before = None;
        for request in requests {
            self.landed += u64::from(request.marks.has(Marks::OF_DAY));
            self.stalls += u64::from(request.marks.has(Marks::DRY));
            if request.marks.has(Marks::FAILED) || request.marks.has(Marks::NOT_VIDEO) {
                continue;
            }
            if self.startup_ms.is_none() {
                let waited_ms = i64::from(request.at_seconds) * 1_000 - started_at.div_euclid(1_000);
                self.startup_ms = Some(waited_ms.max(0));
            }
            if let Some(first_byte_us) = request.first_byte_us {
                (first_us, firsts) = (first_us + u64::from(first_byte_us), firsts + 1);
            }
            let rung = (request.codec, request.height);
            self.switches += u64::from(before.is_some_and(|before| before != rung));
            before = Some(rung);
            let place = self.rungs.binary_search_by_key(&rung, |known| (known.0, known.1));
            let place = place.unwrap_or_else(|place| {
                self.rungs.insert(place, (rung.0, rung.1, 0, 0));
                place
            });
            self.rungs[place].2 += 1;
            self.rungs[place].3 += u64::from(request.bytes);
        }
        self.first_byte_ms = (firsts > 0).then(|| first_us as f64 / firsts as f64 / 1_000.0);
    }
}
