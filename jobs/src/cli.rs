//! The command line: every command and flag.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ask::AskArguments;
use crate::documented::{DocsArguments, TablesArguments};
use crate::erasing::EraseArguments;
use crate::explain::ExplainArguments;
use crate::privacy::command::KeysArguments;
use crate::replay::ReplayArguments;
use crate::report::ReportArguments;
use crate::serve::ServeArguments;
use crate::serve::users::UserArguments;
use crate::sql::SqlArguments;
use crate::strategy::StrategyArguments;

/// TikTokToe's nightly pipeline and analytics warehouse.
///
/// Data goes to stdout, progress and logs to stderr. Exit codes: 0 done; 2 wrong use; 3 bad input refused,
/// nothing of it written; 4 done, but a control failed; 5 another run holds the lock; 75 a passing fault, try
/// again; 1 anything else.
#[derive(Debug, Parser)]
#[command(name = "ttt", version, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file [default: ttt.toml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Landing area, as a path or URL [default: data-samples]
    #[arg(long, global = true, value_name = "URL")]
    pub landing: Option<String>,
    /// Warehouse, as a path or URL [default: warehouse]
    #[arg(long, global = true, value_name = "URL")]
    pub warehouse: Option<String>,
    /// Output for machines
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a job, such as the whole night, for a day or a span of days
    Run(RunArguments),
    /// Ask in SQL: one statement, a file, or a prompt
    Sql(SqlArguments),
    /// Recheck the whole ledger from its first entry, or prove that an entry is in it
    Verify(VerifyArguments),
    /// Resolve breaks by hand: who, when and why is written down
    Resolve(ResolveArguments),
    /// Reopen breaks that were resolved by hand
    Reopen(ResolveArguments),
    /// Show the runs, with rows, times, memory and outcome
    Status(StatusArguments),
    /// Show why a break, an escrow, a transaction or a ledger entry reads as it does
    Explain(ExplainArguments),
    /// Show how a content is delivered to a viewer: route, caching, quality and fallback, with reasons
    Strategy(StrategyArguments),
    /// Write files for people, such as the accountants' books
    Report(ReportArguments),
    /// Take a person out of the warehouse; released numbers stay, and books still prove
    Erase(EraseArguments),
    /// Show, make or destroy the keys of pseudonyms and erasures
    Keys(KeysArguments),
    /// Run the planners' simulators alone, on traces in public formats
    Replay(ReplayArguments),
    /// Write a landing area with planted faults, and their key beside it
    Generate(GenerateArguments),
    /// Solve a minimum-cost flow in the DIMACS format, with proof
    Solve(SolveArguments),
    /// Ask a saved question, such as `ttt ask fees_by_day from=2026-11-01`
    Ask(AskArguments),
    /// Show the tables, or one with its columns, their meaning, privacy and origin
    Tables(TablesArguments),
    /// Write the catalogue as one page that needs no network
    Docs(DocsArguments),
    /// Answer analysts' own tools over the Postgres wire, until Ctrl-C
    Serve(ServeArguments),
    /// Add, change, remove or list those who may log in to `ttt serve`
    User(UserArguments),
}

#[derive(Debug, Args)]
pub struct RunArguments {
    /// The job: nightly, or one of its parts
    pub name: String,
    /// The business day, UTC [default: the last day that landed]
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub date: Option<NaiveDate>,
    /// First day of a span
    #[arg(long, requires = "to")]
    pub from: Option<NaiveDate>,
    /// Last day of a span
    #[arg(long, requires = "from")]
    pub to: Option<NaiveDate>,
}

#[derive(Debug, Args)]
pub struct ResolveArguments {
    /// The breaks, by their ids in silver.breaks
    #[arg(value_name = "BREAK_ID", conflicts_with = "file")]
    pub breaks: Vec<String>,
    /// A CSV file with a header: break_id, and reason and by where they differ from line to line
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The last night that counts, UTC [default: all that landed]
    #[arg(long)]
    pub date: Option<NaiveDate>,
    /// Print a proof that this entry is in the ledger that a night signed
    #[arg(long, value_name = "ENTRY")]
    pub proof: Option<String>,
}

/// Solve a minimum-cost flow in the DIMACS format, with proof
///
/// Prints `s COST` and a line `f TAIL HEAD FLOW` for each arc that carries something; with --json the objective, the
/// lower bound that the dual proves, and the seconds that solving took. A network without an optimum is answered by
/// `c infeasible …` or `c unbounded …` with what shows it, and exit code 4. A capacity of -1 is none. Lower bounds are
/// not negative.
#[derive(Debug, Args)]
pub struct SolveArguments {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    pub file: String,
}

#[derive(Debug, Args)]
pub struct StatusArguments {
    /// Runs to show, the latest first
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// Show the steps of one run
    pub run: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
    Mixed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ContentLadder {
    Usual,
    Fitted,
    Oversized,
}

#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// Folder of the landing area
    #[arg(long)]
    pub out: PathBuf,
    /// Folder of the key [default: the landing area's name with .key]
    #[arg(long)]
    pub key: Option<PathBuf>,
    /// The same seed and options give the same bytes
    #[arg(long)]
    pub seed: Option<u64>,
    /// First day
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// Days
    #[arg(long)]
    pub days: Option<u32>,
    /// Escrows a day, each with its transfer and ledger entry
    #[arg(long)]
    pub escrows: Option<u64>,
    /// Playback sessions a day
    #[arg(long)]
    pub playbacks: Option<u64>,
    /// Access-log lines a day
    #[arg(long)]
    pub requests: Option<u64>,
    /// Subscriptions started a day
    #[arg(long)]
    pub subscriptions: Option<u64>,
    /// Edge nodes
    #[arg(long)]
    pub nodes: Option<u32>,
    /// Contents published a day
    #[arg(long)]
    pub contents: Option<u64>,
    /// Contents of the years before, which the first day brings and nobody watches any more
    #[arg(long)]
    pub archived: Option<u64>,
    /// The ladder of all contents; an oversized one is planted for the quality plans to find
    #[arg(long, value_enum)]
    pub ladder: Option<ContentLadder>,
    /// Files of each source and day
    #[arg(long)]
    pub files: Option<u32>,
    #[arg(long, value_enum)]
    pub compression: Option<Packing>,
    /// Share of escrows with a planted fault
    #[arg(long)]
    pub faults: Option<f64>,
    /// Share of monthly and yearly subscriptions with a planted fault (none where --faults is 0)
    #[arg(long)]
    pub subscription_faults: Option<f64>,
    /// Share of breaks that the key says a person resolves
    #[arg(long)]
    pub resolutions: Option<f64>,
    /// Share of rows sent twice
    #[arg(long)]
    pub replays: Option<f64>,
    /// Bad lines for each good one
    #[arg(long)]
    pub bad_lines: Option<f64>,
    /// Share of rows that land a day late
    #[arg(long)]
    pub late: Option<f64>,
    /// Write no manifests
    #[arg(long)]
    pub no_manifests: bool,
}
