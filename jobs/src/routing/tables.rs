//! The night's routes as rows, in the place of what the night held.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use delivery::route::{Judged, Lost, Plan, Problem, gigabytes};
use schemas::money;
use schemas::routes_gold::{ROUTE_LOSSES, ROUTE_PLAN, ROUTE_SCORES, ROUTE_SUMMARY};
use schemas::table::Table;
use serde::Serialize;
use tokio::task::block_in_place;
use warehouse::{FileWriter, Session};

use crate::failure::Outcome;
use crate::rows;

/// Rows of one batch.
const ROWS_AT_ONCE: usize = 8192;

/// A table's version and rows.
pub type Written = (&'static Table, u64, u64);

#[derive(Debug, Serialize)]
struct PlanRow<'a> {
    region: &'a str,
    codec: &'a str,
    content_class: &'a str,
    node_id: &'a str,
    role: &'static str,
    rank: usize,
    weight: f64,
    for_node_id: Option<&'a str>,
    provider: &'a str,
    rtt_ms_mean: Option<f64>,
    rtt_ms_p95: Option<f64>,
    throughput_kbps_p10: Option<f64>,
    cost_per_gb: String,
    currency: &'a str,
    samples: i64,
    is_carried: bool,
    planned_on: NaiveDate,
}

/// `gold.route_summary`; the names are its columns.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub currency: Option<String>,
    pub demand_gb: f64,
    pub unserved_gb: Option<f64>,
    pub objective: Option<String>,
    pub lower_bound: Option<String>,
    pub gap: Option<f64>,
    pub cost: Option<String>,
    pub rtt_ms_mean: Option<f64>,
    pub rtt_ms_p95: Option<f64>,
    pub slow_share: Option<f64>,
    pub slow_rtt_ms: Option<f64>,
    pub capacity_violations: Option<u64>,
    pub single_loss_fits: Option<bool>,
    pub moved_share: Option<f64>,
    pub cells: usize,
    pub nodes: usize,
    pub is_carried: bool,
    pub refusal: Option<String>,
    pub notes: Vec<String>,
    pub actual_demand_gb: Option<f64>,
    pub actual_unserved_gb: Option<f64>,
    pub actual_objective: Option<String>,
    pub actual_cost: Option<String>,
    pub actual_rtt_ms_mean: Option<f64>,
    pub actual_rtt_ms_p95: Option<f64>,
    pub actual_capacity_violations: Option<u64>,
    pub off_policy_estimate: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    pub effective_samples: f64,
    pub estimate_refused: bool,
    pub off_policy_snips: Option<f64>,
}

#[derive(Debug, Serialize)]
struct LossRow<'a> {
    kind: &'static str,
    lost: &'a str,
    fits: bool,
    moved_gb: f64,
    overflow_gb: f64,
    overflow_gb_least: f64,
}

#[derive(Debug, Serialize)]
struct ScoreRow<'a> {
    policy: &'static str,
    currency: &'a str,
    demand_gb: f64,
    unserved_gb: f64,
    cost: String,
    objective: String,
    rtt_ms_mean: Option<f64>,
    rtt_ms_p95: Option<f64>,
    capacity_violations: u64,
    overflow_gb: f64,
    churn: Option<f64>,
    regret: Option<String>,
}

/// An amount of nine digits.
pub fn amount(units: i128) -> String {
    money::format(units, money::SCALE)
}

/// Writes a plan.
pub async fn write_plan(
    session: &Session,
    dt: NaiveDate,
    problem: &Problem,
    currency: &str,
    plan: &Plan,
) -> Outcome<Written> {
    let mut found: Vec<PlanRow<'_>> = Vec::new();
    for (cell, primaries) in plan.primaries.iter().enumerate() {
        let own = delivery::route::by_flow(primaries).into_iter();
        let own = own.map(|(node, flow)| ("PRIMARY", node, flow, None));
        let fallbacks = plan.fallbacks[cell].iter();
        let fallbacks = fallbacks.map(|found| ("FALLBACK", found.node, found.flow, found.stands_for));
        for (place, (role, node, flow, stands_for)) in own.chain(fallbacks).enumerate() {
            let (name, known) = (&problem.cells[cell].name, &problem.nodes[node]);
            let estimate = problem.estimates.of(cell, node);
            found.push(PlanRow {
                region: &name.region,
                codec: &name.codec,
                content_class: &name.content_class,
                node_id: &known.node_id,
                role,
                rank: place + 1,
                weight: plan.weight(problem, cell, flow),
                for_node_id: stands_for.map(|primary| problem.nodes[primary].node_id.as_str()),
                provider: &known.provider,
                rtt_ms_mean: estimate.map(|estimate| estimate.rtt_ms_mean),
                rtt_ms_p95: estimate.map(|estimate| estimate.rtt_ms_p95),
                throughput_kbps_p10: estimate
                    .map(|estimate| estimate.throughput_kbps_p10)
                    .filter(|kbps| kbps.is_finite()),
                cost_per_gb: amount(i128::from(known.price)),
                currency,
                samples: estimate.map_or(0, |estimate| estimate.samples),
                is_carried: false,
                planned_on: dt,
            });
        }
    }
    let batches = found.chunks(ROWS_AT_ONCE).map(|some| rows::batch(ROUTE_PLAN.file_schema(), some));
    replace(session, &ROUTE_PLAN, dt, batches).await
}

