//! The report as one page that needs nothing else: no script, no font, no network.

use std::fmt::Write;

use schemas::insights::TOTAL;
use schemas::money::UNIT;

use super::chart::{self, Bar, Point, Told};
use super::figure::{count, decimal};
use super::markup::escaped;
use super::revenue::METRICS as AMOUNTS;
use super::style::{STYLE, policy};
use super::table::table;
use super::words::{DEFINITIONS, name};
use super::{Figure, Grain, Measure, Part, Report};

/// Metrics of the whole that are drawn over time.
const OVER_TIME: [(&str, &str); 8] = [
    ("engagement", "views"),
    ("engagement", "watch_seconds"),
    ("engagement", "average_watch_seconds"),
    ("engagement", "completion_rate"),
    ("engagement", "likes"),
    ("engagement", "comments"),
    ("engagement", "shares"),
    ("engagement", "follows"),
];
const PEOPLE_OVER_TIME: [(&str, &str); 2] =
    [("audience", "unique_viewers"), ("audience", "returning_viewers")];
/// Breakdowns of viewers.
const BREAKDOWNS: [&str; 5] = ["region", "device_class", "language", "referrer", "hour"];
/// Bars of a picture; the table behind it has all.
const BARS_MAX: usize = 24;
/// Videos on the page; the other formats have all.
const VIDEOS_MAX: usize = 20;

/// The whole page.
pub fn html(report: &Report) -> String {
    let creator = escaped(&report.creator);
    let span = report.span.label();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <title>Report {span}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>Report, {span}</h1>\n<p class=\"who\">{creator}</p>\n",
        escaped(&policy())
    );
    told_days(report, &mut out);
    out.push_str("</header>\n<main>\n");
    numbers(report, &mut out);
    engagement(report, &mut out);
    audience(report, &mut out);
    content(report, &mut out);
    revenue(report, &mut out);
    out.push_str("</main>\n<footer>\n<h2>What these numbers are</h2>\n<ul>\n");
    for text in DEFINITIONS {
        let _ = writeln!(out, "<li>{}</li>", escaped(text));
    }
    out.push_str("</ul>\n");
    let policies: Vec<_> = report.policies.iter().map(|policy| escaped(policy)).collect();
    if !policies.is_empty() {
        let _ = writeln!(
            out,
            "<p>Released under privacy policy {}; {} releases, listed in manifest.json.</p>",
            policies.join(", "),
            report.releases.len()
        );
    }
    out.push_str("</footer>\n</body>\n</html>\n");
    out
}

fn told_days(report: &Report, out: &mut String) {
    let (known, all) = (report.days_released.len(), report.span.days() as usize);
    let class = if known < all { " class=\"absent\"" } else { "" };
    let _ = writeln!(
        out,
        "<p{class}>Viewers and what they did: {known} of {all} days are released. Ranges hold in 95 of 100 cases.</p>"
    );
}

/// A figure for people.
fn shown(figure: &Figure, units: i128) -> String {
    match figure.metric.as_str() {
        "completion_rate" => format!("{} %", decimal(units.saturating_mul(100), 1)),
        "average_watch_seconds" => decimal(units, 1),
        _ if figure.measure == Measure::Exact && figure.metric.ends_with("payments") => count(units),
        _ if figure.measure == Measure::Exact => figure.text(units),
        _ => count(units),
    }
}

/// The interval in words.
fn interval(figure: &Figure) -> String {
    format!("{} to {}", shown(figure, figure.low), shown(figure, figure.high))
}

fn numbers(report: &Report, out: &mut String) {
    let chosen = [
        ("engagement", "views"),
        ("engagement", "watch_seconds"),
        ("engagement", "completion_rate"),
        ("engagement", "follows"),
    ];
    let mut cells = String::new();
    for (category, metric) in chosen {
        if let Some(figure) = report.whole.figure(category, metric) {
            let value = figure.value.map(|value| shown(figure, value)).unwrap_or_default();
            number(name(metric), &value, &interval(figure), &mut cells);
        }
    }
    let people = report.whole.figures.iter().find(|figure| {
        figure.is("audience", "unique_viewers", TOTAL)
            && matches!(figure.measure, Measure::People | Measure::Sum)
    });
    if let Some(figure) = people {
        match figure.value {
            Some(value) => number("Viewers", &shown(figure, value), &interval(figure), &mut cells),
            None => {
                number("Different viewers, between", &interval(figure), "bounds, not an estimate", &mut cells)
            }
        }
    }
    for figure in report.whole.by("revenue", "net", "currency") {
        let value = figure.value.map(|value| shown(figure, value)).unwrap_or_default();
        number("Net, exact", &format!("{value} {}", figure.key), "paid and booked", &mut cells);
    }
    if !cells.is_empty() {
        let _ = write!(out, "<h2>At a glance</h2>\n<dl class=\"numbers\">\n{cells}</dl>\n");
    }
}

