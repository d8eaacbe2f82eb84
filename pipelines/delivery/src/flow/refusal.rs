//! Why a network has no answer, with what shows it.

/// A network without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No flow meets all supplies. The nodes of the cut must send out more than their arcs to the other nodes can
    /// carry: `supply` is above `room`, which is what these may carry at most less what the arcs that come in must
    /// carry at least.
    #[error(
        "infeasible: {unrouted} units have no way; a cut of {} nodes supplies {supply} and can send out {room}",
        cut.len()
    )]
    Infeasible { unrouted: i128, cut: Vec<u32>, supply: i128, room: i128 },
    /// A flow can be had at any price below: the arcs, in order, are a cycle without capacities that costs less
    /// than nothing.
    #[error("unbounded: a cycle of {} arcs without capacity costs {cost} a unit", cycle.len())]
    Unbounded { cycle: Vec<usize>, cost: i128 },
    /// A number on the way may not fit; nothing is computed that could be wrong.
    #[error("the numbers are too large: {what}")]
    Overflow { what: &'static str },
    #[error("supplies must sum to zero, and sum to {sum}")]
    Unbalanced { sum: i128 },
    #[error("arc {arc} names node {node}, and there are {nodes}, numbered from 0")]
    NodeOutOfRange { arc: usize, node: u32, nodes: usize },
    #[error("arc {arc} must carry at least {lower} and at most {capacity}")]
    LowerAboveCapacity { arc: usize, lower: i64, capacity: i64 },
    #[error("{nodes} nodes and {arcs} arcs are more than 32 bits number")]
    TooLarge { nodes: usize, arcs: usize },
    #[error("{costs} costs are given for {arcs} arcs")]
    CostsMissing { costs: usize, arcs: usize },
}
