//! Figures as lines of a table: what CSV, JSON and Parquet have in common, and the CSV.

use std::borrow::Cow;

use super::csv::Csv;
use super::{Figure, Report};

/// The columns, in order.
pub const COLUMNS: [&str; 14] = [
    "period",
    "from",
    "to",
    "days",
    "category",
    "metric",
    "dimension",
    "key",
    "title",
    "measure",
    "value",
    "sigma",
    "low",
    "high",
];

/// One figure with the part of the timeframe that it is of.
pub struct Record<'a> {
    /// `whole`, or how the timeframe is divided.
    pub period: &'static str,
    pub figure: &'a Figure,
    /// The title of the content that it is of.
    pub title: Option<&'a str>,
}

/// All figures: those of the whole first, then part by part.
pub fn records(report: &Report) -> impl Iterator<Item = Record<'_>> {
    let whole = report.whole.figures.iter().map(|figure| ("whole", figure));
    let parts = report.parts.iter().flat_map(|part| &part.figures);
    whole.chain(parts.map(|figure| (report.by.name(), figure))).map(|(period, figure)| {
        let title = report.titles.get(&figure.key).filter(|_| figure.dimension == "content");
        Record { period, figure, title: title.map(String::as_str) }
    })
}

/// The report as CSV.
pub fn csv(report: &Report) -> String {
    let mut csv = Csv::new(&COLUMNS);
    for Record { period, figure, title } in records(report) {
        csv.record(&[
            Cow::from(period),
            figure.span.from.to_string().into(),
            figure.span.to.to_string().into(),
            figure.days.to_string().into(),
            harmless(&figure.category),
            harmless(&figure.metric),
            harmless(&figure.dimension),
            harmless(&figure.key),
            harmless(title.unwrap_or_default()),
            figure.measure.name().into(),
            figure.value.map(|value| figure.text(value)).unwrap_or_default().into(),
            figure.sigma.map(|sigma| figure.text(sigma)).unwrap_or_default().into(),
            figure.text(figure.low).into(),
            figure.text(figure.high).into(),
        ]);
    }
    csv.text().to_owned()
}

/// A text that no spreadsheet takes for a formula: what begins like one has an apostrophe before it.
///
/// Spaces and controls before the sign do not hide it, and the full-width signs count as well.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| character.is_whitespace() || character.is_control();
    let first = text.trim_start_matches(is_hidden).chars().next();
    let begins_hidden = text.starts_with(['\t', '\r', '\n']);
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{text}").into(),
        _ if begins_hidden => format!("'{text}").into(),
        _ => text.into(),
    }
}
