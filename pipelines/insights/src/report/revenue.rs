//! Statement lines into the exact amounts of a span.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemas::money::UNIT;

use super::figure::{Figure, Measure, Statement};
use super::period::Span;

/// The metrics of a currency, in the order in which a page has them.
pub const METRICS: [&str; 7] =
    ["tips", "subscriptions", "platform_fee", "processing_fee", "other_fees", "net", "payments"];

#[derive(Default)]
struct Sums {
    days: BTreeSet<NaiveDate>,
    amounts: BTreeMap<&'static str, i128>,
}

impl Sums {
    fn add(&mut self, metric: &'static str, amount: i128) {
        let sum = self.amounts.entry(metric).or_default();
        *sum = sum.saturating_add(amount);
    }
}

/// The amounts of a span: what settled less what was reversed by currency, and what is not settled by its reason.
pub fn figures(span: Span, statements: &[Statement]) -> Vec<Figure> {
    let mut sums: BTreeMap<(&str, String), Sums> = BTreeMap::new();
    for line in statements.iter().filter(|line| span.holds(line.dt)) {
        if line.standing == "UNSETTLED" {
            let key = format!("{} {} {}", line.currency, line.kind, line.reason);
            let sum = sums.entry(("currency_reason", key)).or_default();
            sum.days.insert(line.dt);
            sum.add("unsettled", line.gross);
            sum.add("unsettled_payments", i128::from(line.count) * UNIT);
            continue;
        }
        let sum = sums.entry(("currency", line.currency.clone())).or_default();
        sum.days.insert(line.dt);
        sum.add(if line.kind == "TIP" { "tips" } else { "subscriptions" }, line.gross);
        sum.add("platform_fee", line.platform_fee);
        sum.add("processing_fee", line.processing_fee);
        sum.add("other_fees", line.other_fees);
        sum.add("net", line.net);
        let sign = if line.standing == "REVERSED" { -1 } else { 1 };
        sum.add("payments", i128::from(line.count) * sign * UNIT);
    }
    let mut figures = Vec::new();
    for ((dimension, key), sum) in sums {
        let mut names: Vec<&'static str> = sum.amounts.keys().copied().collect();
        names.sort_by_key(|name| METRICS.iter().position(|known| known == name));
        for metric in names {
            let value = sum.amounts[metric];
            figures.push(Figure {
                span,
                days: sum.days.len() as u32,
                category: "revenue".to_owned(),
                metric: metric.to_owned(),
                dimension: dimension.to_owned(),
                key: key.clone(),
                measure: Measure::Exact,
                value: Some(value),
                sigma: None,
                low: value,
                high: value,
            });
        }
    }
    figures
}
