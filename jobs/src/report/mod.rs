//! `ttt report`: files for people who do not ask in SQL.

mod books;
pub mod creator;
mod delivery;
mod fee_journal;
mod files;
mod journal;
mod open_breaks;
mod page;
mod period;
mod postings;
mod quality;
mod roll_forward;
mod steering;
mod svg;
mod trial_balance;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

pub use books::BooksArguments;
pub use creator::CreatorArguments;
pub use delivery::DeliveryArguments;
pub use quality::QualityArguments;
pub use steering::SteeringArguments;

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
    /// Write one creator's report of a timeframe, as a page, a table, JSON, Parquet or PDF
    Creator(CreatorArguments),
    /// Write one page on tomorrow's routes and caches, and on what was served
    Delivery(DeliveryArguments),
    /// Write one page on the quality that each cohort of viewers is offered, and its HLS and DASH manifests
    Quality(QualityArguments),
    /// Write HLS and DASH content-steering manifests of a night's routes, one for each demand cell
    Steering(SteeringArguments),
}

/// Writes a report; one that is interrupted leaves nothing behind.
pub async fn write(config: &Config, global: &Global, arguments: &ReportArguments) -> Outcome<()> {
    let written = async {
        match &arguments.report {
            Report::Books(arguments) => books::write(config, global, arguments).await,
            Report::Creator(arguments) => creator::write(config, global, arguments).await,
            Report::Delivery(arguments) => delivery::write(config, global, arguments).await,
            Report::Quality(arguments) => quality::write(config, global, arguments).await,
            Report::Steering(arguments) => steering::write(config, global, arguments).await,
        }
    };
    tokio::select! {
        outcome = written => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::other("interrupted: nothing was written")),
    }
}