/// Writes a plan that stays in force.
pub async fn write_carried(session: &Session, dt: NaiveDate, plan: Vec<RecordBatch>) -> Outcome<Written> {
    replace(session, &ROUTE_PLAN, dt, plan.into_iter().map(Ok)).await
}

/// Writes what comes of each loss.
pub async fn write_losses(
    session: &Session,
    dt: NaiveDate,
    problem: &Problem,
    plan: Option<&Plan>,
) -> Outcome<Written> {
    let mut providers: Vec<&str> = problem.nodes.iter().map(|node| node.provider.as_str()).collect();
    providers.sort_unstable();
    providers.dedup();
    let row = |loss: &delivery::route::Loss| {
        let (kind, lost) = match loss.lost {
            Lost::Node(node) => ("NODE", problem.nodes[node].node_id.as_str()),
            Lost::Provider(provider) => ("PROVIDER", providers[provider]),
        };
        LossRow {
            kind,
            lost,
            fits: loss.fits,
            moved_gb: gigabytes(loss.moved_bytes),
            overflow_gb: gigabytes(loss.overflow_bytes),
            overflow_gb_least: gigabytes(loss.overflow_bytes_least),
        }
    };
    let found: Vec<LossRow<'_>> = plan.iter().flat_map(|plan| &plan.losses).map(row).collect();
    replace(session, &ROUTE_LOSSES, dt, [rows::batch(ROUTE_LOSSES.file_schema(), &found)].into_iter()).await
}

/// Writes how each policy did.
pub async fn write_scores(
    session: &Session,
    dt: NaiveDate,
    currency: &str,
    judged: &[Judged],
) -> Outcome<Written> {
    let row = |found: &Judged| ScoreRow {
        policy: found.policy.name(),
        currency,
        demand_gb: gigabytes(found.score.bytes),
        unserved_gb: gigabytes(found.score.unserved_bytes),
        cost: amount(found.score.cost),
        objective: amount(found.score.objective),
        rtt_ms_mean: found.score.rtt_ms_mean,
        rtt_ms_p95: found.score.rtt_ms_p95,
        capacity_violations: found.score.capacity_violations,
        overflow_gb: gigabytes(found.score.overflow_bytes),
        churn: found.churn,
        regret: found.regret.map(amount),
    };
    let found: Vec<ScoreRow<'_>> = judged.iter().map(row).collect();
    replace(session, &ROUTE_SCORES, dt, [rows::batch(ROUTE_SCORES.file_schema(), &found)].into_iter()).await
}

/// Writes the night's summary.
pub async fn write_summary(session: &Session, dt: NaiveDate, summary: &Summary) -> Outcome<Written> {
    let batch = rows::batch(ROUTE_SUMMARY.file_schema(), std::slice::from_ref(summary));
    replace(session, &ROUTE_SUMMARY, dt, [batch].into_iter()).await
}

/// Puts batches in the place of a night, and moves the session on to it.
async fn replace(
    session: &Session,
    table: &'static Table,
    dt: NaiveDate,
    batches: impl Iterator<Item = Outcome<RecordBatch>>,
) -> Outcome<Written> {
    let mut writer = FileWriter::new(session.lake(), table, Some(dt), "routes")?;
    for batch in batches {
        let batch = batch?;
        block_in_place(|| writer.write(&batch))?;
    }
    let written = writer.rows();
    let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
    let version = session.lake().replace(table, Some(dt), added, "routes").await?;
    session.refresh_table(table).await?;
    Ok((table, version, written))
}
