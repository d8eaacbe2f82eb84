//! The cache plans of a night: each node's requests of the day replayed, one node after the other, and what came of
//! it as rows of `gold.cache_plan` and `gold.cache_curves`.

mod nodes;
mod planned;
mod requests;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use delivery::cache::{Day, Limits, Settings};
use schemas::bronze::{CDN_REQUESTS, NODES};
use schemas::delivery::{CACHE_CURVES, CACHE_PLAN};
use schemas::table::Table;
use tokio::task::JoinSet;

use crate::config::Cache;
use crate::failure::Outcome;
use crate::lineage::{self, Origin};
use crate::steps::{Done, Night, committed, unchanged};
use nodes::Node;
use planned::{Task, work};
use table::{CurveRow, PlanRow};

/// Nodes named in a note; of more, their number is told.
const NAMED: usize = 5;

/// What a night's planning has found so far.
#[derive(Default)]
struct Found {
    plans: BTreeMap<String, PlanRow>,
    curves: BTreeMap<String, Vec<CurveRow>>,
    sampled: BTreeSet<String>,
}

/// Plans every cache of the inventory for the day after the night.
pub async fn plan(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    let Some(inventory_day) = session.days(&NODES).range(..=dt).next_back().copied() else {
        return Ok(noted("no inventory of nodes has landed: there are no caches to plan".to_owned()));
    };
    let outputs = [&CACHE_PLAN, &CACHE_CURVES];
    let inputs = [&CDN_REQUESTS, &NODES, &CACHE_PLAN];
    let recipe = format!("cache plan 1 {:?}", night.cache);
    let origin = Origin::of(session, &outputs, &inputs, dt, None, &recipe)?;
    if lineage::last(session, &CACHE_PLAN, dt).await?.as_ref() == Some(&origin.fingerprint) {
        let notes = outputs.map(|table| unchanged(&table.sql_name())).to_vec();
        return Ok(Done { notes, ..Done::default() });
    }
    // Sorting a day's requests takes what memory there is: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let inventory = nodes::inventory(session, inventory_day).await?;
    let yesterday = nodes::plans_before(session, dt).await?;
    let served = requests::served(session, dt).await?;
    let (found, read) = replay(night, &inventory, yesterday, &served.nodes).await?;

    let plans: Vec<PlanRow> = found.plans.into_values().collect();
    let curves: Vec<CurveRow> = found.curves.into_values().flatten().collect();
    // The plan is committed last: it bears the fingerprint that says that both are there.
    let curves_version = table::replace(session, &CACHE_CURVES, dt, &curves).await?;
    let plans_version = table::replace(session, &CACHE_PLAN, dt, &plans).await?;
    let tables: [(&'static Table, u64, u64); 2] = [
        (&CACHE_CURVES, curves_version, curves.len() as u64),
        (&CACHE_PLAN, plans_version, plans.len() as u64),
    ];
    let done = committed(night, step, &tables, &origin).await?;
    let mut notes = notes(dt, inventory_day, &inventory, &plans, &served);
    notes.extend(named("nodes were replayed by a sample of their objects", &found.sampled));
    Ok(Done { rows_in: read, notes, ..done })
}

fn noted(note: String) -> Done {
    Done { notes: vec![note], ..Done::default() }
}

/// Replays the nodes of the inventory, a few at a time; gives the requests read, too.
async fn replay(
    night: &Night,
    inventory: &BTreeMap<String, Node>,
    mut yesterday: BTreeMap<String, delivery::cache::Plan>,
    served: &BTreeMap<String, requests::Served>,
) -> Outcome<(Found, u64)> {
    let limits = limits(&night.cache);
    // A sort that shares its memory with others may starve in the midst of its merging: it gets a pool of its own.
    let sorting = night.session.beside(&night.sorting)?;
    let (mut found, mut working) = (Found::default(), JoinSet::new());
    let mut waiting: BTreeSet<&String> = inventory.keys().collect();
    let mut stream = requests::Requests::of(&sorting, night.dt).await?;
    let mut read = 0;
    loop {
        let next = stream.next_node(limits).await?;
        let (name, day) = match next {
            Some((name, day)) => {
                read += day.accesses.len() as u64;
                waiting.remove(&name);
                (name, day)
            }
            None => match waiting.pop_first() {
                Some(name) => (name.clone(), Day::new(limits)),
                None => break,
            },
        };
        let Some(node) = inventory.get(&name) else { continue };
        let task = Task {
            yesterday: yesterday.remove(&name),
            served: served.get(&name).copied().unwrap_or_default(),
            cache_bytes: node.cache_bytes,
            settings: settings(&night.cache),
            curve_requests_max: night.cache.curve_requests_max,
            name,
            day,
        };
        if working.len() >= night.ingest.threads.max(1) {
            take(&mut found, working.join_next().await)?;
        }
        working.spawn_blocking(move || work(task));
    }
    while let Some(ended) = working.join_next().await {
        take(&mut found, Some(ended))?;
    }
    Ok((found, read))
}

type Ended = Result<(PlanRow, Vec<CurveRow>), tokio::task::JoinError>;

fn take(found: &mut Found, ended: Option<Ended>) -> Outcome<()> {
    if let Some(ended) = ended {
        let (plan, curves) = ended?;
        if plan.is_sampled() {
            found.sampled.insert(plan.node_id.clone());
        }
        found.curves.insert(plan.node_id.clone(), curves);
        found.plans.insert(plan.node_id.clone(), plan);
    }
    Ok(())
}

fn limits(cache: &Cache) -> Limits {
    Limits { objects_max: cache.objects_max.max(1), requests_max: cache.requests_max.max(1) }
}

fn settings(cache: &Cache) -> Settings {
    Settings {
        pin_share: cache.pin_share,
        prefetch_share: cache.prefetch_share,
        prefetch_return_min: cache.prefetch_return_min,
        gain_min: cache.gain_min,
        ttl_seconds: cache.ttl_seconds.clone(),
        ttl_loss_max: cache.ttl_loss_max,
    }
}

/// What a person should know of the night's plans.
fn notes(
    dt: NaiveDate,
    inventory_day: NaiveDate,
    inventory: &BTreeMap<String, Node>,
    plans: &[PlanRow],
    served: &requests::AllServed,
) -> Vec<String> {
    let mut notes = Vec::new();
    if inventory_day != dt {
        notes.push(format!("no inventory of nodes landed on {dt}: that of {inventory_day} counts"));
    }
    let unlisted: BTreeSet<String> =
        served.nodes.keys().filter(|name| !inventory.contains_key(*name)).cloned().collect();
    notes.extend(named("nodes in the logs stand in no inventory and get no plan", &unlisted));
    let requests: u64 =
        unlisted.iter().filter_map(|name| served.nodes.get(name)).map(|node| node.requests).sum();
    if requests > 0 {
        notes.push(format!("{requests} requests to them were not replayed"));
    }
    let without = plans.iter().filter(|plan| plan.requests == 0).count();
    if without > 0 {
        notes.push(format!("{without} nodes had no requests of the day: the plan before stays in force"));
    }
    let without = plans.iter().filter(|plan| plan.cache_bytes == 0).count();
    if without > 0 {
        notes.push(format!("{without} nodes have a cache of no bytes, in which nothing is found"));
    }
    if !served.left_out.is_empty() {
        let left_out = served.left_out.iter().map(|(why, count)| format!("{count} {why}"));
        notes.push(format!("requests left out: {}", left_out.collect::<Vec<_>>().join(", ")));
    }
    notes
}

/// How many nodes something is so of, and the first of them.
fn named(what: &str, nodes: &BTreeSet<String>) -> Option<String> {
    let first: Vec<&str> = nodes.iter().take(NAMED).map(String::as_str).collect();
    let more = if nodes.len() > NAMED { ", …" } else { "" };
    (!nodes.is_empty()).then(|| format!("{} {what}: {}{more}", nodes.len(), first.join(", ")))
}
