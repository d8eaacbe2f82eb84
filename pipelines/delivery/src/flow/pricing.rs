//! Which arc enters: the most negative reduced cost of a block of arcs, then of the next block, round and round.

use super::pivot::Basis;

/// Blocks are no smaller than this: with few arcs, looking is cheaper than steps that save little.
const BLOCK_MIN: usize = 32;
/// Steps over which their mean work is taken.
const MEMORY: usize = 64;
/// How many arcs are looked at for each node that a step touches: about as long is spent on either.
const ARCS_A_NODE: usize = 2;

/// Where the search goes on.
#[derive(Debug, Clone)]
pub(super) struct Search {
    block_min: usize,
    /// What the last steps touched, in nodes, times [`MEMORY`].
    touched: usize,
    /// The next arc, and the node whose it is.
    arc: usize,
    node: usize,
}

/// The most negative reduced cost so far.
#[derive(Debug, Clone, Copy)]
struct Best {
    reduced_cost: i64,
    arc: usize,
}

impl Search {
    pub fn new(arcs: usize) -> Self {
        Self { block_min: (arcs.isqrt() / 2).max(BLOCK_MIN), touched: 0, arc: 0, node: 0 }
    }

    /// Learns what a step cost: where steps touch much, it pays to look longer for a good one.
    pub fn learn(&mut self, nodes: usize) {
        self.touched = self.touched - self.touched / MEMORY + nodes;
    }

    /// An arc of negative reduced cost, with it; `None` where there is none.
    pub fn entering(&mut self, basis: &mut Basis) -> Option<(usize, i64)> {
        let mut left = basis.arcs.free();
        while left > 0 {
            let mut best = Best { reduced_cost: 0, arc: usize::MAX };
            let block = self.block_min.max(self.touched / MEMORY * ARCS_A_NODE);
            let mut wanted = block.min(left);
            left -= wanted;
            while wanted > 0 {
                wanted -= self.look(basis, wanted, &mut best);
            }
            if best.reduced_cost < 0 {
                return Some((best.arc, best.reduced_cost));
            }
        }
        None
    }

    /// Looks at some arcs of one node, and gives their number.
    fn look(&mut self, basis: &mut Basis, wanted: usize, best: &mut Best) -> usize {
        if self.arc == basis.arcs.free() {
            (self.arc, self.node) = (0, 0);
        }
        while basis.arcs.of(self.node).end <= self.arc {
            self.node += 1;
        }
        basis.tree.value_leaf(self.node, &basis.arcs);
        let (begin, end) = (self.arc, basis.arcs.of(self.node).end.min(self.arc + wanted));
        self.arc = end;
        let (arcs, potentials) = (&basis.arcs, basis.tree.potentials.as_slice());
        let ends = arcs.tail[begin..end].iter().zip(&arcs.head[begin..end]);
        for (offset, ((tail, head), cost)) in ends.zip(&arcs.cost[begin..end]).enumerate() {
            let reduced_cost = cost + potentials[*tail as usize] - potentials[*head as usize];
            if reduced_cost < best.reduced_cost {
                *best = Best { reduced_cost, arc: begin + offset };
            }
        }
        end - begin
    }
}
