//! Released days into the figures of a span: sums with their noise combined, ratios from sums, people only bounded.

use std::collections::{BTreeMap, BTreeSet};

use schemas::insights::{METRICS, Making, Metric};
use schemas::money::UNIT;

use super::figure::{Figure, Measure, Released};
use super::period::Span;

/// Half the width of a 95 % interval, in standard deviations.
const HALF_WIDTH: f64 = 1.96;

/// How a metric's days come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Days add up.
    Adds,
    /// People of a day: days add up to days of people, not to people.
    People,
    /// Made anew from sums or from the statement, so that its released days are not used.
    Leaves,
}

/// How the days of a metric come together. One that is not known adds up, as a count does.
fn way(row: &Released) -> Way {
    let is_it = |known: &&Metric| {
        (known.category, known.metric, known.dimension) == (&*row.category, &*row.metric, &*row.dimension)
    };
    match METRICS.iter().find(is_it).map(|known| known.making) {
        Some(Making::Ratio { .. } | Making::Rank { .. } | Making::Exact) => Way::Leaves,
        _ if ["unique_viewers", "returning_viewers", "viewers", "tippers"].contains(&&*row.metric) => {
            Way::People
        }
        _ => Way::Adds,
    }
}

/// What the days of one metric and key add up to.
#[derive(Debug, Clone, Default)]
struct Sum {
    of_people: bool,
    days: BTreeSet<chrono::NaiveDate>,
    value: i128,
    variance: f64,
    low: i128,
    high: i128,
    /// The greatest of the days' lower ends.
    greatest_low: i128,
}

impl Sum {
    fn add(&mut self, row: &Released) {
        self.days.insert(row.dt);
        self.value = self.value.saturating_add(row.value);
        let sigma = row.sigma as f64;
        self.variance += sigma * sigma;
        self.low = self.low.saturating_add(row.low);
        self.high = self.high.saturating_add(row.high);
        self.greatest_low = self.greatest_low.max(row.low);
    }

    fn sigma(&self) -> i128 {
        self.variance.sqrt().round() as i128
    }

    /// The 95 % interval: a single day's as it was released, else by the combined noise. A count is not below zero.
    fn interval(&self) -> (i128, i128) {
        if self.days.len() == 1 {
            return (self.low, self.high);
        }
        let half = (HALF_WIDTH * self.variance.sqrt()).ceil() as i128;
        ((self.value - half).max(0), self.value + half)
    }
}

/// Category, metric, dimension and key.
type Name<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The figures of a span, in the order of their names.
pub fn figures(span: Span, released: &[Released]) -> Vec<Figure> {
    let mut sums: BTreeMap<Name<'_>, Sum> = BTreeMap::new();
    for row in released.iter().filter(|row| span.holds(row.dt)) {
        let way = way(row);
        if way != Way::Leaves {
            let sum = sums.entry((&row.category, &row.metric, &row.dimension, &row.key)).or_default();
            sum.of_people = way == Way::People;
            sum.add(row);
        }
    }
    let mut figures = Vec::new();
    for (name, sum) in &sums {
        let (low, high) = sum.interval();
        let measure = if sum.of_people && sum.days.len() > 1 { Measure::SumOfDays } else { Measure::Sum };
        let figure =
            Figure { value: Some(sum.value), sigma: Some(sum.sigma()), ..bare(span, *name, sum, measure) };
        figures.push(Figure { low, high, ..figure });
        if measure == Measure::SumOfDays {
            // Whoever was there on the fullest day was there; nobody counts more often than once a day.
            figures.push(Figure { low: sum.greatest_low, high, ..bare(span, *name, sum, Measure::People) });
        }
    }
    figures.extend(ratios(span, &sums));
    figures.sort_by(|left, right| order(left).cmp(&order(right)));
    figures
}

fn order(figure: &Figure) -> (&str, &str, &str, &str, Measure) {
    (&figure.category, &figure.dimension, &figure.key, &figure.metric, figure.measure)
}

fn bare(span: Span, name: Name<'_>, sum: &Sum, measure: Measure) -> Figure {
    Figure {
        span,
        days: sum.days.len() as u32,
        category: name.0.to_owned(),
        metric: name.1.to_owned(),
        dimension: name.2.to_owned(),
        key: name.3.to_owned(),
        measure,
        value: None,
        sigma: None,
        low: 0,
        high: 0,
    }
}

/// Every ratio of the released metrics, divided anew.
fn ratios(span: Span, sums: &BTreeMap<Name<'_>, Sum>) -> Vec<Figure> {
    let mut figures = Vec::new();
    for known in &METRICS {
        let Making::Ratio { of, per } = known.making else { continue };
        let unders = sums.iter().filter(|((category, metric, dimension, _), _)| {
            (*category, *metric, *dimension) == (known.category, per, known.dimension)
        });
        for (&(category, _, dimension, key), under) in unders {
            let Some(over) = sums.get(&(category, of, dimension, key)) else { continue };
            if let Some((value, sigma, low, high)) = ratio(over, under, known.unit == "share") {
                let figure = bare(span, (category, known.metric, dimension, key), under, Measure::Ratio);
                figures.push(Figure { value: Some(value), sigma: Some(sigma), low, high, ..figure });
            }
        }
    }
    figures
}

/// A ratio of two sums with its noise to the first order; none where the divisor is not surely above zero.
fn ratio(over: &Sum, under: &Sum, share: bool) -> Option<(i128, i128, i128, i128)> {
    let noise = under.variance.sqrt();
    if under.value <= 0 || under.value as f64 <= HALF_WIDTH * noise {
        return None;
    }
    let most = if share { UNIT } else { i128::MAX };
    let value = over.value.checked_mul(UNIT)?.checked_add(under.value / 2)? / under.value;
    let value = value.clamp(0, most);
    let quotient = over.value as f64 / under.value as f64;
    let variance = (over.variance + quotient * quotient * under.variance) / (under.value as f64).powi(2);
    let sigma = variance.sqrt() * UNIT as f64;
    let half = (HALF_WIDTH * sigma).ceil() as i128;
    Some((value, sigma.round() as i128, (value - half).max(0), value.saturating_add(half).min(most)))
}
