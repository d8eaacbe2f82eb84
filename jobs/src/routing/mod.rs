//! Tomorrow's routes, made each night from what the day was, and the day judged by what was planned for it.
//!
//! Nothing that the logs lack fails a night: where no plan can be made the one in force stays, and the summary says
//! why. Scores and losses are committed before the plan, the summary last.

mod judging;
mod measured;
pub mod reading;
pub mod settings;
mod tables;

use chrono::NaiveDate;
use delivery::route::{OffPolicy, Plan, Probes as Weighted, Problem, Refusal, gigabytes};
use schemas::routes_gold::ROUTE_PLAN;
use tokio::task::block_in_place;
use warehouse::Session;

use crate::failure::Outcome;
use measured::Probes;
use reading::Inputs;
use settings::Rules;
use tables::{Summary, Written, amount};

/// What a night's routing did.
pub struct Routed {
    pub rows_in: u64,
    pub tables: Vec<Written>,
    pub notes: Vec<String>,
}

/// Plans for the day after a night, and judges the day.
pub async fn route(session: &Session, dt: NaiveDate, rules: &Rules) -> Outcome<Routed> {
    let inputs = reading::inputs(session, dt, rules).await?;
    let in_force = reading::days(session, &ROUTE_PLAN).range(..dt).next_back().copied();
    let before = match in_force {
        Some(night) => Some(reading::standing(session, night).await?),
        None => None,
    };
    let problem = &inputs.problem;
    let flows = before.as_ref().map(|before| before.flows(problem));
    let planned = block_in_place(|| delivery::route::plan(problem, flows.as_ref(), &rules.settings));
    let probes = measured::probes(session, dt).await?;
    let rows_in = problem.cells.len() + problem.nodes.len() + probes.len();

    let mut summary = summary(&inputs, &planned);
    off_policy(&mut summary, problem, planned.as_ref().ok(), &probes, rules);
    let day = judging::Day { dt, inputs: &inputs, probes: &probes, in_force, plan: before.as_ref() };
    let judged = judging::judge(session, rules, &day, &mut summary).await?;

    let mut tables = vec![
        tables::write_scores(session, dt, &inputs.currency, &judged).await?,
        tables::write_losses(session, dt, problem, planned.as_ref().ok()).await?,
    ];
    match (&planned, in_force) {
        (Ok(plan), _) => {
            tables.push(tables::write_plan(session, dt, problem, &inputs.currency, plan).await?);
        }
        (Err(_), Some(night)) => {
            summary.is_carried = true;
            summary.notes.push(format!("the plan of {night} stays in force"));
            let rows = reading::rows(session, night).await?;
            tables.push(tables::write_carried(session, dt, rows).await?);
        }
        (Err(_), None) => {
            summary.notes.push("there is no plan before that could stay in force".to_owned());
            tables.push(tables::write_carried(session, dt, Vec::new()).await?);
        }
    }
    tables.push(tables::write_summary(session, dt, &summary).await?);
    Ok(Routed { rows_in: rows_in as u64, tables, notes: said(&summary) })
}

fn summary(inputs: &Inputs, planned: &Result<Plan, Refusal>) -> Summary {
    let problem = &inputs.problem;
    let mut summary = Summary {
        currency: (!inputs.currency.is_empty()).then(|| inputs.currency.clone()),
        demand_gb: gigabytes(problem.bytes()),
        cells: problem.cells.len(),
        nodes: problem.nodes.iter().filter(|node| node.is_available && node.capacity_bps > 0).count(),
        notes: inputs.notes.clone(),
        ..Summary::default()
    };
    match planned {
        Err(refusal) => summary.refusal = Some(refusal.to_string()),
        Ok(plan) => {
            summary.unserved_gb = Some(gigabytes(plan.unserved_bytes(problem)));
            summary.objective = Some(amount(plan.objective));
            summary.lower_bound = Some(amount(plan.lower_bound));
            summary.gap = Some(plan.gap);
            summary.cost = Some(amount(plan.score.cost));
            summary.rtt_ms_mean = plan.score.rtt_ms_mean;
            summary.rtt_ms_p95 = plan.score.rtt_ms_p95;
            summary.slow_share = plan.slow_rtt_ms.map(|_| plan.slow_share);
            summary.slow_rtt_ms = plan.slow_rtt_ms;
            summary.capacity_violations = Some(plan.score.capacity_violations);
            summary.single_loss_fits = Some(plan.single_loss_fits());
            summary.moved_share = Some(plan.moved_share);
            summary.notes.extend(plan.notes.iter().cloned());
        }
    }
    summary
}

/// What the plan would have measured today, by the propensities with which today's probes were drawn.
fn off_policy(summary: &mut Summary, problem: &Problem, plan: Option<&Plan>, probes: &Probes, rules: &Rules) {
    let mut cells: Vec<Vec<Weighted>> = Vec::new();
    let found = measured::by_place(problem, probes);
    for (cell, flows) in plan.iter().flat_map(|plan| plan.primaries.iter().enumerate()) {
        let served: i64 = flows.iter().map(|(_, flow)| flow).sum();
        // A cell without a route says nothing of the plan.
        if served == 0 {
            continue;
        }
        let mut nodes: Vec<usize> = flows.iter().map(|(node, _)| *node).collect();
        nodes.extend(found[cell].iter().map(|(node, _)| *node));
        nodes.sort_unstable();
        nodes.dedup();
        let of_node = |node: usize| {
            let flow = flows.iter().find(|(place, _)| *place == node).map_or(0, |(_, flow)| *flow);
            let place = found[cell].binary_search_by_key(&node, |(node, _)| *node).ok();
            let measured = place.map(|place| found[cell][place].1);
            let [inverse, inverse_squared, weighted, weighted_twice, squared_weighted_twice] =
                measured.map_or([0.0; 5], |measured| measured.weighted);
            Weighted {
                target: flow as f64 / served as f64,
                model_ms: problem.estimates.of(cell, node).map(|estimate| estimate.rtt_ms_mean),
                samples: measured.map_or(0.0, |measured| measured.samples as f64),
                inverse,
                inverse_squared,
                weighted,
                weighted_twice,
                squared_weighted_twice,
            }
        };
        cells.push(nodes.into_iter().map(of_node).collect());
    }
    let found: OffPolicy = delivery::route::estimate(&cells, rules.effective_samples_min);
    summary.effective_samples = found.effective_samples;
    summary.estimate_refused = found.doubly_robust.is_none();
    summary.off_policy_estimate = found.doubly_robust.map(|interval| interval.mean);
    summary.ci_low = found.doubly_robust.map(|interval| interval.low);
    summary.ci_high = found.doubly_robust.map(|interval| interval.high);
    summary.off_policy_snips = found.self_normalised.map(|interval| interval.mean);
}

/// The summary in lines.
fn said(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    let currency = summary.currency.as_deref().unwrap_or("");
    match (&summary.refusal, &summary.cost, summary.gap) {
        (Some(refusal), _, _) => lines.push(format!("no plan: {refusal}")),
        (None, Some(cost), Some(gap)) => lines.push(format!(
            "{} cells over {} nodes: {:.3} GB for {cost} {currency}, gap {gap}",
            summary.cells, summary.nodes, summary.demand_gb
        )),
        _ => {}
    }
    lines.extend(summary.notes.iter().cloned());
    lines
}
