//! The simplex as a whole: a first tree, steps until none saves anything, and the answer with its proof.

use std::borrow::Cow;

use super::arcs::{Arcs, better_end, excesses};
use super::bound::dual_bound;
use super::certificate::check_routed;
use super::network::Network;
use super::pivot::Basis;
use super::pricing::Search;
use super::refusal::Refusal;
use super::solution::Solution;
use super::start::crash;
use super::tree::Tree;

/// A network with its tree. What was solved once is solved again from there when only costs have changed.
#[derive(Debug, Clone)]
pub struct Solver<'a> {
    network: Cow<'a, Network>,
    excesses: Vec<i64>,
    basis: Basis,
    search: Search,
    is_started: bool,
}

impl<'a> Solver<'a> {
    /// Refuses what is no network, and numbers that might not fit on the way.
    pub fn new(network: &'a Network) -> Result<Self, Refusal> {
        Self::over(Cow::Borrowed(network))
    }

    fn over(network: Cow<'a, Network>) -> Result<Self, Refusal> {
        network.check()?;
        if network.arcs.iter().any(|arc| arc.cost == i64::MIN) {
            return Err(Refusal::Overflow { what: "a cost is the least 64-bit number" });
        }
        let excesses = excesses(&network)?;
        let arcs = Arcs::new(&network, &excesses, better_end(&network))?;
        let tree = Tree::new(&arcs, &excesses);
        let search = Search::new(arcs.free());
        Ok(Self { network, excesses, basis: Basis { arcs, tree }, search, is_started: false })
    }

    /// Takes other costs, one for each arc; the next answer starts from the tree of the last.
    pub fn reprice(&mut self, costs: &[i64]) -> Result<(), Refusal> {
        if costs.len() != self.network.arcs.len() {
            return Err(Refusal::CostsMissing { costs: costs.len(), arcs: self.network.arcs.len() });
        }
        let network = self.network.to_mut();
        for (arc, cost) in network.arcs.iter_mut().zip(costs) {
            arc.cost = *cost;
        }
        self.basis.arcs.reprice(&self.network)?;
        self.basis.tree.recompute_potentials(&self.basis.arcs);
        Ok(())
    }

    /// The cheapest flow at the costs that hold now, or why there is none.
    pub fn solve(&mut self) -> Result<Solution, Refusal> {
        let result = self.optimise();
        if matches!(result, Err(Refusal::Unbounded { .. })) {
            // A cycle that earns without end is no answer where the supplies cannot be met at all.
            self.check_feasible()?;
        }
        let pivots = result?;
        let flows = self.flows()?;
        check_routed(&self.network, &self.basis, &flows)?;
        self.basis.tree.value_leaves(&self.basis.arcs);
        let potentials = self.potentials();
        let too_large = Refusal::Overflow { what: "the objective passes 127 bits" };
        let objective = self.network.cost_of(&flows).ok_or(too_large.clone())?;
        let lower_bound = dual_bound(&self.network, &potentials).ok_or(too_large)?;
        Ok(Solution { flows, potentials, objective, lower_bound, pivots })
    }

    fn optimise(&mut self) -> Result<u64, Refusal> {
        let mut loops = self.network.arcs.iter().enumerate().filter(|(_, arc)| arc.tail == arc.head);
        if let Some((place, arc)) = loops.find(|(_, arc)| arc.is_unbounded() && arc.cost < 0) {
            return Err(Refusal::Unbounded { cycle: vec![place], cost: arc.cost.into() });
        }
        let mut pivots = 0;
        if !self.is_started {
            self.is_started = true;
            pivots += crash(&mut self.basis, &self.excesses)?;
        }
        while let Some((entering, reduced_cost)) = self.search.entering(&mut self.basis) {
            self.search.learn(self.basis.pivot(entering, reduced_cost)?);
            pivots += 1;
        }
        Ok(pivots)
    }

    /// Refuses a network whose supplies cannot be met, whatever its costs.
    fn check_feasible(&self) -> Result<(), Refusal> {
        let mut free_of_cost = self.network.clone().into_owned();
        free_of_cost.arcs.iter_mut().for_each(|arc| arc.cost = 0);
        Solver::over(Cow::Owned(free_of_cost))?.solve().map(drop)
    }

    /// What each arc of the network carries.
    fn flows(&self) -> Result<Vec<i64>, Refusal> {
        let arcs = &self.basis.arcs;
        let mut flows: Vec<i64> = self.network.arcs.iter().map(|arc| arc.lower).collect();
        for (flow, arc) in flows.iter_mut().zip(&self.network.arcs) {
            if arc.tail == arc.head && arc.cost < 0 {
                *flow = arc.capacity;
            }
        }
        let mut above = vec![0; arcs.free()];
        for (place, above) in above.iter_mut().enumerate().filter(|(place, _)| arcs.is_reversed[*place]) {
            *above = arcs.capacity[place];
        }
        for (node, branch) in (0..self.basis.tree.root()).zip(&self.basis.tree.branches) {
            let arc = branch.arc as usize;
            if !arcs.is_artificial(arc) {
                // The flow against the way in which the arc points now is what was taken of it.
                let is_upward = (arcs.tail[arc] == node) != arcs.is_reversed[arc];
                above[arc] = if is_upward { branch.down } else { branch.up };
            }
        }
        for (above, origin) in above.into_iter().zip(&arcs.origin) {
            let flow = &mut flows[*origin as usize];
            let overflow = Refusal::Overflow { what: "the flow on an arc without capacity passes 63 bits" };
            *flow = flow.checked_add(above).ok_or(overflow)?;
        }
        Ok(flows)
    }

    /// What a unit is worth at each node, beside the first.
    fn potentials(&self) -> Vec<i64> {
        let potentials = &self.basis.tree.potentials[..self.network.supplies.len()];
        let first = potentials.first().copied().unwrap_or_default();
        potentials.iter().map(|potential| potential - first).collect()
    }
}
