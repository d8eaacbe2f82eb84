//! The player: it downloads segment by segment, plays what it has, and stands still when it has nothing.

use std::cell::RefCell;

use super::ewma::Estimate;
use super::movie::Movie;
use super::rule::{Ahead, Chooser, Rule, View};
use crate::quality::Interval;
use crate::quality::network::{Download, Network};

/// A segment is given up so often; then it is waited for. No rule comes near that on a network that varies.
const GIVEN_UP_MAX: usize = 8;

/// How a player is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Player {
    pub rule: Rule,
    /// The most that it holds.
    pub buffer_ms: f64,
    /// The rung of the first segment.
    pub start_rung: usize,
}

/// A segment as it was downloaded, or given up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chunk {
    pub segment: usize,
    pub rung: usize,
    /// Since the session began, when it was asked for.
    pub begun_ms: f64,
    pub download: Download,
    /// Before it was asked for, and once it had come.
    pub buffer_before_ms: f64,
    pub buffer_after_ms: f64,
    pub stalled_ms: f64,
    pub is_given_up: bool,
}

/// What came of a session.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Played {
    pub segments: usize,
    pub segment_ms: f64,
    /// Sums over segments: of the bitrates told, of the values given for rungs, and of how much those values changed.
    pub bitrate_kbps_sum: f64,
    pub value_sum: f64,
    pub value_changes: f64,
    pub switches: usize,
    /// From the first request to the first picture.
    pub startup_ms: f64,
    pub stalled_ms: f64,
    pub stalls: usize,
    pub given_up: usize,
    /// Received, what was given up too.
    pub bits: f64,
    /// From the first request to the last picture.
    pub total_ms: f64,
}

impl Played {
    /// The bitrate that was shown, on average over all the time that it took.
    pub fn bitrate_kbps_mean(&self) -> f64 {
        self.bitrate_kbps_sum * self.segment_ms / self.total_ms
    }

    fn show(&mut self, kbps: f64, value: f64, before: Option<f64>) {
        self.segments += 1;
        self.bitrate_kbps_sum += kbps;
        self.value_sum += value;
        if let Some(before) = before {
            self.value_changes += (value - before).abs();
        }
    }
}

/// Plays a movie over a network that is playable. `values` are what its rungs are worth, for the sums.
pub fn play(player: &Player, movie: &Movie, values: &[f64], intervals: &[Interval]) -> Played {
    play_with(player, movie, values, intervals, |_| {})
}

/// Like [`play`], telling of every segment.
pub fn play_with(
    player: &Player,
    movie: &Movie,
    values: &[f64],
    intervals: &[Interval],
    mut tell: impl FnMut(&Chunk),
) -> Played {
    let mut session = Session::new(player, movie, intervals);
    let mut last = player.start_rung.min(movie.rungs() - 1);
    tell(&session.first(last));
    session.played.show(movie.bitrates_kbps[last], values[last], None);
    while session.played.segments < movie.segments {
        let chunk = session.next();
        tell(&chunk);
        if !chunk.is_given_up {
            session.played.show(movie.bitrates_kbps[chunk.rung], values[chunk.rung], Some(values[last]));
            session.played.switches += usize::from(chunk.rung != last);
            last = chunk.rung;
        }
    }
    session.clock_ms += session.buffer_ms;
    Played { total_ms: session.clock_ms, segment_ms: movie.segment_ms, ..session.played }
}

struct Session<'a> {
    movie: &'a Movie,
    network: Network<'a>,
    estimate: Estimate,
    chooser: Chooser,
    buffer_ms_max: f64,
    buffer_ms: f64,
    clock_ms: f64,
    /// How often the segment at hand was given up.
    given_up: usize,
    played: Played,
}

impl<'a> Session<'a> {
    fn new(player: &Player, movie: &'a Movie, intervals: &'a [Interval]) -> Self {
        Self {
            movie,
            network: Network::new(intervals),
            estimate: Estimate::new(movie.segment_ms),
            chooser: player.rule.chooser(movie, player.buffer_ms),
            buffer_ms_max: player.buffer_ms,
            buffer_ms: 0.0,
            clock_ms: 0.0,
            given_up: 0,
            played: Played::default(),
        }
    }

