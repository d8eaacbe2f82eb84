//! What a plan is measured against: the nearest node whatever its room, and the cheapest one that still has some.

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
    instance.fill().flows
}
