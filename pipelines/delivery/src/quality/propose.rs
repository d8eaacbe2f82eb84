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
    let mut best: Option<(bool, f64, Vec<Rendition>)> = None;
    for catalogue in catalogues {
        let (is_calm, gain) = gain(before.as_deref(), &tried(&catalogue));
        if best.as_ref().is_none_or(|(calm, most, _)| (is_calm, gain) > (*calm, *most)) {
            best = Some((is_calm, gain, catalogue));
        }
    }
    best.map(|(_, _, catalogue)| catalogue)
}

fn first_viewers(traces: &[Trace]) -> &[Trace] {
    let by_viewer = traces.chunk_by(|one, other| one.viewer == other.viewer);
    &traces[..by_viewer.take(VIEWERS_MAX).map(<[Trace]>::len).sum()]
}

/// Whether it stalls no more than before, and what it gains under the rule under which it gains least.
fn gain(before: Option<&[Viewing]>, after: &[Viewing]) -> (bool, f64) {
    let quality = |viewings: &[Viewing], rule: usize| {
        mean(viewings.iter().map(|viewing| viewing.quality[rule])).unwrap_or(0.0)
    };
    let stalled = |viewings: &[Viewing]| {
        mean(viewings.iter().map(|viewing| over_rules(&viewing.stalled))).unwrap_or(0.0)
    };
    let gains =
        (0..KINDS).map(|rule| quality(after, rule) - before.map_or(0.0, |before| quality(before, rule)));
    let is_calm = before.is_none_or(|before| stalled(after) <= stalled(before));
    (is_calm, gains.fold(f64::INFINITY, f64::min))
}
