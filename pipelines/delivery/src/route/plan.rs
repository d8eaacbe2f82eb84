//! Tomorrow's routes: the cheapest flow that keeps its bounds, its fallbacks, and the proof of both.

use super::baselines;
use super::cost::{self, PER_NANO, Refusal, bytes_of, gigabytes};
use super::inputs::{CellName, Flows, Problem, Settings};
use super::instance::Instance;
use super::losses::{self, Loss, Lost};
use super::score::{self, Score};
use super::slow::{self, Routed};
use super::variants::Fallback;

/// Cells that are named in a note; of more the count is told.
const NAMED: usize = 20;
/// By how much the limit of slow traffic grows while it is out of reach, and how often.
const RELAXED_BY: f64 = 1.03;
const RELAXED_MAX: i32 = 24;

/// A plan. Cells and nodes are those of its problem, by index.
#[derive(Debug, Clone)]
pub struct Plan {
    pub primaries: Flows,
    pub fallbacks: Vec<Vec<Fallback>>,
    pub losses: Vec<Loss>,
    /// Left without a node, by cell, in bits a second.
    pub unserved_bps: Vec<i64>,
    /// What was minimised, in 10⁻⁹ of the currency, with moves and the charge for unserved demand.
    pub objective: i128,
    pub lower_bound: i128,
    /// (objective − lower bound) / objective, before both are rounded.
    pub gap: f64,
    /// By the forecast.
    pub score: Score,
    pub slow_share: f64,
    /// The limit that holds; `None` where the share of slow traffic is not bounded.
    pub slow_rtt_ms: Option<f64>,
    /// Share of demand that the plan before sent elsewhere.
    pub moved_share: f64,
    pub notes: Vec<String>,
}

/// Makes a plan, or says why there can be none. `before` is the plan in force at today's demand, if there is one.
///
/// # Errors
/// A [`Refusal`] names what is missing; then the plan before stays in force.
pub fn plan(problem: &Problem, before: Option<&Flows>, settings: &Settings) -> Result<Plan, Refusal> {
    let instance = Instance::new(problem, settings, before)?;
    let mut notes = Vec::new();
    let (primaries, routed, limit) = route(&instance, &mut notes)?;
    let unserved_bps = routed.answer.unserved.clone();
    let protection = losses::protect(&instance, &primaries)?;
    notes.extend(unserved(problem, &instance, &unserved_bps));
    notes.extend(unsafe_losses(problem, &instance, &protection.losses));
    let nano = |femto: i128| cost::rounded(femto, PER_NANO);
    let gap = routed.objective - routed.lower_bound;
    Ok(Plan {
        score: score::score(problem, settings, &primaries),
        slow_share: limit.map_or(0.0, |limit| score::slow_share(problem, &primaries, limit)),
        slow_rtt_ms: limit,
        moved_share: before.map_or(0.0, |before| score::churn(problem, &primaries, before)),
        objective: nano(routed.objective),
        lower_bound: nano(routed.lower_bound),
        gap: if gap == 0 { 0.0 } else { gap as f64 / routed.objective.max(1) as f64 },
        fallbacks: protection.fallbacks,
        losses: protection.losses,
        primaries,
        unserved_bps,
        notes,
    })
}

/// The best routing, with the limit of slow traffic that it keeps.
pub(super) fn route(
    instance: &Instance<'_>,
    notes: &mut Vec<String>,
) -> Result<(Flows, Routed, Option<f64>), Refusal> {
    let (routed, limit) = routed(instance, notes)?;
    Ok((primaries(instance.problem, &routed), routed, limit))
}

