//! What the PDF says, in the order of the page.

use schemas::money::UNIT;

use super::sheet::{Interval, Sheets};
use crate::report::chart::{ceiling, short};
use crate::report::figure::{count, decimal};
use crate::report::revenue::METRICS as AMOUNTS;
use crate::report::words::{DEFINITIONS, name};
use crate::report::{Figure, Measure, Part, Report};

/// What the table over time has.
const COLUMNS: [(&str, &str); 8] = [
    ("engagement", "views"),
    ("engagement", "watch_seconds"),
    ("engagement", "completions"),
    ("engagement", "likes"),
    ("engagement", "comments"),
    ("engagement", "shares"),
    ("engagement", "follows"),
    ("audience", "unique_viewers"),
];
const PICTURES: [(&str, &str); 3] =
    [("engagement", "views"), ("engagement", "watch_seconds"), ("audience", "unique_viewers")];
const BREAKDOWNS: [&str; 5] = ["region", "device_class", "language", "referrer", "hour"];
const KEYS_MAX: usize = 24;
const VIDEOS_MAX: usize = 20;

/// Writes the report on sheets.
pub fn write(report: &Report, sheets: &mut Sheets) {
    sheets.title(&format!("Report, {}", report.span.label()));
    sheets.paragraph(&report.creator);
    sheets.paragraph(&format!(
        "Viewers and what they did: {} of {} days are released. Ranges hold in 95 of 100 cases.",
        report.days_released.len(),
        report.span.days()
    ));
    over_time(report, sheets);
    audience(report, sheets);
    videos(report, sheets);
    revenue(report, sheets);
    sheets.heading("What these numbers are");
    DEFINITIONS.iter().for_each(|text| sheets.paragraph(text));
    for policy in &report.policies {
        let releases = report.releases.len();
        sheets.paragraph(&format!(
            "Released under privacy policy {policy}; {releases} releases, listed in manifest.json."
        ));
    }
}

fn value(figure: &Figure) -> String {
    let Some(value) = figure.value else { return String::new() };
    match figure.measure {
        Measure::Exact if figure.metric.ends_with("payments") => count(value),
        Measure::Exact => figure.text(value),
        Measure::Ratio => decimal(value, 3),
        _ => count(value),
    }
}

fn interval(figure: &Figure) -> String {
    match figure.measure {
        Measure::Ratio => format!("{} to {}", decimal(figure.low, 3), decimal(figure.high, 3)),
        _ => format!("{} to {}", count(figure.low), count(figure.high)),
    }
}

fn over_time(report: &Report, sheets: &mut Sheets) {
    let known: Vec<_> = COLUMNS
        .into_iter()
        .filter(|(category, metric)| report.whole.figure(category, metric).is_some())
        .collect();
    if known.is_empty() {
        return;
    }
    sheets.heading(&format!("By {}", report.by.name()));
    for (category, metric) in PICTURES {
        let nano = |units: i128| units as f64 / UNIT as f64;
        let at = |figure: &Figure| Some((nano(figure.value?), nano(figure.low), nano(figure.high)));
        let points: Vec<Option<Interval>> =
            report.parts.iter().map(|part| part.figure(category, metric).and_then(at)).collect();
        let top = points.iter().flatten().map(|point| point.2).fold(f64::NAN, f64::max);
        if !top.is_nan() {
            let top = ceiling(top);
            sheets.points(name(metric), &points, top, &short(top));
        }
    }
    let header: Vec<&str> =
        std::iter::once(report.by.name()).chain(known.iter().map(|(_, metric)| heading(metric))).collect();
    let row = |label: String, part: &Part| {
        let cells = known
            .iter()
            .map(|(category, metric)| part.figure(category, metric).map(value).unwrap_or_default());
        std::iter::once(label).chain(cells).collect::<Vec<_>>()
    };
    let mut records: Vec<_> = report.parts.iter().map(|part| row(part.span.label(), part)).collect();
    records.push(row("all, summed".to_owned(), &report.whole));
    sheets.table(&header, &records);
    let ranges: Vec<Vec<String>> = report
        .whole
        .figures
        .iter()
        .filter(|figure| figure.dimension == schemas::insights::TOTAL)
        .map(|figure| {
            let what = match figure.measure {
                Measure::People => format!("{}, different people, bounds", name(&figure.metric)),
                Measure::SumOfDays => format!("{}, days added up", name(&figure.metric)),
                _ => name(&figure.metric).to_owned(),
            };
            vec![what, value(figure), interval(figure)]
        })
        .collect();
    sheets.table(&["the whole timeframe", "value", "range"], &ranges);
}

fn heading(metric: &str) -> &str {
    match metric {
        "watch_seconds" => "Seconds",
        other => name(other),
    }
}

fn keyed(figures: &[&Figure], label: impl Fn(&Figure) -> String) -> Vec<Vec<String>> {
    figures.iter().map(|figure| vec![label(figure), value(figure), interval(figure)]).collect()
}

fn audience(report: &Report, sheets: &mut Sheets) {
    let mut has_begun = false;
    for dimension in BREAKDOWNS {
        let mut figures: Vec<&Figure> = report.whole.by("audience", "viewers", dimension).collect();
        if dimension != "hour" {
            figures.sort_by_key(|figure| std::cmp::Reverse(figure.value));
        }
        figures.truncate(KEYS_MAX);
        if !figures.is_empty() && !has_begun {
            sheets.heading("Viewers of each day, added up");
            has_begun = true;
        }
        sheets.table(&[name(dimension), "viewers", "range"], &keyed(&figures, |figure| figure.key.clone()));
    }
}

fn videos(report: &Report, sheets: &mut Sheets) {
    let mut figures: Vec<&Figure> = report.whole.by("content", "views", "content").collect();
    figures.sort_by(|left, right| right.value.cmp(&left.value).then_with(|| left.key.cmp(&right.key)));
    figures.truncate(VIDEOS_MAX);
    if !figures.is_empty() {
        sheets.heading("Videos by views");
        let title = |figure: &Figure| report.title(&figure.key).to_owned();
        sheets.table(&["video", "views", "range"], &keyed(&figures, title));
    }
}

fn revenue(report: &Report, sheets: &mut Sheets) {
    let currencies: Vec<&str> =
        report.whole.by("revenue", "net", "currency").map(|figure| figure.key.as_str()).collect();
    for currency in currencies {
        sheets.heading(&format!("Settled, in {currency}, exact"));
        let row = |label: String, part: &Part| {
            let of = |metric: &str| {
                let found = part.by("revenue", metric, "currency").find(|figure| figure.key == currency);
                found.map(value).unwrap_or_default()
            };
            let cells: Vec<String> = AMOUNTS.iter().map(|metric| of(metric)).collect();
            cells.iter().any(|cell| !cell.is_empty()).then(|| [vec![label], cells].concat())
        };
        let parts = report.parts.iter().filter_map(|part| row(part.span.label(), part));
        let records: Vec<_> = parts.chain(row("total".to_owned(), &report.whole)).collect();
        let short = ["Tips", "Subscr.", "Platform", "Process.", "Other", "Net", "Payments"];
        let header: Vec<&str> = std::iter::once(report.by.name()).chain(short).collect();
        sheets.table(&header, &records);
    }
    let unsettled: Vec<Vec<String>> = report
        .whole
        .by("revenue", "unsettled", "currency_reason")
        .map(|figure| vec![figure.key.clone(), value(figure)])
        .collect();
    if !unsettled.is_empty() {
        sheets.heading("Not settled, and in no sum");
        sheets.table(&["currency, type, reason", "gross"], &unsettled);
    }
}
