//! What a bit a second costs on its way: price, round trip, tail and moving, in checked integers.
//!
//! The flow is in bits a second at the peak; a cell's bytes of the day stand behind each of them in the ratio of
//! the cell. Costs are in 10⁻¹⁵ of the plan's currency for one bit a second, so that the smallest price keeps its
//! digits: a cent a gigabyte is some 5·10⁷ of them.

use thiserror::Error;

use super::inputs::{Cell, Estimate, GB, Node, Problem, Settings};

/// Costs in one 10⁻⁹ of the currency.
pub const PER_NANO: i128 = 1_000_000;

/// Why there is no plan. The first word is stable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("demand_must_be_known: no demand of the day or of the days before it")]
    NoDemand,
    #[error("a_node_must_be_available: of {0} nodes none is there, has room and a price")]
    NoNodes(usize),
    #[error("round_trips_must_be_known: no probe of any node that could be used")]
    NoEstimates,
    #[error("costs_must_fit: {0} is beyond what the integers of the plan hold")]
    TooLarge(String),
    #[error("the_flow_must_be_solved: {0}")]
    Unsolved(String),
}

/// A gigabyte of a cell from a node, moving aside, in 10⁻⁹ of the currency.
pub fn per_gb(node: &Node, estimate: &Estimate, settings: &Settings) -> i128 {
    let priced = |price: i64, ms: f64| (price as f64 * ms).round() as i128;
    let tail_ms = (estimate.rtt_ms_p95 - settings.tail_limit_ms).max(0.0);
    i128::from(node.price)
        + priced(settings.rtt_price, estimate.rtt_ms_mean)
        + priced(settings.tail_price, tail_ms)
}

/// A price of a gigabyte as the cost of a bit a second of a cell.
pub fn per_bps(nano_per_gb: i128, bytes: i128, peak_bps: i128) -> Option<i64> {
    let whole = nano_per_gb.checked_mul(bytes)?.checked_mul(PER_NANO)?;
    i64::try_from(rounded(whole, GB.checked_mul(peak_bps.max(1))?)).ok()
}

/// A quotient, halves away from zero.
pub fn rounded(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    if numerator < 0 { (numerator - half) / denominator } else { (numerator + half) / denominator }
}

/// The cost of a bit a second of a cell from a node, moving aside.
pub fn arc(problem: &Problem, settings: &Settings, cell: usize, node: usize) -> Result<i64, Refusal> {
    let (known, from) = (&problem.cells[cell], &problem.nodes[node]);
    let estimate = problem.estimates.of(cell, node).ok_or(Refusal::NoEstimates)?;
    of_cell(known, per_gb(from, &estimate, settings))
        .ok_or_else(|| Refusal::TooLarge(format!("the cost of {}", from.node_id)))
}

/// The same for a price of a gigabyte.
pub fn of_cell(cell: &Cell, nano_per_gb: i128) -> Option<i64> {
    per_bps(nano_per_gb, i128::from(cell.bytes), i128::from(cell.peak_bps))
}

/// Bytes of the day behind a part of a cell's peak.
pub fn bytes_of(cell: &Cell, flow_bps: i64) -> i128 {
    rounded(i128::from(cell.bytes) * i128::from(flow_bps), i128::from(cell.peak_bps.max(1)))
}

/// Bits a second at the peak for bytes of the day, in the ratio of all cells together.
pub fn bps_of(problem: &Problem, bytes: i128) -> i64 {
    let peak: i128 = problem.cells.iter().map(|cell| i128::from(cell.peak_bps)).sum();
    let whole = problem.bytes().max(1);
    i64::try_from(bytes.saturating_mul(peak) / whole).unwrap_or(i64::MAX)
}

/// Gigabytes, for people.
pub fn gigabytes(bytes: i128) -> f64 {
    bytes as f64 / 1e9
}
