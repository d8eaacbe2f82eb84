//! `ttt report books`: the accountants' files of a period, all of one version of the tables.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::files::{Files, Written};
use super::journal::{self, Sums};
use super::page::{self, Books};
use super::period::Period;
use super::trial_balance::{self, TrialBalance};
use super::{fee_journal, open_breaks, roll_forward};
use crate::aligned::{aligned, print, print_json};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::Outcome;
use crate::night;

/// What `ttt report books` is asked.
#[derive(Debug, Args)]
pub struct BooksArguments {
    /// First day of the period, by landing day in UTC
    #[arg(long, value_name = "DAY")]
    pub from: NaiveDate,
    /// Last day of the period
    #[arg(long, value_name = "DAY")]
    pub to: NaiveDate,
    /// Folder of the files
    #[arg(long, value_name = "FOLDER", default_value = "books")]
    pub out: PathBuf,
}

/// Reads, proves, writes, and only then shows the files.
pub async fn write(config: &Config, global: &Global, arguments: &BooksArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let period = Period::find(&session, arguments.from, arguments.to)?;
    let rules = config.rules()?;
    let balance = trial_balance::read(&session, &period).await?;
    let roll_forward = roll_forward::read(&session, &period).await?;
    let open = open_breaks::read(&session, &period, &roll_forward).await?;
    let fees = fee_journal::read(&session, &period, &rules.schedule).await?;
    let mut files = Files::open(&arguments.out)?;
    let sums = journal::write(&session, &period, &balance, files.create("books.journal")?).await?;
    files.write("trial_balance.csv", balance.csv().text())?;
    files.write("fee_journal.csv", fees.csv().text())?;
    files.write("open_breaks.csv", open.csv().text())?;
    files.write("roll_forward.csv", roll_forward.csv().text())?;
    let books = Books {
        period: &period,
        balance: &balance,
        fees: &fees,
        open: &open,
        roll_forward: &roll_forward,
        sums: &sums,
    };
    files.write("books.html", &page::html(&books))?;
    let written = files.publish()?;
    tell(global, arguments, &period, &balance, &sums, &written)
}

fn tell(
    global: &Global,
    arguments: &BooksArguments,
    period: &Period,
    balance: &TrialBalance,
    sums: &Sums,
    written: &[Written],
) -> Outcome<()> {
    let currencies: Vec<&str> = balance.currencies().collect();
    if global.json {
        let report = json!({
            "from": period.from,
            "to": period.to,
            "nights": period.nights,
            "entries": sums.entries,
            "unbalanced_entries": sums.unbalanced_entries,
            "currencies": currencies,
            "out": arguments.out,
            "files": written,
        });
        return print_json(&report);
    }
    let head = format!(
        "books from {} to {}: {} nights, {} ledger entries, {} of them unbalanced, in {}\n",
        period.from,
        period.to,
        period.nights.len(),
        sums.entries,
        sums.unbalanced_entries,
        currencies.join(", ")
    );
    let line = |file: &Written| {
        vec![arguments.out.join(file.name.as_ref()).display().to_string(), file.bytes.to_string()]
    };
    print(&format!("{head}{}", aligned(&written.iter().map(line).collect::<Vec<_>>(), 1)))
}
