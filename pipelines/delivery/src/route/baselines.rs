//! What a plan is measured against: the nearest node whatever its room, and the cheapest one that still has some.

use super::inputs::{Flows, Problem};
use super::instance::Instance;
use super::network;
use super::score::score;

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
/// aside, of those whose 95th percentile is within a limit, as far as it has room, then from the next; after these
/// from the fastest.
pub fn greedy(instance: &Instance<'_>, limit_ms: Option<f64>) -> Flows {
    let too_slow = instance.cost_max.saturating_add(1);
    let cost = |cell: usize, node: usize| {
        let p95 = instance.problem.estimates.of(cell, node)?.rtt_ms_p95;
        match limit_ms {
            Some(limit) if p95 > limit => {
                // In microseconds, behind all that are fast enough.
                instance.cost(cell, node).and(too_slow.checked_add((p95 * 1000.0).min(1e15) as i64))
            }
            _ => instance.cost(cell, node),
        }
    };
    network::fill(&instance.layers, instance.settings.arcs_per_cell.max(1), cost).flows
}

/// Both, and the 95th percentile of the nearest nodes, which is greedy's limit.
pub fn both(instance: &Instance<'_>) -> (Flows, Flows, Option<f64>) {
    let nearest = nearest(instance.problem);
    let limit = score(instance.problem, instance.settings, &nearest).rtt_ms_p95;
    let greedy = greedy(instance, limit);
    (nearest, greedy, limit)
}
