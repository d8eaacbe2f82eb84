//! Rows of the delivery tables as texts, and whether there are any of the day.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use warehouse::Session;

use crate::failure::Outcome;
use crate::sql::cell;

/// All tables that the page is made from.
pub const TABLES: [&str; 9] = [
    "gold.route_plan",
    "gold.route_summary",
    "gold.route_losses",
    "gold.route_scores",
    "gold.cache_plan",
    "gold.cache_curves",
    "gold.node_health_daily",
    "gold.provider_cost_daily",
    "gold.cache_hits_hourly",
];

/// One row, its values as exact texts.
#[derive(Debug, Clone, Default)]
pub struct Record(pub Vec<Option<String>>);

impl Record {
    /// A value as text; nothing for null.
    pub fn text(&self, place: usize) -> &str {
        self.0.get(place).and_then(Option::as_deref).unwrap_or_default()
    }

    /// A value as a measured number.
    pub fn number(&self, place: usize) -> Option<f64> {
        self.text(place).parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub fn is_true(&self, place: usize) -> bool {
        self.text(place) == "true"
    }
}

/// Whether a table has rows of a day.
pub fn has(session: &Session, table: &str, date: NaiveDate) -> bool {
    schemas::table(table).is_some_and(|table| session.days(table).contains(&date))
}

/// The rows of a query.
pub async fn rows(session: &Session, query: &str) -> Outcome<Vec<Record>> {
    let mut records = Vec::new();
    for batch in session.sql(query).await?.collect().await? {
        add(&batch, &mut records)?;
    }
    Ok(records)
}

fn add(batch: &RecordBatch, records: &mut Vec<Record>) -> Outcome<()> {
    let mut cells = cell::columns(batch)?;
    for row in 0..batch.num_rows() {
        let mut text = String::new();
        let mut record = Vec::with_capacity(cells.len());
        for cell in &mut cells {
            record.push(cell.read(row, &mut text)?.then(|| text.clone()));
        }
        records.push(Record(record));
    }
    Ok(())
}

/// A measured number with a few digits; nothing for none.
pub fn shown(number: Option<f64>, digits: usize) -> String {
    number.map(|number| format!("{number:.digits$}")).unwrap_or_default()
}

/// A share in percent.
pub fn percent(share: Option<f64>) -> String {
    // What rounds to nothing has no sign.
    let shown = |share: f64| format!("{:.1} %", (share * 1_000.0).round() / 10.0 + 0.0);
    share.map(shown).unwrap_or_default()
}

/// An exact decimal without the zeros at its end.
pub fn exact(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_short() {
        assert_eq!(exact("12.500000000"), "12.5");
        assert_eq!((exact("100"), exact("0.000")), ("100".to_owned(), "0".to_owned()));
        assert_eq!(percent(Some(-0.0001)), "0.0 %");
        assert_eq!((percent(Some(0.1234)), shown(None, 2)), ("12.3 %".to_owned(), String::new()));
        let record = Record(vec![Some("1.5".to_owned()), None, Some("NaN".to_owned())]);
        assert_eq!((record.number(0), record.number(1), record.number(2)), (Some(1.5), None, None));
    }
}
