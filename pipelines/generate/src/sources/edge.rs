//! A day's edge as it truly is: how far each node is from each region, how fast, how far off its caches
//! reach, and where the policy sends viewers.

use crate::curve::{exp, ln, share_below, solve, unit};
use crate::random::{Stream, hash};
use crate::sources::contents::{CODECS, Popularity};
use crate::sources::geography::{NETWORKS, REGION_COUNT, REGIONS, distance_ms};
use crate::sources::nodes::Node;
use crate::world::World;

/// Sessions of one network differ so much in throughput: the deviation of its logarithm.
pub const SESSION_DEVIATION: f64 = 0.55;
/// The policy leaves a node for one that is this many milliseconds nearer in e of 1 + e cases.
const SOFTNESS_MS: f64 = 8.0;
/// Nodes that are further off the nearest are not considered.
const REACH_MS: f64 = 60.0;
/// Of a session's codecs by what devices decode and contents offer, about.
const CODECS_SHARE: [f64; 4] = [0.30, 0.40, 0.10, 0.20];
/// Renditions in which a content is asked for, about.
const RENDITIONS: f64 = 3.0;
const OBJECT_BYTES: f64 = 550_000.0;

/// A node on a day, as each region meets it.
#[derive(Debug)]
pub struct Reach {
    pub node: Node,
    pub is_drained: bool,
    /// The round trip without the last mile, in milliseconds, by region.
    base_ms: [f64; REGION_COUNT],
    /// The deviation of the logarithm of round trips.
    pub deviation: f64,
    /// What of a network's throughput it reaches, by region.
    pub throughput: [f64; REGION_COUNT],
    pub errors_per_million: u64,
    /// For how long its cache keeps what nobody asks for, in seconds.
    pub keeps_seconds: f64,
    /// What it is asked for, in sessions a second.
    pub sessions_per_second: f64,
}

/// A node that the policy may choose.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub node: u32,
    /// In 10⁻⁹.
    pub propensity: u64,
}

/// The edge of one day.
#[derive(Debug)]
pub struct Edge {
    pub day: u32,
    pub reaches: Vec<Reach>,
    routes: Vec<Vec<Choice>>,
    /// By codec, the nodes that are available and serve it.
    capable: Vec<Vec<u32>>,
}

impl Reach {
    fn new(world: &World, day: u32, number: u64) -> Self {
        let node = Node::new(world, number);
        let bits = node.bits;
        // Every other day a node goes bad for two days.
        let is_bad = [day, day.wrapping_sub(1)].into_iter().any(|since| {
            let turn = hash(world.options.seed, Stream::NodeDay, 1 << 63 | u64::from(since));
            since % 2 == 1 && turn % u64::from(world.options.nodes) == number
        });
        // One in six is near but unsteady: a good mean with a heavy tail.
        let is_unsteady = bits % 6 == 1;
        let drift = 1.0 + 0.08 * wave(f64::from(day) / 9.0 + (bits >> 12 & 255) as f64 / 256.0);
        let factor = drift * if is_unsteady { 0.82 } else { 1.0 } * if is_bad { 2.4 } else { 1.0 };
        let base_ms = std::array::from_fn(|region| {
            let detour = hash(bits, Stream::Node, region as u64) % 1_000;
            (distance_ms(region, node.region()) + node.offset_ms()) * factor + detour as f64 / 200.0
        });
        let quality = 0.75 + (bits >> 20 & 511) as f64 / 1_024.0;
        let speed = quality * (2.0 - drift) * if is_bad { 0.4 } else { 1.0 };
        Self {
            node,
            is_drained: node.is_drained(world, day),
            throughput: base_ms.map(|rtt_ms| speed / (1.0 + rtt_ms / 150.0)),
            base_ms,
            deviation: if is_unsteady { 0.85 } else { 0.22 + (bits >> 30 & 127) as f64 / 1_000.0 },
            errors_per_million: [1_500, 2_500, 4_000, 15_000][(bits >> 37) as usize % 4]
                * if is_bad { 6 } else { 1 },
            keeps_seconds: 0.0,
            sessions_per_second: 0.0,
        }
    }

    /// The mean round trip on a network, in milliseconds.
    pub fn rtt_ms(&self, region: usize, network: usize) -> f64 {
        self.base_ms[region] + NETWORKS[network].rtt_ms
    }

    /// The mean round trip of a region's viewers, in milliseconds.
    pub fn rtt_ms_mean(&self, region: usize) -> f64 {
        mixed(region, |network| self.rtt_ms(region, network))
    }

    /// What 95 of a hundred round trips stay below, in milliseconds: they are log-normal on each network.
    pub fn rtt_ms_p95(&self, region: usize) -> f64 {
        let middle =
            |network: usize| ln(self.rtt_ms(region, network)) - self.deviation * self.deviation / 2.0;
        let below = |rtt_ms: f64| {
            mixed(region, |network| share_below((ln(rtt_ms) - middle(network)) / self.deviation))
        };
        solve(0.1, 10_000.0, |rtt_ms| below(rtt_ms) < 0.95)
    }

    /// What nine of ten sessions reach, in kilobits a second.
    pub fn throughput_kbps_p10(&self, region: usize) -> f64 {
        let middle = |network: usize| ln(NETWORKS[network].throughput_kbps * self.throughput[region]);
        let below = |kbps: f64| {
            mixed(region, |network| share_below((ln(kbps) - middle(network)) / SESSION_DEVIATION))
        };
        solve(0.1, 1_000_000.0, |kbps| below(kbps) < 0.10)
    }
}

