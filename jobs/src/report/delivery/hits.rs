//! What caches gave, by hour and region.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use warehouse::Session;

use super::chart::{Axis, COLOURS, Line, Told, lines};
use super::page::Section;
use super::read::{Record, percent, rows};
use crate::failure::Outcome;
use insights::report::table::table;

const HITS: &str = "gold.cache_hits_hourly";

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("hits", "Cache hits by hour");
    if section.needs(session, HITS, date) {
        // Late requests belong to hours of days before: they are in the table, and not in the picture.
        let query = format!(
            "SELECT coalesce(region, '') AS region, to_char(hour, '%Y-%m-%d %H:%M') AS at, \
             CAST(date_part('hour', hour) AS BIGINT) AS hour_of_day, \
             sum(requests) AS requests, sum(hits) AS hits, sum(bytes_hit) AS bytes_hit, \
             sum(bytes_answered) AS bytes_answered, date_trunc('day', hour) = TIMESTAMP '{date}T00:00:00Z' AS is_today \
             FROM {HITS} WHERE dt = DATE '{date}' GROUP BY coalesce(region, ''), hour ORDER BY region, hour"
        );
        told(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn ratio(hour: &Record) -> Option<f64> {
    let (hit, answered) = (hour.number(5)?, hour.number(6).filter(|bytes| *bytes > 0.0)?);
    Some(hit / answered)
}

fn told(section: &mut Section, hours: &[Record]) {
    let sum = |at: usize| hours.iter().filter_map(|hour| hour.number(at)).sum::<f64>();
    let (hit, answered) = (sum(5), sum(6));
    let all = (answered > 0.0).then(|| hit / answered);
    section.say(&format!("Of the bytes that were answered, {} came from caches.", percent(all)));
    let mut regions: BTreeMap<&str, (f64, Vec<(f64, f64)>)> = BTreeMap::new();
    for hour in hours.iter().filter(|hour| hour.is_true(7) && !hour.text(0).is_empty()) {
        if let (Some(at), Some(ratio)) = (hour.number(2), ratio(hour)) {
            let (bytes, points) = regions.entry(hour.text(0)).or_default();
            *bytes += hour.number(6).unwrap_or(0.0);
            points.push((at, ratio));
        }
    }
    let mut most: Vec<_> = regions.into_iter().collect();
    most.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(b.0)));
    let drawn: Vec<Line> = most
        .into_iter()
        .take(COLOURS)
        .map(|(region, (_, points))| Line { name: region.to_owned(), points })
        .collect();
    let marks = (0..=23).step_by(3).map(|hour| (f64::from(hour), format!("{hour:02}")));
    let x = Axis { name: "hour, UTC".to_owned(), from: 0.0, to: 23.0, marks: marks.collect() };
    let says = "Share of answered bytes that came from caches, by hour, one line a region; the table has the numbers.";
    let told = Told { id: "hits-lines", title: "Bytes from caches by hour", says };
    section.show(lines(told, &x, &Axis::percent("bytes from caches"), &drawn));
    let records: Vec<Vec<String>> = hours
        .iter()
        .map(|hour| {
            let region = if hour.text(0).is_empty() { "in no inventory" } else { hour.text(0) };
            let mut record = vec![region.to_owned()];
            record.extend([1, 3, 4, 5, 6].map(|at| hour.text(at).to_owned()));
            record.push(percent(ratio(hour)));
            record
        })
        .collect();
    let header = ["region", "hour", "requests", "hits", "bytes hit", "bytes answered", "share of bytes"];
    let mut body = String::new();
    table("Every region and hour", &header, &records, 2, &mut body);
    section.fold("Every region and hour", &body);
}
