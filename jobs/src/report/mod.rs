//! `ttt report`: files for people who do not ask in SQL.

mod books;
mod csv;
mod fee_journal;
mod files;
mod journal;
mod open_breaks;
mod page;
mod period;
mod postings;
mod roll_forward;
mod svg;
mod trial_balance;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

pub use books::BooksArguments;

/// What `ttt report` is asked.
#[derive(Debug, Args)]
pub struct ReportArguments {
    #[command(subcommand)]
    pub report: Report,
}

#[derive(Debug, Subcommand)]
pub enum Report {
    /// Write the accountants' files: trial balance, fee journal, open breaks, roll-forward, and a journal
    Books(BooksArguments),
}

/// Writes a report; one that is interrupted leaves nothing behind.
pub async fn write(config: &Config, global: &Global, arguments: &ReportArguments) -> Outcome<()> {
    let Report::Books(arguments) = &arguments.report;
    tokio::select! {
        outcome = books::write(config, global, arguments) => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::other("interrupted: nothing was written")),
    }
}