fn routed(instance: &Instance<'_>, notes: &mut Vec<String>) -> Result<(Routed, Option<f64>), Refusal> {
    let settings = instance.settings;
    if !settings.is_slow_bounded {
        return Ok((slow::unbounded(instance)?, None));
    }
    if let Some(limit) = settings.slow_rtt_ms {
        let routed = slow::bounded(instance, limit, settings.slow_share_max)?;
        if !routed.is_within {
            notes.push(format!(
                "no routing has at most {} of its traffic slower than {limit} ms: the plan is the fastest found",
                settings.slow_share_max
            ));
        }
        return Ok((routed, Some(limit)));
    }
    // A share above a limit bounds a percentile: no baseline is to have a shorter tail.
    let (_, greedy, nearest) = baselines::both(instance);
    let greedy = score::score(instance.problem, settings, &greedy).rtt_ms_p95;
    let Some(least) = nearest.into_iter().chain(greedy).reduce(f64::min) else {
        return Ok((slow::unbounded(instance)?, None));
    };
    for step in 0..RELAXED_MAX {
        let limit = least * RELAXED_BY.powi(step);
        let routed = slow::bounded(instance, limit, settings.slow_share_max)?;
        if routed.is_within {
            return Ok((routed, Some(limit)));
        }
        if step == 0 {
            let what = "the shortest tail of nearest and greedy";
            notes.push(format!("{what}, {limit:.1} ms at 95 %, is out of reach with the margin asked for"));
        }
    }
    Ok((slow::unbounded(instance)?, None))
}

/// What flows, by cell and node.
fn primaries(problem: &Problem, routed: &Routed) -> Flows {
    let mut flows: Flows = vec![Vec::new(); problem.cells.len()];
    for (choice, flow) in routed.choices.iter().zip(&routed.answer.flows).filter(|(_, flow)| **flow > 0) {
        // Staying and moving to one node are two choices.
        match flows[choice.supply].iter_mut().find(|(node, _)| *node == choice.node) {
            Some((_, sum)) => *sum += flow,
            None => flows[choice.supply].push((choice.node, *flow)),
        }
    }
    flows.iter_mut().for_each(|flows| flows.sort_unstable());
    flows
}

fn shown(cell: &CellName) -> String {
    format!("{}/{}/{}", cell.region, cell.codec, cell.content_class)
}

/// Who is not served, and why.
fn unserved(problem: &Problem, instance: &Instance<'_>, unserved_bps: &[i64]) -> Vec<String> {
    let cells: Vec<usize> = (0..unserved_bps.len()).filter(|cell| unserved_bps[*cell] > 0).collect();
    let named = cells.iter().take(NAMED).map(|cell| {
        let known = &problem.cells[*cell];
        let gb = gigabytes(bytes_of(known, unserved_bps[*cell]));
        let why = match instance.cheapest(*cell, 1).is_empty() {
            true => "no node that is there serves it",
            false => "no room is left",
        };
        format!("{}: {gb:.3} GB unserved: {why}", shown(&known.name))
    });
    let more = cells.len().checked_sub(NAMED + 1).map(|more| format!("{} more cells unserved", more + 1));
    named.chain(more).collect()
}

/// The losses that do not fit, the worst first.
fn unsafe_losses(problem: &Problem, instance: &Instance<'_>, losses: &[Loss]) -> Vec<String> {
    let mut broken: Vec<&Loss> = losses.iter().filter(|loss| !loss.fits).collect();
    broken.sort_by_key(|loss| (std::cmp::Reverse(loss.overflow_bytes), loss.lost));
    let named = broken.iter().take(NAMED).map(|loss| {
        let what = match loss.lost {
            Lost::Node(node) => format!("node {}", problem.nodes[node].node_id),
            Lost::Provider(provider) => format!("provider {}", instance.providers[provider]),
        };
        let [moved, over, least] = [loss.moved_bytes, loss.overflow_bytes, loss.overflow_bytes_least];
        format!(
            "the loss of {what} does not fit: {:.3} of {:.3} GB, {:.3} of them whatever the fallbacks",
            gigabytes(over),
            gigabytes(moved),
            gigabytes(least)
        )
    });
    let more = broken.len().checked_sub(NAMED + 1).map(|more| format!("{} more losses do not fit", more + 1));
    named.chain(more).collect()
}

impl Plan {
    /// Whether any one node or provider may be lost.
    pub fn single_loss_fits(&self) -> bool {
        self.losses.iter().all(|loss| loss.fits)
    }

    /// Shares of each cell's demand by node.
    pub fn weight(&self, problem: &Problem, cell: usize, flow: i64) -> f64 {
        flow as f64 / problem.cells[cell].peak_bps.max(1) as f64
    }

    /// What no node serves, in bytes of the day.
    pub fn unserved_bytes(&self, problem: &Problem) -> i128 {
        problem.cells.iter().zip(&self.unserved_bps).map(|(cell, flow)| bytes_of(cell, *flow)).sum()
    }
}
