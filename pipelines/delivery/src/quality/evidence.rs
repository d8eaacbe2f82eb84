//! What is known of a cohort of viewers: its devices, its bandwidth, and the networks of viewers as they were measured.

use super::{Codec, Codecs, Decision};

/// A stretch of time in which a viewer's network was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Above zero.
    pub duration_ms: f64,
    /// Not below zero; zero is an outage.
    pub throughput_kbps: f64,
    /// From the request to its first byte.
    pub latency_ms: f64,
}

/// A session's network over time. Where a replay takes longer than the trace, the trace begins again.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The viewer as a hash that means nothing outside; all sessions of a viewer bear the same.
    pub viewer: u64,
    /// The device's place in [`Evidence::devices`].
    pub device: usize,
    /// What was watched of the content: a replay plays as much.
    pub watch_ms: f64,
    pub intervals: Vec<Interval>,
}

/// One way in which a content exists, or should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rendition {
    pub codec: Codec,
    pub peak_kbps: u32,
    pub width: u32,
    pub height: u32,
    pub framerate: u32,
}

/// A cohort's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cohort {
    pub region: String,
    pub network: String,
    pub device_class: String,
    pub data_saver: bool,
}

/// Devices that are alike, with the viewers who use them.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceProfile {
    pub codecs: Codecs,
    pub width: u32,
    pub height: u32,
    pub framerate: u32,
    /// The lines that the viewers want at most, if they said so: the longer or the shorter side, as renditions say it.
    pub height_max: Option<u32>,
    pub viewers: u64,
}

/// How a cohort's throughput is distributed over its viewers: masses on a logarithmic grid, each viewer with the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    /// Ascending, above zero.
    pub throughput_kbps: Vec<f64>,
    /// Not below zero, as many; they need not sum to one.
    pub masses: Vec<f64>,
}

/// A ladder that contents have, and the share of the cohort's watching that was of such contents.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedLadder {
    pub renditions: Vec<Rendition>,
    pub share: f64,
}

/// What the night before decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub decision: Decision,
    pub ladder: Vec<Rendition>,
}

/// All that is known of a cohort when its quality is planned. The order of what it lists changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub cohort: Cohort,
    /// Viewers that were measured, fitting and held out.
    pub viewers: u64,
    /// The ladder that is served today: what the contents that the cohort watches mostly have.
    pub current: Vec<Rendition>,
    /// Mean over peak bitrate of what is served; 1 where nothing is known.
    pub mean_to_peak: f64,
    /// The ladders of the contents watched, for what codecs and framerates exist. Empty: those of `current` do.
    pub offered: Vec<WeightedLadder>,
    pub devices: Vec<DeviceProfile>,
    /// Shrunk toward the cohort's parents.
    pub throughput: Distribution,
    /// Of viewers who are not held out.
    pub fitting: Vec<Trace>,
    /// Of viewers whom no candidate has seen.
    pub held_out: Vec<Trace>,
    pub yesterday: Option<Standing>,
}
