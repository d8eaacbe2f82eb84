//! Between two flows: their difference as cycles, of which those are taken over that keep the constraints for least.

use super::Constraint;
use crate::flow::network::Network;

/// Arcs round which the one flow differs from the other by an amount, each with the way it changes.
struct Cycle {
    arcs: Vec<(usize, i64)>,
    amount: i64,
    cost: i128,
    /// For each constraint, what a unit uses more.
    uses: Vec<i128>,
}

/// A flow on the way from the first, which breaks constraints, to the second, which keeps them: cycles are taken over
/// by what they cost for what they free at the given prices, until all constraints are kept, and then those that save
/// something and still fit. `None` where a sum does not fit.
pub(super) fn blend(
    network: &Network,
    constraints: &[Constraint],
    prices: &[i64],
    (from, to): (&[i64], &[i64]),
) -> Option<Vec<i64>> {
    let mut flows = from.to_vec();
    let mut excesses: Vec<i128> =
        constraints.iter().map(|constraint| constraint.excess(from)).collect::<Option<_>>()?;
    let mut cycles = cycles(network, constraints, from, to)?;
    // Only the order comes from floats; equal ones stay in the order in which they were found.
    let rank = |cycle: &Cycle| {
        let freed: f64 =
            cycle.uses.iter().zip(prices).map(|(used, price)| -(*used as f64) * *price as f64).sum();
        if freed > 0.0 { cycle.cost as f64 / freed } else { f64::INFINITY }
    };
    cycles.sort_by(|left, right| rank(left).total_cmp(&rank(right)));
    for cycle in &mut cycles {
        if excesses.iter().any(|excess| *excess > 0) {
            let amount = needed(cycle, &excesses);
            take(cycle, amount, &mut flows, &mut excesses);
        }
    }
    for cycle in cycles.iter_mut().filter(|cycle| cycle.cost < 0) {
        let amount = fitting(cycle, &excesses);
        take(cycle, amount, &mut flows, &mut excesses);
    }
    Some(flows)
}

fn take(cycle: &mut Cycle, amount: i64, flows: &mut [i64], excesses: &mut [i128]) {
    for (arc, way) in &cycle.arcs {
        flows[*arc] += way * amount;
    }
    for (excess, used) in excesses.iter_mut().zip(&cycle.uses) {
        *excess += used * i128::from(amount);
    }
    cycle.amount -= amount;
}

/// The least of a cycle that keeps all constraints; all of it where it alone does not.
fn needed(cycle: &Cycle, excesses: &[i128]) -> i64 {
    let mut least = 0;
    for (excess, used) in excesses.iter().zip(&cycle.uses).filter(|(excess, _)| **excess > 0) {
        if *used >= 0 {
            return cycle.amount;
        }
        least = least.max((*excess - used - 1) / -used);
    }
    least.min(cycle.amount.into()) as i64
}

/// The most of a cycle that breaks no constraint.
fn fitting(cycle: &Cycle, excesses: &[i128]) -> i64 {
    let using = excesses.iter().zip(&cycle.uses).filter(|(_, used)| **used > 0);
    let most = using.map(|(excess, used)| -excess / used).fold(i128::from(cycle.amount), i128::min);
    most.max(0) as i64
}

/// The difference of two flows as cycles. On every arc all cycles change the flow the same way, so that any of them can
/// be taken, and in part, without leaving the bounds.
fn cycles(network: &Network, constraints: &[Constraint], from: &[i64], to: &[i64]) -> Option<Vec<Cycle>> {
    let mut left: Vec<i128> =
        from.iter().zip(to).map(|(from, to)| i128::from(*to) - i128::from(*from)).collect();
    let mut leaving = vec![Vec::new(); network.supplies.len()];
    for (place, arc) in network.arcs.iter().enumerate().filter(|(place, _)| left[*place] != 0) {
        leaving[if left[place] > 0 { arc.tail } else { arc.head } as usize].push(place);
    }
    let mut cycles = Vec::new();
    let mut place_on_way = vec![usize::MAX; network.supplies.len()];
    for start in 0..network.supplies.len() {
        let (mut way, mut node) = (Vec::<usize>::new(), start);
        place_on_way[node] = 0;
        loop {
            while leaving[node].last().is_some_and(|arc| left[*arc] == 0) {
                leaving[node].pop();
            }
            // What enters a node leaves it: the way ends only where it began.
            let Some(arc) = leaving[node].last().copied() else { break };
            way.push(arc);
            let ends = &network.arcs[arc];
            node = if left[arc] > 0 { ends.head } else { ends.tail } as usize;
            if place_on_way[node] == usize::MAX {
                place_on_way[node] = way.len();
                continue;
            }
            let round = way.split_off(place_on_way[node]);
            for arc in &round {
                let ends = &network.arcs[*arc];
                let passed = if left[*arc] > 0 { ends.head } else { ends.tail } as usize;
                if passed != node {
                    place_on_way[passed] = usize::MAX;
                }
            }
            cycles.push(cycle(network, constraints, round, &mut left)?);
        }
        place_on_way[start] = usize::MAX;
    }
    Some(cycles)
}

/// One cycle with all that can go round it, which is taken off what is left.
fn cycle(
    network: &Network,
    constraints: &[Constraint],
    round: Vec<usize>,
    left: &mut [i128],
) -> Option<Cycle> {
    let amount = round.iter().map(|arc| left[*arc].abs()).min()?;
    let amount = i64::try_from(amount).ok()?;
    let arcs: Vec<(usize, i64)> = round.iter().map(|arc| (*arc, left[*arc].signum() as i64)).collect();
    let sum = |of: &dyn Fn(usize) -> i64| -> i128 {
        arcs.iter().map(|(arc, way)| i128::from(of(*arc)) * i128::from(*way)).sum()
    };
    let cost = sum(&|arc| network.arcs[arc].cost);
    let uses = constraints.iter().map(|constraint| sum(&|arc| constraint.weights[arc])).collect();
    for (arc, way) in &arcs {
        left[*arc] -= i128::from(*way) * i128::from(amount);
    }
    Some(Cycle { arcs, amount, cost, uses })
}
