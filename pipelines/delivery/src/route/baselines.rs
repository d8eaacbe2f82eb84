//! What a plan is measured against: the nearest node whatever its room, and the cheapest one that still has some.

use std::cmp::Reverse;

use super::inputs::{Flows, Problem};
use super::instance::Instance;

/// Every cell from the node with the least mean round trip; capacity is not asked.
pub fn nearest(problem: &Problem) -> Flows {
    let of_cell = |cell: usize| {
        let known = (0..problem.nodes.len()).filter(|node| problem.can_serve(cell, *node));
        let timed = known.filter_map(|node| Some((problem.estimates.of(cell, node)?.rtt_ms_mean, node)));
        let nearest = timed.min_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        let flow = problem.cells[cell].peak_bps;
        nearest.into_iter().filter(|_| flow > 0).map(|(_, node)| (node, flow)).collect()
    };
    (0..problem.cells.len()).map(of_cell).collect()
}

/// The cells in the order of their demand, each from the node that is cheapest by the plan's own measure, moves
/// aside, as far as it has room, then from the next.
pub fn greedy(instance: &Instance<'_>) -> Flows {
    let layers = &instance.layers;
    let cells = &instance.problem.cells;
    let mut room = layers.room.clone();
    let mut provider_room = vec![0_i64; layers.provider_count];
    for (provider, part, _) in &layers.providers {
        provider_room[*provider] = provider_room[*provider].saturating_add(*part);
    }
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by_key(|cell| (Reverse(cells[*cell].peak_bps), *cell));
    let mut flows: Flows = vec![Vec::new(); cells.len()];
    for cell in order {
        let mut left = cells[cell].peak_bps;
        for node in instance.cheapest(cell, layers.room.len()) {
            let provider = layers.provider_of[node];
            let part = left.min(room[node]).min(provider_room[provider]);
            if part > 0 {
                flows[cell].push((node, part));
                (left, room[node]) = (left - part, room[node] - part);
                provider_room[provider] -= part;
            }
            if left == 0 {
                break;
            }
        }
        flows[cell].sort_unstable();
    }
    flows
}
