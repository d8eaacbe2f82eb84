//! The cache plan, and how many bytes caches of other sizes would miss.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use warehouse::Session;

use super::chart::{Axis, Line, Told, lines};
use super::page::Section;
use super::read::{Record, percent, rows};
use crate::failure::Outcome;
use insights::report::table::table;

const PLAN: &str = "gold.cache_plan";
const CURVES: &str = "gold.cache_curves";
/// Nodes whose curves are drawn: those with the largest caches.
const CURVES_MAX: usize = 4;

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("caches", "Caches");
    if section.needs(session, PLAN, date) {
        let query = format!(
            "SELECT node_id, policy, admission, ttl_seconds, cardinality(pinned), cardinality(prefetch), \
             byte_hit_ratio_actual, byte_hit_ratio_lru, byte_hit_ratio_planned, byte_hit_ratio_bound \
             FROM {PLAN} WHERE dt = DATE '{date}' ORDER BY node_id"
        );
        planned(&mut section, &rows(session, &query).await?);
    }
    if section.needs(session, CURVES, date) {
        let query = format!(
            "WITH sizes AS (SELECT node_id, max(cache_bytes) AS most FROM {CURVES} WHERE dt = DATE '{date}' \
             GROUP BY node_id), largest AS (SELECT node_id, row_number() OVER (ORDER BY most DESC, node_id) AS place \
             FROM sizes) SELECT curves.node_id, policy, cache_bytes, byte_hit_ratio FROM {CURVES} AS curves \
             INNER JOIN largest ON largest.node_id = curves.node_id WHERE dt = DATE '{date}' \
             AND place <= {CURVES_MAX} AND byte_hit_ratio IS NOT NULL ORDER BY place, policy, cache_bytes"
        );
        curves(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn planned(section: &mut Section, plans: &[Record]) {
    let records: Vec<Vec<String>> = plans
        .iter()
        .map(|plan| {
            let (lru, planned, bound) = (plan.number(7), plan.number(8), plan.number(9));
            let gain = lru.zip(planned).map(|(lru, planned)| planned - lru);
            let distance = lru.zip(bound).map(|(lru, bound)| bound - lru).filter(|distance| *distance > 0.0);
            let closed = gain.zip(distance).map(|(gain, distance)| gain / distance);
            let mut record: Vec<String> = (0..6).map(|at| plan.text(at).to_owned()).collect();
            record.extend([plan.number(6), lru, planned, bound, gain, closed].map(percent));
            record
        })
        .collect();
    let header = [
        "node",
        "policy",
        "admission",
        "TTL, s",
        "pinned",
        "prefetched",
        "as served",
        "LRU",
        "planned",
        "bound",
        "gain on LRU",
        "distance closed",
    ];
    section.say("Shares of bytes found in the cache: as the logs say, and replayed on the day's requests.");
    table("The plan of each cache", &header, &records, 3, &mut section.body);
}

/// A node's curves: by policy, in the order of size.
type Curves = BTreeMap<String, Vec<(f64, f64)>>;

fn curves(section: &mut Section, points: &[Record]) {
    let mut nodes: Vec<(&str, Curves)> = Vec::new();
    for point in points {
        let (Some(bytes), Some(hits)) = (point.number(2), point.number(3)) else { continue };
        if nodes.last().is_none_or(|(node, _)| *node != point.text(0)) {
            nodes.push((point.text(0), Curves::new()));
        }
        if let Some((_, curves)) = nodes.last_mut().filter(|_| bytes > 0.0) {
            curves.entry(point.text(1).to_owned()).or_default().push((bytes.log2(), 1.0 - hits));
        }
    }
    for (place, (node, curves)) in nodes.iter().enumerate() {
        let sizes = || curves.values().flatten().map(|point| point.0);
        let (from, to) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
        let step = ((to - from) / 6.0).ceil().max(1.0);
        let marks = (0..=6)
            .map(|at| from + step * f64::from(at))
            .filter(|size| *size <= to + 0.01)
            .map(|size| (size, bytes(size.exp2())));
        let x = Axis { name: "size of the cache".to_owned(), from, to, marks: marks.collect() };
        let drawn: Vec<Line> = curves
            .iter()
            .map(|(policy, points)| Line { name: policy.clone(), points: points.clone() })
            .collect();
        let (id, title) = (format!("curve-{place}"), format!("Bytes missed by {node}"));
        let says = "Share of bytes that a cache misses against its size, one line a policy; the table has the numbers.";
        let told = Told { id: &id, title: &title, says };
        section.show(lines(told, &x, &Axis::percent("bytes missed"), &drawn));
    }
    let records: Vec<Vec<String>> = points
        .iter()
        .map(|point| {
            let missed = point.number(3).map(|hits| 1.0 - hits);
            vec![
                point.text(0).to_owned(),
                point.text(1).to_owned(),
                point.text(2).to_owned(),
                percent(missed),
            ]
        })
        .collect();
    let mut body = String::new();
    table("Bytes missed by size", &["node", "policy", "cache, bytes", "missed"], &records, 2, &mut body);
    section.fold("Bytes missed by size", &body);
}

/// A size in the unit that suits it.
fn bytes(bytes: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut rest = bytes;
    let mut unit = 0;
    while rest >= 999.5 && unit + 1 < units.len() {
        (rest, unit) = (rest / 1_000.0, unit + 1);
    }
    let digits = usize::from(rest < 9.95);
    format!("{rest:.digits$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (size, text) in [(1.0, "1.0 B"), (999.9, "1.0 kB"), (48_000_000.0, "48 MB"), (2.5e12, "2.5 TB")] {
            assert_eq!(bytes(size), text);
        }
    }
}
