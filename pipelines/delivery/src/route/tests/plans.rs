//! What must hold of every plan.

use proptest::prelude::*;

use super::{GB, instances};
use crate::route::inputs::{Flows, Problem, Settings};
use crate::route::instance::{Instance, share_of};
use crate::route::{Lost, Plan, Refusal, bytes_of, churn, greedy, nearest, plan, score, variants};

/// Every cell is served to the last bit, or what is not is told.
fn check_weights(problem: &Problem, plan: &Plan) {
    for (index, cell) in problem.cells.iter().enumerate() {
        let served: i64 = plan.primaries[index].iter().map(|(_, flow)| flow).sum();
        assert_eq!(served + plan.unserved_bps[index], cell.peak_bps);
        let weights = plan.primaries[index].iter().map(|(_, flow)| plan.weight(problem, index, *flow));
        let sum: f64 = weights.sum();
        assert!(plan.unserved_bps[index] > 0 || (sum - 1.0).abs() < 1e-12);
        assert!(
            plan.primaries[index].iter().all(|(node, flow)| *flow > 0 && problem.can_serve(index, *node))
        );
    }
}

fn check_capacities(problem: &Problem, settings: &Settings, plan: &Plan) {
    let load = |is_in: &dyn Fn(usize) -> bool| -> i64 {
        plan.primaries.iter().flatten().filter(|(node, _)| is_in(*node)).map(|(_, flow)| flow).sum()
    };
    for (index, node) in problem.nodes.iter().enumerate() {
        let limit = if node.is_available { share_of(node.capacity_bps, settings.capacity_share) } else { 0 };
        assert!(load(&|node| node == index) <= limit, "{}", node.node_id);
    }
    for (name, agreed) in &settings.providers {
        let own = load(&|node| problem.nodes[node].provider == *name);
        assert!(agreed.cap_bps.is_none_or(|cap| own <= cap), "{name}");
    }
    assert_eq!(plan.score.capacity_violations, 0);
}

/// The most that can be served at all: Ford and Fulkerson on the same layers, knowing no costs.
fn most(instance: &Instance<'_>) -> i64 {
    let (cells, nodes) = (instance.problem.cells.len(), instance.layers.room.len());
    let layers = &instance.layers;
    let vertices = 2 + cells + nodes + layers.provider_count;
    let (source, sink) = (vertices - 2, vertices - 1);
    let mut room = vec![vec![0_i64; vertices]; vertices];
    for (cell, known) in instance.problem.cells.iter().enumerate() {
        room[source][cell] = known.peak_bps;
        for node in (0..nodes).filter(|node| instance.problem.can_serve(cell, *node)) {
            room[cell][cells + node] = known.peak_bps;
        }
    }
    for node in 0..nodes {
        room[cells + node][cells + nodes + layers.provider_of[node]] = layers.room[node];
    }
    for (provider, part, _) in &layers.providers {
        room[cells + nodes + provider][sink] += part;
    }
    let mut sum = 0;
    loop {
        let mut from = vec![usize::MAX; vertices];
        let mut waiting = vec![source];
        while let Some(vertex) = waiting.pop() {
            for next in 0..vertices {
                if room[vertex][next] > 0 && from[next] == usize::MAX && next != source {
                    from[next] = vertex;
                    waiting.push(next);
                }
            }
        }
        if from[sink] == usize::MAX {
            return sum;
        }
        let (mut part, mut at) = (i64::MAX, sink);
        while at != source {
            part = part.min(room[from[at]][at]);
            at = from[at];
        }
        let mut at = sink;
        while at != source {
            room[from[at]][at] -= part;
            room[at][from[at]] += part;
            at = from[at];
        }
        sum += part;
    }
}

