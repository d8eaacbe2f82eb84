//! How nodes did, and what their providers cost.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use warehouse::Session;

use super::chart::{Bar, Told, bars};
use super::page::Section;
use super::read::{Record, exact, percent, rows, shown};
use crate::failure::Outcome;
use insights::report::table::table;

const HEALTH: &str = "gold.node_health_daily";
const COST: &str = "gold.provider_cost_daily";
/// Bars that a picture can hold.
const SHOWN_MAX: usize = 40;

pub async fn health(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("health", "Health of nodes");
    if section.needs(session, HEALTH, date) {
        let query = format!(
            "SELECT node_id, in_inventory, provider, region, status, requests, errors, error_share, \
             first_byte_ms_p50, first_byte_ms_p95, probes, rtt_ms_mean, rtt_ms_p95, bytes, peak_hour, peak_mbps, \
             capacity_mbps, peak_share FROM {HEALTH} WHERE dt = DATE '{date}' ORDER BY peak_share DESC NULLS LAST, node_id"
        );
        told(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn name(node: &Record) -> String {
    match node.text(0) {
        "" => "no node named".to_owned(),
        id => id.to_owned(),
    }
}

fn told(section: &mut Section, nodes: &[Record]) {
    let above = nodes.iter().filter(|node| node.number(17) > Some(1.0)).count();
    let strangers: Vec<String> = nodes.iter().filter(|node| !node.is_true(1)).map(name).collect();
    section.say(&format!("{} nodes; at their peak {above} sent more than their capacity.", nodes.len()));
    if !strangers.is_empty() {
        section.say(&format!("In no inventory: {}.", strangers.join(", ")));
    }
    let bar = |node: &Record| {
        let value = node.number(17)?;
        let colour = usize::from(value > 1.0);
        Some(Bar { label: name(node), value, text: percent(Some(value)), colour })
    };
    let shown_bars: Vec<Bar> = nodes.iter().filter_map(bar).take(SHOWN_MAX).collect();
    let says =
        "What each node sent in its busiest hour as a share of its capacity; the table has the numbers.";
    let told = Told { id: "peaks", title: "Peak against capacity", says };
    section.show(bars(told, &shown_bars, Some((1.0, "capacity"))));
    let records: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| {
            vec![
                name(node),
                if node.is_true(1) { "yes" } else { "no" }.to_owned(),
                node.text(2).to_owned(),
                node.text(3).to_owned(),
                node.text(4).to_owned(),
                node.text(5).to_owned(),
                node.text(6).to_owned(),
                percent(node.number(7)),
                shown(node.number(8), 0),
                shown(node.number(9), 0),
                node.text(10).to_owned(),
                shown(node.number(11), 1),
                shown(node.number(12), 1),
                node.text(13).to_owned(),
                shown(node.number(15), 3),
                shown(node.number(16), 3),
                percent(node.number(17)),
            ]
        })
        .collect();
    let header = [
        "node",
        "in inventory",
        "provider",
        "region",
        "status",
        "requests",
        "errors",
        "error share",
        "first byte, ms",
        "95th, ms",
        "probes",
        "round trip, ms",
        "95th, ms",
        "bytes",
        "peak, Mbps",
        "capacity, Mbps",
        "peak share",
    ];
    table("Every node", &header, &records, 5, &mut section.body);
}

pub async fn cost(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("cost", "Cost by provider");
    if section.needs(session, COST, date) {
        let query = format!(
            "SELECT provider, currency, in_inventory, nodes, nodes_serving, requests, bytes, gigabytes, cost \
             FROM {COST} WHERE dt = DATE '{date}' ORDER BY currency NULLS LAST, provider NULLS LAST"
        );
        spent(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn spent(section: &mut Section, providers: &[Record]) {
    let mut currencies: BTreeMap<&str, Vec<Bar>> = BTreeMap::new();
    for provider in providers {
        let Some(value) = provider.number(8) else { continue };
        let text = format!("{} {}", exact(provider.text(8)), provider.text(1));
        let bars = currencies.entry(provider.text(1)).or_default();
        let colour = bars.len();
        bars.push(Bar { label: provider.text(0).to_owned(), value, text, colour });
    }
    for (place, (currency, costs)) in currencies.iter().enumerate() {
        let (id, title) = (format!("cost-{place}"), format!("Cost by provider, {currency}"));
        let says = "What each provider's traffic of the day costs; the table has the numbers.";
        section.show(bars(Told { id: &id, title: &title, says }, costs, None));
    }
    let unknown = |provider: &&Record| !provider.is_true(2) && provider.number(6) > Some(0.0);
    for provider in providers.iter().filter(unknown) {
        section.say(&format!(
            "{} bytes were sent by {} nodes that are in no inventory: they have no price.",
            provider.text(6),
            provider.text(4)
        ));
    }
    let records: Vec<Vec<String>> = providers
        .iter()
        .map(|provider| {
            let name = if provider.is_true(2) { provider.text(0) } else { "in no inventory" };
            let mut record = vec![name.to_owned(), provider.text(1).to_owned()];
            record.extend((3..7).map(|at| provider.text(at).to_owned()));
            record.extend([exact(provider.text(7)), exact(provider.text(8))]);
            record
        })
        .collect();
    let header = ["provider", "currency", "nodes", "serving", "requests", "bytes", "gigabytes", "cost"];
    table("Every provider", &header, &records, 2, &mut section.body);
}
