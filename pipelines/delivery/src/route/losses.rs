//! Fallbacks: who takes over when a node or a provider is lost, chosen so that what it served still fits.
//!
//! What a provider serves is sent to the others by a flow, within the room that is left beside what stays. If all
//! of it fits, any one of its nodes may be lost too, since that sends a part of the same to the same nodes. If it
//! does not, each node is placed by a flow of its own. How a loss ends is then told by following the fallbacks as
//! they stand; the flow tells what no other choice could have placed.

use std::collections::BTreeMap;

use super::cost::{Refusal, bytes_of};
use super::inputs::Flows;
use super::instance::{Instance, share_of};
use super::network::{self, Choice, Layers};
use super::variants::{Fallback, by_flow, variants};

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    Node(usize),
    Provider(usize),
}

/// What comes of a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    pub lost: Lost,
    pub fits: bool,
    pub moved_bytes: i128,
    /// Above a limit or without any node, by the fallbacks as they stand.
    pub overflow_bytes: i128,
    /// What no choice of fallbacks could place.
    pub overflow_bytes_least: i128,
}

/// Fallbacks by cell, and what comes of each loss.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    pub fallbacks: Vec<Vec<Fallback>>,
    pub losses: Vec<Loss>,
}

/// Chooses fallbacks for a routing and tries every loss.
pub fn protect(instance: &Instance<'_>, flows: &Flows) -> Result<Protection, Refusal> {
    let used = used(instance, flows);
    let mut heirs: Heirs = BTreeMap::new();
    let mut least: BTreeMap<Lost, i128> = BTreeMap::new();
    for provider in used.keys() {
        let lost = Lost::Provider(*provider);
        let (unplaced, placed) = place(instance, flows, lost)?;
        least.insert(lost, unplaced);
        if unplaced == 0 {
            heirs.extend(placed);
            least.extend(used[provider].iter().map(|node| (Lost::Node(*node), 0)));
            continue;
        }
        for node in &used[provider] {
            let lost = Lost::Node(*node);
            let (unplaced, placed) = place(instance, flows, lost)?;
            least.insert(lost, unplaced);
            heirs.extend(placed);
        }
    }
    let fallbacks: Vec<_> =
        (0..flows.len()).map(|cell| fallbacks(instance, cell, &flows[cell], &heirs)).collect();
    let losses =
        least.into_iter().map(|(lost, unplaced)| follow(instance, flows, &fallbacks, lost, unplaced));
    let losses = losses.collect();
    Ok(Protection { fallbacks, losses })
}

/// Who takes over what of a cell's primary.
type Heirs = BTreeMap<(usize, usize), Vec<(usize, i64)>>;

