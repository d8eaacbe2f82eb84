//! `ttt keys`, and the step of the night that makes a month's key and destroys those whose time is over.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::keys::{Keys, month};
use crate::aligned::{print, print_json};
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
            let months: Vec<_> = keys
                .months()
                .map(|(month, is_there)| (month.to_owned(), if is_there { "there" } else { "destroyed" }))
                .collect();
            let erasure = if keys.erasure.is_some() { "there" } else { "absent" };
            if global.json {
                return print_json(&json!({"months": months, "erasure": erasure}));
            }
            let lines = months.iter().map(|(month, state)| format!("{month}  {state}\n"));
            return print(&format!("{}erasure  {erasure}\n", lines.collect::<String>()));
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
            let over = keys.destroy(*date, config.pseudonyms.late_days);
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
    let over = keys.destroy(night.dt, night.config.pseudonyms.late_days);
    notes.extend(over.iter().map(|month| format!("the key of {month} was destroyed")));
    if !notes.is_empty() {
        keys.store()
            .map_err(|failure| Failure { message: format!("keys: {}", failure.message), ..failure })?;
    }
    Ok(Done { notes, ..Done::default() })
}
