//! Whether what a head signed still stands: nothing that it covers may be gone or changed.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::execution::SendableRecordBatchStream;
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
/// Both are sorted and read side by side: a join would hold one of them in memory.
async fn lost(session: &Session) -> Outcome<Option<Lost>> {
    let own = content::call("entry_hash");
    let signed = format!(
        "SELECT entry_id, {own} AS own, sequence FROM {SIGNED} WHERE NOT conflict ORDER BY entry_id, own"
    );
    let standing = format!("SELECT entry_id, {own} AS own, sequence FROM {STANDING} ORDER BY entry_id, own");
    let mut signed = Rows::new(session.sql(&signed).await?.execute_stream().await?);
    let mut standing = Rows::new(session.sql(&standing).await?.execute_stream().await?);
    let mut lost: Option<Lost> = None;
    let mut beside = standing.next().await?;
    while let Some(entry) = signed.next().await? {
        let is_before = |other: &Row| (&other.entry_id, &other.own) < (&entry.entry_id, &entry.own);
        while beside.as_ref().is_some_and(is_before) {
            beside = standing.next().await?;
        }
        if beside.as_ref().is_some_and(|other| other.entry_id == entry.entry_id && other.own == entry.own) {
            continue;
        }
        let count = lost.as_ref().map_or(0, |lost| lost.count) + 1;
        let first = lost.filter(|lost| lost.sequence <= entry.sequence);
        let first = first.unwrap_or(Lost { count, entry_id: entry.entry_id, sequence: entry.sequence });
        lost = Some(Lost { count, ..first });
    }
    Ok(lost)
}

struct Row {
    entry_id: String,
    own: Vec<u8>,
    sequence: i64,
}

/// The rows of a stream, one at a time.
struct Rows {
    stream: SendableRecordBatchStream,
    batch: Option<RecordBatch>,
    next: usize,
}

impl Rows {
    fn new(stream: SendableRecordBatchStream) -> Self {
        Self { stream, batch: None, next: 0 }
    }

    async fn next(&mut self) -> Outcome<Option<Row>> {
        while self.batch.as_ref().is_none_or(|batch| self.next >= batch.num_rows()) {
            let Some(batch) = self.stream.try_next().await? else { return Ok(None) };
            (self.batch, self.next) = (Some(batch), 0);
        }
        let Some(batch) = &self.batch else { return Ok(None) };
        let row = self.next;
        self.next += 1;
        Ok(Some(Row {
            entry_id: batch.column(0).as_string::<i32>().value(row).to_owned(),
            own: batch.column(1).as_binary::<i32>().value(row).to_vec(),
            sequence: batch.column(2).as_primitive::<Int64Type>().value(row),
        }))
    }
}
