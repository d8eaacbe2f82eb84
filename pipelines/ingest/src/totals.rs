//! Control totals: what a payment source's rows add up to, by currency.

use std::collections::BTreeMap;

/// Count and sum of one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub count: i64,
    /// In integers of 10⁻⁹; 128 bits hold 10^10 amounts at their limit.
    pub sum: i128,
}

/// Totals by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<&'static str, Total>);

impl Totals {
    /// Counts one amount.
    pub fn add(&mut self, currency: &'static str, units: i128) {
        let total = self.0.entry(currency).or_default();
        total.count += 1;
        total.sum += units;
    }

    /// Counts all of another.
    pub fn merge(&mut self, other: &Self) {
        for (currency, more) in &other.0 {
            let total = self.0.entry(currency).or_default();
            total.count += more.count;
            total.sum += more.sum;
        }
    }
}
