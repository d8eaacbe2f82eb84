//! A cohort's planning: what is served, what stood yesterday and today's candidate, on the same held-out viewers.

use xxhash_rust::xxh3::xxh3_64;

use super::audience::Audience;
use super::bootstrap::Bounds;
use super::decide::{judge, quality, rebuffer};
use super::grid::shares;
use super::oracle::oracle;
use super::plan::{Decision, Plan, Reason};
use super::propose::propose;
use super::replay::Movie;
use super::screen::screen;
use super::start::{Begun, cap_kbps, framerate, in_order, main_codec, start_rung};
use super::trial::{Viewing, mean, segments, trial};
use super::{Cohort, DeviceProfile, Evidence, Rendition, Settings};

/// A ladder as it is offered, with what the held-out viewers have of it.
struct Tried {
    ladder: Vec<Rendition>,
    start_rung: usize,
    viewings: Vec<Viewing>,
}

/// Plans a cohort: keeps what is served unless the held-out viewers prove the candidate better.
///
/// A candidate that was adopted the night before stays while it is better than what is served, unless today's is proven
/// better still; a new one must gain `gain_min`. So plans do not flap.
pub fn plan(evidence: &Evidence, settings: &Settings) -> Plan {
    let audience = Audience::of(evidence, settings);
    let seed = settings.seed ^ seed_of(&evidence.cohort);
    let served = ordered(&evidence.current, &audience, settings);
    let throughputs = shares(&evidence.throughput).unwrap_or_default();
    let tried = |ladder: &[Rendition]| {
        let begun = Begun { traces: &audience.fitting, shares: &throughputs };
        let ladder = ordered(ladder, &audience, settings);
        let start_rung = start_rung(&ladder, &begun, &audience, settings);
        let viewings = trial(&ladder, start_rung, &audience.held_out, &audience, settings);
        Tried { ladder, start_rung, viewings }
    };
    let proposed = propose(evidence, &served, &audience, settings);
    if served.is_empty() {
        return unserved(evidence, proposed, &audience, settings, tried);
    }
    let current = tried(&served);
    let standing = evidence.yesterday.as_ref().filter(|standing| standing.decision == Decision::Adopt);
    let standing = standing.map(|standing| ordered(&standing.ladder, &audience, settings));
    let standing =
        standing.filter(|ladder| !ladder.is_empty() && *ladder != served).map(|ladder| tried(&ladder));
    let candidate = proposed.map(|ladder| tried(&ladder));
    let (candidate, reason, bounds) = chosen(&current, standing, candidate, seed, settings);
    let decision = match reason {
        Reason::Better | Reason::Stands => Decision::Adopt,
        _ => Decision::Keep,
    };
    let planned = candidate.as_ref().unwrap_or(&current);
    let offered = if decision == Decision::Adopt { planned } else { &current };
    let has_viewers = !current.viewings.is_empty();
    let ladders = [&current.ladder[..], &planned.ladder[..]];
    Plan {
        qoe_current: quality(&current.viewings),
        qoe_planned: quality(&planned.viewings),
        qoe_oracle: has_viewers.then(|| {
            // Never below what was reached, where rounding would have it so.
            let reached = [quality(&current.viewings), quality(&planned.viewings)];
            reached.into_iter().flatten().fold(oracle_mean(&ladders, &audience, settings), f64::max)
        }),
        rebuffer_current: rebuffer(&current.viewings),
        rebuffer_planned: rebuffer(&planned.viewings),
        ci_low: bounds.map(|bounds| bounds.low),
        ci_high: bounds.map(|bounds| bounds.high),
        candidate: planned.ladder.clone(),
        ..base(evidence, &offered.ladder, offered.start_rung, (decision, reason), &audience, settings)
    }
}

/// Which ladder stands against what is served, and what comes of it.
fn chosen(
    current: &Tried,
    standing: Option<Tried>,
    candidate: Option<Tried>,
    seed: u64,
    settings: &Settings,
) -> (Option<Tried>, Reason, Option<Bounds>) {
    let against = |one: &Tried, other: &Tried, gain_min: f64| {
        judge(&one.viewings, &other.viewings, gain_min, seed, settings)
    };
    let stands = standing.map(|standing| {
        let verdict = against(current, &standing, 0.0);
        (standing, verdict)
    });
    if let Some((standing, verdict)) = stands.filter(|(_, verdict)| verdict.doubt.is_none()) {
        let is_beaten = |candidate: &Tried| {
            against(&standing, candidate, settings.gain_min).doubt.is_none()
                && against(current, candidate, settings.gain_min).doubt.is_none()
        };
        if !candidate.as_ref().is_some_and(is_beaten) {
            return (Some(standing), Reason::Stands, verdict.bounds);
        }
    }
    let Some(candidate) = candidate else { return (None, Reason::NoBandwidth, None) };
    let verdict = against(current, &candidate, settings.gain_min);
    let reason = match verdict.doubt {
        _ if candidate.ladder == current.ladder => Reason::SameLadder,
        Some(doubt) => doubt,
        None => Reason::Better,
    };
    (Some(candidate), reason, verdict.bounds)
}

