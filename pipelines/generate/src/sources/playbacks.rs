//! `delivery/playback`: one playback session, as the player tells it.

use crate::landing::LandingFile;
use crate::parties::Party;
use crate::random::{Random, Stream};
use crate::rows::Role;
use crate::sources::contents::{CODECS, Content, RUNGS};
use crate::sources::nodes::{Node, REGIONS};
use crate::text::{TimeStyle, push_id, push_number, push_time};
use crate::world::World;

const LANGUAGES: [&str; 6] = ["en", "de", "pt", "ja", "hi", "es"];
const REFERRERS: [&str; 5] = ["FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"];
/// Networks with the throughput in kilobits a second that they reach.
const NETWORKS: [(&str, u64); 5] =
    [("4G", 6_000), ("WIFI", 20_000), ("5G", 15_000), ("3G", 1_500), ("WIRED", 40_000)];
const DEVICES: [(&str, u64, u64); 4] =
    [("PHONE", 1_080, 1_920), ("TABLET", 1_600, 2_560), ("DESKTOP", 2_560, 1_440), ("TV", 3_840, 2_160)];
const INTERACTIONS: [&str; 7] =
    ["[]", "[]", "[]", "[\"LIKE\"]", "[\"LIKE\",\"SHARE\"]", "[\"COMMENT\"]", "[\"LIKE\",\"FOLLOW\"]"];

/// A session: what the player and the edge both know of it.
#[derive(Debug, Clone)]
pub struct Session {
    pub number: u64,
    pub content: Content,
    pub node: Node,
    pub codec: &'static str,
    pub rung: usize,
    pub started_ms: i64,
    pub throughput_kbps: u64,
    region: usize,
    viewer: u64,
    network: usize,
    device: usize,
    random: Random,
}

impl Session {
    pub fn new(world: &World, day: u32, rank: u64) -> Self {
        let options = &world.options;
        let number = u64::from(day) * options.playbacks_per_day + rank;
        let mut random = Random::new(options.seed, Stream::Session, number);
        let content = Content::new(world, random.popular(options.contents_per_day * u64::from(day + 1)));
        let region = draw_region(&mut random);
        let node = Node::serving(world, day, region, random.below(1 << 32));
        let network = (random.below(5) * random.below(5) / 4) as usize;
        let device = (random.below(4) * random.below(4) / 3) as usize;
        let throughput_kbps = NETWORKS[network].1 * (30 + random.below(120)) / 100;
        let fits = |rung: &&(u64, u64, u64)| rung.2 * 3 < throughput_kbps * 2;
        let rung = RUNGS.iter().filter(fits).count().saturating_sub(1);
        let codecs = content.codecs().count() as u64;
        let codec = content.codecs().nth(random.below(codecs) as usize).unwrap_or(CODECS[0]);
        let started_ms = world.moment_ms(day, rank, options.playbacks_per_day, random.next());
        let viewer = random.below(world.viewers);
        Self {
            number,
            content,
            node,
            codec,
            rung,
            started_ms,
            throughput_kbps,
            region,
            viewer,
            network,
            device,
            random,
        }
    }
}

fn draw_region(random: &mut Random) -> usize {
    let mut at = random.below(100);
    for (place, (_, _, share)) in REGIONS.iter().enumerate() {
        if at < *share {
            return place;
        }
        at -= share;
    }
    0
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let a_day = world.options.playbacks_per_day;
    let number = |day: u32, rank: u64| u64::from(day) * a_day + rank;
    if day > 0 {
        let ranks = world.share(a_day, world.origin_file(file, 1));
        let (from, to) = (number(day - 1, ranks.start), number(day - 1, ranks.end));
        for late in world.late_sessions.within(from, to) {
            write_row(world, day - 1, late - number(day - 1, 0), out);
        }
    }
    for rank in world.share(a_day, file) {
        if world.late_sessions.find(number(day, rank)).is_none() {
            write_row(world, day, rank, out);
        }
    }
}

fn write_row(world: &World, day: u32, rank: u64, out: &mut LandingFile) {
    let session = Session::new(world, day, rank);
    push(out.line(), world, &session);
    out.row(Role::Good, &[]);
}

