//! The hybrid rule, DYNAMIC of the MMSys 2018 paper: by throughput while the buffer is low, by BOLA when it is not.

use super::bola::Bola;
use super::movie::Movie;
use super::rule::{Choice, View};
use super::throughput::Throughput;
use crate::quality::network::Download;

/// Below this BOLA is left where throughput would choose more; above it BOLA is followed where it would.
const BUFFER_MS_LOW: f64 = 10_000.0;

#[derive(Debug, Clone)]
pub(super) struct Hybrid {
    bola: Bola,
    throughput: Throughput,
    follows_bola: bool,
    buffer_ms_low: f64,
}

impl Hybrid {
    pub fn new(movie: &Movie, buffer_ms: f64) -> Self {
        // A short buffer never holds as much: then half of it is the border.
        let buffer_ms_low = BUFFER_MS_LOW.min(buffer_ms / 2.0);
        Self {
            bola: Bola::new(movie, buffer_ms),
            throughput: Throughput::default(),
            follows_bola: false,
            buffer_ms_low,
        }
    }

    pub fn choose(&mut self, view: &View<'_>) -> Choice {
        // Both are asked each time, so that both remember.
        let by_buffer = self.bola.choose(view);
        let by_throughput = self.throughput.choose(view);
        let border = self.buffer_ms_low;
        if self.follows_bola {
            self.follows_bola = view.buffer_ms >= border || by_buffer.rung >= by_throughput;
        } else {
            self.follows_bola = view.buffer_ms > border && by_buffer.rung >= by_throughput;
        }
        if self.follows_bola { by_buffer } else { Choice::at_once(by_throughput) }
    }

    pub fn gives_up(&self, view: &View<'_>, rung: usize, download: &Download) -> Option<usize> {
        self.throughput.gives_up(view, rung, download)
    }
}