/// Nothing is served: there is nothing to be better than. Yesterday's ladder, else the candidate, else the default.
fn unserved(
    evidence: &Evidence,
    proposed: Option<Vec<Rendition>>,
    audience: &Audience,
    settings: &Settings,
    tried: impl Fn(&[Rendition]) -> Tried,
) -> Plan {
    let before = evidence.yesterday.as_ref().map(|standing| standing.ladder.clone());
    let ladder = before.filter(|ladder| !ladder.is_empty()).or(proposed);
    let planned = tried(&ladder.unwrap_or_else(|| settings.ladder_default.clone()));
    let has_viewers = !planned.viewings.is_empty();
    let outcome = (Decision::Keep, Reason::NoLadder);
    Plan {
        qoe_planned: quality(&planned.viewings),
        qoe_oracle: has_viewers.then(|| oracle_mean(&[&planned.ladder], audience, settings)),
        rebuffer_planned: rebuffer(&planned.viewings),
        candidate: planned.ladder.clone(),
        ..base(evidence, &planned.ladder, planned.start_rung, outcome, audience, settings)
    }
}

/// A plan without what rests on held-out viewers.
fn base(
    evidence: &Evidence,
    ladder: &[Rendition],
    start_rung: usize,
    (decision, reason): (Decision, Reason),
    audience: &Audience,
    settings: &Settings,
) -> Plan {
    let codec = main_codec(ladder, audience, settings);
    let rungs = ladder.iter().filter(|rung| rung.codec == codec).count();
    let cap_kbps = cap_kbps(ladder, audience, settings);
    Plan {
        cohort: evidence.cohort.clone(),
        ladder: ladder.to_vec(),
        start_rung: start_rung.min(rungs.saturating_sub(1)),
        cap_kbps,
        codec,
        framerate: framerate(ladder, cap_kbps, audience),
        viewers: evidence.viewers,
        held_out_viewers: audience.held_out_viewers() as u64,
        qoe_current: None,
        qoe_planned: None,
        qoe_oracle: None,
        rebuffer_current: None,
        rebuffer_planned: None,
        ci_low: None,
        ci_high: None,
        decision,
        reason,
        candidate: Vec::new(),
    }
}

fn ordered(ladder: &[Rendition], audience: &Audience, settings: &Settings) -> Vec<Rendition> {
    let is_playable = |rung: &&Rendition| rung.peak_kbps > 0;
    let ladder: Vec<Rendition> = ladder.iter().filter(is_playable).copied().collect();
    in_order(&ladder, main_codec(&ladder, audience, settings))
}

/// The mean over held-out viewers of the most that a player could have had with the rungs of some ladders.
fn oracle_mean(ladders: &[&[Rendition]], audience: &Audience, settings: &Settings) -> f64 {
    let of_device = |device: &DeviceProfile| {
        let screens = ladders.iter().map(|ladder| screen(ladder, device, audience, settings));
        let pairs =
            screens.flat_map(|screen| screen.rungs.into_iter().zip(screen.values).collect::<Vec<_>>());
        let mut pairs: Vec<(u32, f64)> = pairs.map(|(rung, value)| (rung.peak_kbps, value)).collect();
        // Of rungs with the same bits the first is the most useful.
        pairs.sort_by(|one, other| one.0.cmp(&other.0).then(other.1.total_cmp(&one.1)));
        let bitrates = pairs.iter().map(|(kbps, _)| f64::from(*kbps)).collect();
        let movie = Movie::even(settings.segment_ms, bitrates, audience.mean_to_peak, 1);
        (movie, pairs.into_iter().map(|(_, value)| value).collect::<Vec<f64>>())
    };
    let mut played: Vec<(Movie, Vec<f64>)> = audience.devices.iter().map(of_device).collect();
    let by_viewer = audience.held_out.chunk_by(|one, other| one.viewer == other.viewer);
    let viewers: Vec<f64> = by_viewer
        .map(|traces| {
            let (mut watched, mut scored) = (0.0, 0.0);
            for trace in traces {
                let (movie, values) = &mut played[trace.device];
                movie.segments = segments(trace, settings);
                watched += movie.segments as f64;
                scored += oracle(movie, values, &trace.intervals, settings) * movie.segments as f64;
            }
            scored / watched
        })
        .collect();
    mean(viewers.into_iter()).unwrap_or(f64::NEG_INFINITY)
}

/// A cohort's own number, the same on every night and machine.
fn seed_of(cohort: &Cohort) -> u64 {
    let Cohort { region, network, device_class, data_saver } = cohort;
    xxh3_64(format!("{region}\u{1f}{network}\u{1f}{device_class}\u{1f}{data_saver}").as_bytes())
}
