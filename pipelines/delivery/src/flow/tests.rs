//! What the solver answers, held against a second solver, brute force and the definition.

mod dimacs;
mod edges;
mod lagrange;
mod oracle;
mod strategies;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::network::{Arc, Network};
use super::refusal::Refusal;
use super::solver::Solver;
use super::{solve, verify};
use oracle::{Expected, assert_shown, expected};

/// The same cases on every run.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn check(network: &Network) {
    let answer = solve(network);
    match (expected(network), &answer) {
        (Expected::Optimal(cost), Ok(solution)) => {
            assert_eq!(solution.objective, cost, "{network:?}");
            assert_eq!(verify(network, solution), Ok(()), "{network:?}");
        }
        (Expected::Infeasible, Err(refusal @ Refusal::Infeasible { .. }))
        | (Expected::Unbounded, Err(refusal @ Refusal::Unbounded { .. })) => assert_shown(network, refusal),
        (expected, found) => panic!("{expected:?} is expected, and found is {found:?} for {network:?}"),
    }
}

#[test]
fn small_networks_agree_with_the_second_solver() {
    runner(20_000)
        .run(&strategies::network(), |network| {
            check(&network);
            Ok(())
        })
        .unwrap();
}

#[test]
fn plans_of_cells_and_nodes_agree_with_the_second_solver() {
    runner(2000)
        .run(&strategies::plan(), |network| {
            check(&network);
            // The same plan with every arc turned round, so that arcs stand by their heads.
            let supplies = network.supplies.iter().map(|supply| -supply).collect();
            let turned = |arc: &Arc| Arc { tail: arc.head, head: arc.tail, ..*arc };
            check(&Network { supplies, arcs: network.arcs.iter().map(turned).collect() });
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_tree_that_is_kept_gives_the_optimum_of_other_costs() {
    let costs = prop::collection::vec(prop::collection::vec(-20_i64..20, 40), 1..4);
    runner(1500)
        .run(&(strategies::network(), costs), |(network, rounds)| {
            let Ok(mut solver) = Solver::new(&network) else { return Ok(()) };
            let _ = solver.solve();
            let mut network = network.clone();
            for costs in rounds {
                for (arc, cost) in network.arcs.iter_mut().zip(&costs) {
                    arc.cost = *cost;
                }
                solver.reprice(&costs[..network.arcs.len()]).unwrap();
                match (solver.solve(), expected(&network)) {
                    (Ok(solution), Expected::Optimal(cost)) => {
                        assert_eq!(solution.objective, cost);
                        assert_eq!(verify(&network, &solution), Ok(()));
                    }
                    (Err(Refusal::Infeasible { .. }), Expected::Infeasible)
                    | (Err(Refusal::Unbounded { .. }), Expected::Unbounded) => {}
                    (found, expected) => panic!("{expected:?} is expected, and found is {found:?}"),
                }
            }
            Ok(())
        })
        .unwrap();
}

/// The order in which arcs are given may choose between equal optima, and nothing else.
#[test]
fn the_order_of_arcs_does_not_change_the_optimum() {
    runner(500)
        .run(&strategies::network(), |mut network| {
            let before = solve(&network).map(|solution| solution.objective).ok();
            network.arcs.reverse();
            assert_eq!(solve(&network).map(|solution| solution.objective).ok(), before);
            Ok(())
        })
        .unwrap();
}
