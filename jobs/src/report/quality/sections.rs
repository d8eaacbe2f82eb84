//! The page's sections: what was decided, what it gains, ladders before and after, what was refused and why.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use warehouse::Session;

use super::cohorts::{Cohort, line};
use super::distributions;
use super::intervals::{Difference, intervals};
use crate::failure::Outcome;
use crate::report::delivery::page::{Section, document};
use crate::report::delivery::read::shown;
use insights::report::table::table;

/// Cohorts in a picture, and in a table: those with the most viewers.
const DRAWN_MAX: usize = 40;
const LISTED_MAX: usize = 500;

/// What the numbers are, for the page's foot.
const DEFINITIONS: [&str; 8] = [
    "A cohort is the viewers of a region, a network, a class of devices, and whether they save data. Each viewer counts once, \
     however much is watched.",
    "Quality is a score for each second watched: the logarithm of the bitrate over 200 kbit/s, as AVC would need it and up to what \
     the display shows, less switches, stalls (2.66 for each second) and the start. It is the project's own, and no standard's.",
    "Quality now, planned and best are replays on viewers who were held out of the candidate's making, mean over three rules of \
     players: by throughput, by buffer (BOLA), and a hybrid. The best is what a player could reach that knows the network.",
    "Planned is the candidate, whether it was adopted or not. Its gain is an interval over resampled viewers.",
    "ADOPT: the candidate is better beyond doubt, over all rules and under each, and stalls no more. Everything else is KEEP: what \
     is served stays.",
    "Stalled is standing still, of each second watched.",
    "A rung is told as its shorter side in lines and its peak bitrate in kbit/s.",
    "The manifests beside this page hold each cohort's ladder up to its cap; the first variant is the rung to begin with.",
];

/// All sections of a night.
pub async fn sections(session: &Session, date: NaiveDate, cohorts: &[Cohort]) -> Outcome<Vec<Section>> {
    Ok(vec![
        decisions(cohorts),
        gains(cohorts),
        ladders(cohorts),
        refused(cohorts),
        distributions::section(session, date).await?,
    ])
}

/// The whole page.
pub fn html(date: NaiveDate, sections: &[Section]) -> String {
    let after = date.succ_opt().unwrap_or(date);
    let heading = format!("Quality on {date}, and the plan for {after}");
    document(&format!("Quality {date}"), &heading, sections, &DEFINITIONS)
}

/// What a reason means.
fn meaning(reason: &str) -> &'static str {
    match reason {
        "BETTER" => "better on held-out viewers beyond doubt",
        "STANDS" => "decided before, and still better than what is served",
        "FEW_VIEWERS" => "too few held-out viewers to prove anything",
        "NO_BANDWIDTH" => "nothing is known of the bandwidth",
        "SAME_LADDER" => "the candidate is what is served",
        "NOT_PROVEN" => "the difference may be nothing",
        "RULE_LOSES" => "one of the rules may do worse with it",
        "STALLS_MORE" => "it stalls more",
        "SMALL_GAIN" => "better, but by too little to move",
        "NO_LADDER" => "nothing is served yet",
        _ => "",
    }
}

fn decisions(cohorts: &[Cohort]) -> Section {
    let mut section = Section::new("decisions", "Decisions");
    let mut counts: BTreeMap<(&str, &str), (usize, u64)> = BTreeMap::new();
    for cohort in cohorts {
        let (count, viewers) = counts.entry((&cohort.decision, &cohort.reason)).or_default();
        (*count, *viewers) = (*count + 1, viewers.saturating_add(cohort.viewers));
    }
    let records: Vec<Vec<String>> = counts
        .iter()
        .map(|((decision, reason), (count, viewers))| {
            let texts = [*decision, *reason, meaning(reason)].map(str::to_owned);
            texts.into_iter().chain([count.to_string(), viewers.to_string()]).collect()
        })
        .collect();
    let header = ["decision", "reason", "meaning", "cohorts", "viewers"];
    table("Cohorts by decision", &header, &records, 3, &mut section.body);
    section
}