/// Fallbacks are other nodes, of other providers where the loss of the provider could be placed at all.
fn check_fallbacks(problem: &Problem, plan: &Plan) {
    for (primaries, fallbacks) in plan.primaries.iter().zip(&plan.fallbacks) {
        for fallback in fallbacks {
            // Another primary stands in only where there is no room elsewhere.
            let is_primary = primaries.iter().any(|(node, _)| *node == fallback.node);
            assert!(fallback.stands_for != Some(fallback.node) && (!is_primary || fallback.flow > 0));
        }
        for (primary, flow) in primaries {
            let own = fallbacks.iter().filter(|fallback| fallback.stands_for == Some(*primary));
            let taken: i64 = own.clone().map(|fallback| fallback.flow).sum();
            assert!(taken <= *flow);
            let provider = &problem.nodes[*primary].provider;
            let is_placed = plan.losses.iter().any(|loss| {
                loss.overflow_bytes_least == 0
                    && matches!(loss.lost, Lost::Provider(_))
                    && loss.fits
                    && loss_name(problem, loss.lost) == *provider
            });
            assert!(
                !is_placed || own.clone().all(|fallback| problem.nodes[fallback.node].provider != *provider)
            );
            assert!(!is_placed || taken == *flow, "what fits has a place");
        }
        let whole: i64 = variants(primaries, fallbacks).iter().map(|variant| variant.flow).sum();
        assert_eq!(whole, primaries.iter().map(|(_, flow)| flow).sum::<i64>());
    }
}

fn loss_name(problem: &Problem, lost: Lost) -> String {
    let mut names: Vec<&String> = problem.nodes.iter().map(|node| &node.provider).collect();
    names.sort();
    names.dedup();
    match lost {
        Lost::Node(node) => problem.nodes[node].node_id.clone(),
        Lost::Provider(provider) => names[provider].clone(),
    }
}

/// A loss that is said to fit does, when each viewer goes down their order.
fn check_losses(problem: &Problem, settings: &Settings, plan: &Plan) {
    for loss in &plan.losses {
        let gone = |node: usize| match loss.lost {
            Lost::Node(lost) => node == lost,
            Lost::Provider(_) => problem.nodes[node].provider == loss_name(problem, loss.lost),
        };
        let mut loads = vec![0_i64; problem.nodes.len()];
        let mut is_homeless = false;
        for (primaries, fallbacks) in plan.primaries.iter().zip(&plan.fallbacks) {
            for variant in variants(primaries, fallbacks) {
                match variant.order.into_iter().find(|node| !gone(*node)) {
                    Some(node) => loads[node] += variant.flow,
                    None => is_homeless = true,
                }
            }
        }
        let within = |(index, node): (usize, &crate::route::Node)| {
            loads[index] <= share_of(node.capacity_bps, settings.capacity_share_loss)
        };
        let capped = settings.providers.iter().all(|(name, agreed)| {
            let own = problem.nodes.iter().zip(&loads).filter(|(node, _)| node.provider == *name);
            agreed.cap_bps.is_none_or(|cap| own.map(|(_, load)| load).sum::<i64>() <= cap)
        });
        let fits = !is_homeless && capped && problem.nodes.iter().enumerate().all(within);
        assert_eq!(loss.fits, fits, "{:?}", loss.lost);
        assert!(loss.overflow_bytes_least <= loss.overflow_bytes);
    }
}

/// The objective of a routing that keeps all limits, as the plan counts it.
fn objective(problem: &Problem, settings: &Settings, before: Option<&Flows>, flows: &Flows) -> i128 {
    let moved = before.map_or(0, |before| {
        let share = churn(problem, flows, before);
        (share * problem.bytes() as f64 / GB as f64 * settings.move_price as f64) as i128
    });
    score(problem, settings, flows).objective + moved
}

fn serves_all(problem: &Problem, flows: &Flows) -> bool {
    let served = flows.iter().flatten().map(|(_, flow)| flow).sum::<i64>();
    served == problem.cells.iter().map(|cell| cell.peak_bps).sum::<i64>()
}

/// Rounding to whole units of cost, and tiers that are told by the peak and priced by the day.
fn is_at_most(ours: i128, theirs: i128, slack: f64) -> bool {
    ours as f64 <= theirs as f64 * (1.0 + slack) + 1000.0
}

