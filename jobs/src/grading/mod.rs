//! The quality plans of a night: sessions of the last days into cohorts, and each cohort's plan by its evidence.

mod reading;
pub mod settings;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use delivery::cohorts::columns::{self, Planned};
use delivery::cohorts::evidence::{KnownLadder, Watched, cohort_of, evidence};
use delivery::cohorts::gather::Gathered;
use delivery::cohorts::grid::quantile;
use delivery::cohorts::key::{Key, NAMES};
use delivery::cohorts::tree::{Node, masses, nodes};
use delivery::quality::{Decision, Plan, Standing, plan};
use schemas::quality::{QUALITY_COHORTS, QUALITY_LADDERS, QUALITY_PLAN, VIEWING_SESSIONS};
use tokio::task::{JoinHandle, block_in_place};

use crate::failure::Outcome;
use crate::lineage::{self, Origin};
use crate::rebuilding::replace;
use crate::steps::{Done, Night, committed, unchanged};

/// Plans the quality of every cohort, unless that was done from the same already.
pub async fn grade(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    let inputs = [&VIEWING_SESSIONS, &QUALITY_LADDERS, &QUALITY_PLAN];
    // The plans of the nights before are read, and those of later ones are not.
    let outputs = [&QUALITY_PLAN, &QUALITY_COHORTS];
    let recipe = format!("quality 1 {:?}", night.quality);
    let origin = Origin::of(session, &outputs, &inputs, dt, None, &recipe)?;
    if lineage::last(session, &QUALITY_PLAN, dt).await?.as_ref() == Some(&origin.fingerprint) {
        let notes = outputs.map(|table| unchanged(&table.sql_name())).to_vec();
        return Ok(Done { notes, ..Done::default() });
    }
    // Traces of all cohorts are held: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let window = reading::Window::of(session, dt, &night.quality);
    let sampling = night.quality.sampling(window.cohorts(session).await?);
    // A sort that shares its memory with others may starve in the midst of its merging: it gets a pool of its own.
    let sorting = session.beside(&night.sorting)?;
    let (gathered, rows_in) = window.gather(&sorting, sampling).await?;
    drop(sorting);
    let gathered: BTreeMap<Key, Gathered> = gathered.into_iter().collect();
    let found = block_in_place(|| nodes(&gathered));
    let known = Known {
        watched: window.watched(session).await?,
        ladders: window.ladders(session).await?,
        yesterday: reading::standing(session, dt).await?,
    };
    let mut notes = window.notes();
    notes.extend(say_fit(&found));
    let planned = plans(night, &found, gathered, known).await?;
    notes.extend(say(&planned));
    let cohorts = replace(session, &QUALITY_COHORTS, dt, columns::cohorts(&found, window.share)?).await?;
    // The plan is committed last: it bears the fingerprint that says that both are there.
    let plan = replace(session, &QUALITY_PLAN, dt, columns::plans(&planned)?).await?;
    let done = committed(night, step, &[cohorts, plan], &origin).await?;
    Ok(Done { rows_in, notes, ..done })
}

/// What is known of cohorts beside their networks.
struct Known {
    watched: BTreeMap<Key, Watched>,
    ladders: BTreeMap<u64, KnownLadder>,
    yesterday: BTreeMap<Key, Standing>,
}

/// Every cohort's plan, a few at once, in the order of cohorts.
async fn plans(
    night: &Night,
    nodes: &[Node],
    mut gathered: BTreeMap<Key, Gathered>,
    mut known: Known,
) -> Outcome<Vec<Planned>> {
    let settings = Arc::new(night.quality.settings());
    let (mut planned, mut working) = (Vec::new(), VecDeque::new());
    for node in nodes.iter().filter(|node| cohort_of(&node.key).is_some()) {
        let cohort = gathered.remove(&node.key).unwrap_or_default();
        let watched = known.watched.remove(&node.key).unwrap_or_default();
        let yesterday = known.yesterday.remove(&node.key);
        let Some(evidence) = evidence(node, cohort, &watched, &known.ladders, yesterday) else { continue };
        let throughput_kbps_p10 = node.shrunk.as_ref().and_then(|function| quantile(&masses(function), 0.1));
        let settings = settings.clone();
        if working.len() >= night.ingest.threads.max(1)
            && let Some(first) = working.pop_front()
        {
            planned.push(ended(first).await?);
        }
        working.push_back(tokio::task::spawn_blocking(move || {
            let plan = plan(&evidence, &settings);
            Planned { plan, current: evidence.current, throughput_kbps_p10 }
        }));
    }
    for first in working {
        planned.push(ended(first).await?);
    }
    Ok(planned)
}

async fn ended(working: JoinHandle<Planned>) -> Outcome<Planned> {
    Ok(working.await?)
}

/// How much parents count, level by level.
fn say_fit(nodes: &[Node]) -> Option<String> {
    let of_level = |level: usize| nodes.iter().find(|node| node.key.level() == level);
    let levels = (0..NAMES.len() - 1).filter_map(|level| {
        let viewers = of_level(level)?.parent_viewers;
        let counts = viewers.map_or("all".to_owned(), |viewers| format!("{viewers:.2}"));
        Some(format!("{counts} of a {}", NAMES[level].to_lowercase()))
    });
    let levels: Vec<String> = levels.collect();
    (!levels.is_empty()).then(|| format!("a parent counts as much as: {}", levels.join(", ")))
}

/// How many plans came to what, and why.
fn say(planned: &[Planned]) -> Vec<String> {
    let of = |plan: &Plan| (plan.decision, plan.reason.name());
    let mut counts: BTreeMap<(Decision, &str), u64> = BTreeMap::new();
    planned.iter().for_each(|planned| *counts.entry(of(&planned.plan)).or_default() += 1);
    let says = counts
        .into_iter()
        .map(|((decision, reason), count)| format!("{count} cohorts {}: {reason}", decision.name()));
    std::iter::once(format!("{} cohorts", planned.len())).chain(says).collect()
}
