//! The most that any player could have had: a dynamic program over chunk, time, buffer and last rung that knows the network.
//!
//! A state is when the last chunk came, when the buffer runs dry, the rung's value and the score so far. A player that
//! knows the network never gains by waiting (what is asked for earlier never comes later), so the buffer's limit is left
//! out, and with it every rule and every smaller set of rungs is bounded from above. Where more states are left than are
//! kept, neighbours become one that is as good as either: the bound rises, and holds.

use super::Interval;
use super::Settings;
use super::network::Network;
use super::replay::Movie;

/// States that are kept after each chunk.
const STATES_MAX: usize = 24;

/// After some chunks: all times since the session began.
#[derive(Debug, Clone, Copy)]
struct State<'a> {
    /// When the last chunk came, and the network there.
    came_ms: f64,
    network: Network<'a>,
    /// When the buffer runs dry.
    dry_ms: f64,
    /// The worth of the last chunk's rung.
    value: f64,
    score: f64,
}

/// The prices that the bound is paid in.
#[derive(Debug, Clone, Copy)]
struct Prices {
    switch: f64,
    stall: f64,
    startup: f64,
    bit: f64,
}

impl State<'_> {
    /// Whether it can do all that another can, and no worse.
    fn covers(&self, other: &Self, prices: &Prices) -> bool {
        // Standing still on purpose buys a later end of the buffer; a switch, the other's rung.
        let missing = (other.dry_ms - self.dry_ms).max(0.0);
        let switch = prices.switch * (self.value - other.value).abs();
        self.came_ms <= other.came_ms && self.score - prices.stall * missing - switch >= other.score
    }

    /// What is as good as either of two.
    fn joined(self, other: Self, prices: &Prices) -> Self {
        let (first, second) = if self.came_ms <= other.came_ms { (self, other) } else { (other, self) };
        let switch = prices.switch * (first.value - second.value).abs();
        let score = first.score.max(second.score + switch);
        Self { dry_ms: first.dry_ms.max(second.dry_ms), score, ..first }
    }

    /// How much better than the better of two what is as good as either is: time counts as if it were stalled.
    fn loss(&self, other: &Self, prices: &Prices) -> f64 {
        let joined = self.joined(*other, prices);
        let gained = |state: &Self| {
            let earlier = state.came_ms - joined.came_ms + joined.dry_ms - state.dry_ms;
            let switch = prices.switch * (joined.value - state.value).abs();
            prices.stall * earlier + joined.score - switch - state.score
        };
        gained(self).min(gained(other))
    }
}

/// The highest score for each second watched that a movie can have on a network that is playable.
pub fn oracle(movie: &Movie, values: &[f64], intervals: &[Interval], settings: &Settings) -> f64 {
    let seconds = movie.segment_ms / 1_000.0;
    let prices = Prices {
        switch: settings.switch_weight,
        stall: settings.stall_weight / 1_000.0,
        startup: settings.startup_weight / 1_000.0,
        bit: settings.megabyte_weight / 8e6,
    };
    // A slow start is cheaper than a stall later: for the first segment even a useless rung may be the best.
    let begun = (0..movie.rungs()).map(|rung| {
        let (bits, mut network) = (movie.bits(0, rung), Network::new(intervals));
        let came_ms = network.download(bits).taken_ms;
        let score = values[rung] * seconds - prices.bit * bits - prices.startup * came_ms;
        State { came_ms, network, dry_ms: came_ms + movie.segment_ms, value: values[rung], score }
    });
    let mut states = kept(begun.collect(), &prices);
    let useful = useful(movie, values, prices.bit > 0.0);
    for segment in 1..movie.segments {
        let next = useful.iter().flat_map(|rung| {
            let (bits, value) = (movie.bits(segment, *rung), values[*rung]);
            let gain = value * seconds - prices.bit * bits;
            states.iter().map(move |state| after(state, bits, value, gain, movie.segment_ms, &prices))
        });
        states = kept(next.collect(), &prices);
    }
    let best = states.iter().map(|state| state.score).fold(f64::NEG_INFINITY, f64::max);
    best / (movie.segments as f64 * seconds)
}

fn after<'a>(
    state: &State<'a>,
    bits: f64,
    value: f64,
    gain: f64,
    segment_ms: f64,
    prices: &Prices,
) -> State<'a> {
    let mut network = state.network;
    let came_ms = state.came_ms + network.download(bits).taken_ms;
    let stalled = (came_ms - state.dry_ms).max(0.0);
    let switch = prices.switch * (value - state.value).abs();
    let score = state.score + gain - switch - prices.stall * stalled;
    State { came_ms, network, dry_ms: state.dry_ms.max(came_ms) + segment_ms, value, score }
}

/// Rungs that another one does not make useless: worth as much, with no more bits in any segment.
fn useful(movie: &Movie, values: &[f64], all: bool) -> Vec<usize> {
    let is_small = movie.segment_bits.len() == movie.rungs();
    let is_useful = |rung: &usize| {
        // With bits that differ from segment to segment, or that cost something, every rung may be the best.
        all || !is_small || !values[..*rung].iter().any(|lower| *lower >= values[*rung])
    };
    (0..movie.rungs()).filter(is_useful).collect()
}

fn kept<'a>(mut next: Vec<State<'a>>, prices: &Prices) -> Vec<State<'a>> {
    next.sort_by(|one, other| one.came_ms.total_cmp(&other.came_ms).then(other.score.total_cmp(&one.score)));
    let mut kept: Vec<State<'a>> = Vec::with_capacity(next.len().min(4 * STATES_MAX));
    for state in next {
        // The last ones are the likeliest to cover it.
        if !kept.iter().rev().any(|better| better.covers(&state, prices)) {
            kept.push(state);
        }
    }
    while kept.len() > STATES_MAX {
        kept = fewer(kept, prices);
    }
    kept
}

/// Joins neighbours where that loses least, as many as are too many; one with two neighbours is joined to one of them.
fn fewer<'a>(mut states: Vec<State<'a>>, prices: &Prices) -> Vec<State<'a>> {
    states
        .sort_by(|one, other| one.value.total_cmp(&other.value).then(one.came_ms.total_cmp(&other.came_ms)));
    let mut losses: Vec<(f64, usize)> =
        states.windows(2).enumerate().map(|(at, pair)| (pair[0].loss(&pair[1], prices), at)).collect();
    losses.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut is_joined = vec![false; states.len()];
    let mut is_first = vec![false; states.len()];
    let mut left = states.len() - STATES_MAX;
    for (_, at) in losses {
        if left > 0 && !is_joined[at] && !is_joined[at + 1] {
            (is_joined[at], is_joined[at + 1], is_first[at]) = (true, true, true);
            left -= 1;
        }
    }
    let alone = |at: &usize| is_first[*at] || !is_joined[*at];
    let joined =
        |at: usize| if is_first[at] { states[at].joined(states[at + 1], prices) } else { states[at] };
    (0..states.len()).filter(alone).map(joined).collect()
}
