//! What is asked: nodes with what they supply, and arcs with their bounds and costs.

use super::refusal::Refusal;

/// The capacity of an arc that has none.
pub const UNBOUNDED: i64 = i64::MAX;

/// One arc. Several may join the same two nodes, and one may begin and end at the same node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    pub tail: u32,
    pub head: u32,
    /// The least flow, in units; it may be negative.
    pub lower: i64,
    /// The greatest flow, in units; [`UNBOUNDED`] where there is none.
    pub capacity: i64,
    /// For each unit.
    pub cost: i64,
}

/// A question to the solver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// For each node what enters the network there, in units; negative where it leaves. They sum to zero.
    pub supplies: Vec<i64>,
    pub arcs: Vec<Arc>,
}

impl Arc {
    /// An arc without bounds but that its flow is not negative.
    pub fn unbounded(tail: u32, head: u32, cost: i64) -> Self {
        Self { tail, head, lower: 0, capacity: UNBOUNDED, cost }
    }

    /// An arc that carries up to its capacity.
    pub fn bounded(tail: u32, head: u32, capacity: i64, cost: i64) -> Self {
        Self { tail, head, lower: 0, capacity, cost }
    }

    pub fn is_unbounded(&self) -> bool {
        self.capacity == UNBOUNDED
    }
}

impl Network {
    /// Refuses what is no network: an arc without nodes, bounds that exclude each other, supplies that do not
    /// sum to zero.
    pub fn check(&self) -> Result<(), Refusal> {
        // Two more numbers are needed: for the root of the tree, and for "none".
        let limit = (u32::MAX - 2) as usize;
        if self.supplies.len() > limit || self.arcs.len() > limit - self.supplies.len().min(limit) {
            return Err(Refusal::TooLarge { nodes: self.supplies.len(), arcs: self.arcs.len() });
        }
        let nodes = self.supplies.len();
        for (place, arc) in self.arcs.iter().enumerate() {
            if arc.tail as usize >= nodes || arc.head as usize >= nodes {
                return Err(Refusal::NodeOutOfRange { arc: place, node: arc.tail.max(arc.head), nodes });
            }
            if arc.lower > arc.capacity {
                return Err(Refusal::LowerAboveCapacity {
                    arc: place,
                    lower: arc.lower,
                    capacity: arc.capacity,
                });
            }
        }
        let sum: i128 = self.supplies.iter().map(|supply| i128::from(*supply)).sum();
        if sum == 0 { Ok(()) } else { Err(Refusal::Unbalanced { sum }) }
    }

    /// What flows cost; `None` where that does not fit.
    pub fn cost_of(&self, flows: &[i64]) -> Option<i128> {
        self.arcs
            .iter()
            .zip(flows)
            .try_fold(0_i128, |sum, (arc, flow)| sum.checked_add(i128::from(arc.cost) * i128::from(*flow)))
    }
}
