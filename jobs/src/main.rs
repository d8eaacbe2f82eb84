//! `ttt`: parse, one match, exit code.

mod cli;
mod config;
mod failure;
mod variables;

mod job;
mod night;
mod run;
mod steps;

mod caching;
mod calendar;
mod erasing;
mod estimating;
mod grading;
mod ingest;
mod judging;
mod landing;
mod lease;
mod ledger;
mod lineage;
mod lock;
mod past;
mod pricing;
mod privacy;
mod rebuilding;
mod releasing;
mod routing;
mod subscribing;

mod ask;
mod documented;
mod explain;
mod generate;
mod replay;
mod report;
mod resolve;
mod serve;
mod solve;
mod sql;
mod status;
mod strategy;
mod summary;
mod verify;

mod aligned;
mod allocator;
mod answer;
mod progress;
mod rows;
mod usage;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use cli::{Cli, Command, Global};
use config::Config;
use failure::Outcome;
use privacy::keys::Keys;
use resolve::Action;

#[tokio::main]
async fn main() -> ExitCode {
    allocator::set_up();
    let cli = Cli::parse();
    match dispatch(&cli).await {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if cli.global.json {
                let text =
                    serde_json::json!({"error": failure.message, "exit_code": failure.kind.exit_code()});
                println!("{text}");
            }
            eprintln!("ttt: {failure}");
            ExitCode::from(failure.kind.exit_code())
        }
    }
}

async fn dispatch(cli: &Cli) -> Outcome<u8> {
    let config = configured(&cli.global)?;
    match &cli.command {
        Command::Run(arguments) => return night::run(&config, &cli.global, arguments).await,
        Command::Sql(arguments) => {
            let session = night::session(&config).await?;
            privacy::register(&session, Arc::new(Keys::load(&config)?));
            sql::run(&session, arguments, cli.global.json).await?;
        }
        Command::Resolve(arguments) => resolve::run(&config, &cli.global, arguments, Action::Resolve).await?,
        Command::Reopen(arguments) => resolve::run(&config, &cli.global, arguments, Action::Reopen).await?,
        Command::Verify(arguments) => return verify::run(&config, &cli.global, arguments).await,
        Command::Status(arguments) => status::show(&config, &cli.global, arguments).await?,
        Command::Explain(arguments) => explain::show(&config, &cli.global, arguments).await?,
        Command::Strategy(arguments) => strategy::show(&config, arguments).await?,
        Command::Report(arguments) => report::write(&config, &cli.global, arguments).await?,
        Command::Erase(arguments) => erasing::run(&config, &cli.global, arguments).await?,
        Command::Keys(arguments) => privacy::command::run(&config, &cli.global, arguments)?,
        Command::Replay(arguments) => replay::run(&cli.global, arguments).await?,
        Command::Solve(arguments) => return solve::run(&cli.global, arguments),
        Command::Serve(arguments) => serve::run(&config, &cli.global, arguments).await?,
        Command::Ask(arguments) => ask::run(&config, &cli.global, arguments).await?,
        Command::Tables(arguments) => documented::tables(&config, &cli.global, arguments)?,
        Command::Docs(arguments) => documented::docs(&config, &cli.global, arguments)?,
        Command::User(arguments) => serve::users::run(&config, &cli.global, arguments)?,
        Command::Generate(arguments) => generate::write(&cli.global, arguments).await?,
    }
    Ok(0)
}

/// File and variables, then the flags above them.
fn configured(global: &Global) -> Outcome<Config> {
    let mut config = Config::load(global.config.as_deref())?;
    config.landing = global.landing.clone().unwrap_or(config.landing);
    config.warehouse = global.warehouse.clone().unwrap_or(config.warehouse);
    Ok(config)
}
