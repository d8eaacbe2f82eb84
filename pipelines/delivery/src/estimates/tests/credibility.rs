//! The shrinkage: shares are shares, rise with the weight, and come of variances that are recovered.

use proptest::prelude::*;

use super::support::Numbers;
use crate::estimates::credibility::{Child, Fit, noise_within};

/// Groups of children around parents, with known variances; gives the children and the noise within them.
fn drawn(seed: u64, spread: f64, noise: f64, parents: usize) -> (Vec<Child>, Option<f64>) {
    let mut numbers = Numbers(seed);
    let (mut children, mut within) = (Vec::new(), Vec::new());
    for parent in 0..parents {
        let middle = 100.0 + 30.0 * numbers.normal();
        for _ in 0..40 {
            let truth = middle + spread.sqrt() * numbers.normal();
            let count = 2 + numbers.next() % 30;
            let values: Vec<_> = (0..count).map(|_| truth + noise.sqrt() * numbers.normal()).collect();
            let mean = values.iter().sum::<f64>() / count as f64;
            within.push((count as f64, values.iter().map(|value| (value - mean).powi(2)).sum()));
            children.push(Child { parent, weight: count as f64, value: mean });
        }
    }
    (children, noise_within(within))
}

#[test]
fn known_variances_are_recovered() {
    for (spread, noise) in [(25.0, 400.0), (100.0, 100.0), (400.0, 25.0)] {
        let (children, within) = drawn(7, spread, noise, 60);
        let fit = Fit::new(&children, 60, within);
        let found = fit.noise.expect("a noise");
        assert!((found / noise - 1.0).abs() < 0.05, "{found} for {noise}");
        assert!((fit.spread / spread - 1.0).abs() < 0.15, "{} for {spread}", fit.spread);
        let ratio = fit.pseudo_samples() / (noise / spread);
        assert!((0.8..1.25).contains(&ratio), "{ratio}");
    }
}

#[test]
fn children_that_are_alike_give_way_to_their_parent() {
    // What is left of a spread of nothing is chance: a child of 30 keeps little of its own.
    let (children, within) = drawn(11, 0.0, 100.0, 60);
    let fit = Fit::new(&children, 60, within);
    assert!(fit.share(30.0) < 0.1, "{fit:?}");
}

#[test]
fn shrinking_brings_children_closer_to_the_truth() {
    let mut numbers = Numbers(3);
    let (spread, noise): (f64, f64) = (100.0, 900.0);
    let (mut children, mut truths, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..500 {
        let truth = 50.0 + spread.sqrt() * numbers.normal();
        let values: Vec<_> = (0..5).map(|_| truth + noise.sqrt() * numbers.normal()).collect();
        let mean = values.iter().sum::<f64>() / 5.0;
        within.push((5.0, values.iter().map(|value| (value - mean).powi(2)).sum()));
        children.push(Child { parent: 0, weight: 5.0, value: mean });
        truths.push(truth);
    }
    let fit = Fit::new(&children, 1, noise_within(within));
    let (parents, _) = fit.rise(&children, 1);
    let error = |estimate: &dyn Fn(&Child) -> f64| {
        let squared = children.iter().zip(&truths).map(|(child, truth)| (estimate(child) - truth).powi(2));
        squared.sum::<f64>() / truths.len() as f64
    };
    let raw = error(&|child| child.value);
    let pooled = error(&|_| parents[0].value);
    let shrunk = error(&|child| {
        let share = fit.share(child.weight);
        share * child.value + (1.0 - share) * parents[0].value
    });
    // The best possible is noise × spread / (5 × spread + noise), about 64.
    assert!(shrunk < raw && shrunk < pooled && shrunk < 75.0, "{shrunk} of {raw} and {pooled}");
}

#[test]
fn what_cannot_be_fitted_is_no_reason_to_believe() {
    let once = |parent, value| Child { parent, weight: 1.0, value };
    // One sample of all.
    let alone = Fit::new(&[once(0, 5.0)], 1, noise_within([(1.0, 0.0)]));
    assert_eq!((alone.noise, alone.share(1.0)), (None, 0.0));
    assert_eq!(alone.rise(&[once(0, 5.0)], 1).0[0].value, 5.0);
    // No child seen twice: that they differ may be chance.
    let children = [once(0, 5.0), once(0, 9.0), once(1, 2.0)];
    let fit = Fit::new(&children, 2, noise_within(children.map(|child| (child.weight, 0.0))));
    assert_eq!((fit.noise, fit.share(100.0)), (Some(8.0), 0.0));
    // All alike to the last digit.
    let alike = [4.0, 4.0].map(|weight| Child { parent: 0, weight, value: 3.0 });
    let fit = Fit::new(&alike, 1, noise_within([(4.0, 0.0), (4.0, 0.0)]));
    assert_eq!(fit.share(4.0), 0.0);
}

fn children() -> impl Strategy<Value = Vec<Child>> {
    let child = (0..5_usize, 0.0..1e4, 0.0..1e5);
    let child = child.prop_map(|(parent, weight, value)| Child { parent, weight, value });
    prop::collection::vec(child, 0..40)
}

proptest! {
    #[test]
    fn a_share_is_one_and_rises(
        children in children(), noise in prop::option::of(0.0..1e9), weights in (0.0..1e6_f64, 0.0..1e6_f64)
    ) {
        let fit = Fit::new(&children, 5, noise);
        let (less, more) = (weights.0.min(weights.1), weights.0.max(weights.1));
        for weight in [0.0, less, more] {
            prop_assert!((0.0..=1.0).contains(&fit.share(weight)), "{fit:?}");
        }
        prop_assert!(fit.share(less) <= fit.share(more), "{fit:?}");
        let around = Fit::around(&children, 5e4, noise);
        prop_assert!((0.0..=1.0).contains(&around.share(less)), "{around:?}");
        prop_assert!(around.share(less) <= around.share(more), "{around:?}");
        prop_assert!(fit.pseudo_samples() >= 0.0);
        let (parents, _) = fit.rise(&children, 5);
        let within = |value: f64| (-1e-6..1e5 + 1e-6).contains(&value);
        prop_assert!(parents.iter().all(|mean| mean.weight >= 0.0 && within(mean.value)), "{parents:?}");
    }
}
