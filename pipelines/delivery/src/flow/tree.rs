//! The spanning tree of the simplex: children in linked lists, what may still flow to and from each parent.
//!
//! Most nodes of a plan are cells with one way: leaves. A leaf whose arcs all stand in its own group is bare: it is in
//! no list, counts in no size, and its potential is looked up when its group is priced. Steps then touch the inner
//! tree alone, which is as large as there are nodes to choose from, not cells.

use super::arcs::Arcs;

/// No node, no arc.
pub(super) const NONE: u32 = u32::MAX;

/// A node with what joins it to its parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub parent: u32,
    pub arc: u32,
    /// Nodes of the subtree that are not bare; 0 for a bare one.
    pub size: u32,
    first_child: u32,
    next: u32,
    previous: u32,
    /// What may still flow to the parent. Never zero: from every node something can still reach the root, which is
    /// what keeps steps that move nothing from going round for ever (Cunningham, 1976).
    pub up: i64,
    /// What may still flow from the parent. Both together are the arc's capacity.
    pub down: i64,
}

/// What joins a node to the parent that it gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joint {
    pub parent: u32,
    pub arc: u32,
    pub up: i64,
    pub down: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub branches: Vec<Branch>,
    pub potentials: Vec<i64>,
}

impl Tree {
    /// Every node below the root, which is the last, by its artificial arc.
    pub fn new(arcs: &Arcs, excesses: &[i64]) -> Self {
        let root = excesses.len() as u32;
        let lone = Branch {
            parent: NONE,
            arc: NONE,
            size: 0,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            up: i64::MAX,
            down: i64::MAX,
        };
        let mut tree =
            Self { branches: vec![lone; excesses.len() + 1], potentials: vec![0; excesses.len() + 1] };
        tree.branches[root as usize].size = 1;
        // From the last, so that the children stand in order.
        for (node, excess) in (0..root).zip(excesses).rev() {
            let arc = arcs.free() as u32 + node;
            let (up, down) = match *excess < 0 {
                true => (-excess, i64::MAX + excess),
                false => (i64::MAX - excess, *excess),
            };
            tree.join(node, Joint { parent: root, arc, up, down });
            if !arcs.is_terminal[node as usize] {
                tree.dress(node);
            }
        }
        tree.recompute_potentials(arcs);
        tree
    }

    pub fn root(&self) -> u32 {
        self.branches.len() as u32 - 1
    }

    pub fn is_bare(&self, node: u32) -> bool {
        self.branches[node as usize].size == 0
    }

    /// Makes every arc of the tree worth its cost.
    pub fn recompute_potentials(&mut self, arcs: &Arcs) {
        let root = self.root();
        let mut node = root;
        while let Some(next) = self.following(node, root) {
            node = next;
            self.potentials[node as usize] = self.value(node, arcs);
        }
        self.value_leaves(arcs);
    }

    /// What a node is worth by the arc to its parent.
    fn value(&self, node: u32, arcs: &Arcs) -> i64 {
        let branch = &self.branches[node as usize];
        let (arc, above) = (branch.arc as usize, self.potentials[branch.parent as usize]);
        if arcs.tail[arc] == node { above - arcs.cost[arc] } else { above + arcs.cost[arc] }
    }

    /// Looks up the potential of a bare leaf.
    pub fn value_leaf(&mut self, node: usize, arcs: &Arcs) {
        if self.branches[node].size == 0 {
            self.potentials[node] = self.value(node as u32, arcs);
        }
    }

    /// Looks up the potentials of all bare leaves.
    pub fn value_leaves(&mut self, arcs: &Arcs) {
        for node in 0..self.root() as usize {
            self.value_leaf(node, arcs);
        }
    }

    /// The node after this one in the subtree below `top`, parents first.
    fn following(&self, mut node: u32, top: u32) -> Option<u32> {
        let first_child = self.branches[node as usize].first_child;
        if first_child != NONE {
            return Some(first_child);
        }
        while node != top {
            let branch = &self.branches[node as usize];
            if branch.next != NONE {
                return Some(branch.next);
            }
            node = branch.parent;
        }
        None
    }

