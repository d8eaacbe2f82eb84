//! Chance from a seed, and cohorts made of it.

use crate::quality::{
    Codec, Codecs, Cohort, DeviceProfile, Distribution, Evidence, Interval, Rendition, Settings, Trace,
};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Between two numbers.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Between two numbers above zero, evenly in their logarithm.
    pub fn log_between(&mut self, from: f64, to: f64) -> f64 {
        self.between(from.ln(), to.ln()).exp()
    }

    /// The middle of a bell: the sum of twelve.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.between(0.0, 1.0)).sum::<f64>() - 6.0
    }

    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for at in (1..things.len()).rev() {
            things.swap(at, self.below(at + 1));
        }
    }

    /// A network of some intervals around a throughput, outages among them.
    pub fn intervals(&mut self, count: usize, kbps: f64) -> Vec<Interval> {
        let interval = |random: &mut Self| Interval {
            duration_ms: random.log_between(100.0, 20_000.0),
            throughput_kbps: if random.below(12) == 0 { 0.0 } else { kbps * random.log_between(0.3, 3.0) },
            latency_ms: random.log_between(1.0, 300.0),
        };
        let mut intervals: Vec<Interval> = (0..count).map(|_| interval(self)).collect();
        // Something always comes.
        intervals.push(Interval { duration_ms: 1_000.0, throughput_kbps: kbps.max(100.0), latency_ms: 20.0 });
        intervals
    }

    /// Ascending bitrates, no two near each other.
    pub fn bitrates(&mut self, count: usize) -> Vec<f64> {
        let mut kbps = self.log_between(100.0, 600.0);
        let mut bitrates = Vec::new();
        for _ in 0..count {
            bitrates.push(kbps.round());
            kbps *= self.between(1.2, 2.5);
        }
        bitrates
    }
}

pub fn rung(width: u32, height: u32, peak_kbps: u32) -> Rendition {
    Rendition { codec: Codec::Avc, peak_kbps, width, height, framerate: 30 }
}

/// A ladder that suits most networks.
pub fn sound_ladder() -> Vec<Rendition> {
    Settings::default().ladder_default
}

pub fn phone(codecs: &[&str], viewers: u64) -> DeviceProfile {
    DeviceProfile {
        codecs: Codecs::of(codecs.iter().copied()),
        width: 1_080,
        height: 1_920,
        framerate: 60,
        height_max: None,
        viewers,
    }
}

/// A cohort of viewers whose throughputs spread around a median, on a ladder.
pub fn evidence(seed: u64, viewers: usize, kbps_median: f64, current: Vec<Rendition>) -> Evidence {
    let mut random = Random(seed);
    let grid: Vec<f64> = (0..60).map(|at| 50.0 * 1.15_f64.powi(at)).collect();
    let mut masses = vec![0.0; grid.len()];
    let (mut fitting, mut held_out) = (Vec::new(), Vec::new());
    for viewer in 0..2 * viewers {
        let kbps = kbps_median * (0.5 * random.normal()).exp();
        let place = grid.partition_point(|edge| *edge < kbps).min(grid.len() - 1);
        masses[place] += 1.0;
        let interval = |random: &mut Random| Interval {
            duration_ms: random.between(500.0, 3_000.0),
            throughput_kbps: kbps * (0.35 * random.normal()).exp(),
            latency_ms: random.between(15.0, 80.0),
        };
        let trace = Trace {
            viewer: random.next(),
            device: viewer % 2,
            watch_ms: random.between(8_000.0, 60_000.0),
            intervals: (0..12).map(|_| interval(&mut random)).collect(),
        };
        if viewer % 2 == 0 { fitting.push(trace) } else { held_out.push(trace) }
    }
    Evidence {
        cohort: Cohort {
            region: "eu-central".to_owned(),
            network: "4G".to_owned(),
            device_class: "PHONE".to_owned(),
            data_saver: false,
        },
        viewers: 2 * viewers as u64,
        current,
        mean_to_peak: 0.8,
        offered: Vec::new(),
        devices: vec![phone(&["AVC"], viewers as u64), phone(&["AVC", "HEVC"], viewers as u64)],
        throughput: Distribution { throughput_kbps: grid, masses },
        fitting,
        held_out,
        yesterday: None,
    }
}
