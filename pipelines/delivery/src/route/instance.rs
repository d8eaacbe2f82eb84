//! One planning instance: what each cell may pay where, within what room.

use super::cost::{self, Refusal};
use super::inputs::{Flows, Problem, Settings};
use super::network::{self, Choice, Filled, Layers};
use super::tail::Spread;

/// A problem with its settings and the plan before, as the flow sees it.
pub struct Instance<'a> {
    pub problem: &'a Problem,
    pub settings: &'a Settings,
    /// The plan before, at today's demand; `None` where there was none: then nothing moves.
    pub before: Option<&'a Flows>,
    pub layers: Layers,
    /// The dearest choice, moving included.
    pub cost_max: i64,
    /// What moving costs each cell, a bit a second.
    move_costs: Vec<i64>,
    /// The bytes behind a bit a second of each cell, in 10⁻⁵ of what is behind one of all cells together.
    pub volumes: Vec<i64>,
    /// Names of the providers, by their index.
    pub providers: Vec<&'a str>,
}

impl<'a> Instance<'a> {
    /// Refuses what no plan can come of: nothing to serve, nothing to serve it from, nothing known of that.
    pub fn new(
        problem: &'a Problem,
        settings: &'a Settings,
        before: Option<&'a Flows>,
    ) -> Result<Self, Refusal> {
        if problem.bytes() == 0 {
            return Err(Refusal::NoDemand);
        }
        let is_usable = |node: &&super::inputs::Node| node.is_available && node.capacity_bps > 0;
        if !problem.nodes.iter().any(|node| is_usable(&node)) {
            return Err(Refusal::NoNodes(problem.nodes.len()));
        }
        let (layers, providers) = layers(problem, settings)?;
        let move_costs = problem.cells.iter().map(|cell| {
            let price = if before.is_some() { settings.move_price } else { 0 };
            cost::of_cell(cell, i128::from(price))
                .ok_or_else(|| Refusal::TooLarge("the charge for moving".to_owned()))
        });
        let move_costs = move_costs.collect::<Result<Vec<_>, _>>()?;
        let peak: i128 = problem.cells.iter().map(|cell| i128::from(cell.peak_bps)).sum();
        let mean = problem.bytes() as f64 / peak.max(1) as f64;
        let volume = |cell: &super::inputs::Cell| {
            (cell.bytes as f64 / cell.peak_bps.max(1) as f64 / mean * 100_000.0).round() as i64
        };
        let volumes = problem.cells.iter().map(volume).collect();
        let mut instance =
            Self { problem, settings, before, layers, cost_max: 0, move_costs, volumes, providers };
        instance.cost_max = instance.dearest()?;
        Ok(instance)
    }

    /// What a cell pays at a node, moving aside; `None` where the node may not serve it.
    pub fn cost(&self, cell: usize, node: usize) -> Option<i64> {
        if self.layers.room[node] == 0 || !self.problem.can_serve(cell, node) {
            return None;
        }
        cost::arc(self.problem, self.settings, cell, node).ok()
    }

    /// The same with the charge for moving there.
    pub fn cost_moved(&self, cell: usize, node: usize) -> Option<i64> {
        self.cost(cell, node)?.checked_add(self.move_costs[cell])
    }

    /// What a bit a second of a cell to a node adds to the volume slower than a limit, less the share of it that may
    /// be: all together must not come above zero.
    pub fn slow(&self, cell: usize, node: usize, limit_ms: f64, share_max: f64) -> i64 {
        let estimate = self.problem.estimates.of(cell, node);
        let volume = self.volumes[cell] as f64;
        let over = |estimate| (Spread::of(&estimate).above(limit_ms) - share_max) * volume;
        estimate.map_or(0, |estimate| over(estimate).round() as i64)
    }

    /// What is had without search, by the plan's own measure, moves aside.
    pub fn fill(&self) -> Filled {
        let count = self.settings.arcs_per_cell.max(1);
        network::fill(&self.layers, count, |cell, node| self.cost(cell, node))
    }

    /// The choices that the flow begins with: each cell's cheapest nodes, those of the plan before, and enough for a
    /// first routing, so that prices are those of nodes and not of unserved demand.
    pub fn first_choices(&self) -> Vec<Choice> {
        let filled = self.fill();
        let mut choices = Vec::new();
        for cell in 0..self.problem.cells.len() {
            let stays = self.before.map_or(&[][..], |before| before[cell].as_slice());
            let mut nodes: Vec<usize> = filled.near[cell].iter().map(|(_, node)| *node).collect();
            nodes.extend(filled.flows[cell].iter().map(|(node, _)| *node));
            nodes.extend(stays.iter().map(|(node, _)| *node).filter(|node| self.cost(cell, *node).is_some()));
            nodes.sort_unstable();
            nodes.dedup();
            nodes.iter().for_each(|node| choices.extend(self.choices(cell, *node, stays)));
        }
        choices
    }