fn push(out: &mut Vec<u8>, world: &World, session: &Session) {
    let mut random = session.random.clone();
    let duration_ms = session.content.duration_ms();
    let completed = random.one_in(3);
    let watch_ms = if completed { duration_ms } else { 500 + random.below(duration_ms) };
    let text = |out: &mut Vec<u8>, key: &str, value: &str| {
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(value.as_bytes());
    };
    out.extend_from_slice(b"{\"session_id\":\"");
    push_id(out, "ps_", session.number);
    out.extend_from_slice(b"\",\"viewer\":\"");
    Party::viewer(world.options.seed, session.viewer).push(out);
    out.extend_from_slice(b"\",\"creator\":\"");
    session.content.creator(world).push(out);
    out.extend_from_slice(b"\",\"content_id\":\"");
    push_id(out, "co_", session.content.number);
    out.extend_from_slice(b"\",\"started_at\":\"");
    push_time(out, session.started_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\",\"watch_ms\":");
    push_number(out, watch_ms);
    text(out, ",\"completed\":", if completed { "true" } else { "false" });
    text(out, ",\"interactions\":", random.pick(&INTERACTIONS));
    text(out, ",\"region\":\"", REGIONS[session.region].0);
    text(out, "\",\"language\":\"", random.pick(&LANGUAGES));
    text(out, "\",\"referrer\":\"", random.pick(&REFERRERS));
    text(out, "\",\"network\":\"", NETWORKS[session.network].0);
    push_device(out, session, &mut random);
    push_quality(out, session, &mut random);
    push_probes(out, world, session, &mut random);
    out.push(b'}');
}

fn push_device(out: &mut Vec<u8>, session: &Session, random: &mut Random) {
    let (class, width, height) = DEVICES[session.device];
    out.extend_from_slice(b"\",\"device\":{\"class\":\"");
    out.extend_from_slice(class.as_bytes());
    out.extend_from_slice(b"\",\"max_width\":");
    push_number(out, width);
    out.extend_from_slice(b",\"max_height\":");
    push_number(out, height);
    out.extend_from_slice(
        b",\"max_framerate\":60,\"codecs\":[\"AVC\",\"HEVC\"]},\"preferences\":{\"data_saver\":",
    );
    out.extend_from_slice(if random.one_in(6) {
        b"true,\"max_height\":720}"
    } else {
        b"false,\"max_height\":null}"
    });
}

fn push_quality(out: &mut Vec<u8>, session: &Session, random: &mut Random) {
    let rebuffers = random.below(8) / 6;
    out.extend_from_slice(b",\"qoe\":{\"startup_ms\":");
    push_number(out, 80 + random.below(600));
    out.extend_from_slice(b",\"rebuffer_ms\":");
    push_number(out, rebuffers * (50 + random.below(900)));
    out.extend_from_slice(b",\"rebuffer_count\":");
    push_number(out, rebuffers);
    out.extend_from_slice(b",\"switches\":");
    push_number(out, random.below(5));
    out.extend_from_slice(b",\"mean_bitrate_kbps\":");
    push_number(out, RUNGS[session.rung].2 * (70 + random.below(30)) / 100);
    out.push(b'}');
}

/// The node that the policy chose, and for two sessions in a hundred another that was drawn from all.
fn push_probes(out: &mut Vec<u8>, world: &World, session: &Session, random: &mut Random) {
    out.extend_from_slice(b",\"probes\":[");
    let rtt = session.node.base_rtt_tenths() + random.below(300);
    push_probe(out, &session.node, rtt, session.throughput_kbps, "\"POLICY\",\"propensity\":0.98}");
    if random.one_in(50) {
        let number = random.below(u64::from(world.options.nodes));
        let node = Node::new(world, number);
        let near = number % REGIONS.len() as u64 == session.region as u64;
        let rtt = node.base_rtt_tenths() + random.below(300) + if near { 0 } else { 900 };
        let throughput = session.throughput_kbps * (40 + random.below(70)) / 100;
        out.push(b',');
        push_probe(out, &node, rtt, throughput, "\"RANDOM\",\"propensity\":0.");
        crate::text::push_padded(out, 20_000_000 / u64::from(world.options.nodes).max(1), 9);
        out.push(b'}');
    }
    out.push(b']');
}

fn push_probe(out: &mut Vec<u8>, node: &Node, rtt_tenths: u64, throughput_kbps: u64, end: &str) {
    out.extend_from_slice(b"{\"node_id\":\"");
    node.push_id(out);
    out.extend_from_slice(b"\",\"rtt_ms\":");
    push_number(out, rtt_tenths / 10);
    out.push(b'.');
    push_number(out, rtt_tenths % 10);
    out.extend_from_slice(b",\"throughput_kbps\":");
    push_number(out, throughput_kbps);
    out.extend_from_slice(b",\"chosen_by\":");
    out.extend_from_slice(end.as_bytes());
}
