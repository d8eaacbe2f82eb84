//! Plans of small random instances: what must hold of every one, and what single cases must give.

mod cases;
mod judged;
mod plans;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::inputs::{Cell, CellName, Estimate, Estimates, Node, Problem, Provider, Settings};

pub const GB: i64 = 1_000_000_000;

/// A cell by its region, served AVC: GB of the day and its peak in megabits a second.
pub fn cell(region: &str, gb: i64, peak_mbps: i64) -> Cell {
    let name =
        CellName { region: region.to_owned(), codec: "AVC".to_owned(), content_class: "SHORT".to_owned() };
    Cell { name, bytes: gb * GB, peak_bps: peak_mbps * 1_000_000 }
}

/// A node by its capacity in megabits a second and its price in 10⁻⁹ of the currency.
pub fn node(node_id: &str, provider: &str, capacity_mbps: i64, price: i64) -> Node {
    Node {
        node_id: node_id.to_owned(),
        provider: provider.to_owned(),
        capabilities: vec!["AVC".to_owned(), "HEVC".to_owned()],
        capacity_bps: capacity_mbps * 1_000_000,
        price,
        is_available: true,
    }
}

pub fn estimate(mean: f64, p95: f64) -> Estimate {
    Estimate { rtt_ms_mean: mean, rtt_ms_p95: p95, throughput_kbps_p10: 1000.0, samples: 50 }
}

/// A problem with the mean round trips of each cell's nodes; the tail is twice the mean. 0: nothing is known.
pub fn problem(cells: Vec<Cell>, nodes: Vec<Node>, means: &[&[f64]]) -> Problem {
    let pairs = means.iter().map(|means| {
        let known = (0..).zip(means.iter()).filter(|(_, mean)| **mean > 0.0);
        known.map(|(node, mean)| (node, estimate(*mean, 2.0 * mean))).collect()
    });
    Problem { cells, nodes, estimates: Estimates(pairs.collect()) }
}

/// Settings under which only the price counts.
pub fn by_price() -> Settings {
    Settings { rtt_price: 0, tail_price: 0, is_slow_bounded: false, ..Settings::default() }
}

/// A random instance: up to 7 cells and 7 nodes of 3 providers, some drained, full, blind or unknown.
pub fn instances() -> impl Strategy<Value = (Problem, Settings)> {
    let cells = prop::collection::vec((1..200_i64, 1..60_i64, 0..3_usize), 1..7);
    let nodes = prop::collection::vec((0..100_i64, 0..40_000_000_i64, 0..3_usize, 0..8_u8), 1..7);
    let pairs = prop::collection::vec((0..300_u32, 10..40_u32), 49);
    let settings = (0..40_000_i64, 0..40_000_i64, any::<bool>(), 1..4_usize, prop::option::of(20..400_i64));
    (cells, nodes, pairs, settings).prop_map(|(cells, nodes, pairs, settings)| {
        let codecs = ["AVC", "HEVC", "AV1"];
        let cells: Vec<Cell> = cells
            .into_iter()
            .enumerate()
            .map(|(index, (gb, peak, codec))| {
                let mut cell = cell(&format!("r{index}"), gb, peak);
                cell.name.codec = codecs[codec].to_owned();
                cell
            })
            .collect();
        let count = nodes.len();
        let nodes = nodes.into_iter().enumerate().map(|(index, (capacity, price, provider, nature))| {
            let mut node = node(&format!("n{index}"), &format!("p{provider}"), capacity, price);
            node.is_available = nature != 0;
            if nature > 3 {
                node.capabilities.push("AV1".to_owned());
            }
            node
        });
        let of_cell = |index: usize| {
            let known =
                (0..count).map(|node| (node, pairs[index * 7 + node])).filter(|(_, pair)| pair.0 > 20);
            known
                .map(|(node, (mean, ratio))| {
                    let mean = f64::from(mean);
                    (node as u32, estimate(mean, mean * f64::from(ratio) / 10.0))
                })
                .collect()
        };
        let estimates = Estimates((0..cells.len()).map(of_cell).collect());
        let (rtt_price, tail_price, is_slow_bounded, arcs_per_cell, tier) = settings;
        let tiers = tier.map(|from| super::inputs::Tier { from_bytes: from * GB, surcharge: 3_000_000 });
        let agreed =
            Provider { cap_bps: tier.map(|from| from * 300_000), tiers: tiers.into_iter().collect() };
        let settings = Settings {
            rtt_price,
            tail_price,
            is_slow_bounded,
            arcs_per_cell,
            providers: BTreeMap::from([("p0".to_owned(), agreed)]),
            ..Settings::default()
        };
        (Problem { cells, nodes: nodes.collect(), estimates }, settings)
    })
}
