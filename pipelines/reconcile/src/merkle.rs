//! The Merkle tree of RFC 6962 (section 2.1): it grows leaf by leaf in logarithmic memory, and proves a leaf.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, sha256};

/// The hash of a leaf: SHA-256 of a zero byte and the leaf's data.
pub fn leaf(data: &[u8]) -> Digest {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash over two subtrees: SHA-256 of a one byte, the left root and the right root.
pub fn node(left: &Digest, right: &Digest) -> Digest {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree so far: the roots of its full subtrees, the largest first, one for each bit of its size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// A tree that was left at this size; `None` where so many roots cannot be its frontier.
    pub fn restore(size: u64, roots: Vec<Digest>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        // Each subtree of the same height as what has been joined so far stands for a bit that is carried.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            hash = node(&left, &hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the full subtrees, the largest first.
    pub fn roots(&self) -> &[Digest] {
        &self.roots
    }

    /// The tree's root; that of no leaves is SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let joined = self.roots.iter().rev().copied().reduce(|right, left| node(&left, &right));
        joined.unwrap_or_else(|| sha256(b""))
    }
}

/// An inclusion proof in the making: it is fed every leaf of the tree in order, and keeps what proves one.
#[derive(Debug, Clone)]
pub struct Prover {
    index: u64,
    next: u64,
    /// What stands beside the leaf on its way to the root, from the leaf up: ranges of leaves, and their trees.
    siblings: Vec<(Range<u64>, Frontier)>,
}

impl Prover {
    /// Proves the leaf at `index` in a tree of `size` leaves; `None` where it has no such leaf.
    pub fn new(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut whole, mut siblings) = (0..size, Vec::new());
        while whole.end - whole.start > 1 {
            let middle = whole.start + split(whole.end - whole.start);
            let (left, right) = (whole.start..middle, middle..whole.end);
            let (within, beside) = if index < middle { (left, right) } else { (right, left) };
            siblings.push((beside, Frontier::default()));
            whole = within;
        }
        siblings.reverse();
        Some(Self { index, next: 0, siblings })
    }

    /// Takes the next leaf's hash.
    pub fn push(&mut self, leaf: Digest) {
        if self.next != self.index {
            let place = self.siblings.iter_mut().find(|(range, _)| range.contains(&self.next));
            if let Some((_, tree)) = place {
                tree.push(leaf);
            }
        }
        self.next += 1;
    }

    /// The audit path, from the leaf up.
    pub fn path(&self) -> Vec<Digest> {
        self.siblings.iter().map(|(_, tree)| tree.root()).collect()
    }
}

/// The largest power of two below `size`, which is at least two.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The root to which an audit path leads from a leaf's hash; `None` where its length does not fit.
pub fn root_of_path(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    let prover = Prover::new(index, size)?;
    if prover.siblings.len() != path.len() {
        return None;
    }
    let beside = prover.siblings.iter().map(|(range, _)| range.start > index).zip(path);
    Some(beside.fold(leaf, |hash, (is_right, sibling)| match is_right {
        true => node(&hash, sibling),
        false => node(sibling, &hash),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;

    /// The leaves and roots that the tests of certificate transparency logs share.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"PQRSTUVW",
        b"`abcdefghijklmno",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_that_others_computed() {
        let mut tree = Frontier::default();
        assert_eq!(hex(&tree.root()), ROOTS[0]);
        for (data, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf(data));
            assert_eq!(hex(&tree.root()), *root);
        }
    }

    #[test]
    fn a_restored_tree_grows_on() {
        let leaves: Vec<Digest> = (0..40_u8).map(|number| leaf(&[number])).collect();
        for cut in 0..leaves.len() {
            let mut whole = Frontier::default();
            leaves[..cut].iter().for_each(|leaf| whole.push(*leaf));
            let mut restored = Frontier::restore(whole.size(), whole.roots().to_vec()).expect("a frontier");
            for leaf in &leaves[cut..] {
                whole.push(*leaf);
                restored.push(*leaf);
            }
            assert_eq!(restored, whole);
        }
        assert_eq!(Frontier::restore(3, vec![[0; 32]]), None);
    }

    #[test]
    fn every_leaf_of_every_tree_is_proved_and_no_other() {
        for size in 1..=33_u8 {
            let leaves: Vec<Digest> = (0..size).map(|number| leaf(&[number])).collect();
            let mut tree = Frontier::default();
            leaves.iter().for_each(|leaf| tree.push(*leaf));
            for (index, own) in (0_u64..).zip(&leaves) {
                let size = u64::from(size);
                let mut prover = Prover::new(index, size).expect("a leaf of the tree");
                leaves.iter().for_each(|leaf| prover.push(*leaf));
                let path = prover.path();
                assert_eq!(root_of_path(*own, index, size, &path), Some(tree.root()));
                assert_ne!(root_of_path(leaf(b"another"), index, size, &path), Some(tree.root()));
                assert_eq!(root_of_path(*own, index, size + 64, &path), None);
            }
        }
        assert!(Prover::new(3, 3).is_none());
    }
}
