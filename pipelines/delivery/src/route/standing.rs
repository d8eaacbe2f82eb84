//! A plan by its names, as it stands in the warehouse: carried over to another day's cells and nodes.

use std::collections::{BTreeMap, HashMap};

use super::inputs::{CellName, Flows, Problem};
use super::score::flows_of_shares;
use super::variants::{Fallback, variants};

/// A plan by names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing(pub BTreeMap<CellName, StandingCell>);

/// A cell's nodes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StandingCell {
    /// Nodes with their shares of the demand.
    pub primaries: Vec<(String, f64)>,
    /// In order: the node, the primary that it stands in for, the share that it takes over.
    pub fallbacks: Vec<(String, Option<String>, f64)>,
}

impl Standing {
    /// A routing of a problem under its names, without fallbacks.
    pub fn of(problem: &Problem, flows: &Flows) -> Self {
        let cell = |(cell, flows): (&super::inputs::Cell, &Vec<(usize, i64)>)| {
            let share = |flow: i64| flow as f64 / cell.peak_bps.max(1) as f64;
            let named = flows.iter().map(|(node, flow)| (problem.nodes[*node].node_id.clone(), share(*flow)));
            let found = StandingCell { primaries: named.collect(), fallbacks: Vec::new() };
            (cell.name.clone(), found)
        };
        Self(problem.cells.iter().zip(flows).map(cell).collect())
    }

    /// Its primaries at a problem's demand, whether they are there or not: what is moved from.
    pub fn flows(&self, problem: &Problem) -> Flows {
        let places = places(problem);
        let of_cell = |cell: &super::inputs::Cell| {
            let Some(standing) = self.0.get(&cell.name) else { return Vec::new() };
            let known = standing.primaries.iter();
            let shares: Vec<_> =
                known.filter_map(|(node, share)| Some((*places.get(node.as_str())?, *share))).collect();
            flows_of_shares(cell.peak_bps, &shares)
        };
        problem.cells.iter().map(of_cell).collect()
    }

    /// What it does to a problem's demand: each viewer goes down their order to the first node that is there and
    /// serves the codec. A cell that the plan does not know goes where its region's largest one goes.
    pub fn follow(&self, problem: &Problem) -> Flows {
        let places = places(problem);
        let kin = self.kin();
        let of_cell = |(index, cell): (usize, &super::inputs::Cell)| {
            let like = || kin.get(&(cell.name.region.as_str(), cell.name.codec.as_str()));
            let Some(standing) = self.0.get(&cell.name).or_else(|| like().copied()) else {
                return Vec::new();
            };
            let mut sums: BTreeMap<usize, i64> = BTreeMap::new();
            for (order, flow) in orders(standing, cell.peak_bps) {
                let known = order.iter().filter_map(|name| places.get(*name).copied());
                if let Some(node) = known.into_iter().find(|node| problem.is_open(index, *node)) {
                    *sums.entry(node).or_default() += flow;
                }
            }
            sums.into_iter().filter(|(_, flow)| *flow > 0).collect()
        };
        problem.cells.iter().enumerate().map(of_cell).collect()
    }

    /// For each region and codec a cell that others of it may follow: the first by name.
    fn kin(&self) -> BTreeMap<(&str, &str), &StandingCell> {
        let named = self.0.iter().rev().filter(|(_, cell)| !cell.primaries.is_empty());
        named.map(|(name, cell)| ((name.region.as_str(), name.codec.as_str()), cell)).collect()
    }
}

/// The orders of a cell's viewers, by the names of nodes, with the viewers of each in bits a second.
pub fn orders(cell: &StandingCell, peak_bps: i64) -> Vec<(Vec<&str>, i64)> {
    let mut names: Vec<&str> = cell.primaries.iter().map(|(node, _)| node.as_str()).collect();
    names.extend(cell.fallbacks.iter().map(|(node, _, _)| node.as_str()));
    names.sort_unstable();
    names.dedup();
    let place = |name: &str| names.partition_point(|known| *known < name);
    let shares: Vec<_> = cell.primaries.iter().map(|(node, share)| (place(node), *share)).collect();
    let primaries = flows_of_shares(peak_bps, &shares);
    let mut fallbacks: Vec<Fallback> = Vec::new();
    for (primary, flow) in &primaries {
        let own = cell.fallbacks.iter().filter(|(_, stands_for, _)| {
            stands_for.as_deref().is_some_and(|stands_for| place(stands_for) == *primary)
        });
        let own: Vec<_> = own.map(|(node, _, share)| (place(node), *share)).collect();
        let whole: f64 = own.iter().map(|(_, share)| share).sum();
        let of_primary: Vec<_> = own.iter().map(|(node, share)| (*node, share / whole.max(1e-300))).collect();
        let taken = flows_of_shares(*flow, &of_primary);
        for (node, _) in own {
            let flow = taken.iter().find(|(taker, _)| *taker == node).map_or(0, |(_, flow)| *flow);
            fallbacks.push(Fallback { node, stands_for: Some(*primary), flow });
        }
    }
    let later = cell.fallbacks.iter().filter(|(_, stands_for, _)| stands_for.is_none());
    fallbacks.extend(later.map(|(node, _, _)| Fallback { node: place(node), stands_for: None, flow: 0 }));
    let named = |order: Vec<usize>| order.into_iter().map(|node| names[node]).collect();
    variants(&primaries, &fallbacks).into_iter().map(|found| (named(found.order), found.flow)).collect()
}

fn places(problem: &Problem) -> HashMap<&str, usize> {
    problem.nodes.iter().enumerate().map(|(index, node)| (node.node_id.as_str(), index)).collect()
}
