//! A request as forty bytes: all that a session is rebuilt from.

use arrow::array::{Array, RecordBatch, StringArray};

use super::exclusions::{Exclusions, Reason};
use crate::estimates::codes::{Codec, hash_of};
use crate::estimates::{Error, reading};

/// Words of a record.
pub const WORDS: usize = 5;

/// A segment whose place in its content is not known.
const NO_SEGMENT: u32 = (1 << 24) - 1;
/// A duration that is not known.
const NO_TIME: u32 = u32::MAX;
const HEIGHT_MAX: i64 = (1 << 13) - 1;

/// What is true or not of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u8);

impl Marks {
    pub const HIT: u8 = 1;
    pub const FAILED: u8 = 1 << 1;
    /// The buffer had run dry.
    pub const DRY: u8 = 1 << 2;
    pub const NOT_VIDEO: u8 = 1 << 3;
    /// It landed on the night, not on the day before.
    pub const OF_DAY: u8 = 1 << 4;

    /// All of these.
    pub fn of(marks: &[u8]) -> Self {
        Self(marks.iter().fold(0, |all, mark| all | mark))
    }

    /// Whether one of these is among them.
    pub fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    fn set(&mut self, mark: u8, holds: bool) {
        self.0 |= if holds { mark } else { 0 };
    }
}

/// A request of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub session: u64,
    /// End of the response, in seconds since the epoch.
    pub at_seconds: u32,
    pub segment: Option<u32>,
    pub marks: Marks,
    pub bytes: u32,
    pub taken_us: Option<u32>,
    pub first_byte_us: Option<u32>,
    /// What the player said it measured.
    pub measured_kbps: u32,
    pub codec: Option<Codec>,
    pub height: u32,
}

impl Request {
    /// The record of it: the session first, then the time, then all else, so that sorted records are in the order
    /// of time and equal ones are the same.
    pub fn packed(&self) -> [u64; WORDS] {
        let place = u64::from(self.segment.unwrap_or(NO_SEGMENT)) << 8 | u64::from(self.marks.0);
        let codec = self.codec.map_or(7, |codec| codec as u64);
        [
            self.session,
            u64::from(self.at_seconds) << 32 | place,
            u64::from(self.bytes) << 32 | u64::from(self.taken_us.unwrap_or(NO_TIME)),
            u64::from(self.first_byte_us.unwrap_or(NO_TIME)) << 32 | u64::from(self.measured_kbps),
            codec << 13 | u64::from(self.height),
        ]
    }

    /// The request of a record.
    pub fn unpacked(record: &[u64; WORDS]) -> Self {
        let time = |word: u64| Some(word as u32).filter(|time| *time != NO_TIME);
        Self {
            session: record[0],
            at_seconds: (record[1] >> 32) as u32,
            segment: Some((record[1] as u32) >> 8).filter(|segment| *segment != NO_SEGMENT),
            marks: Marks(record[1] as u8),
            bytes: (record[2] >> 32) as u32,
            taken_us: time(record[2]),
            first_byte_us: time(record[3] >> 32),
            measured_kbps: record[3] as u32,
            codec: Codec::ALL.get((record[4] >> 13) as usize).copied(),
            height: (record[4] & HEIGHT_MAX as u64) as u32,
        }
    }
}

/// Reads requests into records; those of no session are counted.
#[derive(Debug, Default)]
pub struct RequestsReader {
    pub exclusions: Exclusions,
    /// Requests that landed on the night.
    pub requests: u64,
}

/// The columns that are read, in SQL.
pub const COLUMNS: &str = "at, status, bytes_sent, time_taken_ms, first_byte_ms, result_type, viewer_left, codec, \
    height, segment, session_id, cmcd_mtp, cmcd_ot, cmcd_bs";

