//! Whether what a head signed still stands: nothing that it covers may be gone or changed.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use reconcile::head::State;
use warehouse::Session;

use super::content;
use super::entries::states;
use super::files::{File, Files, SIGNED, STANDING};
use super::heads::{self, Head};
use crate::failure::Outcome;

/// How what stands now relates to what was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The same entries on the same days: a walk may go on from the head.
    Same,
    /// All signed entries, and others beside them on the same days, or on other days than before.
    Extended,
    /// Not all of what was signed; with what differs.
    Rewritten(String),
}

/// Compares a head with what stands. Files that are what they were, by size and time, are trusted.
pub async fn of_head(session: &Session, files: &Files, head: &Head) -> Outcome<Standing> {
    if !head.is_whole() {
        return Ok(Standing::Rewritten(format!("{}: the signed row itself was changed", head.name())));
    }
    let sealed = heads::files(session, head.number).await?;
    let active: Vec<&File> = files.active.iter().filter(|file| file.dt <= head.dt).collect();
    if sealed.iter().all(|file| active.binary_search(&file).is_ok()) {
        let same = sealed.len() == active.len();
        return Ok(if same { Standing::Same } else { Standing::Extended });
    }
    files.offer_standing(session)?;
    let now = states(session, STANDING, &[head.dt], |_| ()).await?;
    compared(session, files, head, now.first().unwrap_or(&State::default())).await
}

/// Compares a head with the state of what stands up to its night, and where they differ says whether anything
/// that was signed is lost. The files of what stands must be on offer.
pub async fn compared(session: &Session, files: &Files, head: &Head, now: &State) -> Outcome<Standing> {
    let differences = head.state.differences(now);
    if differences.is_empty() {
        return Ok(Standing::Same);
    }
    let sealed = heads::files(session, head.number).await?;
    // What an ingest has replaced stays in the store: from it can be told what was signed, entry by entry.
    if !files.offer_sealed(session, SIGNED, &sealed.iter().collect::<Vec<_>>())? {
        return Ok(rewritten(head, &differences));
    }
    let signed = states(session, SIGNED, &[head.dt], |_| ()).await?;
    let changed = head.state.differences(signed.first().unwrap_or(&State::default()));
    if !changed.is_empty() {
        return Ok(rewritten(head, &changed));
    }
    let is_gone = |file: &&File| !files.active.iter().any(|active| active.path == file.path);
    let gone: Vec<&File> = sealed.iter().filter(is_gone).collect();
    files.offer_sealed(session, SIGNED, &gone)?;
    Ok(match lost(session).await? {
        None => Standing::Extended,
        Some(Lost { count, entry_id, sequence }) => {
            let why = format!(
                "{count} of the {} entries are gone or changed, among them {entry_id} with sequence {sequence}",
                head.state.count()
            );
            rewritten(head, &[why])
        }
    })
}

fn rewritten(head: &Head, why: &[String]) -> Standing {
    Standing::Rewritten(format!("{}: {}", head.name(), why.join("; ")))
}

/// Signed entries that stand no more.
struct Lost {
    count: u64,
    /// The one with the lowest sequence.
    entry_id: String,
    sequence: i64,
}

/// The entries of [`SIGNED`] of which [`STANDING`] has none with the same id and content, effective or not.
///
/// Both are sorted as one, so that like stands beside like: a join would hold one of them in memory.
async fn lost(session: &Session) -> Outcome<Option<Lost>> {
    let own = content::call("entry_hash");
    let query = format!(
        "SELECT entry_id, {own} AS own, sequence, false AS is_signed FROM {STANDING} \
         UNION ALL SELECT entry_id, {own} AS own, sequence, true AS is_signed FROM {SIGNED} WHERE NOT conflict \
         ORDER BY entry_id, own, is_signed"
    );
    let mut rows = session.sql(&query).await?.execute_stream().await?;
    let (mut standing, mut lost) = ((String::new(), Vec::new()), None::<Lost>);
    while let Some(batch) = rows.try_next().await? {
        let (ids, own) = (batch.column(0).as_string::<i32>(), batch.column(1).as_binary::<i32>());
        let sequences = batch.column(2).as_primitive::<Int64Type>();
        let is_signed = batch.column(3).as_boolean();
        for row in 0..batch.num_rows() {
            let (entry_id, own, sequence) = (ids.value(row), own.value(row), sequences.value(row));
            if !is_signed.value(row) {
                standing = (entry_id.to_owned(), own.to_vec());
            } else if (standing.0.as_str(), standing.1.as_slice()) != (entry_id, own) {
                let count = lost.as_ref().map_or(0, |lost| lost.count) + 1;
                let first = lost.filter(|lost| lost.sequence <= sequence);
                let first = first.unwrap_or(Lost { count, entry_id: entry_id.to_owned(), sequence });
                lost = Some(Lost { count, ..first });
            }
        }
    }
    Ok(lost)
}
