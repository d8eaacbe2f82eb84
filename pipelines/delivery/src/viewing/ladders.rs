//! Which ladder each content has: twelve bytes for each content, and each ladder once.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use schemas::quality::QUALITY_LADDERS;
use xxhash_rust::xxh3::xxh3_64;

use crate::cohorts::columns::ladder_lists;
use crate::estimates::codes::Codec;
use crate::estimates::index::Index;
use crate::estimates::versions::Versions;
use crate::estimates::{Error, reading};
use crate::quality::Rendition;

/// Ladders that are told apart; of more, those with the smallest hashes.
const LADDERS_MAX: usize = 65_536;
/// A content whose ladder is not known.
const UNKNOWN: u32 = u32::MAX;
/// A ratio's parts of one.
const MILLION: f64 = 1e6;

/// Contents while they are read, by ascending ranges of their hash.
#[derive(Debug, Default)]
pub struct LaddersReader {
    /// The hash of each content's ladder, and its mean over peak bitrate in millionths.
    versions: Versions<(u64, u32)>,
    ladders: BTreeMap<u64, Vec<Rendition>>,
}

/// A ladder, and the contents that have it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ladder {
    hash: u64,
    renditions: Vec<Rendition>,
    contents: u64,
    /// Sum and count of the contents' ratios of mean and peak bitrate, in millionths.
    ratios: (u64, u64),
}

/// Every content's ladder.
#[derive(Debug, Default)]
pub struct Ladders {
    index: Index,
    codes: Vec<u32>,
    ladders: Vec<Ladder>,
}

/// How much each ladder was watched: sessions and milliseconds, by code.
#[derive(Debug, Clone, Default)]
pub struct Usage(BTreeMap<u32, (u64, u64)>);

impl Usage {
    /// Counts a session.
    pub fn add(&mut self, ladder: u32, watch_ms: u64) {
        let (sessions, watched) = self.0.entry(ladder).or_default();
        *sessions += 1;
        *watched += watch_ms;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (ladder, (sessions, watched)) in &other.0 {
            let own = self.0.entry(*ladder).or_default();
            *own = (own.0 + sessions, own.1 + watched);
        }
    }
}

/// The hash of a ladder, whose renditions are in order.
pub fn hash_of_ladder(renditions: &[Rendition]) -> u64 {
    let mut text = String::new();
    for Rendition { codec, peak_kbps, width, height, framerate } in renditions {
        text += &format!("{} {width}x{height} {framerate} {peak_kbps}\n", codec.name());
    }
    xxh3_64(text.as_bytes())
}

/// The hash of a ladder, which is kept; 0 stands for none.
fn know(ladders: &mut BTreeMap<u64, Vec<Rendition>>, renditions: Vec<Rendition>) -> u64 {
    if renditions.is_empty() {
        return 0;
    }
    let hash = hash_of_ladder(&renditions).max(1);
    ladders.entry(hash).or_insert(renditions);
    if ladders.len() > LADDERS_MAX {
        ladders.pop_last();
    }
    hash
}

