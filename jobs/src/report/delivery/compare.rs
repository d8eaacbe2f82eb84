//! Before and after: what was served beside what is planned, and how last night's plan did.

use std::fmt::Write;

use chrono::NaiveDate;
use warehouse::Session;

use super::chart::{Bar, Told, bars};
use super::page::Section;
use super::read::{Record, exact, percent, rows, shown};
use crate::failure::Outcome;
use crate::report::svg::escaped;
use insights::report::table::table;

const SUMMARY: &str = "gold.route_summary";
const SCORES: &str = "gold.route_scores";

pub async fn section(session: &Session, date: NaiveDate) -> Outcome<Section> {
    let mut section = Section::new("compare", "Served and planned");
    if section.needs(session, SUMMARY, date) {
        let query = format!(
            "SELECT demand_gb, unserved_gb, cost, rtt_ms_mean, rtt_ms_p95, capacity_violations, \
             actual_demand_gb, actual_unserved_gb, actual_cost, actual_rtt_ms_mean, actual_rtt_ms_p95, \
             actual_capacity_violations, currency, objective, lower_bound, gap, refusal, is_carried, \
             off_policy_estimate, ci_low, ci_high, effective_samples, estimate_refused, notes \
             FROM {SUMMARY} WHERE dt = DATE '{date}'"
        );
        for summary in rows(session, &query).await? {
            told(&mut section, &summary);
        }
    }
    if section.needs(session, SCORES, date) {
        let query = format!(
            "SELECT policy, currency, demand_gb, unserved_gb, cost, rtt_ms_mean, rtt_ms_p95, \
             capacity_violations, overflow_gb, churn, regret FROM {SCORES} WHERE dt = DATE '{date}' ORDER BY policy"
        );
        scores(&mut section, &rows(session, &query).await?);
    }
    Ok(section)
}

fn told(section: &mut Section, summary: &Record) {
    let currency = summary.text(12);
    if !summary.text(16).is_empty() {
        section.body.push_str("<div class=\"warning\">");
        let carried = if summary.is_true(17) { " An earlier plan stays in force." } else { "" };
        section.say(&format!("No plan could be made: {}.{carried}", summary.text(16)));
        section.body.push_str("</div>\n");
    }
    let names = ["demand, GB", "unserved, GB", "cost", "mean round trip, ms", "95th percentile, ms"];
    let mut records: Vec<Vec<String>> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let (planned, served) = (summary.number(place), summary.number(place + 6));
        let digits = if place < 2 { 3 } else { 1 };
        let shown = |at: usize| match place {
            2 => exact(summary.text(at)),
            _ => shown(summary.number(at), digits),
        };
        let change = served.zip(planned).filter(|(served, _)| *served > 0.0);
        let change = percent(change.map(|(served, planned)| planned / served - 1.0));
        let name = if place == 2 { format!("{name}, {currency}") } else { name.to_owned() };
        records.push(vec![name, shown(place + 6), shown(place), change]);
    }
    let violations = "nodes above capacity".to_owned();
    records.push(vec![violations, summary.text(11).to_owned(), summary.text(5).to_owned(), String::new()]);
    let trip = |label: &str, at: usize, colour: usize| {
        let value = summary.number(at)?;
        Some(Bar { label: label.to_owned(), value, text: format!("{value:.1} ms"), colour })
    };
    let trips: Vec<Bar> = [
        trip("mean, served", 9, 1),
        trip("mean, planned", 3, 0),
        trip("95th percentile, served", 10, 1),
        trip("95th percentile, planned", 4, 0),
    ]
    .into_iter()
    .flatten()
    .collect();
    let says =
        "Mean and 95th percentile of the round trip, as served and as planned; the table has the numbers.";
    section.show(bars(Told { id: "trips", title: "Round trips before and after", says }, &trips, None));
    let costs: Vec<Bar> = [("cost, served", 8, 1), ("cost, planned", 2, 0)]
        .into_iter()
        .filter_map(|(label, at, colour)| {
            let text = format!("{} {currency}", exact(summary.text(at)));
            Some(Bar { label: label.to_owned(), value: summary.number(at)?, text, colour })
        })
        .collect();
    let says = "Price of what was served and of what is planned; the table has the numbers.";
    section.show(bars(Told { id: "costs", title: "Cost before and after", says }, &costs, None));
    table(
        "Served on the day, planned for the day after",
        &["measure", "served", "planned", "change"],
        &records,
        1,
        &mut section.body,
    );
    section.say(&format!(
        "Objective {} {currency}, lower bound {} {currency}, gap {}.",
        exact(summary.text(13)),
        exact(summary.text(14)),
        summary.text(15)
    ));
    section.say(&off_policy(summary));
    notes(section, summary.text(23));
}

/// A list of texts, as JSON.
fn notes(section: &mut Section, list: &str) {
    let notes: Vec<String> = serde_json::from_str(list).unwrap_or_default();
    if notes.is_empty() {
        return;
    }
    section.body.push_str("<p>Notes:</p>\n<ul>\n");
    for note in notes {
        let _ = writeln!(section.body, "<li>{}</li>", escaped(&note));
    }
    section.body.push_str("</ul>\n");
}

fn off_policy(summary: &Record) -> String {
    let samples = shown(summary.number(21), 1);
    match (summary.number(18), summary.is_true(22)) {
        (Some(estimate), false) => format!(
            "Off policy, from logged propensities: the plan would have had a mean round trip of {estimate:.1} ms \
             (95 % interval {} to {} ms, {samples} effective samples).",
            shown(summary.number(19), 1),
            shown(summary.number(20), 1)
        ),
        (_, true) => format!("The off-policy estimate is refused: {samples} effective samples are too few."),
        _ => "There is no off-policy estimate.".to_owned(),
    }
}

fn scores(section: &mut Section, scores: &[Record]) {
    let measured = |at: usize, digits: usize, unit: &str| -> Vec<Bar> {
        let bar = |(place, score): (usize, &Record)| {
            let value = score.number(at)?;
            let text = format!("{value:.digits$} {unit}");
            Some(Bar { label: score.text(0).to_owned(), value, text, colour: place })
        };
        scores.iter().enumerate().filter_map(bar).collect()
    };
    let currency = scores.first().map_or("", |score| score.text(1));
    let says = "Cost of each way of routing the day, judged by that day; the table has the numbers.";
    section.show(bars(
        Told { id: "scores-cost", title: "Cost by policy", says },
        &measured(4, 6, currency),
        None,
    ));
    let says =
        "95th percentile of the round trip under each way of routing the day; the table has the numbers.";
    section.show(bars(
        Told { id: "scores-tail", title: "95th percentile by policy", says },
        &measured(6, 1, "ms"),
        None,
    ));
    let records: Vec<Vec<String>> = scores
        .iter()
        .map(|score| {
            vec![
                score.text(0).to_owned(),
                shown(score.number(2), 3),
                shown(score.number(3), 3),
                exact(score.text(4)),
                shown(score.number(5), 1),
                shown(score.number(6), 1),
                score.text(7).to_owned(),
                shown(score.number(8), 3),
                percent(score.number(9)),
                exact(score.text(10)),
            ]
        })
        .collect();
    let header = [
        "policy",
        "demand, GB",
        "unserved, GB",
        "cost",
        "mean, ms",
        "95th, ms",
        "above capacity",
        "overflow, GB",
        "churn",
        "regret",
    ];
    let caption = format!("Ways of routing the day, judged by the day itself, in {currency}");
    table(&caption, &header, &records, 1, &mut section.body);
}
