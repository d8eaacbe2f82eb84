//! What shows that no flow meets all supplies: nodes that must send out more than can leave them.

use super::network::Network;
use super::pivot::Basis;
use super::refusal::Refusal;

/// Refuses where an artificial arc still carries something, with the nodes that this can reach.
pub(super) fn check_routed(network: &Network, basis: &Basis, flows: &[i64]) -> Result<(), Refusal> {
    let mut unrouted = 0_i128;
    let mut reached = vec![false; network.supplies.len()];
    let mut waiting = Vec::new();
    for (node, branch) in basis.tree.branches[..network.supplies.len()].iter().enumerate() {
        let arc = branch.arc as usize;
        // What an artificial arc carries to the root is what may still flow back.
        if basis.arcs.is_artificial(arc) && basis.arcs.tail[arc] as usize == node && branch.down > 0 {
            unrouted += i128::from(branch.down);
            reached[node] = true;
            waiting.push(node as u32);
        }
    }
    if unrouted == 0 {
        return Ok(());
    }
    reach(network, flows, &mut reached, waiting);
    let cut: Vec<u32> = (0..).zip(&reached).filter(|(_, reached)| **reached).map(|(node, _)| node).collect();
    let supply = cut.iter().map(|node| i128::from(network.supplies[*node as usize])).sum();
    let mut room = 0_i128;
    for arc in &network.arcs {
        match (reached[arc.tail as usize], reached[arc.head as usize]) {
            (true, false) => room += i128::from(arc.capacity),
            (false, true) => room -= i128::from(arc.lower),
            _ => {}
        }
    }
    Err(Refusal::Infeasible { unrouted, cut, supply, room })
}

/// Marks all that more could be sent to.
fn reach(network: &Network, flows: &[i64], reached: &mut [bool], mut waiting: Vec<u32>) {
    // The residual arcs of each node, by where they lie.
    let mut neighbours = vec![Vec::new(); network.supplies.len()];
    for (arc, flow) in network.arcs.iter().zip(flows) {
        if *flow < arc.capacity {
            neighbours[arc.tail as usize].push(arc.head);
        }
        if *flow > arc.lower {
            neighbours[arc.head as usize].push(arc.tail);
        }
    }
    while let Some(node) = waiting.pop() {
        for next in &neighbours[node as usize] {
            if !std::mem::replace(&mut reached[*next as usize], true) {
                waiting.push(*next);
            }
        }
    }
}
