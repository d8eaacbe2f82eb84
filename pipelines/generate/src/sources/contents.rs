//! `delivery/content`: what is published each day, and a few corrections of the day before; how popular it is.

use crate::curve::unit;
use crate::landing::LandingFile;
use crate::options::Ladder;
use crate::parties::Party;
use crate::random::{Random, Stream, hash};
use crate::rows::Role;
use crate::sources::ladders::{Rung, rungs};
use crate::text::{DAY_MS, TimeStyle, push_id, push_number, push_time};
use crate::world::World;

pub const CODECS: [&str; 4] = ["AVC", "HEVC", "VP9", "AV1"];
/// What a codec needs for the same picture, in percent of AVC.
const EFFICIENCY_PERCENT: [u64; 4] = [100, 68, 74, 60];
pub const SEGMENT_MS: u64 = 2_000;
/// From this height on a smooth content has twice the frames.
const SMOOTH_HEIGHT: u64 = 1_280;
/// From this number on contents are of the archive.
const ARCHIVE: u64 = 1 << 40;
/// The days after which a content's age makes no more difference.
const AGES: u32 = 12;
const TITLES: [&str; 6] =
    ["\"Hello\"", "\"a|b\"", "\"\\u4f60\\u597d\"", "\"für alle\"", "\"tab\\there\"", "null"];

/// A published content.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    pub number: u64,
    bits: u64,
    ladder: Ladder,
}

impl Content {
    pub fn new(world: &World, number: u64) -> Self {
        let bits = hash(world.options.seed, Stream::Content, number);
        Self { number, bits, ladder: world.options.ladder }
    }

    /// Its ladder in AVC, the lowest rung first.
    pub fn rungs(&self) -> &'static [Rung] {
        rungs(self.ladder)
    }

    /// Frames a second of a rung: one content in eight is of film, one in eight is smooth where it is large. What is
    /// fitted is never smooth: a ladder of which some could be better does not fit.
    pub fn framerate(&self, rung: usize) -> u64 {
        match self.bits >> 52 & 7 {
            0 if self.ladder != Ladder::Fitted && self.rungs()[rung].1 >= SMOOTH_HEIGHT => 60,
            1 => 24,
            _ => 30,
        }
    }

    /// The peak bitrate of a rendition.
    pub fn peak_kbps(&self, codec: usize, rung: usize) -> u64 {
        let frames_percent = match self.framerate(rung) {
            60 => 135,
            24 => 92,
            _ => 100,
        };
        self.rungs()[rung].2 * EFFICIENCY_PERCENT[codec] / 100 * frames_percent / 100
    }

    /// Its mean bitrate.
    pub fn mean_kbps(&self, codec: usize, rung: usize) -> u64 {
        self.peak_kbps(codec, rung) * 4 / 5
    }

    pub fn creator(&self, world: &World) -> Party {
        Party::creator(world.options.seed, Random::new(self.bits, Stream::Party, 0).popular(world.creators))
    }

    /// Two thirds are short: up to a minute.
    pub fn duration_ms(&self) -> u64 {
        let spread = self.bits >> 16;
        if self.bits.is_multiple_of(3) { 61_000 + spread % 540_000 } else { 5_000 + spread % 55_000 }
    }

    pub fn segments(&self) -> u64 {
        self.duration_ms().div_ceil(SEGMENT_MS)
    }

    /// Whether it exists in a codec: all have AVC, two of three HEVC, half AV1; what is fitted has all.
    pub fn has(&self, codec: usize) -> bool {
        if self.ladder == Ladder::Fitted {
            return true;
        }
        let draw = self.bits >> 8 & 255;
        [true, draw % 3 != 0, draw % 5 < 2, draw / 8 % 2 == 0][codec]
    }

    /// The codecs that it exists in, by their places.
    pub fn codecs(&self) -> impl Iterator<Item = usize> {
        let content = *self;
        (0..CODECS.len()).filter(move |&codec| content.has(codec))
    }

    /// The bytes of a segment: the same whoever asks for it.
    pub fn segment_bytes(&self, codec: usize, rung: usize, segment: u64) -> u64 {
        let place = segment << 8 | (codec as u64) << 4 | rung as u64;
        let length_ms = (self.duration_ms() - segment * SEGMENT_MS).min(SEGMENT_MS);
        let percent = 78 + hash(self.bits, Stream::Content, place) % 45;
        self.mean_kbps(codec, rung) * length_ms / 8 * percent / 100
    }
}

