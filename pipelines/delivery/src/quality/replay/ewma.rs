//! What a player believes of its network: two exponentially weighted means of different memory, the more careful one.

/// Half-lives of throughput, in milliseconds of downloading.
const HALF_LIVES_MS: [f64; 2] = [3_000.0, 8_000.0];

/// Weighted means of throughput and latency.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    throughputs: [f64; 2],
    latencies: [f64; 2],
    /// What is left of the means' empty beginning, which is divided out.
    throughput_rests: [f64; 2],
    latency_rests: [f64; 2],
    latency_decays: [f64; 2],
    pub throughput_kbps: f64,
    pub latency_ms: f64,
}

impl Estimate {
    /// Nothing is known yet. A latency counts as a segment's time of downloading.
    pub fn new(segment_ms: f64) -> Self {
        Self {
            throughputs: [0.0; 2],
            latencies: [0.0; 2],
            throughput_rests: [1.0; 2],
            latency_rests: [1.0; 2],
            latency_decays: HALF_LIVES_MS.map(|half_life| (-segment_ms / half_life).exp2()),
            throughput_kbps: 0.0,
            latency_ms: 0.0,
        }
    }

    /// Learns from a download.
    pub fn learn(&mut self, downloading_ms: f64, throughput_kbps: f64, latency_ms: f64) {
        (self.throughput_kbps, self.latency_ms) = (f64::INFINITY, 0.0);
        for (at, half_life) in HALF_LIVES_MS.into_iter().enumerate() {
            let decay = (-downloading_ms / half_life).exp2();
            self.throughputs[at] = decay * self.throughputs[at] + (1.0 - decay) * throughput_kbps;
            self.throughput_rests[at] *= decay;
            let decay = self.latency_decays[at];
            self.latencies[at] = decay * self.latencies[at] + (1.0 - decay) * latency_ms;
            self.latency_rests[at] *= decay;
            let mean = self.throughputs[at] / (1.0 - self.throughput_rests[at]);
            self.throughput_kbps = self.throughput_kbps.min(mean);
            self.latency_ms = self.latency_ms.max(self.latencies[at] / (1.0 - self.latency_rests[at]));
        }
    }
}