fn number(what: &str, value: &str, interval: &str, out: &mut String) {
    let _ = writeln!(
        out,
        "<div><dt>{}</dt><dd class=\"value\">{}</dd><dd class=\"interval\">{}</dd></div>",
        escaped(what),
        escaped(value),
        escaped(interval)
    );
}

fn nano(units: i128) -> f64 {
    units as f64 / UNIT as f64
}

/// A metric over the parts of the timeframe, with its table behind it.
fn over_time(report: &Report, category: &str, metric: &str, out: &mut String) {
    let scale = if metric == "completion_rate" { 100.0 } else { 1.0 };
    let found: Vec<(&Part, Option<&Figure>)> =
        report.parts.iter().map(|part| (part, part.figure(category, metric))).collect();
    let points: Vec<Point> = found
        .iter()
        .map(|(part, figure)| {
            let at = figure.and_then(|figure| {
                Some((nano(figure.value?) * scale, nano(figure.low) * scale, nano(figure.high) * scale))
            });
            Point { label: part.span.from.to_string(), at }
        })
        .collect();
    let of_days = report.by != Grain::Day && category == "audience";
    let unit = if metric == "completion_rate" { ", percent" } else { "" };
    let title = match of_days {
        true => format!("{} of each day, added up, by {}", name(metric), report.by.name()),
        false => format!("{}{unit} by {}", name(metric), report.by.name()),
    };
    let known: Vec<&Figure> = found.iter().filter_map(|(_, figure)| *figure).collect();
    let Some(most) = known.iter().max_by_key(|figure| figure.value) else { return };
    let says = format!(
        "{} of {} parts of the timeframe are known; the greatest is {} on {}. Lines show the ranges.",
        known.len(),
        points.len(),
        most.value.map(|value| shown(most, value)).unwrap_or_default(),
        most.span.label()
    );
    let id = format!("{category}-{metric}");
    let Some(picture) = chart::over_time(Told { id: &id, title: &title, says: &says }, &points) else {
        return;
    };
    let records: Vec<Vec<String>> = known.iter().map(|figure| row(&figure.span.label(), figure)).collect();
    picture_with_table(&title, &picture, report.by.name(), &records, out);
}

/// A label, a value, and the ends of its interval.
fn row(label: &str, figure: &Figure) -> Vec<String> {
    let value = figure.value.map(|value| shown(figure, value)).unwrap_or_default();
    vec![label.to_owned(), value, shown(figure, figure.low), shown(figure, figure.high)]
}

fn picture_with_table(title: &str, picture: &str, first: &str, records: &[Vec<String>], out: &mut String) {
    let _ = write!(
        out,
        "<figure>\n<figcaption>{}</figcaption>\n{picture}<details><summary>As a table</summary>\n",
        escaped(title)
    );
    table(title, &[first, "value", "from", "to"], records, 1, out);
    out.push_str("</details>\n</figure>\n");
}

fn section(title: &str, body: &str, out: &mut String) {
    if !body.is_empty() {
        let _ = write!(out, "<section>\n<h2>{}</h2>\n{body}</section>\n", escaped(title));
    }
}

fn pictures(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("<div class=\"pictures\">\n{body}</div>\n") }
}

fn engagement(report: &Report, out: &mut String) {
    let mut body = String::new();
    OVER_TIME.iter().for_each(|(category, metric)| over_time(report, category, metric, &mut body));
    section("Engagement", &pictures(&body), out);
}

fn audience(report: &Report, out: &mut String) {
    let mut body = String::new();
    PEOPLE_OVER_TIME.iter().for_each(|(category, metric)| over_time(report, category, metric, &mut body));
    for dimension in BREAKDOWNS {
        let mut figures: Vec<&Figure> = report.whole.by("audience", "viewers", dimension).collect();
        if dimension != "hour" {
            figures.sort_by_key(|figure| std::cmp::Reverse(figure.value));
        }
        breakdown(report, &figures, "audience", dimension, &mut body);
    }
    let mut tippers: Vec<&Figure> = report.whole.by("revenue", "tippers", "region").collect();
    tippers.sort_by_key(|figure| std::cmp::Reverse(figure.value));
    breakdown(report, &tippers, "tippers", "region", &mut body);
    section("Audience", &pictures(&body), out);
}

