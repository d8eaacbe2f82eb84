//! `ttt keys`, and the step of the night that makes a month's key and destroys those whose time is over.

use std::path::Path;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::keys::{Keys, month};
use crate::aligned::{aligned, print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::steps::{Done, Night};

/// What `ttt keys` is asked.
#[derive(Debug, Args)]
pub struct KeysArguments {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show which months have a key; no key is shown
    List,
    /// Make the key of a day's month, and that of erasures, where they were never there
    Make {
        #[arg(long, value_name = "DAY")]
        date: NaiveDate,
    },
    /// Destroy the keys of months whose late data is no longer waited for on a day
    Destroy {
        #[arg(long, value_name = "DAY")]
        date: NaiveDate,
    },
}

/// Does what was asked.
pub fn run(config: &Config, global: &Global, arguments: &KeysArguments) -> Outcome<()> {
    let mut keys = Keys::load(config)?;
    let said = match &arguments.action {
        Action::List => {
            let state = |is_there: bool| if is_there { "there" } else { "destroyed" };
            let of = |months: &mut dyn Iterator<Item = (&str, bool)>| -> Vec<_> {
                months.map(|(month, is_there)| (month.to_owned(), state(is_there))).collect()
            };
            let (months, pairs) = (of(&mut keys.months()), of(&mut keys.months_of_pairs()));
            let erasure = if keys.erasure.is_some() { "there" } else { "absent" };
            if global.json {
                return print_json(&json!({"months": months, "pairs": pairs, "erasure": erasure}));
            }
            let names = ["pseudonyms", "pairs"].into_iter().zip([months, pairs]);
            let rows = names.flat_map(|(what, months)| {
                months.into_iter().map(move |(month, state)| vec![what.to_owned(), month, state.to_owned()])
            });
            let last = vec!["erasures".to_owned(), String::new(), erasure.to_owned()];
            return print(&aligned(&rows.chain([last]).collect::<Vec<_>>(), 3));
        }
        Action::Make { date } => {
            let (of_month, of_erasure) = (keys.make(&month(*date))?, keys.make_erasure()?);
            if of_month || of_erasure {
                keys.store()?;
            }
            let said =
                |what: &str, made: bool| format!("{what}: {}", if made { "made" } else { "as it was" });
            vec![said(&month(*date), of_month), said("erasure", of_erasure)]
        }
        Action::Destroy { date } => {
            let over =
                keys.destroy(*date, config.pseudonyms.late_days, window_days(&config.privacy_file()?)?);
            if !over.is_empty() {
                keys.store()?;
            }
            over.into_iter().map(|month| format!("{month}: destroyed")).collect()
        }
    };
    if global.json {
        print_json(&said)
    } else {
        print(&said.iter().map(|line| format!("{line}\n")).collect::<String>())
    }
}

/// For so many days it is looked at who was with whom.
fn window_days(policy: &Path) -> Outcome<u32> {
    let window = super::policy(policy)?.window_days;
    u32::try_from(window).map_err(Failure::usage)
}

/// The night's part: nothing without a file of keys.
pub fn turn(night: &Night) -> Outcome<Done> {
    let mut keys = Keys::load(&night.config)?;
    if !keys.is_kept() {
        return Ok(Done {
            notes: vec!["no file of keys is configured: no pseudonyms are offered".to_owned()],
            ..Done::default()
        });
    }
    let name = month(night.dt);
    let mut notes = Vec::new();
    if keys.make(&name)? {
        notes.push(format!("the key of {name} was made"));
    }
    let over = keys.destroy(night.dt, night.config.pseudonyms.late_days, window_days(&night.privacy)?);
    notes.extend(over.iter().map(|month| format!("the key of {month} was destroyed")));
    if !notes.is_empty() {
        keys.store()
            .map_err(|failure| Failure { message: format!("keys: {}", failure.message), ..failure })?;
    }
    Ok(Done { notes, ..Done::default() })
}
