//! The day as it was: what was served, and how the plan made for it did beside the others.

use chrono::NaiveDate;
use delivery::route::{
    self, Case, Estimates, Flows, Judged, Policy, Problem, Standing, gigabytes, quantile_over,
};
use schemas::routes::ROUTE_DEMAND;
use schemas::routes_gold::ROUTE_PLAN;
use tokio::task::block_in_place;
use warehouse::Session;

use super::measured::{self, Measured, Probes};
use super::reading::{self, Inputs};
use super::settings::Rules;
use super::tables::{Summary, amount};
use crate::failure::Outcome;

/// A day to be judged.
pub struct Day<'a> {
    pub dt: NaiveDate,
    pub inputs: &'a Inputs,
    pub probes: &'a Probes,
    /// The night that made the plan in force, and that plan.
    pub in_force: Option<NaiveDate>,
    pub plan: Option<&'a Standing>,
}

/// Judges a day; what was really served goes into the summary. A day without demand of its own is not judged.
pub async fn judge(
    session: &Session,
    rules: &Rules,
    day: &Day<'_>,
    summary: &mut Summary,
) -> Outcome<Vec<Judged>> {
    if !reading::days(session, &ROUTE_DEMAND).contains(&day.dt) {
        summary.notes.push("no demand of this day: it is not judged".to_owned());
        return Ok(Vec::new());
    }
    let mut forecast = None;
    let mut before = None;
    if let Some(night) = day.in_force {
        forecast = Some(reading::inputs(session, night, rules).await?.problem);
        if let Some(earlier) = reading::days(session, &ROUTE_PLAN).range(..night).next_back() {
            before = Some(reading::standing(session, *earlier).await?);
        }
    }
    let judged = block_in_place(|| {
        let probes = measured::by_place(&day.inputs.problem, day.probes);
        let today = realised(&day.inputs.problem, &probes, rules);
        let actual = actual(&today, &probes);
        let case = Case {
            plan: day.plan.filter(|plan| !plan.0.is_empty()),
            before: before.as_ref().filter(|plan| !plan.0.is_empty()),
            forecast: forecast.as_ref().filter(|forecast| !forecast.cells.is_empty()),
            actual: Some(&actual),
        };
        route::judge(&today, &rules.settings, &case)
    });
    let served = judged.iter().find(|found| found.policy == Policy::Actual);
    summary.actual_objective = served.map(|found| amount(found.score.objective));
    serve(session, day, summary).await?;
    Ok(judged)
}

/// The day's problem with what its own probes say.
fn realised(problem: &Problem, probes: &[Vec<(usize, &Measured)>], rules: &Rules) -> Problem {
    let nothing = Measured::default();
    let of_cell = |(cell, found): (usize, &Vec<(usize, &Measured)>)| {
        let of_node = |node: usize| {
            let place = found.binary_search_by_key(&node, |(node, _)| *node);
            let measured = place.map_or(&nothing, |place| found[place].1);
            let prior = problem.estimates.of(cell, node);
            let (samples, sum) = (measured.samples, measured.rtt_ms_sum);
            let estimate = route::realised(prior, samples, sum, &measured.histogram, rules.prior_probes);
            Some((node as u32, estimate?))
        };
        (0..problem.nodes.len()).filter_map(of_node).collect()
    };
    let pairs = probes.iter().enumerate().map(of_cell).collect();
    Problem { estimates: Estimates(pairs), ..problem.clone() }
}

/// Where the policy sent the sessions of each cell.
fn actual(problem: &Problem, probes: &[Vec<(usize, &Measured)>]) -> Flows {
    let of_cell = |found: &Vec<(usize, &Measured)>| {
        let counts = found.iter().map(|(node, measured)| (*node, measured.policy_samples));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    let counts: Vec<Vec<(usize, i64)>> = probes.iter().map(of_cell).collect();
    route::actual(problem, &counts)
}

/// What was served by the access log, and how far it was by the players whom the policy sent.
async fn serve(session: &Session, day: &Day<'_>, summary: &mut Summary) -> Outcome<()> {
    let nodes = &day.inputs.problem.nodes;
    let (mut bytes, mut unknown, mut cost, mut violations) = (0_i128, 0_i128, 0_i128, 0);
    for (node_id, (sent, peak_hour)) in measured::sent(session, day.dt).await? {
        bytes += i128::from(sent);
        match nodes.iter().find(|node| node.node_id == node_id) {
            Some(node) => {
                cost += route::rounded(i128::from(sent) * i128::from(node.price), 1_000_000_000);
                violations += u64::from(i128::from(peak_hour) * 8 / 3600 > i128::from(node.capacity_bps));
            }
            None => unknown += i128::from(sent),
        }
    }
    summary.actual_demand_gb = Some(gigabytes(bytes));
    summary.actual_unserved_gb = Some(gigabytes(unknown));
    summary.actual_cost = Some(amount(cost));
    summary.actual_capacity_violations = Some(violations);
    if unknown > 0 {
        summary.notes.push(format!("{:.6} GB were served by nodes without a price", gigabytes(unknown)));
    }
    let samples: i64 = day.probes.values().map(|found| found.policy_samples).sum();
    if samples > 0 {
        let sum: f64 = day.probes.values().map(|found| found.policy_rtt_ms_sum).sum();
        let all: Vec<_> = day.probes.values().flat_map(|found| &found.policy_histogram).collect();
        let above =
            |limit: f64| all.iter().filter(|(ms, _)| *ms > limit).map(|(_, count)| *count as f64).sum();
        summary.actual_rtt_ms_mean = Some(sum / samples as f64);
        summary.actual_rtt_ms_p95 = Some(quantile_over(&above, samples as f64, 0.95));
    }
    Ok(())
}
