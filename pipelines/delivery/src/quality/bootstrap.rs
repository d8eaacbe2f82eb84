//! How sure a difference is: viewers drawn again and again with replacement, with a seed (Efron 1979).

use super::trial::KINDS;

/// An interval of a mean difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// Chance from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

/// Intervals of the means of viewers' differences, by rule and, at the end, over all rules.
///
/// One draw of viewers serves all, so that they can be compared. Without viewers there is none.
pub fn intervals(
    differences: &[[f64; KINDS]],
    resamples: usize,
    confidence: f64,
    seed: u64,
) -> Option<[Bounds; KINDS + 1]> {
    if differences.is_empty() || resamples == 0 {
        return None;
    }
    let mut random = Random(seed);
    let mut means: [Vec<f64>; KINDS + 1] = std::array::from_fn(|_| Vec::with_capacity(resamples));
    for _ in 0..resamples {
        let mut sums = [0.0; KINDS];
        for _ in 0..differences.len() {
            let drawn = &differences[random.below(differences.len())];
            sums.iter_mut().zip(drawn).for_each(|(sum, difference)| *sum += difference);
        }
        let by_rule = sums.map(|sum| sum / differences.len() as f64);
        by_rule.iter().zip(&mut means).for_each(|(mean, means)| means.push(*mean));
        means[KINDS].push(super::trial::over_rules(&by_rule));
    }
    let tail = (1.0 - confidence.clamp(0.0, 1.0)) / 2.0;
    Some(means.map(|mut means| {
        means.sort_by(f64::total_cmp);
        Bounds { low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) }
    }))
}

/// A quantile of sorted numbers, between neighbours in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}
