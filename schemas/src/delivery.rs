//! Tables of the delivery plans: what each edge node's cache is to do tomorrow, and what that rests on.

use crate::table::Kind::{Day, Float, Integer, List, Text};
use crate::table::{Layer, Table, column};

pub static CACHE_PLAN: Table = Table {
    layer: Layer::Gold,
    name: "cache_plan",
    grain: "one edge node's cache on the day after a night",
    key: &["dt", "node_id"],
    partitioned: true,
    columns: &[&[
        column("node_id", Text, "the node"),
        column("policy", Text, "LRU, FIFO, SIEVE, S3-FIFO or W-TinyLFU"),
        column("admission", Text, "ALL, SIZE or SECOND_HIT: what is let in at all"),
        column("admission_bytes_max", Integer, "with SIZE, the largest object that is let in, in bytes"),
        column("ttl_seconds", Integer, "how long an object counts as fresh once it was filled, in seconds"),
        column("pinned", List(&Text), "contents that are never evicted, the most valuable first"),
        column("prefetch", List(&Text), "contents to fetch before the day begins, the most valuable first"),
        column("prefetch_bytes", Integer, "bytes that fetching them takes"),
        column(
            "byte_hit_ratio_actual",
            Float,
            "of the bytes served on `dt`, those that the node says it had",
        ),
        column(
            "byte_hit_ratio_planned",
            Float,
            "of the bytes asked for on `dt`, those found under this plan, replayed",
        ),
        column("byte_hit_ratio_lru", Float, "the same under LRU, which lets in everything"),
        column("byte_hit_ratio_belady", Float, "the same under Belady's choice, which knows the future"),
        column("byte_hit_ratio_bound", Float, "what no way of running the cache exceeds on those requests"),
        column("bound_kind", Text, "FOO-L: the fractional flow over bytes"),
        column("gain_over_lru", Float, "planned less LRU"),
        column(
            "distance_closed",
            Float,
            "gain over LRU ÷ distance from LRU to the bound, null where there is none",
        ),
        column(
            "byte_hit_ratio_held_out",
            Float,
            "the same under the plan of the night before, which did not know the day",
        ),
        column("held_out_gain_over_lru", Float, "held out less LRU"),
        column("held_out_distance_closed", Float, "the held-out gain ÷ distance from LRU to the bound"),
        column("requests", Integer, "requests of `dt` that were replayed"),
        column("bytes", Integer, "bytes sent for them"),
        column("bytes_filled", Integer, "bytes written into the cache on `dt` under this plan"),
        column("cache_bytes", Integer, "size of the cache, by the inventory"),
        column("sampled_share", Float, "share of the objects that was replayed: 1, where memory sufficed"),
        column(
            "basis",
            Text,
            "REQUESTS of the day; CARRIED from the night before or DEFAULT, where there were none",
        ),
        column("dt", Day, "the night"),
    ]],
};

pub static CACHE_CURVES: Table = Table {
    layer: Layer::Gold,
    name: "cache_curves",
    grain: "one policy in a cache of one size, over an edge node's requests of one day",
    key: &["dt", "node_id", "policy", "cache_bytes"],
    partitioned: true,
    columns: &[&[
        column("node_id", Text, "the node"),
        column("policy", Text, "LRU, FIFO, SIEVE, S3-FIFO, W-TinyLFU, Belady or BOUND"),
        column("cache_bytes", Integer, "size of the cache, in bytes"),
        column("cache_share", Float, "that size ÷ the size of the node's own cache, null where it has none"),
        column("byte_hit_ratio", Float, "of the bytes asked for, those found"),
        column("sampled_share", Float, "share of the objects that was replayed"),
        column("dt", Day, "the night"),
    ]],
};

/// All tables of delivery plans.
pub static TABLES: [&Table; 2] = [&CACHE_PLAN, &CACHE_CURVES];
