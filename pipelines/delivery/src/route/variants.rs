//! The orders of nodes in which a cell's viewers go down: by primary, and by who stands in for it.

/// A node that takes over a part of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    pub node: usize,
    /// The primary that it stands in for; `None` for one that comes after all of these.
    pub stands_for: Option<usize>,
    /// What it takes over if that one is lost, in bits a second.
    pub flow: i64,
}

/// Nodes by what flows, the most first.
pub fn by_flow(flows: &[(usize, i64)]) -> Vec<(usize, i64)> {
    let mut sorted = flows.to_vec();
    sorted.sort_by_key(|(node, flow)| (std::cmp::Reverse(*flow), *node));
    sorted
}

/// The viewers of a cell who have one order of nodes, in bits a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub flow: i64,
    /// The primary, its heir, its other heirs, the later fallbacks, then the other primaries with theirs.
    pub order: Vec<usize>,
}

/// The orders of a cell's viewers: one for each primary and each of its heirs.
pub fn variants(primaries: &[(usize, i64)], fallbacks: &[Fallback]) -> Vec<Variant> {
    let mut variants = Vec::new();
    let sorted = by_flow(primaries);
    for (primary, flow) in &sorted {
        let own: Vec<_> = fallbacks.iter().filter(|fallback| fallback.stands_for == Some(*primary)).collect();
        let later = fallbacks.iter().filter(|fallback| fallback.stands_for.is_none());
        let strange = fallbacks.iter().filter(|fallback| fallback.stands_for.is_some());
        let rest: Vec<usize> = own
            .iter()
            .copied()
            .chain(later)
            .map(|fallback| fallback.node)
            .chain(sorted.iter().map(|(primary, _)| *primary))
            .chain(strange.map(|fallback| fallback.node))
            .collect();
        let order = |heir: Option<usize>| {
            let mut order = vec![*primary];
            for node in heir.into_iter().chain(rest.iter().copied()) {
                if !order.contains(&node) {
                    order.push(node);
                }
            }
            order
        };
        let mut left = *flow;
        for heir in own.iter().filter(|heir| heir.flow > 0) {
            let part = heir.flow.min(left);
            left -= part;
            variants.push(Variant { flow: part, order: order(Some(heir.node)) });
        }
        if left > 0 {
            variants.push(Variant { flow: left, order: order(None) });
        }
    }
    variants
}
