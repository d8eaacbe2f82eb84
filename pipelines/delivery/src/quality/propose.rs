//! The candidate: catalogues for the cohort's bandwidth under some kinds of caution, and of those the one that does best
//! on viewers who are not held out.

use super::audience::Audience;
use super::candidates::Offered;
use super::catalogue::catalogue;
use super::evidence::Trace;
use super::grid::shares;
use super::start::{Begun, start_rung};
use super::trial::{KINDS, Viewing, mean, over_rules, trial};
use super::{Evidence, Rendition, Settings};

/// What is left of the share of its throughput that a rung may take, and of the lowest rung.
const CAUTIONS: [(f64, f64); 6] =
    [(1.0, 1.0), (0.75, 1.0), (1.0, 0.6), (0.75, 0.6), (0.5, 0.6), (0.75, 0.35)];
/// Where every catalogue stalls more than what is served, they lose so many of their highest rungs, one by one.
const LOWERINGS_MAX: usize = 3;
/// Fitting viewers on whom catalogues are tried.
const VIEWERS_MAX: usize = 200;

/// The candidate of a cohort; none where nothing is known of its bandwidth.
pub fn propose(
    evidence: &Evidence,
    current: &[Rendition],
    audience: &Audience,
    settings: &Settings,
) -> Option<Vec<Rendition>> {
    let shares = shares(&evidence.throughput)?;
    let offered = Offered::of(evidence, current);
    let mut catalogues: Vec<Vec<Rendition>> = Vec::new();
    for (throughput, lowest) in CAUTIONS {
        let cautious = Settings {
            throughput_share: settings.throughput_share * throughput,
            lowest_share: settings.lowest_share * lowest,
            ..settings.clone()
        };
        let found = catalogue(&shares, &offered, audience, &cautious);
        if !catalogues.contains(&found) {
            catalogues.push(found);
        }
    }
    let traces = first_viewers(&audience.fitting);
    if traces.is_empty() || catalogues.len() == 1 {
        return catalogues.into_iter().next();
    }
    let begun = Begun { traces, shares: &shares };
    let tried = |ladder: &[Rendition]| {
        trial(ladder, start_rung(ladder, &begun, audience, settings), traces, audience, settings)
    };
    let before = if current.is_empty() { None } else { Some(tried(current)) };
    let mut best: Option<(Merit, Vec<Rendition>)> = None;
    for _ in 0..=LOWERINGS_MAX {
        for catalogue in &catalogues {
            let merit = merit(before.as_deref(), &tried(catalogue), settings);
            if best.as_ref().is_none_or(|(most, _)| merit > *most) {
                best = Some((merit, catalogue.clone()));
            }
        }
        if best.as_ref().is_some_and(|(merit, _)| merit.is_tolerable) {
            break;
        }
        catalogues = catalogues.iter().map(|catalogue| lowered(catalogue)).collect();
        catalogues.dedup();
    }
    best.map(|(_, catalogue)| catalogue)
}

/// A catalogue without the highest rung of each codec that has several.
fn lowered(catalogue: &[Rendition]) -> Vec<Rendition> {
    let is_kept = |rung: &&Rendition| {
        let others = catalogue.iter().filter(|other| other.codec == rung.codec && *other != *rung);
        let (mut is_alone, mut is_highest) = (true, true);
        for other in others {
            (is_alone, is_highest) = (false, is_highest && other.peak_kbps < rung.peak_kbps);
        }
        is_alone || !is_highest
    };
    catalogue.iter().filter(is_kept).copied().collect()
}

fn first_viewers(traces: &[Trace]) -> &[Trace] {
    let by_viewer = traces.chunk_by(|one, other| one.viewer == other.viewer);
    &traces[..by_viewer.take(VIEWERS_MAX).map(<[Trace]>::len).sum()]
}

/// What speaks for a catalogue, the first things first.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Merit {
    /// It gains enough, and stalls not even a little more.
    is_calm: bool,
    is_tolerable: bool,
    /// Under the rule under which it gains least.
    gain: f64,
}

fn merit(before: Option<&[Viewing]>, after: &[Viewing], settings: &Settings) -> Merit {
    let of = |viewings: &[Viewing], number: &dyn Fn(&Viewing) -> f64| {
        mean(viewings.iter().map(number)).unwrap_or(0.0)
    };
    let more = |number: &dyn Fn(&Viewing) -> f64| {
        of(after, number) - before.map_or(0.0, |before| of(before, number))
    };
    let gains = (0..KINDS).map(|rule| more(&|viewing| viewing.quality[rule]));
    let gain = gains.fold(f64::INFINITY, f64::min);
    let stalls = more(&|viewing| over_rules(&viewing.stalled));
    let has_before = before.is_some();
    Merit {
        is_calm: !has_before || stalls <= 0.0 && gain >= settings.gain_min,
        is_tolerable: !has_before || stalls <= settings.stall_tolerance,
        gain,
    }
}
