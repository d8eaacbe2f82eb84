//! The fit of shrinkage finds what was planted, and mixes as it says.

use std::collections::BTreeMap;

use crate::cohorts::gather::{Gathered, WHOLE};
use crate::cohorts::grid::{self, BINS};
use crate::cohorts::key::Key;
use crate::cohorts::shrink::{Child, Fit};
use crate::cohorts::tree::{masses, nodes};

/// Numbers that look random and are always the same.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal, with deviation one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// A function that rises from 0 to 1 at a place of the grid.
fn step(place: f64) -> [f64; BINS] {
    std::array::from_fn(|bin| (bin as f64 - place + 0.5).clamp(0.0, 1.0))
}

#[test]
fn the_grid_is_whole_and_ascends() {
    let middles: Vec<i64> = (0..BINS).map(grid::middle).collect();
    assert!(middles.windows(2).all(|pair| pair[0] < pair[1]));
    assert!((0..BINS).all(|bin| grid::bin(middles[bin] as u64) == bin));
    assert_eq!((grid::bin(0), grid::bin(1), grid::bin(u64::MAX)), (0, 0, BINS - 1));
}

#[test]
fn both_variances_are_found_again() {
    // A viewer's place is off its cohort's by a normal of deviation 4, a cohort's off its parent's by one of 2. Steps
    // that are d apart are |d| of Cramér's distance apart: what must be found is half the mean of that.
    let mut draws = Draws(7);
    let (parents, cohorts, viewers) = (20, 30, 40);
    let (mut children, mut deviations, mut freedom) = (Vec::new(), 0.0, 0.0);
    for parent in 0..parents {
        for _ in 0..cohorts {
            let place = 36.0 + 2.0 * draws.normal();
            let all: Vec<_> = (0..viewers).map(|_| step(place + 4.0 * draws.normal())).collect();
            let mean: [f64; BINS] =
                std::array::from_fn(|bin| all.iter().map(|one| one[bin]).sum::<f64>() / viewers as f64);
            deviations += all.iter().map(|one| super::super::shrink::distance(one, &mean)).sum::<f64>();
            freedom += viewers as f64 - 1.0;
            children.push(Child { parent, weight: viewers as f64, function: mean });
        }
    }
    let fit = Fit::new(&children, parents, Some(deviations / freedom));
    // Half of E|X − Y| of two viewers of a cohort is 4/√π; cohorts are smooth, so they differ by less than places do.
    let noise = fit.noise.expect("a noise");
    assert!((noise / (4.0 / std::f64::consts::PI.sqrt()) - 1.0).abs() < 0.15, "{noise}");
    assert!(fit.spread > 0.05 && fit.spread < 2.0 / std::f64::consts::PI.sqrt(), "{fit:?}");
    let m = fit.parent_weight().expect("a weight");
    assert!((fit.share(m) - 0.5).abs() < 1e-12, "the parent counts as much as m viewers");
    // Cohorts that do not differ are their parent.
    let alike: Vec<_> =
        children.iter().map(|child| Child { function: step(30.0), ..child.clone() }).collect();
    assert!(Fit::new(&alike, parents, Some(noise)).share(1e9) < 1e-12);
}

fn cohort(viewers: u64, bin: usize) -> Gathered {
    let mut masses = vec![0; BINS];
    masses[bin] = viewers * WHOLE;
    let per_viewer = (BINS - bin) as u128 * (1 << 32);
    Gathered {
        fitting_viewers: viewers,
        held_out_viewers: 1,
        sessions: viewers,
        masses,
        squares: per_viewer * u128::from(viewers),
        ..Gathered::default()
    }
}

#[test]
fn a_cohort_without_viewers_of_its_own_is_its_parent() {
    let mut cohorts = BTreeMap::new();
    for (network, bin) in [("4G", 20), ("WIFI", 40)] {
        for device in ["PHONE", "TV"] {
            cohorts.insert(Key::cohort("eu", network, device, false), cohort(50, bin));
            cohorts.insert(Key::cohort("eu", network, device, true), cohort(0, bin));
        }
    }
    let found = nodes(&cohorts);
    assert_eq!(found.len(), 8 + 4 + 2 + 1 + 1);
    for node in &found {
        let shrunk = masses(&node.shrunk.expect("a distribution"));
        assert!((shrunk.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shrunk.iter().all(|mass| *mass > -1e-12));
        let bin = if node.key.network.as_deref() == Some("4G") { 20 } else { 40 };
        if node.key.level() <= 1 {
            assert!((shrunk[bin] - 1.0).abs() < 1e-9, "{:?}", node.key);
        }
        if node.key.data_saver == Some(true) {
            assert!(node.own.is_none() && node.own_weight < 1e-12);
        }
    }
    let all = found.last().expect("the whole");
    assert_eq!((all.viewers, all.sessions), (4 * 50 + 8, 200));
}
