//! The layers of the flow: supplies, nodes, providers, one sink; and the arcs that a solution asks for.
//!
//! An instance begins with a few arcs for each supply. Its dual prices tell which of the others would make it
//! better: they are added until there are none, so that the answer is proven for all arcs, not for the few.

use crate::flow::{self, Arc, Network};

use super::cost::Refusal;

/// Arcs added for one supply in one round.
const ADDED_AT_ONCE: usize = 8;

/// The fixed part of an instance.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// What each supply sends, in bits a second.
    pub supplies: Vec<i64>,
    /// What each node may take.
    pub room: Vec<i64>,
    /// The provider of each node.
    pub provider_of: Vec<usize>,
    /// Parts of a provider's traffic with their cost: (provider, room, cost). The cheaper come first.
    pub providers: Vec<(usize, i64, i64)>,
    pub provider_count: usize,
}

/// A supply may send so much to a node at this cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub supply: usize,
    pub node: usize,
    pub room: i64,
    pub cost: i64,
    /// What it sends at least.
    pub least: i64,
}

/// An optimal answer for some choices.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// By choice.
    pub flows: Vec<i64>,
    /// What each supply could not send.
    pub unserved: Vec<i64>,
    pub objective: i128,
    pub lower_bound: i128,
    /// What one more is worth at a supply, and at a node: a choice that costs less than it adds is missing.
    supply_worth: Vec<i128>,
    node_worth: Vec<i128>,
}

/// The cost at which a bit is left unserved: no way of serving it is dearer, however many others must give way.
/// On its way through others a bit passes each node at most once.
pub fn unserved_cost(layers: &Layers, cost_max: i64) -> Result<i64, Refusal> {
    let steps = layers.room.len() + layers.provider_count + 2;
    let dearest = layers.providers.iter().map(|(_, _, cost)| *cost).max().unwrap_or(0);
    let step = cost_max.checked_add(dearest).and_then(|sum| sum.checked_add(1));
    step.and_then(|step| step.checked_mul(steps as i64))
        .ok_or_else(|| Refusal::TooLarge("the cost of unserved demand".to_owned()))
}

/// What is had without any search: each supply in the order of its size, at the cheapest nodes that have room.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    pub flows: Vec<Vec<(usize, i64)>>,
    /// The cheapest nodes of each supply with their costs, full or not.
    pub near: Vec<Vec<(i64, usize)>>,
}

/// Fills nodes greedily, and finds so many of the cheapest for each supply.
pub fn fill(layers: &Layers, count: usize, cost: impl Fn(usize, usize) -> Option<i64>) -> Filled {
    let supplies = &layers.supplies;
    let mut room = layers.room.clone();
    let mut provider_room = vec![0_i64; layers.provider_count];
    for (provider, part, _) in &layers.providers {
        provider_room[*provider] = provider_room[*provider].saturating_add(*part);
    }
    let mut filled =
        Filled { flows: vec![Vec::new(); supplies.len()], near: vec![Vec::new(); supplies.len()] };
    let mut order: Vec<usize> = (0..supplies.len()).collect();
    order.sort_by_key(|supply| (std::cmp::Reverse(supplies[*supply]), *supply));
    for supply in order {
        let costs = (0..room.len()).filter(|node| layers.room[*node] > 0);
        let mut costs: Vec<_> = costs.filter_map(|node| Some((cost(supply, node)?, node))).collect();
        if costs.len() > count {
            costs.select_nth_unstable(count);
        }
        let near = count.min(costs.len());
        costs[..near].sort_unstable();
        filled.near[supply] = costs[..near].to_vec();
        let mut left = supplies[supply];
        for place in 0..costs.len() {
            if left == 0 {
                break;
            }
            // The rest is put in order only for those who need it.
            if place == near {
                costs[near..].sort_unstable();
            }
            let (_, node) = costs[place];
            let provider = layers.provider_of[node];
            let part = left.min(room[node]).min(provider_room[provider]);
            if part > 0 {
                filled.flows[supply].push((node, part));
                (left, room[node]) = (left - part, room[node] - part);
                provider_room[provider] -= part;
            }
        }
        filled.flows[supply].sort_unstable();
    }
    filled
}

