//! How throughput is distributed over the viewers of the largest cohorts.

use chrono::NaiveDate;
use warehouse::Session;

use crate::failure::{Failure, Outcome};
use crate::report::delivery::chart::{Axis, Line, Told, lines};
use crate::report::delivery::page::Section;
use crate::report::delivery::read::{Record, percent, rows, shown};
use insights::report::table::table;

const COHORTS: &str = "silver.quality_cohorts";
/// Cohorts whose distributions are drawn.
const DRAWN_MAX: usize = 6;

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("bandwidth", "Bandwidth");
    if !section.needs(session, COHORTS, date) {
        return Ok(section);
    }
    let query = format!(
        "SELECT region, network, device_class, data_saver, viewers, own_weight, throughput_kbps_p10, \
         throughput_kbps_p50, throughput_kbps_p90, throughput_kbps, masses FROM {COHORTS} \
         WHERE dt = DATE '{date}' AND level = 'COHORT' \
         ORDER BY viewers DESC, region, network, device_class, data_saver LIMIT {DRAWN_MAX}"
    );
    let records = rows(session, &query).await?;
    let drawn: Vec<Line> = records.iter().map(line).collect::<Outcome<_>>()?;
    let points = || drawn.iter().flat_map(|line| &line.points).map(|point| point.0);
    let (from, to) = (points().fold(f64::INFINITY, f64::min).floor(), points().fold(0.0, f64::max).ceil());
    let marks = (0..=((to - from).clamp(0.0, 30.0) as usize)).map(|step| from + step as f64);
    let marks = marks.map(|at| (at, kbps(at.exp2()))).collect();
    let x = Axis { name: "throughput".to_owned(), from, to, marks };
    let told = Told {
        id: "throughput",
        title: "Throughput of the largest cohorts",
        says: "Share of the viewers who reach at least a throughput, one line a cohort; the table has the percentiles.",
    };
    section.show(lines(told, &x, &Axis::percent("viewers who reach it"), &drawn));
    let header = ["cohort", "viewers", "own weight", "p10, kbit/s", "median", "p90"];
    let body: Vec<Vec<String>> = records
        .iter()
        .map(|record| {
            let mut row = vec![name(record), record.text(4).to_owned(), percent(record.number(5))];
            row.extend((6..9).map(|place| shown(record.number(place), 0)));
            row
        })
        .collect();
    table("Percentiles of throughput, shrunk toward the parents", &header, &body, 1, &mut section.body);
    Ok(section)
}

fn name(record: &Record) -> String {
    let saving = if record.is_true(3) { ", saving data" } else { "" };
    format!("{} {} {}{saving}", record.text(0), record.text(1), record.text(2))
}

/// The share of the viewers above each point of the grid, by the logarithm of the throughput.
fn line(record: &Record) -> Outcome<Line> {
    let list = |place: usize| -> Outcome<Vec<f64>> {
        serde_json::from_str(record.text(place)).map_err(Failure::other)
    };
    let (grid, masses) = (list(9)?, list(10)?);
    let mut above = 1.0;
    let point = |(kbps, mass): (&f64, &f64)| {
        let point = (kbps.max(1.0).log2(), above);
        above = f64::max(above - mass, 0.0);
        point
    };
    Ok(Line { name: name(record), points: grid.iter().zip(&masses).map(point).collect() })
}

/// A throughput in the unit that suits it.
fn kbps(kbps: f64) -> String {
    match kbps < 999.5 {
        true => format!("{kbps:.0} k"),
        false => format!("{:.1} M", kbps / 1_000.0),
    }
}
