//! `delivery/content`: what is published each day, and a few corrections of the day before.

use crate::landing::LandingFile;
use crate::parties::Party;
use crate::random::{Random, Stream, hash};
use crate::rows::Role;
use crate::text::{DAY_MS, TimeStyle, push_id, push_number, push_time};
use crate::world::World;

/// A rung of the ladder: width, height, peak kilobits a second.
pub const RUNGS: [(u64, u64, u64); 4] =
    [(360, 640, 1_080), (540, 960, 1_720), (720, 1_280, 2_360), (1_080, 1_920, 3_640)];
pub const CODECS: [&str; 4] = ["AVC", "HEVC", "VP9", "AV1"];
const TITLES: [&str; 6] =
    ["\"Hello\"", "\"a|b\"", "\"\\u4f60\\u597d\"", "\"für alle\"", "\"tab\\there\"", "null"];

/// A published content.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    pub number: u64,
    bits: u64,
}

impl Content {
    pub fn new(world: &World, number: u64) -> Self {
        Self { number, bits: hash(world.options.seed, Stream::Content, number) }
    }

    pub fn creator(&self, world: &World) -> Party {
        Party::creator(world.options.seed, Random::new(self.bits, Stream::Party, 0).popular(world.creators))
    }

    /// Two thirds are short: up to a minute.
    pub fn duration_ms(&self) -> u64 {
        let spread = self.bits >> 16;
        if self.bits.is_multiple_of(3) { 61_000 + spread % 540_000 } else { 5_000 + spread % 55_000 }
    }

    /// The codecs that it exists in: all have AVC.
    pub fn codecs(&self) -> impl Iterator<Item = &'static str> {
        let mask = 1 | self.bits >> 8 & 15;
        CODECS.into_iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, codec)| codec)
    }
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let a_day = world.options.contents_per_day;
    for rank in world.share(a_day, file) {
        if day > 0 {
            let earlier = Content::new(world, u64::from(day - 1) * a_day + rank);
            if earlier.bits >> 24 & 31 == 0 {
                push(out.line(), world, &earlier, day - 1, a_day, "\"corrected\"");
                out.row(Role::Good, &[]);
            }
        }
        let content = Content::new(world, u64::from(day) * a_day + rank);
        let title = TITLES[(content.bits >> 32) as usize % TITLES.len()];
        push(out.line(), world, &content, day, a_day, title);
        out.row(Role::Good, &[]);
    }
}

fn push(out: &mut Vec<u8>, world: &World, content: &Content, day: u32, a_day: u64, title: &str) {
    let rank = content.number - u64::from(day) * a_day;
    // The first day brings what was published in the month before.
    let age_days = if day == 0 { (content.bits >> 40) % 30 } else { 0 };
    let published_ms = world.moment_ms(day, rank, a_day, content.bits) - age_days as i64 * DAY_MS;
    out.extend_from_slice(b"{\"content_id\":\"");
    push_id(out, "co_", content.number);
    out.extend_from_slice(b"\",\"creator\":\"");
    content.creator(world).push(out);
    out.extend_from_slice(b"\",\"title\":");
    out.extend_from_slice(title.as_bytes());
    out.extend_from_slice(b",\"duration_ms\":");
    push_number(out, content.duration_ms());
    out.extend_from_slice(b",\"published_at\":\"");
    push_time(out, published_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\",\"visibility\":\"");
    let visibility = ["PUBLIC", "PUBLIC", "PRIVATE", "ANONYMOUS"][(content.bits >> 48) as usize % 4];
    out.extend_from_slice(visibility.as_bytes());
    out.extend_from_slice(b"\",\"renditions\":[");
    let mut first = true;
    for codec in content.codecs() {
        for (width, height, kbps) in RUNGS {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            push_rendition(out, codec, width, height, kbps, content.duration_ms());
        }
    }
    out.extend_from_slice(b"]}");
}

fn push_rendition(out: &mut Vec<u8>, codec: &str, width: u64, height: u64, kbps: u64, duration_ms: u64) {
    out.extend_from_slice(b"{\"codec\":\"");
    out.extend_from_slice(codec.as_bytes());
    out.extend_from_slice(b"\",\"width\":");
    push_number(out, width);
    out.extend_from_slice(b",\"height\":");
    push_number(out, height);
    out.extend_from_slice(b",\"framerate\":30,\"peak_kbps\":");
    push_number(out, kbps);
    out.extend_from_slice(b",\"bytes\":");
    push_number(out, kbps * duration_ms / 8);
    out.push(b'}');
}