/// What is watched on a day: young contents more than old ones, a few far more than the rest.
#[derive(Debug, Clone, Copy)]
pub struct Popularity {
    seed: u64,
    day: u32,
    a_day: u64,
    /// A step that meets every content of a day once.
    stride: u64,
    /// The share of the sessions that watch what was published so many days ago.
    ages: [f64; AGES as usize],
}

impl Popularity {
    pub fn new(world: &World, day: u32) -> Self {
        let mut ages = [0.0; AGES as usize];
        for age in 0..=day.min(AGES - 1) {
            ages[age as usize] = 1.0 / f64::from(age + 1);
        }
        let all: f64 = ages.iter().sum();
        Self {
            seed: world.options.seed,
            day,
            a_day: world.options.contents_per_day,
            stride: stride(world.options.contents_per_day),
            ages: ages.map(|share| share / all),
        }
    }

    /// Groups of contents that are alike: how many, and the share of the sessions that each of them has.
    pub fn classes(&self) -> Vec<(f64, f64)> {
        let ages = self.ages.iter().filter(|share| **share > 0.0);
        let of_age = |share: &f64| {
            let share = *share;
            (0..self.octaves()).map(move |octave| ((1_u64 << octave) as f64, share * self.rank_share(octave)))
        };
        ages.flat_map(of_age).collect()
    }

    /// The content of a session that begins at a moment of the day, with its share of the sessions, about.
    pub fn draw(&self, world: &World, region: usize, moment_ms: u64, random: &mut Random) -> (Content, f64) {
        let mut part = unit(random.next());
        let mut age = self.ages.iter().position(|share| {
            part -= share;
            part < 0.0
        });
        // What is not published yet cannot be watched: rather something of the days before.
        loop {
            let days_ago = age.unwrap_or(0) as u32;
            let rank = self.rank(random);
            let place = self.place(self.day - days_ago, region, rank);
            let is_published = days_ago > 0 || self.day == 0 || self.published_by(moment_ms) > place;
            if is_published {
                let number = u64::from(self.day - days_ago) * self.a_day + place;
                let share = self.ages[days_ago as usize] * self.rank_share(u64::from((rank + 1).ilog2()));
                return (Content::new(world, number), share);
            }
            age = Some(1);
        }
    }

    fn octaves(&self) -> u64 {
        u64::from(self.a_day.ilog2()) + 1
    }

    /// A rank among a day's contents: each doubling of rank is less likely than the one before.
    fn rank(&self, random: &mut Random) -> u64 {
        loop {
            let octave = random.below(self.octaves()).min(random.below(self.octaves()));
            let rank = (1 << octave) + random.below(1 << octave) - 1;
            if rank < self.a_day {
                return rank;
            }
        }
    }

    /// The share that each rank of a doubling has.
    fn rank_share(&self, octave: u64) -> f64 {
        let octaves = self.octaves();
        (2 * (octaves - octave) - 1) as f64 / (octaves * octaves) as f64 / (1_u64 << octave) as f64
    }

    /// How many of the day's contents are published by a moment of it.
    fn published_by(&self, moment_ms: u64) -> u64 {
        let span = DAY_MS as u64 - 900_000;
        let passed = moment_ms.saturating_sub(61_000).min(span);
        (u128::from(self.a_day) * u128::from(passed) / u128::from(span)) as u64
    }

