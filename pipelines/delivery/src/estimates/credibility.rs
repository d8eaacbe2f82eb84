//! How much a group's own mean is to be believed, fitted from all groups: the shrinkage of every estimate here.
//!
//! The model is that of H. Bühlmann and E. Straub (1970), in levels as W. Jewell (1975) has them; H. Bühlmann and
//! A. Gisler, A Course in Credibility Theory (2005), chapters 4 and 6, derive both. A child's value has variance
//! `noise` / weight around what is true of it, and what is true of a parent's children has variance `spread`
//! around what is true of the parent. The best linear estimate of a child is
//! (weight × own + m × parent) / (weight + m) with m = `noise` / `spread`. Both variances are estimated by the
//! method of moments, without bias.

/// One child: its parent, its weight and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Child {
    pub parent: usize,
    pub weight: f64,
    pub value: f64,
}

/// A group's weight and mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mean {
    pub weight: f64,
    pub value: f64,
}

/// The two variances of a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Variance of a child's value at weight one around what is true of the child; unknown where no child was seen
    /// twice and none has a sibling.
    pub noise: Option<f64>,
    /// Variance of what is true of children around what is true of their parent.
    pub spread: f64,
}

/// The variance within groups, from their counts and sums of squared deviations; `None` where no group has two.
pub fn noise_within(groups: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut freedom, mut squares) = (0.0, 0.0);
    for (count, deviations) in groups {
        freedom += (count - 1.0).max(0.0);
        squares += if count > 1.0 { deviations.max(0.0) } else { 0.0 };
    }
    (freedom > 0.0).then(|| squares / freedom)
}

/// The weighted mean of each parent's children.
fn means(children: &[Child], parents: usize) -> Vec<Mean> {
    let mut sums = vec![Mean::default(); parents];
    for child in children {
        sums[child.parent].weight += child.weight;
        sums[child.parent].value += child.weight * child.value;
    }
    for sum in &mut sums {
        sum.value = if sum.weight > 0.0 { sum.value / sum.weight } else { 0.0 };
    }
    sums
}

impl Fit {
    /// Fits a level. Without a noise, which is where no child was seen twice, all differences are taken for noise.
    pub fn new(children: &[Child], parents: usize, noise: Option<f64>) -> Self {
        let means = means(children, parents);
        let mut squares = vec![0.0; parents];
        let mut siblings = vec![0_u64; parents];
        let mut deviations = 0.0;
        for child in children.iter().filter(|child| child.weight > 0.0) {
            squares[child.parent] += child.weight * child.weight;
            siblings[child.parent] += 1;
            deviations += child.weight * (child.value - means[child.parent].value).powi(2);
        }
        // Children beyond the first of each parent.
        let freedom = siblings.iter().map(|count| count.saturating_sub(1)).sum::<u64>() as f64;
        let Some(noise) = noise else {
            return Self { noise: (freedom > 0.0).then(|| deviations / freedom), spread: 0.0 };
        };
        let several = means.iter().zip(&squares).zip(&siblings).filter(|(_, count)| **count > 1);
        let scale: f64 = several.map(|((mean, squares), _)| mean.weight - squares / mean.weight).sum();
        let spread = if scale > 0.0 { (deviations - freedom * noise) / scale } else { 0.0 };
        Self { noise: Some(noise), spread: spread.max(0.0) }
    }

    /// Fits a level of which it is known what is true of every parent.
    pub fn around(children: &[Child], parent: f64, noise: Option<f64>) -> Self {
        let (mut count, mut weights, mut deviations) = (0.0, 0.0, 0.0);
        for child in children.iter().filter(|child| child.weight > 0.0) {
            count += 1.0;
            weights += child.weight;
            deviations += child.weight * (child.value - parent).powi(2);
        }
        let Some(noise) = noise else {
            return Self { noise: (count > 0.0).then(|| deviations / count), spread: 0.0 };
        };
        let spread = if weights > 0.0 { (deviations - count * noise) / weights } else { 0.0 };
        Self { noise: Some(noise), spread: spread.max(0.0) }
    }

    /// The share of a child's own value, from 0 to 1, rising with its weight.
    pub fn share(&self, weight: f64) -> f64 {
        let own = weight * self.spread;
        if own > 0.0 { own / (own + self.noise.unwrap_or(0.0)) } else { 0.0 }
    }

    /// m: how much weight of their own children need to count as much as their parent; infinite where they do
    /// not differ.
    pub fn pseudo_samples(&self) -> f64 {
        if self.spread > 0.0 { self.noise.unwrap_or(0.0) / self.spread } else { f64::INFINITY }
    }

    /// The parents as children of the next level, and the noise of that level: each child tells of its parent as
    /// much as it is believed itself.
    pub fn rise(&self, children: &[Child], parents: usize) -> (Vec<Mean>, Option<f64>) {
        if self.spread <= 0.0 {
            // Children are all alike: their parent is seen through all of their weight.
            return (means(children, parents), self.noise);
        }
        let believed = |child: &Child| Child { weight: self.share(child.weight), ..*child };
        (means(&children.iter().map(believed).collect::<Vec<_>>(), parents), Some(self.spread))
    }
}
