//! One day of one source from the landing area into bronze, in one atomic commit a table.
//!
//! The files of a day that were not ingested yet are one batch. Its data files bear its name, and the record
//! of its files in `ops.ingested_files` is committed last: data files of a batch without a record are what a
//! killed run left behind, and the next commit of that day removes them.

mod cluster;
mod contested;
mod plan;
mod record;
mod resolve;
mod rewrite;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use schemas::bronze;
use schemas::source::Source;
use warehouse::{DataFile, Lake, Session};

use crate::erasing::list::Erased;
use crate::failure::{Failure, Outcome};
use crate::landing::Landing;
use crate::progress::Progress;

/// What ingesting needs of its run.
#[derive(Clone)]
pub struct Context {
    /// `None` for a job that reads none.
    pub landing: Option<Landing>,
    pub lake: Lake,
    pub session: Session,
    pub threads: usize,
    /// Start of the run, in microseconds.
    pub ingested_at: i64,
    pub progress: Progress,
    /// Who was erased, and does not come back.
    pub erased: Arc<Erased>,
    /// Tables that several sources write are committed by one at a time.
    pub commits: Arc<tokio::sync::Mutex<()>>,
    /// Work that takes all cores and much memory is done by one at a time.
    pub heavy: Arc<tokio::sync::Mutex<()>>,
}

impl Context {
    /// The landing area; its absence is a wrong use.
    fn landing(&self) -> Outcome<&Landing> {
        self.landing.as_ref().ok_or_else(|| Failure::usage("there is no landing area"))
    }
}

/// What came of one day of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingested {
    pub files_read: u64,
    pub files_known: u64,
    pub bytes: u64,
    pub rows: u64,
    pub good: u64,
    pub replays: u64,
    pub conflicts: u64,
    pub quarantined: u64,
    pub notes: Vec<String>,
}

/// Ingests what is new in a source's day. A failure means that nothing of it was written.
///
/// Where a file changed after it was ingested, its day is read again, and then every other day of the source:
/// rows there may have been replays of what is no longer said, or be contested by what is said now. The day's
/// own record comes last, so that a run that was killed on the way begins anew.
pub async fn ingest(context: &Context, source: Source, dt: NaiveDate) -> Outcome<Ingested> {
    let plan = plan::plan(context, source, dt, false).await?;
    if !plan.anew {
        return Ok(read(context, &plan, true).await?.0);
    }
    let (mut outcome, files) = read(context, &plan, false).await?;
    for other in record::days(context, source).await?.into_iter().filter(|day| *day != dt) {
        let plan = plan::plan(context, source, other, true).await?;
        read(context, &plan, true).await?;
        outcome.notes.push(format!("{other} was read again too"));
    }
    record(context, &plan, &files).await?;
    Ok(outcome)
}

type Files = BTreeMap<String, work::ReadFile>;

async fn record(context: &Context, plan: &plan::Plan, files: &Files) -> Outcome<()> {
    let _one_at_a_time = context.commits.lock().await;
    record::record(context, plan, files).await
}

/// Reads a plan's files and commits what came of them; the record only where `recorded`.
async fn read(context: &Context, plan: &plan::Plan, recorded: bool) -> Outcome<(Ingested, Files)> {
    let source = plan.source;
    let mut outcome = Ingested { files_known: plan.known, notes: plan.notes.clone(), ..Default::default() };
    if plan.is_settled() {
        return Ok((outcome, Files::new()));
    }
    let _alone = if work::is_heavy(plan) { Some(context.heavy.lock().await) } else { None };
    let mut work = work::read_all(context, plan).await?;
    let bronze = context.lake.snapshot(source.table()).await?.map(|found| found.files).unwrap_or_default();
    let quarantine =
        context.lake.snapshot(&bronze::QUARANTINE).await?.map(|found| found.files).unwrap_or_default();
    let (stale, standing) = plan.divide(bronze, "");
    let (stale_rejected, _) = plan.divide(quarantine, &plan::slug(source));
    let resolved = resolve::resolve(context, plan, &mut work, standing).await?;
    let contested = resolved.contested;

    outcome.files_read = work.files.len() as u64;
    for file in work.files.values() {
        outcome.bytes += file.bytes;
        outcome.rows += file.rows as u64;
        outcome.good += file.good() as u64;
        outcome.replays += file.replays as u64;
        outcome.conflicts += file.conflicts as u64;
        outcome.quarantined += file.quarantined as u64;
    }
    let removed: Vec<DataFile> = stale.into_iter().chain(resolved.removed).collect();
    let one_at_a_time = context.commits.lock().await;
    context.lake.commit(&bronze::QUARANTINE, work.rejected, &stale_rejected, "ingest").await?;
    context.lake.commit(source.table(), resolved.added, &removed, "ingest").await?;
    for table in [source.table(), &bronze::QUARANTINE] {
        context.session.refresh_table(table).await?;
    }
    contested::store(context, plan, &contested).await?;
    drop(one_at_a_time);
    if recorded {
        record(context, plan, &work.files).await?;
    }
    Ok((outcome, work.files))
}
