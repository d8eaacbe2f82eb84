//! The roll-forward of breaks: what was open, opened and closed, proved from night to night.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemas::money;
use warehouse::Session;

use super::period::Period;
use crate::answer::ask;
use crate::failure::{Failure, Kind, Outcome};
use insights::report::csv::Csv;

/// A count and a sum in integers of 10⁻⁹.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measure {
    pub count: i64,
    pub sum: i128,
}

impl Measure {
    fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum }
    }

    fn minus(self, other: Self) -> Self {
        Self { count: self.count - other.count, sum: self.sum - other.sum }
    }
}

/// One class in one currency, on one night or over several.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    pub opening: Measure,
    pub new: Measure,
    pub closed: Measure,
    pub closing: Measure,
}

/// Currency (empty for breaks of no escrow) and class.
pub type Key = (String, String);

/// By currency and class.
#[derive(Debug, Default)]
pub struct RollForward(pub BTreeMap<Key, Line>);

/// What silver.break_totals has of one night.
type Totals = BTreeMap<Key, Line>;

/// Reads every night of the period, proves each and its joint to the one before, and adds them up.
pub async fn read(session: &Session, period: &Period) -> Outcome<RollForward> {
    let query = format!(
        "SELECT dt, class, currency, opening_count, opening_sum, new_count, new_sum, closed_count, closed_sum, \
         closing_count, closing_sum FROM silver.break_totals WHERE dt BETWEEN DATE '{}' AND DATE '{}'",
        period.night_before.unwrap_or(period.from),
        period.to,
    );
    let mut nights: BTreeMap<NaiveDate, Totals> = BTreeMap::new();
    for row in ask(session, &query).await?.rows() {
        let Some(dt) = row.day("dt") else { continue };
        let measure = |name: &str| Measure {
            count: row.count(&format!("{name}_count")),
            sum: row.units(&format!("{name}_sum")).unwrap_or_default(),
        };
        let line = Line {
            opening: measure("opening"),
            new: measure("new"),
            closed: measure("closed"),
            closing: measure("closing"),
        };
        nights.entry(dt).or_default().insert((row.owned("currency"), row.owned("class")), line);
    }
    let before = period.night_before.map(|night| (night, nights.remove(&night).unwrap_or_default()));
    let nights: Vec<_> =
        period.nights.iter().map(|night| (*night, nights.remove(night).unwrap_or_default())).collect();
    added_up(before, nights).map_err(|message| {
        Failure::new(Kind::Control, message).with_hint(
            "the books do not carry over, so nothing was written: run the nights again, the earliest first",
        )
    })
}

/// Proves each night and each joint, and adds the nights up.
fn added_up(
    before: Option<(NaiveDate, Totals)>,
    nights: Vec<(NaiveDate, Totals)>,
) -> Result<RollForward, String> {
    let mut earlier = before;
    let mut sums = RollForward::default();
    for (place, (night, totals)) in nights.iter().enumerate() {
        for (key, line) in totals {
            if line.opening.plus(line.new).minus(line.closed) != line.closing {
                return Err(format!("{}: opening + new − closed is not closing on {night}", named(key)));
            }
        }
        if let Some((night_before, closed_with)) = &earlier {
            join(*night_before, closed_with, *night, totals)?;
        }
        for (key, line) in totals {
            let sum = sums.0.entry(key.clone()).or_default();
            if place == 0 {
                sum.opening = line.opening;
            }
            sum.new = sum.new.plus(line.new);
            sum.closed = sum.closed.plus(line.closed);
        }
        earlier = Some((*night, totals.clone()));
    }
    let last = earlier.map(|(_, totals)| totals).unwrap_or_default();
    for (key, sum) in &mut sums.0 {
        sum.closing = last.get(key).map(|line| line.closing).unwrap_or_default();
        if sum.opening.plus(sum.new).minus(sum.closed) != sum.closing {
            return Err(format!("{}: opening + new − closed is not closing over the period", named(key)));
        }
    }
    Ok(sums)
}

