//! `ttt replay`: the planners' simulators alone, on traces in public formats.

mod cache;
mod ladders;
mod played;
mod quality;
mod recorded;
mod sizes;
mod trace;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::failure::Outcome;

pub use cache::CacheArguments;
pub use ladders::LaddersArguments;
pub use quality::QualityArguments;

/// What `ttt replay` is asked.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    #[command(subcommand)]
    pub replay: Replay,
}

#[derive(Debug, Subcommand)]
pub enum Replay {
    /// Put a trace of requests through caches: what each policy and size would have found
    Cache(CacheArguments),
    /// Play a movie over recorded networks: what each rule would have shown, and when it would have stalled
    Quality(QualityArguments),
    /// Find the best ladder of bitrates for each of some distributions of bandwidth
    Ladders(LaddersArguments),
}

/// Replays; nothing is written but what is printed.
pub async fn run(global: &Global, arguments: &ReplayArguments) -> Outcome<()> {
    match &arguments.replay {
        Replay::Cache(arguments) => cache::run(global, arguments).await,
        Replay::Quality(arguments) => quality::run(global, arguments).await,
        Replay::Ladders(arguments) => ladders::run(global, arguments),
    }
}