    /// Adds to the potentials of a whole subtree, and gives the number of its nodes.
    pub fn shift(&mut self, top: u32, amount: i64) -> usize {
        let mut nodes = 0;
        let mut next = Some(top);
        while let Some(node) = next {
            nodes += 1;
            self.potentials[node as usize] += amount;
            next = self.following(node, top);
        }
        nodes
    }

    /// Cuts the subtree at `cut` from its parent and hangs it elsewhere by `grafted`, one of its nodes, which becomes
    /// its top. `meeting` is where the ways up from both places meet. The potentials of both ends of the new arc must
    /// have been looked up.
    pub fn regraft(&mut self, cut: u32, grafted: u32, joint: Joint, meeting: u32, is_terminal: &[bool]) {
        if self.is_bare(joint.parent) {
            self.dress(joint.parent);
        }
        let parent_before = self.branches[cut as usize].parent;
        if self.is_bare(cut) {
            self.join(cut, joint);
        } else {
            if self.is_bare(grafted) {
                self.dress(grafted);
            }
            self.carry(cut, joint.parent, meeting);
            self.turn(cut, grafted, joint);
            self.strip(cut, is_terminal);
        }
        self.strip(parent_before, is_terminal);
    }

    /// Counts a subtree where it will hang instead of where it hangs.
    fn carry(&mut self, cut: u32, onto: u32, meeting: u32) {
        let Branch { size: moved, parent: mut above, .. } = self.branches[cut as usize];
        while above != meeting {
            let branch = &mut self.branches[above as usize];
            branch.size -= moved;
            above = branch.parent;
        }
        above = onto;
        while above != meeting {
            let branch = &mut self.branches[above as usize];
            branch.size += moved;
            above = branch.parent;
        }
    }

    /// Turns round every arc between two nodes of a subtree, its top and the one that becomes its top.
    fn turn(&mut self, top: u32, grafted: u32, joint: Joint) {
        let moved = self.branches[top as usize].size;
        let (mut node, mut joint, mut size) = (grafted, joint, moved);
        loop {
            let before = self.branches[node as usize];
            self.unlist(node);
            self.join(node, joint);
            self.list(node);
            self.branches[node as usize].size = size;
            if node == top {
                return;
            }
            size = moved - before.size;
            joint = Joint { parent: node, arc: before.arc, up: before.down, down: before.up };
            node = before.parent;
        }
    }

    /// Lists a bare leaf with its parent's children, as it will have some of its own.
    fn dress(&mut self, node: u32) {
        self.list(node);
        let mut above = node;
        while above != NONE {
            let branch = &mut self.branches[above as usize];
            branch.size += 1;
            above = branch.parent;
        }
    }

    /// Makes a terminal bare again when it has no children left.
    fn strip(&mut self, node: u32, is_terminal: &[bool]) {
        let branch = &self.branches[node as usize];
        let is_leaf = branch.size == 1 && is_terminal.get(node as usize) == Some(&true);
        if !is_leaf {
            return;
        }
        self.unlist(node);
        let mut above = node;
        while above != NONE {
            let branch = &mut self.branches[above as usize];
            branch.size -= 1;
            above = branch.parent;
        }
    }

    fn join(&mut self, node: u32, joint: Joint) {
        let branch = &mut self.branches[node as usize];
        (branch.parent, branch.arc, branch.up, branch.down) = (joint.parent, joint.arc, joint.up, joint.down);
    }

    /// Puts a node first among its parent's children.
    fn list(&mut self, node: u32) {
        let parent = self.branches[node as usize].parent as usize;
        let next = std::mem::replace(&mut self.branches[parent].first_child, node);
        if next != NONE {
            self.branches[next as usize].previous = node;
        }
        let branch = &mut self.branches[node as usize];
        (branch.next, branch.previous) = (next, NONE);
    }

    fn unlist(&mut self, node: u32) {
        let Branch { parent, next, previous, .. } = self.branches[node as usize];
        if previous == NONE {
            self.branches[parent as usize].first_child = next;
        } else {
            self.branches[previous as usize].next = next;
        }
        if next != NONE {
            self.branches[next as usize].previous = previous;
        }
    }
}