/// Solves for the choices alone.
pub fn solve(layers: &Layers, choices: &[Choice], unserved_cost: i64) -> Result<Answer, Refusal> {
    let (supplies, nodes) = (layers.supplies.len(), layers.room.len());
    let node = |index: usize| supplies + index;
    let provider = |index: usize| supplies + nodes + index;
    let sink = supplies + nodes + layers.provider_count;
    let arc = |tail: usize, head: usize, capacity: i64, cost: i64| {
        Arc::bounded(tail as u32, head as u32, capacity, cost)
    };
    let to_nodes = choices.iter().map(|choice| Arc {
        lower: choice.least,
        ..arc(choice.supply, node(choice.node), choice.room, choice.cost)
    });
    let unserved = layers.supplies.iter().enumerate();
    let unserved = unserved.map(|(supply, amount)| arc(supply, sink, *amount, unserved_cost));
    let owned = layers.provider_of.iter().enumerate();
    let owned = owned.map(|(index, owner)| arc(node(index), provider(*owner), layers.room[index], 0));
    let sold = layers.providers.iter().map(|(owner, room, cost)| arc(provider(*owner), sink, *room, *cost));
    let mut balance = vec![0; sink + 1];
    balance[..supplies].copy_from_slice(&layers.supplies);
    balance[sink] = -layers.supplies.iter().sum::<i64>();
    let network =
        Network { supplies: balance, arcs: to_nodes.chain(unserved).chain(owned).chain(sold).collect() };
    let solution = flow::solve(&network).map_err(|error| Refusal::Unsolved(error.to_string()))?;
    let worth = |vertex: usize| i128::from(solution.potentials[vertex]);
    // The worth at a node that nothing flows through is any that is high enough; the lowest is wanted, at which no
    // arc is asked for in vain.
    let mut provider_worth = vec![i128::from(i64::MIN); layers.provider_count];
    for (owner, _, cost) in layers.providers.iter().filter(|(_, room, _)| *room > 0) {
        let lowest = worth(provider(*owner)).min(worth(sink) - i128::from(*cost));
        provider_worth[*owner] = provider_worth[*owner].max(lowest);
    }
    let node_worth = |(index, owner): (usize, &usize)| worth(node(index)).min(provider_worth[*owner]);
    Ok(Answer {
        flows: solution.flows[..choices.len()].to_vec(),
        unserved: solution.flows[choices.len()..choices.len() + supplies].to_vec(),
        objective: solution.objective,
        lower_bound: solution.lower_bound,
        supply_worth: (0..supplies).map(worth).collect(),
        node_worth: layers.provider_of.iter().enumerate().map(node_worth).collect(),
    })
}

/// Solves for all choices there are, beginning with some; `cost` tells what a supply pays at a node, if it may
/// use it at all.
pub fn solve_all(
    layers: &Layers,
    choices: &mut Vec<Choice>,
    unserved_cost: i64,
    cost: impl Fn(usize, usize) -> Option<i64>,
) -> Result<Answer, Refusal> {
    loop {
        let answer = solve(layers, choices, unserved_cost)?;
        let missing = missing(layers, choices, &answer, &cost);
        if missing.is_empty() {
            return Ok(answer);
        }
        choices.extend(missing);
    }
}

/// The choices not yet there that the prices of an answer ask for.
fn missing(
    layers: &Layers,
    choices: &[Choice],
    answer: &Answer,
    cost: &impl Fn(usize, usize) -> Option<i64>,
) -> Vec<Choice> {
    let mut there = vec![Vec::new(); layers.supplies.len()];
    choices.iter().for_each(|choice| there[choice.supply].push(choice.node));
    let mut missing = Vec::new();
    for (supply, there) in there.iter_mut().enumerate() {
        there.sort_unstable();
        let mut found = Vec::new();
        for node in 0..layers.room.len() {
            let most = answer.node_worth[node] - answer.supply_worth[supply];
            if layers.room[node] == 0 || there.binary_search(&node).is_ok() {
                continue;
            }
            if let Some(cost) = cost(supply, node)
                && i128::from(cost) < most
            {
                found.push((i128::from(cost) - most, node, cost));
            }
        }
        found.sort_unstable();
        let room = layers.supplies[supply];
        let added = found.into_iter().take(ADDED_AT_ONCE);
        missing.extend(added.map(|(_, node, cost)| Choice { supply, node, room, cost, least: 0 }));
    }
    missing
}
