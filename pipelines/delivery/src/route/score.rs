//! What a routing does: its price, its round trips, what it overloads and whom it leaves out.

use super::cost::{self, PER_NANO, bytes_of, rounded};
use super::inputs::{Flows, GB, Problem, Settings};
use super::tail::{Spread, quantile};

/// A routing by any policy, judged. Money is in integers of 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    pub bytes: i128,
    pub unserved_bytes: i128,
    /// Price of the served traffic, with what tiers add.
    pub cost: i128,
    /// Price, round trips and tail: what a plan minimises, without moves and the unserved.
    pub objective: i128,
    /// Weighted by bytes; `None` where nothing is served.
    pub rtt_ms_mean: Option<f64>,
    /// Of all traffic together.
    pub rtt_ms_p95: Option<f64>,
    /// Nodes whose peak is above their capacity.
    pub capacity_violations: u64,
    /// What is above it, in bytes of the day.
    pub overflow_bytes: i128,
}

/// Judges a routing of the problem's demand.
pub fn score(problem: &Problem, settings: &Settings, flows: &Flows) -> Score {
    let mut score = Score { bytes: problem.bytes(), ..Score::default() };
    let mut loads = vec![(0_i64, 0_i128); problem.nodes.len()];
    let mut served_bytes = 0;
    for (cell, flows) in problem.cells.iter().zip(flows) {
        for (node, flow) in flows {
            let bytes = bytes_of(cell, *flow);
            let (load, load_bytes) = &mut loads[*node];
            *load = load.saturating_add(*flow);
            *load_bytes += bytes;
            served_bytes += bytes;
            score.cost += rounded(bytes * i128::from(problem.nodes[*node].price), GB);
        }
    }
    score.cost += surcharges(problem, settings, &loads);
    score.unserved_bytes = (score.bytes - served_bytes).max(0);
    for (node, (load, bytes)) in problem.nodes.iter().zip(&loads) {
        if *load > node.capacity_bps {
            score.capacity_violations += 1;
            let above = i128::from(load - node.capacity_bps.max(0));
            score.overflow_bytes += rounded(bytes * above, i128::from(*load));
        }
    }
    score.objective = score.cost + rounded(latency_cost(problem, settings, flows), PER_NANO);
    (score.rtt_ms_mean, score.rtt_ms_p95) = round_trips(problem, flows);
    score
}

/// What round trips and tails cost, by the plan's own arcs.
fn latency_cost(problem: &Problem, settings: &Settings, flows: &Flows) -> i128 {
    let mut sum = 0;
    for (index, flows) in flows.iter().enumerate() {
        let cell = &problem.cells[index];
        for (node, flow) in flows {
            let Some(estimate) = problem.estimates.of(index, *node) else { continue };
            let node = &problem.nodes[*node];
            let nano = cost::per_gb(node, &estimate, settings) - i128::from(node.price);
            sum += i128::from(cost::of_cell(cell, nano).unwrap_or(i64::MAX)) * i128::from(*flow);
        }
    }
    sum
}

/// What the tiers of the providers add, by bytes of the day.
fn surcharges(problem: &Problem, settings: &Settings, loads: &[(i64, i128)]) -> i128 {
    let mut sum = 0;
    for (name, agreed) in &settings.providers {
        let own = problem.nodes.iter().zip(loads).filter(|(node, _)| node.provider == *name);
        let bytes: i128 = own.map(|(_, (_, bytes))| bytes).sum();
        let ends = agreed.tiers.iter().skip(1).map(|tier| i128::from(tier.from_bytes)).chain([i128::MAX]);
        for (tier, end) in agreed.tiers.iter().zip(ends) {
            let part = (bytes.min(end) - i128::from(tier.from_bytes)).max(0);
            sum += rounded(part * i128::from(tier.surcharge), GB);
        }
    }
    sum
}

/// Mean and 95th percentile over all served bytes of which something is known.
fn round_trips(problem: &Problem, flows: &Flows) -> (Option<f64>, Option<f64>) {
    let (mut parts, mut sum, mut weight) = (Vec::new(), 0.0, 0.0);
    for (index, flows) in flows.iter().enumerate() {
        for (node, flow) in flows {
            let Some(estimate) = problem.estimates.of(index, *node) else { continue };
            let bytes = bytes_of(&problem.cells[index], *flow) as f64;
            sum += bytes * estimate.rtt_ms_mean;
            weight += bytes;
            parts.push((bytes, Spread::of(&estimate)));
        }
    }
    ((weight > 0.0).then(|| sum / weight), quantile(&parts, 0.95))
}

/// The share of served bytes that are slower than a limit.
pub fn slow_share(problem: &Problem, flows: &Flows, limit_ms: f64) -> f64 {
    let (mut slow, mut whole) = (0.0, 0.0);
    for (index, flows) in flows.iter().enumerate() {
        for (node, flow) in flows {
            let Some(estimate) = problem.estimates.of(index, *node) else { continue };
            let bytes = bytes_of(&problem.cells[index], *flow) as f64;
            slow += bytes * Spread::of(&estimate).above(limit_ms);
            whole += bytes;
        }
    }
    if whole > 0.0 { slow / whole } else { 0.0 }
}

/// The share of demand that another routing sends elsewhere, by bytes.
pub fn churn(problem: &Problem, flows: &Flows, other: &Flows) -> f64 {
    let mut stays = 0.0;
    for (index, flows) in flows.iter().enumerate() {
        for (node, flow) in flows {
            let before = other[index].iter().find(|(place, _)| place == node).map_or(0, |(_, flow)| *flow);
            stays += bytes_of(&problem.cells[index], before.min(*flow)) as f64;
        }
    }
    let served: f64 = flows
        .iter()
        .zip(&problem.cells)
        .flat_map(|(flows, cell)| flows.iter().map(|(_, flow)| bytes_of(cell, *flow) as f64))
        .sum();
    if served > 0.0 { (1.0 - stays / served).clamp(0.0, 1.0) } else { 0.0 }
}

/// Shares of a cell's demand as whole bits a second: the largest remainders are rounded up, so that the parts sum
/// to the shares' own sum. Nodes ascending, none without flow.
pub fn flows_of_shares(peak_bps: i64, shares: &[(usize, f64)]) -> Vec<(usize, i64)> {
    let whole: f64 = shares.iter().map(|(_, share)| share.max(0.0)).sum();
    let total = if whole > 1.0 - 1e-9 { peak_bps } else { (whole * peak_bps as f64).round() as i64 };
    let scale = if whole > 0.0 { total as f64 / whole } else { 0.0 };
    let mut parts: Vec<(usize, i64, f64)> = shares
        .iter()
        .map(|(node, share)| {
            let exact = share.max(0.0) * scale;
            (*node, exact.floor() as i64, exact - exact.floor())
        })
        .collect();
    parts.sort_by(|left, right| right.2.total_cmp(&left.2).then(left.0.cmp(&right.0)));
    let missing = total - parts.iter().map(|(_, flow, _)| flow).sum::<i64>();
    let missing = usize::try_from(missing).unwrap_or(0);
    parts.iter_mut().take(missing).for_each(|(_, flow, _)| *flow += 1);
    parts.sort_by_key(|(node, _, _)| *node);
    let mut flows: Vec<(usize, i64)> = Vec::new();
    for (node, flow, _) in parts.into_iter().filter(|(_, flow, _)| *flow > 0) {
        match flows.last_mut() {
            Some((last, sum)) if *last == node => *sum += flow,
            _ => flows.push((node, flow)),
        }
    }
    flows
}
