//! BOLA-E: BOLA with a placeholder, time that counts as buffered though nothing was downloaded for it (MMSys 2018).
//!
//! It starts where the throughput says, waits without falling back, and never counts on a buffer that is too low.

use super::bola::{best_rung, may_be_worth_more};
use super::movie::Movie;
use super::rule::{Ahead, Choice, View};
use super::throughput::LowBuffer;
use crate::quality::network::Download;

/// The buffer below which only the lowest rung is chosen, and what each rung adds to the least useful buffer.
const LOWEST_MS: f64 = 10_000.0;
const RUNG_MS: f64 = 2_000.0;

#[derive(Debug, Clone)]
pub(super) struct BolaE {
    /// Logarithms of bitrates by the lowest, and one.
    utilities: Vec<f64>,
    control: f64,
    offset: f64,
    placeholder_ms: f64,
    last: usize,
    is_steady: bool,
    low_buffer: LowBuffer,
}

impl BolaE {
    pub fn new(movie: &Movie, buffer_ms: f64) -> Self {
        let lowest = movie.bitrates_kbps[0];
        let utilities: Vec<f64> = movie.bitrates_kbps.iter().map(|kbps| 1.0 + (kbps / lowest).ln()).collect();
        let buffer_ms = buffer_ms.max(LOWEST_MS + RUNG_MS * movie.rungs() as f64);
        // One bitrate alone leaves nothing to choose, and no offset.
        let spread = (utilities[utilities.len() - 1] - 1.0).max(f64::MIN_POSITIVE);
        let offset = spread / (buffer_ms / LOWEST_MS - 1.0);
        Self {
            utilities,
            control: LOWEST_MS / offset,
            offset,
            placeholder_ms: 0.0,
            last: 0,
            is_steady: false,
            low_buffer: LowBuffer::default(),
        }
    }

    /// The buffer from which a rung is chosen before all lower ones.
    fn least_ms(&self, movie: &Movie, rung: usize) -> f64 {
        let (kbps, utility) = (movie.bitrates_kbps[rung], self.utilities[rung]);
        let lower = movie.bitrates_kbps[..rung].iter().zip(&self.utilities);
        let borders = lower.filter(|(_, other)| **other < utility).map(|(other_kbps, other)| {
            self.control * (self.offset + (kbps * other - other_kbps * utility) / (kbps - other_kbps))
        });
        borders.fold(0.0, f64::max)
    }

    /// The buffer above which it is better to wait than to ask for a rung.
    fn most_ms(&self, rung: usize) -> f64 {
        self.control * (self.utilities[rung] + self.offset)
    }

    pub fn choose(&mut self, view: &View<'_>) -> Choice {
        let movie = view.movie;
        let carried = movie.rung_within(view.estimate.throughput_kbps, view.estimate.latency_ms);
        if !self.is_steady {
            self.is_steady = true;
            self.placeholder_ms = (self.least_ms(movie, carried) - view.buffer_ms).max(0.0);
            return Choice::at_once(carried);
        }
        let level = view.buffer_ms + self.placeholder_ms;
        let mut rung = best_rung(&movie.bitrates_kbps, &self.utilities, self.control, self.offset, level);
        if rung > self.last && rung > carried {
            rung = self.last.max(carried) + 1;
        }
        rung = rung.min(movie.rungs() - 1);
        let mut wait_ms = (level - self.most_ms(rung)).max(0.0);
        // The placeholder is used up before any time is.
        let used = wait_ms.min(self.placeholder_ms);
        (self.placeholder_ms, wait_ms) = (self.placeholder_ms - used, wait_ms - used);
        if rung + 1 == movie.rungs() {
            wait_ms = 0.0;
        }
        let limited = self.low_buffer.limit(view, rung);
        if limited < rung {
            (rung, wait_ms) = (limited, 0.0);
            let most = (self.least_ms(movie, rung) - view.buffer_ms).max(0.0);
            self.placeholder_ms = self.placeholder_ms.min(most);
        }
        Choice { rung, wait_ms }
    }

    pub fn waited(&mut self, ms: f64) {
        self.placeholder_ms += ms;
    }

    pub fn downloaded(&mut self, view: &View<'_>, rung: usize, download: &Download, given_up: Option<usize>) {
        self.last = rung;
        let level = view.buffer_ms;
        if let Some(lower) = given_up {
            let wanted = if lower > 0 { self.least_ms(view.movie, lower) } else { LOWEST_MS };
            self.placeholder_ms = self.placeholder_ms.min((wanted - level).max(0.0));
            return;
        }
        let before = level + download.taken_ms;
        self.placeholder_ms = self.placeholder_ms.min((self.most_ms(rung) - before).max(0.0));
        if level > 0.0 {
            self.placeholder_ms = self.placeholder_ms.max(self.least_ms(view.movie, rung) - before);
        }
    }

    pub fn may_give_up(&self, view: &View<'_>, rung: usize, download: &Download, ahead: Ahead) -> bool {
        // Without what the latency would cost there is more left, and a lower rung is worth more beside it.
        let left = download.bits - download.received_bits;
        let buffered = (view.buffer_ms - download.taken_ms).max(0.0);
        let level = (buffered + self.placeholder_ms - download.latency_ms).max(0.0);
        let worth = |rung: usize| self.control * (self.offset + self.utilities[rung]) - level;
        let (bitrates, scale) = (&view.movie.bitrates_kbps, download.bits / view.movie.bitrates_kbps[rung]);
        (0..rung).take_while(|lower| bitrates[*lower] * scale < left).any(|lower| {
            let bits = (left, bitrates[lower] * scale);
            may_be_worth_more((worth(rung), worth(lower)), bits, buffered.min(level), ahead)
        })
    }

    pub fn gives_up(&self, view: &View<'_>, rung: usize, download: &Download) -> Option<usize> {
        let left = download.bits - download.received_bits;
        let buffered = (view.buffer_ms - download.taken_ms).max(0.0);
        let level = (buffered + self.placeholder_ms - download.latency_ms).max(0.0);
        // To ask anew costs another latency, in which this download would go on.
        let left = left - download.latency_ms * download.throughput_kbps();
        if left <= 0.0 {
            return None;
        }
        let worth = |rung: usize| self.control * (self.offset + self.utilities[rung]) - level;
        let (mut score, mut lower) = (worth(rung) / left, None);
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
        lower
    }
}
