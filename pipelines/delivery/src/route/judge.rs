//! The day after: what each way of routing would have done to the demand that came, by the probes of that day.

use super::baselines;
use super::cost::Refusal;
use super::inputs::{Estimate, Flows, Problem, Settings};
use super::instance::Instance;
use super::plan::route;
use super::score::{Score, churn, score};
use super::standing::Standing;
use super::tail::{Spread, quantile_over};

/// A way of routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    Plan,
    Nearest,
    Greedy,
    Actual,
    Hindsight,
}

/// How one of them did.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub policy: Policy,
    pub score: Score,
    /// Against the plan of the day before; `None` where there was none.
    pub churn: Option<f64>,
    /// Objective less that of hindsight; `None` where hindsight has no plan.
    pub regret: Option<i128>,
}

/// What is judged.
#[derive(Debug, Default)]
pub struct Case<'a> {
    /// The plan in force on the day, and the one before it.
    pub plan: Option<&'a Standing>,
    pub before: Option<&'a Standing>,
    /// What was known the night before: the baselines decide by it.
    pub forecast: Option<&'a Problem>,
    /// What was served.
    pub actual: Option<&'a Flows>,
}

impl Policy {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "PLAN",
            Self::Nearest => "NEAREST",
            Self::Greedy => "GREEDY",
            Self::Actual => "ACTUAL",
            Self::Hindsight => "HINDSIGHT",
        }
    }
}

/// Judges all of them on a day: its demand, its nodes, and what its probes say.
pub fn judge(day: &Problem, settings: &Settings, case: &Case<'_>) -> Vec<Judged> {
    let mut routings: Vec<(Policy, Flows)> = Vec::new();
    routings.extend(case.plan.map(|plan| (Policy::Plan, plan.follow(day))));
    if let Some(forecast) = case.forecast {
        let forecast = with_nodes_of(forecast, day);
        if let Ok(instance) = Instance::new(&forecast, settings, None) {
            let (nearest, greedy, _) = baselines::both(&instance);
            routings.push((Policy::Nearest, Standing::of(&forecast, &nearest).follow(day)));
            routings.push((Policy::Greedy, Standing::of(&forecast, &greedy).follow(day)));
        }
    }
    routings.extend(case.actual.map(|flows| (Policy::Actual, flows.clone())));
    routings.extend(best(day, settings).ok().map(|flows| (Policy::Hindsight, flows)));
    let before = case.before.map(|before| before.flows(day));
    let mut judged: Vec<Judged> = routings
        .into_iter()
        .map(|(policy, flows)| Judged {
            policy,
            score: score(day, settings, &flows),
            churn: before.as_ref().map(|before| churn(day, &flows, before)),
            regret: None,
        })
        .collect();
    let hindsight = judged.iter().find(|found| found.policy == Policy::Hindsight);
    if let Some(best) = hindsight.map(|found| found.score.objective) {
        judged.iter_mut().for_each(|found| found.regret = Some(found.score.objective - best));
    }
    judged
}

/// The routing that is best for a problem, by the rules of a plan and without one before.
fn best(problem: &Problem, settings: &Settings) -> Result<Flows, Refusal> {
    let instance = Instance::new(problem, settings, None)?;
    Ok(route(&instance, &mut Vec::new())?.0)
}

/// The forecast, with those of its nodes alone that are there on the day: a resolver sends nobody to a node that
/// is down.
fn with_nodes_of(forecast: &Problem, day: &Problem) -> Problem {
    let mut known = forecast.clone();
    for node in &mut known.nodes {
        let today = day.nodes.iter().find(|today| today.node_id == node.node_id);
        node.is_available = today.is_some_and(|today| today.is_available && today.capacity_bps > 0);
    }
    known
}

/// What a pair really did on a day: its own probes, and as many as `prior_probes` from what was estimated.
///
/// `histogram` holds the probes' round trips in ms with their counts.
pub fn realised(
    prior: Option<Estimate>,
    samples: i64,
    rtt_ms_sum: f64,
    histogram: &[(f64, i64)],
    prior_probes: f64,
) -> Option<Estimate> {
    let count = samples.max(0) as f64;
    let Some(prior) = prior else {
        let p95 = quantile_over(&|limit| counted_above(histogram, limit), count, 0.95);
        return (samples > 0).then(|| Estimate {
            rtt_ms_mean: rtt_ms_sum / count,
            rtt_ms_p95: p95,
            throughput_kbps_p10: 0.0,
            samples,
        });
    };
    if samples <= 0 {
        return Some(prior);
    }
    let (whole, spread) = (count + prior_probes, Spread::of(&prior));
    let above = |limit: f64| counted_above(histogram, limit) + prior_probes * spread.above(limit);
    Some(Estimate {
        rtt_ms_mean: (rtt_ms_sum + prior_probes * prior.rtt_ms_mean) / whole,
        rtt_ms_p95: quantile_over(&above, whole, 0.95),
        ..prior
    })
}

fn counted_above(histogram: &[(f64, i64)], limit: f64) -> f64 {
    histogram.iter().filter(|(ms, _)| *ms > limit).map(|(_, count)| *count as f64).sum()
}

/// What was served, told by the nodes that players were sent to: by cell, else by the cells of its region and
/// codec, else by those of its region. `counts` holds the sessions of each cell by node.
pub fn actual(problem: &Problem, counts: &[Vec<(usize, i64)>]) -> Flows {
    use std::collections::BTreeMap;
    type Sums = BTreeMap<usize, i64>;
    let (mut by_codec, mut by_region): (BTreeMap<(&str, &str), Sums>, BTreeMap<&str, Sums>) =
        Default::default();
    for (cell, counts) in problem.cells.iter().zip(counts) {
        let (region, codec) = (cell.name.region.as_str(), cell.name.codec.as_str());
        for (node, count) in counts {
            *by_codec.entry((region, codec)).or_default().entry(*node).or_default() += count;
            *by_region.entry(region).or_default().entry(*node).or_default() += count;
        }
    }
    let of_cell = |(cell, counts): (&super::inputs::Cell, &Vec<(usize, i64)>)| {
        let (region, codec) = (cell.name.region.as_str(), cell.name.codec.as_str());
        let own: Sums = counts.iter().copied().collect();
        let found = [Some(&own), by_codec.get(&(region, codec)), by_region.get(region)];
        let Some(sums) = found.into_iter().flatten().find(|sums| sums.values().sum::<i64>() > 0) else {
            return Vec::new();
        };
        let whole = sums.values().sum::<i64>() as f64;
        let shares: Vec<_> = sums.iter().map(|(node, count)| (*node, *count as f64 / whole)).collect();
        super::score::flows_of_shares(cell.peak_bps, &shares)
    };
    problem.cells.iter().zip(counts).map(of_cell).collect()
}
