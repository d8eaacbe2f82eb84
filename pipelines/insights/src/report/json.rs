//! The report as JSON: numbers as decimal texts, so that no reader rounds them.

use schemas::insights::TOTAL;
use serde_json::{Map, Value, json};

use super::record::{Record, records};
use super::{Figure, Report};

/// The report as one object, ended by a line end. Keys are in the order of their names.
pub fn json(report: &Report) -> String {
    let figures: Vec<Value> = records(report).map(|record| figure(&record)).collect();
    let object = json!({
        "creator": report.creator,
        "from": report.span.from.to_string(),
        "to": report.span.to.to_string(),
        "by": report.by.name(),
        "days": report.span.days(),
        "days_released": report.days_released.iter().map(|day| day.to_string()).collect::<Vec<_>>(),
        "policies": report.policies,
        "releases": report.releases,
        "figures": figures,
    });
    format!("{object}\n")
}

fn figure(record: &Record<'_>) -> Value {
    let figure: &Figure = record.figure;
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("period", record.period.into());
    put("from", figure.span.from.to_string().into());
    put("to", figure.span.to.to_string().into());
    put("days", figure.days.into());
    put("category", figure.category.clone().into());
    put("metric", figure.metric.clone().into());
    if figure.dimension != TOTAL {
        put("dimension", figure.dimension.clone().into());
        put("key", figure.key.clone().into());
    }
    if let Some(title) = record.title {
        put("title", title.into());
    }
    put("measure", figure.measure.name().into());
    if let Some(value) = figure.value {
        put("value", figure.text(value).into());
    }
    if let Some(sigma) = figure.sigma {
        put("sigma", figure.text(sigma).into());
    }
    put("low", figure.text(figure.low).into());
    put("high", figure.text(figure.high).into());
    Value::Object(object)
}
