//! A ladder on the networks of viewers: what each of them would have had of it, under rules of each kind.

use super::audience::Audience;
use super::qoe::score;
use super::replay::{Movie, Player, Rule, play};
use super::screen::{Screen, screen};
use super::{Rendition, Settings, Trace};

/// Rules of each kind.
pub const KINDS: usize = Rule::KINDS.len();

/// What a viewer has of a ladder, for each second watched, by rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewing {
    pub viewer: u64,
    pub quality: [f64; KINDS],
    /// Stalled time.
    pub stalled: [f64; KINDS],
}

/// Segments that are replayed of a session.
pub fn segments(trace: &Trace, settings: &Settings) -> usize {
    ((trace.watch_ms / settings.segment_ms).ceil() as usize).clamp(1, settings.segments_max.max(1))
}

/// A player's buffer holds two segments at least.
pub fn buffer_ms(settings: &Settings) -> f64 {
    settings.buffer_ms.max(2.0 * settings.segment_ms)
}

/// The movie that a device plays of a ladder; how many segments is said for each trace.
pub fn movie(screen: &Screen, audience: &Audience, settings: &Settings) -> Movie {
    let bitrates = screen.rungs.iter().map(|rung| f64::from(rung.peak_kbps)).collect();
    Movie::even(settings.segment_ms, bitrates, audience.mean_to_peak, 1)
}

/// Replays a ladder on traces in the order of their viewers; gives one viewing for each viewer.
pub fn trial(
    ladder: &[Rendition],
    start_rung: usize,
    traces: &[Trace],
    audience: &Audience,
    settings: &Settings,
) -> Vec<Viewing> {
    let screens: Vec<Screen> =
        audience.devices.iter().map(|device| screen(ladder, device, audience, settings)).collect();
    let mut movies: Vec<Movie> = screens.iter().map(|screen| movie(screen, audience, settings)).collect();
    let by_viewer = traces.chunk_by(|one, other| one.viewer == other.viewer);
    by_viewer
        .map(|traces| {
            let (mut watched, mut quality, mut stalled) = (0.0, [0.0; KINDS], [0.0; KINDS]);
            for trace in traces {
                let movie = &mut movies[trace.device];
                movie.segments = segments(trace, settings);
                let seconds = movie.segments as f64 * movie.segment_ms / 1_000.0;
                watched += seconds;
                for (kind, rule) in Rule::KINDS.into_iter().enumerate() {
                    let player = Player { rule, buffer_ms: buffer_ms(settings), start_rung };
                    let played = play(&player, movie, &screens[trace.device].values, &trace.intervals);
                    quality[kind] += score(&played, settings) * seconds;
                    stalled[kind] += played.stalled_ms / 1_000.0;
                }
            }
            let mean = |sum: f64| sum / watched;
            Viewing { viewer: traces[0].viewer, quality: quality.map(mean), stalled: stalled.map(mean) }
        })
        .collect()
}

/// The mean of some numbers, none of none.
pub fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = numbers.len();
    (count > 0).then(|| numbers.sum::<f64>() / count as f64)
}

/// The mean over rules.
pub fn over_rules(by_rule: &[f64; KINDS]) -> f64 {
    by_rule.iter().sum::<f64>() / KINDS as f64
}
