//! What is left out of the estimates, by reason: nothing goes silently.

use std::collections::BTreeMap;

/// Why a request or a probe is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Requests: no playback says where the viewer is, and the node is in no inventory either.
    RegionUnknown,
    /// Requests: fewer bytes than none, or more than a response can have.
    BytesOutOfRange,
    /// Probes: the playback has no region.
    RegionMissing,
    /// Probes: the node is not named.
    NodeMissing,
    /// Probes: not said whether by policy or at random.
    ChooserMissing,
    /// Probes: no round trip.
    RoundTripMissing,
    /// Probes: a round trip of no time, less, or more than a minute: a clock was off.
    RoundTripOutOfRange,
    /// Probes: no propensity.
    PropensityMissing,
    /// Probes: a propensity that is none: zero, below it, above one, or less than one in a million.
    PropensityOutOfRange,
    /// Probes: counted but for their throughput, which is missing, not above zero or above 100 Gbit/s.
    ThroughputUnusable,
}

impl Reason {
    /// The source and the stable code.
    pub fn names(self) -> (&'static str, &'static str) {
        const ACCESS: &str = "delivery/access";
        const PLAYBACK: &str = "delivery/playback";
        match self {
            Self::RegionUnknown => (ACCESS, "REGION_UNKNOWN"),
            Self::BytesOutOfRange => (ACCESS, "BYTES_OUT_OF_RANGE"),
            Self::RegionMissing => (PLAYBACK, "REGION_MISSING"),
            Self::NodeMissing => (PLAYBACK, "NODE_MISSING"),
            Self::ChooserMissing => (PLAYBACK, "CHOOSER_MISSING"),
            Self::RoundTripMissing => (PLAYBACK, "ROUND_TRIP_MISSING"),
            Self::RoundTripOutOfRange => (PLAYBACK, "ROUND_TRIP_OUT_OF_RANGE"),
            Self::PropensityMissing => (PLAYBACK, "PROPENSITY_MISSING"),
            Self::PropensityOutOfRange => (PLAYBACK, "PROPENSITY_OUT_OF_RANGE"),
            Self::ThroughputUnusable => (PLAYBACK, "THROUGHPUT_UNUSABLE"),
        }
    }

    /// Whether it is of requests, which have bytes.
    pub fn has_bytes(self) -> bool {
        matches!(self, Self::RegionUnknown | Self::BytesOutOfRange)
    }
}

/// How often each reason held, and for how many bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions(BTreeMap<Reason, (u64, u64)>);

impl Exclusions {
    /// Counts one.
    pub fn add(&mut self, reason: Reason, bytes: u64) {
        let (count, sum) = self.0.entry(reason).or_default();
        *count += 1;
        *sum += bytes;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (reason, (count, bytes)) in &other.0 {
            let own = self.0.entry(*reason).or_default();
            *own = (own.0 + count, own.1 + bytes);
        }
    }

    /// Count and bytes of a reason.
    pub fn of(&self, reason: Reason) -> (u64, u64) {
        self.0.get(&reason).copied().unwrap_or_default()
    }

    /// Every reason that held, with count and bytes.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, u64, u64)> {
        self.0.iter().map(|(reason, (count, bytes))| (*reason, *count, *bytes))
    }
}
