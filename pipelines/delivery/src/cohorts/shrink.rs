//! How much a cohort's own distribution is to be believed: credibility of distributions, fitted over all cohorts.
//!
//! The model is that of [`crate::estimates::credibility`], by H. Bühlmann and E. Straub (1970), with whole
//! distribution functions in the place of single values: the distance of two is the sum of the squares by which their
//! shares up to each point of the grid differ (H. Cramér, 1928). Sums of squares add up point by point, so the same
//! moments fit both variances, and the best linear mixture of own and parent's distribution is that of
//! (n × own + m × parent) / (n + m), m = `noise` / `spread`.

use super::grid::BINS;

/// A distribution function, or any other vector on the grid.
pub type Vector = [f64; BINS];

/// A group: its parent's place, its weight and its distribution function.
#[derive(Debug, Clone)]
pub struct Child {
    pub parent: usize,
    pub weight: f64,
    pub function: Vector,
}

/// The two variances of a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Of a child at weight one around what is true of it; unknown where no child has two viewers.
    pub noise: Option<f64>,
    /// Of what is true of children around what is true of their parent.
    pub spread: f64,
}

/// The squared distance of two functions.
pub fn distance(left: &Vector, right: &Vector) -> f64 {
    left.iter().zip(right).map(|(left, right)| (left - right) * (left - right)).sum()
}

/// The weighted mean of each parent's children, with its weight.
pub fn means(children: &[Child], parents: usize) -> Vec<(f64, Vector)> {
    let mut sums = vec![(0.0, [0.0; BINS]); parents];
    for child in children.iter().filter(|child| child.weight > 0.0) {
        let (weight, sum) = &mut sums[child.parent];
        *weight += child.weight;
        sum.iter_mut().zip(&child.function).for_each(|(sum, value)| *sum += child.weight * value);
    }
    for (weight, sum) in &mut sums {
        if *weight > 0.0 {
            sum.iter_mut().for_each(|value| *value /= *weight);
        }
    }
    sums
}

impl Fit {
    /// Fits a level by moments; without a noise all differences are taken for noise.
    pub fn new(children: &[Child], parents: usize, noise: Option<f64>) -> Self {
        let means = means(children, parents);
        let (mut squares, mut siblings) = (vec![0.0; parents], vec![0_u64; parents]);
        let mut deviations = 0.0;
        for child in children.iter().filter(|child| child.weight > 0.0) {
            squares[child.parent] += child.weight * child.weight;
            siblings[child.parent] += 1;
            deviations += child.weight * distance(&child.function, &means[child.parent].1);
        }
        let freedom = siblings.iter().map(|count| count.saturating_sub(1)).sum::<u64>() as f64;
        let Some(noise) = noise else {
            return Self { noise: (freedom > 0.0).then(|| deviations / freedom), spread: 0.0 };
        };
        let several = means.iter().zip(&squares).zip(&siblings).filter(|(_, count)| **count > 1);
        let scale: f64 = several.map(|(((weight, _), squares), _)| weight - squares / weight).sum();
        let spread = if scale > 0.0 { (deviations - freedom * noise) / scale } else { 0.0 };
        Self { noise: Some(noise), spread: spread.max(0.0) }
    }

    /// The share of a child's own distribution, from 0 to 1, rising with its weight.
    pub fn share(&self, weight: f64) -> f64 {
        let own = weight * self.spread;
        if own > 0.0 { own / (own + self.noise.unwrap_or(0.0)) } else { 0.0 }
    }

    /// m: as much weight the parent counts for; none where it has all of it.
    pub fn parent_weight(&self) -> Option<f64> {
        (self.spread > 0.0).then(|| self.noise.unwrap_or(0.0) / self.spread)
    }

    /// The parents as children of the next level, and the noise there: each child tells of its parent as much as it
    /// is believed itself.
    pub fn rise(&self, children: &[Child], parents: usize) -> (Vec<(f64, Vector)>, Option<f64>) {
        if self.spread <= 0.0 {
            return (means(children, parents), self.noise);
        }
        let believed = |child: &Child| Child { weight: self.share(child.weight), ..child.clone() };
        (means(&children.iter().map(believed).collect::<Vec<_>>(), parents), Some(self.spread))
    }
}