impl LaddersReader {
    /// Reads versions: `key_hash`, `dt`, `source_file`, `source_line`, `duration_ms`, `renditions`.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let durations = reading::integers(batch, "duration_ms")?;
        let lists = reading::lists(batch, "renditions")?;
        let rungs = reading::structs(lists, "renditions")?;
        let codecs = reading::texts(rungs, "codec")?;
        let framerates = reading::floats(rungs, "framerate")?;
        let [widths, heights, peaks, bytes] =
            ["width", "height", "peak_kbps", "bytes"].map(|name| reading::integers(rungs, name));
        let (widths, heights, peaks, bytes) = (widths?, heights?, peaks?, bytes?);
        let number = |column: &Int64Array, place: usize| {
            let told = arrow::array::Array::is_valid(column, place).then(|| column.value(place));
            told.and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0)
        };
        let rendition = |place: usize| {
            let framerate = reading::number(framerates, place)?.round();
            Some(Rendition {
                codec: reading::text(codecs, place).and_then(Codec::of)?,
                width: number(widths, place)?,
                height: number(heights, place)?,
                framerate: (1.0..=1_000.0).contains(&framerate).then_some(framerate as u32)?,
                peak_kbps: number(peaks, place)?,
            })
        };
        let ladders = &mut self.ladders;
        self.versions.push(batch, |row| {
            let duration = number(durations, row);
            let ratio = |place: usize| {
                let mean_kbps = f64::from(number(bytes, place)?) * 8.0 / f64::from(duration?);
                let ratio = mean_kbps / f64::from(number(peaks, place)?);
                (ratio > 0.0 && ratio <= 1.0).then_some(ratio)
            };
            let places = reading::span(lists, row);
            let ratios: Vec<f64> = places.clone().filter_map(ratio).collect();
            let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
            let mut renditions: Vec<Rendition> = places.filter_map(rendition).collect();
            renditions.sort_unstable();
            renditions.dedup();
            (know(ladders, renditions), (mean * MILLION).round() as u32)
        })
    }

    /// Ends a range.
    pub fn end_range(&mut self) {
        self.versions.end_range();
    }

    /// All contents.
    pub fn finish(self) -> Ladders {
        let (index, of_content) = self.versions.finish();
        let mut ladders: Vec<Ladder> = self
            .ladders
            .into_iter()
            .map(|(hash, renditions)| Ladder { hash, renditions, ..Ladder::default() })
            .collect();
        let mut codes = Vec::with_capacity(of_content.len());
        for (hash, ratio) in of_content {
            let Ok(place) = ladders.binary_search_by_key(&hash, |ladder| ladder.hash) else {
                codes.push(UNKNOWN);
                continue;
            };
            codes.push(place as u32);
            ladders[place].contents += 1;
            if ratio > 0 {
                let (sum, count) = ladders[place].ratios;
                ladders[place].ratios = (sum + u64::from(ratio), count + 1);
            }
        }
        Ladders { index, codes, ladders }
    }
}

impl Ladders {
    /// The code of a content's ladder.
    pub fn of(&self, content: u64) -> Option<u32> {
        self.index.find(content).map(|place| self.codes[place]).filter(|code| *code != UNKNOWN)
    }

    /// The hash of a ladder as it is stored.
    pub fn stored(&self, code: u32) -> i64 {
        self.ladders[code as usize].hash as i64
    }

    /// `silver.quality_ladders` of a night: the ladders that were watched.
    pub fn batch(&self, usage: &Usage) -> Result<RecordBatch, Error> {
        let mut rows: Vec<_> =
            usage.0.iter().map(|(code, used)| (&self.ladders[*code as usize], used)).collect();
        rows.sort_unstable_by_key(|(ladder, _)| ladder.hash as i64);
        let integers = |of: &dyn Fn(&Ladder, &(u64, u64)) -> i64| -> ArrayRef {
            Arc::new(rows.iter().map(|(ladder, used)| Some(of(ladder, used))).collect::<Int64Array>())
        };
        let ratio = |ladder: &Ladder| {
            let (sum, count) = ladder.ratios;
            (count > 0).then(|| sum as f64 / MILLION / count as f64)
        };
        let schema = QUALITY_LADDERS.file_schema();
        let columns: Vec<ArrayRef> = vec![
            integers(&|ladder, _| ladder.hash as i64),
            ladder_lists(&schema, "renditions", rows.iter().map(|(ladder, _)| ladder.renditions.as_slice()))?,
            integers(&|ladder, _| ladder.contents as i64),
            integers(&|_, (sessions, _)| *sessions as i64),
            integers(&|_, (_, watch_ms)| *watch_ms as i64),
            Arc::new(rows.iter().map(|(ladder, _)| ratio(ladder)).collect::<Float64Array>()),
        ];
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}
