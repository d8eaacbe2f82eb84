//! `ttt run`: a job for a day or a span of days, under the warehouse's lock.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{NaiveDate, Utc};
use schemas::routes::ROUTE_PROBES;
use schemas::silver::RECONCILIATION;
use schemas::source::Source;
use serde_json::json;
use tokio::sync::OnceCell;
use warehouse::{Lake, Limits, Session, Share};

use crate::calendar;
use crate::cli::{Global, RunArguments};
use crate::config::Config;
use crate::erasing::list::Erased;
use crate::failure::{Failure, Kind, Outcome};
use crate::ingest::Context;
use crate::job::Job;
use crate::landing::Landing;
use crate::lock::Lock;
use crate::progress::Progress;
use crate::run::{self, Ended};
use crate::steps::{self, Night};
use crate::summary;

/// The exit code of a run that was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// A session on the configured warehouse, which must be there.
pub async fn session(config: &Config) -> Outcome<Session> {
    let lake = lake(config)?;
    Ok(Session::new(&lake, &limits(config, Share::Evenly)).await?)
}

/// The configured warehouse, which must be there.
pub fn lake(config: &Config) -> Outcome<Lake> {
    let is_path = !config.warehouse.contains("://");
    if is_path && !PathBuf::from(&config.warehouse).is_dir() {
        return Err(Failure::usage(format!("{}: no warehouse is there", config.warehouse))
            .with_hint("run a night first: ttt run nightly"));
    }
    Ok(Lake::open(&config.warehouse)?)
}

async fn open(config: &Config, share: Share) -> Outcome<Session> {
    let lake = Lake::open(&config.warehouse)?;
    Ok(Session::new(&lake, &limits(config, share)).await?)
}

/// What a session may use.
pub fn limits(config: &Config, share: Share) -> Limits {
    let spill_dir = config.spill.clone().unwrap_or_else(|| std::env::temp_dir().join("ttt-spill"));
    let memory_bytes = config.memory_mib * 1024 * 1024;
    Limits { memory_bytes, threads: config.threads(), share, spill_dir }
}

/// Runs the job for each day of the span; gives the exit code of the last day that did not end well.
pub async fn run(config: &Config, global: &Global, arguments: &RunArguments) -> Outcome<u8> {
    let job = Job::load(&config.jobs_folder()?, &arguments.name)?;
    let reads_landing = job.reads_landing();
    // A job that reads no landing area needs none, but for the default of its day.
    let landing = match Landing::open(&config.landing) {
        Err(failure) if reads_landing => return Err(failure),
        opened => opened.ok(),
    };
    let days = days(landing.as_ref(), arguments).await?;
    let session = open(config, Share::AsAsked).await?;
    let lock = Lock::take(session.lake()).await?;
    let work = async {
        // Whoever held the lock may have written since. From here on every commit is this run's own.
        session.refresh().await?;
        let progress = Progress::new(global.quiet);
        let runner = Runner { config, global, landing, session: session.clone(), progress };
        tokio::select! {
            code = run_days(&runner, &job, days) => code,
            _ = tokio::signal::ctrl_c() => {
                eprintln!("ttt: interrupted; nothing half-written counts, the next run goes on from here");
                Ok(INTERRUPTED)
            }
        }
    };
    let code = lock.hold(work).await?;
    if code == INTERRUPTED {
        // Threads that read and encode are not waited for: what they write is not committed.
        std::process::exit(i32::from(code));
    }
    Ok(code)
}

