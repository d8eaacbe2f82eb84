//! The throughput rule: the highest rung that a share of the estimated throughput carries, less where the buffer is low.

use super::rule::{Ahead, View};
use crate::quality::network::Download;

/// The share of the estimate that is trusted.
const SAFETY: f64 = 0.9;
/// A segment that takes longer than so many of its own length is given up, but not in the first moments.
const PATIENCE: f64 = 1.8;
const GRACE_MS: f64 = 500.0;

/// How much of what a buffer's time could download is trusted: less with each segment, down to a half.
#[derive(Debug, Clone, Copy)]
pub(super) struct LowBuffer(f64);

impl Default for LowBuffer {
    fn default() -> Self {
        Self(0.9)
    }
}

impl LowBuffer {
    /// The rung, or the highest below it that comes before the buffer runs dry.
    pub fn limit(&mut self, view: &View<'_>, rung: usize) -> usize {
        let estimate = view.estimate;
        let bits = self.0 * (view.buffer_ms - estimate.latency_ms) * estimate.throughput_kbps;
        self.0 = (self.0 * 0.9).max(0.5);
        let comes = |kbps: &&f64| **kbps * view.movie.segment_ms <= bits;
        view.movie.bitrates_kbps[1..=rung].iter().take_while(comes).count()
    }
}

/// Whether a download could seem too slow while so much time passes at one throughput.
///
/// The mean throughput lies between what it was and the stretch's, and at the lower of both the time that is left is the
/// longest now.
pub(super) fn may_give_up(view: &View<'_>, download: &Download, ahead: Ahead) -> bool {
    let downloading_ms = download.taken_ms - download.latency_ms;
    let so_far = if downloading_ms > 0.0 { download.throughput_kbps() } else { ahead.throughput_kbps };
    let left = download.bits - download.received_bits;
    let longest = download.taken_ms + left / so_far.min(ahead.throughput_kbps);
    longest > PATIENCE * view.movie.segment_ms * (1.0 - 1e-9)
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Throughput {
    low_buffer: LowBuffer,
}

impl Throughput {
    pub fn choose(&mut self, view: &View<'_>) -> usize {
        let estimate = view.estimate;
        let rung = view.movie.rung_within(SAFETY * estimate.throughput_kbps, estimate.latency_ms);
        self.low_buffer.limit(view, rung)
    }

    pub fn gives_up(&self, view: &View<'_>, rung: usize, download: &Download) -> Option<usize> {
        let downloading_ms = download.taken_ms - download.latency_ms;
        // Looks are 50 ms apart, and the tenth is in time whatever its rounding.
        if download.taken_ms < GRACE_MS - 1e-6 || downloading_ms <= 0.0 {
            return None;
        }
        let (throughput, left) = (download.throughput_kbps(), download.bits - download.received_bits);
        if download.taken_ms + left / throughput <= PATIENCE * view.movie.segment_ms {
            return None;
        }
        let lower = view.movie.rung_within(SAFETY * throughput, view.estimate.latency_ms);
        let bitrates = &view.movie.bitrates_kbps;
        let is_worth =
            |lower: &usize| *lower < rung && download.bits * bitrates[*lower] / bitrates[rung] < left;
        Some(lower).filter(is_worth)
    }
}
