//! `ttt report quality`: what each cohort of viewers is offered and why, on one page, and its manifests beside it.

mod cohorts;
mod distributions;
mod intervals;
mod sections;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use delivery::quality::manifest::{Offer, dash, hls};
use delivery::route::steering::pathway;
use schemas::quality::QUALITY_PLAN;
use serde_json::json;
use warehouse::Session;

use super::files::Files;
use crate::aligned::{print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use cohorts::Cohort;
use insights::report::csv::Csv;

/// What `ttt report quality` is asked.
#[derive(Debug, Args)]
pub struct QualityArguments {
    /// The night, UTC: its plan is for the day after [default: the last that has a plan]
    #[arg(long, value_name = "DAY")]
    pub date: Option<NaiveDate>,
    /// Folder of the page and the manifests
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Writes the page, two manifests for each cohort, and their index.
pub async fn write(config: &Config, global: &Global, arguments: &QualityArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let date = date(&session, arguments.date)?;
    let cohorts = cohorts::read(&session, date).await?;
    let sections = sections::sections(&session, date, &cohorts).await?;
    let mut files = Files::open(&arguments.out)?;
    files.write("quality.html", &sections::html(date, &sections))?;
    let segment_ms = config.quality.segment_ms.round().clamp(1.0, 1e6) as u32;
    let header = ["region", "network", "device_class", "data_saver", "decision", "hls", "dash"];
    let mut index = Csv::new(&header);
    let mut known: BTreeMap<String, &Cohort> = BTreeMap::new();
    for cohort in &cohorts {
        let stem = stem(cohort);
        if let Some(other) = known.insert(stem.clone(), cohort) {
            let (one, other) = (cohort.name(), other.name());
            return Err(Failure::refused(format!("cohorts {other} and {one} have one file name, {stem}")));
        }
        let (hls_name, dash_name) = (format!("{stem}.m3u8"), format!("{stem}.mpd"));
        let offer = Offer::of(&cohort.ladder()?, cohort.start_rung, cohort.cap_kbps);
        files.write(hls_name.clone(), &hls::playlist(&offer))?;
        files.write(dash_name.clone(), &dash::description(&offer, segment_ms))?;
        let saving = if cohort.is_saving { "true" } else { "false" };
        let of_cohort = [&cohort.region, &cohort.network, &cohort.device_class].map(String::as_str);
        let [region, network, device] = of_cohort;
        index.record(&[region, network, device, saving, &cohort.decision, &hls_name, &dash_name]);
    }
    files.write("index.csv", index.text())?;
    let written = files.publish()?;
    let adopted = cohorts.iter().filter(|cohort| cohort.is_adopted()).count();
    if global.json {
        let (cohorts, files) = (cohorts.len(), written.len());
        return print_json(
            &json!({"date": date, "out": arguments.out, "files": files, "cohorts": cohorts, "adopted": adopted}),
        );
    }
    print(&format!(
        "quality on {date}: {} files below {}; {} cohorts, {adopted} with a new ladder\n",
        written.len(),
        arguments.out.display(),
        cohorts.len()
    ))
}

/// The night that was asked for, or the last that has a plan.
fn date(session: &Session, asked: Option<NaiveDate>) -> Outcome<NaiveDate> {
    let nights = session.days(&QUALITY_PLAN);
    let night = asked.or_else(|| nights.iter().next_back().copied()).filter(|night| nights.contains(night));
    night.ok_or_else(|| {
        Failure::usage("no plan of quality of that night is there").with_hint(
            match nights.iter().next_back() {
                Some(last) => format!("the last plan is that of {last}"),
                None => "make one first: ttt run nightly".to_owned(),
            },
        )
    })
}

/// A cohort as the name of a file.
fn stem(cohort: &Cohort) -> String {
    let parts = [&cohort.region, &cohort.network, &cohort.device_class].map(|part| pathway(part)).join(".");
    if cohort.is_saving { format!("{parts}.saving") } else { parts }
}
