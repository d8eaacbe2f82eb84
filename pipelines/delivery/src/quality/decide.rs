//! Whether a candidate is proven better than what is served, on viewers that it has not seen.

use super::Settings;
use super::bootstrap::{Bounds, intervals};
use super::plan::Reason;
use super::trial::{KINDS, Viewing, mean, over_rules};

/// What the held-out viewers say of a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Of the difference over all rules; none without viewers.
    pub bounds: Option<Bounds>,
    /// Why it is not proven; none where it is.
    pub doubt: Option<Reason>,
}

/// Judges a candidate by what the same viewers have of it and of what is served, in the same order.
///
/// It is proven if the lower bound of its gain is above zero over all rules and under each, if it stalls no more under any
/// (beyond a tolerance that nobody sees), and if it gains at least `gain_min`.
pub fn judge(
    current: &[Viewing],
    candidate: &[Viewing],
    gain_min: f64,
    seed: u64,
    settings: &Settings,
) -> Verdict {
    let differences: Vec<[f64; KINDS]> = current
        .iter()
        .zip(candidate)
        .map(|(current, candidate)| {
            std::array::from_fn(|rule| candidate.quality[rule] - current.quality[rule])
        })
        .collect();
    let Some(bounds) = intervals(&differences, settings.resamples, settings.confidence, seed) else {
        return Verdict { bounds: None, doubt: Some(Reason::FewViewers) };
    };
    let (all, by_rule) = (bounds[KINDS], &bounds[..KINDS]);
    let gain = mean(differences.iter().map(over_rules)).unwrap_or(0.0);
    let doubt = if current.len() < settings.viewers_min {
        Some(Reason::FewViewers)
    } else if all.low <= 0.0 {
        Some(Reason::NotProven)
    } else if by_rule.iter().any(|bounds| bounds.low <= 0.0) {
        Some(Reason::RuleLoses)
    } else if stalls_more(current, candidate, settings) {
        Some(Reason::StallsMore)
    } else if gain < gain_min {
        Some(Reason::SmallGain)
    } else {
        None
    };
    Verdict { bounds: Some(all), doubt }
}

fn stalls_more(current: &[Viewing], candidate: &[Viewing], settings: &Settings) -> bool {
    let more = |rule: usize| {
        let stalled = |viewings: &[Viewing]| mean(viewings.iter().map(|viewing| viewing.stalled[rule]));
        stalled(candidate).unwrap_or(0.0) - stalled(current).unwrap_or(0.0)
    };
    let by_rule: [f64; KINDS] = std::array::from_fn(more);
    by_rule.iter().any(|more| *more > settings.stall_tolerance)
}

/// Stalled time for each second watched, over all viewers and rules.
pub fn rebuffer(viewings: &[Viewing]) -> Option<f64> {
    mean(viewings.iter().map(|viewing| over_rules(&viewing.stalled)))
}

/// Quality for each second watched, over all viewers and rules.
pub fn quality(viewings: &[Viewing]) -> Option<f64> {
    mean(viewings.iter().map(|viewing| over_rules(&viewing.quality)))
}
