//! `delivery/nodes`: one edge node's state that day.

use crate::landing::LandingFile;
use crate::random::{Random, Stream, hash};
use crate::rows::Role;
use crate::text::{push_number, push_padded};
use crate::world::World;

/// Regions with the prefix of their nodes' names and their share of the viewers in a hundred.
pub const REGIONS: [(&str, &str, u64); 8] = [
    ("eu-central", "euc", 20),
    ("us-east", "use", 20),
    ("ap-east", "ape", 16),
    ("eu-west", "euw", 14),
    ("sa-east", "sae", 10),
    ("us-west", "usw", 10),
    ("ap-south", "aps", 7),
    ("af-south", "afs", 3),
];
const CAPABILITIES: [&str; 4] = [
    r#"["AVC","HEVC","AV1","H3"]"#,
    r#"["AVC","VP9","H3"]"#,
    r#"["AVC","HEVC","VP9","AV1","H3"]"#,
    r#"["AVC"]"#,
];

/// An edge node.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    pub number: u64,
    bits: u64,
}

impl Node {
    pub fn new(world: &World, number: u64) -> Self {
        Self { number, bits: hash(world.options.seed, Stream::Node, number) }
    }

    /// The node that a viewer of a region is sent to on a day: one of the region's that is not drained,
    /// where there is one.
    pub fn serving(world: &World, day: u32, region: usize, draw: u64) -> Self {
        let nodes = u64::from(world.options.nodes);
        let regions = REGIONS.len() as u64;
        let own = (nodes + regions - 1 - region as u64) / regions;
        for turn in 0..own {
            let node = Self::new(world, (draw + turn) % own * regions + region as u64);
            if !node.is_drained(world, day) {
                return node;
            }
        }
        Self::new(world, draw % nodes)
    }

    fn is_drained(&self, world: &World, day: u32) -> bool {
        hash(world.options.seed, Stream::NodeDay, u64::from(day) << 32 | self.number).is_multiple_of(40)
    }

    pub fn push_id(&self, out: &mut Vec<u8>) {
        let (_, prefix, _) = REGIONS[(self.number % 8) as usize];
        out.extend_from_slice(prefix.as_bytes());
        push_number(out, self.number / 8);
        out.extend_from_slice(b"-p");
        push_number(out, self.provider());
    }

    fn provider(&self) -> u64 {
        self.bits % 5
    }

    /// The round trip that viewers of its region see at best, in tenths of a millisecond.
    pub fn base_rtt_tenths(&self) -> u64 {
        80 + (self.bits >> 8) % 400
    }
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    for number in world.share(u64::from(world.options.nodes), file) {
        push(out.line(), world, &Node::new(world, number), day);
        out.row(Role::Good, &[]);
    }
}

fn push(out: &mut Vec<u8>, world: &World, node: &Node, day: u32) {
    let mut random = Random::new(node.bits, Stream::Node, 1);
    let capacity = random.pick(&[10, 40, 40, 100]);
    out.extend_from_slice(b"{\"node_id\":\"");
    node.push_id(out);
    out.extend_from_slice(b"\",\"provider\":\"p");
    push_number(out, node.provider());
    out.extend_from_slice(b"\",\"region\":\"");
    out.extend_from_slice(REGIONS[(node.number % 8) as usize].0.as_bytes());
    out.extend_from_slice(b"\",\"capabilities\":");
    out.extend_from_slice(random.pick(&CAPABILITIES).as_bytes());
    out.extend_from_slice(b",\"capacity_gbps\":");
    push_number(out, capacity);
    // Nine digits in a currency of two: a price per unit is no payment.
    out.extend_from_slice(b".0,\"cost_per_gb\":{\"value\":\"0.");
    push_padded(out, 4_000_000 + random.below(60_000_000), 9);
    out.extend_from_slice(b"\",\"currency\":\"USD\"},\"cache_bytes\":");
    push_number(out, random.pick(&[2, 4, 8]) * 1_000_000_000_000);
    out.extend_from_slice(b",\"status\":\"");
    out.extend_from_slice(if node.is_drained(world, day) { b"DRAINED" } else { b"AVAILABLE" });
    out.extend_from_slice(b"\"}");
}
