//! What a player does, segment by segment: it downloads at the rate that the network gives, keeps a buffer,
//! chooses a rung by what it measured, and stalls when the buffer runs dry.

use crate::curve::{exp, normal, unit};
use crate::random::{Random, Stream};
use crate::sources::contents::SEGMENT_MS;
use crate::sources::edge::{Edge, Reach};
use crate::sources::geography::NETWORKS;
use crate::sources::sessions::Session;

/// What a player holds at most.
const BUFFER_MS_MAX: f64 = 12_000.0;
/// Below this it is careful.
const BUFFER_MS_LOW: f64 = 4_000.0;
/// The share of the measured throughput that a rung may take.
const SHARE: f64 = 0.75;
/// How much of a segment's rate follows from that of the one before.
const MEMORY: f64 = 0.85;
const MEMORY_REST: f64 = 0.526_782_687_642_637;
/// A viewer who moves loses most of the signal once in so many segments, for at most so many.
const FADES_ONE_IN: [u64; 5] = [90, 300, 300, 1_200, 9_000];
const FADE_SEGMENTS: u64 = 3;
/// What a fade leaves of the rate.
const FADE: f64 = 0.08;
/// The player's own start.
const READY_MS: f64 = 60.0;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Hit,
    Refresh,
    Miss,
    /// The node's own fault; the player asks again.
    Failed,
    /// The viewer left while it ran, told in one of two ways.
    Left,
    LeftLater,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Fetch {
    pub segment: u64,
    pub rung: usize,
    pub bytes: u64,
    pub ending: Ending,
    /// Since the session began, at the response's end.
    pub at_ms: f64,
    pub first_byte_ms: f64,
    pub taken_ms: f64,
    /// Before the request.
    pub buffer_ms: f64,
    pub measured_kbps: f64,
    /// Whether the buffer ran dry since the request before.
    pub was_dry: bool,
    pub is_startup: bool,
}

/// A session's player.
pub struct Player<'a> {
    session: &'a Session,
    reach: &'a Reach,
    random: Random,
    /// How likely the node is to hold what is asked for, and how lucky the session is in that.
    held: f64,
    luck: f64,
    rate_kbps: f64,
    deviation: f64,
    state: f64,
    /// Segments for which a fade still lasts.
    fading: u64,
    rung_max: usize,
    rtt_ms: f64,
    line: u64,
    segment: u64,
    clock_ms: f64,
    buffer_ms: f64,
    estimate_kbps: f64,
    rung: usize,
    was_dry: bool,
    pub totals: Totals,
}

/// What a session was like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    pub startup_ms: f64,
    pub rebuffer_ms: f64,
    pub rebuffer_count: u64,
    pub switches: u64,
    /// Sum over the segments played.
    kbps: u64,
    played: u64,
}

impl Totals {
    pub fn mean_bitrate_kbps(&self) -> u64 {
        self.kbps / self.played.max(1)
    }
}

impl<'a> Player<'a> {
    pub fn new(session: &'a Session, edge: &'a Edge) -> Self {
        let reach = &edge.reaches[session.node as usize];
        let mut random = session.draws(Stream::Player);
        let rate_kbps = session.throughput_kbps(reach, session.luck);
        let rung_max = session.rung_max();
        Self {
            session,
            reach,
            held: edge.hit_share(session.node, session.popularity),
            luck: unit(random.next()),
            rate_kbps,
            deviation: NETWORKS[session.network].deviation,
            state: normal(random.next()),
            fading: 0,
            rung_max,
            rtt_ms: reach.rtt_ms(session.region, session.network),
            line: 0,
            segment: 0,
            clock_ms: READY_MS,
            buffer_ms: 0.0,
            estimate_kbps: 0.0,
            rung: session.start.min(rung_max),
            was_dry: false,
            totals: Totals::default(),
            random,
        }
    }

    /// How the request for a segment ends. The later a segment, the fewer ask for it.
    fn ending(&mut self, is_last: bool) -> Ending {
        let draw = self.random.below(1_000_000);
        if is_last && !self.session.is_completed() && draw % 100 < 30 {
            return if draw % 10 < 5 { Ending::Left } else { Ending::LeftLater };
        }
        if draw < self.reach.errors_per_million {
            return Ending::Failed;
        }
        let held = self.held * 30.0 / (30.0 + self.segment as f64);
        let luck = 0.7 * self.luck + 0.3 * unit(self.random.next());
        match luck < held {
            true if draw % 32 == 0 => Ending::Refresh,
            true => Ending::Hit,
            false => Ending::Miss,
        }
    }

