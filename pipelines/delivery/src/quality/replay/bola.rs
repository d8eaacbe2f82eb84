//! BOLA: the rung whose utility is worth most for each bit, given how full the buffer is (Spiteri, Urgaonkar, Sitaraman:
//! INFOCOM 2016), with BOLA-U's care against switches and a shorter buffer at both ends of the video.

use super::movie::Movie;
use super::rule::{Ahead, Choice, View};
use crate::quality::network::Download;

/// The worth of a buffer beside utility: γ·p of the paper.
const GAMMA: f64 = 5.0;
/// Segments that the buffer counts as at least, at both ends of the video.
const SEGMENTS_MIN: f64 = 3.0;

/// The rung with the greatest score, the lowest of equals.
pub(super) fn best_rung(
    bitrates: &[f64],
    utilities: &[f64],
    control: f64,
    offset: f64,
    level_ms: f64,
) -> usize {
    let (mut best, mut best_score) = (0, f64::NEG_INFINITY);
    for (rung, (kbps, utility)) in bitrates.iter().zip(utilities).enumerate() {
        let score = (control * (utility + offset) - level_ms) / kbps;
        if score > best_score {
            (best, best_score) = (rung, score);
        }
    }
    best
}

/// Whether a lower rung could come to be worth more for each bit while so much time passes at one throughput.
///
/// `worths` are of the rung and of the lower one, with the buffer as it is; both grow as it drains, for `drains_ms` at
/// most. The difference of both, each times the other's bits, is then a parabola of time, and its top is what counts.
pub(super) fn may_be_worth_more(worths: (f64, f64), bits: (f64, f64), drains_ms: f64, ahead: Ahead) -> bool {
    let ((worth, lower), (left, lower_bits), kbps) = (worths, bits, ahead.throughput_kbps);
    let slope = left - kbps * lower - lower_bits;
    let last = ahead.ms.min(drains_ms);
    let top = if kbps > 0.0 { (slope / (2.0 * kbps)).clamp(0.0, last) } else { last };
    let most = lower * left - worth * lower_bits + (slope - kbps * top) * top;
    // Beyond the time in which the buffer drains the difference only falls, but for a network that stands still.
    let scale = (lower * left).abs().max((worth * lower_bits).abs());
    most.max(lower * left - worth * lower_bits) > -1e-9 * scale
}

#[derive(Debug, Clone)]
pub(super) struct Bola {
    /// Logarithms of bitrates by the lowest.
    utilities: Vec<f64>,
    buffer_ms: f64,
    /// V·p of the paper.
    control: f64,
    last: usize,
}

impl Bola {
    pub fn new(movie: &Movie, buffer_ms: f64) -> Self {
        let lowest = movie.bitrates_kbps[0];
        let utilities: Vec<f64> = movie.bitrates_kbps.iter().map(|kbps| (kbps / lowest).ln()).collect();
        let mut rule = Self { utilities, buffer_ms, control: 0.0, last: 0 };
        rule.fit(movie.segment_ms, buffer_ms);
        rule
    }

    fn fit(&mut self, segment_ms: f64, buffer_ms: f64) {
        let highest = self.utilities.last().copied().unwrap_or(0.0);
        self.control = (buffer_ms - segment_ms) / (highest + GAMMA);
    }

    pub fn choose(&mut self, view: &View<'_>) -> Choice {
        let movie = view.movie;
        let from_end = view.segment.min(movie.segments - view.segment) as f64;
        let allowed = (from_end / 2.0).max(SEGMENTS_MIN) * movie.segment_ms;
        self.fit(movie.segment_ms, self.buffer_ms.min(allowed));
        let mut rung = best_rung(&movie.bitrates_kbps, &self.utilities, self.control, GAMMA, view.buffer_ms);
        if rung > self.last {
            let carried = movie.rung_within(view.estimate.throughput_kbps, view.estimate.latency_ms);
            if rung > carried {
                // One above what the throughput carries, never below what is shown.
                rung = if self.last > carried { self.last } else { carried + 1 };
            }
        }
        self.last = rung;
        Choice::at_once(rung)
    }

    pub fn may_give_up(&self, view: &View<'_>, rung: usize, download: &Download, ahead: Ahead) -> bool {
        let left = download.bits - download.received_bits;
        let level = (view.buffer_ms - download.taken_ms).max(0.0);
        let worth = |rung: usize| self.control * (GAMMA + self.utilities[rung]) - level;
        let (bitrates, scale) = (&view.movie.bitrates_kbps, download.bits / view.movie.bitrates_kbps[rung]);
        (0..rung).take_while(|lower| bitrates[*lower] * scale < left).any(|lower| {
            let bits = (left, bitrates[lower] * scale);
            may_be_worth_more((worth(rung), worth(lower)), bits, level, ahead)
        })
    }

    pub fn gives_up(&mut self, view: &View<'_>, rung: usize, download: &Download) -> Option<usize> {
        let left = download.bits - download.received_bits;
        let level = (view.buffer_ms - download.taken_ms).max(0.0);
        let worth = |rung: usize| self.control * (GAMMA + self.utilities[rung]) - level;
        let mut score = worth(rung) / left;
        if score < 0.0 {
            return None;
        }
        let mut lower = None;
        for (other, kbps) in view.movie.bitrates_kbps[..rung].iter().enumerate() {
            let bits = download.bits * kbps / view.movie.bitrates_kbps[rung];
            if bits >= left {
                break;
            }
            if worth(other) / bits > score {
                score = worth(other) / bits;
                lower = Some(other);
            }
        }
        self.last = lower.unwrap_or(self.last);
        lower
    }
}
