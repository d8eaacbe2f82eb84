//! `delivery/nodes`: one edge node's state that day.

use crate::landing::LandingFile;
use crate::random::{Stream, hash};
use crate::rows::Role;
use crate::sources::contents::CODECS;
use crate::sources::geography::{PEAK_HOUR_SHARE, REGION_COUNT, REGIONS};
use crate::text::{push_number, push_padded};
use crate::world::World;

/// Bytes of an ordinary request, to size nodes by.
const REQUEST_BYTES: u64 = 550_000;
/// What a region's nodes can carry together, in percent of its busiest hour.
const ROOM_PERCENT: u64 = 240;
/// Capabilities as written, and as bits in the order of [`CODECS`].
const CAPABILITIES: [(&str, u8); 4] = [
    (r#"["AVC","HEVC","VP9","AV1","H3"]"#, 0b1111),
    (r#"["AVC","HEVC","H3"]"#, 0b0011),
    (r#"["AVC","HEVC","VP9","H3"]"#, 0b0111),
    (r#"["AVC"]"#, 0b0001),
];
/// The providers: price of a gigabyte in 10⁻⁹ of a dollar, and the milliseconds that their nodes are off the
/// main exchanges. The cheap ones are further away.
const PROVIDERS: [(u64, f64); 4] =
    [(3_900_000, 19.0), (6_200_000, 11.0), (8_800_000, 5.0), (12_400_000, 0.0)];

/// An edge node: what of it never changes.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    pub number: u64,
    pub bits: u64,
}

impl Node {
    pub fn new(world: &World, number: u64) -> Self {
        Self { number, bits: hash(world.options.seed, Stream::Node, number) }
    }

    pub fn region(&self) -> usize {
        (self.number % REGION_COUNT as u64) as usize
    }

    /// Its place among the region's nodes.
    fn slot(&self) -> u64 {
        self.number / REGION_COUNT as u64
    }

    /// Drained for three days at a time, one in sixteen of them.
    pub fn is_drained(&self, world: &World, day: u32) -> bool {
        let stretch = (u64::from(day) + self.bits % 3) / 3;
        hash(world.options.seed, Stream::NodeDay, stretch << 32 | self.number).is_multiple_of(16)
    }

    pub fn push_id(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(REGIONS[self.region()].prefix.as_bytes());
        push_number(out, self.slot());
        out.extend_from_slice(b"-p");
        push_number(out, self.provider() as u64 + 1);
    }

    fn provider(&self) -> usize {
        (self.slot() as usize + self.region()) % PROVIDERS.len()
    }

    /// Every region's first node serves everything; all serve AVC.
    fn capabilities(&self) -> (&'static str, u8) {
        let pick = if self.slot() == 0 { 0 } else { (self.bits >> 8) as usize % CAPABILITIES.len() };
        CAPABILITIES[pick]
    }

    /// Whether it serves a codec, by its place in [`CODECS`].
    pub fn serves(&self, codec: usize) -> bool {
        debug_assert!(codec < CODECS.len());
        self.capabilities().1 >> codec & 1 == 1
    }

    /// The milliseconds that it is off its region's main exchange.
    pub fn offset_ms(&self) -> f64 {
        PROVIDERS[self.provider()].1 + (self.bits >> 16 & 1_023) as f64 / 128.0
    }

    fn price_nano(&self) -> u64 {
        let (price, _) = PROVIDERS[self.provider()];
        price / 10_000 * REGIONS[self.region()].price_percent * (85 + (self.bits >> 26) % 31)
            + (self.bits >> 32) % 997
    }

    /// What the region's viewers ask for in a day, in bytes, divided by its nodes.
    pub fn share_bytes(&self, world: &World) -> u64 {
        let regions = REGION_COUNT as u64;
        let nodes = u64::from(world.options.nodes);
        let peers = (nodes + regions - 1 - self.region() as u64) / regions;
        let asked = u128::from(world.options.access_per_day * REQUEST_BYTES);
        (asked * u128::from(REGIONS[self.region()].viewers_percent) / 100 / u128::from(peers.max(1))) as u64
    }

    /// In bits a second: the region's busiest hour exceeds every single node.
    fn capacity_bits(&self, world: &World) -> u64 {
        let peak_bits = self.share_bytes(world) as f64 * PEAK_HOUR_SHARE * 8.0 / 3_600.0;
        let percent = ROOM_PERCENT * (60 + (self.bits >> 40) % 81) / 100;
        (peak_bits * percent as f64 / 100.0) as u64 + 1_000
    }

    /// A part of what it is asked for in a day: too little for the catalogue.
    pub fn cache_bytes(&self, world: &World) -> u64 {
        let percent = [8, 16, 16, 32][(self.bits >> 48) as usize % 4];
        (u128::from(self.share_bytes(world)) * percent / 100) as u64 / 1_000_000 * 1_000_000 + 4_000_000
    }
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    for number in world.share(u64::from(world.options.nodes), file) {
        push(out.line(), world, &Node::new(world, number), day);
        out.row(Role::Good, &[]);
    }
}

fn push(out: &mut Vec<u8>, world: &World, node: &Node, day: u32) {
    let capacity = node.capacity_bits(world);
    out.extend_from_slice(b"{\"node_id\":\"");
    node.push_id(out);
    out.extend_from_slice(b"\",\"provider\":\"p");
    push_number(out, node.provider() as u64 + 1);
    out.extend_from_slice(b"\",\"region\":\"");
    out.extend_from_slice(REGIONS[node.region()].name.as_bytes());
    out.extend_from_slice(b"\",\"capabilities\":");
    out.extend_from_slice(node.capabilities().0.as_bytes());
    out.extend_from_slice(b",\"capacity_gbps\":");
    push_number(out, capacity / 1_000_000_000);
    out.push(b'.');
    push_padded(out, capacity % 1_000_000_000, 9);
    // Nine digits in a currency of two: a price per unit is no payment.
    out.extend_from_slice(b",\"cost_per_gb\":{\"value\":\"0.");
    push_padded(out, node.price_nano(), 9);
    out.extend_from_slice(b"\",\"currency\":\"USD\"},\"cache_bytes\":");
    push_number(out, node.cache_bytes(world));
    out.extend_from_slice(b",\"status\":\"");
    out.extend_from_slice(if node.is_drained(world, day) { b"DRAINED" } else { b"AVAILABLE" });
    out.extend_from_slice(b"\"}");
}
