//! Side constraints: the bound and the flow found, on either side of what brute force finds.

use proptest::prelude::*;

use super::{runner, strategies};
use crate::flow::lagrange::{Constraint, Relaxed, minimise};
use crate::flow::network::{Arc, Network};
use crate::flow::refusal::Refusal;
use crate::flow::verify::flows_fit;

/// The least cost over all integer flows that keep the constraints.
fn least(network: &Network, constraints: &[Constraint]) -> Option<i128> {
    fn visit(network: &Network, constraints: &[Constraint], flows: &mut Vec<i64>, best: &mut Option<i128>) {
        let Some(arc) = network.arcs.get(flows.len()) else {
            let is_kept = constraints.iter().all(|constraint| constraint.excess(flows).unwrap() <= 0);
            if is_kept && flows_fit(network, flows).is_ok() {
                let cost = network.cost_of(flows).unwrap();
                *best = Some(best.map_or(cost, |best| best.min(cost)));
            }
            return;
        };
        for flow in arc.lower..=arc.capacity {
            flows.push(flow);
            visit(network, constraints, flows, best);
            flows.pop();
        }
    }
    let mut best = None;
    visit(network, constraints, &mut Vec::new(), &mut best);
    best
}

/// Few arcs of few units, so that all flows can be tried.
fn tiny() -> impl Strategy<Value = Network> {
    let arc = (0_u32..4, 0_u32..4, 0_i64..3, -4_i64..9);
    let moves = prop::collection::vec((0_usize..4, 0_usize..4), 0..3);
    (prop::collection::vec(arc, 1..8), moves).prop_map(|(arcs, moves)| {
        let arcs =
            arcs.into_iter().map(|(tail, head, capacity, cost)| Arc::bounded(tail, head, capacity, cost));
        let mut supplies = vec![0; 4];
        for (from, to) in moves {
            supplies[from] += 1;
            supplies[to] -= 1;
        }
        Network { supplies, arcs: arcs.collect() }
    })
}

fn check(network: &Network, constraints: &[Constraint]) -> Option<Relaxed> {
    let relaxed = match minimise(network, constraints, 40) {
        Err(Refusal::Infeasible { .. }) => {
            assert_eq!(least(network, &[]), None);
            return None;
        }
        found => found.expect("small numbers"),
    };
    let least = least(network, constraints);
    if relaxed.is_infeasible {
        assert_eq!(least, None, "{network:?} {constraints:?}");
    }
    if let Some(best) = &relaxed.best {
        assert_eq!(flows_fit(network, &best.flows), Ok(()));
        assert!(constraints.iter().all(|constraint| constraint.excess(&best.flows).unwrap() <= 0));
        assert_eq!(network.cost_of(&best.flows), Some(best.objective));
    }
    if let Some(least) = least {
        assert!(relaxed.lower_bound <= least, "{relaxed:?} above {least} for {network:?} {constraints:?}");
        assert!(relaxed.best.as_ref().is_none_or(|best| best.objective >= least), "{relaxed:?}");
    }
    Some(relaxed)
}

#[test]
fn one_constraint_is_bracketed() {
    let weights = prop::collection::vec(-2_i64..6, 8);
    runner(1500)
        .run(&(tiny(), weights, -3_i128..12), |(network, mut weights, limit)| {
            weights.truncate(network.arcs.len());
            weights.resize(network.arcs.len(), 1);
            let constraint = Constraint { weights, limit };
            if let Some(relaxed) = check(&network, std::slice::from_ref(&constraint)) {
                // Of one constraint it is known for sure whether any flow keeps it.
                assert_eq!(relaxed.is_infeasible, relaxed.best.is_none(), "{relaxed:?}");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn several_constraints_are_bracketed() {
    let constraint = (prop::collection::vec(-2_i64..6, 8), -3_i128..14);
    runner(400)
        .run(&(tiny(), prop::collection::vec(constraint, 2..4)), |(network, constraints)| {
            let fitted = |(mut weights, limit): (Vec<i64>, i128)| {
                weights.truncate(network.arcs.len());
                weights.resize(network.arcs.len(), 1);
                Constraint { weights, limit }
            };
            let constraints: Vec<Constraint> = constraints.into_iter().map(fitted).collect();
            check(&network, &constraints);
            Ok(())
        })
        .unwrap();
}

/// The tail of a plan is cut to half of what the cheapest one uses. What integers leave open is less than one unit's way.
#[test]
fn the_tail_of_a_plan_is_bounded_closely() {
    runner(200)
        .run(&strategies::plan(), |network| {
            let Ok(cheapest) = crate::flow::solve(&network) else { return Ok(()) };
            let sink = network.supplies.len() as u32 - 1;
            // Every third choice is slow.
            let weight = |(place, arc): (usize, &Arc)| i64::from(arc.head != sink && place % 3 == 0);
            let weights: Vec<i64> = network.arcs.iter().enumerate().map(weight).collect();
            let free = Constraint { weights, limit: 0 };
            let used = free.excess(&cheapest.flows).unwrap();
            let constraint = Constraint { limit: used / 2, ..free };
            let relaxed = minimise(&network, std::slice::from_ref(&constraint), 40).unwrap();
            if let Some(gap) = relaxed.gap() {
                let dearest = network.arcs.iter().map(|arc| arc.cost).max().unwrap_or_default();
                assert!((0..=i128::from(dearest)).contains(&gap), "{gap} above {}", relaxed.lower_bound);
            } else {
                assert!(relaxed.is_infeasible);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn weights_are_needed_for_every_arc() {
    let network = Network { supplies: vec![0, 0], arcs: vec![Arc::unbounded(0, 1, 1)] };
    let constraint = Constraint { weights: vec![], limit: 0 };
    assert_eq!(minimise(&network, &[constraint], 9), Err(Refusal::CostsMissing { costs: 0, arcs: 1 }));
}
