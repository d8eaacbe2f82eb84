//! The nodes of a day as a plan may use them: priced in one currency, or left out by name.

use std::collections::BTreeMap;

use schemas::money::{self, Rate, Rounding};

use super::inputs::Node;

/// Nodes that one note names.
const NAMED: usize = 20;

/// A node as its inventory has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Offer {
    pub node_id: String,
    pub provider: Option<String>,
    pub capabilities: Vec<String>,
    pub capacity_gbps: Option<f64>,
    /// In integers of 10⁻⁹ of its currency.
    pub cost_per_gb: Option<i128>,
    pub currency: Option<String>,
    pub is_available: bool,
}

/// What can be planned with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// Of all prices.
    pub currency: String,
    /// By id, ascending. A node without room or that is drained is among them: it may have served yesterday.
    pub nodes: Vec<Node>,
    pub notes: Vec<String>,
}

/// Prices nodes in one currency: the one that is asked for, else that of most nodes. `rates` says what one unit of
/// another currency is worth in it.
pub fn inventory(offers: &[Offer], currency: Option<&str>, rates: &BTreeMap<String, Rate>) -> Inventory {
    let currency = currency.map(str::to_owned).unwrap_or_else(|| most_common(offers));
    let mut left_out: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut nodes = Vec::new();
    for offer in offers {
        let mut note = |what: &str| left_out.entry(what.to_owned()).or_default().push(&offer.node_id);
        let price = match price(offer, &currency, rates) {
            Ok(price) => price,
            Err(why) => {
                note(&format!("left out, {why}"));
                continue;
            }
        };
        let Some(provider) = offer.provider.clone() else {
            note("left out, without a provider");
            continue;
        };
        let capacity_bps = (offer.capacity_gbps.unwrap_or(0.0) * 1e9).floor();
        // Not a number, or nothing that a node could have.
        if !(1.0..=1e18).contains(&capacity_bps) {
            note("not planned with, without capacity");
        }
        let capacity_bps = if (1.0..=1e18).contains(&capacity_bps) { capacity_bps as i64 } else { 0 };
        nodes.push(Node {
            node_id: offer.node_id.clone(),
            provider,
            capabilities: offer.capabilities.clone(),
            capacity_bps,
            price,
            is_available: offer.is_available,
        });
    }
    nodes.sort_by(|left, right| left.node_id.cmp(&right.node_id));
    nodes.dedup_by(|later, first| later.node_id == first.node_id);
    let notes = left_out.into_iter().map(|(why, nodes)| format!("nodes {why}: {}", named(nodes))).collect();
    Inventory { currency, nodes, notes }
}

/// Names in order, of many only some.
pub fn named(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let list = names.join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

fn most_common(offers: &[Offer]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let priced = offers.iter().filter(|offer| offer.cost_per_gb.is_some());
    priced
        .filter_map(|offer| offer.currency.as_deref())
        .for_each(|code| *counts.entry(code).or_default() += 1);
    // Of equal ones the first by name.
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    most.map_or_else(String::new, |(code, _)| (*code).to_owned())
}

fn price(offer: &Offer, currency: &str, rates: &BTreeMap<String, Rate>) -> Result<i64, String> {
    let (Some(price), Some(own)) = (offer.cost_per_gb, offer.currency.as_deref()) else {
        return Err("without a price".to_owned());
    };
    if price < 0 {
        return Err("with a price below zero".to_owned());
    }
    let converted = match rates.get(own) {
        _ if own == currency => Some(price),
        Some(rate) => money::multiply(price, *rate, money::SCALE, Rounding::HalfUp),
        None => return Err(format!("with a price in {own}, for which there is no rate to {currency}")),
    };
    let fits = |price: i128| i64::try_from(price).ok();
    converted.and_then(fits).ok_or_else(|| "with a price that is too high".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(node_id: &str, price: i128, currency: &str) -> Offer {
        Offer {
            node_id: node_id.to_owned(),
            provider: Some("p1".to_owned()),
            capabilities: vec!["AVC".to_owned()],
            capacity_gbps: Some(1.0),
            cost_per_gb: Some(price),
            currency: Some(currency.to_owned()),
            is_available: true,
        }
    }

    #[test]
    fn prices_are_of_one_currency_and_what_has_none_is_named() {
        let mut blind = offer("blind", 1, "USD");
        blind.capacity_gbps = Some(f64::NAN);
        let offers = [
            offer("d", 5_000_000, "USD"),
            offer("c", 5_000_001, "EUR"),
            offer("b", 7, "JPY"),
            offer("a", -1, "USD"),
            blind,
            Offer { node_id: "free".to_owned(), ..Offer::default() },
        ];
        let rates = BTreeMap::from([("EUR".to_owned(), Rate::parse("1.08").unwrap())]);
        let found = inventory(&offers, None, &rates);
        let priced: Vec<_> = found.nodes.iter().map(|node| (node.node_id.as_str(), node.price)).collect();
        // 5,000,001 × 1.08 is 5,400,001.08.
        assert_eq!(priced, [("blind", 1), ("c", 5_400_001), ("d", 5_000_000)]);
        assert_eq!(found.currency, "USD");
        assert_eq!(
            found.notes,
            [
                "nodes left out, with a price below zero: a",
                "nodes left out, with a price in JPY, for which there is no rate to USD: b",
                "nodes left out, without a price: free",
                "nodes not planned with, without capacity: blind",
            ]
        );
        assert_eq!(inventory(&offers, Some("JPY"), &BTreeMap::new()).nodes.len(), 1);
        assert_eq!(inventory(&[], None, &rates).nodes, []);
    }
}
