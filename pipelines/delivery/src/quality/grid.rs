//! Candidate bitrates, and a cohort's bandwidth as it bears on them.

use super::{Distribution, Settings};

/// Candidate peak bitrates in even steps of their logarithm, in whole kilobits a second.
pub fn grid(settings: &Settings) -> Vec<u32> {
    let points = settings.grid_points.max(2);
    let step = (settings.grid_kbps_max / settings.grid_kbps_min).ln() / (points - 1) as f64;
    let kbps = |at: usize| (settings.grid_kbps_min * (step * at as f64).exp()).round().max(1.0) as u32;
    let mut grid: Vec<u32> = (0..points).map(kbps).collect();
    grid.dedup();
    grid
}

/// Throughputs with their shares of the viewers, ascending; none where nothing is known.
pub fn shares(distribution: &Distribution) -> Option<Vec<(f64, f64)>> {
    let pairs = distribution.throughput_kbps.iter().copied().zip(distribution.masses.iter().copied());
    let is_of_use =
        |(kbps, mass): &(f64, f64)| kbps.is_finite() && *kbps > 0.0 && mass.is_finite() && *mass > 0.0;
    let mut pairs: Vec<(f64, f64)> = pairs.filter(is_of_use).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let all: f64 = pairs.iter().map(|(_, mass)| mass).sum();
    pairs.iter_mut().for_each(|(_, mass)| *mass /= all);
    (!pairs.is_empty() && all.is_finite()).then_some(pairs)
}

/// The throughput that a share of the viewers does not reach.
pub fn quantile(shares: &[(f64, f64)], share: f64) -> f64 {
    let mut below = 0.0;
    let reaches = |(_, mass): &&(f64, f64)| {
        below += mass;
        below >= share
    };
    shares.iter().find(reaches).or(shares.last()).map_or(0.0, |(kbps, _)| *kbps)
}

/// For each of some ascending bitrates: the share of viewers who cannot play it, and what they lose to stalls where it is
/// the lowest. Viewers play what takes a share of their throughput, and download `mean_to_peak` of it.
pub fn below(
    shares: &[(f64, f64)],
    bitrates_kbps: &[f64],
    (throughput_share, mean_to_peak): (f64, f64),
    stall_weight: f64,
) -> (Vec<f64>, Vec<f64>) {
    let (mut short, mut mass) = (0, 0.0);
    // Of those whose throughput is below the bits themselves: their mass, and that divided by their throughput.
    let (mut stalling, mut stalled, mut stalled_by_throughput) = (0, 0.0, 0.0);
    let of = |kbps: &f64| {
        let mean_kbps = kbps * mean_to_peak;
        while let Some((_, share)) = shares.get(short).filter(|pair| pair.0 * throughput_share < *kbps) {
            (short, mass) = (short + 1, mass + share);
        }
        while let Some((throughput, share)) = shares.get(stalling).filter(|pair| pair.0 < mean_kbps) {
            (stalling, stalled) = (stalling + 1, stalled + share);
            stalled_by_throughput += share / throughput;
        }
        (mass, stall_weight * (mean_kbps * stalled_by_throughput - stalled).max(0.0))
    };
    bitrates_kbps.iter().map(of).unzip()
}