fn check_baselines(problem: &Problem, settings: &Settings, before: Option<&Flows>, plan: &Plan) {
    // What a bound on the slow share costs, the baselines need not pay; tiers are by the peak in the flow alone.
    let is_flow =
        !settings.is_slow_bounded && settings.providers.values().all(|agreed| agreed.tiers.is_empty());
    if !is_flow || plan.unserved_bps.iter().any(|flow| *flow > 0) {
        return;
    }
    let ours = objective(problem, settings, before, &plan.primaries);
    let instance = Instance::new(problem, settings, before).expect("it was planned");
    let greedy = greedy(&instance, None);
    if serves_all(problem, &greedy) {
        assert!(is_at_most(ours, objective(problem, settings, before, &greedy), 1e-6));
    }
    let nearest = nearest(problem);
    let share = |flows: &Flows| {
        let mut loads = vec![0_i64; problem.nodes.len()];
        flows.iter().flatten().for_each(|(node, flow)| loads[*node] += flow);
        loads.iter().zip(&instance.layers.room).all(|(load, room)| load <= room)
    };
    let has_caps = settings.providers.values().any(|agreed| agreed.cap_bps.is_some());
    if serves_all(problem, &nearest) && share(&nearest) && !has_caps {
        assert!(is_at_most(ours, objective(problem, settings, before, &nearest), 1e-6));
    }
}

fn check(problem: &Problem, settings: &Settings, before: Option<&Flows>) -> Option<Plan> {
    let plan = match plan(problem, before, settings) {
        Ok(plan) => plan,
        Err(Refusal::NoNodes(_) | Refusal::NoEstimates) => {
            let cells = 0..problem.cells.len();
            let can = |cell: usize| (0..problem.nodes.len()).any(|node| problem.can_serve(cell, node));
            assert!(!cells.into_iter().any(can), "a plan was possible");
            return None;
        }
        Err(refusal) => panic!("{refusal}"),
    };
    check_weights(problem, &plan);
    check_capacities(problem, settings, &plan);
    let instance = Instance::new(problem, settings, before).expect("it was planned");
    let unserved: i64 = plan.unserved_bps.iter().sum();
    let whole: i64 = problem.cells.iter().map(|cell| cell.peak_bps).sum();
    assert_eq!(whole - unserved, most(&instance), "demand is left out that could be served");
    assert!(plan.lower_bound <= plan.objective);
    assert!(plan.gap >= 0.0 && plan.gap < 1.0);
    if !settings.is_slow_bounded {
        assert_eq!(plan.objective, plan.lower_bound);
        assert!(plan.gap.abs() < f64::EPSILON);
    }
    if let Some(limit) = plan.slow_rtt_ms {
        let is_met = !plan.notes.iter().any(|note| note.contains("out of reach"));
        assert!(!is_met || plan.slow_share <= settings.slow_share_max + 5e-4, "{} {limit}", plan.slow_share);
    }
    check_fallbacks(problem, &plan);
    check_losses(problem, settings, &plan);
    check_baselines(problem, settings, before, &plan);
    let bytes: i128 = (0..problem.cells.len())
        .flat_map(|cell| plan.primaries[cell].iter().map(move |(_, flow)| (cell, *flow)))
        .map(|(cell, flow)| bytes_of(&problem.cells[cell], flow))
        .sum();
    assert!((bytes + plan.unserved_bytes(problem) - problem.bytes()).abs() <= 100);
    Some(plan)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_plan_keeps_its_bounds_and_proves_itself((problem, settings) in instances()) {
        if let Some(first) = check(&problem, &settings, None) {
            // The night after, with the plan in force; twice, to the same end.
            let second = check(&problem, &settings, Some(&first.primaries)).expect("it was possible before");
            let again = plan(&problem, Some(&first.primaries), &settings).expect("it was possible before");
            prop_assert_eq!(format!("{:?}", &second), format!("{:?}", &again));
            if !settings.is_slow_bounded {
                prop_assert!(second.moved_share.abs() < 1e-9, "nothing has changed, and {} moved", second.moved_share);
            }
        }
    }

    #[test]
    fn few_arcs_prove_the_same_as_all((problem, settings) in instances()) {
        let few = Settings { arcs_per_cell: 1, is_slow_bounded: false, ..settings.clone() };
        let all = Settings { arcs_per_cell: 100, is_slow_bounded: false, ..settings };
        if let (Ok(few), Ok(all)) = (plan(&problem, None, &few), plan(&problem, None, &all)) {
            prop_assert_eq!(few.objective, all.objective);
            prop_assert_eq!(few.lower_bound, all.lower_bound);
        }
    }
}
