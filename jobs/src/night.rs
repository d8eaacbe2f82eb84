//! `ttt run`: a job for a day or a span of days, under the warehouse's lock.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{NaiveDate, Utc};
use schemas::source::Source;
use serde_json::json;
use warehouse::{Lake, Limits, Session, Share};

use crate::cli::{Global, RunArguments};
use crate::config::Config;
use crate::failure::{Failure, Kind, Outcome};
use crate::ingest::Context;
use crate::job::{Job, Work};
use crate::landing::Landing;
use crate::lock::Lock;
use crate::progress::Progress;
use crate::run::{self, Ended};
use crate::steps::{self, Night};
use crate::summary;

/// The exit code of a run that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// A session on the configured warehouse, which must be there.
pub async fn session(config: &Config) -> Outcome<Session> {
    let is_path = !config.warehouse.contains("://");
    if is_path && !PathBuf::from(&config.warehouse).is_dir() {
        return Err(Failure::usage(format!("{}: no warehouse is there", config.warehouse))
            .with_hint("run a night first: ttt run nightly"));
    }
    open(config, Share::Evenly).await
}

async fn open(config: &Config, share: Share) -> Outcome<Session> {
    let lake = Lake::open(&config.warehouse)?;
    let spill_dir = config.spill.clone().unwrap_or_else(|| std::env::temp_dir().join("ttt-spill"));
    let memory_bytes = config.memory_mib * 1024 * 1024;
    Ok(Session::new(&lake, &Limits { memory_bytes, threads: config.threads(), share, spill_dir }).await?)
}

/// Runs the job for each day of the span; gives the exit code of the last day that did not end well.
pub async fn run(config: &Config, global: &Global, arguments: &RunArguments) -> Outcome<u8> {
    let job = Job::load(&config.jobs_folder()?, &arguments.name)?;
    let reads_landing = job.steps.iter().any(|step| matches!(step.work, Work::Ingest { .. }));
    // A job that reads no landing area needs none, but for the default of its day.
    let landing = match Landing::open(&config.landing) {
        Err(failure) if reads_landing => return Err(failure),
        opened => opened.ok(),
    };
    let days = days(landing.as_ref(), arguments).await?;
    let session = open(config, Share::AsAsked).await?;
    let lock = Lock::take(session.lake()).await?;
    let code = tokio::select! {
        code = run_days(config, global, &job, landing, &session, days) => code,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("ttt: interrupted; nothing half-written counts, the next run goes on from here");
            lock.release().await;
            // Threads that read and encode are not waited for: what they write is not committed.
            std::process::exit(INTERRUPTED);
        }
    };
    lock.release().await;
    code
}

async fn run_days(
    config: &Config,
    global: &Global,
    job: &Job,
    landing: Option<Landing>,
    session: &Session,
    days: Vec<NaiveDate>,
) -> Outcome<u8> {
    let progress = Progress::new(global.quiet);
    let mut code = 0;
    for dt in days {
        let started_at = Utc::now();
        progress.say(&format!("{} of {dt}: {}", job.name, job.about));
        session.refresh().await?;
        let night = Night {
            run_id: run::run_id(&job.name, dt, started_at),
            dt,
            session: session.clone(),
            ingest: Context {
                landing: landing.clone(),
                lake: session.lake().clone(),
                session: session.clone(),
                threads: config.threads(),
                ingested_at: started_at.timestamp_micros(),
                progress: progress.clone(),
                commits: Arc::default(),
                heavy: Arc::default(),
            },
            rules: Arc::new(config.rules()?),
            sql: config.sql_folder()?,
            escrows_per_shard: config.reconcile.escrows_per_shard,
        };
        let ended = run::run(job, night, started_at, &progress).await;
        progress.finish();
        let ended = ended?;
        session.refresh().await?;
        let limit = breaks_above(config, session).await?;
        report(global, session, &ended, limit.as_ref()).await?;
        let limited = limit.map_or(0, |failure| failure.kind.exit_code());
        let day_code = if ended.run.exit_code == 0 { limited } else { ended.run.exit_code };
        code = if day_code == 0 { code } else { day_code };
        // A night builds on the one before: after bad input or a fault the later days wait.
        if !matches!(ended.run.exit_code, 0 | 4) {
            break;
        }
    }
    Ok(code)
}

async fn days(landing: Option<&Landing>, arguments: &RunArguments) -> Outcome<Vec<NaiveDate>> {
    match (arguments.date, arguments.from, arguments.to) {
        (Some(date), _, _) => Ok(vec![date]),
        (None, Some(from), Some(to)) if from <= to => {
            Ok(from.iter_days().take_while(|day| *day <= to).collect())
        }
        (None, Some(from), Some(to)) => Err(Failure::usage(format!("--from {from} is after --to {to}"))),
        _ => {
            let mut last = None;
            if let Some(landing) = landing {
                for source in Source::ALL {
                    last = last.max(landing.days(source).await?.last().copied());
                }
            }
            let nothing = || {
                Failure::usage("nothing has landed, so there is no last day")
                    .with_hint("give a day with --date, or the landing area with --landing")
            };
            Ok(vec![last.ok_or_else(nothing)?])
        }
    }
}

/// The failed control, where more breaks are open than the configuration allows.
async fn breaks_above(config: &Config, session: &Session) -> Outcome<Option<Failure>> {
    let Some(limit) = config.reconcile.breaks_max else { return Ok(None) };
    let open = steps::count(session, "SELECT count(*) FROM silver.breaks WHERE status = 'OPEN'").await?;
    let message = format!("{open} breaks are open, {limit} are allowed");
    Ok((open > limit).then(|| Failure::new(Kind::Control, message)))
}

async fn report(global: &Global, session: &Session, ended: &Ended, limit: Option<&Failure>) -> Outcome<()> {
    let failures: Vec<&Failure> = ended.failures.iter().chain(limit).collect();
    if global.json {
        let ingested: Vec<_> = ended
            .done
            .values()
            .flat_map(|done| &done.ingested)
            .map(|(source, found)| {
                json!({
                    "source": source.folder(), "rows": found.rows, "good": found.good,
                    "replays": found.replays, "conflicts": found.conflicts,
                    "quarantined": found.quarantined, "files_read": found.files_read,
                    "files_known": found.files_known, "bytes": found.bytes,
                })
            })
            .collect();
        let messages: Vec<_> = failures.iter().map(|failure| &failure.message).collect();
        println!(
            "{}",
            json!({"run": ended.run, "attempts": ended.attempts, "ingested": ingested, "failures": messages})
        );
    } else {
        println!("{}", summary::of(session, ended).await?);
    }
    for failure in failures {
        eprintln!("ttt: {failure}");
    }
    Ok(())
}
