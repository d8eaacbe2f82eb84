//! `ttt serve`: the warehouse for analysts' own tools, over the Postgres wire.

mod history;
mod pseudonym;
pub mod settings;
pub mod users;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use access::{AsOf, OpenTables, Options, Question, Refusal, Server, Tls};
use clap::Args;
use datafusion::catalog::TableProvider;
use futures::FutureExt;
use schemas::table::Table;
use warehouse::desk::At;
use warehouse::{Lake, Limits, Share};

use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// Answer analysts' own tools over the Postgres wire, until Ctrl-C
///
/// Any client of PostgreSQL connects to the database `ttt` with a name and password of `ttt user`. Each sees what its
/// role may see, at the latest committed versions, and changes nothing.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address and port [default: 127.0.0.1:5433]
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// PEM file of the certificates; needed for anything but loopback
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// PEM file of their private key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// File of those who may log in [default: users.ttt]
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
}

/// Serves until it is interrupted.
pub async fn run(config: &Config, global: &Global, arguments: &ServeArguments) -> Outcome<()> {
    let settings = settings_of(config, arguments)?;
    let lake = crate::night::lake(config)?;
    let limits = Limits { share: Share::Evenly, ..crate::night::limits(config, Share::Evenly) };
    let questions = Question::load(&config.sql_folder()?.join("questions")).map_err(Failure::usage)?;
    let (of_roles, users) = (settings.clone(), settings.users.clone());
    let tls = settings.certificate.clone().zip(settings.key.clone());
    let options = Options {
        address: settings.address()?,
        tls: tls.map(|(certificate, key)| Tls { certificate, key }),
        connections_max: settings.connections_max,
        statements_max: settings.statements_max,
        resident_bytes: settings.resident_mib << 20,
        threads: config.threads(),
        idle: settings.idle(),
        limits: Box::new(move |role| of_roles.limits(role)),
        users: Box::new(move || users::load(&users)),
        engine: lake.engine(&limits)?,
        open: open(lake.clone()),
        pseudonym: pseudonym::function(config)?,
        questions,
    };
    let (server, records) = Server::open(options).await.map_err(Failure::usage)?;
    let address = server.address().map_err(Failure::other)?;
    if global.json {
        println!("{}", serde_json::json!({"address": address.to_string()}));
        let _ = std::io::stdout().flush();
    }
    eprintln!("ttt: serving {} at {address}, database ttt; Ctrl-C ends it", lake.url());
    let writing =
        tokio::spawn(history::write(lake, records, settings.history_days, settings.history_seconds));
    let dropped = server.serve(interrupted()).await;
    writing.await?;
    if dropped > 0 {
        eprintln!("ttt: {dropped} statements found no room in the history");
    }
    Ok(())
}

fn settings_of(config: &Config, arguments: &ServeArguments) -> Outcome<settings::Serve> {
    let mut settings = config.serve.clone();
    settings.address = arguments.address.clone().unwrap_or(settings.address);
    settings.certificate = arguments.certificate.clone().or(settings.certificate);
    settings.key = arguments.key.clone().or(settings.key);
    settings.users = arguments.users.clone().unwrap_or(settings.users);
    settings.check()?;
    Ok(settings)
}

/// Opens tables at one version each.
fn open(lake: Lake) -> OpenTables {
    Arc::new(move |tables: Vec<&'static Table>, as_of| {
        let lake = lake.clone();
        async move {
            let at = match as_of {
                AsOf::Latest => At::Latest,
                AsOf::Time(time) => At::Time(time),
                AsOf::Version(version) => At::Version(version),
            };
            let opened = tables.into_iter().map(|table| {
                let lake = lake.clone();
                async move { lake.table_at(table, at).await }
            });
            let opened: Vec<Arc<dyn TableProvider>> =
                futures::future::try_join_all(opened).await.map_err(|error| refusal(&error))?;
            Ok(opened)
        }
        .boxed()
    })
}

/// What a client is told when a table cannot be opened: not where it lies.
fn refusal(error: &warehouse::Error) -> Refusal {
    match error {
        warehouse::Error::Invalid(message) if message.contains("has no version") => {
            Refusal::new("22023", message)
        }
        _ => Refusal::new("58030", "the tables could not be read for now"),
    }
}

/// Ctrl-C, or the word of whoever supervises.
async fn interrupted() {
    #[cfg(unix)]
    {
        let mut terminated = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(_) => return drop(tokio::signal::ctrl_c().await),
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
