//! A day's sessions in the order in which they begin: who watches what over which node, and which lines of
//! the access log are theirs.

use std::ops::Range;

use crate::curve::{exp, normal, unit};
use crate::random::{Random, Stream};
use crate::sources::contents::{CODECS, Content, Popularity, SEGMENT_MS};
use crate::sources::edge::{Edge, Reach, SESSION_DEVIATION};
use crate::sources::geography::{Clock, NETWORKS, network};
use crate::sources::ladders::start;
use crate::world::World;

/// Sessions among which the log's lines are dealt out by what each watches.
const BLOCK: u64 = 64;
/// At most: a session ends on the day on which it began.
const LINES_MAX: u64 = 280;

/// A class of devices: its display, and the codecs that its members decode, as bits in the order of
/// [`CODECS`], with how many of a hundred do.
pub struct Device {
    pub class: &'static str,
    pub width: u64,
    pub height: u64,
    percent: u64,
    codecs: [(u64, u8); 3],
}

pub const DEVICES: [Device; 4] = [
    Device {
        class: "PHONE",
        width: 1_080,
        height: 1_920,
        percent: 70,
        codecs: [(50, 0b0011), (36, 0b1011), (14, 0b0001)],
    },
    Device {
        class: "TABLET",
        width: 1_600,
        height: 2_560,
        percent: 8,
        codecs: [(60, 0b0011), (30, 0b1011), (10, 0b0001)],
    },
    Device {
        class: "DESKTOP",
        width: 2_560,
        height: 1_440,
        percent: 16,
        codecs: [(70, 0b1101), (20, 0b0101), (10, 0b0001)],
    },
    Device {
        class: "TV",
        width: 3_840,
        height: 2_160,
        percent: 6,
        codecs: [(60, 0b0111), (30, 0b1111), (10, 0b0011)],
    },
];
/// Codecs by what the players like best.
const LIKED: [usize; 4] = [3, 1, 2, 0];

/// A session: what the player and the edge both know of it.
#[derive(Debug, Clone)]
pub struct Session {
    pub number: u64,
    pub content: Content,
    /// The share of the day's sessions that watch the content, about.
    pub popularity: f64,
    pub region: usize,
    pub viewer: u64,
    pub network: usize,
    pub device: usize,
    /// As bits.
    pub decodes: u8,
    pub data_saver: bool,
    /// The rung that it begins with, where the device shows it.
    pub start: usize,
    /// By its place.
    pub codec: usize,
    pub node: u32,
    /// With which the policy drew the node, in 10⁻⁹.
    pub propensity: u64,
    pub started_ms: i64,
    /// What the viewer's network does today, as a deviation from the usual.
    pub luck: f64,
    /// Its lines in the day's log.
    pub lines: Range<u64>,
    random: Random,
}

impl Session {
    fn new(world: &World, edge: &Edge, popularity: &Popularity, rank: u64) -> Self {
        let options = &world.options;
        let number = u64::from(edge.day) * options.playbacks_per_day + rank;
        let mut random = Random::new(options.seed, Stream::Session, number);
        let moment_ms = world.clock.moment_ms(rank, options.playbacks_per_day, unit(random.next()));
        let region = Clock::region(moment_ms, unit(random.next()));
        let (content, popularity) = popularity.draw(world, region, moment_ms, &mut random);
        let (device, decodes) = draw_device(&mut random);
        let fits = |codec: &&usize| decodes >> **codec & 1 == 1 && content.has(**codec);
        let served = |codec: &&usize| !edge.choices(region, **codec).is_empty();
        let codec = LIKED.iter().filter(fits).find(served).copied().unwrap_or(0);
        let choice = edge.draw(region, codec, random.next());
        let viewer = random.below(world.viewers);
        let network = network(region, unit(random.next()));
        Self {
            number,
            content,
            popularity,
            region,
            viewer,
            network,
            start: start(options.ladder, network),
            device,
            decodes,
            data_saver: random.one_in(6),
            codec,
            node: choice.node,
            propensity: choice.propensity,
            started_ms: world.day_start_ms(edge.day) + moment_ms as i64,
            luck: normal(random.next()),
            lines: 0..0,
            random,
        }
    }

    /// What it would fetch if the log had room for all: half of the short ones to their end.
    fn wished(&self) -> u64 {
        let mut random = self.random.clone();
        let segments = self.content.segments();
        let patience = 1 + (-20.0 * crate::curve::ln(1.0 - unit(random.next()).min(0.999))) as u64;
        if random.one_in(3) { segments.min(30) } else { patience.min(segments) }
    }

    /// Numbers of the session's own, others for each purpose.
    pub fn draws(&self, stream: Stream) -> Random {
        Random::new(self.random.clone().next(), stream, self.number)
    }

    /// The highest rung that the device shows and the viewer wants.
    pub fn rung_max(&self) -> usize {
        let device = &DEVICES[self.device];
        let shown = device.height.max(device.width);
        let wanted = self.height_max().unwrap_or(shown);
        let rungs = self.content.rungs();
        rungs.iter().filter(|rung| rung.1 <= wanted.min(shown)).count().saturating_sub(1)
    }

    /// The viewer's own cap.
    pub fn height_max(&self) -> Option<u64> {
        self.data_saver.then_some(720)
    }

