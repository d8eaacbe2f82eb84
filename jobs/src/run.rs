//! A job on one day: its steps in the order of their needs, side by side where they need nothing of each
//! other, each attempt recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use schemas::ops::{JOB_ATTEMPTS, RUNS};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::failure::{Failure, Kind, Outcome};
use crate::job::{Job, Step};
use crate::progress::Progress;
use crate::steps::{self, Done, Night};
use crate::{rows, usage};

/// How one attempt at a step went, as `ops.job_attempts` has it.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub run_id: String,
    pub step: String,
    pub attempt: u32,
    pub started_at: String,
    pub ended_at: String,
    pub outcome: &'static str,
    pub rows_in: u64,
    pub rows_out: u64,
    pub seconds: f64,
    pub message: Option<String>,
}

/// How a run went, as `ops.runs` has it.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub run_id: String,
    pub job: String,
    pub day: NaiveDate,
    pub started_at: String,
    pub ended_at: String,
    pub outcome: &'static str,
    pub exit_code: u8,
    pub rows_in: u64,
    pub rows_quarantined: u64,
    pub rows_out: u64,
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub memory_peak_bytes: u64,
    pub message: Option<String>,
}

/// A run that ended, however it did.
pub struct Ended {
    pub run: Run,
    pub attempts: Vec<Attempt>,
    /// By step; of one that failed, as far as it came.
    pub done: BTreeMap<String, Done>,
    pub failures: Vec<Failure>,
}

fn text(time: DateTime<Utc>) -> String {
    rows::instant(time.timestamp_micros())
}

/// Names a run: by job, day and start.
pub fn run_id(job: &str, dt: NaiveDate, started_at: DateTime<Utc>) -> String {
    let hash = Sha256::digest(format!("{job}\0{dt}\0{started_at}\0{}", std::process::id()));
    let hex: String = hash.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("{job}-{dt}-{hex}")
}

/// Runs a job's steps for the night's day and records what came of them.
pub async fn run(job: &Job, night: Night, started_at: DateTime<Utc>, progress: &Progress) -> Outcome<Ended> {
    let clock = Instant::now();
    let night = Arc::new(night);
    let (mut done, mut attempts, mut failures) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut finished = BTreeSet::new();
    let mut waiting: Vec<&Step> = job.steps.iter().collect();
    let mut running = JoinSet::new();
    loop {
        let ready = |step: &&Step| step.needs.iter().all(|needed| finished.contains(needed));
        let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
        waiting = later;
        for step in now {
            running.spawn(attempt_step(night.clone(), step.clone(), progress.clone()));
        }
        let Some(ended) = running.join_next().await else { break };
        let (name, tried, mut found) = ended?;
        attempts.extend(tried);
        match found.failure.take() {
            Some(failure) => failures.push(failure),
            None => {
                finished.insert(name.clone());
            }
        }
        done.insert(name, found);
    }
    for step in waiting {
        progress.say(&format!("{}: not run, a step that it needs failed", step.name));
    }
    let kind = gravest(&failures);
    let ingested = || done.values().flat_map(|found: &Done| &found.ingested);
    let usage = usage::now();
    let run = Run {
        run_id: night.run_id.clone(),
        job: job.name.clone(),
        day: night.dt,
        started_at: text(started_at),
        ended_at: text(Utc::now()),
        outcome: kind.map_or("DONE", Kind::outcome),
        exit_code: kind.map_or(0, Kind::exit_code),
        rows_in: ingested().map(|(_, found)| found.rows).sum(),
        rows_quarantined: ingested().map(|(_, found)| found.quarantined).sum(),
        rows_out: done.values().map(|found| found.rows_out).sum(),
        seconds: clock.elapsed().as_secs_f64(),
        cpu_seconds: usage.cpu_seconds,
        memory_peak_bytes: usage.memory_peak_bytes,
        message: failures.first().map(|failure| failure.message.clone()),
    };
    record(&night, &run, &attempts).await?;
    Ok(Ended { run, attempts, done, failures })
}

/// The kind that decides the exit code: a fault of ours before bad input before a failed control.
fn gravest(failures: &[Failure]) -> Option<Kind> {
    let order = [Kind::Other, Kind::Usage, Kind::Passing, Kind::Refused, Kind::Locked, Kind::Control];
    order.into_iter().find(|kind| failures.iter().any(|failure| failure.kind == *kind))
}

async fn attempt_step(night: Arc<Night>, step: Step, progress: Progress) -> (String, Vec<Attempt>, Done) {
    let mut attempts = Vec::new();
    loop {
        let number = attempts.len() as u32 + 1;
        let (started_at, clock) = (Utc::now(), Instant::now());
        let bar = progress.step(&step.name);
        let limit = Duration::from_secs(step.timeout_minutes * 60);
        let timed = tokio::time::timeout(limit, steps::run(&night, &step.name, &step.work)).await;
        drop(bar);
        let is_late = timed.is_err();
        let late = |_| {
            let message = format!("{}: took longer than {} minutes", step.name, step.timeout_minutes);
            Err(Failure::new(Kind::Passing, message))
        };
        let failed = |failure| Done { failure: Some(failure), ..Done::default() };
        let done = timed.unwrap_or_else(late).unwrap_or_else(failed);
        let outcome = match &done.failure {
            _ if is_late => "TIMED_OUT",
            Some(failure) => failure.kind.outcome(),
            None => "DONE",
        };
        let seconds = clock.elapsed().as_secs_f64();
        attempts.push(Attempt {
            run_id: night.run_id.clone(),
            step: step.name.clone(),
            attempt: number,
            started_at: text(started_at),
            ended_at: text(Utc::now()),
            outcome,
            rows_in: done.rows_in,
            rows_out: done.rows_out,
            seconds,
            message: done.failure.as_ref().map(|failure| failure.message.clone()),
        });
        say(&progress, &step, &done, seconds);
        let is_passing = done.failure.as_ref().is_some_and(|failure| failure.kind == Kind::Passing);
        if !is_passing || number > step.retries {
            return (step.name, attempts, done);
        }
        tokio::time::sleep(Duration::from_secs(u64::from(number))).await;
    }
}

fn say(progress: &Progress, step: &Step, done: &Done, seconds: f64) {
    let failed = match done.failure.as_ref().map(|failure| failure.kind) {
        Some(Kind::Control) => "a control failed, ",
        Some(_) => "failed, ",
        None => "",
    };
    let counts = format!("{} rows in, {} rows out", done.rows_in, done.rows_out);
    progress.say(&format!("{}: {failed}{counts}, {seconds:.1} s", step.name));
    done.notes.iter().for_each(|note| progress.say(&format!("  {note}")));
}

async fn record(night: &Night, run: &Run, attempts: &[Attempt]) -> Outcome<()> {
    let _one_at_a_time = night.ingest.commits.lock().await;
    let lake = night.session.lake();
    let batch = rows::batch(JOB_ATTEMPTS.file_schema(), attempts)?;
    lake.append(&JOB_ATTEMPTS, None, vec![batch], "run").await?;
    let batch = rows::batch(RUNS.file_schema(), std::slice::from_ref(run))?;
    lake.append(&RUNS, None, vec![batch], "run").await?;
    night.session.refresh_table(&JOB_ATTEMPTS).await?;
    Ok(night.session.refresh_table(&RUNS).await?)
}