async fn run_days(runner: &Runner<'_>, job: &Job, days: Vec<NaiveDate>) -> Outcome<u8> {
    let mut code = 0;
    let (mut has_written, mut last) = (false, None);
    let again = job.without_ingest();
    for dt in days {
        if let Some(again) = again.as_ref().filter(|job| job.makes("silver.reconciliation")) {
            for stale in calendar::stale_before(&runner.session, dt).await? {
                let (_, stale_code) = runner.run(again, stale, Some(STALE)).await?;
                code = if stale_code == 0 { code } else { stale_code };
                if !matches!(stale_code, 0 | 4) {
                    return Ok(stale_code);
                }
            }
        }
        let (ended, day_code) = runner.run(job, dt, None).await?;
        code = if day_code == 0 { code } else { day_code };
        has_written |= ended.done.values().any(|done| done.has_written);
        last = Some(dt);
        // A night builds on the one before: after bad input or a fault the later days wait.
        if !matches!(ended.run.exit_code, 0 | 4) {
            return Ok(code);
        }
    }
    if let (true, Some(last), Some(again)) = (has_written, last, again) {
        // A job that estimates alone builds on its own nights.
        let made = if job.is_of_estimates() { &ROUTE_PROBES } else { &RECONCILIATION };
        for later in calendar::nights_after(&runner.session, made, last) {
            let (ended, later_code) = runner.run(&again, later, Some(LATER)).await?;
            code = if later_code == 0 { code } else { later_code };
            if !matches!(ended.run.exit_code, 0 | 4) {
                break;
            }
        }
    }
    Ok(code)
}

/// Why a night is made that was not asked for.
const STALE: &str = "what it was made from has changed since";
const LATER: &str = "it builds on a night that was made anew";

/// What the days of a run share.
struct Runner<'a> {
    config: &'a Config,
    global: &'a Global,
    landing: Option<Landing>,
    session: Session,
    progress: Progress,
}

impl Runner<'_> {
    /// Runs a job on one day and reports it; gives what came of it and its exit code, the limit of open breaks
    /// counted in. With a reason, it is a night that nobody asked for.
    async fn run(&self, job: &Job, dt: NaiveDate, reason: Option<&str>) -> Outcome<(Ended, u8)> {
        let (config, session) = (self.config, &self.session);
        let started_at = Utc::now();
        let about = reason.unwrap_or(&job.about);
        self.progress.say(&format!("{} of {dt}: {about}", job.name));
        // Only what lands can bring somebody back.
        let erased = match job.reads_landing() {
            true => Erased::load(session, config).await?,
            false => Erased::default(),
        };
        let night = Night {
            run_id: run::run_id(&job.name, dt, started_at),
            dt,
            session: session.clone(),
            ingest: Context {
                landing: self.landing.clone(),
                lake: session.lake().clone(),
                session: session.clone(),
                threads: config.threads(),
                ingested_at: started_at.timestamp_micros(),
                progress: self.progress.clone(),
                erased: Arc::new(erased),
                commits: Arc::default(),
                heavy: Arc::default(),
            },
            rules: Arc::new(config.rules()?),
            sql: config.sql_folder()?,
            escrows_per_shard: config.reconcile.escrows_per_shard,
            route: config.route.clone(),
            cache: config.cache.clone(),
            config: config.clone(),
            quality: config.quality.clone(),
            privacy: config.privacy_file()?,
            sorting: Limits {
                memory_bytes: config.memory_mib.div_ceil(2) * 1024 * 1024,
                ..limits(config, Share::Evenly)
            },
            history: OnceCell::new(),
        };
        let ended = run::run(job, night, started_at, &self.progress).await;
        self.progress.finish();
        let ended = ended?;
        let limit = breaks_above(config, session).await?;
        report(self.global, session, &ended, limit.as_ref(), reason).await?;
        let limited = limit.map_or(0, |failure| failure.kind.exit_code());
        let code = if ended.run.exit_code == 0 { limited } else { ended.run.exit_code };
        Ok((ended, code))
    }
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

async fn report(
    global: &Global,
    session: &Session,
    ended: &Ended,
    limit: Option<&Failure>,
    reason: Option<&str>,
) -> Outcome<()> {
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
            json!({"run": ended.run, "made_anew": reason, "attempts": ended.attempts, "ingested": ingested, "failures": messages})
        );
    } else if let Some(reason) = reason {
        println!("{}: {reason}", summary::headline(&ended.run));
    } else {
        println!("{}", summary::of(session, ended).await?);
    }
    for failure in failures {
        eprintln!("ttt: {failure}");
    }
    Ok(())
}