    fn first(&mut self, rung: usize) -> Chunk {
        let download = self.network.download(self.movie.bits(0, rung));
        self.learn(&download);
        self.clock_ms = download.taken_ms;
        self.buffer_ms = self.movie.segment_ms;
        self.played.startup_ms = download.taken_ms;
        self.played.bits = download.bits;
        Chunk {
            segment: 0,
            rung,
            begun_ms: 0.0,
            download,
            buffer_before_ms: 0.0,
            buffer_after_ms: self.buffer_ms,
            stalled_ms: 0.0,
            is_given_up: false,
        }
    }

    fn next(&mut self) -> Chunk {
        let full_ms = self.buffer_ms + self.movie.segment_ms - self.buffer_ms_max;
        if full_ms > 0.0 {
            self.wait(full_ms);
            self.chooser.waited(full_ms);
        }
        let segment = self.played.segments;
        let choice = self.chooser.choose(&view(self.movie, &self.estimate, segment, self.buffer_ms));
        if choice.wait_ms > 0.0 {
            self.wait(choice.wait_ms);
        }
        let (rung, before, begun_ms) = (choice.rung, self.buffer_ms, self.clock_ms);
        let bits = self.movie.bits(segment, rung);
        let mut given_up = None;
        let download = if rung == 0 || self.given_up == GIVEN_UP_MAX {
            // The lowest rung is never given up: there is nothing to give it up for.
            self.network.download(bits)
        } else {
            let seen = view(self.movie, &self.estimate, segment, before);
            let chooser = RefCell::new(&mut self.chooser);
            let may = |download: &Download, throughput_kbps: f64, ms: f64| {
                chooser.borrow().may_give_up(&seen, rung, download, Ahead { throughput_kbps, ms })
            };
            self.network.download_unless(bits, may, |download| {
                given_up = chooser.borrow_mut().gives_up(&seen, rung, download);
                given_up.is_some()
            })
        };
        let stalled_ms = self.drain(download.taken_ms);
        self.played.bits += download.received_bits;
        if given_up.is_none() {
            self.buffer_ms += self.movie.segment_ms;
        }
        self.chooser.downloaded(
            &view(self.movie, &self.estimate, segment, self.buffer_ms),
            rung,
            &download,
            given_up,
        );
        if given_up.is_none() {
            self.learn(&download);
        }
        self.given_up = if given_up.is_some() { self.given_up + 1 } else { 0 };
        self.played.given_up += usize::from(given_up.is_some());
        Chunk {
            segment,
            rung,
            begun_ms,
            download,
            buffer_before_ms: before,
            buffer_after_ms: self.buffer_ms,
            stalled_ms,
            is_given_up: given_up.is_some(),
        }
    }

    fn learn(&mut self, download: &Download) {
        let downloading_ms = download.taken_ms - download.latency_ms;
        self.estimate.learn(downloading_ms, download.throughput_kbps(), download.latency_ms);
    }

    fn wait(&mut self, ms: f64) {
        self.drain(ms);
        self.network.wait(ms);
    }

    /// Plays for so long; gives how long of it the buffer was empty.
    fn drain(&mut self, ms: f64) -> f64 {
        self.clock_ms += ms;
        let stalled_ms = (ms - self.buffer_ms).max(0.0);
        if stalled_ms > 0.0 {
            self.played.stalled_ms += stalled_ms;
            self.played.stalls += usize::from(self.buffer_ms > 0.0);
        }
        self.buffer_ms = (self.buffer_ms - ms).max(0.0);
        stalled_ms
    }
}

fn view<'v>(movie: &'v Movie, estimate: &'v Estimate, segment: usize, buffer_ms: f64) -> View<'v> {
    View { movie, estimate, segment, buffer_ms }
}
