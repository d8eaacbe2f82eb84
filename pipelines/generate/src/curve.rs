//! Curves of chance in plain arithmetic: what a platform's own `exp` and `ln` give differs in the last bits,
//! and an area's bytes must not.

use std::sync::LazyLock;

const STEPS: usize = 4_096;

/// Quantiles of the normal distribution at the ends of equal shares; the outermost are cut at half a share.
static NORMALS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let share = |at: usize| (at as f64 / STEPS as f64).clamp(0.5 / STEPS as f64, 1.0 - 0.5 / STEPS as f64);
    (0..=STEPS).map(|at| quantile(share(at))).collect()
});

/// A draw of the standard normal distribution from 64 random bits.
pub fn normal(bits: u64) -> f64 {
    let at = (bits >> 52) as usize;
    let part = (bits >> 20 & 0xFFFF_FFFF) as f64 / 4_294_967_296.0;
    NORMALS[at] + (NORMALS[at + 1] - NORMALS[at]) * part
}

/// 64 random bits as a number from 0 to 1.
pub fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / 9_007_199_254_740_992.0
}

/// e to a power, to about 12 digits.
pub fn exp(power: f64) -> f64 {
    let power = power.clamp(-700.0, 700.0);
    let twos = (power * std::f64::consts::LOG2_E).round();
    let rest = power - twos * std::f64::consts::LN_2;
    let mut sum = 1.0;
    for place in (1..=11).rev() {
        sum = 1.0 + rest * sum / f64::from(place);
    }
    sum * f64::from_bits(((twos as i64 + 1_023) as u64) << 52)
}

/// The natural logarithm of a number above zero, to about 12 digits.
pub fn ln(number: f64) -> f64 {
    let bits = number.to_bits();
    let (mut twos, mut mantissa) =
        ((bits >> 52) as i64 - 1_023, f64::from_bits(bits & ((1 << 52) - 1) | 1_023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        (twos, mantissa) = (twos + 1, mantissa / 2.0);
    }
    let root = (mantissa - 1.0) / (mantissa + 1.0);
    let square = root * root;
    let series = (0..9).rev().fold(0.0, |sum, place| sum * square + 1.0 / f64::from(2 * place + 1));
    twos as f64 * std::f64::consts::LN_2 + 2.0 * root * series
}

/// The share of the standard normal distribution below a number, to seven digits (Abramowitz and Stegun 26.2.17).
pub fn share_below(number: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * number.abs());
    let factors = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let series = factors.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    let above = 0.398_942_280_401_432_7 * exp(-number * number / 2.0) * series;
    if number < 0.0 { above } else { 1.0 - above }
}

/// The number below which a share of the standard normal distribution lies: bisection of the above.
fn quantile(share: f64) -> f64 {
    solve(-8.0, 8.0, |number| share_below(number) < share)
}

/// Where a condition that holds below a number and not above it ends.
pub fn solve(mut low: f64, mut high: f64, mut is_below: impl FnMut(f64) -> bool) -> f64 {
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if is_below(middle) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Random, Stream};

    #[test]
    fn curves_are_those_of_the_standard_library() {
        for number in [1e-9, 0.3, 0.999, 1.0, 1.5, 2.0, 77.7, 1e12] {
            assert!((ln(number) - f64::ln(number)).abs() < 1e-11, "{number}");
        }
        for power in [-30.0, -1.0, -1e-6, 0.0, 0.4, 3.3, 40.0] {
            assert!((exp(power) / f64::exp(power) - 1.0).abs() < 1e-11, "{power}");
        }
        for (number, share) in [(0.0, 0.5), (1.644_854, 0.95), (-1.281_552, 0.1)] {
            assert!((share_below(number) - share).abs() < 1e-6, "{number}");
            assert!((quantile(share) - number).abs() < 1e-5, "{share}");
        }
    }

    #[test]
    fn draws_are_normal() {
        let mut random = Random::new(1, Stream::Session, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| normal(random.next())).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
