//! The gold tables of the route plan: tomorrow's routes, their proof, what a loss does to them, how they did.

use crate::table::Kind::{Boolean, Day, Float, Integer, List, Money, Text, Total};
use crate::table::{Column, Layer, Table, column};

const CELL: &[Column] = &[
    column("region", Text, "region of the viewers"),
    column("codec", Text, "codec that they are served"),
    column("content_class", Text, "SHORT up to 60 seconds, LONG above"),
];

pub static ROUTE_PLAN: Table = Table {
    layer: Layer::Gold,
    name: "route_plan",
    grain: "one place in a demand cell's order of nodes, for the day after dt",
    key: &["dt", "region", "codec", "content_class", "role", "rank"],
    partitioned: true,
    columns: &[
        CELL,
        &[
            column("node_id", Text, "the node"),
            column(
                "role",
                Text,
                "PRIMARY: serves by its weight; FALLBACK: serves when a node before it is lost",
            ),
            column("rank", Integer, "place in the cell's order, from 1: primaries first, by weight"),
            column(
                "weight",
                Float,
                "share of the cell's demand; of a FALLBACK what it takes over if `for_node_id` is lost",
            ),
            column("for_node_id", Text, "the primary that a FALLBACK stands in for, null for a PRIMARY"),
            column("provider", Text, "who runs the node"),
            column("rtt_ms_mean", Float, "predicted mean round trip, in milliseconds"),
            column("rtt_ms_p95", Float, "predicted 95th percentile of the round trip, in milliseconds"),
            column(
                "throughput_kbps_p10",
                Float,
                "predicted 10th percentile of throughput, in kilobits a second",
            ),
            column("cost_per_gb", Money, "price of 10^9 bytes, in `currency`"),
            column("currency", Text, "currency of the plan: prices in others are converted"),
            column("samples", Integer, "probes of this cell and node behind the prediction"),
            column(
                "is_carried",
                Boolean,
                "whether an earlier plan stays in force because none could be made",
            ),
            column("planned_on", Day, "the night that made the plan: dt, unless it is carried"),
            column("dt", Day, "the night: the plan is for the day after"),
        ],
    ],
};

pub static ROUTE_SUMMARY: Table = Table {
    layer: Layer::Gold,
    name: "route_summary",
    grain: "one night's route plan, and what was really served on that day",
    key: &["dt"],
    partitioned: true,
    columns: &[&[
        column("currency", Text, "currency of all amounts"),
        column("demand_gb", Float, "demand planned for: that of the last day with logs, in 10^9 bytes"),
        column("unserved_gb", Float, "demand without a node, in 10^9 bytes"),
        column(
            "objective",
            Total,
            "what the plan minimises: price, round trips, tail, moves, unserved demand",
        ),
        column("lower_bound", Total, "below this no plan can come: from the dual"),
        column("gap", Float, "(objective - lower_bound) / objective; 0 is proven best"),
        column("cost", Total, "price of the planned traffic at the day's volume"),
        column("rtt_ms_mean", Float, "predicted mean round trip, weighted by bytes, in milliseconds"),
        column("rtt_ms_p95", Float, "predicted 95th percentile over all traffic, in milliseconds"),
        column("slow_share", Float, "predicted share of traffic slower than `slow_rtt_ms`"),
        column("slow_rtt_ms", Float, "limit of a slow round trip, in milliseconds; null without one"),
        column("capacity_violations", Integer, "nodes whose planned peak is above their capacity"),
        column(
            "single_loss_fits",
            Boolean,
            "whether any one node or provider may be lost: gold.route_losses",
        ),
        column("moved_share", Float, "share of demand that the plan before sent elsewhere"),
        column("cells", Integer, "demand cells planned for"),
        column("nodes", Integer, "nodes that the plan could use"),
        column("is_carried", Boolean, "whether an earlier plan stays in force because none could be made"),
        column("refusal", Text, "why no plan could be made, null where one was"),
        column("notes", List(&Text), "what was left out or taken from an earlier day, and who is not served"),
        column("actual_demand_gb", Float, "served that day to players whose cell is known, in 10^9 bytes"),
        column("actual_unserved_gb", Float, "of it from nodes that the inventory does not know"),
        column("actual_objective", Total, "what was served, by the plan's own measure, without moves"),
        column("actual_cost", Total, "price of what was served"),
        column("actual_rtt_ms_mean", Float, "mean round trip, weighted by bytes, in milliseconds"),
        column("actual_rtt_ms_p95", Float, "95th percentile over all traffic, in milliseconds"),
        column("actual_capacity_violations", Integer, "nodes whose peak was above their capacity"),
        column("off_policy_estimate", Float, "mean round trip that the plan would have had, doubly robust"),
        column("ci_low", Float, "lower end of its 95 % confidence interval, in milliseconds"),
        column("ci_high", Float, "upper end of its 95 % confidence interval, in milliseconds"),
        column("effective_samples", Float, "probes that the estimate really rests on"),
        column("estimate_refused", Boolean, "whether these were too few: then there is no estimate"),
        column("off_policy_snips", Float, "the same by self-normalised weights alone, in milliseconds"),
        column("dt", Day, "the night"),
    ]],
};

pub static ROUTE_LOSSES: Table = Table {
    layer: Layer::Gold,
    name: "route_losses",
    grain: "one node or provider that the plan for the day after dt uses, lost",
    key: &["dt", "kind", "lost"],
    partitioned: true,
    columns: &[&[
        column("kind", Text, "NODE or PROVIDER"),
        column("lost", Text, "which one"),
        column("fits", Boolean, "whether what it served fits elsewhere, by the fallbacks as they stand"),
        column("moved_gb", Float, "what it served: moves to the fallbacks, in 10^9 bytes of the day"),
        column("overflow_gb", Float, "what then is above a node's or provider's limit, or has no node left"),
        column("overflow_gb_least", Float, "what no choice of fallbacks could place, proven by a flow"),
        column("dt", Day, "the night"),
    ]],
};

pub static ROUTE_SCORES: Table = Table {
    layer: Layer::Gold,
    name: "route_scores",
    grain: "one way of routing the day's demand, judged by the day's own probes and logs",
    key: &["dt", "policy"],
    partitioned: true,
    columns: &[&[
        column(
            "policy",
            Text,
            "PLAN: made the night before; NEAREST and GREEDY: by the same forecast; ACTUAL: what was served; \
             HINDSIGHT: the best plan had the day been known",
        ),
        column("currency", Text, "currency of all amounts"),
        column("demand_gb", Float, "demand of the day, in 10^9 bytes"),
        column("unserved_gb", Float, "demand that this policy gives no node that was there"),
        column("cost", Total, "price of the served traffic"),
        column("objective", Total, "price, round trips and tail by the plan's own measure, without moves"),
        column("rtt_ms_mean", Float, "mean round trip, weighted by bytes, in milliseconds"),
        column("rtt_ms_p95", Float, "95th percentile over all traffic, in milliseconds"),
        column("capacity_violations", Integer, "nodes whose peak was above their capacity"),
        column("overflow_gb", Float, "demand above the capacity of its node, in 10^9 bytes"),
        column("churn", Float, "share of demand served elsewhere than by the policy the day before"),
        column("regret", Total, "objective less that of HINDSIGHT; below 0 where limits were broken"),
        column("dt", Day, "the day that was served"),
    ]],
};

/// All gold tables of the routes.
pub static TABLES: [&Table; 4] = [&ROUTE_PLAN, &ROUTE_SUMMARY, &ROUTE_LOSSES, &ROUTE_SCORES];