    /// Kilobits a second that the session reaches from a node.
    pub fn throughput_kbps(&self, reach: &Reach, luck: f64) -> f64 {
        let usual = NETWORKS[self.network].throughput_kbps * reach.throughput[self.region];
        usual * exp(SESSION_DEVIATION * luck)
    }

    /// A round trip to a node, in milliseconds.
    pub fn rtt_ms(&self, reach: &Reach, random: &mut Random) -> f64 {
        let deviation = reach.deviation;
        let noise = exp(deviation * normal(random.next()) - deviation * deviation / 2.0);
        reach.rtt_ms(self.region, self.network) * noise
    }

    /// Whether it watched the content to its end.
    pub fn is_completed(&self) -> bool {
        self.lines.end - self.lines.start >= self.content.segments()
    }

    /// The time watched: the last segment in part.
    pub fn watch_ms(&self, random: &mut Random) -> u64 {
        let lines = self.lines.end - self.lines.start;
        let part = 1 + random.below(SEGMENT_MS - 1);
        match lines {
            0 => 100 + part / 4,
            _ if self.is_completed() => self.content.duration_ms().max((lines - 1) * SEGMENT_MS),
            _ => ((lines - 1) * SEGMENT_MS + part).min(self.content.duration_ms()),
        }
    }
}

fn draw_device(random: &mut Random) -> (usize, u8) {
    let mut rest = random.below(100);
    let mut device = 0;
    while rest >= DEVICES[device].percent {
        rest -= DEVICES[device].percent;
        device += 1;
    }
    let mut rest = random.below(100);
    for (percent, codecs) in DEVICES[device].codecs {
        if rest < percent {
            return (device, codecs);
        }
        rest -= percent;
    }
    (device, 1)
}

/// A day of sessions, made a block at a time.
pub struct Day<'a> {
    world: &'a World,
    pub edge: Edge,
    popularity: Popularity,
    /// The block that is at hand, and its sessions.
    block: Option<u64>,
    sessions: Vec<Session>,
}

impl<'a> Day<'a> {
    pub fn new(world: &'a World, day: u32) -> Self {
        debug_assert_eq!(CODECS.len(), LIKED.len());
        let edge = Edge::new(world, day);
        let popularity = Popularity::new(world, day);
        Self { world, edge, popularity, block: None, sessions: vec![] }
    }

    /// The session of a rank, and the day's edge.
    pub fn session(&mut self, rank: u64) -> (&Session, &Edge) {
        self.fetch(rank / BLOCK);
        (&self.sessions[(rank % BLOCK) as usize], &self.edge)
    }

    /// The session to which a line of the log belongs, and the day's edge; `None` on a day without sessions.
    pub fn session_of_line(&mut self, line: u64) -> Option<(&Session, &Edge)> {
        let (sessions, lines) = (self.world.options.playbacks_per_day, self.world.options.access_per_day);
        if sessions == 0 {
            return None;
        }
        let near = (u128::from(line) * u128::from(sessions) / u128::from(lines)) as u64;
        let mut block = near / BLOCK;
        while self.lines(block).start > line {
            block -= 1;
        }
        while self.lines(block).end <= line {
            block += 1;
        }
        self.fetch(block);
        let at = self.sessions.partition_point(|session| session.lines.end <= line);
        Some((&self.sessions[at], &self.edge))
    }

    /// The log's lines that belong to a block's sessions.
    fn lines(&self, block: u64) -> Range<u64> {
        let (sessions, lines) = (self.world.options.playbacks_per_day, self.world.options.access_per_day);
        let cut = |session: u64| {
            (u128::from(session.min(sessions)) * u128::from(lines) / u128::from(sessions)) as u64
        };
        cut(block * BLOCK)..cut((block + 1) * BLOCK)
    }

    fn fetch(&mut self, block: u64) {
        if self.block == Some(block) {
            return;
        }
        let sessions = self.world.options.playbacks_per_day;
        let ranks = block * BLOCK..((block + 1) * BLOCK).min(sessions);
        self.sessions.clear();
        let (world, edge, popularity) = (self.world, &self.edge, &self.popularity);
        self.sessions.extend(ranks.map(|rank| Session::new(world, edge, popularity, rank)));
        let lines = self.lines(block);
        deal(&mut self.sessions, lines);
        self.block = Some(block);
    }
}

/// Deals a block's lines out: one to each session while they last, the others by what each wishes for.
fn deal(sessions: &mut [Session], lines: Range<u64>) {
    let (count, all) = (sessions.len() as u64, lines.end - lines.start);
    let first = all.min(count);
    let rest = all - first;
    let wishes: Vec<u64> = sessions.iter().map(|session| session.wished().min(LINES_MAX)).collect();
    let wished: u64 = wishes.iter().sum();
    let (mut passed, mut start) = (0, lines.start);
    for (at, (session, wish)) in sessions.iter_mut().zip(wishes).enumerate() {
        passed += wish;
        let ones = first * (at as u64 + 1) / count;
        let end = lines.start + ones + (u128::from(rest) * u128::from(passed) / u128::from(wished)) as u64;
        session.lines = start..end;
        start = end;
    }
}
