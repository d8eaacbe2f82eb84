//! Networks to try: small ones of every kind, and plans as the route planner makes them.

use proptest::prelude::*;

use crate::flow::network::{Arc, Network, UNBOUNDED};

/// At most as many units as all supplies and capacities of a network from here.
pub const UNITS_MAX: i64 = 100_000;

/// Few nodes with many arcs between them: parallel ones, loops, lower bounds, negative costs and bounds, all of them at
/// once or none.
pub fn network() -> impl Strategy<Value = Network> {
    (1_u32..8, 0_usize..36, any::<[bool; 4]>()).prop_flat_map(|(nodes, arcs, [low, negative, open, flat])| {
        let lower = if low { -2_i64..4 } else { 0..1 };
        let cost = match (flat, negative) {
            (true, _) => 0_i64..1,
            (false, true) => -9..10,
            (false, false) => 0..10,
        };
        let capacity =
            if open { prop_oneof![3 => 0_i64..9, 1 => Just(UNBOUNDED)].boxed() } else { (0_i64..9).boxed() };
        let arc =
            (0..nodes, 0..nodes, lower, capacity, cost).prop_map(|(tail, head, lower, capacity, cost)| Arc {
                tail,
                head,
                lower,
                capacity: capacity.max(lower),
                cost,
            });
        let moves = prop::collection::vec((0..nodes, 0..nodes, 0_i64..8), 0..5);
        (Just(nodes), moves, prop::collection::vec(arc, arcs)).prop_map(|(nodes, moves, arcs)| {
            let mut supplies = vec![0; nodes as usize];
            for (from, to, units) in moves {
                supplies[from as usize] += units;
                supplies[to as usize] -= units;
            }
            Network { supplies, arcs }
        })
    })
}

/// Cells that may each use some nodes, nodes with tight capacities before one sink, and a dear way for what is left over;
/// sometimes without it.
pub fn plan() -> impl Strategy<Value = Network> {
    (2_u32..30, 1_u32..7, any::<bool>()).prop_flat_map(|(cells, nodes, has_last_resort)| {
        let demands = prop::collection::vec(1_i64..40, cells as usize);
        let capacities = prop::collection::vec((0_i64..200, 0_i64..5), nodes as usize);
        let choices = prop::collection::vec((0..cells, 0..nodes, 0_i64..30), cells as usize * 3);
        (demands, capacities, choices).prop_map(move |(demands, capacities, choices)| {
            let sink = cells + nodes;
            let mut arcs: Vec<Arc> = choices
                .into_iter()
                .map(|(cell, node, cost)| Arc::bounded(cell, cells + node, demands[cell as usize], cost))
                .collect();
            for (node, (capacity, cost)) in (cells..).zip(&capacities) {
                // Two tiers: the first units at one price, more at a higher one.
                arcs.push(Arc::bounded(node, sink, capacity / 2, *cost));
                arcs.push(Arc::bounded(node, sink, capacity - capacity / 2, cost + 3));
            }
            if has_last_resort {
                arcs.extend((0..cells).map(|cell| Arc::unbounded(cell, sink, 1000)));
            }
            let total: i64 = demands.iter().sum();
            let supplies = demands.iter().copied().chain(vec![0; nodes as usize]).chain([-total]).collect();
            Network { supplies, arcs }
        })
    })
}
