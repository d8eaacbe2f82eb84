//! What a plan is made from: demand by cell, nodes with their prices, what viewers measured, and the settings.

use std::collections::BTreeMap;

/// Bytes of a gigabyte, as prices mean it.
pub const GB: i128 = 1_000_000_000;

/// What is routed as one: the viewers of a region who are served one codec of one class of content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CellName {
    pub region: String,
    pub codec: String,
    pub content_class: String,
}

/// A cell with its demand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub name: CellName,
    /// Bytes of the day.
    pub bytes: i64,
    /// Demand at the cell's peak hour, in bits a second: the unit of the flow.
    pub peak_bps: i64,
}

/// A node that may be used: available, priced in the plan's currency.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    pub node_id: String,
    pub provider: String,
    pub capabilities: Vec<String>,
    /// In bits a second.
    pub capacity_bps: i64,
    /// Price of a gigabyte in integers of 10⁻⁹ of the plan's currency.
    pub price: i64,
    pub is_available: bool,
}

/// What viewers of a cell measure, or would measure, of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub rtt_ms_mean: f64,
    pub rtt_ms_p95: f64,
    pub throughput_kbps_p10: f64,
    /// Probes of this very cell and node.
    pub samples: i64,
}

/// Estimates by cell, then by node, ascending.
#[derive(Debug, Clone, Default)]
pub struct Estimates(pub Vec<Vec<(u32, Estimate)>>);

impl Estimates {
    /// The estimate of a pair; `None` where nothing is known, or nothing that can be.
    pub fn of(&self, cell: usize, node: usize) -> Option<Estimate> {
        let pairs = self.0.get(cell)?;
        let place = pairs.binary_search_by_key(&(node as u32), |(node, _)| *node).ok()?;
        Some(pairs[place].1).filter(Estimate::is_sound)
    }
}

impl Estimate {
    fn is_sound(&self) -> bool {
        let is_time = |ms: f64| ms.is_finite() && ms >= 0.0;
        is_time(self.rtt_ms_mean) && is_time(self.rtt_ms_p95)
    }
}

/// A part of a provider's traffic that costs more than the price of its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Bytes of the day from which it counts.
    pub from_bytes: i64,
    /// On top of the node's price, a gigabyte, in integers of 10⁻⁹.
    pub surcharge: i64,
}

/// What is agreed with a provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provider {
    pub cap_bps: Option<i64>,
    /// Ascending in both: prices that fall with volume are no flow, since their cost is not convex.
    pub tiers: Vec<Tier>,
}

/// How a plan weighs things. Money is in integers of 10⁻⁹ of the plan's currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Share of a node's capacity that planned peaks may take.
    pub capacity_share: f64,
    /// The same while a node or a provider is lost.
    pub capacity_share_loss: f64,
    /// Price of a millisecond of mean round trip, a gigabyte.
    pub rtt_price: i64,
    /// Price of a millisecond of the 95th percentile above the limit, a gigabyte.
    pub tail_price: i64,
    pub tail_limit_ms: f64,
    /// Price of a gigabyte served elsewhere than by the plan before.
    pub move_price: i64,
    /// Share of the traffic that may be slower than `slow_rtt_ms`.
    pub slow_share_max: f64,
    /// Limit of a slow round trip; without one it is the least 95th percentile of the baselines.
    pub slow_rtt_ms: Option<f64>,
    /// Whether the share of slow traffic is bounded at all.
    pub is_slow_bounded: bool,
    /// Nodes of a cell that the flow begins with.
    pub arcs_per_cell: usize,
    /// Fallbacks that a cell has at least, where there are nodes.
    pub fallbacks: usize,
    pub providers: BTreeMap<String, Provider>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capacity_share: 0.8,
            capacity_share_loss: 1.0,
            rtt_price: 20_000,
            tail_price: 20_000,
            tail_limit_ms: 100.0,
            move_price: 500_000,
            slow_share_max: 0.0475,
            slow_rtt_ms: None,
            is_slow_bounded: true,
            arcs_per_cell: 16,
            fallbacks: 2,
            providers: BTreeMap::new(),
        }
    }
}

/// One instance: indices of cells and nodes are places in these lists.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    pub cells: Vec<Cell>,
    pub nodes: Vec<Node>,
    pub estimates: Estimates,
}

impl Problem {
    /// Whether a node may serve a cell: it is there, has room, and serves the codec.
    pub fn is_open(&self, cell: usize, node: usize) -> bool {
        let known = &self.nodes[node];
        known.is_available
            && known.capacity_bps > 0
            && known.capabilities.iter().any(|has| *has == self.cells[cell].name.codec)
    }

    /// The same, and something is known of it.
    pub fn can_serve(&self, cell: usize, node: usize) -> bool {
        self.is_open(cell, node) && self.estimates.of(cell, node).is_some()
    }

    /// Bytes of the day, of all cells.
    pub fn bytes(&self) -> i128 {
        self.cells.iter().map(|cell| i128::from(cell.bytes)).sum()
    }
}

/// Bits a second by cell and node: a routing of all demand, by any policy. Nodes ascending, none without flow.
pub type Flows = Vec<Vec<(usize, i64)>>;
