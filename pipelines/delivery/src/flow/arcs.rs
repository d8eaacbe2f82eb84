//! The arcs as the simplex reads them: no lower bounds, one array a property, neighbours side by side.

use std::mem::swap;

use super::network::{Arc, Network, UNBOUNDED};
use super::refusal::Refusal;

/// By which end the arcs stand in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Tail,
    Head,
}

/// What may still be sent, from 0 up to a capacity of at least 1. Each arc outside of the tree points the way in which
/// it can take its whole capacity: one that is full is stored the other way round, at the negative cost. The last
/// ones, one a node, are artificial: they join it to the root.
#[derive(Debug, Clone)]
pub(super) struct Arcs {
    pub tail: Vec<u32>,
    pub head: Vec<u32>,
    pub cost: Vec<i64>,
    pub capacity: Vec<i64>,
    pub is_reversed: Vec<bool>,
    /// The place in the network of each arc that is not artificial.
    pub origin: Vec<u32>,
    pub grouped_by: End,
    /// Whether a node has arcs at that end alone: what it is worth then matters to its own group and to no other.
    pub is_terminal: Vec<bool>,
    /// For each node its first arc; its last is before the next node's first.
    pub first_of: Vec<u32>,
}

/// Self loops and arcs that can carry one amount alone need no simplex.
fn is_free(arc: &Arc) -> bool {
    arc.tail != arc.head && arc.lower < arc.capacity
}

/// By which end the arcs had better be grouped: at which more nodes have all of theirs.
pub(super) fn better_end(network: &Network) -> End {
    let terminals = |end| is_terminal(network, end).into_iter().filter(|is_terminal| *is_terminal).count();
    if terminals(End::Tail) >= terminals(End::Head) { End::Tail } else { End::Head }
}

fn is_terminal(network: &Network, end: End) -> Vec<bool> {
    let mut is_terminal = vec![true; network.supplies.len()];
    for arc in network.arcs.iter().filter(|arc| is_free(arc)) {
        let other = match end {
            End::Tail => arc.head,
            End::Head => arc.tail,
        };
        is_terminal[other as usize] = false;
    }
    is_terminal
}

/// What each node supplies once every arc carries its lower bound.
pub(super) fn excesses(network: &Network) -> Result<Vec<i64>, Refusal> {
    let mut excesses: Vec<i128> = network.supplies.iter().map(|supply| i128::from(*supply)).collect();
    for arc in network.arcs.iter().filter(|arc| arc.lower != 0) {
        excesses[arc.tail as usize] -= i128::from(arc.lower);
        excesses[arc.head as usize] += i128::from(arc.lower);
    }
    let overflow = |_| Refusal::Overflow { what: "supplies and lower bounds of a node pass 64 bits" };
    excesses.into_iter().map(|excess| i64::try_from(excess).map_err(overflow)).collect()
}

/// What an arc may carry above its lower bound.
fn room(arc: &Arc) -> Result<i64, Refusal> {
    if arc.is_unbounded() {
        return Ok(UNBOUNDED);
    }
    let room = arc.capacity.checked_sub(arc.lower).filter(|room| *room < UNBOUNDED);
    room.ok_or(Refusal::Overflow { what: "an arc's bounds lie more than 63 bits apart" })
}

/// How much can come to a node or leave it, where that is plain: no arc leads to it, or none leads away.
struct Reach {
    sent: Vec<i64>,
    taken: Vec<i64>,
}

impl Reach {
    fn new(network: &Network, excesses: &[i64]) -> Self {
        let mut sent: Vec<i64> = excesses.iter().map(|excess| *excess.max(&0)).collect();
        let mut taken: Vec<i64> = excesses.iter().map(|excess| excess.min(&0).saturating_neg()).collect();
        for arc in network.arcs.iter().filter(|arc| is_free(arc)) {
            sent[arc.head as usize] = UNBOUNDED;
            taken[arc.tail as usize] = UNBOUNDED;
        }
        Self { sent, taken }
    }

    /// Whether an arc can never be full. It then needs no capacity, and is no reason for steps that move nothing.
    fn is_beyond(&self, arc: &Arc, room: i64) -> bool {
        room >= self.sent[arc.tail as usize].min(self.taken[arc.head as usize])
    }
}

