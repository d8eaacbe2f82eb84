//! An answer checked against its question alone: what flows, what it costs, and that nothing cheaper can be.

use super::bound::{dual_bound, reduced_cost};
use super::network::Network;
use super::solution::Solution;

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{found} flows or potentials are given where {expected} are needed")]
    Length { expected: usize, found: usize },
    #[error("arc {arc} carries {flow}, which is not within its bounds")]
    OutOfBounds { arc: usize, flow: i64 },
    #[error("node {node} sends out {sent} more than it takes in, and supplies {supply}")]
    NotConserved { node: usize, sent: i128, supply: i64 },
    #[error("arc {arc} carries {flow} at a reduced cost of {reduced_cost}")]
    NotComplementary { arc: usize, flow: i64, reduced_cost: i128 },
    #[error("the flows cost {actual:?}, not {stated}")]
    Objective { stated: i128, actual: Option<i128> },
    #[error("the potentials prove {actual:?}, not {stated}")]
    LowerBound { stated: i128, actual: Option<i128> },
    #[error("the objective {objective} is not the lower bound {lower_bound}")]
    Gap { objective: i128, lower_bound: i128 },
}

/// Checks primal feasibility, dual feasibility with complementary slackness, and both stated values.
pub fn verify(network: &Network, solution: &Solution) -> Result<(), Fault> {
    let lengths =
        [(network.arcs.len(), solution.flows.len()), (network.supplies.len(), solution.potentials.len())];
    for (expected, found) in lengths {
        if expected != found {
            return Err(Fault::Length { expected, found });
        }
    }
    flows_fit(network, &solution.flows)?;
    for (arc, (found, flow)) in network.arcs.iter().zip(&solution.flows).enumerate() {
        let reduced_cost = reduced_cost(found, &solution.potentials);
        let could_be_less = reduced_cost > 0 && *flow > found.lower;
        let could_be_more = reduced_cost < 0 && (*flow < found.capacity || found.is_unbounded());
        if could_be_less || could_be_more {
            return Err(Fault::NotComplementary { arc, flow: *flow, reduced_cost });
        }
    }
    let actual = network.cost_of(&solution.flows);
    if actual != Some(solution.objective) {
        return Err(Fault::Objective { stated: solution.objective, actual });
    }
    let actual = dual_bound(network, &solution.potentials);
    if actual != Some(solution.lower_bound) {
        return Err(Fault::LowerBound { stated: solution.lower_bound, actual });
    }
    if solution.objective != solution.lower_bound {
        let (objective, lower_bound) = (solution.objective, solution.lower_bound);
        return Err(Fault::Gap { objective, lower_bound });
    }
    Ok(())
}

/// Every arc within its bounds, every node's supply met.
pub(super) fn flows_fit(network: &Network, flows: &[i64]) -> Result<(), Fault> {
    let mut sent = vec![0_i128; network.supplies.len()];
    for (place, (arc, flow)) in network.arcs.iter().zip(flows).enumerate() {
        if *flow < arc.lower || *flow > arc.capacity {
            return Err(Fault::OutOfBounds { arc: place, flow: *flow });
        }
        sent[arc.tail as usize] += i128::from(*flow);
        sent[arc.head as usize] -= i128::from(*flow);
    }
    for (node, (sent, supply)) in sent.into_iter().zip(&network.supplies).enumerate() {
        if sent != i128::from(*supply) {
            return Err(Fault::NotConserved { node, sent, supply: *supply });
        }
    }
    Ok(())
}
