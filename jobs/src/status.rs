//! `ttt status`: the runs that ended, the latest first.

use warehouse::Session;

use crate::cli::{Global, StatusArguments};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use crate::sql::{self, Format, SqlArguments};

/// Shows the last runs, or the steps of one.
pub async fn show(config: &Config, global: &Global, arguments: &StatusArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let query = match &arguments.run {
        Some(run) => steps_of(&session, run).await?,
        None => format!(
            "SELECT run_id, day, outcome, exit_code AS exit, rows_in, rows_quarantined AS quarantined, rows_out, \
             round(seconds, 1) AS seconds, round(cpu_seconds, 1) AS cpu_seconds, \
             memory_peak_bytes / 1048576 AS memory_mib, started_at, message \
             FROM ops.runs ORDER BY started_at DESC LIMIT {}",
            arguments.limit
        ),
    };
    sql::run(&session, &arguments_of(query, global.json), global.json).await
}

/// A table for a person, wherever it goes, unless JSON is asked for.
fn arguments_of(query: String, json: bool) -> SqlArguments {
    let format = (!json).then_some(Format::Table);
    SqlArguments { query: Some(query), file: None, format, output: None, limit: None }
}

async fn steps_of(session: &Session, run: &str) -> Outcome<String> {
    // A run's name is letters, digits and dashes: anything else names none.
    let known = run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let query = format!("SELECT count(*) FROM ops.runs WHERE run_id = '{run}'");
    if !known || crate::steps::count(session, &query).await? == 0 {
        return Err(Failure::usage(format!("no run is named {run}")).with_hint("`ttt status` lists them"));
    }
    Ok(format!(
        "SELECT step, attempt, outcome, rows_in, rows_out, round(seconds, 2) AS seconds, started_at, message \
         FROM ops.job_attempts WHERE run_id = '{run}' ORDER BY started_at, step, attempt"
    ))
}
