//! `[quality]`: how sessions are rebuilt, how cohorts are made of them, and every setting of the plan.

use chrono::NaiveDate;
use delivery::cohorts::gather::Sampling;
use delivery::quality::Settings;
use delivery::viewing::Rules;
use schemas::time;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, Outcome};

/// A section of the plan's own settings, by their names and types, behind those of the evidence.
macro_rules! quality {
    ($($name:ident: $kind:ty),* $(,)?) => {
        /// How quality is planned.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Quality {
            /// What viewers are hashed with: without it nobody can tell who a hash is of.
            pub viewer_key: String,
            /// Days of sessions that a cohort is known by, the night among them.
            pub window_days: u32,
            /// Sessions that are read at most: of more, those of a share of the viewers are.
            pub sessions_max: u64,
            /// Share of the viewers that is held out of the candidates' making.
            pub held_out_share: f64,
            /// Intervals of traces that are held at once, over all cohorts.
            pub intervals_max: usize,
            /// Chunks below it are too small to measure by.
            pub chunk_bytes_min: u64,
            /// Whether chunks that the edge had in its cache are left out of traces.
            pub hits_left_out: bool,
            /// Chunks, or the player's readings, that make a trace.
            pub chunks_min: u64,
            /// Intervals of a trace.
            pub trace_intervals_max: usize,
            $(pub $name: $kind,)*
        }

        impl Default for Quality {
            fn default() -> Self {
                let settings = Settings::default();
                Self {
                    viewer_key: String::new(),
                    window_days: 7,
                    sessions_max: 4_194_304,
                    held_out_share: 0.5,
                    intervals_max: 8_388_608,
                    chunk_bytes_min: 32_768,
                    hits_left_out: true,
                    chunks_min: 2,
                    trace_intervals_max: 200,
                    $($name: settings.$name,)*
                }
            }
        }

        impl Quality {
            /// The settings of the plan.
            pub fn settings(&self) -> Settings {
                Settings { $($name: self.$name,)* ..Settings::default() }
            }
        }
    };
}

quality! {
    base_kbps: f64,
    stall_weight: f64,
    startup_weight: f64,
    switch_weight: f64,
    megabyte_weight: f64,
    codec_shares: [f64; 4],
    saturation_kbps: f64,
    saturation_pixels_power: f64,
    saturation_framerate_power: f64,
    size_share_min: f64,
    grid_kbps_min: f64,
    grid_kbps_max: f64,
    grid_points: usize,
    rungs_max: usize,
    rung_gain_min: f64,
    step_min: f64,
    step_max: f64,
    lowest_share: f64,
    lowest_kbps_max: f64,
    throughput_share: f64,
    catalogue_kbps_max: f64,
    segment_ms: f64,
    buffer_ms: f64,
    segments_max: usize,
    viewers_max: usize,
    viewers_min: usize,
    resamples: usize,
    confidence: f64,
    gain_min: f64,
    stall_tolerance: f64,
    seed: u64,
    startup_ms_max: f64,
    startup_share: f64,
    data_saver_kbps: u32,
}

impl Quality {
    /// Refuses what no plan can be made by.
    pub fn check(&self) -> Outcome<()> {
        let refuse = |what: &str| Err(Failure::usage(format!("[quality] {what}")));
        let shares = [
            ("held_out_share", self.held_out_share),
            ("lowest_share", self.lowest_share),
            ("throughput_share", self.throughput_share),
            ("startup_share", self.startup_share),
            ("confidence", self.confidence),
            ("size_share_min", self.size_share_min),
        ];
        if let Some((name, share)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return refuse(&format!("{name} is a share between 0 and 1, not {share}"));
        }
        let weights = [
            ("stall_weight", self.stall_weight),
            ("startup_weight", self.startup_weight),
            ("switch_weight", self.switch_weight),
            ("megabyte_weight", self.megabyte_weight),
            ("gain_min", self.gain_min),
            ("rung_gain_min", self.rung_gain_min),
            ("stall_tolerance", self.stall_tolerance),
            ("saturation_pixels_power", self.saturation_pixels_power),
            ("saturation_framerate_power", self.saturation_framerate_power),
        ];
        let is_weight = |value: f64| value.is_finite() && value >= 0.0;
        if let Some((name, value)) = weights.into_iter().find(|(_, value)| !is_weight(*value)) {
            return refuse(&format!("{name} is zero or above, not {value}"));
        }
        let sizes = [
            ("base_kbps", self.base_kbps),
            ("saturation_kbps", self.saturation_kbps),
            ("grid_kbps_min", self.grid_kbps_min),
            ("lowest_kbps_max", self.lowest_kbps_max),
            ("catalogue_kbps_max", self.catalogue_kbps_max),
            ("segment_ms", self.segment_ms),
            ("buffer_ms", self.buffer_ms),
            ("startup_ms_max", self.startup_ms_max),
        ];
        let all = self.codec_shares.into_iter().map(|share| ("codec_shares", share)).chain(sizes);
        if let Some((name, value)) = all.into_iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return refuse(&format!("{name} is above zero, not {value}"));
        }
        if !(self.grid_kbps_max.is_finite() && self.grid_kbps_max > self.grid_kbps_min) {
            return refuse("grid_kbps_max is above grid_kbps_min");
        }
        if !(self.step_min >= 1.0 && self.step_max.is_finite() && self.step_max >= self.step_min) {
            return refuse("step_min is 1 or above, and step_max not below it");
        }
        if !(2..=1_000).contains(&self.grid_points) || !(1..=64).contains(&self.rungs_max) {
            return refuse("grid_points is between 2 and 1000, rungs_max between 1 and 64");
        }
        let counts = [self.segments_max, self.viewers_max, self.resamples, self.intervals_max];
        if counts.contains(&0) || self.trace_intervals_max == 0 || self.sessions_max == 0 {
            return refuse(
                "segments_max, viewers_max, resamples, intervals_max, trace_intervals_max and sessions_max are \
                 above zero",
            );
        }
        if !(1..=366).contains(&self.window_days) {
            return refuse("window_days is between 1 and 366");
        }
        Ok(())
    }

    /// What a night's traces are made by.
    pub fn rules(&self, dt: NaiveDate) -> Rules {
        Rules {
            chunk_bytes_min: self.chunk_bytes_min,
            hits_left_out: self.hits_left_out,
            chunks_min: self.chunks_min,
            intervals_max: self.trace_intervals_max,
            day: time::days(dt),
        }
    }

    /// How viewers are sampled in so many cohorts.
    pub fn sampling(&self, cohorts: u64) -> Sampling {
        let sides = usize::try_from(cohorts.max(1) * 2).unwrap_or(usize::MAX);
        Sampling {
            held_out_share: (self.held_out_share * 65_536.0).round() as u64,
            viewers_max: self.viewers_max,
            intervals_max: (self.intervals_max / sides).max(self.trace_intervals_max),
        }
    }

    /// The hash that stands for a viewer: the first half of SHA-256's first half, over the key and the DID.
    pub fn viewer_hash(&self) -> impl Fn(&str) -> u64 + use<> {
        let mut keyed = Sha256::new();
        keyed.update(self.viewer_key.len().to_le_bytes());
        keyed.update(&self.viewer_key);
        move |did| {
            let digest = keyed.clone().chain_update(did).finalize();
            digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
        }
    }
}
