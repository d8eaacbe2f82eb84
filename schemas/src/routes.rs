//! The silver tables from which routes are planned: demand by cell, what players measured, and what follows from it.
//!
//! A cell is a region of viewers, a codec and a class of content: SHORT up to 60 s, LONG above.

use crate::table::Kind::{Boolean, Day, Float, Integer, List, Struct, Text};
use crate::table::{Column, Kind, Layer, Table, column};

const REGION: Column = column("region", Text, "region of the viewers");
const CODEC: Column = column("codec", Text, "AVC, HEVC, VP9 or AV1");
const CLASS: Column = column("content_class", Text, "SHORT up to 60 s, LONG above");
const NODE: Column = column("node_id", Text, "the node");
const NODE_REGION: Column =
    column("node_region", Text, "where the node is, null where it is in no inventory so far");
const DAY: Column = column("dt", Day, "the night: UTC day on which the logs landed");

pub static ROUTE_DEMAND: Table = Table {
    layer: Layer::Silver,
    name: "route_demand",
    grain: "what the viewers of one cell were sent, by the access logs that landed on one day",
    key: &["dt", "region", "codec", "content_class"],
    partitioned: true,
    columns: &[&[
        REGION,
        CODEC,
        CLASS,
        column("requests", Integer, "requests"),
        column("bytes", Integer, "bytes to the viewers, headers included"),
        column("sessions", Integer, "playback sessions that were sent any; those known by their playback"),
        column("peak_hour", Integer, "the cell's own busiest hour, UTC, 0 to 23; the first of equal ones"),
        column("peak_hour_bytes", Integer, "bytes to the viewers in that hour"),
        column("common_hour", Integer, "the hour in which all cells together were busiest, UTC, 0 to 23"),
        column("common_hour_bytes", Integer, "this cell's bytes to the viewers in the common hour"),
        column(
            "node_region_requests",
            Integer,
            "of the requests, those without a playback: their region is the node's",
        ),
        column("node_region_bytes", Integer, "bytes to the viewers by those"),
        column(
            "unknown_content_requests",
            Integer,
            "of the requests, those whose content is not known: taken as SHORT",
        ),
        column(
            "assumed_codec_requests",
            Integer,
            "of the requests, those whose path has no codec: their session's, else AVC",
        ),
        DAY,
    ]],
};

const BUCKET: Kind = Struct(&[
    column("bucket", Integer, "number of the bucket, as docs/estimates.md has it"),
    column("count", Integer, "probes in it"),
]);

pub static ROUTE_PROBES: Table = Table {
    layer: Layer::Silver,
    name: "route_probes",
    grain: "what the players of one cell measured of one node, drawn by policy or at random, by playbacks that landed on one day",
    key: &["dt", "region", "codec", "content_class", "node_id", "chosen_by"],
    partitioned: true,
    columns: &[&[
        REGION,
        CODEC,
        CLASS,
        NODE,
        NODE_REGION,
        column("is_known_node", Boolean, "whether the node is in the inventory of the day"),
        column("chosen_by", Text, "POLICY or RANDOM"),
        column(
            "samples",
            Integer,
            "probes: n. In the sums r is a probe's round trip in ms, p its propensity",
        ),
        column("rtt_ms_sum", Float, "sum of r, in ms"),
        column("rtt_ms_squared_sum", Float, "sum of r², in ms²"),
        column("propensity_inverse_sum", Float, "sum of 1/p"),
        column("propensity_inverse_squared_sum", Float, "sum of 1/p²"),
        column("rtt_ms_weighted_sum", Float, "sum of r/p, in ms"),
        column("rtt_ms_weighted_twice_sum", Float, "sum of r/p², in ms"),
        column("rtt_ms_squared_weighted_sum", Float, "sum of r²/p, in ms²"),
        column("rtt_ms_squared_weighted_twice_sum", Float, "sum of r²/p², in ms²"),
        column("rtt_histogram", List(&BUCKET), "probes by round trip in microseconds, ascending"),
        column("throughput_samples", Integer, "of the probes, those with a usable throughput"),
        column("throughput_kbps_sum", Float, "sum of their throughput, in kilobits a second"),
        column("throughput_kbps_squared_sum", Float, "sum of its squares, in (kilobits a second)²"),
        column("throughput_histogram", List(&BUCKET), "those by throughput in bits a second, ascending"),
        DAY,
    ]],
};

pub static ROUTE_ESTIMATES: Table = Table {
    layer: Layer::Silver,
    name: "route_estimates",
    grain: "what the viewers of one cell may expect of one node, as of one day",
    key: &["dt", "region", "codec", "content_class", "node_id"],
    partitioned: true,
    columns: &[&[
        REGION,
        CODEC,
        CLASS,
        NODE,
        NODE_REGION,
        column("is_known_node", Boolean, "whether the node is in the inventory of the day"),
        column(
            "samples",
            Integer,
            "probes of this cell and node in the window; 0: predicted by others alone",
        ),
        column("random_samples", Integer, "of those, the ones drawn at random"),
        column("throughput_samples", Integer, "of those, the ones with a usable throughput"),
        column("level", Text, "finest level with a probe: CELL, REGION_CLASS, NODE, REGION_PAIR or ALL"),
        column("rtt_ms_mean", Float, "round trip, in ms, shrunk"),
        column("rtt_ms_p95", Float, "95th percentile of the round trip, in ms, shrunk"),
        column(
            "throughput_kbps_p10",
            Float,
            "10th percentile of throughput, in kilobits a second, shrunk; null without any",
        ),
        column("own_rtt_ms_mean", Float, "of this cell's own probes of the node, in ms"),
        column("own_rtt_ms_p95", Float, "of this cell's own probes of the node, in ms"),
        column(
            "own_throughput_kbps_p10",
            Float,
            "of this cell's own probes of the node, in kilobits a second",
        ),
        column("parent_rtt_ms_mean", Float, "what it is shrunk toward, in ms"),
        column("parent_rtt_ms_p95", Float, "what it is shrunk toward, in ms"),
        column("parent_throughput_kbps_p10", Float, "what it is shrunk toward, in kilobits a second"),
        column("rtt_weight", Float, "share of the own mean in rtt_ms_mean, 0 to 1; the parent has the rest"),
        column("rtt_tail_weight", Float, "share of the own distribution in that of rtt_ms_p95, 0 to 1"),
        column(
            "throughput_weight",
            Float,
            "share of the own distribution in that of throughput_kbps_p10, 0 to 1",
        ),
        DAY,
    ]],
};

pub static ROUTE_EXCLUSIONS: Table = Table {
    layer: Layer::Silver,
    name: "route_exclusions",
    grain: "one reason for which requests or probes that landed on one day are in no cell",
    key: &["dt", "source", "reason"],
    partitioned: true,
    columns: &[&[
        column("source", Text, "delivery/access or delivery/playback"),
        column("reason", Text, "stable code of the reason, as docs/estimates.md has it"),
        column("count", Integer, "requests or probes"),
        column("bytes", Integer, "bytes to the viewers by those requests, null for probes"),
        DAY,
    ]],
};

/// The tables of routes.
pub static TABLES: [&Table; 4] = [&ROUTE_DEMAND, &ROUTE_PROBES, &ROUTE_ESTIMATES, &ROUTE_EXCLUSIONS];
