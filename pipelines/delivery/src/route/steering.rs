//! Content steering for HLS and DASH: the order of nodes as a player's manifest has it.
//!
//! A manifest orders pathways and knows no weights. So a cell with several primaries, or several heirs of one, has
//! a variant of its manifest for each order, and every viewer gets one by their own hash: the viewers are divided
//! as the plan divides the demand. Sources: RFC 8216bis section 7 (HLS content steering), ETSI TS 103 998 (DASH).

use super::standing::{StandingCell, orders};
use super::variants::by_flow;

/// One order of pathways and the viewers who get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Where its viewers begin, as a share of all hashes.
    pub from: f64,
    pub to: f64,
    pub pathways: Vec<String>,
}

/// Parts into which the viewers of a cell are divided.
const PARTS: i64 = 1 << 40;

/// The order for all viewers of a cell: primaries by weight, then fallbacks.
pub fn whole(cell: &StandingCell) -> Vec<String> {
    let shares = cell.primaries.iter().enumerate();
    let shares: Vec<_> = shares.map(|(index, (_, share))| (index, (share * PARTS as f64) as i64)).collect();
    let primaries = by_flow(&shares).into_iter().map(|(index, _)| cell.primaries[index].0.as_str());
    let mut order: Vec<String> = Vec::new();
    for node in primaries.chain(cell.fallbacks.iter().map(|(node, _, _)| node.as_str())) {
        let id = pathway(node);
        if !order.contains(&id) {
            order.push(id);
        }
    }
    order
}

/// The orders that divide a cell's viewers.
pub fn divided(cell: &StandingCell) -> Vec<Manifest> {
    let orders = orders(cell, PARTS);
    let whole: i64 = orders.iter().map(|(_, flow)| flow).sum();
    let mut start = 0_i64;
    let share = |flow: i64| flow as f64 / whole.max(1) as f64;
    orders
        .into_iter()
        .map(|(order, flow)| {
            let from = start;
            start += flow;
            let pathways = order.into_iter().map(pathway).collect();
            Manifest { from: share(from), to: share(start), pathways }
        })
        .collect()
}

/// A node's id as a pathway's: letters, digits, `.`, `-` and `_` stand for themselves, any other byte as `_` and
/// two hex digits.
pub fn pathway(node_id: &str) -> String {
    let mut id = String::new();
    for byte in node_id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => id.push(char::from(byte)),
            other => id.push_str(&format!("_{other:02X}")),
        }
    }
    id
}
