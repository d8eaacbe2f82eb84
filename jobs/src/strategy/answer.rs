//! The answer: route, caching, quality and fallback, and why they are so.

use chrono::NaiveDate;
use delivery::estimates::codes::Class;
use delivery::strategy::Offer;
use serde::Serialize;

use super::standing::{Fallback, Node, Rung, Standing};
use super::{StrategyArguments, named};

#[derive(Debug, Serialize)]
pub struct Answer {
    content: String,
    content_class: &'static str,
    context: Context,
    /// The night that planned it, and the day that it is for.
    planned_on: NaiveDate,
    for_day: NaiveDate,
    route: Route,
    caching: Vec<Caching>,
    quality: Quality,
    fallback: Vec<Fallback>,
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Context {
    region: String,
    network: String,
    device_class: String,
    data_saver: bool,
    codecs: Vec<String>,
    height_max: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Route {
    from: String,
    cell: Option<String>,
    probes: Option<u64>,
    planned_on: Option<String>,
    nodes: Vec<Weighted>,
}

#[derive(Debug, Serialize)]
struct Weighted {
    node_id: String,
    weight: f64,
    rtt_ms_mean: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Caching {
    node_id: String,
    policy: Option<String>,
    ttl_seconds: Option<u64>,
    is_pinned: bool,
}

#[derive(Debug, Serialize)]
struct Quality {
    from: String,
    cohort: Option<String>,
    viewers: Option<u64>,
    decision: Option<String>,
    codec: &'static str,
    renditions: Vec<Rung>,
    start_rung: usize,
    cap_kbps: Option<u32>,
    framerate_max: Option<u32>,
}

/// Whose quality plan it is, in words.
fn quality_reason(standing: &Standing) -> String {
    let cohort = standing.quality_cohort.as_deref().unwrap_or_default();
    match standing.quality_from.as_str() {
        "COHORT" => format!("quality: the plan of the viewer's own cohort, {cohort}"),
        "ELSEWHERE" => {
            format!("quality: no plan in this region; that of the same viewers in another, {cohort}")
        }
        "NETWORK" => format!("quality: no plan for this device on this network; that of {cohort}"),
        "SAVER" => format!("quality: no plan for this network; that of {cohort}"),
        "ALL" => format!("quality: no plan for viewers like this; that of most viewers, {cohort}"),
        _ => "quality: no plan was made; what the content has is offered from its lowest rung".to_owned(),
    }
}

/// Whose routes they are, in words.
fn route_reason(standing: &Standing) -> String {
    let cell = standing.route_cell.as_deref().unwrap_or_default();
    match standing.route_from.as_str() {
        "CELL" => format!("route: the plan of the viewer's own cell, {cell}"),
        "CLASS" => format!("route: no plan for this codec in this region; that of {cell}"),
        "REGION" => format!("route: no plan for contents of this length in this region; that of {cell}"),
        "CODEC" => format!("route: no plan names this region; that of another, {cell}"),
        "ALL" => format!("route: no plan names this region or codec; that of most probes, {cell}"),
        _ => "route: no plan was made".to_owned(),
    }
}

impl Answer {
    pub fn of(
        arguments: &StrategyArguments,
        class: Class,
        (planned_on, for_day): (NaiveDate, NaiveDate),
        standing: Standing,
        offer: Offer,
        pinned: &[String],
    ) -> Self {
        let mut reasons = vec![route_reason(&standing), quality_reason(&standing)];
        reasons.extend(standing.route_note.iter().map(|note| format!("route: {note}")));
        reasons.extend(offer.reasons.iter().map(|reason| format!("quality: {reason}")));
        let caching = |node: &Node| Caching {
            node_id: node.node_id.clone(),
            policy: node.cache_policy.clone(),
            ttl_seconds: node.ttl_seconds,
            is_pinned: pinned.contains(&node.node_id),
        };
        let weighted = |node: Node| Weighted {
            node_id: node.node_id,
            weight: node.weight,
            rtt_ms_mean: node.rtt_ms_mean,
        };
        Self {
            content: arguments.content.clone(),
            content_class: class.name(),
            context: Context {
                region: arguments.region.clone(),
                network: named(arguments.network),
                device_class: named(arguments.device),
                data_saver: arguments.data_saver,
                codecs: arguments.codecs.iter().copied().map(named).collect(),
                height_max: arguments.height_max,
            },
            planned_on,
            for_day,
            caching: standing.nodes.iter().map(caching).collect(),
            route: Route {
                from: standing.route_from,
                cell: standing.route_cell,
                probes: standing.samples,
                planned_on: standing.routes_planned_on,
                nodes: standing.nodes.into_iter().map(weighted).collect(),
            },
            quality: Quality {
                from: standing.quality_from,
                cohort: standing.quality_cohort,
                viewers: standing.evidence,
                decision: standing.decision,
                codec: offer.codec.name(),
                renditions: offer.renditions.iter().map(Rung::of).collect(),
                start_rung: offer.start_rung,
                cap_kbps: standing.cap_kbps,
                framerate_max: standing.framerate,
            },
            fallback: standing.fallback,
            reasons,
        }
    }
}
