//! `silver.ledger_findings` of one night, written as they are found.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use futures::TryStreamExt;
use reconcile::chain::ChainFinding;
use schemas::silver::LEDGER_FINDINGS;
use serde::Serialize;
use warehouse::{FileWriter, Session};

use super::entries::rows as rows_of;
use crate::failure::Outcome;
use crate::rows;

/// Missing sequences of one gap that are named one by one; the rest stand as one finding.
const NAMED: i64 = 100_000;
/// Findings held at once.
const HELD: usize = 8_192;
/// Between the reasons of several findings with one sequence.
const BETWEEN: &str = " | ";

pub const REWRITTEN: &str = "LEDGER_REWRITTEN";

#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub class: &'static str,
    pub sequence: i64,
    pub entry_id: Option<String>,
    pub detail: String,
}

impl Finding {
    /// A finding along the chain; a gap is many.
    pub fn of(found: ChainFinding) -> Self {
        match found {
            ChainFinding::Gap { first, last } => Self {
                class: "SEQUENCE_GAP",
                sequence: first,
                entry_id: None,
                detail: if first == last { "missing".to_owned() } else { up_to(last) },
            },
            ChainFinding::Break { sequence, entry_id, content, neighbour } => {
                let detail = match (content, neighbour) {
                    (true, true) => "hash is not of its content; prev_hash is not its neighbour's hash",
                    (true, false) => "hash is not of its content",
                    _ => "prev_hash is not its neighbour's hash",
                };
                Self { class: "CHAIN_BREAK", sequence, entry_id: Some(entry_id), detail: detail.to_owned() }
            }
            ChainFinding::Fork { sequence, first, entry_id } => Self {
                class: "LEDGER_FORK",
                sequence,
                detail: format!("{first} and {entry_id} have this sequence"),
                entry_id: Some(entry_id),
            },
        }
    }
}

fn up_to(last: i64) -> String {
    format!("missing, and all up to {last}")
}

/// The findings of a run of missing sequences.
fn of_gap((first, last): (i64, i64)) -> impl Iterator<Item = Finding> {
    let named = last.min(first.saturating_add(NAMED - 1));
    let one = |first| Finding::of(ChainFinding::Gap { first, last: first });
    let rest = (named < last).then(|| Finding {
        detail: up_to(last),
        ..Finding::of(ChainFinding::Gap { first: named + 1, last })
    });
    (first..=named).map(one).chain(rest)
}

/// A night's findings in the making.
pub struct Findings {
    session: Session,
    dt: NaiveDate,
    /// `None` only while a batch is being written.
    writer: Option<FileWriter>,
    held: Vec<Finding>,
    written: u64,
}

impl Findings {
    pub fn new(session: &Session, dt: NaiveDate) -> Outcome<Self> {
        let writer = Some(FileWriter::new(session.lake(), &LEDGER_FINDINGS, Some(dt), "ledger")?);
        Ok(Self { session: session.clone(), dt, writer, held: Vec::new(), written: 0 })
    }

    pub async fn push(&mut self, finding: Finding) -> Outcome<()> {
        self.held.push(finding);
        if self.held.len() >= HELD { self.flush().await } else { Ok(()) }
    }

    /// One for each missing sequence.
    pub async fn push_gaps(&mut self, gaps: &[(i64, i64)]) -> Outcome<()> {
        for finding in gaps.iter().copied().flat_map(of_gap) {
            self.push(finding).await?;
        }
        Ok(())
    }

    /// Takes over what an earlier night found in the chain below a sequence; its gaps are told anew.
    pub async fn carry(&mut self, night: NaiveDate, below: Option<i64>) -> Outcome<()> {
        let query = format!(
            "SELECT class, sequence, entry_id, detail FROM silver.ledger_findings \
             WHERE dt = DATE '{night}' AND class IN ('CHAIN_BREAK', 'LEDGER_FORK')"
        );
        let mut found = self.session.sql(&query).await?.execute_stream().await?;
        while let Some(batch) = found.try_next().await? {
            let [classes, ids, details] = [0, 2, 3].map(|column| batch.column(column).as_string::<i32>());
            let sequences = batch.column(1).as_primitive::<Int64Type>();
            let kept = |row: &usize| below.is_none_or(|below| sequences.value(*row) < below);
            for row in (0..batch.num_rows()).filter(kept) {
                let is_fork = classes.value(row) == "LEDGER_FORK";
                self.push(Finding {
                    class: if is_fork { "LEDGER_FORK" } else { "CHAIN_BREAK" },
                    sequence: sequences.value(row),
                    entry_id: ids.is_valid(row).then(|| ids.value(row).to_owned()),
                    detail: details.value(row).to_owned(),
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Writes what is held, and puts all of it in the place of the night's findings; gives their number and the
    /// table's version.
    pub async fn commit(mut self) -> Outcome<(u64, u64)> {
        self.flush().await?;
        let Some(writer) = self.writer.take() else { return Ok((self.written, 0)) };
        let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
        let version = self.session.lake().replace(&LEDGER_FINDINGS, Some(self.dt), added, "ledger").await?;
        self.session.refresh_table(&LEDGER_FINDINGS).await?;
        Ok((self.written, version))
    }

    async fn flush(&mut self) -> Outcome<()> {
        let findings = std::mem::take(&mut self.held);
        self.written += findings.len() as u64;
        let batch = rows::batch(LEDGER_FINDINGS.file_schema(), &findings)?;
        if let Some(mut writer) = self.writer.take() {
            let write = tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer));
            self.writer = Some(write.await??);
        }
        Ok(())
    }
}

/// What is known of a rewritten history, by the sequence that was signed: it is never taken back.
#[derive(Debug, Default)]
pub struct Rewritten(BTreeMap<i64, BTreeSet<String>>);

impl Rewritten {
    /// What these nights say.
    pub async fn of_nights(session: &Session, nights: &[NaiveDate]) -> Outcome<Self> {
        let mut known = Self::default();
        for night in nights {
            let query = format!(
                "SELECT sequence, detail FROM silver.ledger_findings \
                 WHERE dt = DATE '{night}' AND class = '{REWRITTEN}'"
            );
            for batch in rows_of(session, &query).await? {
                let sequences = batch.column(0).as_primitive::<Int64Type>();
                let details = batch.column(1).as_string::<i32>();
                for row in 0..batch.num_rows() {
                    details.value(row).split(BETWEEN).for_each(|why| known.add(sequences.value(row), why));
                }
            }
        }
        Ok(known)
    }

    pub fn add(&mut self, sequence: i64, why: &str) {
        self.0.entry(sequence).or_default().insert(why.to_owned());
    }

    /// One finding a sequence, with all reasons.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        self.0.into_iter().map(|(sequence, why)| Finding {
            class: REWRITTEN,
            sequence,
            entry_id: None,
            detail: why.into_iter().collect::<Vec<_>>().join(BETWEEN),
        })
    }
}
