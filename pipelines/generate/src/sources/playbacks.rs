//! `delivery/playback`: one playback session, as the player tells it.

use crate::curve::normal;
use crate::landing::LandingFile;
use crate::parties::Party;
use crate::random::{Random, Stream};
use crate::rows::Role;
use crate::sources::contents::CODECS;
use crate::sources::edge::{Edge, Reach};
use crate::sources::geography::{NETWORKS, REGIONS};
use crate::sources::player::{Player, Totals};
use crate::sources::sessions::{DEVICES, Day, Session};
use crate::text::{TimeStyle, push_id, push_number, push_padded, push_time};
use crate::world::World;

const LANGUAGES: [&str; 6] = ["en", "de", "pt", "ja", "hi", "es"];
const REFERRERS: [&str; 5] = ["FOR_YOU", "FOLLOWING", "SEARCH", "PROFILE", "EXTERNAL"];
const INTERACTIONS: [&str; 7] =
    ["[]", "[]", "[]", "[\"LIKE\"]", "[\"LIKE\",\"SHARE\"]", "[\"COMMENT\"]", "[\"LIKE\",\"FOLLOW\"]"];
/// One session in so many tries a node at random.
const TRIES_ONE_IN: u64 = 50;

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let a_day = world.options.playbacks_per_day;
    let number = |day: u32, rank: u64| u64::from(day) * a_day + rank;
    if day > 0 {
        let ranks = world.share(a_day, world.origin_file(file, 1));
        let (from, to) = (number(day - 1, ranks.start), number(day - 1, ranks.end));
        let mut before = Day::new(world, day - 1);
        for late in world.late_sessions.within(from, to) {
            write_row(world, &mut before, late - number(day - 1, 0), out);
        }
    }
    let mut today = Day::new(world, day);
    for rank in world.share(a_day, file) {
        if world.late_sessions.find(number(day, rank)).is_none() {
            write_row(world, &mut today, rank, out);
        }
        if out.has_failed() {
            return;
        }
    }
}

fn write_row(world: &World, day: &mut Day<'_>, rank: u64, out: &mut LandingFile) {
    let (session, edge) = day.session(rank);
    push(out.line(), world, session, edge);
    out.row(Role::Good, &[]);
}

fn push(out: &mut Vec<u8>, world: &World, session: &Session, edge: &Edge) {
    let mut random = session.draws(Stream::Session);
    let watch_ms = session.watch_ms(&mut random);
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
    text(out, ",\"completed\":", if session.is_completed() { "true" } else { "false" });
    text(out, ",\"interactions\":", random.pick(&INTERACTIONS));
    text(out, ",\"region\":\"", REGIONS[session.region].name);
    text(out, "\",\"language\":\"", random.pick(&LANGUAGES));
    text(out, "\",\"referrer\":\"", random.pick(&REFERRERS));
    text(out, "\",\"network\":\"", NETWORKS[session.network].name);
    push_device(out, session);
    let mut player = Player::new(session, edge);
    player.by_ref().for_each(drop);
    push_quality(out, session, &player.totals);
    push_probes(out, session, edge, &mut random);
    out.push(b'}');
}

fn push_device(out: &mut Vec<u8>, session: &Session) {
    let device = &DEVICES[session.device];
    out.extend_from_slice(b"\",\"device\":{\"class\":\"");
    out.extend_from_slice(device.class.as_bytes());
    out.extend_from_slice(b"\",\"max_width\":");
    push_number(out, device.width);
    out.extend_from_slice(b",\"max_height\":");
    push_number(out, device.height);
    out.extend_from_slice(b",\"max_framerate\":60,\"codecs\":[");
    for (codec, name) in CODECS.iter().enumerate().filter(|(codec, _)| session.decodes >> codec & 1 == 1) {
        out.extend_from_slice(if codec > 0 { b",\"" } else { b"\"" });
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(b"]},\"preferences\":{\"data_saver\":");
    out.extend_from_slice(if session.data_saver { b"true" } else { b"false" });
    out.extend_from_slice(b",\"max_height\":");
    match session.height_max() {
        Some(height) => push_number(out, height),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

/// What was seen of it; a session that fetched nothing measured nothing.
fn push_quality(out: &mut Vec<u8>, session: &Session, totals: &Totals) {
    out.extend_from_slice(b",\"qoe\":");
    if session.lines.is_empty() {
        return out.extend_from_slice(b"null");
    }
    out.extend_from_slice(b"{\"startup_ms\":");
    push_number(out, totals.startup_ms as u64);
    out.extend_from_slice(b",\"rebuffer_ms\":");
    push_number(out, totals.rebuffer_ms as u64);
    out.extend_from_slice(b",\"rebuffer_count\":");
    push_number(out, totals.rebuffer_count);
    out.extend_from_slice(b",\"switches\":");
    push_number(out, totals.switches);
    out.extend_from_slice(b",\"mean_bitrate_kbps\":");
    push_number(out, totals.mean_bitrate_kbps());
    out.push(b'}');
}

/// The node that the policy drew, and for two sessions in a hundred another, drawn evenly from all that could
/// have served.
fn push_probes(out: &mut Vec<u8>, session: &Session, edge: &Edge, random: &mut Random) {
    out.extend_from_slice(b",\"probes\":[");
    let reach = &edge.reaches[session.node as usize];
    push_probe(out, session, reach, session.luck, random);
    out.extend_from_slice(b"\"POLICY\",\"propensity\":");
    push_propensity(out, session.propensity);
    if random.one_in(TRIES_ONE_IN) {
        let capable = edge.capable(session.codec);
        let reach = &edge.reaches[random.pick(capable) as usize];
        // The viewer's network is the same, the moment another.
        let luck = 0.6 * session.luck + 0.8 * normal(random.next());
        out.push(b',');
        push_probe(out, session, reach, luck, random);
        out.extend_from_slice(b"\"RANDOM\",\"propensity\":");
        push_propensity(out, 1_000_000_000 / capable.len() as u64);
    }
    out.push(b']');
}

fn push_propensity(out: &mut Vec<u8>, nano: u64) {
    push_number(out, nano / 1_000_000_000);
    out.push(b'.');
    push_padded(out, nano % 1_000_000_000, 9);
    out.push(b'}');
}

fn push_probe(out: &mut Vec<u8>, session: &Session, reach: &Reach, luck: f64, random: &mut Random) {
    let rtt_tenths = (session.rtt_ms(reach, random) * 10.0) as u64;
    out.extend_from_slice(b"{\"node_id\":\"");
    reach.node.push_id(out);
    out.extend_from_slice(b"\",\"rtt_ms\":");
    push_number(out, rtt_tenths / 10);
    out.push(b'.');
    push_number(out, rtt_tenths % 10);
    out.extend_from_slice(b",\"throughput_kbps\":");
    push_number(out, session.throughput_kbps(reach, luck) as u64);
    out.extend_from_slice(b",\"chosen_by\":");
}