    /// Up to where the plan before sent it a cell's traffic stays for nothing; beyond, it is moved.
    fn choices(&self, cell: usize, node: usize, stays: &[(usize, i64)]) -> impl Iterator<Item = Choice> {
        let whole = self.problem.cells[cell].peak_bps;
        let stays: i64 = stays.iter().filter(|(place, _)| *place == node).map(|(_, flow)| *flow).sum();
        let stays = stays.min(whole);
        let parts = [(stays, self.cost(cell, node)), (whole - stays, self.cost_moved(cell, node))];
        parts.into_iter().filter_map(move |(room, cost)| {
            let cost = cost.filter(|_| room > 0)?;
            Some(Choice { supply: cell, node, room, cost, least: 0 })
        })
    }

    /// The nodes that a cell pays least at.
    pub fn cheapest(&self, cell: usize, count: usize) -> Vec<usize> {
        let costs = (0..self.problem.nodes.len()).filter_map(|node| Some((self.cost(cell, node)?, node)));
        let mut costs: Vec<_> = costs.collect();
        if costs.len() > count {
            costs.select_nth_unstable(count);
            costs.truncate(count);
        }
        costs.sort_unstable();
        costs.into_iter().map(|(_, node)| node).collect()
    }

    /// The dearest of all choices; a cost that does not fit, or none at all, is a refusal.
    fn dearest(&self) -> Result<i64, Refusal> {
        let (mut dearest, mut is_capable, mut is_known) = (0, false, false);
        for cell in 0..self.problem.cells.len() {
            for node in 0..self.problem.nodes.len() {
                let from = &self.problem.nodes[node];
                let codec = &self.problem.cells[cell].name.codec;
                is_capable |= self.layers.room[node] > 0 && from.capabilities.contains(codec);
                if self.layers.room[node] == 0 || !self.problem.can_serve(cell, node) {
                    continue;
                }
                is_known = true;
                let cost = cost::arc(self.problem, self.settings, cell, node)?;
                let moved = cost.checked_add(self.move_costs[cell]);
                let moved =
                    moved.ok_or_else(|| Refusal::TooLarge(format!("the cost of {}", from.node_id)))?;
                dearest = dearest.max(moved);
            }
        }
        match (is_capable, is_known) {
            (_, true) => Ok(dearest),
            (true, false) => Err(Refusal::NoEstimates),
            (false, false) => Err(Refusal::NoNodes(self.problem.nodes.len())),
        }
    }
}

/// A part of a capacity.
pub fn share_of(capacity_bps: i64, share: f64) -> i64 {
    (capacity_bps.max(0) as f64 * share.max(0.0)).floor() as i64
}

/// Rooms, owners, and the parts of each provider's traffic by price.
fn layers<'a>(problem: &'a Problem, settings: &Settings) -> Result<(Layers, Vec<&'a str>), Refusal> {
    let mut names: Vec<&str> = problem.nodes.iter().map(|node| node.provider.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let owner = |node: &super::inputs::Node| names.partition_point(|name| *name < node.provider.as_str());
    let room = |node: &super::inputs::Node| match node.is_available {
        true => share_of(node.capacity_bps, settings.capacity_share),
        false => 0,
    };
    let too_large = |name: &str| Refusal::TooLarge(format!("a surcharge of {name}"));
    let peak: i128 = problem.cells.iter().map(|cell| i128::from(cell.peak_bps)).sum();
    let total = i64::try_from(peak).map_err(|_| Refusal::TooLarge("the demand".to_owned()))?;
    let mut providers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let agreed = settings.providers.get(*name).cloned().unwrap_or_default();
        let mut left = agreed.cap_bps.unwrap_or(i64::MAX).min(total);
        let mut start = 0;
        let mut surcharge = 0;
        for tier in &agreed.tiers {
            let from = cost::bps_of(problem, i128::from(tier.from_bytes));
            let part = (from - start).clamp(0, left);
            let cost = cost::per_bps(i128::from(surcharge), problem.bytes(), peak);
            providers.push((index, part, cost.ok_or_else(|| too_large(name))?));
            (left, start, surcharge) = (left - part, from.max(start), tier.surcharge);
        }
        let cost = cost::per_bps(i128::from(surcharge), problem.bytes(), peak);
        providers.push((index, left, cost.ok_or_else(|| too_large(name))?));
    }
    let layers = Layers {
        supplies: problem.cells.iter().map(|cell| cell.peak_bps).collect(),
        room: problem.nodes.iter().map(room).collect(),
        provider_of: problem.nodes.iter().map(owner).collect(),
        providers,
        provider_count: names.len(),
    };
    Ok((layers, names))
}
