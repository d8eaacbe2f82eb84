//! What is known of a quantity's spread: shares up to a value, quantiles, and those of mixtures.

use super::histogram::{Histogram, middle};

/// A distribution of counted values.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    values: Vec<f64>,
    /// Values up to and including each, counted.
    counts: Vec<u64>,
}

/// A part of a mixture: a distribution whose values are multiplied by `scale`, with its share.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub distribution: &'a Distribution,
    pub scale: f64,
    pub share: f64,
}

/// Halvings that bring a quantile between two neighbouring values.
const HALVINGS: usize = 48;
/// Shares are compared with this much room: a sum of shares is off by a few roundings.
const SHARE_ROOM: f64 = 1e-12;

impl Distribution {
    /// The distribution of a histogram, its values multiplied by `unit`.
    pub fn new(histogram: &Histogram, unit: f64) -> Self {
        let mut found = Self::default();
        let mut total = 0;
        for (bucket, count) in histogram.buckets() {
            total += count;
            found.values.push(middle(bucket) * unit);
            found.counts.push(total);
        }
        found
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.counts.last().copied().unwrap_or(0)
    }

    /// The share of values up to and including one.
    pub fn share_to(&self, value: f64) -> f64 {
        match self.values.partition_point(|other| *other <= value) {
            0 => 0.0,
            place => self.counts[place - 1] as f64 / self.count() as f64,
        }
    }

    /// The least value up to which at least a share of all lies; `None` of none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        quantile(&[Part { distribution: self, scale: 1.0, share: 1.0 }], share)
    }

    /// The mean of its values; `None` of none.
    pub fn mean(&self) -> Option<f64> {
        let before = std::iter::once(0).chain(self.counts.iter().copied());
        let weighted = self.values.iter().zip(&self.counts).zip(before);
        let sum: f64 = weighted.map(|((value, to), from)| value * (to - from) as f64).sum();
        (self.count() > 0).then(|| sum / self.count() as f64)
    }

    fn first_above(&self, value: f64) -> Option<f64> {
        self.values.get(self.values.partition_point(|other| *other <= value)).copied()
    }
}

/// The least value up to which at least a share of a mixture lies. Shares of the parts add up to one; `None` where
/// no part has both values and a share.
pub fn quantile(parts: &[Part<'_>], share: f64) -> Option<f64> {
    let used = || parts.iter().filter(|part| part.share > 0.0 && part.distribution.count() > 0);
    let ends = |part: &Part<'_>| {
        let values = &part.distribution.values;
        Some((values.first()? * part.scale, values.last()? * part.scale))
    };
    let highest = used().filter_map(ends).map(|(_, last)| last).max_by(f64::total_cmp)?;
    let total: f64 = used().map(|part| part.share).sum();
    let reaches = |value: f64| {
        let shares = used().map(|part| part.share * part.distribution.share_to(value / part.scale));
        shares.sum::<f64>() >= share * total - SHARE_ROOM
    };
    let (mut below, mut above) = (0.0, highest);
    for _ in 0..HALVINGS {
        let middle = (below + above) / 2.0;
        if reaches(middle) { above = middle } else { below = middle }
    }
    // The distribution jumps at values: the next one is it.
    let next =
        used().filter_map(|part| Some(part.distribution.first_above(below / part.scale)? * part.scale));
    next.min_by(f64::total_cmp).or(Some(above))
}
