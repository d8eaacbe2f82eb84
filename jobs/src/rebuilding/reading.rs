//! What sessions are rebuilt from, read from bronze as narrow columns.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use delivery::estimates::codes::from_stored;
use delivery::viewing::playback::{self, Kind, Playback, PlaybacksReader};
use delivery::viewing::request::{self, RequestsReader};
use delivery::viewing::{Exclusions, Ladders, LaddersReader};
use futures::TryStreamExt;
use schemas::bronze::CONTENTS;
use schemas::quality::{QUALITY_EXCLUSIONS, VIEWING_SESSIONS};
use schemas::time;
use tokio::task::block_in_place;
use warehouse::{Partitions, Session};

use super::before;
use crate::failure::Outcome;
use crate::grading::settings::Quality;

/// Contents of which versions are sorted at once.
const CONTENTS_AT_ONCE: u64 = 4 << 20;

/// Hands the batches of a query on, one at a time.
pub async fn each(
    session: &Session,
    query: &str,
    mut take: impl FnMut(&RecordBatch) -> Outcome<()>,
) -> Outcome<()> {
    let mut batches = session.sql(query).await?.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        block_in_place(|| take(&batch))?;
    }
    Ok(())
}

/// The ladder of every content's last version.
pub async fn ladders(session: &Session, dt: NaiveDate) -> Outcome<Ladders> {
    let rows: u64 = session.files(&CONTENTS).iter().map(|file| file.rows).sum();
    let mut reader = LaddersReader::default();
    for (from, to) in warehouse::ranges(rows.div_ceil(CONTENTS_AT_ONCE).clamp(1, 4096) as u32) {
        let query = format!(
            "SELECT key_hash, dt, source_file, source_line, duration_ms, renditions FROM bronze.contents \
             WHERE dt <= DATE '{dt}' AND key_hash BETWEEN {from} AND {to}"
        );
        each(session, &query, |batch| Ok(reader.push(batch)?)).await?;
        reader.end_range();
    }
    Ok(block_in_place(|| reader.finish()))
}

/// The playbacks that landed on the night, and those of the day before that no log had named.
pub async fn playbacks(
    session: &Session,
    dt: NaiveDate,
    quality: &Quality,
    ladders: &Ladders,
    into: &mut Partitions<{ playback::WORDS }>,
) -> Outcome<PlaybacksReader> {
    let mut reader = PlaybacksReader::default();
    let start = time::end_of_day(before(dt));
    let hashed = quality.viewer_hash();
    let mut days = vec![(Kind::OfDay, dt)];
    // A night on which all sessions wait has exclusions alone.
    let was_run = [&VIEWING_SESSIONS, &QUALITY_EXCLUSIONS];
    if was_run.into_iter().any(|table| session.days(table).contains(&before(dt))) {
        days.push((Kind::OfDayBefore, before(dt)));
        let query = format!(
            "SELECT session_hash FROM silver.viewing_sessions WHERE dt = DATE '{}' AND playback_dt = dt",
            before(dt)
        );
        each(session, &query, |batch| {
            let hashes = batch.column(0).as_primitive::<Int64Type>();
            hashes.values().iter().try_for_each(|hash| into.push(Playback::rebuilt(from_stored(*hash))))?;
            Ok(())
        })
        .await?;
    }
    for (kind, day) in days {
        let columns = playback::COLUMNS;
        let query =
            format!("SELECT {columns} FROM bronze.playbacks WHERE dt = DATE '{day}' AND NOT conflict");
        each(session, &query, |batch| {
            reader.push(batch, kind, start, ladders, &hashed, |record| Ok(into.push(record)?))
        })
        .await?;
    }
    Ok(reader)
}

/// The requests that landed on the night, and those of the day before that name a session which began before the
/// night; gives what names no session, and how many landed.
pub async fn requests(
    session: &Session,
    dt: NaiveDate,
    early: &[u64],
    into: &mut Partitions<{ request::WORDS }>,
) -> Outcome<(Exclusions, u64)> {
    let mut reader = RequestsReader::default();
    let columns = request::COLUMNS;
    let query = |day: NaiveDate| {
        format!("SELECT {columns} FROM bronze.cdn_requests WHERE dt = DATE '{day}' AND NOT conflict")
    };
    each(session, &query(dt), |batch| reader.push(batch, None, |record| Ok(into.push(record)?))).await?;
    if !early.is_empty() {
        let query = query(before(dt));
        each(session, &query, |batch| reader.push(batch, Some(early), |record| Ok(into.push(record)?)))
            .await?;
    }
    Ok((reader.exclusions, reader.requests))
}