/// The nodes that serve something, by provider.
fn used(instance: &Instance<'_>, flows: &Flows) -> BTreeMap<usize, Vec<usize>> {
    let mut nodes: Vec<usize> = flows.iter().flatten().map(|(node, _)| *node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut used: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    nodes.iter().for_each(|node| used.entry(instance.layers.provider_of[*node]).or_default().push(*node));
    used
}

fn is_lost(instance: &Instance<'_>, lost: Lost, node: usize) -> bool {
    match lost {
        Lost::Node(gone) => node == gone,
        Lost::Provider(gone) => instance.layers.provider_of[node] == gone,
    }
}

/// What a node may take while something is lost, and what a provider may.
fn limits(instance: &Instance<'_>, lost: Lost) -> (Vec<i64>, Vec<i64>) {
    let nodes = instance.problem.nodes.iter().enumerate();
    let share = instance.settings.capacity_share_loss;
    let room = nodes.map(|(index, node)| match node.is_available && !is_lost(instance, lost, index) {
        true => share_of(node.capacity_bps, share),
        false => 0,
    });
    let cap = |name: &&str| {
        instance.settings.providers.get(*name).and_then(|agreed| agreed.cap_bps).unwrap_or(i64::MAX)
    };
    (room.collect(), instance.providers.iter().map(cap).collect())
}

/// Sends what a loss sets free to other nodes; gives what cannot be placed, in bits a second, and the heirs.
fn place(instance: &Instance<'_>, flows: &Flows, lost: Lost) -> Result<(i128, Heirs), Refusal> {
    let (mut room, mut caps) = limits(instance, lost);
    let mut displaced = Vec::new();
    for (cell, flows) in flows.iter().enumerate() {
        for (node, flow) in flows {
            if is_lost(instance, lost, *node) {
                displaced.push((cell, *node, *flow));
            } else {
                room[*node] = (room[*node] - flow).max(0);
                let cap = &mut caps[instance.layers.provider_of[*node]];
                *cap = if *cap == i64::MAX { *cap } else { (*cap - flow).max(0) };
            }
        }
    }
    let total: i64 = displaced.iter().map(|(_, _, flow)| flow).sum();
    let layers = Layers {
        supplies: displaced.iter().map(|(_, _, flow)| *flow).collect(),
        room: room.iter().map(|room| (*room).min(total)).collect(),
        providers: caps.iter().enumerate().map(|(index, cap)| (index, (*cap).min(total), 0)).collect(),
        ..instance.layers.clone()
    };
    // Another primary of the cell is a later choice, and another node of the same provider, which may be lost with
    // it, the last.
    let step = instance.cost_max.saturating_add(1);
    let cost = |supply: usize, node: usize| {
        let (cell, from, _) = displaced[supply];
        if layers.room[node] == 0 {
            return None;
        }
        let is_primary = flows[cell].iter().any(|(primary, _)| *primary == node);
        let is_same = layers.provider_of[node] == layers.provider_of[from];
        let steps = i64::from(is_primary) + 2 * i64::from(is_same);
        instance.cost(cell, node)?.checked_add(step.checked_mul(steps)?)
    };
    let unserved_cost = network::unserved_cost(&layers, step.saturating_mul(4))?;
    let filled = network::fill(&layers, instance.settings.arcs_per_cell.max(1), cost);
    let mut choices = Vec::new();
    for (supply, (_, _, flow)) in displaced.iter().enumerate() {
        let mut nodes: Vec<usize> = filled.near[supply].iter().map(|(_, node)| *node).collect();
        nodes.extend(filled.flows[supply].iter().map(|(node, _)| *node));
        nodes.sort_unstable();
        nodes.dedup();
        let priced = nodes.into_iter().filter_map(|node| Some((node, cost(supply, node)?)));
        choices.extend(priced.map(|(node, cost)| Choice { supply, node, room: *flow, cost, least: 0 }));
    }
    let answer = network::solve_all(&layers, &mut choices, unserved_cost, cost)?;
    let mut heirs = Heirs::new();
    for (choice, flow) in choices.iter().zip(&answer.flows).filter(|(_, flow)| **flow > 0) {
        let (cell, from, _) = displaced[choice.supply];
        heirs.entry((cell, from)).or_default().push((choice.node, *flow));
    }
    Ok((answer.unserved.iter().map(|flow| i128::from(*flow)).sum(), heirs))
}

/// The fallbacks of a cell, in order: the heirs of each primary by what they take over, then the cheapest others.
fn fallbacks(
    instance: &Instance<'_>,
    cell: usize,
    primaries: &[(usize, i64)],
    heirs: &Heirs,
) -> Vec<Fallback> {
    let mut found = Vec::new();
    for (primary, flow) in by_flow(primaries) {
        let mut own = heirs.get(&(cell, primary)).cloned().unwrap_or_default();
        let placed: i64 = own.iter().map(|(_, flow)| flow).sum();
        let rest = flow - placed;
        // What has no room anywhere still has a node to go to: the cheapest of another provider, if there is one.
        if rest > 0
            && let Some(node) = last_resort(instance, cell, primary, primaries)
        {
            match own.iter_mut().find(|(heir, _)| *heir == node) {
                Some((_, flow)) => *flow += rest,
                None => own.push((node, rest)),
            }
        }
        let own = by_flow(&own).into_iter();
        found.extend(own.map(|(node, flow)| Fallback { node, stands_for: Some(primary), flow }));
    }
    if found.is_empty() && primaries.is_empty() {
        return found;
    }
    let owner = |node: usize| instance.layers.provider_of[node];
    let mut others = instance.cheapest(cell, instance.layers.room.len());
    others.retain(|node| !primaries.iter().any(|(primary, _)| primary == node));
    others.sort_by_key(|node| primaries.iter().any(|(primary, _)| owner(*primary) == owner(*node)));
    let mut distinct: Vec<usize> = found.iter().map(|fallback| fallback.node).collect();
    distinct.sort_unstable();
    distinct.dedup();
    for node in others {
        if distinct.len() >= instance.settings.fallbacks {
            break;
        }
        if !distinct.contains(&node) {
            distinct.push(node);
            found.push(Fallback { node, stands_for: None, flow: 0 });
        }
    }
    found
}

fn last_resort(
    instance: &Instance<'_>,
    cell: usize,
    primary: usize,
    primaries: &[(usize, i64)],
) -> Option<usize> {
    let owner = |node: usize| instance.layers.provider_of[node];
    let others = instance.cheapest(cell, instance.layers.room.len());
    let mut others = others.into_iter().filter(|node| !primaries.iter().any(|(own, _)| own == node));
    let first = others.next()?;
    let elsewhere = std::iter::once(first).chain(others).find(|node| owner(*node) != owner(primary));
    Some(elsewhere.unwrap_or(first))
}

/// What comes of a loss when every viewer goes to the next node of their order that is there.
fn follow(
    instance: &Instance<'_>,
    flows: &Flows,
    fallbacks: &[Vec<Fallback>],
    lost: Lost,
    unplaced: i128,
) -> Loss {
    let (room, caps) = limits(instance, lost);
    let mut loads = vec![0_i64; room.len()];
    let (mut moved, mut moved_bytes, mut overflow) = (0_i128, 0_i128, 0_i128);
    for (cell, primaries) in flows.iter().enumerate() {
        if !primaries.iter().any(|(node, _)| is_lost(instance, lost, *node)) {
            primaries.iter().for_each(|(node, flow)| loads[*node] += flow);
            continue;
        }
        for variant in variants(primaries, &fallbacks[cell]) {
            if is_lost(instance, lost, variant.order[0]) {
                moved += i128::from(variant.flow);
                moved_bytes += bytes_of(&instance.problem.cells[cell], variant.flow);
            }
            match variant.order.iter().find(|node| !is_lost(instance, lost, **node)) {
                Some(node) => loads[*node] += variant.flow,
                None => overflow += i128::from(variant.flow),
            }
        }
    }
    let mut provider_loads = vec![0_i128; caps.len()];
    for (node, load) in loads.iter().enumerate() {
        // What a node is not given cannot weigh on its provider.
        let served = (*load).min(room[node]);
        overflow += i128::from(load - served);
        provider_loads[instance.layers.provider_of[node]] += i128::from(served);
    }
    for (load, cap) in provider_loads.iter().zip(&caps) {
        overflow += (load - i128::from(*cap)).max(0);
    }
    let bytes = |bps: i128| super::cost::rounded(bps * moved_bytes, moved.max(1));
    Loss {
        lost,
        fits: overflow == 0,
        moved_bytes,
        overflow_bytes: bytes(overflow),
        overflow_bytes_least: bytes(unplaced),
    }
}