impl Arcs {
    /// Lays out the arcs by the given end, and an artificial one for each node, to the root where it has an excess.
    pub fn new(network: &Network, excesses: &[i64], grouped_by: End) -> Result<Self, Refusal> {
        let nodes = network.supplies.len();
        let end = |arc: &Arc| match grouped_by {
            End::Tail => arc.tail as usize,
            End::Head => arc.head as usize,
        };
        let mut first_of = vec![0_u32; nodes + 1];
        for arc in network.arcs.iter().filter(|arc| is_free(arc)) {
            first_of[end(arc) + 1] += 1;
        }
        for node in 0..nodes {
            first_of[node + 1] += first_of[node];
        }
        let free = first_of[nodes] as usize;
        let mut next = first_of.clone();
        let reach = Reach::new(network, excesses);
        let mut arcs = Self {
            tail: vec![0; free + nodes],
            head: vec![0; free + nodes],
            cost: vec![0; free + nodes],
            capacity: vec![0; free + nodes],
            is_reversed: vec![false; free + nodes],
            origin: vec![0; free],
            grouped_by,
            is_terminal: is_terminal(network, grouped_by),
            first_of,
        };
        for (origin, arc) in (0_u32..).zip(&network.arcs).filter(|(_, arc)| is_free(arc)) {
            let next = &mut next[end(arc)];
            let place = *next as usize;
            *next += 1;
            arcs.tail[place] = arc.tail;
            arcs.head[place] = arc.head;
            arcs.cost[place] = arc.cost;
            let room = room(arc)?;
            arcs.capacity[place] = if reach.is_beyond(arc, room) { UNBOUNDED } else { room };
            arcs.origin[place] = origin;
        }
        for (node, excess) in (0_u32..).zip(excesses) {
            let (place, root) = (free + node as usize, nodes as u32);
            let (tail, head) = if *excess < 0 { (root, node) } else { (node, root) };
            (arcs.tail[place], arcs.head[place], arcs.capacity[place]) = (tail, head, UNBOUNDED);
        }
        arcs.charge_artificial()?;
        Ok(arcs)
    }

    /// The arcs that are not artificial.
    pub fn free(&self) -> usize {
        self.origin.len()
    }

    pub fn is_artificial(&self, arc: usize) -> bool {
        arc >= self.free()
    }

    /// Takes other costs for the same arcs.
    pub fn reprice(&mut self, network: &Network) -> Result<(), Refusal> {
        for (place, origin) in self.origin.iter().enumerate() {
            let cost = network.arcs[*origin as usize].cost;
            let overflow = Refusal::Overflow { what: "a cost is the least 64-bit number" };
            self.cost[place] =
                if self.is_reversed[place] { cost.checked_neg().ok_or(overflow)? } else { cost };
        }
        self.charge_artificial()
    }

    /// Gives the artificial arcs a cost above that of any path, so that none carries anything that has another way.
    ///
    /// A path costs at most the sum, over the nodes, of the greatest cost at each. No potential is then above twice that
    /// and no reduced cost above five times: what must fit is known before the first step.
    fn charge_artificial(&mut self) -> Result<(), Refusal> {
        let nodes = self.first_of.len() - 1;
        let mut greatest = vec![0_u64; nodes];
        for place in 0..self.free() {
            let cost = self.cost[place].unsigned_abs();
            for end in [self.tail[place], self.head[place]] {
                let found = &mut greatest[end as usize];
                *found = cost.max(*found);
            }
        }
        let path: u128 = greatest.into_iter().map(u128::from).sum();
        if path > (i64::MAX / 8) as u128 {
            return Err(Refusal::Overflow { what: "the costs along a path may pass 60 bits" });
        }
        let free = self.free();
        self.cost[free..].fill(path as i64 + 1);
        Ok(())
    }

    /// Turns an arc round, as its capacity can be taken the other way from now on.
    pub fn reverse(&mut self, arc: usize) {
        swap(&mut self.tail[arc], &mut self.head[arc]);
        self.cost[arc] = -self.cost[arc];
        self.is_reversed[arc] = !self.is_reversed[arc];
    }

    pub fn reduced_cost(&self, arc: usize, potentials: &[i64]) -> i64 {
        self.cost[arc] + potentials[self.tail[arc] as usize] - potentials[self.head[arc] as usize]
    }

    /// The arcs of a node, by the end that they are grouped by.
    pub fn of(&self, node: usize) -> std::ops::Range<usize> {
        self.first_of[node] as usize..self.first_of[node + 1] as usize
    }
}
