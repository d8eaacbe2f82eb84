//! Cohorts and their parents: each one's distribution, shrunk toward its parent's, level by level.

use std::collections::BTreeMap;

use super::gather::Gathered;
use super::grid::BINS;
use super::key::{Key, LEVELS};
use super::shrink::{Child, Fit, Vector};

/// What a cohort, or a parent of cohorts, can carry.
#[derive(Debug, Clone)]
pub struct Node {
    pub key: Key,
    pub viewers: u64,
    pub held_out_viewers: u64,
    pub sessions: u64,
    /// Of its own fitting viewers, for a parent of its children as they are believed; none without any.
    pub own: Option<Vector>,
    /// The distribution function that counts; none where no viewer at all is known.
    pub shrunk: Option<Vector>,
    /// The share of its own in it.
    pub own_weight: f64,
    /// As many viewers its parent counts for; none where the parent has all the weight, or none.
    pub parent_viewers: Option<f64>,
}

/// The share of each bin in a distribution function.
pub fn masses(function: &Vector) -> [f64; BINS] {
    std::array::from_fn(|bin| function[bin] - if bin > 0 { function[bin - 1] } else { 0.0 })
}

/// A level: its keys in order, with the place of each one's parent.
struct Level {
    keys: Vec<Key>,
    parents: Vec<usize>,
    /// Viewers, those held out, and sessions.
    counts: Vec<[u64; 3]>,
    children: Vec<Child>,
    fit: Option<Fit>,
}

/// Cohorts and all of their parents, from the cohorts up to the whole, by level and key.
pub fn nodes(cohorts: &BTreeMap<Key, Gathered>) -> Vec<Node> {
    let mut levels = vec![first(cohorts)];
    // Of the variance within cohorts, whose viewers weigh one each.
    let freedom: u64 = cohorts.values().map(|cohort| cohort.fitting_viewers.saturating_sub(1)).sum();
    let deviations: f64 = cohorts.values().map(Gathered::deviations).sum();
    let mut noise = (freedom > 0).then(|| deviations / freedom as f64);
    for level in 1..LEVELS {
        let below = &mut levels[level - 1];
        let mut keys: Vec<Key> = below.keys.iter().filter_map(Key::parent).collect();
        keys.dedup();
        let mut counts = vec![[0; 3]; keys.len()];
        for (key, own) in below.keys.iter().zip(&below.counts) {
            let parent = key.parent().and_then(|parent| keys.binary_search(&parent).ok()).unwrap_or(0);
            below.parents.push(parent);
            counts[parent].iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        for (child, parent) in below.children.iter_mut().zip(&below.parents) {
            child.parent = *parent;
        }
        let fit = Fit::new(&below.children, keys.len(), noise);
        let (risen, next_noise) = fit.rise(&below.children, keys.len());
        (below.fit, noise) = (Some(fit), next_noise);
        let child = |(weight, function)| Child { parent: 0, weight, function };
        let children = risen.into_iter().map(child).collect();
        levels.push(Level { keys, parents: Vec::new(), counts, children, fit: None });
    }
    descend(levels)
}

fn first(cohorts: &BTreeMap<Key, Gathered>) -> Level {
    let counts = |cohort: &Gathered| {
        [cohort.fitting_viewers + cohort.held_out_viewers, cohort.held_out_viewers, cohort.sessions]
    };
    let child = |cohort: &Gathered| Child {
        parent: 0,
        weight: cohort.fitting_viewers as f64,
        function: cohort.function(),
    };
    Level {
        keys: cohorts.keys().cloned().collect(),
        parents: Vec::new(),
        counts: cohorts.values().map(counts).collect(),
        children: cohorts.values().map(child).collect(),
        fit: None,
    }
}

/// From the whole down, each is mixed with what its parent came to.
fn descend(levels: Vec<Level>) -> Vec<Node> {
    let mut above: Vec<Option<Vector>> = Vec::new();
    let mut found = Vec::new();
    for level in levels.into_iter().rev() {
        let mut shrunk = Vec::with_capacity(level.keys.len());
        let mut nodes = Vec::with_capacity(level.keys.len());
        for (place, (key, child)) in level.keys.into_iter().zip(level.children).enumerate() {
            let own = (child.weight > 0.0).then_some(child.function);
            let parent = level.parents.get(place).and_then(|parent| above[*parent]);
            let share = match (level.fit, own.is_some(), parent.is_some()) {
                (_, false, _) => 0.0,
                (Some(fit), true, true) => fit.share(child.weight),
                (_, true, _) => 1.0,
            };
            let mixed = match (own, parent) {
                (Some(own), Some(parent)) => {
                    Some(std::array::from_fn(|bin| share * own[bin] + (1.0 - share) * parent[bin]))
                }
                (own, parent) => own.or(parent),
            };
            shrunk.push(mixed);
            let [viewers, held_out_viewers, sessions] = level.counts[place];
            nodes.push(Node {
                key,
                viewers,
                held_out_viewers,
                sessions,
                own,
                shrunk: mixed,
                own_weight: share,
                parent_viewers: level.fit.and_then(|fit| fit.parent_weight()),
            });
        }
        above = shrunk;
        found.push(nodes);
    }
    found.into_iter().rev().flatten().collect()
}