    fn choose(&mut self) {
        if self.estimate_kbps <= 0.0 {
            return;
        }
        let share = if self.buffer_ms < BUFFER_MS_LOW { SHARE * 0.7 } else { SHARE };
        let can = self.estimate_kbps * share;
        let (content, codec) = (&self.session.content, self.session.codec);
        let fits = (0..=self.rung_max).rev().find(|&rung| content.mean_kbps(codec, rung) as f64 <= can);
        let rung = fits.unwrap_or(0);
        self.totals.switches += u64::from(rung != self.rung);
        self.rung = rung;
    }

    /// What the network gives for the next segment, in kilobits a second.
    fn rate(&mut self) -> f64 {
        self.state = MEMORY * self.state + MEMORY_REST * normal(self.random.next());
        if self.fading > 0 {
            self.fading -= 1;
        } else if self.random.one_in(FADES_ONE_IN[self.session.network]) {
            self.fading = 1 + self.random.below(FADE_SEGMENTS);
        }
        let noise = exp(self.deviation * self.state - self.deviation * self.deviation / 2.0);
        self.rate_kbps * noise * if self.fading > 0 { FADE } else { 1.0 }
    }

    fn fetch(&mut self, is_last: bool) -> Fetch {
        self.choose();
        let segment = self.segment % self.session.content.segments();
        let ending = self.ending(is_last);
        let whole = self.session.content.segment_bytes(self.session.codec, self.rung, segment);
        let bytes = match ending {
            Ending::Failed => 611,
            Ending::Left | Ending::LeftLater => whole * self.random.below(90) / 100 + 300,
            _ => whole,
        };
        let kbps = self.rate();
        // The edge sees when it begins to answer, not the way to the viewer.
        let first_byte_ms = match ending {
            Ending::Hit | Ending::Refresh => 1.0 + self.random.below(8_000) as f64 / 1_000.0,
            _ => 35.0 + self.random.below(140_000) as f64 / 1_000.0,
        };
        let taken_ms = first_byte_ms + bytes as f64 * 8.0 / kbps;
        let fetch = Fetch {
            segment,
            rung: self.rung,
            bytes,
            ending,
            at_ms: self.clock_ms + self.rtt_ms + taken_ms,
            first_byte_ms,
            taken_ms,
            buffer_ms: self.buffer_ms,
            measured_kbps: self.estimate_kbps,
            was_dry: std::mem::take(&mut self.was_dry),
            is_startup: self.totals.played == 0,
        };
        self.pass(self.rtt_ms + taken_ms);
        match ending {
            Ending::Failed | Ending::Left | Ending::LeftLater => {}
            _ => self.keep(bytes, kbps, segment),
        }
        fetch
    }

    /// Time goes by while the buffer is played.
    fn pass(&mut self, milliseconds: f64) {
        self.clock_ms += milliseconds;
        if self.totals.played > 0 {
            self.buffer_ms -= milliseconds;
            if self.buffer_ms < 0.0 {
                self.totals.rebuffer_ms -= self.buffer_ms;
                self.totals.rebuffer_count += 1;
                (self.buffer_ms, self.was_dry) = (0.0, true);
            }
        }
    }

    fn keep(&mut self, bytes: u64, kbps: f64, segment: u64) {
        if self.totals.played == 0 {
            self.totals.startup_ms = self.clock_ms + self.rtt_ms;
        }
        let length_ms = (self.session.content.duration_ms() - segment * SEGMENT_MS).min(SEGMENT_MS);
        self.buffer_ms += length_ms as f64;
        self.segment += 1;
        self.totals.played += 1;
        self.totals.kbps += self.session.content.mean_kbps(self.session.codec, self.rung);
        // What the player measures has the round trip in it.
        let measured = bytes as f64 * 8.0 / (bytes as f64 * 8.0 / kbps + self.rtt_ms);
        let before = if self.estimate_kbps > 0.0 { self.estimate_kbps } else { measured };
        self.estimate_kbps = 0.6 * before + 0.4 * measured;
        if self.buffer_ms > BUFFER_MS_MAX {
            self.clock_ms += self.buffer_ms - BUFFER_MS_MAX;
            self.buffer_ms = BUFFER_MS_MAX;
        }
    }
}

impl Iterator for Player<'_> {
    type Item = Fetch;

    fn next(&mut self) -> Option<Fetch> {
        let lines = self.session.lines.end - self.session.lines.start;
        if self.line >= lines {
            return None;
        }
        debug_assert!(self.rung < self.session.content.rungs().len());
        self.line += 1;
        Some(self.fetch(self.line == lines))
    }
}