    /// Which content of a day has a rank: another one each day of its life, and in each region, but near it.
    fn place(&self, published: u32, region: usize, rank: u64) -> u64 {
        let turn = u64::from(self.day) << 32 | u64::from(published) << 8 | region as u64;
        let shuffled = rank ^ hash(self.seed, Stream::Popularity, turn) & 3;
        let rank = if shuffled < self.a_day { shuffled } else { rank };
        // Ranks are spread over the day's publishing times.
        let start = hash(self.seed, Stream::Popularity, 1 << 63 | u64::from(published)) % self.a_day;
        ((u128::from(rank) * u128::from(self.stride) + u128::from(start)) % u128::from(self.a_day)) as u64
    }
}

/// A step that meets every content of a day once: it has no divisor in common with their count.
fn stride(count: u64) -> u64 {
    let is_coprime = |step: &u64| {
        let (mut a, mut b) = (*step, count);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    let golden = (u128::from(count) * 618 / 1_000).max(1) as u64;
    (golden..).find(is_coprime).unwrap_or(1)
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let a_day = world.options.contents_per_day;
    // The first day brings what is still there of the years before.
    let archived = if day == 0 { world.options.contents_archived } else { 0 };
    for rank in world.share(archived, file) {
        let content = Content::new(world, ARCHIVE + rank);
        let age_days = 30 + (content.bits >> 40) % 700;
        push(
            out.line(),
            world,
            &content,
            world.moment_ms(0, rank, archived, content.bits),
            age_days,
            title(&content),
        );
        out.row(Role::Good, &[]);
    }
    for rank in world.share(a_day, file) {
        if day > 0 {
            let earlier = Content::new(world, u64::from(day - 1) * a_day + rank);
            if earlier.bits >> 24 & 31 == 0 {
                let moment_ms = world.moment_ms(day - 1, rank, a_day, earlier.bits);
                push(out.line(), world, &earlier, moment_ms, age_days(&earlier, day - 1), "\"corrected\"");
                out.row(Role::Good, &[]);
            }
        }
        let content = Content::new(world, u64::from(day) * a_day + rank);
        let moment_ms = world.moment_ms(day, rank, a_day, content.bits);
        push(out.line(), world, &content, moment_ms, age_days(&content, day), title(&content));
        out.row(Role::Good, &[]);
    }
}

/// How long before its day a content was published: the first day brings what is of the month before.
fn age_days(content: &Content, day: u32) -> u64 {
    if day == 0 { 1 + (content.bits >> 40) % 29 } else { 0 }
}

fn title(content: &Content) -> &'static str {
    TITLES[(content.bits >> 32) as usize % TITLES.len()]
}

fn push(out: &mut Vec<u8>, world: &World, content: &Content, moment_ms: i64, age_days: u64, title: &str) {
    let published_ms = moment_ms - age_days as i64 * DAY_MS;
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
        for rung in 0..content.rungs().len() {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            push_rendition(out, content, codec, rung);
        }
    }
    out.extend_from_slice(b"]}");
}

fn push_rendition(out: &mut Vec<u8>, content: &Content, codec: usize, rung: usize) {
    let (width, height, _) = content.rungs()[rung];
    out.extend_from_slice(b"{\"codec\":\"");
    out.extend_from_slice(CODECS[codec].as_bytes());
    out.extend_from_slice(b"\",\"width\":");
    push_number(out, width);
    out.extend_from_slice(b",\"height\":");
    push_number(out, height);
    out.extend_from_slice(b",\"framerate\":");
    push_number(out, content.framerate(rung));
    out.extend_from_slice(b",\"peak_kbps\":");
    push_number(out, content.peak_kbps(codec, rung));
    out.extend_from_slice(b",\"bytes\":");
    push_number(out, content.mean_kbps(codec, rung) * content.duration_ms() / 8);
    out.push(b'}');
}
