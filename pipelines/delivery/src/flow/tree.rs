//! The spanning tree of the simplex: children in linked lists, what may still flow to and from each parent.

use super::arcs::Arcs;

/// No node, no arc.
pub(super) const NONE: u32 = u32::MAX;

/// A node with what joins it to its parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub parent: u32,
    pub arc: u32,
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
            size: 1,
            first_child: NONE,
            next: NONE,
            previous: NONE,
            up: i64::MAX,
            down: i64::MAX,
        };
        let mut tree =
            Self { branches: vec![lone; excesses.len() + 1], potentials: vec![0; excesses.len() + 1] };
        tree.branches[root as usize].size = root + 1;
        // From the last, so that the children stand in order.
        for (node, excess) in excesses.iter().enumerate().rev() {
            let arc = arcs.free() + node;
            let (up, down) = match *excess < 0 {
                true => (-excess, i64::MAX + excess),
                false => (i64::MAX - excess, *excess),
            };
            tree.attach(node as u32, Joint { parent: root, arc: arc as u32, up, down });
        }
        tree.recompute_potentials(arcs);
        tree
    }

    pub fn root(&self) -> u32 {
        self.branches.len() as u32 - 1
    }

    /// Makes every arc of the tree worth its cost.
    pub fn recompute_potentials(&mut self, arcs: &Arcs) {
        let root = self.root();
        let mut node = root;
        while let Some(next) = self.following(node, root) {
            node = next;
            let branch = self.branches[node as usize];
            let (arc, above) = (branch.arc as usize, self.potentials[branch.parent as usize]);
            let is_upward = arcs.tail[arc] == node;
            self.potentials[node as usize] =
                if is_upward { above - arcs.cost[arc] } else { above + arcs.cost[arc] };
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

    /// Adds to the potentials of a whole subtree.
    pub fn shift(&mut self, top: u32, amount: i64) {
        let mut next = Some(top);
        while let Some(node) = next {
            self.potentials[node as usize] += amount;
            next = self.following(node, top);
        }
    }

    /// Cuts the subtree at `cut` from its parent and hangs it elsewhere by `grafted`, one of its nodes, which becomes
    /// its top. `meeting` is where the ways up from both places meet.
    pub fn regraft(&mut self, cut: u32, grafted: u32, joint: Joint, meeting: u32) {
        let moved = self.branches[cut as usize].size;
        let mut above = self.branches[cut as usize].parent;
        while above != meeting {
            let branch = &mut self.branches[above as usize];
            branch.size -= moved;
            above = branch.parent;
        }
        above = joint.parent;
        while above != meeting {
            let branch = &mut self.branches[above as usize];
            branch.size += moved;
            above = branch.parent;
        }
        let (mut node, mut joint, mut size) = (grafted, joint, moved);
        loop {
            let before = self.branches[node as usize];
            self.detach(node);
            self.attach(node, joint);
            self.branches[node as usize].size = size;
            if node == cut {
                return;
            }
            size = moved - before.size;
            joint = Joint { parent: node, arc: before.arc, up: before.down, down: before.up };
            node = before.parent;
        }
    }

    fn attach(&mut self, node: u32, joint: Joint) {
        let next = self.branches[joint.parent as usize].first_child;
        self.branches[joint.parent as usize].first_child = node;
        if next != NONE {
            self.branches[next as usize].previous = node;
        }
        let branch = &mut self.branches[node as usize];
        (branch.parent, branch.arc, branch.up, branch.down) = (joint.parent, joint.arc, joint.up, joint.down);
        (branch.next, branch.previous) = (next, NONE);
    }

    fn detach(&mut self, node: u32) {
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