/// The mean over a region's networks.
fn mixed(region: usize, of: impl Fn(usize) -> f64) -> f64 {
    let shares = REGIONS[region].networks_percent;
    shares.into_iter().enumerate().map(|(network, percent)| percent as f64 / 100.0 * of(network)).sum()
}

/// A wave between −1 and 1 that repeats with every 1 of its argument: two parabolas.
fn wave(at: f64) -> f64 {
    let part = at - at.floor();
    if part < 0.5 { 16.0 * part * (0.5 - part) } else { -16.0 * (part - 0.5) * (1.0 - part) }
}

impl Edge {
    pub fn new(world: &World, day: u32) -> Self {
        let reaches: Vec<Reach> =
            (0..u64::from(world.options.nodes)).map(|number| Reach::new(world, day, number)).collect();
        let capable: Vec<Vec<u32>> = (0..CODECS.len()).map(|codec| capable(&reaches, codec)).collect();
        let routes = (0..REGION_COUNT * CODECS.len())
            .map(|at| choices(&reaches, &capable[at % CODECS.len()], at / CODECS.len()))
            .collect();
        let mut edge = Self { day, reaches, routes, capable };
        edge.fill_caches(world);
        edge
    }

    /// The nodes among which the policy draws, with the probability of each.
    pub fn choices(&self, region: usize, codec: usize) -> &[Choice] {
        &self.routes[region * CODECS.len() + codec]
    }

    /// The nodes that could serve a codec that day.
    pub fn capable(&self, codec: usize) -> &[u32] {
        &self.capable[codec]
    }

    /// The policy's draw.
    pub fn draw(&self, region: usize, codec: usize, bits: u64) -> Choice {
        let choices = self.choices(region, codec);
        let mut rest = (unit(bits) * 1e9) as u64;
        for choice in choices {
            if rest < choice.propensity {
                return *choice;
            }
            rest -= choice.propensity;
        }
        choices[choices.len() - 1]
    }

    /// How long each cache keeps what nobody asks for: under LRU what is kept longest, over all objects, fills
    /// it just so (Che's approximation).
    fn fill_caches(&mut self, world: &World) {
        let sessions = world.options.playbacks_per_day as f64 / 86_400.0;
        for at in 0..self.routes.len() {
            let (region, codec) = (at / CODECS.len(), at % CODECS.len());
            let share = REGIONS[region].viewers_percent as f64 / 100.0 * CODECS_SHARE[codec];
            for choice in &self.routes[at] {
                self.reaches[choice.node as usize].sessions_per_second +=
                    sessions * share * choice.propensity as f64 / 1e9;
            }
        }
        let segments = world.options.access_per_day as f64 / world.options.playbacks_per_day.max(1) as f64;
        let classes = Popularity::new(world, self.day).classes();
        for reach in &mut self.reaches {
            let objects = reach.node.cache_bytes(world) as f64 / OBJECT_BYTES;
            let rate = reach.sessions_per_second / RENDITIONS;
            let kept = |seconds: f64| -> f64 {
                let kept = |&(contents, share): &(f64, f64)| {
                    contents * RENDITIONS * segments * (1.0 - exp(-rate * share * seconds))
                };
                classes.iter().map(kept).sum()
            };
            let power = solve(0.0, 18.0, |power| kept(exp(power)) < objects);
            reach.keeps_seconds = exp(power);
        }
    }

    /// The probability that a node holds an object of a content that has this share of all sessions.
    pub fn hit_share(&self, node: u32, popularity: f64) -> f64 {
        let reach = &self.reaches[node as usize];
        1.0 - exp(-reach.sessions_per_second / RENDITIONS * popularity * reach.keeps_seconds)
    }
}

/// Who serves a codec; where nobody does who is available, whoever could.
fn capable(reaches: &[Reach], codec: usize) -> Vec<u32> {
    let serving = |also_drained: bool| -> Vec<u32> {
        let fits = |reach: &&Reach| (also_drained || !reach.is_drained) && reach.node.serves(codec);
        reaches.iter().filter(fits).map(|reach| reach.node.number as u32).collect()
    };
    let available = serving(false);
    if available.is_empty() { serving(true) } else { available }
}

/// The policy knows distances, and nothing of a day's state: softly the nearest.
fn choices(reaches: &[Reach], capable: &[u32], region: usize) -> Vec<Choice> {
    let known_ms = |node: u32| {
        let node = &reaches[node as usize].node;
        distance_ms(region, node.region()) + node.offset_ms()
    };
    let nearest_ms = capable.iter().map(|&node| known_ms(node)).fold(f64::INFINITY, f64::min);
    let near: Vec<u32> =
        capable.iter().copied().filter(|&node| known_ms(node) <= nearest_ms + REACH_MS).collect();
    let weight = |node: u32| exp((nearest_ms - known_ms(node)) / SOFTNESS_MS);
    let all: f64 = near.iter().map(|&node| weight(node)).sum();
    let mut choices: Vec<Choice> = near
        .iter()
        .map(|&node| Choice { node, propensity: (weight(node) / all * 1e9) as u64 })
        .filter(|choice| choice.propensity >= 1_000)
        .collect();
    // What rounding leaves goes to the likeliest, so that the propensities are exact.
    let rest = 1_000_000_000 - choices.iter().map(|choice| choice.propensity).sum::<u64>();
    if let Some(likeliest) = choices.iter_mut().max_by_key(|choice| choice.propensity) {
        likeliest.propensity += rest;
    }
    choices
}
