//! The route plan as a matrix: cells of demand down, nodes across.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::NaiveDate;
use warehouse::Session;

use super::page::Section;
use super::read::{Record, exact, has, rows, shown};
use crate::failure::Outcome;
use crate::report::svg::escaped;
use insights::report::table::table;

const PLAN: &str = "gold.route_plan";
const DEMAND: &str = "silver.route_demand";
/// What a page can show; the rest is counted.
const CELLS_MAX: usize = 80;
const NODES_MAX: usize = 48;

/// A cell's nodes: weight where it is a primary, place among the fallbacks where it is one.
type Row = BTreeMap<String, (Option<f64>, Option<usize>)>;

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("plan", "Routes");
    if !section.needs(session, PLAN, date) {
        return Ok(section);
    }
    let demand = match has(session, DEMAND, date) {
        true => format!("SELECT region, codec, content_class, bytes FROM {DEMAND} WHERE dt = DATE '{date}'"),
        false => "SELECT '' AS region, '' AS codec, '' AS content_class, 0 AS bytes".to_owned(),
    };
    // Cells with the most demand first; the others are counted.
    let cells = format!(
        "SELECT plan.region, plan.codec, plan.content_class, coalesce(max(demand.bytes), 0) AS bytes \
         FROM {PLAN} AS plan LEFT JOIN ({demand}) AS demand ON demand.region = plan.region \
         AND demand.codec = plan.codec AND demand.content_class = plan.content_class \
         WHERE plan.dt = DATE '{date}' GROUP BY plan.region, plan.codec, plan.content_class"
    );
    let query = format!(
        "WITH cells AS ({cells}), ranked AS (SELECT *, count(*) OVER () AS all_cells, \
         row_number() OVER (ORDER BY bytes DESC, region, codec, content_class) AS place FROM cells) \
         SELECT ranked.place, ranked.region, ranked.codec, ranked.content_class, bytes, all_cells, \
         node_id, role, rank, weight, rtt_ms_mean, rtt_ms_p95, throughput_kbps_p10, cost_per_gb, samples \
         FROM ranked INNER JOIN {PLAN} AS plan ON plan.region = ranked.region AND plan.codec = ranked.codec \
         AND plan.content_class = ranked.content_class \
         WHERE plan.dt = DATE '{date}' AND place <= {CELLS_MAX} ORDER BY place, rank, role, node_id"
    );
    let records = rows(session, &query).await?;
    matrix(&mut section, &records);
    details(&mut section, &records);
    Ok(section)
}

fn cell(record: &Record) -> String {
    format!("{} {} {}", record.text(1), record.text(2), record.text(3))
}

fn matrix(section: &mut Section, records: &[Record]) {
    let mut cells: Vec<(String, Row)> = Vec::new();
    let mut used: BTreeMap<&str, f64> = BTreeMap::new();
    for record in records {
        let name = cell(record);
        if cells.last().is_none_or(|(last, _)| *last != name) {
            cells.push((name, Row::new()));
        }
        let Some((_, row)) = cells.last_mut() else { continue };
        let fallbacks = row.values().filter(|(_, fallback)| fallback.is_some()).count();
        let entry = row.entry(record.text(6).to_owned()).or_default();
        let weight = record.number(9).unwrap_or(0.0);
        let carried = if record.text(7) == "PRIMARY" {
            entry.0 = Some(entry.0.unwrap_or(0.0) + weight);
            weight * (1.0 + record.number(4).unwrap_or(0.0))
        } else {
            entry.1 = entry.1.or(Some(fallbacks + 1));
            0.0
        };
        *used.entry(record.text(6)).or_default() += carried;
    }
    let mut nodes: Vec<(&str, f64)> = used.into_iter().collect();
    nodes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let left_out = nodes.len().saturating_sub(NODES_MAX);
    let nodes: BTreeSet<&str> = nodes.into_iter().take(NODES_MAX).map(|(node, _)| node).collect();
    let all = records.first().and_then(|record| record.number(5)).unwrap_or(0.0) as usize;
    section.say(&format!(
        "The share of each cell's demand that each node serves; F1, F2, … are its fallbacks in order. Shown are the {} \
         cells with the most demand of {all}{}.",
        cells.len(),
        if left_out > 0 { format!(", without the {left_out} nodes that serve least of it") } else { String::new() }
    ));
    let out = &mut section.body;
    out.push_str("<div class=\"scroll\"><table class=\"matrix\">\n<caption>Cells and nodes</caption>\n<thead><tr><th scope=\"col\">cell</th>");
    for node in &nodes {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(node));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (name, row) in &cells {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(name));
        for node in &nodes {
            out.push_str(&entry(row.get(*node)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn entry(found: Option<&(Option<f64>, Option<usize>)>) -> String {
    let Some((weight, fallback)) = found else { return "<td></td>".to_owned() };
    let mut parts = Vec::new();
    parts.extend(weight.map(|weight| format!("{:.0} %", weight * 100.0)));
    parts.extend(fallback.map(|place| format!("F{place}")));
    let style = weight.map(|weight| format!(" style=\"--w:{:.0}%\"", (weight * 100.0).clamp(0.0, 100.0)));
    format!("<td{}>{}</td>", style.unwrap_or_default(), parts.join(" "))
}

fn details(section: &mut Section, records: &[Record]) {
    let shown: Vec<Vec<String>> = records
        .iter()
        .map(|record| {
            vec![
                cell(record),
                record.text(6).to_owned(),
                record.text(7).to_owned(),
                record.text(8).to_owned(),
                shown(record.number(9), 4),
                shown(record.number(10), 1),
                shown(record.number(11), 1),
                shown(record.number(12), 0),
                exact(record.text(13)),
                record.text(14).to_owned(),
            ]
        })
        .collect();
    let header =
        ["cell", "node", "role", "rank", "weight", "mean, ms", "95th, ms", "10th, kbps", "per GB", "samples"];
    let mut body = String::new();
    table("The plan, row by row", &header, &shown, 3, &mut body);
    section.fold("The plan, row by row", &body);
}
