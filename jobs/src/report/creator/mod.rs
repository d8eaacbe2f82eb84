//! `ttt report creator`: one creator's timeframe in any format, from released days and the exact statement alone.

pub mod export;
pub mod place;
pub mod sources;

use chrono::NaiveDate;
use clap::Args;
use insights::report::{Format, Grain, Span};
use schemas::did;
use schemas::gold::CREATOR_STATEMENT_DAILY;
use schemas::insights::CREATOR_INSIGHTS_DAILY;
use serde_json::json;
use warehouse::{Session, Share};

use crate::aligned::{aligned, print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use place::Place;
use sources::Sources;

/// What `ttt report creator` is asked.
#[derive(Debug, Args)]
pub struct CreatorArguments {
    /// The creator's DID
    pub creator: String,
    /// First day, UTC
    #[arg(long, value_name = "DAY")]
    pub from: NaiveDate,
    /// Last day, which is in the report too
    #[arg(long, value_name = "DAY")]
    pub to: NaiveDate,
    /// How the timeframe is divided: day, week (from Monday) or month
    #[arg(long, default_value = "day", value_parser = grain)]
    pub by: Grain,
    /// Formats, separated by commas: html, csv, json, parquet, pdf
    #[arg(long, value_name = "FORMATS", default_value = "html", value_delimiter = ',', value_parser = format)]
    pub format: Vec<Format>,
    /// Folder or object store URL of the files
    #[arg(long, value_name = "FOLDER", default_value = "report")]
    pub out: String,
}

/// A grain by its name.
pub fn grain(text: &str) -> Result<Grain, String> {
    let known = [Grain::Day, Grain::Week, Grain::Month].into_iter().find(|grain| grain.name() == text);
    known.ok_or_else(|| "it is day, week or month".to_owned())
}

fn format(text: &str) -> Result<Format, String> {
    let known = Format::ALL.into_iter().find(|format| format.ending() == text);
    known.ok_or_else(|| "it is html, csv, json, parquet or pdf".to_owned())
}

/// Reads what there is of the creator, and writes the files with their manifest.
pub async fn write(config: &Config, global: &Global, arguments: &CreatorArguments) -> Outcome<()> {
    let creator = &arguments.creator;
    if !did::is_did(creator) {
        return Err(Failure::usage(format!("{creator:?} is no DID")).with_hint("a DID is did:method:id"));
    }
    let span = Span::new(arguments.from, arguments.to).ok_or_else(|| {
        Failure::usage(format!("--from {} is after --to {}", arguments.from, arguments.to))
            .with_hint("both days are in the report; the earlier one is --from")
    })?;
    let session = night::session(config).await?;
    let limits = night::limits(config, Share::Evenly);
    let mut sources =
        Sources::open(&session, &limits, &config.sql_folder()?, span, arguments.by, Some(creator)).await?;
    let Some(source) = sources.next().await? else { return Err(nothing(&session, creator, span)) };
    let mut formats = arguments.format.clone();
    formats.sort_unstable();
    formats.dedup();
    let place = Place::open(&arguments.out)?;
    let written = export::store(&place, "", source, &formats, false).await?;
    let Some(files) = written else { return Err(Failure::other("a report was not written")) };
    if global.json {
        let files: Vec<_> = files
            .iter()
            .map(|file| json!({"name": file.name, "bytes": file.bytes, "sha256": file.sha256}))
            .collect();
        return print_json(&json!({
            "creator": creator, "from": span.from, "to": span.to, "by": arguments.by.name(),
            "out": arguments.out, "files": files,
        }));
    }
    let rows: Vec<Vec<String>> = files
        .iter()
        .map(|file| vec![format!("  {}", file.name), file.bytes.to_string(), file.sha256.clone()])
        .collect();
    let head = format!("report {} in {}\n", span.label(), arguments.out);
    print(&format!("{head}{}", aligned(&rows, 1)))
}

/// Why there is no report: nothing at all, or nothing in these days.
fn nothing(session: &Session, creator: &str, span: Span) -> Failure {
    let days: std::collections::BTreeSet<NaiveDate> = [&CREATOR_INSIGHTS_DAILY, &CREATOR_STATEMENT_DAILY]
        .into_iter()
        .flat_map(|table| session.days(table))
        .collect();
    let failure = Failure::usage(format!(
        "nothing of {} is released or booked, {}",
        did::masked(creator),
        span.label()
    ));
    failure.with_hint(match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!("the days of any creator lie between {first} and {last}"),
        _ => "run a night first: ttt run nightly".to_owned(),
    })
}
