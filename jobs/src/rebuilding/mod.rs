//! Viewing sessions rebuilt from the day's playbacks and access logs: both sides are read once, as numbers, divided
//! by the session's hash, and folded a partition at a time.

mod reading;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::{Days, NaiveDate};
use delivery::estimates::codes::Names;
use delivery::viewing::{Exclusions, Ladders, Rules, Usage, fold, playback, request};
use schemas::bronze::{CDN_REQUESTS, CONTENTS, PLAYBACKS};
use schemas::quality::{QUALITY_EXCLUSIONS, QUALITY_LADDERS, VIEWING_SESSIONS};
use schemas::table::Table;
use schemas::time;
use tokio::task::block_in_place;
use warehouse::{FileWriter, Partitions, Session};

use crate::failure::Outcome;
use crate::grading::settings::Quality;
use crate::lineage::{self, Origin};
use crate::steps::{Done, Night, committed, unchanged};

pub use reading::each;

/// Requests of one partition, about: some 16 MB.
const REQUESTS_OF_PARTITION: u64 = 400_000;
/// More partitions are more open files than a process may have.
const PARTITIONS_MAX: u64 = 256;

/// Both sides of the sessions, divided alike.
struct Sides {
    playbacks: Partitions<{ playback::WORDS }>,
    requests: Partitions<{ request::WORDS }>,
    regions: Names,
    /// Of requests that name no session.
    exclusions: Exclusions,
    rows_in: u64,
}

/// Rebuilds the sessions of a night, unless that was done from the same already.
pub async fn rebuild(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    // Of what is written itself, the night before says which sessions wait.
    let inputs = [&PLAYBACKS, &CDN_REQUESTS, &CONTENTS, &VIEWING_SESSIONS, &QUALITY_EXCLUSIONS];
    let outputs = [&VIEWING_SESSIONS, &QUALITY_EXCLUSIONS, &QUALITY_LADDERS];
    let rules = night.quality.rules(dt);
    let recipe = format!("sessions 1 {rules:?} {}", night.quality.viewer_key);
    let origin = Origin::of(session, &outputs, &inputs, dt, None, &recipe)?;
    if lineage::last(session, &VIEWING_SESSIONS, dt).await?.as_ref() == Some(&origin.fingerprint) {
        let notes = outputs.map(|table| unchanged(&table.sql_name())).to_vec();
        return Ok(Done { notes, ..Done::default() });
    }
    // Contents and partitions are held: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let ladders = Arc::new(reading::ladders(session, dt).await?);
    let sides = divide(session, dt, &night.quality, &ladders, &night.sorting.spill_dir).await?;
    let rows_in = sides.rows_in;
    let (rows, found) = write(night, sides, &ladders, rules).await?;
    let mut notes = vec![format!("{} sessions rebuilt", found.sessions)];
    if night.quality.viewer_key.is_empty() {
        notes.push(
            "[quality] viewer_key is not set: who holds a list of DIDs can tell whose a hash is".to_owned(),
        );
    }
    notes.extend(found.exclusions.iter().map(|(reason, count)| {
        let (subject, code) = reason.names();
        format!("{}: {code}: {count}", subject.to_lowercase())
    }));
    let exclusions = replace(session, &QUALITY_EXCLUSIONS, dt, found.exclusions.batch()?).await?;
    let known = replace(session, &QUALITY_LADDERS, dt, ladders.batch(&found.usage)?).await?;
    // The sessions are committed last: they bear the fingerprint that says that all are there.
    let version = session.lake().replace(&VIEWING_SESSIONS, Some(dt), rows, "sessions").await?;
    session.refresh_table(&VIEWING_SESSIONS).await?;
    let tables = [exclusions, known, (&VIEWING_SESSIONS, version, found.sessions)];
    let done = committed(night, step, &tables, &origin).await?;
    Ok(Done { rows_in, notes, ..done })
}

fn partitions(session: &Session, dt: NaiveDate) -> usize {
    let day = Some(time::days(dt));
    let landed = |table: &Table| {
        session.files(table).iter().filter(|file| file.dt == day).map(|file| file.rows).sum::<u64>()
    };
    let rows = landed(&CDN_REQUESTS).max(landed(&PLAYBACKS) * 4);
    rows.div_ceil(REQUESTS_OF_PARTITION).clamp(1, PARTITIONS_MAX) as usize
}

/// Reads both sides of the night's sessions.
async fn divide(
    session: &Session,
    dt: NaiveDate,
    quality: &Quality,
    ladders: &Ladders,
    spill: &Path,
) -> Outcome<Sides> {
    let count = partitions(session, dt);
    let mut playbacks = Partitions::new(count, spill);
    let mut requests = Partitions::new(count, spill);
    let mut read = reading::playbacks(session, dt, quality, ladders, &mut playbacks).await?;
    read.early.sort_unstable();
    let (exclusions, of_day) = reading::requests(session, dt, &read.early, &mut requests).await?;
    let rows_in = read.playbacks + of_day;
    Ok(Sides { playbacks, requests, regions: read.regions, exclusions, rows_in })
}

/// What all partitions came to.
#[derive(Default)]
struct Found {
    sessions: u64,
    exclusions: Exclusions,
    usage: Usage,
}

/// Folds the partitions, a few at once, and writes them in their order.
async fn write(
    night: &Night,
    sides: Sides,
    ladders: &Arc<Ladders>,
    rules: Rules,
) -> Outcome<(Vec<warehouse::NewFile>, Found)> {
    let Sides { mut playbacks, mut requests, regions, exclusions, .. } = sides;
    let regions = Arc::new(regions);
    let mut writer = FileWriter::new(night.session.lake(), &VIEWING_SESSIONS, Some(night.dt), "sessions")?;
    let mut found = Found { exclusions, ..Found::default() };
    let (mut places, mut folding) = (0..playbacks.partitions(), VecDeque::new());
    loop {
        while folding.len() < night.ingest.threads.max(1)
            && let Some(place) = places.next()
        {
            let (told, asked) = block_in_place(|| {
                Ok::<_, warehouse::Error>((playbacks.take(place)?, requests.take(place)?))
            })?;
            let (ladders, regions) = (ladders.clone(), regions.clone());
            let work = move || fold(told, asked, &ladders, &regions, &rules);
            folding.push_back(tokio::task::spawn_blocking(work));
        }
        let Some(folded) = folding.pop_front() else { break };
        let folded = folded.await??;
        block_in_place(|| folded.batches.iter().try_for_each(|batch| writer.write(batch)))?;
        found.sessions += folded.sessions;
        found.exclusions.merge(&folded.exclusions);
        found.usage.merge(&folded.usage);
    }
    let files = tokio::task::spawn_blocking(move || writer.finish()).await??;
    Ok((files, found))
}

/// Puts a batch in the place of a day, and moves the session on to it.
pub async fn replace(
    session: &Session,
    table: &'static Table,
    dt: NaiveDate,
    batch: RecordBatch,
) -> Outcome<(&'static Table, u64, u64)> {
    let mut writer = FileWriter::new(session.lake(), table, Some(dt), table.name)?;
    let rows = batch.num_rows() as u64;
    let written = tokio::task::spawn_blocking(move || {
        if batch.num_rows() > 0 {
            writer.write(&batch)?;
        }
        writer.finish()
    });
    let version = session.lake().replace(table, Some(dt), written.await??, "quality").await?;
    session.refresh_table(table).await?;
    Ok((table, version, rows))
}

/// The day before.
fn before(dt: NaiveDate) -> NaiveDate {
    dt.checked_sub_days(Days::new(1)).unwrap_or(dt)
}
