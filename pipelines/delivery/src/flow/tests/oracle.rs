//! What must be answered: by another solver where there is an optimum, by definition where there is none.

use ac_library::MinCostFlowGraph;

use super::strategies::UNITS_MAX;
use crate::flow::network::Network;
use crate::flow::refusal::Refusal;

#[derive(Debug)]
pub enum Expected {
    Optimal(i128),
    Infeasible,
    Unbounded,
}

/// The other solver knows neither lower bounds nor negative costs: what is bound to flow is sent first, an arc of
/// negative cost is filled and may be emptied again.
pub fn expected(network: &Network) -> Expected {
    let nodes = network.supplies.len();
    let (source, sink) = (nodes, nodes + 1);
    let mut graph = MinCostFlowGraph::<i64>::new(nodes + 2);
    let (mut excesses, mut cost) = (network.supplies.clone(), 0);
    for arc in &network.arcs {
        let capacity = arc.capacity.min(UNITS_MAX);
        let sent = if arc.cost < 0 { capacity } else { arc.lower };
        cost += sent * arc.cost;
        excesses[arc.tail as usize] -= sent;
        excesses[arc.head as usize] += sent;
        let (tail, head) = if arc.cost < 0 { (arc.head, arc.tail) } else { (arc.tail, arc.head) };
        if tail != head {
            graph.add_edge(tail as usize, head as usize, capacity - arc.lower, arc.cost.abs());
        }
    }
    let mut needed = 0;
    for (node, excess) in excesses.into_iter().enumerate() {
        match excess > 0 {
            true => graph.add_edge(source, node, excess, 0),
            false => graph.add_edge(node, sink, -excess, 0),
        };
        needed += excess.max(0);
    }
    let (sent, more) = graph.flow(source, sink, needed);
    match sent == needed {
        false => Expected::Infeasible,
        true if earns_without_end(network) => Expected::Unbounded,
        true => Expected::Optimal((cost + more).into()),
    }
}

/// Whether arcs without capacity make a cycle of negative cost: then distances along them never settle.
fn earns_without_end(network: &Network) -> bool {
    let mut distances = vec![0_i64; network.supplies.len()];
    let mut round = || {
        let mut is_settled = true;
        for arc in network.arcs.iter().filter(|arc| arc.is_unbounded()) {
            let distance = distances[arc.tail as usize] + arc.cost;
            if distance < distances[arc.head as usize] {
                distances[arc.head as usize] = distance;
                is_settled = false;
            }
        }
        is_settled
    };
    !(0..=network.supplies.len()).any(|_| round())
}

/// Asserts that what a refusal names does show it.
pub fn assert_shown(network: &Network, refusal: &Refusal) {
    match refusal {
        Refusal::Infeasible { unrouted, cut, supply, room } => {
            let is_inside = |node: u32| cut.contains(&node);
            let inner: i128 = cut.iter().map(|node| i128::from(network.supplies[*node as usize])).sum();
            let leaving = network.arcs.iter().filter(|arc| is_inside(arc.tail) && !is_inside(arc.head));
            let coming = network.arcs.iter().filter(|arc| !is_inside(arc.tail) && is_inside(arc.head));
            let most: i128 = leaving.map(|arc| i128::from(arc.capacity)).sum();
            let least: i128 = coming.map(|arc| i128::from(arc.lower)).sum();
            assert_eq!((inner, most - least), (*supply, *room), "{network:?}");
            assert!(supply > room && supply - room == *unrouted, "{refusal:?} for {network:?}");
        }
        Refusal::Unbounded { cycle, cost } => {
            let arcs: Vec<_> = cycle.iter().map(|arc| network.arcs[*arc]).collect();
            let following = arcs.iter().skip(1).chain(arcs.first());
            for (arc, next) in arcs.iter().zip(following) {
                assert!(arc.is_unbounded() && arc.head == next.tail, "{refusal:?} for {network:?}");
            }
            let sum: i128 = arcs.iter().map(|arc| i128::from(arc.cost)).sum();
            assert!(sum == *cost && sum < 0, "{refusal:?} for {network:?}");
        }
        other => panic!("{other:?}"),
    }
}
