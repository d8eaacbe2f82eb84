//! `ttt report delivery`: tomorrow's routes and caches, and what was served, on one page.

mod caches;
pub(super) mod chart;
mod compare;
mod hits;
mod losses;
mod nodes;
pub(super) mod page;
mod plan;
pub(super) mod read;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use warehouse::Session;

use super::files::Files;
use crate::aligned::{print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;

/// What `ttt report delivery` is asked.
#[derive(Debug, Args)]
pub struct DeliveryArguments {
    /// The night, UTC: its plan is for the day after [default: the last that has anything of delivery]
    #[arg(long, value_name = "DAY")]
    pub date: Option<NaiveDate>,
    /// The page
    #[arg(long, value_name = "FILE", default_value = "delivery.html")]
    pub out: PathBuf,
}

/// Reads what there is of the day; what is not there is said on the page.
pub async fn write(config: &Config, global: &Global, arguments: &DeliveryArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let date = date(&session, arguments.date)?;
    let sections = page::sections(&session, date).await?;
    let text = page::html(date, &sections);
    let Some(name) = arguments.out.file_name() else {
        return Err(Failure::usage(format!("{}: is no file", arguments.out.display())));
    };
    if arguments.out.is_dir() {
        return Err(Failure::usage(format!(
            "{}: is a folder, and should be a file",
            arguments.out.display()
        )));
    }
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut files = Files::open(folder.unwrap_or(Path::new(".")))?;
    files.write(name.to_string_lossy().into_owned(), &text)?;
    files.publish()?;
    let absent: Vec<_> = sections.iter().flat_map(|section| &section.absent).collect();
    if global.json {
        return print_json(
            &json!({"date": date, "out": arguments.out, "bytes": text.len(), "absent": absent}),
        );
    }
    let left_out = match absent.len() {
        0 => String::new(),
        _ => format!(
            "nothing of that day in: {}\n",
            absent.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        ),
    };
    print(&format!("delivery on {date}: {}, {} bytes\n{left_out}", arguments.out.display(), text.len()))
}

/// The day that was asked for, or the last that has anything.
fn date(session: &Session, asked: Option<NaiveDate>) -> Outcome<NaiveDate> {
    let known = read::TABLES.iter().filter_map(|name| schemas::table(name));
    let days: std::collections::BTreeSet<NaiveDate> = known.flat_map(|table| session.days(table)).collect();
    let failure = |what: String| match (days.first(), days.last()) {
        (Some(first), Some(last)) => {
            Failure::usage(what).with_hint(format!("the nights that have lie between {first} and {last}"))
        }
        _ => Failure::usage(what).with_hint("run a night first: ttt run nightly"),
    };
    match asked {
        Some(date) if !days.contains(&date) => Err(failure(format!("{date} has nothing of delivery"))),
        Some(date) => Ok(date),
        None => days.last().copied().ok_or_else(|| failure("no night has anything of delivery".to_owned())),
    }
}
