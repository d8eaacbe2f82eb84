//! The levels of a mean, fitted: cells in groups, groups in pairs of regions, and what a node adds to its pairs.

use super::credibility::{Child, Fit, Mean, noise_within};
use super::model::Observation;

/// The levels of means, fitted.
pub struct Means {
    pub cell: Fit,
    pub region_class: Fit,
    pub node: Fit,
    pub pair: Fit,
    /// By group, pair and node, in the order of their keys.
    pub groups: Vec<Mean>,
    pub pairs: Vec<f64>,
    pub nodes: Vec<f64>,
    pub overall: f64,
}

/// Which group each leaf is of, and which pair and node each group.
pub struct Tree {
    pub leaf_groups: Vec<usize>,
    pub group_pairs: Vec<usize>,
    pub group_nodes: Vec<usize>,
    pub pairs: usize,
    pub nodes: usize,
}

impl Means {
    /// Fits the levels to what was measured.
    pub fn fit(observations: &[Observation<'_>], tree: &Tree) -> Self {
        let value = |seen: &Observation<'_>| seen.sum / seen.count as f64;
        let within = observations.iter().map(|seen| {
            let count = seen.count as f64;
            (count, seen.squares - seen.sum * seen.sum / count)
        });
        let leaves: Vec<_> = observations
            .iter()
            .zip(&tree.leaf_groups)
            .map(|(seen, group)| Child { parent: *group, weight: seen.count as f64, value: value(seen) })
            .collect();
        let cell = Fit::new(&leaves, tree.group_pairs.len(), noise_within(within));
        let (groups, noise) = cell.rise(&leaves, tree.group_pairs.len());

        let in_pairs = children(&groups, &tree.group_pairs);
        let within_pairs = Fit::new(&in_pairs, tree.pairs, noise);
        let (pair_means, pair_noise) = within_pairs.rise(&in_pairs, tree.pairs);
        let of_all = children(&pair_means, &vec![0; tree.pairs]);
        let pair = Fit::new(&of_all, 1, pair_noise);
        let (overall, _) = pair.rise(&of_all, 1);
        let overall = overall[0].value;
        let pairs: Vec<_> =
            pair_means.iter().map(|mean| shrunk(mean.value, overall, pair.share(mean.weight))).collect();

        // What is left of a group once its pair of regions is known is the node's, and chance.
        let left = |(mean, pair): (&Mean, &usize)| Mean { value: mean.value - pairs[*pair], ..*mean };
        let left: Vec<_> = groups.iter().zip(&tree.group_pairs).map(left).collect();
        let in_nodes = children(&left, &tree.group_nodes);
        let region_class = Fit::new(&in_nodes, tree.nodes, noise);
        let (node_means, node_noise) = region_class.rise(&in_nodes, tree.nodes);
        let node = Fit::new(&children(&node_means, &vec![0; tree.nodes]), 1, node_noise);
        let nodes = node_means.iter().map(|mean| mean.value * node.share(mean.weight)).collect();
        Self { cell, region_class, node, pair, groups, pairs, nodes, overall }
    }
}

fn children(means: &[Mean], parents: &[usize]) -> Vec<Child> {
    let of_parent =
        |(mean, parent): (&Mean, &usize)| Child { parent: *parent, weight: mean.weight, value: mean.value };
    means.iter().zip(parents).map(of_parent).collect()
}

/// An estimate between the own and the parent's, by the share of the own.
pub fn shrunk(own: f64, parent: f64, share: f64) -> f64 {
    share * own + (1.0 - share) * parent
}
