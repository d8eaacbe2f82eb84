//! One measured quantity of every cell and node, shrunk level by level: its mean, and a quantile of it.
//!
//! Means: cell and node → region, class and node → what is expected of the pair of regions, with what the node adds
//! to it. Quantiles: the same levels, of distributions in the place of means. docs/estimates.md has the formulas.

use std::collections::BTreeMap;

use super::codes::{Class, Codec};
use super::credibility::{Child, Fit, noise_within};
use super::distribution::{Distribution, Part, quantile};
use super::histogram::Histogram;
use super::means::{Means, Tree, shrunk};
use super::prediction::{Fitted, Level, Prediction};

/// What was measured of a node in a cell. Regions and nodes go by the ranks of their names.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    pub region: u32,
    pub codec: Codec,
    pub class: Class,
    pub node: u32,
    pub count: u64,
    pub sum: f64,
    pub squares: f64,
    pub histogram: &'a Histogram,
}

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub region: u32,
    pub class: Class,
    pub node: u32,
    pub codec: Codec,
}

/// A fitted quantity.
#[derive(Debug)]
pub struct Model {
    leaves: BTreeMap<Asked, Leaf>,
    groups: BTreeMap<(u32, Class, u32), Group>,
    pairs: BTreeMap<Pair, Expected>,
    nodes: BTreeMap<u32, f64>,
    overall: Expected,
    node_regions: Vec<Option<u32>>,
    /// The least mean of a group: what a node takes off an expectation does not go below.
    least: f64,
    share: f64,
    pub fitted: Fitted,
}

/// Region of the viewers and region of the node.
type Pair = (u32, Option<u32>);

#[derive(Debug)]
struct Leaf {
    own_mean: f64,
    mean: f64,
    weight: f64,
    distribution: Distribution,
    quantile: f64,
    quantile_weight: f64,
}

/// A region, class and node.
#[derive(Debug, Default)]
struct Group {
    mean: f64,
    quantile: f64,
    distribution: Distribution,
    /// Share of its own distribution; the rest is what is expected of it.
    own_share: f64,
    /// By how much the distribution of its pair is scaled to be what is expected of it.
    scale: f64,
}

/// What is expected where nothing else is known.
#[derive(Debug, Default)]
struct Expected {
    mean: f64,
    distribution: Distribution,
    quantile: f64,
    distribution_mean: f64,
}

impl Expected {
    fn new(mean: f64, histogram: &Histogram, unit: f64, share: f64) -> Self {
        let distribution = Distribution::new(histogram, unit);
        let quantile = distribution.quantile(share).unwrap_or(mean);
        let distribution_mean = distribution.mean().unwrap_or(mean);
        Self { mean, distribution, quantile, distribution_mean }
    }
}

/// Keys numbered in their order.
fn numbered<K: Ord + Copy>(keys: impl Iterator<Item = K>) -> BTreeMap<K, usize> {
    let sorted: BTreeMap<K, usize> = keys.map(|key| (key, 0)).collect();
    sorted.into_keys().enumerate().map(|(place, key)| (key, place)).collect()
}

