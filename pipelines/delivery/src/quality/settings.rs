//! How quality is planned: every constant with where it comes from, every one a key of the configuration.

use super::{Codec, Rendition};

/// How quality is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The bitrate whose quality is zero, in AVC.
    pub base_kbps: f64,
    /// Quality lost for each second stalled.
    pub stall_weight: f64,
    /// Quality lost for each second of waiting before the first picture.
    pub startup_weight: f64,
    /// Quality lost for each unit by which a switch moves the quality.
    pub switch_weight: f64,
    /// Quality lost for each megabyte: 0 counts none.
    pub megabyte_weight: f64,
    /// What a codec needs for the same picture, of what AVC needs, in the order of [`Codec::ALL`].
    pub codec_shares: [f64; 4],
    /// The AVC bitrate above which 1920 × 1080 at 30 frames a second looks no better.
    pub saturation_kbps: f64,
    /// With which power of the pixels, and of the framerate, that grows.
    pub saturation_pixels_power: f64,
    pub saturation_framerate_power: f64,
    /// The share of its saturation below which a size is not worth its bits.
    pub size_share_min: f64,

    /// Candidates lie on a grid from the lowest to the highest bitrate.
    pub grid_kbps_min: f64,
    pub grid_kbps_max: f64,
    pub grid_points: usize,
    /// Rungs of one codec.
    pub rungs_max: usize,
    /// What a rung must gain, averaged over all viewers, to be worth its encoding.
    pub rung_gain_min: f64,
    /// Each rung is so many times the one below.
    pub step_min: f64,
    pub step_max: f64,
    /// The lowest rung's share of the 10th percentile of throughput.
    pub lowest_share: f64,
    /// No lowest rung is above this: every network has bad moments.
    pub lowest_kbps_max: f64,
    /// The share of its throughput that a viewer's rung may take.
    pub throughput_share: f64,
    /// The sum of all peak bitrates of a catalogue: what a second of content takes to store.
    pub catalogue_kbps_max: f64,

    /// The length of a segment, and the most that a player holds.
    pub segment_ms: f64,
    pub buffer_ms: f64,
    /// Of a session, so many segments are replayed at most.
    pub segments_max: usize,
    /// Of held-out (and of fitting) viewers, so many are replayed at most: those with the smallest hashes.
    pub viewers_max: usize,
    /// Fewer held-out viewers prove nothing.
    pub viewers_min: usize,
    pub resamples: usize,
    /// Of the interval of the difference.
    pub confidence: f64,
    /// What a new ladder must gain, so that plans do not flap.
    pub gain_min: f64,
    /// Stalled time for each second watched below which a difference is none.
    pub stall_tolerance: f64,
    /// The seed of the resampling; the cohort's name is mixed in.
    pub seed: u64,

    /// A start begins within so long, for such a share of viewers.
    pub startup_ms_max: f64,
    pub startup_share: f64,
    /// The cap of viewers who save data.
    pub data_saver_kbps: u32,
    /// Offered where nothing else is known.
    pub ladder_default: Vec<Rendition>,
}

const fn rung(width: u32, height: u32, peak_kbps: u32) -> Rendition {
    Rendition { codec: Codec::Avc, peak_kbps, width, height, framerate: 30 }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_kbps: 200.0,
            stall_weight: 2.66,
            startup_weight: 0.5,
            switch_weight: 1.0,
            megabyte_weight: 0.0,
            codec_shares: [1.0, 0.74, 0.68, 0.6],
            saturation_kbps: 4_300.0,
            saturation_pixels_power: 0.75,
            saturation_framerate_power: 0.5,
            size_share_min: 0.45,
            grid_kbps_min: 100.0,
            grid_kbps_max: 25_000.0,
            grid_points: 40,
            rungs_max: 6,
            rung_gain_min: 0.002,
            step_min: 1.5,
            step_max: 2.0,
            lowest_share: 0.5,
            lowest_kbps_max: 500.0,
            throughput_share: 0.8,
            catalogue_kbps_max: 40_000.0,
            segment_ms: 2_000.0,
            buffer_ms: 12_000.0,
            segments_max: 60,
            viewers_max: 500,
            viewers_min: 50,
            resamples: 1_000,
            confidence: 0.95,
            gain_min: 0.2,
            stall_tolerance: 0.0005,
            seed: 0,
            startup_ms_max: 1_000.0,
            startup_share: 0.9,
            data_saver_kbps: 1_000,
            ladder_default: vec![
                rung(234, 416, 420),
                rung(360, 640, 900),
                rung(540, 960, 1_720),
                rung(720, 1_280, 2_800),
                rung(1_080, 1_920, 4_800),
            ],
        }
    }
}
