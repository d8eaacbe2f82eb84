//! What a report is made of: released rows and statement lines in, figures out, each with what it is and how sure.

use chrono::NaiveDate;
use schemas::money;

use super::period::Span;

/// A row of `gold.creator_insights_daily` of one creator. Numbers are integers of 10⁻⁹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    pub dt: NaiveDate,
    pub category: String,
    pub metric: String,
    /// `total` for the whole, and so is `key`.
    pub dimension: String,
    pub key: String,
    pub value: i128,
    pub sigma: i128,
    pub low: i128,
    pub high: i128,
    pub policy: String,
    pub release_id: String,
}

/// A row of `gold.creator_statement_daily` of one creator. Amounts are integers of 10⁻⁹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub dt: NaiveDate,
    /// TIP or SUBSCRIPTION.
    pub kind: String,
    pub currency: String,
    /// SETTLED, REVERSED or UNSETTLED.
    pub standing: String,
    pub reason: String,
    pub count: i64,
    pub gross: i128,
    pub platform_fee: i128,
    pub processing_fee: i128,
    pub other_fees: i128,
    pub net: i128,
}

/// What a figure's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// The day's release, or the sum of released days.
    Sum,
    /// A sum of days in which a person counts once on each day.
    SumOfDays,
    /// How many different people there were, as far as released days can say: no fewer than `low`, no more than `high`.
    People,
    /// One sum divided by another.
    Ratio,
    /// Exact: from reconciled rows, without noise.
    Exact,
}

impl Measure {
    /// Its name, as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::SumOfDays => "sum_of_days",
            Self::People => "people_between",
            Self::Ratio => "ratio",
            Self::Exact => "exact",
        }
    }
}

/// One number of a report. Numbers are integers of 10⁻⁹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub span: Span,
    /// Days of the span that it is made from.
    pub days: u32,
    pub category: String,
    pub metric: String,
    pub dimension: String,
    pub key: String,
    pub measure: Measure,
    /// None where only bounds can be said.
    pub value: Option<i128>,
    /// Standard deviation of the noise, none where there is none or only bounds can be said.
    pub sigma: Option<i128>,
    /// The ends of the 95 % interval; equal to the value where it is exact.
    pub low: i128,
    pub high: i128,
}

impl Figure {
    /// Whether it is of this metric, dimension and key.
    pub fn is(&self, category: &str, metric: &str, dimension: &str) -> bool {
        self.category == category && self.metric == metric && self.dimension == dimension
    }

    /// A number of it as decimal text: an amount with all digits of its currency, anything else without zeros at its end.
    pub fn text(&self, units: i128) -> String {
        let digits = match self.measure {
            Measure::Exact if !self.metric.ends_with("payments") => self.currency().and_then(money::exponent),
            _ => None,
        };
        money::format(units, digits.unwrap_or(0))
    }

    /// The currency of an amount.
    pub fn currency(&self) -> Option<&str> {
        (self.measure == Measure::Exact).then(|| self.key.split(' ').next().unwrap_or_default())
    }
}

/// A count for people: rounded to a whole, with commas.
pub fn count(units: i128) -> String {
    let whole = rounded(units, money::UNIT);
    let digits = whole.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if whole < 0 { format!("−{text}") } else { text }
}

/// A number for people: with so many digits, half away from zero.
pub fn decimal(units: i128, digits: u8) -> String {
    let step = money::UNIT / 10_i128.pow(u32::from(digits.min(9)));
    money::format(rounded(units, step) * step, digits)
}

/// Divides, half away from zero.
pub fn rounded(units: i128, step: i128) -> i128 {
    let half = step / 2;
    if units < 0 { (units - half) / step } else { (units + half) / step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        let unit = money::UNIT;
        assert_eq!(count(1_234_567 * unit + unit / 2), "1,234,568");
        assert_eq!(
            (count(0), count(-1_500 * unit), count(999 * unit)),
            ("0".into(), "−1,500".into(), "999".into())
        );
        assert_eq!((decimal(unit / 3, 3), decimal(2 * unit, 1)), ("0.333".into(), "2.0".into()));
        assert_eq!((rounded(5, 2), rounded(-5, 2), rounded(4, 8)), (3, -3, 1));
    }
}
