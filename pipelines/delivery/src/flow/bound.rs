//! The dual's side: what any flow costs at least, given prices at the nodes.

use super::network::{Arc, Network};

/// An arc's cost, less what a unit is worth more at its head than at its tail.
pub(super) fn reduced_cost(arc: &Arc, potentials: &[i64]) -> i128 {
    i128::from(arc.cost) + i128::from(potentials[arc.tail as usize])
        - i128::from(potentials[arc.head as usize])
}

/// By weak duality, what any feasible flow costs at least: of each arc the bound that its reduced cost prefers, less
/// the worth of what is supplied. `None` where an arc without capacity has a negative reduced cost (these
/// potentials bound nothing), or where the sum does not fit.
pub fn dual_bound(network: &Network, potentials: &[i64]) -> Option<i128> {
    let worth = network.supplies.iter().zip(potentials).try_fold(0_i128, |sum, (supply, potential)| {
        sum.checked_add(i128::from(*supply).checked_mul(i128::from(*potential))?)
    })?;
    network.arcs.iter().try_fold(worth.checked_neg()?, |sum, arc| {
        let reduced = reduced_cost(arc, potentials);
        let preferred = match reduced.signum() {
            0 => return Some(sum),
            1 => arc.lower,
            _ if arc.is_unbounded() => return None,
            _ => arc.capacity,
        };
        sum.checked_add(reduced.checked_mul(i128::from(preferred))?)
    })
}
