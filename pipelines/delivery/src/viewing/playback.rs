//! A playback as a record: what its player told, in numbers.

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};

use super::ladders::Ladders;
use crate::estimates::codes::{Codecs, Names, from_stored, hash_of};
use crate::estimates::{Error, reading};

/// Words of a record.
pub const WORDS: usize = 12;
/// The columns that are read, in SQL.
pub const COLUMNS: &str = "key_hash, viewer, content_id, started_at, watch_ms, region, network, device_class, \
    device_width_max, device_height_max, device_framerate_max, device_codecs, data_saver, preferred_height_max, \
    startup_ms, rebuffer_ms, rebuffer_count, switches, probes";

/// Networks by their code.
pub const NETWORKS: [&str; 5] = ["3G", "4G", "5G", "WIFI", "WIRED"];
/// Classes of devices by their code.
pub const DEVICES: [&str; 4] = ["PHONE", "TABLET", "DESKTOP", "TV"];

/// What a record is of. The order is that in which a session's records are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A session that was rebuilt the night before.
    Rebuilt,
    /// A playback that landed the day before.
    OfDayBefore,
    /// A playback that landed on the night.
    OfDay,
}

/// A number that is not told.
const NONE: u32 = u32::MAX;

/// What a player told of a session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playback {
    pub session: u64,
    pub kind: Kind,
    pub viewer: u64,
    pub started_at: i64,
    /// By its code.
    pub region: Option<u32>,
    pub network: Option<usize>,
    pub device: Option<usize>,
    pub data_saver: Option<bool>,
    pub codecs: Option<Codecs>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// In thousandths of a frame a second.
    pub framerate_milli: Option<u32>,
    pub preferred_height: Option<u32>,
    pub watch_ms: u64,
    pub startup_ms: Option<u32>,
    pub rebuffer_ms: Option<u32>,
    pub rebuffer_count: Option<u32>,
    pub switches: Option<u32>,
    pub rtt_us: Option<u32>,
    pub probed_kbps: Option<u32>,
    /// The content's ladder by its code.
    pub ladder: Option<u32>,
}

fn pair(high: Option<u32>, low: Option<u32>) -> u64 {
    u64::from(high.unwrap_or(NONE)) << 32 | u64::from(low.unwrap_or(NONE))
}

fn halves(word: u64) -> (Option<u32>, Option<u32>) {
    let told = |half: u32| Some(half).filter(|half| *half != NONE);
    (told((word >> 32) as u32), told(word as u32))
}

/// A measurement in parts of its unit; one that is not above zero, or above a limit, is none.
fn parts(value: Option<f64>, parts: f64, limit: f64) -> Option<u32> {
    let value = value.filter(|value| *value > 0.0 && *value <= limit)?;
    Some((value * parts).round().clamp(1.0, f64::from(NONE - 1)) as u32)
}

impl Playback {
    /// The mark that a session was rebuilt the night before.
    pub fn rebuilt(session: u64) -> [u64; WORDS] {
        let mut record = [0; WORDS];
        record[0] = session;
        record
    }

    /// The record of it: the session first, then the kind.
    pub fn packed(&self) -> [u64; WORDS] {
        let code = |code: Option<usize>| code.map_or(15, |code| code as u64);
        let saver = self.data_saver.map_or(2, u64::from);
        let codecs = self.codecs.map_or(31, |codecs| u64::from(codecs.0));
        let codes = code(self.network) << 16 | code(self.device) << 12 | saver << 8 | codecs;
        [
            self.session,
            (self.kind as u64) << 56 | codes,
            self.viewer,
            self.started_at as u64,
            pair(self.region, self.ladder),
            pair(self.width, self.height),
            pair(self.framerate_milli, self.preferred_height),
            self.watch_ms,
            pair(self.startup_ms, self.rebuffer_ms),
            pair(self.rebuffer_count, self.switches),
            pair(self.rtt_us, self.probed_kbps),
            0,
        ]
    }

    /// The playback of a record.
    pub fn unpacked(record: &[u64; WORDS]) -> Self {
        let code = |shift: u32| Some((record[1] >> shift & 15) as usize).filter(|code| *code != 15);
        let (region, ladder) = halves(record[4]);
        let (width, height) = halves(record[5]);
        let (framerate_milli, preferred_height) = halves(record[6]);
        let (startup_ms, rebuffer_ms) = halves(record[8]);
        let (rebuffer_count, switches) = halves(record[9]);
        let (rtt_us, probed_kbps) = halves(record[10]);
        Self {
            session: record[0],
            kind: [Kind::Rebuilt, Kind::OfDayBefore, Kind::OfDay][(record[1] >> 56 & 3).min(2) as usize],
            viewer: record[2],
            started_at: record[3] as i64,
            region,
            network: code(16),
            device: code(12),
            data_saver: [Some(false), Some(true), None][(record[1] >> 8 & 3).min(2) as usize],
            codecs: Some((record[1] & 31) as u8).filter(|codecs| *codecs != 31).map(Codecs),
            width,
            height,
            framerate_milli,
            preferred_height,
            watch_ms: record[7],
            startup_ms,
            rebuffer_ms,
            rebuffer_count,
            switches,
            rtt_us,
            probed_kbps,
            ladder,
        }
    }
}

/// Reads playbacks into records. Regions get codes in the order in which they are met.
#[derive(Debug, Default)]
pub struct PlaybacksReader {
    pub regions: Names,
    /// Playbacks that landed on the night.
    pub playbacks: u64,
    /// Sessions of the night that began before it: requests of theirs may have landed the day before.
    pub early: Vec<u64>,
}

