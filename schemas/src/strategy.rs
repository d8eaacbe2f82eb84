//! The whole of delivery in one answer: route, caching, quality and fallback for a viewer's context.

use crate::quality::RENDITION;
use crate::table::Kind::{Boolean, Day, Float, Integer, List, Struct, Text};
use crate::table::{Kind, Layer, Table, column};

const PRIMARY: Kind = Struct(&[
    column("node_id", Text, "the node"),
    column("weight", Float, "share of the context's demand; they sum to 1 unless some is unserved"),
    column("rtt_ms_mean", Float, "predicted mean round trip, in milliseconds"),
    column(
        "ttl_seconds",
        Integer,
        "how long the node keeps an object fresh, null where it has no cache plan",
    ),
    column("cache_policy", Text, "how the node's cache evicts, null where it has no cache plan"),
]);

const FALLBACK: Kind = Struct(&[
    column("node_id", Text, "the node"),
    column("for_node_id", Text, "the primary that it stands in for"),
    column("weight", Float, "what it takes over if that is lost, as a share of the context's demand"),
    column("rtt_ms_mean", Float, "predicted mean round trip, in milliseconds"),
]);

pub static DELIVERY_STRATEGY: Table = Table {
    layer: Layer::Gold,
    name: "delivery_strategy",
    grain: "one context of viewers and class of content, on the day after a night",
    key: &["dt", "region", "network", "device_class", "data_saver", "content_class"],
    partitioned: true,
    columns: &[
        &[
            column("region", Text, "region of the viewer, null for every region that no plan names"),
            column("network", Text, "3G, 4G, 5G, WIFI or WIRED"),
            column("device_class", Text, "PHONE, TABLET, DESKTOP or TV"),
            column("data_saver", Boolean, "whether the viewer saves data"),
            column("content_class", Text, "SHORT up to 60 seconds, LONG above"),
            column(
                "nodes",
                List(&PRIMARY),
                "where from, the greatest share first; empty without a route plan",
            ),
            column("fallback", List(&FALLBACK), "where from instead, in this order"),
            column("codec", Text, "the codec that most viewers of the context play"),
            column("ladder", List(&RENDITION), "what to offer; empty: whatever the content has"),
            column(
                "start_rung",
                Integer,
                "the rung to begin with, from 0 among the first codec of the ladder",
            ),
            column("cap_kbps", Integer, "above this no rung is played, in kilobits a second; null: no cap"),
            column("framerate", Integer, "the highest framerate that is worth its bits, in frames a second"),
        ],
        &[
            column(
                "quality_from",
                Text,
                "whose quality plan it is: COHORT, the context's own; ELSEWHERE, the same in another region; \
                 NETWORK, another device too; SAVER, another network too; ALL; NONE",
            ),
            column("quality_cohort", Text, "that cohort: region/network/device/data saver"),
            column("evidence", Integer, "viewers behind that cohort's plan"),
            column("decision", Text, "ADOPT or KEEP, as the quality plan has it"),
            column(
                "route_from",
                Text,
                "whose routes they are: CELL, the context's own; CLASS, the region's and class's of another codec; \
                 REGION, another class too; CODEC, another region's; ALL; NONE",
            ),
            column("route_cell", Text, "that cell: region/codec/class"),
            column("samples", Integer, "probes behind that cell's routes"),
            column("routes_planned_on", Day, "the night that made the routes"),
            column("dt", Day, "the night: the strategy is for the day after"),
        ],
    ],
};

/// All tables of strategies.
pub static TABLES: [&Table; 1] = [&DELIVERY_STRATEGY];
