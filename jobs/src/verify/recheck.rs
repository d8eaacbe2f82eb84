//! Everything from the first entry on: contents and the tree by day, the chain by sequence, both at once, and
//! then each head against what it signed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use reconcile::chain::ChainFinding;
use reconcile::digest::hex;
use reconcile::head::State;
use reconcile::walk::{End, Walk};
use warehouse::Session;

use super::report::{Bad, Report};
use crate::failure::Outcome;
use crate::ledger::entries::{Stretch, date, literal, rows, states};
use crate::ledger::files::{Files, STANDING};
use crate::ledger::findings::Finding;
use crate::ledger::heads::{self, Head};
use crate::ledger::standing::{self, Standing};

/// Heads that do not hold and are told one by one.
const TOLD: usize = 20;

/// What does not hold of the entries: how many by class, and the first.
#[derive(Debug, Default)]
struct Faults {
    counts: BTreeMap<&'static str, u64>,
    first: Option<Finding>,
}

impl Faults {
    /// Of two with one sequence the one that came first stays.
    fn add(&mut self, class: &'static str, found: ChainFinding) {
        *self.counts.entry(class).or_default() += 1;
        self.lead(Some(Finding::of(found)));
    }

    fn lead(&mut self, found: Option<Finding>) {
        let led = |found: &Finding| self.first.as_ref().is_none_or(|first| found.sequence < first.sequence);
        if found.as_ref().is_some_and(led) {
            self.first = found;
        }
    }

    fn merge(&mut self, other: Self) {
        for (class, count) in other.counts {
            *self.counts.entry(class).or_default() += count;
        }
        self.lead(other.first);
    }
}

/// Rechecks what landed up to the last day, in two sessions side by side.
pub async fn recheck(
    session: &Session,
    walking: Session,
    files: &Files,
    last: Option<NaiveDate>,
) -> Outcome<Report> {
    let clock = Instant::now();
    files.offer_standing(session)?;
    files.offer_standing(&walking)?;
    let heads = heads::load(session, "TRUE").await?;
    let latest: BTreeMap<NaiveDate, &Head> = heads.iter().map(|head| (head.dt, head)).collect();
    let days: BTreeSet<_> = files.active.iter().map(|file| file.dt).collect();
    let nights: BTreeSet<_> = latest.keys().chain(&days).copied().collect();
    let nights: Vec<_> = nights.into_iter().filter(|night| last.is_none_or(|last| *night <= last)).collect();

    let chain = tokio::spawn(walk(walking));
    let (states, mut faults) = contents(session, &nights).await?;
    let (end, of_chain) = chain.await??;
    faults.merge(of_chain);
    let mut of_heads = linked(&heads);
    let mut held = 0;
    for (night, state) in nights.iter().zip(&states) {
        // What was changed in a row has been told.
        let Some(head) = latest.get(night).filter(|head| head.is_whole()) else { continue };
        match standing::compared(session, files, head, state).await? {
            Standing::Rewritten(why) => of_heads.push(why),
            Standing::Same | Standing::Extended => held += 1,
        }
    }
    let state = State { end, ..states.last().cloned().unwrap_or_default() };
    let signed_by = latest.values().rev().find(|head| head.state == state);
    let mut report = Report {
        entries: state.count(),
        days: days.len() as u64,
        sequence: state.end.sequence,
        root: hex(&state.tree.root()),
        first_missing: state.end.gaps.first().map(|(first, _)| *first),
        signed_by: signed_by.map(|head| (head.number, head.dt, head.digest.clone())),
        heads: heads.len() as u64,
        nights: nights.iter().filter(|night| latest.contains_key(night)).count() as u64,
        nights_held: held,
        counts: faults.counts,
        first_bad: None,
        of_heads_left: of_heads.len().saturating_sub(TOLD) as u64,
        of_heads: of_heads.into_iter().take(TOLD).collect(),
        seconds: 0.0,
        redacted: crate::ledger::content::originals(session).await?.len() as u64,
    };
    if let Some(first) = faults.first {
        report.first_bad = Some(located(session, first).await?);
    }
    report.seconds = clock.elapsed().as_secs_f64();
    Ok(report)
}

/// The states after each night, and the entries whose hash is not that of their content.
async fn contents(session: &Session, nights: &[NaiveDate]) -> Outcome<(Vec<State>, Faults)> {
    let mut faults = Faults::default();
    let states = states(session, STANDING, nights, |entry| {
        if !entry.content_holds {
            let (sequence, entry_id) = (entry.sequence, entry.entry_id.to_owned());
            let broken = ChainFinding::Break { sequence, entry_id, content: true, neighbour: false };
            faults.add("CONTENT", broken);
        }
    })
    .await?;
    Ok((states, faults))
}

/// The chain without contents: who follows whom, what is missing, what forks.
async fn walk(session: Session) -> Outcome<(End, Faults)> {
    let mut faults = Faults::default();
    let mut walk = Walk::resume(&End::default(), i64::MIN, Vec::new());
    let mut stretch = Stretch::from(&session, STANDING, i64::MIN, false).await?;
    while let Some((_, found)) = stretch.step(&mut walk, |_, _| ()).await? {
        for finding in found {
            let class = if matches!(finding, ChainFinding::Fork { .. }) { "FORK" } else { "NEIGHBOUR" };
            faults.add(class, finding);
        }
    }
    let end = walk.finish();
    let missing: u64 = end.gaps.iter().map(|(first, last)| last.abs_diff(*first) + 1).sum();
    if missing > 0 {
        faults.counts.insert("GAP", missing);
    }
    Ok((end, faults))
}

/// Heads that do not follow each other, or say no longer what was signed.
fn linked(heads: &[Head]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before: Option<&Head> = None;
    for head in heads {
        if !head.is_whole() {
            faults.push(format!("{}: the signed row itself was changed", head.name()));
        }
        let follows = match before {
            None => head.number == 1 && head.before.is_none(),
            Some(before) => {
                head.number == before.number + 1 && head.before.as_deref() == Some(before.digest.as_str())
            }
        };
        if !follows {
            faults.push(format!("{}: it does not follow the head signed before it", head.name()));
        }
        before = Some(head);
    }
    faults
}

/// The first fault with its place in the landing area.
async fn located(session: &Session, finding: Finding) -> Outcome<Bad> {
    let mut bad = Bad {
        sequence: finding.sequence,
        entry_id: finding.entry_id,
        file: None,
        line: None,
        why: finding.detail,
    };
    let Some(entry_id) = &bad.entry_id else { return Ok(bad) };
    let query = format!(
        "SELECT dt, source_file, source_line FROM {STANDING} WHERE NOT conflict AND entry_id = {}",
        literal(entry_id)
    );
    if let Some(batch) = rows(session, &query).await?.iter().find(|batch| batch.num_rows() > 0) {
        let name = batch.column(1).as_string::<i32>().value(0);
        bad.file = Some(format!("payments/ledger/dt={}/{name}", date(batch, 0, 0)));
        bad.line = Some(batch.column(2).as_primitive::<Int64Type>().value(0));
    }
    Ok(bad)
}