fn breakdown(report: &Report, figures: &[&Figure], what: &str, dimension: &str, out: &mut String) {
    let bars: Vec<Bar> = figures
        .iter()
        .take(BARS_MAX)
        .filter_map(|figure| {
            let value = figure.value?;
            let at = (nano(value), nano(figure.low), nano(figure.high));
            Some(Bar { label: figure.key.clone(), text: shown(figure, value), at })
        })
        .collect();
    let people = if what == "tippers" { "Tippers" } else { "Viewers" };
    let added = if report.span.days() > 1 { " of each day, added up," } else { "" };
    let title = format!("{people}{added} by {}", name(dimension));
    let says = format!("{} keys, lines show the ranges.", figures.len());
    let id = format!("{what}-{dimension}");
    let Some(picture) = chart::bars(Told { id: &id, title: &title, says: &says }, &bars) else { return };
    let records: Vec<Vec<String>> = figures.iter().map(|figure| row(&figure.key, figure)).collect();
    picture_with_table(&title, &picture, name(dimension), &records, out);
}

fn content(report: &Report, out: &mut String) {
    let mut videos: Vec<&Figure> = report.whole.by("content", "views", "content").collect();
    // Of like values the first by id comes first: there is one order.
    videos.sort_by(|left, right| right.value.cmp(&left.value).then_with(|| left.key.cmp(&right.key)));
    let all = videos.len();
    videos.truncate(VIDEOS_MAX);
    if videos.is_empty() {
        return;
    }
    let bars: Vec<Bar> = videos
        .iter()
        .filter_map(|figure| {
            let value = figure.value?;
            let label = report.title(&figure.key).to_owned();
            Some(Bar {
                label,
                text: shown(figure, value),
                at: (nano(value), nano(figure.low), nano(figure.high)),
            })
        })
        .collect();
    let title = "Videos by views";
    let says = format!("The first {} of {all} videos, lines show the ranges.", videos.len());
    let Some(picture) = chart::bars(Told { id: "videos", title, says: &says }, &bars) else { return };
    let mut body = format!(
        "<div class=\"pictures\">\n<figure>\n<figcaption>{title}</figcaption>\n{picture}</figure>\n</div>\n"
    );
    let columns =
        ["views", "watch_seconds", "average_watch_seconds", "completion_rate", "likes", "comments", "shares"];
    let of = |key: &str, metric: &str| {
        let found = report.whole.by("content", metric, "content").find(|figure| figure.key == key);
        found.and_then(|figure| Some(shown(figure, figure.value?))).unwrap_or_default()
    };
    let records: Vec<Vec<String>> = videos
        .iter()
        .map(|figure| {
            let mut record = vec![report.title(&figure.key).to_owned(), interval(figure)];
            record.extend(columns.iter().map(|metric| of(&figure.key, metric)));
            record
        })
        .collect();
    let header: Vec<&str> =
        ["video", "views, range"].into_iter().chain(columns.iter().map(|metric| name(metric))).collect();
    table("Videos", &header, &records, 1, &mut body);
    section("Content", &body, out);
}

fn revenue(report: &Report, out: &mut String) {
    let mut body = String::new();
    let currencies: Vec<&str> =
        report.whole.by("revenue", "net", "currency").map(|figure| figure.key.as_str()).collect();
    let amounts = |part: &Part, currency: &str| -> Option<Vec<String>> {
        let of = |metric: &str| {
            let found = part.by("revenue", metric, "currency").find(|figure| figure.key == currency);
            found.and_then(|figure| Some(shown(figure, figure.value?)))
        };
        of("net")?;
        Some(AMOUNTS.iter().map(|metric| of(metric).unwrap_or_default()).collect())
    };
    for currency in currencies {
        let mut records = Vec::new();
        for part in &report.parts {
            if let Some(row) = amounts(part, currency) {
                records.push([vec![part.span.label()], row].concat());
            }
        }
        if let Some(row) = amounts(&report.whole, currency) {
            records.push([vec!["total".to_owned()], row].concat());
        }
        let header: Vec<&str> =
            std::iter::once(report.by.name()).chain(AMOUNTS.iter().map(|metric| name(metric))).collect();
        let named = if currency.is_empty() { "no currency" } else { currency };
        table(&format!("Settled, in {named}, exact"), &header, &records, 1, &mut body);
    }
    let unsettled: Vec<Vec<String>> = report
        .whole
        .by("revenue", "unsettled", "currency_reason")
        .map(|figure| {
            let payments = report.whole.by("revenue", "unsettled_payments", "currency_reason");
            let payments = payments.into_iter().find(|other| other.key == figure.key);
            let payments = payments.and_then(|other| other.value).map(count).unwrap_or_default();
            vec![
                figure.key.clone(),
                payments,
                figure.value.map(|value| shown(figure, value)).unwrap_or_default(),
            ]
        })
        .collect();
    table(
        "Not settled, and in no sum",
        &["currency, type, reason", "payments", "gross"],
        &unsettled,
        1,
        &mut body,
    );
    section("Revenue", &body, out);
}
