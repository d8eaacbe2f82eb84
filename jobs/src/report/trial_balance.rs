//! The trial balance: what the ledger's effective entries posted on each account, by currency.

use std::collections::BTreeMap;

use schemas::money;
use warehouse::Session;

use super::period::Period;
use crate::answer::ask;
use crate::failure::{Failure, Kind, Outcome};
use insights::report::csv::Csv;

/// The account of what does not balance, as the journal has it.
pub const SUSPENSE: &str = "suspense:unbalanced";

/// One account in one currency, in integers of 10⁻⁹.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pub opening: i128,
    pub movement: i128,
    pub closing: i128,
}

/// By currency and account, as the ledger writes it.
#[derive(Debug, Default)]
pub struct TrialBalance {
    pub lines: BTreeMap<(String, String), Line>,
    /// By currency: what is missing to zero, where anything is.
    pub unbalanced: BTreeMap<String, Line>,
}

/// Adds up the entries that had landed before the period and in it.
pub async fn read(session: &Session, period: &Period) -> Outcome<TrialBalance> {
    let query = format!(
        "WITH postings AS (SELECT dt, unnest(postings) AS posting FROM bronze.ledger_entries \
         WHERE dt <= DATE '{to}' AND NOT conflict) \
         SELECT posting['currency'] AS currency, posting['account'] AS account, \
         coalesce(sum(posting['amount']) FILTER (WHERE dt < DATE '{from}'), 0) AS opening, \
         coalesce(sum(posting['amount']) FILTER (WHERE dt >= DATE '{from}'), 0) AS movement, \
         sum(posting['amount']) AS closing \
         FROM postings GROUP BY posting['currency'], posting['account']",
        from = period.from,
        to = period.to,
    );
    let mut balance = TrialBalance::default();
    for row in ask(session, &query).await?.rows() {
        let units = |name: &str| row.units(name).unwrap_or_default();
        let line = Line { opening: units("opening"), movement: units("movement"), closing: units("closing") };
        let key = (row.owned("currency"), row.owned("account"));
        if line.opening + line.movement != line.closing {
            let message = format!("{} in {}: opening and movement do not add up to closing", key.1, key.0);
            return Err(Failure::new(Kind::Control, message));
        }
        balance.lines.insert(key, line);
    }
    for ((currency, _), line) in &balance.lines {
        let missing = balance.unbalanced.entry(currency.clone()).or_default();
        missing.opening -= line.opening;
        missing.movement -= line.movement;
        missing.closing -= line.closing;
    }
    balance.unbalanced.retain(|_, line| *line != Line::default());
    Ok(balance)
}

impl TrialBalance {
    /// The currencies that anything was posted in.
    pub fn currencies(&self) -> impl Iterator<Item = &str> {
        let mut currencies: Vec<&str> = self.lines.keys().map(|(currency, _)| currency.as_str()).collect();
        currencies.dedup();
        currencies.into_iter()
    }

    /// The records of a currency: its accounts, what does not balance, and the total, which is zero.
    pub fn records(&self, currency: &str) -> Vec<[String; 5]> {
        let accounts = self.lines.iter().filter(|((of, _), _)| of == currency);
        let accounts = accounts.map(|((_, account), line)| (account.as_str(), line.clone()));
        let unbalanced = self.unbalanced.get(currency).map(|line| (SUSPENSE, line.clone()));
        let mut lines: Vec<_> = accounts.chain(unbalanced).collect();
        let mut total = Line::default();
        for (_, line) in &lines {
            total.opening += line.opening;
            total.movement += line.movement;
            total.closing += line.closing;
        }
        lines.push(("total", total));
        let digits = money::exponent(currency).unwrap_or_default();
        let text = |units| money::format(units, digits);
        let record = |(account, line): (&str, Line)| {
            [
                currency.to_owned(),
                account.to_owned(),
                text(line.opening),
                text(line.movement),
                text(line.closing),
            ]
        };
        lines.into_iter().map(record).collect()
    }

    /// The file.
    pub fn csv(&self) -> Csv {
        let mut csv = Csv::new(&["currency", "account", "opening", "movement", "closing"]);
        self.currencies().flat_map(|currency| self.records(currency)).for_each(|record| csv.record(&record));
        csv
    }
}
