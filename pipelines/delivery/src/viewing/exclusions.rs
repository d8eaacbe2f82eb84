//! What is left out of sessions, traces and cohorts, by reason: nothing goes silently.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use schemas::quality::QUALITY_EXCLUSIONS;

use crate::estimates::Error;

/// Why a request, a chunk or a session is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Requests that are for no segment of a content.
    NotASegment,
    /// Requests that name no session: CMCD is missing, cannot be read, or has no `sid`.
    SessionMissing,
    /// Requests that name a session of which no playback has landed.
    SessionUnknown,
    /// Requests of a session that was rebuilt the night before.
    SessionRebuilt,
    /// Chunks that the edge had in its cache.
    Hit,
    /// Chunks too small to measure by.
    Tiny,
    /// Chunks that did not arrive whole: the viewer left, or the node failed.
    Failed,
    /// Chunks without a time or without bytes.
    Untimed,
    /// Chunks whose throughput is none.
    OutOfRange,
    /// Chunks that are not video.
    Other,
    /// Chunks of a session of which too few can be used: the player's own readings are taken instead.
    TooFew,
    /// Sessions that no request has named yet: they wait for the logs of one more night.
    Waiting,
    /// Sessions in no cohort: region, network or class of device is not told.
    CohortUnknown,
    /// Sessions whose display or codecs are not told.
    DeviceUnknown,
    /// Sessions of which no source knows a throughput.
    ThroughputUnknown,
}

impl Reason {
    /// The subject and the stable code.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::NotASegment => ("REQUEST", "NOT_A_SEGMENT"),
            Self::SessionMissing => ("REQUEST", "SESSION_MISSING"),
            Self::SessionUnknown => ("REQUEST", "SESSION_UNKNOWN"),
            Self::SessionRebuilt => ("REQUEST", "SESSION_REBUILT"),
            Self::Hit => ("CHUNK", "HIT"),
            Self::Tiny => ("CHUNK", "TINY"),
            Self::Failed => ("CHUNK", "FAILED"),
            Self::Untimed => ("CHUNK", "UNTIMED"),
            Self::OutOfRange => ("CHUNK", "OUT_OF_RANGE"),
            Self::Other => ("CHUNK", "OTHER"),
            Self::TooFew => ("CHUNK", "TOO_FEW"),
            Self::Waiting => ("SESSION", "WAITING"),
            Self::CohortUnknown => ("EVIDENCE", "COHORT_UNKNOWN"),
            Self::DeviceUnknown => ("EVIDENCE", "DEVICE_UNKNOWN"),
            Self::ThroughputUnknown => ("EVIDENCE", "THROUGHPUT_UNKNOWN"),
        }
    }

    fn has_bytes(self) -> bool {
        matches!(self.names().0, "REQUEST" | "CHUNK")
    }
}

/// How often each reason held, and for how many bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions(BTreeMap<Reason, (u64, u64)>);

impl Exclusions {
    /// Counts one.
    pub fn add(&mut self, reason: Reason, bytes: u64) {
        self.add_many(reason, 1, bytes);
    }

    /// Counts several, with their bytes together.
    pub fn add_many(&mut self, reason: Reason, count: u64, bytes: u64) {
        if count > 0 {
            let own = self.0.entry(reason).or_default();
            *own = (own.0 + count, own.1 + bytes);
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (reason, (count, bytes)) in &other.0 {
            self.add_many(*reason, *count, *bytes);
        }
    }

    /// How often a reason held.
    pub fn count(&self, reason: Reason) -> u64 {
        self.0.get(&reason).map_or(0, |(count, _)| *count)
    }

    /// Every reason that held, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.0.iter().map(|(reason, (count, _))| (*reason, *count))
    }

    /// `silver.quality_exclusions` of a night.
    pub fn batch(&self) -> Result<RecordBatch, Error> {
        let mut rows: Vec<_> = self.0.iter().map(|(reason, sums)| (reason.names(), reason, sums)).collect();
        rows.sort_unstable_by_key(|(names, ..)| *names);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|((subject, _), ..)| Some(*subject)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|((_, code), ..)| Some(*code)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|(_, _, (count, _))| Some(*count as i64)).collect::<Int64Array>()),
            Arc::new(
                rows.iter()
                    .map(|(_, reason, (_, bytes))| reason.has_bytes().then_some(*bytes as i64))
                    .collect::<Int64Array>(),
            ),
        ];
        Ok(RecordBatch::try_new(QUALITY_EXCLUSIONS.file_schema(), columns)?)
    }
}
