//! What creators are told of their viewers: the released table, the ledger of what it cost, and the list of metrics.

use crate::table::Kind::{Day, Integer, Text, Time, Total};
use crate::table::{Layer, Table, column};

/// Of a metric without a breakdown: its dimension and its only key.
pub const TOTAL: &str = "total";
/// The key of a breakdown's remainder.
pub const OTHER: &str = "other";

/// The metric that is not released where nobody knows who returns.
pub const RETURNING_VIEWERS: &str = "returning_viewers";

pub static CREATOR_INSIGHTS_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "creator_insights_daily",
    grain: "one released value of one creator on one day; once released it never changes",
    key: &["dt", "creator", "category", "metric", "dimension", "key"],
    partitioned: true,
    columns: &[&[
        column("creator", Text, "DID of the creator"),
        column("category", Text, "engagement, audience, content or revenue"),
        column("metric", Text, "what is measured: schemas::insights::METRICS"),
        column("dimension", Text, "what it is broken down by; total where it is not"),
        column("key", Text, "which part of the dimension; total, or other for the remainder"),
        column("value", Total, "the released value, in `unit`; null where a ratio has nothing to divide by"),
        column("unit", Text, "count, second, share, rank, or the currency of an amount"),
        column(
            "noise_sigma",
            Total,
            "standard deviation of the noise left in the value, in `unit`; 0 is exact; null for a ratio and a rank",
        ),
        column("value_low", Total, "lower end of the 95 % interval"),
        column("value_high", Total, "upper end of the 95 % interval"),
        column("policy", Text, "hash of the privacy policy by which it was released"),
        column("release_id", Text, "the release: ops.privacy_ledger has its price"),
        column("dt", Day, "the day: of what landed on it, and of what came late for days released before"),
    ]],
};

pub static VIEWER_PRESENCE: Table = Table {
    layer: Layer::Silver,
    name: "viewer_presence",
    grain: "one viewer who was with one creator on one released day; kept as long as it makes viewers returning",
    key: &["dt", "pair_hash"],
    partitioned: true,
    columns: &[&[
        column(
            "pair_hash",
            Integer,
            "HMAC-SHA-256 of viewer and creator under the key of pairs of the day's month, 64 bits of it",
        ),
        column("dt", Day, "the day"),
    ]],
};

pub static PRIVACY_LEDGER: Table = Table {
    layer: Layer::Ops,
    name: "privacy_ledger",
    grain: "one event in the life of one release, for one unit of privacy",
    key: &["release_id", "unit", "event"],
    partitioned: false,
    columns: &[&[
        column("release_id", Text, "the release"),
        column(
            "unit",
            Text,
            "viewer_creator_month: a viewer with one creator over a UTC month; viewer_month: over all creators",
        ),
        column(
            "event",
            Text,
            "INTENT: the price is reserved, nothing is drawn; STORING: what was drawn may be seen from here on; \
             RELEASED: price and files are settled in this one commit; ABANDONED: the price is lost, nothing is released",
        ),
        column("day", Day, "the day that is released"),
        column("month", Text, "the UTC month whose budget pays, as YYYY-MM"),
        column("nano_rho", Integer, "price, in 10^-9 of rho (zero-concentrated differential privacy)"),
        column("nano_rho_spent", Integer, "what the month has spent with it"),
        column("nano_rho_budget", Integer, "what the month may spend"),
        column("femto_delta", Integer, "price of thresholds, in 10^-15 of delta"),
        column("policy", Text, "hash of the privacy policy"),
        column(
            "counted_until",
            Text,
            "playbacks counted: landing days with the last ingest of each that counts, as JSON",
        ),
        column("rows", Integer, "rows released"),
        column("sha256", Text, "hash over the released rows in their order"),
        column("files", Text, "the files that hold them, as JSON: path, rows, bytes, statistics"),
        column("at", Time, "when it was written"),
    ]],
};

/// How a metric comes to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// A bounded count with noise; days may be added up, their sigmas as roots of sums of squares.
    Noised,
    /// A quotient of two released values of the same creator, day and key: never added up, always divided anew.
    Ratio { of: &'static str, per: &'static str },
    /// A place by released values.
    Rank { of: &'static str },
    /// Money, exact; no viewer's attribute decides it.
    Exact,
}

/// A metric of a creator's day, in one breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    pub category: &'static str,
    pub metric: &'static str,
    /// `total` where it is not broken down.
    pub dimension: &'static str,
    pub unit: &'static str,
    pub making: Making,
}

const fn noised(category: &'static str, metric: &'static str, dimension: &'static str) -> Metric {
    Metric { category, metric, dimension, unit: "count", making: Making::Noised }
}

const fn seconds(category: &'static str, dimension: &'static str) -> Metric {
    Metric { category, metric: "watch_seconds", dimension, unit: "second", making: Making::Noised }
}

const fn average(category: &'static str, dimension: &'static str) -> Metric {
    let making = Making::Ratio { of: "watch_seconds", per: "views" };
    Metric { category, metric: "average_watch_seconds", dimension, unit: "second", making }
}

const fn completion(category: &'static str, dimension: &'static str) -> Metric {
    let making = Making::Ratio { of: "completions", per: "views" };
    Metric { category, metric: "completion_rate", dimension, unit: "share", making }
}

const fn exact(metric: &'static str) -> Metric {
    Metric { category: "revenue", metric, dimension: "currency", unit: "currency", making: Making::Exact }
}

/// Every metric in every breakdown, in the order of a report.
///
/// A part's values add up to those of its total: `viewers` by any dimension to `unique_viewers`, each metric by
/// content to that of engagement, `tippers` by region to `tippers`. Unique viewers of several days do not add up
/// to those of their span: who comes on two days counts on both.
pub static METRICS: [Metric; 34] = [
    noised("engagement", "views", TOTAL),
    seconds("engagement", TOTAL),
    average("engagement", TOTAL),
    noised("engagement", "completions", TOTAL),
    completion("engagement", TOTAL),
    noised("engagement", "likes", TOTAL),
    noised("engagement", "comments", TOTAL),
    noised("engagement", "shares", TOTAL),
    noised("engagement", "follows", TOTAL),
    noised("audience", "unique_viewers", TOTAL),
    noised("audience", RETURNING_VIEWERS, TOTAL),
    noised("audience", "viewers", "region"),
    noised("audience", "viewers", "device_class"),
    noised("audience", "viewers", "language"),
    noised("audience", "viewers", "referrer"),
    noised("audience", "viewers", "hour"),
    noised("content", "views", "content"),
    seconds("content", "content"),
    average("content", "content"),
    noised("content", "completions", "content"),
    completion("content", "content"),
    noised("content", "likes", "content"),
    noised("content", "comments", "content"),
    noised("content", "shares", "content"),
    noised("content", "follows", "content"),
    Metric {
        category: "content",
        metric: "rank",
        dimension: "content",
        unit: "rank",
        making: Making::Rank { of: "views" },
    },
    exact("tips"),
    exact("subscriptions"),
    exact("platform_fee"),
    exact("processing_fee"),
    exact("other_fees"),
    exact("net"),
    noised("revenue", "tippers", TOTAL),
    noised("revenue", "tippers", "region"),
];

/// All tables of the insights.
pub static TABLES: [&Table; 3] = [&CREATOR_INSIGHTS_DAILY, &VIEWER_PRESENCE, &PRIVACY_LEDGER];
