//! What is played: bitrates as the manifest tells them, and segments with their bits at each.

/// A video in several bitrates, the lowest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    pub segment_ms: f64,
    /// Ascending; what a manifest says, and so what rules go by.
    pub bitrates_kbps: Vec<f64>,
    /// Of each segment, its bits at every bitrate; after the last segment the first follows.
    pub segment_bits: Vec<f64>,
    /// Segments to play.
    pub segments: usize,
}

impl Movie {
    /// A video whose every segment takes the same share of what its bitrate allows.
    pub fn even(segment_ms: f64, bitrates_kbps: Vec<f64>, share: f64, segments: usize) -> Self {
        let segment_bits = bitrates_kbps.iter().map(|kbps| kbps * segment_ms * share).collect();
        Self { segment_ms, bitrates_kbps, segment_bits, segments }
    }

    /// How many bitrates there are.
    pub fn rungs(&self) -> usize {
        self.bitrates_kbps.len()
    }

    /// The bits of a segment at a rung.
    pub fn bits(&self, segment: usize, rung: usize) -> f64 {
        let rows = self.segment_bits.len() / self.rungs();
        let row = if rows == 1 { 0 } else { segment % rows };
        self.segment_bits[row * self.rungs() + rung]
    }

    /// The highest rung whose segment comes within its own length, at some throughput; else the lowest.
    pub fn rung_within(&self, throughput_kbps: f64, latency_ms: f64) -> usize {
        let budget = (self.segment_ms - latency_ms) * throughput_kbps;
        let fits = |kbps: &&f64| self.segment_ms * **kbps <= budget;
        self.bitrates_kbps[1..].iter().take_while(fits).count()
    }
}
