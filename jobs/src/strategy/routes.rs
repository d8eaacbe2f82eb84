//! Routes for the codec that a content is offered in, where that is another than the context's plan has.

use chrono::NaiveDate;
use delivery::estimates::codes::Class;
use delivery::quality::Codec;
use serde::Deserialize;
use warehouse::Session;

use super::standing::{Fallback, Node, Standing, rows};
use crate::answer::quoted;
use crate::failure::Outcome;

/// A row of `gold.route_plan`, with what the node's cache does.
#[derive(Debug, Deserialize)]
struct Planned {
    role: String,
    node_id: String,
    #[serde(default)]
    for_node_id: Option<String>,
    weight: f64,
    #[serde(default)]
    rtt_ms_mean: Option<f64>,
    #[serde(default)]
    samples: Option<u64>,
    planned_on: String,
    #[serde(default)]
    ttl_seconds: Option<u64>,
    #[serde(default)]
    policy: Option<String>,
}

/// Puts the region's own routes for a codec in the place of those for the planned one: not every node serves every codec.
/// Where none were made, those for the planned codec stay, and why is said.
pub async fn of_codec(
    session: &Session,
    night: NaiveDate,
    region: &str,
    class: Class,
    codec: Codec,
    standing: &mut Standing,
) -> Outcome<Option<String>> {
    let cell = format!("{region}/{}/{}", codec.name(), class.name());
    let is_made = !standing.nodes.is_empty();
    if !is_made
        || standing.codec.as_deref() == Some(codec.name())
        || standing.route_cell.as_deref() == Some(&cell)
    {
        return Ok(None);
    }
    let query = format!(
        "SELECT role, route.node_id, for_node_id, weight, rtt_ms_mean, samples, planned_on, ttl_seconds, policy \
         FROM gold.route_plan AS route \
         LEFT JOIN (SELECT node_id, ttl_seconds, policy FROM gold.cache_plan WHERE dt = DATE '{night}') AS cache \
         ON cache.node_id = route.node_id \
         WHERE dt = DATE '{night}' AND region = {} AND codec = '{}' AND content_class = '{}' ORDER BY rank",
        quoted(region),
        codec.name(),
        class.name()
    );
    let planned: Vec<Planned> = rows(session, &query).await?;
    let (primaries, others): (Vec<Planned>, Vec<Planned>) =
        planned.into_iter().partition(|row| row.role == "PRIMARY");
    let Some(first) = primaries.first() else {
        return Ok(Some(format!("its nodes are those for another codec: no routes were made for {cell}")));
    };
    standing.routes_planned_on = Some(first.planned_on.clone());
    standing.route_from = "CELL".to_owned();
    standing.route_cell = Some(cell);
    standing.samples = primaries.iter().filter_map(|row| row.samples).reduce(|sum, samples| sum + samples);
    let node = |row: Planned| Node {
        node_id: row.node_id,
        weight: row.weight,
        rtt_ms_mean: row.rtt_ms_mean,
        ttl_seconds: row.ttl_seconds,
        cache_policy: row.policy,
    };
    let fallback = |row: Planned| Fallback {
        node_id: row.node_id,
        for_node_id: row.for_node_id,
        weight: Some(row.weight),
        rtt_ms_mean: row.rtt_ms_mean,
    };
    standing.nodes = primaries.into_iter().map(node).collect();
    standing.fallback = others.into_iter().map(fallback).collect();
    Ok(None)
}
