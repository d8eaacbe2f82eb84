//! Where viewers and nodes are: regions, and the inventory of nodes.

use arrow::array::RecordBatch;

use super::codes::{Codecs, Names};
use super::{Error, reading};

/// Regions and nodes by their codes. Nodes that only logs name have no region.
#[derive(Debug, Clone, Default)]
pub struct Places {
    pub regions: Names,
    pub nodes: Names,
    inventory: Vec<Option<Node>>,
}

/// A node of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    pub region: u32,
    /// The codecs that it serves.
    pub codecs: Codecs,
}

impl Places {
    /// Reads the inventory of one day: `node_id`, `region`, `capabilities`.
    pub fn push_inventory(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let (ids, regions) = (reading::texts(batch, "node_id")?, reading::texts(batch, "region")?);
        let lists = reading::lists(batch, "capabilities")?;
        let names = reading::items(lists, "capabilities")?;
        for row in 0..batch.num_rows() {
            let codecs =
                Codecs::of(reading::span(lists, row).filter_map(|place| reading::text(names, place)));
            let node = self.node(ids.value(row));
            let region = self.regions.code(regions.value(row));
            self.inventory[node as usize] = Some(Node { region, codecs });
        }
        Ok(())
    }

    /// The code of a node, in the inventory or not.
    pub fn node(&mut self, id: &str) -> u32 {
        let code = self.nodes.code(id);
        if code as usize == self.inventory.len() {
            self.inventory.push(None);
        }
        code
    }

    /// What the inventory says of a node.
    pub fn known(&self, node: u32) -> Option<Node> {
        self.inventory.get(node as usize).copied().flatten()
    }

    /// The codes of all nodes, in the inventory or not.
    pub fn all_nodes(&self) -> impl Iterator<Item = u32> + use<> {
        0..self.nodes.len() as u32
    }
}
