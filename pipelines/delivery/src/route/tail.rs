//! The tail of round trips: a pair's distribution from its mean and 95th percentile, and that of a mixture.
//!
//! A pair is taken as log-normal with the stated mean and 95th percentile. The 95th percentile of all traffic is
//! that of the mixture, not a mean of percentiles.

use super::inputs::Estimate;

/// The 95th percentile of the standard normal distribution.
const Z95: f64 = 1.644_853_626_951_472_6;

/// A log-normal distribution; a point where `sigma` is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    mu: f64,
    sigma: f64,
}

impl Spread {
    /// From ln(p95 / mean) = z·sigma − sigma² / 2, the smaller root; the percentile is always kept. No log-normal
    /// has a 95th percentile of more than e^(z²/2) times its mean: then sigma is z.
    pub fn of(estimate: &Estimate) -> Self {
        let p95 = estimate.rtt_ms_p95.max(1e-6);
        let ratio = (p95 / estimate.rtt_ms_mean.max(1e-6)).ln();
        let sigma = if ratio <= 0.0 { 0.0 } else { Z95 - (Z95 * Z95 - 2.0 * ratio).max(0.0).sqrt() };
        Self { mu: p95.ln() - Z95 * sigma, sigma }
    }

    /// The share above a limit.
    pub fn above(self, limit_ms: f64) -> f64 {
        if limit_ms <= 0.0 {
            return 1.0;
        }
        let distance = limit_ms.ln() - self.mu;
        // A point's logarithm may miss itself by rounding.
        if self.sigma < 1e-9 {
            return if distance < -1e-12 { 1.0 } else { 0.0 };
        }
        1.0 - normal(distance / self.sigma)
    }
}

/// The standard normal distribution function (Abramowitz and Stegun 26.2.17, off by less than 7.5e-8).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * series;
    if x < 0.0 { upper } else { 1.0 - upper }
}

/// The round trip that a share of the weight does not exceed; `None` without weight.
pub fn quantile(parts: &[(f64, Spread)], share: f64) -> Option<f64> {
    let whole: f64 = parts.iter().map(|(weight, _)| weight).sum();
    let above = |limit: f64| parts.iter().map(|(weight, spread)| weight * spread.above(limit)).sum::<f64>();
    (whole > 0.0).then(|| quantile_over(&above, whole, share))
}

/// The same for any weight above a limit, of a whole.
pub fn quantile_over(above: &dyn Fn(f64) -> f64, whole: f64, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while above(high) > (1.0 - share) * whole && high < 1e12 {
        high *= 2.0;
    }
    // Halving from any range ends below a thousandth of a millisecond.
    while high - low > 1e-4 {
        let middle = (low + high) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if above(middle) > (1.0 - share) * whole { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(mean: f64, p95: f64) -> Estimate {
        Estimate { rtt_ms_mean: mean, rtt_ms_p95: p95, throughput_kbps_p10: 0.0, samples: 1 }
    }

    #[test]
    fn a_pair_keeps_its_mean_and_its_percentile() {
        for (mean, p95) in [(20.0, 45.0), (20.0, 21.0), (7.5, 26.0), (30.0, 30.0), (30.0, 12.0), (5.0, 90.0)]
        {
            let spread = Spread::of(&estimate(mean, p95));
            let found = quantile(&[(3.0, spread)], 0.95).unwrap();
            assert!((found - p95).abs() < 1e-3, "{mean} {p95}: {found}");
            if p95 / mean < 3.8 && p95 > mean {
                // The mean is the area below the share above each value.
                let step = p95 / 2000.0;
                let area: f64 = (0..200_000).map(|i| spread.above((f64::from(i) + 0.5) * step) * step).sum();
                assert!((area / mean - 1.0).abs() < 1e-2, "{mean} {p95}: {area}");
            }
        }
    }

    #[test]
    fn a_mixture_is_no_mean_of_percentiles() {
        let [near, far] = [(10.0, 12.0), (200.0, 260.0)].map(|(mean, p95)| Spread::of(&estimate(mean, p95)));
        let p95 = |share: f64| quantile(&[(1.0 - share, near), (share, far)], 0.95).unwrap();
        assert!(p95(0.04) < 16.0, "{}", p95(0.04));
        assert!(p95(0.06) > 150.0, "{}", p95(0.06));
        assert_eq!(quantile(&[], 0.95), None);
    }
}
