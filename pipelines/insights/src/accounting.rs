//! What noise a price buys, and what a price means: rho into sigma, rho into epsilon, tails into delta.
//!
//! Discrete Gaussian noise of scale sigma on a vector that a neighbour moves by a length d costs d² / (2 sigma²) of
//! rho, as continuous noise would (Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy").

use crate::family::Family;
use crate::policy::{ONE, PARTS, Policy};

/// The scale of a family's noise, in units of the grid: a whole number, so that its square is exact.
pub fn sigma(policy: &Policy, family: Family) -> f64 {
    let length = family.length_max(&policy.caps) as f64 * ONE as f64 * policy.rounding();
    let rho = policy.nano_rho_day() as f64 * 1e-9 * policy.share(family) as f64 / PARTS as f64;
    (length / (2.0 * rho).sqrt()).ceil() + 1.0
}

/// The least epsilon for which a mechanism of so much rho is (epsilon, delta)-differentially private.
///
/// By the conversion of Canonne, Kamath and Steinke (2020, proposition 12), at the best order of divergence.
pub fn epsilon(rho: f64, delta: f64) -> f64 {
    let at = |order: f64| {
        let rest = (1.0 / delta).ln() + (order - 1.0) * (1.0 - 1.0 / order).ln() - order.ln();
        order * rho + rest / (order - 1.0)
    };
    // One valley: the order less one is searched by its logarithm.
    let (mut low, mut high) = (-12.0_f64, 12.0_f64);
    for _ in 0..200 {
        let third = (high - low) / 3.0;
        match at(1.0 + (low + third).exp()) < at(1.0 + (high - third).exp()) {
            true => high -= third,
            false => low += third,
        }
    }
    at(1.0 + low.exp()).max(0.0)
}

/// An upper bound of P[N(0, 1) >= x] for x above 0, within a relative 1/x⁴ of it.
///
/// The first terms of Mills' ratio, cut after one that is too large.
pub fn tail(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (density / x * (1.0 - 1.0 / (x * x) + 3.0 / (x * x).powi(2))).min(1.0)
}

/// The probability that a discrete Gaussian of scale `sigma` is at or above `least`, from above: a continuous one
/// is one lower at least as often (the same paper, proposition 25).
pub fn discrete_tail(sigma: f64, least: i64) -> f64 {
    match (least - 1) as f64 / sigma {
        x if x >= 1.0 => tail(x),
        _ => 1.0,
    }
}

/// The least threshold, in units of the grid, that a key of one viewer alone reaches no more often than delta.
///
/// A single viewer adds at most [`ONE`]: the noise must bring the rest, and is charged for one unit less.
pub fn threshold(sigma: f64, delta: f64) -> i64 {
    let (mut low, mut high) = (sigma.ceil() as i64 + 1, (sigma * 40.0).ceil() as i64 + 2);
    while low < high {
        let middle = low + (high - low) / 2;
        match discrete_tail(sigma, middle) <= delta {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    ONE + low
}

/// What thresholds cost in delta, in 10^-15, a day: a viewer with one creator, and over all creators.
///
/// A removed creator may let another in, with a key of its own: two keys appear or vanish.
pub fn femto_delta_day(policy: &Policy) -> (u64, u64) {
    (2 * policy.femto_delta, policy.caps.creators * policy.femto_delta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::policy;

    #[test]
    fn the_promise_reads_as_it_is_made() {
        assert!((epsilon(0.5, 1e-6) - 5.22).abs() < 0.005, "{}", epsilon(0.5, 1e-6));
        assert!((epsilon(2.0, 1e-6) - 11.69).abs() < 0.005, "{}", epsilon(2.0, 1e-6));
        assert!(epsilon(0.1, 1e-6) < epsilon(0.2, 1e-6) && epsilon(0.1, 1e-5) < epsilon(0.1, 1e-6));
    }

    /// All families together cost no more than a day, and hardly less.
    #[test]
    fn sigmas_spend_the_day() {
        let policy = policy();
        let price = |family: Family| {
            let length = family.length_max(&policy.caps) as f64 * ONE as f64 * policy.rounding();
            length * length / (2.0 * sigma(&policy, family).powi(2))
        };
        let spent: f64 = Family::ALL.into_iter().map(price).sum();
        let shares: u64 = Family::ALL.into_iter().map(|family| policy.share(family)).sum();
        let day = policy.nano_rho_day() as f64 * 1e-9 * shares as f64 / PARTS as f64;
        assert!(spent <= day && spent > day * 0.999, "{spent} of {day}");
    }

    /// The month of one viewer with one creator: its own days, and the returning viewers of the next month's.
    #[test]
    fn a_month_is_within_its_budget() {
        let policy = policy();
        let part = policy.nano_rho_day() as f64 / PARTS as f64;
        let returning = policy.share(Family::ReturningViewers) as f64;
        let all = policy.share_of_day() as f64 + returning;
        let month = part * (31.0 * all + policy.window_days as f64 * returning);
        assert!(month <= policy.nano_rho_viewer_creator as f64, "{month}");
        let (other, back) = policy.radius_squared();
        let per_part = policy.weight_of_part() as f64;
        let (other, back) = (other as f64 / per_part, back as f64 / per_part);
        let viewer = part * (31.0 * (other + back) + 2.0 * policy.window_days as f64 * back);
        assert!(viewer <= policy.nano_rho_viewer as f64 && viewer > policy.nano_rho_viewer as f64 * 0.999);
        assert!(31 * policy.nano_rho_day() <= policy.nano_rho_viewer_creator);
    }

    #[test]
    fn tails_are_bounds_from_above() {
        // P[N(0, 1) >= x] to ten digits.
        for (x, exact) in [(2.0, 0.022_750_131_9), (4.0, 3.167_124_183e-5), (6.0, 9.865_876_45e-10)] {
            assert!(tail(x) >= exact && tail(x) < exact * (1.0 + 20.0 / f64::powi(x, 4)), "{x}: {}", tail(x));
        }
        // A discrete one of scale 3, summed.
        let weight = |n: i64| (-((n * n) as f64) / 18.0).exp();
        let all: f64 = (-200..=200).map(weight).sum();
        for least in [4, 8, 12, 16] {
            let exact: f64 = (least..=200).map(weight).sum::<f64>() / all;
            assert!(discrete_tail(3.0, least) >= exact, "{least}");
        }
        let sigma = 1e7;
        let least = threshold(sigma, 1e-10) - ONE;
        assert!(discrete_tail(sigma, least) <= 1e-10 && discrete_tail(sigma, least - 1) > 1e-10);
    }
}
