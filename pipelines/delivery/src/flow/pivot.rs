//! One step of the simplex: as much as fits is sent round a cycle, and the arc that is full leaves the tree.

use super::arcs::Arcs;
use super::network::UNBOUNDED;
use super::refusal::Refusal;
use super::tree::{Joint, NONE, Tree};

/// A spanning tree of the arcs, with the flow that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    pub arcs: Arcs,
    pub tree: Tree,
}

/// Where a cycle is first full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blocking {
    /// On the arc that enters.
    Entering,
    /// Between a node and its parent, on the way down to the entering arc's tail.
    TailSide(u32),
    /// Between a node and its parent, on the way up from the entering arc's head.
    HeadSide(u32),
}

/// The cycle that an entering arc closes.
struct Cycle {
    amount: i64,
    blocking: Blocking,
    meeting: u32,
}

impl Basis {
    /// Brings an arc of negative reduced cost into the tree. Gives the number of nodes whose potential changed.
    pub fn pivot(&mut self, entering: usize, reduced_cost: i64) -> Result<usize, Refusal> {
        let (tail, head) = (self.arcs.tail[entering], self.arcs.head[entering]);
        let capacity = self.arcs.capacity[entering];
        let Cycle { amount, blocking, meeting } = self.cycle(tail, head, capacity);
        self.check_bounded(entering, blocking)?;
        if amount > 0 {
            self.send(tail, head, meeting, amount);
        }
        let arc = entering as u32;
        let (cut, grafted, joint) = match blocking {
            Blocking::Entering => {
                self.arcs.reverse(entering);
                return Ok(0);
            }
            Blocking::TailSide(cut) => {
                (cut, tail, Joint { parent: head, arc, up: capacity - amount, down: amount })
            }
            Blocking::HeadSide(cut) => {
                (cut, head, Joint { parent: tail, arc, up: amount, down: capacity - amount })
            }
        };
        let (leaving, is_full_downward) = (self.tree.branches[cut as usize].arc as usize, grafted == tail);
        if (self.arcs.head[leaving] == cut) == is_full_downward {
            self.arcs.reverse(leaving);
        }
        self.tree.regraft(cut, grafted, joint, meeting, &self.arcs.is_terminal);
        if self.tree.is_bare(grafted) {
            return Ok(0);
        }
        Ok(self.tree.shift(grafted, if grafted == tail { -reduced_cost } else { reduced_cost }))
    }

    /// Finds how much fits. Of several places that are full at once the last is taken, as seen along the cycle
    /// from where its ways up meet: that keeps something free on every way to the root.
    fn cycle(&self, tail: u32, head: u32, capacity: i64) -> Cycle {
        let (mut low, mut high) = (tail, head);
        let (mut tail_amount, mut tail_node) = (i64::MAX, NONE);
        let (mut head_amount, mut head_node) = (i64::MAX, NONE);
        while low != high {
            let (below_tail, below_head) =
                (&self.tree.branches[low as usize], &self.tree.branches[high as usize]);
            // The smaller subtree cannot hold the other node, so its top is not where the ways meet.
            if below_tail.size < below_head.size {
                if below_tail.down < tail_amount {
                    (tail_amount, tail_node) = (below_tail.down, low);
                }
                low = below_tail.parent;
            } else {
                if below_head.up <= head_amount {
                    (head_amount, head_node) = (below_head.up, high);
                }
                high = below_head.parent;
            }
        }
        let (mut amount, mut blocking) = (tail_amount, Blocking::TailSide(tail_node));
        if capacity <= amount {
            (amount, blocking) = (capacity, Blocking::Entering);
        }
        if head_node != NONE && head_amount <= amount {
            (amount, blocking) = (head_amount, Blocking::HeadSide(head_node));
        }
        Cycle { amount, blocking, meeting: low }
    }

    fn send(&mut self, tail: u32, head: u32, meeting: u32, amount: i64) {
        let mut node = tail;
        while node != meeting {
            let branch = &mut self.tree.branches[node as usize];
            branch.down -= amount;
            branch.up += amount;
            node = branch.parent;
        }
        node = head;
        while node != meeting {
            let branch = &mut self.tree.branches[node as usize];
            branch.up -= amount;
            branch.down += amount;
            node = branch.parent;
        }
    }

    /// Whether pushing between a node and its parent fills an arc that has no capacity.
    fn is_endless(&self, node: u32, is_upward: bool) -> bool {
        let arc = self.tree.branches[node as usize].arc as usize;
        self.arcs.capacity[arc] == UNBOUNDED && (self.arcs.tail[arc] == node) == is_upward
    }

    /// Refuses a step that is stopped by nothing but the greatest number.
    fn check_bounded(&self, entering: usize, blocking: Blocking) -> Result<(), Refusal> {
        let is_endless = match blocking {
            Blocking::Entering => self.arcs.capacity[entering] == UNBOUNDED,
            Blocking::TailSide(node) => self.is_endless(node, false),
            Blocking::HeadSide(node) => self.is_endless(node, true),
        };
        if is_endless { Err(self.unbounded(entering)) } else { Ok(()) }
    }

    /// The cycle as the reason that there is no cheapest flow, or, where one of its arcs has a bound, that the flow on an
    /// arc without one does not fit.
    fn unbounded(&self, entering: usize) -> Refusal {
        let overflow = Refusal::Overflow { what: "the flow on an arc without capacity passes 63 bits" };
        if self.arcs.capacity[entering] != UNBOUNDED {
            return overflow;
        }
        let (mut low, mut high) = (self.arcs.tail[entering], self.arcs.head[entering]);
        let (mut tail_side, mut head_side) = (Vec::new(), vec![entering]);
        while low != high {
            let is_tail_side = self.tree.branches[low as usize].size < self.tree.branches[high as usize].size;
            let node = if is_tail_side { low } else { high };
            let branch = &self.tree.branches[node as usize];
            if !self.is_endless(node, !is_tail_side) || self.arcs.is_artificial(branch.arc as usize) {
                return overflow;
            }
            if is_tail_side {
                tail_side.push(branch.arc as usize);
                low = branch.parent;
            } else {
                head_side.push(branch.arc as usize);
                high = branch.parent;
            }
        }
        let cycle: Vec<usize> = tail_side.into_iter().rev().chain(head_side).collect();
        let cost = cycle.iter().map(|arc| i128::from(self.arcs.cost[*arc])).sum();
        let mut origins: Vec<usize> = cycle.into_iter().map(|arc| self.arcs.origin[arc] as usize).collect();
        // The same cycle reads the same wherever it was entered.
        let first = (0..origins.len()).min_by_key(|place| origins[*place]).unwrap_or_default();
        origins.rotate_left(first);
        Refusal::Unbounded { cycle: origins, cost }
    }
}