/// A night opens with what the one before closed with.
fn join(earlier: NaiveDate, closed_with: &Totals, night: NaiveDate, totals: &Totals) -> Result<(), String> {
    for key in closed_with.keys().chain(totals.keys()) {
        let closing = closed_with.get(key).map(|line| line.closing).unwrap_or_default();
        let opening = totals.get(key).map(|line| line.opening).unwrap_or_default();
        if closing != opening {
            let text = |measure: Measure| format!("{} of {}", measure.count, amount(measure.sum, &key.0));
            return Err(format!(
                "{}: {earlier} closed with {}, and {night} opened with {}",
                named(key),
                text(closing),
                text(opening)
            ));
        }
    }
    Ok(())
}

fn named((currency, class): &Key) -> String {
    if currency.is_empty() { class.clone() } else { format!("{class} in {currency}") }
}

fn amount(units: i128, currency: &str) -> String {
    money::format(units, money::exponent(currency).unwrap_or_default())
}

impl RollForward {
    /// The currencies of the breaks; empty for those of no escrow.
    pub fn currencies(&self) -> impl Iterator<Item = &str> {
        let mut currencies: Vec<&str> = self.0.keys().map(|(currency, _)| currency.as_str()).collect();
        currencies.dedup();
        currencies.into_iter()
    }

    /// The records of a currency.
    pub fn records(&self, currency: &str) -> Vec<[String; 10]> {
        let lines = self.0.iter().filter(|((of, _), _)| of == currency);
        let record = |((_, class), line): (&Key, &Line)| {
            let [opening, new, closed, closing] = [line.opening, line.new, line.closed, line.closing]
                .map(|measure| (measure.count.to_string(), amount(measure.sum, currency)));
            [
                currency.to_owned(),
                class.clone(),
                opening.0,
                opening.1,
                new.0,
                new.1,
                closed.0,
                closed.1,
                closing.0,
                closing.1,
            ]
        };
        lines.map(record).collect()
    }

    /// The file.
    pub fn csv(&self) -> Csv {
        let mut csv = Csv::new(&[
            "currency",
            "class",
            "opening_count",
            "opening_sum",
            "new_count",
            "new_sum",
            "closed_count",
            "closed_sum",
            "closing_count",
            "closing_sum",
        ]);
        self.currencies().flat_map(|currency| self.records(currency)).for_each(|record| csv.record(&record));
        csv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn night(day: u32, opening: i64, new: i64, closed: i64, closing: i64) -> (NaiveDate, Totals) {
        let measure = |count| Measure { count, sum: i128::from(count) * money::UNIT };
        let line = Line {
            opening: measure(opening),
            new: measure(new),
            closed: measure(closed),
            closing: measure(closing),
        };
        let totals = Totals::from([(("USD".to_owned(), "FEE_RATE".to_owned()), line)]);
        (NaiveDate::from_ymd_opt(2026, 11, day).unwrap_or_default(), totals)
    }

    #[test]
    fn nights_that_carry_over_add_up() {
        let nights = vec![night(20, 1, 4, 2, 3), night(21, 3, 0, 3, 0)];
        let sums = added_up(Some(night(19, 0, 1, 0, 1)), nights).map(|sums| sums.records("USD"));
        let expected = ["USD", "FEE_RATE", "1", "1.00", "4", "4.00", "5", "5.00", "0", "0.00"];
        assert_eq!(sums, Ok(vec![expected.map(str::to_owned)]));
    }

    #[test]
    fn a_joint_that_does_not_fit_is_named() {
        let cases = [
            (None, vec![night(20, 0, 4, 2, 3)], "opening + new − closed is not closing on 2026-11-20"),
            (None, vec![night(20, 0, 3, 0, 3), night(21, 2, 0, 0, 2)], "closed with 3 of 3.00"),
            (Some(night(19, 0, 1, 0, 1)), vec![night(20, 0, 3, 0, 3)], "2026-11-19 closed with 1 of 1.00"),
            (
                Some(night(19, 0, 1, 0, 1)),
                vec![(night(20, 0, 0, 0, 0).0, Totals::new())],
                "opened with 0 of 0.00",
            ),
        ];
        for (before, nights, message) in cases {
            let told = added_up(before, nights).err().unwrap_or_default();
            assert!(told.contains(message) && told.contains("FEE_RATE in USD"), "{told}");
        }
    }
}
