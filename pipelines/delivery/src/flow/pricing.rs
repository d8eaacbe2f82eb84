//! Which arc enters: the most negative reduced cost of a block of arcs, then of the next block, round and round.

use super::pivot::Basis;

/// Blocks are no smaller than this: with few arcs, looking is cheaper than steps that save little.
const BLOCK_MIN: usize = 32;

/// Where the search goes on.
#[derive(Debug, Clone)]
pub(super) struct Search {
    block: usize,
    next: usize,
}

impl Search {
    pub fn new(arcs: usize) -> Self {
        Self { block: arcs.isqrt().max(BLOCK_MIN), next: 0 }
    }

    /// An arc of negative reduced cost, with it; `None` where there is none.
    pub fn entering(&mut self, basis: &Basis) -> Option<(usize, i64)> {
        let arcs = basis.arcs.free();
        let mut left = arcs;
        while left > 0 {
            let begin = if self.next < arcs { self.next } else { 0 };
            let end = begin + self.block.min(left).min(arcs - begin);
            self.next = end;
            left -= end - begin;
            let found = cheapest(basis, begin, end);
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

/// The most negative reduced cost among some arcs.
fn cheapest(basis: &Basis, begin: usize, end: usize) -> Option<(usize, i64)> {
    let (arcs, potentials) = (&basis.arcs, basis.tree.potentials.as_slice());
    let (mut best, mut place) = (0, usize::MAX);
    let ends = arcs.tail[begin..end].iter().zip(&arcs.head[begin..end]);
    for (offset, ((tail, head), cost)) in ends.zip(&arcs.cost[begin..end]).enumerate() {
        let reduced = cost + potentials[*tail as usize] - potentials[*head as usize];
        if reduced < best {
            (best, place) = (reduced, begin + offset);
        }
    }
    (best < 0).then_some((place, best))
}
