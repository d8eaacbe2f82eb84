//! Breaks that are open at the period's end, by class, currency and age.

use std::collections::BTreeMap;

use schemas::money;
use warehouse::Session;

use super::period::Period;
use super::roll_forward::{Measure, RollForward};
use crate::answer::{Answer, ask};
use crate::failure::{Failure, Kind, Outcome};
use insights::report::csv::Csv;

/// The buckets of silver.breaks, the youngest first.
pub const BUCKETS: [&str; 4] = ["0-1", "2-7", "8-30", "31+"];

/// By currency (empty for breaks of no escrow), class and place of the bucket.
#[derive(Debug, Default)]
pub struct OpenBreaks(pub BTreeMap<(String, String, usize), Measure>);

/// Reads them as of the period's last night, and proves them against what that night closed with.
pub async fn read(session: &Session, period: &Period, roll_forward: &RollForward) -> Outcome<OpenBreaks> {
    let mut open = OpenBreaks::default();
    for row in as_of(session, period).await?.rows() {
        let bucket = row.text("age_bucket").unwrap_or_default();
        let place = BUCKETS.iter().position(|known| *known == bucket);
        let place =
            place.ok_or_else(|| Failure::other(format!("silver.breaks: no age bucket is {bucket:?}")))?;
        let measure = Measure { count: row.count("count"), sum: row.units("sum").unwrap_or_default() };
        open.0.insert((row.owned("currency"), row.owned("class"), place), measure);
    }
    open.prove(period, roll_forward)?;
    Ok(open)
}

/// The breaks' events say it of any night. (silver.breaks shows at once what was said by hand after the last
/// night; the books count it on the next one.)
async fn as_of(session: &Session, period: &Period) -> Outcome<Answer> {
    let night = period.last_night();
    let standing = format!(
        "SELECT class, currency, amount, status, min(dt) OVER (PARTITION BY break_id) AS first_seen, \
         row_number() OVER (PARTITION BY break_id ORDER BY dt DESC) AS place \
         FROM silver.break_events WHERE dt <= DATE '{night}'"
    );
    let query = format!(
        "WITH standing AS ({standing}), \
         aged AS (SELECT *, CAST(DATE '{night}' AS INT) - CAST(first_seen AS INT) AS age_days FROM standing \
         WHERE place = 1 AND status = 'OPEN'), \
         placed AS (SELECT class, currency, amount, CASE WHEN age_days <= 1 THEN '0-1' WHEN age_days <= 7 THEN '2-7' \
         WHEN age_days <= 30 THEN '8-30' ELSE '31+' END AS age_bucket FROM aged) \
         SELECT class, currency, age_bucket, count(*) AS count, sum(amount) AS sum FROM placed \
         GROUP BY class, currency, age_bucket"
    );
    ask(session, &query).await
}

impl OpenBreaks {
    /// Of each class and currency as many, and as much, as the roll-forward closes with.
    fn prove(&self, period: &Period, roll_forward: &RollForward) -> Outcome<()> {
        let mut open: BTreeMap<(String, String), Measure> = BTreeMap::new();
        for ((currency, class, _), measure) in &self.0 {
            let sum = open.entry((currency.clone(), class.clone())).or_default();
            sum.count += measure.count;
            sum.sum += measure.sum;
        }
        for key in open.keys().chain(roll_forward.0.keys()) {
            let ours = open.get(key).copied().unwrap_or_default();
            let theirs = roll_forward.0.get(key).map(|line| line.closing).unwrap_or_default();
            if ours != theirs {
                let (currency, class) = key;
                let message = format!(
                    "{class} {currency}: {} breaks are open after {}, and silver.break_totals closes with {}",
                    ours.count,
                    period.last_night(),
                    theirs.count
                );
                return Err(Failure::new(Kind::Control, message)
                    .with_hint("nothing was written; run the nights again, the earliest first"));
            }
        }
        Ok(())
    }

    /// The records of a currency.
    pub fn records(&self, currency: &str) -> Vec<[String; 5]> {
        let digits = money::exponent(currency).unwrap_or_default();
        let lines = self.0.iter().filter(|((of, _, _), _)| of == currency);
        let record = |((_, class, bucket), measure): (&(String, String, usize), &Measure)| {
            let (count, sum) = (measure.count.to_string(), money::format(measure.sum, digits));
            [currency.to_owned(), class.clone(), BUCKETS[*bucket].to_owned(), count, sum]
        };
        lines.map(record).collect()
    }

    /// The file.
    pub fn csv(&self) -> Csv {
        let mut csv = Csv::new(&["currency", "class", "age_bucket", "count", "amount"]);
        let mut currencies: Vec<&str> = self.0.keys().map(|(currency, _, _)| currency.as_str()).collect();
        currencies.dedup();
        currencies
            .into_iter()
            .flat_map(|currency| self.records(currency))
            .for_each(|record| csv.record(&record));
        csv
    }
}
