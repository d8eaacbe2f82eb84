//! A good first tree: what has no supply points to the nearest demand, and each supply takes its cheapest way.

use super::arcs::End;
use super::pivot::Basis;
use super::refusal::Refusal;

/// Takes every node off its artificial arc by the arc that is cheapest at the prices that hold by then: those of the
/// nodes filled before are in them. Gives the number of steps.
pub(super) fn crash(basis: &mut Basis, excesses: &[i64]) -> Result<u64, Refusal> {
    let mut pivots = 0;
    for node in (0..excesses.len()).filter(|node| excesses[*node] == 0) {
        pivots += attach(basis, node)?;
    }
    let is_source = basis.arcs.grouped_by == End::Tail;
    let mut order: Vec<usize> = (0..excesses.len())
        .filter(|node| (excesses[*node] > 0) == is_source && excesses[*node] != 0)
        .collect();
    order.sort_by_key(|node| std::cmp::Reverse(excesses[*node].unsigned_abs()));
    for node in order {
        pivots += attach(basis, node)?;
    }
    Ok(pivots)
}

/// Steps by the arcs of one node until its artificial arc leaves the tree.
fn attach(basis: &mut Basis, node: usize) -> Result<u64, Refusal> {
    let mut pivots = 0;
    while basis.arcs.is_artificial(basis.tree.branches[node].arc as usize) {
        basis.tree.value_leaf(node, &basis.arcs);
        let reduced = |arc: usize| basis.arcs.reduced_cost(arc, &basis.tree.potentials);
        let Some(cheapest) = basis.arcs.of(node).min_by_key(|arc| reduced(*arc)) else { break };
        let reduced_cost = reduced(cheapest);
        if reduced_cost >= 0 {
            break;
        }
        basis.pivot(cheapest, reduced_cost)?;
        pivots += 1;
    }
    Ok(pivots)
}