impl RequestsReader {
    /// Reads the columns of [`COLUMNS`]. Of the day before, only sessions that are wanted are read, and nothing is
    /// counted: that night has counted them.
    pub fn push<E: From<Error>>(
        &mut self,
        batch: &RecordBatch,
        wanted: Option<&[u64]>,
        mut keep: impl FnMut([u64; WORDS]) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = Columns::of(batch)?;
        for row in 0..batch.num_rows() {
            let session = reading::text(columns.sessions, row).map(hash_of);
            if let Some(wanted) = wanted {
                let Some(session) = session.filter(|session| wanted.binary_search(session).is_ok()) else {
                    continue;
                };
                if let Some(request) = columns.request(row, session, false) {
                    keep(request.packed())?;
                }
                continue;
            }
            self.requests += 1;
            let bytes = || columns.bytes_at(row).max(0) as u64;
            let Some(session) = session else {
                let is_segment = columns.segments.is_valid(row) && columns.heights.is_valid(row);
                let reason = if is_segment { Reason::SessionMissing } else { Reason::NotASegment };
                self.exclusions.add(reason, bytes());
                continue;
            };
            match columns.request(row, session, true) {
                Some(request) => keep(request.packed())?,
                None => self.exclusions.add(Reason::NotASegment, bytes()),
            }
        }
        Ok(())
    }
}

struct Columns<'a> {
    times: &'a [i64],
    statuses: &'a arrow::array::Int64Array,
    bytes: &'a arrow::array::Int64Array,
    taken: &'a arrow::array::Float64Array,
    first: &'a arrow::array::Float64Array,
    results: &'a StringArray,
    left: &'a arrow::array::BooleanArray,
    codecs: &'a StringArray,
    heights: &'a arrow::array::Int64Array,
    segments: &'a StringArray,
    sessions: &'a StringArray,
    measured: &'a arrow::array::Int64Array,
    kinds: &'a StringArray,
    dry: &'a arrow::array::BooleanArray,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, Error> {
        Ok(Self {
            times: reading::times(batch, "at")?,
            statuses: reading::integers(batch, "status")?,
            bytes: reading::integers(batch, "bytes_sent")?,
            taken: reading::floats(batch, "time_taken_ms")?,
            first: reading::floats(batch, "first_byte_ms")?,
            results: reading::texts(batch, "result_type")?,
            left: reading::flags(batch, "viewer_left")?,
            codecs: reading::texts(batch, "codec")?,
            heights: reading::integers(batch, "height")?,
            segments: reading::texts(batch, "segment")?,
            sessions: reading::texts(batch, "session_id")?,
            measured: reading::integers(batch, "cmcd_mtp")?,
            kinds: reading::texts(batch, "cmcd_ot")?,
            dry: reading::flags(batch, "cmcd_bs")?,
        })
    }

    fn bytes_at(&self, row: usize) -> i64 {
        if self.bytes.is_valid(row) { self.bytes.value(row) } else { 0 }
    }

    /// The request of a row; none where it is for no segment of a content.
    fn request(&self, row: usize, session: u64, is_of_day: bool) -> Option<Request> {
        let segment = reading::text(self.segments, row)?;
        let height = self.heights.is_valid(row).then(|| self.heights.value(row))?;
        let status = self.statuses.is_valid(row).then(|| self.statuses.value(row));
        let result = reading::text(self.results, row);
        let mut marks = Marks::default();
        marks.set(Marks::HIT, matches!(result, Some("Hit" | "RefreshHit")));
        let has_left = self.left.is_valid(row) && self.left.value(row);
        let has_failed = has_left || result == Some("Error") || !matches!(status, None | Some(200 | 206));
        marks.set(Marks::FAILED, has_failed);
        marks.set(Marks::DRY, self.dry.is_valid(row) && self.dry.value(row));
        let is_video = matches!(reading::text(self.kinds, row), None | Some("v" | "av"));
        marks.set(Marks::NOT_VIDEO, !is_video);
        marks.set(Marks::OF_DAY, is_of_day);
        let measured = if self.measured.is_valid(row) { self.measured.value(row) } else { 0 };
        Some(Request {
            session,
            at_seconds: u32::try_from(self.times[row].div_euclid(1_000_000)).unwrap_or(0),
            segment: segment.parse().ok().filter(|segment| *segment < NO_SEGMENT),
            marks,
            bytes: u32::try_from(self.bytes_at(row).max(0)).unwrap_or(u32::MAX),
            taken_us: reading::number(self.taken, row).and_then(microseconds),
            first_byte_us: reading::number(self.first, row).and_then(microseconds),
            measured_kbps: u32::try_from(measured.max(0)).unwrap_or(u32::MAX),
            codec: reading::text(self.codecs, row).and_then(Codec::of),
            height: height.clamp(0, HEIGHT_MAX) as u32,
        })
    }
}

fn microseconds(milliseconds: f64) -> Option<u32> {
    let rounded = (milliseconds * 1_000.0).round();
    (0.0..f64::from(NO_TIME)).contains(&rounded).then_some(rounded as u32)
}
