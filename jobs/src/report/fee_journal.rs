//! The fee journal: fees as the ledger posted them beside those of the escrows that settled, night by night.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use reconcile::schedule::{PLATFORM, PROCESSING, Schedule};
use schemas::gold::CREATOR_STATEMENT_DAILY;
use schemas::{money, time};
use warehouse::Session;

use super::period::Period;
use crate::answer::ask;
use crate::failure::{Failure, Outcome};
use insights::report::csv::Csv;

/// All fees but the two that have columns of their own.
const OTHER: &str = "OTHER";

/// One fee of one night and currency, in integers of 10⁻⁹.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// The ledger accounts that took it.
    pub accounts: BTreeSet<String>,
    pub posted_count: i64,
    pub posted: i128,
    /// Escrows that settled that night, less those that were reversed.
    pub settled_count: i64,
    pub settled: i128,
}

/// By currency, night and fee.
#[derive(Debug, Default)]
pub struct FeeJournal(BTreeMap<(String, NaiveDate, &'static str), Line>);

/// Reads both sides.
pub async fn read(session: &Session, period: &Period, schedule: &Schedule) -> Outcome<FeeJournal> {
    let mut journal = FeeJournal::default();
    journal.read_posted(session, period, schedule).await?;
    journal.read_settled(session, period).await?;
    Ok(journal)
}

impl FeeJournal {
    async fn read_posted(&mut self, session: &Session, period: &Period, schedule: &Schedule) -> Outcome<()> {
        let query = format!(
            "WITH postings AS (SELECT dt, CAST(at AS DATE) AS day, unnest(postings) AS posting \
             FROM bronze.ledger_entries WHERE dt BETWEEN DATE '{}' AND DATE '{}' AND NOT conflict) \
             SELECT dt, day, posting['currency'] AS currency, posting['account'] AS account, \
             count(*) AS count, sum(posting['amount']) AS sum FROM postings \
             WHERE posting['account'] NOT IN ('escrow', 'creator', 'payer') \
             GROUP BY dt, day, posting['currency'], posting['account']",
            period.from, period.to,
        );
        for row in ask(session, &query).await?.rows() {
            let Some((dt, day)) = row.day("dt").zip(row.day("day")) else { continue };
            let (currency, account) = (row.owned("currency"), row.owned("account"));
            let fee = fee_of(schedule, &account, &currency, day);
            let line = self.0.entry((currency, dt, fee)).or_default();
            line.accounts.insert(account);
            line.posted_count += row.count("count");
            line.posted += row.units("sum").unwrap_or_default();
        }
        Ok(())
    }

    /// The statements are made from silver.reconciliation alone: an escrow counts once, on the night on which its
    /// money first agrees; a night on which it no longer does takes that back.
    async fn read_settled(&mut self, session: &Session, period: &Period) -> Outcome<()> {
        let stated = session.days(&CREATOR_STATEMENT_DAILY);
        if let Some(night) = period.nights.iter().find(|night| !stated.contains(night)) {
            return Err(Failure::usage(format!(
                "the night of {night} has no statements, from which fees are taken"
            ))
            .with_hint(format!("ttt run statements --date {night}")));
        }
        let query = format!(
            "SELECT dt, currency, sum(CASE standing WHEN 'SETTLED' THEN count ELSE -count END) AS count, \
             sum(platform_fee) AS platform_fee, sum(processing_fee) AS processing_fee, sum(other_fees) AS other_fees \
             FROM gold.creator_statement_daily WHERE dt BETWEEN DATE '{}' AND DATE '{}' \
             AND standing IN ('SETTLED', 'REVERSED') GROUP BY dt, currency",
            period.from, period.to,
        );
        let columns = [(PLATFORM, "platform_fee"), (PROCESSING, "processing_fee"), (OTHER, "other_fees")];
        for row in ask(session, &query).await?.rows() {
            let Some(dt) = row.day("dt") else { continue };
            for (fee, column) in columns {
                let settled = row.units(column).unwrap_or_default();
                let key = (row.owned("currency"), dt, fee);
                // A line of other fees only where there are any.
                if fee == OTHER && settled == 0 && !self.0.contains_key(&key) {
                    continue;
                }
                let line = self.0.entry(key).or_default();
                line.settled_count += row.count("count");
                line.settled += settled;
            }
        }
        Ok(())
    }

    /// The currencies that have any fee.
    pub fn currencies(&self) -> impl Iterator<Item = &str> {
        let mut currencies: Vec<&str> = self.0.keys().map(|(currency, _, _)| currency.as_str()).collect();
        currencies.dedup();
        currencies.into_iter()
    }

    /// The records of a currency.
    pub fn records(&self, currency: &str) -> Vec<[String; 9]> {
        let digits = money::exponent(currency).unwrap_or_default();
        let text = |units| money::format(units, digits);
        let record = |((_, night, fee), line): (&(String, NaiveDate, &'static str), &Line)| {
            let accounts: Vec<_> = line.accounts.iter().cloned().collect();
            [
                currency.to_owned(),
                night.to_string(),
                (*fee).to_owned(),
                accounts.join(" "),
                line.posted_count.to_string(),
                text(line.posted),
                line.settled_count.to_string(),
                text(line.settled),
                text(line.posted - line.settled),
            ]
        };
        self.0.iter().filter(|((of, _, _), _)| of == currency).map(record).collect()
    }

    /// The file.
    pub fn csv(&self) -> Csv {
        let mut csv = Csv::new(&[
            "currency",
            "night",
            "fee",
            "accounts",
            "posted_count",
            "posted",
            "settled_count",
            "settled",
            "difference",
        ]);
        self.currencies().flat_map(|currency| self.records(currency)).for_each(|record| csv.record(&record));
        csv
    }
}

/// The fee whose account it is on a day.
fn fee_of(schedule: &Schedule, account: &str, currency: &str, day: NaiveDate) -> &'static str {
    let takes = |kind| {
        schedule.rule(kind, currency, time::days(day)).is_some_and(|(_, rule)| rule.account == account)
    };
    [PLATFORM, PROCESSING].into_iter().find(|kind| takes(kind)).unwrap_or(OTHER)
}
