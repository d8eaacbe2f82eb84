//! Scores and off-policy estimates against what is known.

use super::{GB, cell, node, problem};
use crate::route::{OffPolicy, Probes, Settings, churn, estimate, flows_of_shares, nearest, score};

#[test]
fn a_routing_is_judged_to_the_last_digit() {
    let nodes = vec![node("a", "p1", 50, 5_000_000), node("b", "p2", 1000, 9_000_000)];
    let problem =
        problem(vec![cell("eu", 100, 80), cell("us", 50, 10)], nodes, &[&[10.0, 40.0], &[80.0, 20.0]]);
    let flows = nearest(&problem);
    assert_eq!(flows, [[(0, 80_000_000)], [(1, 10_000_000)]]);
    let found = score(&problem, &Settings::default(), &flows);
    assert_eq!(found.cost, 100 * 5_000_000 + 50 * 9_000_000);
    assert!((found.rtt_ms_mean.unwrap() - (100.0 * 10.0 + 50.0 * 20.0) / 150.0).abs() < 1e-9);
    assert_eq!(found.capacity_violations, 1);
    // 30 of 80 Mbit/s are above what it has: 37.5 of 100 GB.
    assert_eq!(found.overflow_bytes, i128::from(37 * GB + GB / 2));
    let other = vec![vec![(0, 20_000_000), (1, 60_000_000)], vec![(1, 10_000_000)]];
    assert!((churn(&problem, &flows, &other) - 75.0 / 150.0).abs() < 1e-9);
    let nobody = vec![vec![], vec![(1, 5_000_000)]];
    assert_eq!(score(&problem, &Settings::default(), &nobody).unserved_bytes, i128::from(125 * GB));
}

#[test]
fn shares_become_whole_bits() {
    assert_eq!(
        flows_of_shares(10, &[(1, 1.0 / 3.0), (0, 1.0 / 3.0), (2, 1.0 / 3.0)]),
        [(0, 4), (1, 3), (2, 3)]
    );
    assert_eq!(flows_of_shares(10, &[(3, 0.25), (3, 0.25)]), [(3, 5)]);
    assert_eq!(flows_of_shares(7, &[(0, 1.0)]), [(0, 7)]);
    assert_eq!(flows_of_shares(7, &[]), []);
}

/// A generator of its own: what it draws is known without any library.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Two cells, three nodes with known means; the log prefers the first node, the plan the last.
fn logged(draw: &mut Draw, sessions: usize, model_error: f64) -> Vec<Vec<Probes>> {
    let means = [[20.0, 35.0, 60.0], [90.0, 30.0, 45.0]];
    let logging = [0.8, 0.15, 0.05];
    let target = [[0.1, 0.3, 0.6], [0.0, 0.5, 0.5]];
    let mut cells = vec![vec![Probes::default(); 3]; 2];
    for (cell, means) in means.iter().enumerate() {
        for node in 0..3 {
            let model_ms = Some(means[node] * (1.0 + model_error));
            cells[cell][node] = Probes { target: target[cell][node], model_ms, ..Probes::default() };
        }
        for _ in 0..sessions {
            let (drawn, noise) = (draw.unit(), draw.unit());
            let node = if drawn < 0.8 {
                0
            } else if drawn < 0.95 {
                1
            } else {
                2
            };
            let (p, r): (f64, f64) = (logging[node], means[node] * (0.5 + noise));
            let probes = &mut cells[cell][node];
            probes.samples += 1.0;
            probes.inverse += 1.0 / p;
            probes.inverse_squared += 1.0 / (p * p);
            probes.weighted += r / p;
            probes.weighted_twice += r / (p * p);
            probes.squared_weighted_twice += r * r / (p * p);
        }
    }
    cells
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let truth = ((0.1 * 20.0 + 0.3 * 35.0 + 0.6 * 60.0) + (0.5 * 30.0 + 0.5 * 45.0)) / 2.0;
    let mut draw = Draw(7);
    let (mut robust, mut normalised, mut wide, mut narrow) = (0, 0, 0.0, 0.0);
    for _ in 0..400 {
        // A model that is a quarter off is corrected by the probes.
        let found = estimate(&logged(&mut draw, 500, 0.25), 30.0);
        let [dr, snips] = [found.doubly_robust.unwrap(), found.self_normalised.unwrap()];
        robust += u32::from(dr.low <= truth && truth <= dr.high);
        normalised += u32::from(snips.low <= truth && truth <= snips.high);
        wide += snips.high - snips.low;
        narrow += dr.high - dr.low;
    }
    assert!((365..=396).contains(&robust), "{robust} of 400");
    assert!((365..=396).contains(&normalised), "{normalised} of 400");
    assert!(narrow < wide, "a model helps: {narrow} {wide}");
}

#[test]
fn too_few_probes_are_no_estimate() {
    let mut draw = Draw(1);
    let few = estimate(&logged(&mut draw, 5, 0.0), 100.0);
    assert_eq!((few.doubly_robust, few.self_normalised), (None, None));
    assert!(few.effective_samples < 100.0);
    assert_eq!(estimate(&[], 0.0), OffPolicy::default());
    // One probe, and a plan that goes elsewhere.
    let one = Probes { samples: 1.0, inverse: 1.0, inverse_squared: 1.0, ..Probes::default() };
    assert_eq!(estimate(&[vec![one]], 0.0).doubly_robust, None);
}
