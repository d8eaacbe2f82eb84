//! The tables of what was delivered: how nodes did, what providers cost, what caches gave.

use crate::table::Kind::{Boolean, Day, Float, Integer, Money, Text, Time, Total};
use crate::table::{Layer, Table, column};

pub static NODE_HEALTH_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "node_health_daily",
    grain: "one edge node on one day: of the inventory, of the logs, or of the probes",
    key: &["dt", "node_id"],
    partitioned: true,
    columns: &[&[
        column("node_id", Text, "the node, null for requests that name none"),
        column("in_inventory", Boolean, "whether the inventory knows it"),
        column("provider", Text, "who runs it"),
        column("region", Text, "where it is"),
        column("status", Text, "AVAILABLE or DRAINED"),
        column("inventory_on", Day, "the day of that inventory"),
        column("requests", Integer, "requests"),
        column("viewer_left", Integer, "of these, ended by the viewer's leaving"),
        column("errors", Integer, "of these, failed by the node's own fault"),
        column("error_share", Float, "errors of the requests that no viewer left"),
        column(
            "first_byte_ms_p50",
            Float,
            "median time to the first byte, in milliseconds, as the edge saw it",
        ),
        column("first_byte_ms_p95", Float, "95th percentile of it"),
        column("probes", Integer, "round trips that players measured"),
        column("probes_excluded", Integer, "probes whose round trip is none: zero, below, or above a minute"),
        column("rtt_ms_mean", Float, "mean round trip, in milliseconds"),
        column("rtt_ms_p95", Float, "95th percentile of round trips, in milliseconds"),
        column("bytes", Integer, "bytes sent"),
        column("peak_hour", Time, "start of the hour with the most bytes"),
        column("peak_mbps", Float, "what it sent in that hour, in megabits a second"),
        column("capacity_mbps", Float, "what it can send, in megabits a second"),
        column("peak_share", Float, "the peak as a share of the capacity"),
        column("dt", Day, "UTC day on which the rows landed"),
    ]],
};

pub static PROVIDER_COST_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "provider_cost_daily",
    grain: "one provider and currency on one day",
    key: &["dt", "provider", "currency"],
    partitioned: true,
    columns: &[&[
        column("provider", Text, "who runs the nodes, null for nodes that no inventory knows"),
        column("currency", Text, "of the prices, null where there are none"),
        column("in_inventory", Boolean, "whether the inventory knows the nodes"),
        column("nodes", Integer, "nodes"),
        column("nodes_serving", Integer, "of these, nodes with a request"),
        column("requests", Integer, "requests"),
        column("bytes", Integer, "bytes sent"),
        column("gigabytes", Money, "the same in units of 10^9 bytes, exact"),
        column("cost", Total, "bytes at each node's price, null where there is no price"),
        column("dt", Day, "UTC day on which the rows landed"),
    ]],
};

pub static CACHE_HITS_HOURLY: Table = Table {
    layer: Layer::Gold,
    name: "cache_hits_hourly",
    grain: "one edge node and hour, among the requests that landed on one day",
    key: &["dt", "node_id", "hour"],
    partitioned: true,
    columns: &[&[
        column("node_id", Text, "the node, null for requests that name none"),
        column("hour", Time, "start of the hour"),
        column("provider", Text, "who runs it"),
        column("region", Text, "where it is"),
        column("in_inventory", Boolean, "whether the inventory knows it"),
        column("requests", Integer, "requests"),
        column("hits", Integer, "of these, Hit or RefreshHit"),
        column("misses", Integer, "of these, neither a hit nor an error"),
        column("errors", Integer, "of these, Error, the viewer's leaving among them"),
        column("bytes", Integer, "bytes sent"),
        column("bytes_hit", Integer, "bytes of hits"),
        column("bytes_answered", Integer, "bytes of hits and misses"),
        column("hit_ratio", Float, "hits of hits and misses"),
        column("byte_hit_ratio", Float, "bytes of hits of the bytes of hits and misses"),
        column("dt", Day, "UTC day on which the rows landed"),
    ]],
};

/// All tables of what was delivered.
pub static TABLES: [&Table; 3] = [&NODE_HEALTH_DAILY, &PROVIDER_COST_DAILY, &CACHE_HITS_HOURLY];
