//! The report as JSON: numbers as decimal texts, so that no reader rounds them.

use std::collections::BTreeSet;

use schemas::insights::TOTAL;
use serde::Serialize;

use super::record::{Record, records};
use super::{RenderError, Report};

/// The report. Fields are in the order of their names, here and below.
#[derive(Serialize)]
struct Object<'a> {
    by: &'static str,
    creator: &'a str,
    days: u32,
    days_released: Vec<String>,
    figures: Vec<Line<'a>>,
    from: String,
    policies: &'a BTreeSet<String>,
    releases: &'a BTreeSet<String>,
    to: String,
}

/// One figure; what it does not have is left out.
#[derive(Serialize)]
struct Line<'a> {
    category: &'a str,
    days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<&'a str>,
    from: String,
    high: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    low: String,
    measure: &'static str,
    metric: &'a str,
    period: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sigma: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// The report as one object, ended by a line end.
pub fn json(report: &Report) -> Result<String, RenderError> {
    let object = Object {
        by: report.by.name(),
        creator: &report.creator,
        days: report.span.days(),
        days_released: report.days_released.iter().map(|day| day.to_string()).collect(),
        figures: records(report).map(line).collect(),
        from: report.span.from.to_string(),
        policies: &report.policies,
        releases: &report.releases,
        to: report.span.to.to_string(),
    };
    Ok(serde_json::to_string(&object)? + "\n")
}

fn line(record: Record<'_>) -> Line<'_> {
    let figure = record.figure;
    let broken_down = |text| Some(text).filter(|_| figure.dimension != TOTAL);
    Line {
        category: &figure.category,
        days: figure.days,
        dimension: broken_down(figure.dimension.as_str()),
        from: figure.span.from.to_string(),
        high: figure.text(figure.high),
        key: broken_down(figure.key.as_str()),
        low: figure.text(figure.low),
        measure: figure.measure.name(),
        metric: &figure.metric,
        period: record.period,
        sigma: figure.sigma.map(|sigma| figure.text(sigma)),
        title: record.title,
        to: figure.span.to.to_string(),
        value: figure.value.map(|value| figure.text(value)),
    }
}