impl Model {
    /// Fits the model of a mean and a quantile to what was measured, which is in the order of [`Asked`] and has
    /// counts above zero. `unit` is the quantity of a histogram's 1; `node_regions` are by the ranks of nodes.
    /// `None` without a measurement.
    pub fn fit(
        observations: &[Observation<'_>],
        node_regions: &[Option<u32>],
        unit: f64,
        share: f64,
    ) -> Option<Self> {
        if observations.is_empty() {
            return None;
        }
        let node_region = |node: u32| node_regions.get(node as usize).copied().flatten();
        let group_of = |seen: &Observation<'_>| (seen.region, seen.class, seen.node);
        let groups = numbered(observations.iter().map(group_of));
        let pair_of = |group: &(u32, Class, u32)| (group.0, node_region(group.2));
        let pairs = numbered(groups.keys().map(pair_of));
        let nodes = numbered(groups.keys().map(|group| group.2));
        let tree = Tree {
            leaf_groups: observations.iter().map(|seen| groups[&group_of(seen)]).collect(),
            group_pairs: groups.keys().map(|group| pairs[&pair_of(group)]).collect(),
            group_nodes: groups.keys().map(|group| nodes[&group.2]).collect(),
            pairs: pairs.len(),
            nodes: nodes.len(),
        };
        let means = Means::fit(observations, &tree);
        let least = means.groups.iter().map(|mean| mean.value).min_by(f64::total_cmp).unwrap_or(0.0);
        let mut group_histograms = vec![Histogram::default(); groups.len()];
        let mut pair_histograms = vec![Histogram::default(); pairs.len()];
        let mut all = Histogram::default();
        for (seen, group) in observations.iter().zip(&tree.leaf_groups) {
            group_histograms[*group].merge(seen.histogram);
        }
        for (histogram, pair) in group_histograms.iter().zip(&tree.group_pairs) {
            pair_histograms[*pair].merge(histogram);
            all.merge(histogram);
        }
        let expected = |(place, pair): (usize, &Pair)| {
            (*pair, Expected::new(means.pairs[place], &pair_histograms[place], unit, share))
        };
        let mut model = Self {
            leaves: BTreeMap::new(),
            groups: BTreeMap::new(),
            pairs: pairs.keys().enumerate().map(expected).collect(),
            nodes: nodes.keys().copied().zip(means.nodes.iter().copied()).collect(),
            overall: Expected::new(means.overall, &all, unit, share),
            node_regions: node_regions.to_vec(),
            least,
            share,
            fitted: Fitted {
                cell: means.cell.pseudo_samples(),
                region_class: means.region_class.pseudo_samples(),
                node: means.node.pseudo_samples(),
                pair: means.pair.pseudo_samples(),
                cell_quantile: f64::INFINITY,
                region_class_quantile: f64::INFINITY,
            },
        };
        let distributions: Vec<_> =
            group_histograms.iter().map(|histogram| Distribution::new(histogram, unit)).collect();
        model.add_groups(&groups, &means, distributions);
        model.add_leaves(observations, &means, unit);
        Some(model)
    }

    /// What is expected of a node by viewers of a region that have not measured it, and by how much the pair's
    /// distribution is scaled for it.
    fn expected(&self, region: u32, node: u32) -> (Level, f64, &Expected, f64) {
        let node_region = self.node_regions.get(node as usize).copied().flatten();
        let (pair, level) = match self.pairs.get(&(region, node_region)) {
            Some(pair) => (pair, Level::RegionPair),
            None => (&self.overall, Level::All),
        };
        let (added, level) = match self.nodes.get(&node) {
            Some(added) => (*added, Level::Node),
            None => (0.0, level),
        };
        let mean = (pair.mean + added).max(self.least.min(pair.mean));
        let scale = if pair.distribution_mean > 0.0 { mean / pair.distribution_mean } else { 1.0 };
        (level, mean, pair, scale)
    }

    fn add_groups(
        &mut self,
        groups: &BTreeMap<(u32, Class, u32), usize>,
        means: &Means,
        distributions: Vec<Distribution>,
    ) {
        // How much of each group lies up to the quantile that is expected of it.
        let reached = |((region, _, node), place): (&(u32, Class, u32), &usize)| {
            let (_, _, expected, scale) = self.expected(*region, *node);
            let own = &distributions[*place];
            Child { parent: 0, weight: own.count() as f64, value: own.share_to(expected.quantile * scale) }
        };
        let fit = fit_shares(&groups.iter().map(reached).collect::<Vec<_>>(), self.share);
        self.fitted.region_class_quantile = fit.pseudo_samples();
        for ((key, mean), distribution) in groups.keys().zip(&means.groups).zip(distributions) {
            let (_, prior, expected, scale) = self.expected(key.0, key.2);
            let own_share = fit.share(distribution.count() as f64);
            let parts = [
                Part { distribution: &distribution, scale: 1.0, share: own_share },
                Part { distribution: &expected.distribution, scale, share: 1.0 - own_share },
            ];
            let found = quantile(&parts, self.share).unwrap_or(prior);
            let mean = shrunk(mean.value, prior, means.region_class.share(mean.weight));
            self.groups.insert(*key, Group { mean, quantile: found, distribution, own_share, scale });
        }
    }

    fn add_leaves(&mut self, observations: &[Observation<'_>], means: &Means, unit: f64) {
        let order: Vec<_> = self.groups.keys().copied().collect();
        let place = |seen: &Observation<'_>| order.binary_search(&(seen.region, seen.class, seen.node));
        let distributions: Vec<_> =
            observations.iter().map(|seen| Distribution::new(seen.histogram, unit)).collect();
        let reached = |(seen, own): (&Observation<'_>, &Distribution)| {
            let parent = place(seen).unwrap_or(0);
            Child {
                parent,
                weight: own.count() as f64,
                value: own.share_to(self.groups[&order[parent]].quantile),
            }
        };
        let children: Vec<_> = observations.iter().zip(&distributions).map(reached).collect();
        let fit = fit_shares(&children, self.share);
        self.fitted.cell_quantile = fit.pseudo_samples();
        for ((seen, distribution), child) in observations.iter().zip(distributions).zip(children) {
            let group = &self.groups[&order[child.parent]];
            let (_, _, expected, _) = self.expected(seen.region, seen.node);
            let quantile_weight = fit.share(distribution.count() as f64);
            let rest = 1.0 - quantile_weight;
            let parts = [
                Part { distribution: &distribution, scale: 1.0, share: quantile_weight },
                Part { distribution: &group.distribution, scale: 1.0, share: rest * group.own_share },
                Part {
                    distribution: &expected.distribution,
                    scale: group.scale,
                    share: rest * (1.0 - group.own_share),
                },
            ];
            let own_mean = seen.sum / seen.count as f64;
            let weight = means.cell.share(seen.count as f64);
            let leaf = Leaf {
                own_mean,
                mean: shrunk(own_mean, group.mean, weight),
                weight,
                quantile: quantile(&parts, self.share).unwrap_or(group.quantile),
                distribution,
                quantile_weight,
            };
            let asked = Asked { region: seen.region, class: seen.class, node: seen.node, codec: seen.codec };
            self.leaves.insert(asked, leaf);
        }
    }

    /// What it says of a cell and a node, whether or not they were measured.
    pub fn predict(&self, asked: &Asked) -> Prediction {
        let (level, mean, expected, scale) = self.expected(asked.region, asked.node);
        let (level, parent_mean, parent_quantile) =
            match self.groups.get(&(asked.region, asked.class, asked.node)) {
                Some(group) => (Level::RegionClass, group.mean, group.quantile),
                None => (level, mean, expected.quantile * scale),
            };
        let Some(leaf) = self.leaves.get(asked) else {
            return Prediction {
                level,
                mean: parent_mean,
                quantile: parent_quantile,
                own_mean: None,
                own_quantile: None,
                parent_mean,
                parent_quantile,
                weight: 0.0,
                quantile_weight: 0.0,
            };
        };
        Prediction {
            level: Level::Cell,
            mean: leaf.mean,
            quantile: leaf.quantile,
            own_mean: Some(leaf.own_mean),
            own_quantile: leaf.distribution.quantile(self.share),
            parent_mean,
            parent_quantile,
            weight: leaf.weight,
            quantile_weight: leaf.quantile_weight,
        }
    }
}

/// A fit of the shares up to what parents say is the quantile. They are right where a child's is `expected`; a share
/// of `n` values varies by itself by share × (1 − share) for each.
fn fit_shares(children: &[Child], expected: f64) -> Fit {
    let within =
        children.iter().map(|child| (child.weight, child.weight * child.value * (1.0 - child.value)));
    Fit::around(children, expected, noise_within(within))
}