fn gains(cohorts: &[Cohort]) -> Section {
    let mut section = Section::new("gains", "Quality now and planned");
    let difference = |cohort: &Cohort| {
        let (low, high, middle) = (cohort.ci_low?, cohort.ci_high?, cohort.gain()?);
        let colour = if cohort.is_adopted() { 2 } else { 1 };
        Some(Difference { label: cohort.name(), low, middle, high, colour })
    };
    let drawn: Vec<Difference> = cohorts.iter().filter_map(difference).take(DRAWN_MAX).collect();
    let says = "What the candidate gains in quality for each second watched, with its interval, one line a cohort; \
                the table has the numbers.";
    section.show(intervals("gain", "What the candidate gains, by cohort", says, &drawn));
    let records: Vec<Vec<String>> = cohorts.iter().take(LISTED_MAX).map(numbers).collect();
    let header = [
        "cohort",
        "decision",
        "reason",
        "viewers",
        "held out",
        "quality now",
        "planned",
        "gain, least",
        "gain, most",
        "best",
        "stalled now",
        "planned",
    ];
    if cohorts.len() > LISTED_MAX {
        section.say(&format!("The {LISTED_MAX} cohorts with the most viewers, of {}.", cohorts.len()));
    }
    table("Quality for each second watched", &header, &records, 3, &mut section.body);
    section
}

fn numbers(cohort: &Cohort) -> Vec<String> {
    let stalled =
        |share: Option<f64>| share.map(|share| format!("{:.3} %", share * 100.0)).unwrap_or_default();
    let mut row = vec![cohort.name(), cohort.decision.clone(), cohort.reason.clone()];
    row.extend([cohort.viewers, cohort.held_out_viewers].map(|count| count.to_string()));
    let qualities =
        [cohort.qoe_current, cohort.qoe_planned, cohort.ci_low, cohort.ci_high, cohort.qoe_oracle];
    row.extend(qualities.map(|quality| shown(quality, 3)));
    row.extend([cohort.rebuffer_current, cohort.rebuffer_planned].map(stalled));
    row
}

fn ladders(cohorts: &[Cohort]) -> Section {
    let mut section = Section::new("ladders", "Ladders before and after");
    let changed: Vec<Vec<String>> = cohorts
        .iter()
        .filter(|cohort| cohort.is_adopted())
        .take(LISTED_MAX)
        .map(|cohort| vec![cohort.name(), line(&cohort.current), line(&cohort.planned)])
        .collect();
    if changed.is_empty() {
        section.say("No cohort gets a new ladder.");
    }
    table("Cohorts with a new ladder", &["cohort", "served", "planned"], &changed, 3, &mut section.body);
    let records: Vec<Vec<String>> = cohorts
        .iter()
        .take(LISTED_MAX)
        .map(|cohort| {
            let start = cohort.planned.get(cohort.start_rung).map(|rung| rung.peak_kbps.to_string());
            let texts = [cohort.name(), line(&cohort.planned), cohort.codec.clone()];
            let numbers = [start.unwrap_or_default(), cohort.cap_kbps.to_string(), cohort.framerate.clone()];
            texts.into_iter().chain(numbers).collect()
        })
        .collect();
    let header = ["cohort", "ladder", "codec", "start, kbit/s", "cap, kbit/s", "frames/s"];
    let mut body = String::new();
    table("What each cohort is offered", &header, &records, 3, &mut body);
    section.fold("What each cohort is offered", &body);
    section
}

fn refused(cohorts: &[Cohort]) -> Section {
    let mut section = Section::new("refused", "Refused candidates");
    let is_refused = |cohort: &&Cohort| {
        !cohort.is_adopted() && !cohort.candidate.is_empty() && cohort.reason != "SAME_LADDER"
    };
    let records: Vec<Vec<String>> = cohorts
        .iter()
        .filter(is_refused)
        .take(LISTED_MAX)
        .map(|cohort| {
            let gain =
                cohort.ci_low.zip(cohort.ci_high).map(|(low, high)| format!("{low:+.3} to {high:+.3}"));
            let texts = [cohort.name(), meaning(&cohort.reason).to_owned(), line(&cohort.candidate)];
            texts.into_iter().chain([gain.unwrap_or_default()]).collect()
        })
        .collect();
    if records.is_empty() {
        section.say("Nothing was refused.");
    }
    table(
        "Candidates that were not adopted",
        &["cohort", "why", "candidate", "gain"],
        &records,
        3,
        &mut section.body,
    );
    section
}