impl PlaybacksReader {
    /// Reads the columns of [`COLUMNS`]. `day_start` is the first instant of the night, in microseconds; `hashed`
    /// makes the hash of a viewer that stands in the place of its name.
    pub fn push<E: From<Error>>(
        &mut self,
        batch: &RecordBatch,
        kind: Kind,
        day_start: i64,
        ladders: &Ladders,
        hashed: impl Fn(&str) -> u64,
        mut keep: impl FnMut([u64; WORDS]) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = Columns::of(batch)?;
        for row in 0..batch.num_rows() {
            let mut playback = columns.playback(row, kind, &mut self.regions)?;
            playback.viewer = hashed(reading::text(columns.viewers, row).unwrap_or_default());
            playback.ladder = reading::text(columns.contents, row).and_then(|id| ladders.of(hash_of(id)));
            if kind == Kind::OfDay {
                self.playbacks += 1;
                if playback.started_at < day_start {
                    self.early.push(playback.session);
                }
            }
            keep(playback.packed())?;
        }
        Ok(())
    }
}

struct Columns<'a> {
    hashes: &'a Int64Array,
    viewers: &'a arrow::array::StringArray,
    contents: &'a arrow::array::StringArray,
    started: &'a [i64],
    regions: &'a arrow::array::StringArray,
    networks: &'a arrow::array::StringArray,
    devices: &'a arrow::array::StringArray,
    codecs: &'a arrow::array::ListArray,
    probes: &'a arrow::array::ListArray,
    framerates: &'a arrow::array::Float64Array,
    savers: &'a arrow::array::BooleanArray,
    numbers: [&'a Int64Array; 8],
}

const NUMBERS: [&str; 8] = [
    "watch_ms",
    "device_width_max",
    "device_height_max",
    "preferred_height_max",
    "startup_ms",
    "rebuffer_ms",
    "rebuffer_count",
    "switches",
];

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, Error> {
        let mut numbers = Vec::with_capacity(NUMBERS.len());
        for name in NUMBERS {
            numbers.push(reading::integers(batch, name)?);
        }
        Ok(Self {
            hashes: reading::integers(batch, "key_hash")?,
            viewers: reading::texts(batch, "viewer")?,
            contents: reading::texts(batch, "content_id")?,
            started: reading::times(batch, "started_at")?,
            regions: reading::texts(batch, "region")?,
            networks: reading::texts(batch, "network")?,
            devices: reading::texts(batch, "device_class")?,
            codecs: reading::lists(batch, "device_codecs")?,
            probes: reading::lists(batch, "probes")?,
            framerates: reading::floats(batch, "device_framerate_max")?,
            savers: reading::flags(batch, "data_saver")?,
            numbers: numbers.try_into().map_err(|_| Error::Columns("columns are missing".to_owned()))?,
        })
    }

    fn playback(&self, row: usize, kind: Kind, regions: &mut Names) -> Result<Playback, Error> {
        // A number below none is not told; one that is too large is the largest.
        let number = |place: usize| {
            let column = self.numbers[place];
            let told = column.is_valid(row).then(|| column.value(row)).filter(|value| *value >= 0);
            told.map(|value| u32::try_from(value).unwrap_or(NONE - 1).min(NONE - 1))
        };
        let code = |column, names: &[&str]| {
            reading::text(column, row).and_then(|text| names.iter().position(|name| *name == text))
        };
        let codecs = self.codecs.is_valid(row).then(|| {
            let items = self.codecs.value(row);
            items.as_string_opt::<i32>().map(|items| Codecs::of(items.iter().flatten()))
        });
        let (rtt_us, probed_kbps) = self.probe(row)?;
        let watch = self.numbers[0];
        Ok(Playback {
            session: from_stored(self.hashes.value(row)),
            kind,
            viewer: 0,
            started_at: self.started[row],
            region: reading::text(self.regions, row).map(|name| regions.code(name)),
            network: code(self.networks, &NETWORKS),
            device: code(self.devices, &DEVICES),
            data_saver: self.savers.is_valid(row).then(|| self.savers.value(row)),
            codecs: codecs.flatten(),
            width: number(1),
            height: number(2),
            framerate_milli: parts(reading::number(self.framerates, row), 1_000.0, 1_000.0),
            preferred_height: number(3),
            watch_ms: if watch.is_valid(row) { watch.value(row).max(0) as u64 } else { 0 },
            startup_ms: number(4),
            rebuffer_ms: number(5),
            rebuffer_count: number(6),
            switches: number(7),
            rtt_us,
            probed_kbps,
            ladder: None,
        })
    }

    /// Round trip and throughput of the first probe of a node that the policy drew.
    fn probe(&self, row: usize) -> Result<(Option<u32>, Option<u32>), Error> {
        let probes = reading::structs(self.probes, "probes")?;
        let choosers = reading::texts(probes, "chosen_by")?;
        let span = reading::span(self.probes, row);
        let Some(place) = span.into_iter().find(|place| reading::text(choosers, *place) == Some("POLICY"))
        else {
            return Ok((None, None));
        };
        let measured = |name| Ok::<_, Error>(reading::number(reading::floats(probes, name)?, place));
        // A round trip above a minute, and more than a hundred gigabits, are a clock's fault.
        Ok((parts(measured("rtt_ms")?, 1_000.0, 60_000.0), parts(measured("throughput_kbps")?, 1.0, 1e8)))
    }
}
