//! What a plan would have measured, told from what others measured: off-policy estimates from logged propensities.
//!
//! Every probe was drawn with a known probability p. The plan draws node n for cell c with probability π(n|c), so a
//! probe counts with the weight π/p. Self-normalised (SNIPS): Σwr/Σw. Doubly robust: the model's mean round trip
//! under the plan, corrected by the weighted errors of the model. Both intervals are normal, from the variance of
//! each probe's influence. What is needed of the probes of one cell and node are eight sums.
//! Sources: Swaminathan and Joachims 2015 (self-normalised), Dudík, Langford and Li 2011 (doubly robust).

/// The 97.5th percentile of the standard normal distribution.
const Z975: f64 = 1.959_963_984_540_054;

/// The probes of one cell and node: r is a round trip in ms, p its propensity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Probes {
    /// π(n|c), by the plan.
    pub target: f64,
    /// The model's mean round trip of the pair, in ms; `None` where it has none.
    pub model_ms: Option<f64>,
    pub samples: f64,
    /// Σ 1/p, Σ 1/p², Σ r/p, Σ r/p², Σ r²/p².
    pub inverse: f64,
    pub inverse_squared: f64,
    pub weighted: f64,
    pub weighted_twice: f64,
    pub squared_weighted_twice: f64,
}

/// An estimate with its 95 % confidence interval, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// Both estimates, or none where too few probes stand behind them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OffPolicy {
    pub doubly_robust: Option<Interval>,
    pub self_normalised: Option<Interval>,
    /// (Σw)² / Σw²: the probes that the weights leave.
    pub effective_samples: f64,
}

/// Estimates the plan's mean round trip over the cells of the probes, each cell as often as it was probed.
///
/// `cells` holds the probes of each cell. Refused below
/// `samples_min` effective samples.
pub fn estimate(cells: &[Vec<Probes>], samples_min: f64) -> OffPolicy {
    let all = || cells.iter().flatten();
    let sum = |of: &dyn Fn(&Probes) -> f64| all().map(of).sum::<f64>();
    let samples = sum(&|probes| probes.samples);
    let weight = sum(&|probes| probes.target * probes.inverse);
    let weight_squared = sum(&|probes| probes.target.powi(2) * probes.inverse_squared);
    let effective_samples = if weight_squared > 0.0 { weight * weight / weight_squared } else { 0.0 };
    if effective_samples < samples_min || samples <= 1.0 || !effective_samples.is_finite() {
        return OffPolicy { effective_samples, ..OffPolicy::default() };
    }
    let mean = sum(&|probes| probes.target * probes.weighted) / weight;
    // The influence of a probe on a ratio of sums is w (r − mean) / Σw.
    let spread = sum(&|probes| probes.target.powi(2) * probes.squared_error(mean)).max(0.0);
    let self_normalised = Some(interval(mean, spread.sqrt() / weight));
    let doubly_robust = doubly_robust(cells, samples);
    OffPolicy { doubly_robust, self_normalised, effective_samples }
}

/// Of each probe: the model's mean of its cell under the plan, and w times the model's error.
fn doubly_robust(cells: &[Vec<Probes>], samples: f64) -> Option<Interval> {
    let (mut sum, mut squared) = (0.0, 0.0);
    for probes in cells {
        let known = || probes.iter().filter_map(|pair| Some((pair, pair.model_ms?)));
        let target: f64 = known().map(|(pair, _)| pair.target).sum();
        if target <= 0.0 {
            // Nothing is known of what the plan does here: the cell says nothing.
            continue;
        }
        let direct = known().map(|(pair, model)| pair.target * model).sum::<f64>() / target;
        for (pair, model) in known() {
            // A probe's term is direct + w (r − model).
            let error = pair.target * (pair.weighted - model * pair.inverse);
            let error_squared = pair.target.powi(2) * pair.squared_error(model);
            sum += direct * pair.samples + error;
            squared += direct * direct * pair.samples + 2.0 * direct * error + error_squared;
        }
    }
    let mean = sum / samples;
    let variance = (squared / samples - mean * mean).max(0.0) * samples / (samples - 1.0);
    let found = interval(mean, (variance / samples).sqrt());
    mean.is_finite().then_some(found)
}

impl Probes {
    /// Σ (r − at)² / p².
    fn squared_error(&self, at: f64) -> f64 {
        self.squared_weighted_twice - 2.0 * at * self.weighted_twice + at * at * self.inverse_squared
    }
}

fn interval(mean: f64, deviation: f64) -> Interval {
    Interval { mean, low: mean - Z975 * deviation, high: mean + Z975 * deviation }
}
