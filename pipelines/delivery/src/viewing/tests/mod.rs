//! Sessions rebuilt from records: by hand, and in any order.

mod hand;
mod properties;

use super::ladders::{Ladders, LaddersReader};
use super::playback::{Kind, Playback};
use super::request::{Marks, Request};
use super::{Folded, Rules, fold, playback, request};
use crate::estimates::codes::{Codec, Codecs, Names};

pub fn rules() -> Rules {
    Rules { chunk_bytes_min: 10_000, hits_left_out: true, chunks_min: 2, intervals_max: 100, day: 20_000 }
}

/// A playback of the night, with nothing told but what a cohort needs.
pub fn playback(session: u64) -> Playback {
    Playback {
        session,
        kind: Kind::OfDay,
        viewer: session.wrapping_mul(7),
        started_at: 1_000_000_000,
        region: Some(0),
        network: Some(1),
        device: Some(0),
        data_saver: Some(false),
        codecs: Some(Codecs(0b0101)),
        width: Some(1080),
        height: Some(1920),
        framerate_milli: Some(60_000),
        preferred_height: None,
        watch_ms: 10_000,
        startup_ms: Some(300),
        rebuffer_ms: None,
        rebuffer_count: None,
        switches: Some(2),
        rtt_us: Some(23_400),
        probed_kbps: Some(5_000),
        ladder: None,
    }
}

/// A miss that landed on the night: its end, bytes, and milliseconds until its first byte and its last.
pub fn miss(session: u64, at_seconds: u32, bytes: u32, first_ms: u32, taken_ms: u32) -> Request {
    Request {
        session,
        at_seconds,
        segment: Some(at_seconds),
        marks: Marks::of(&[Marks::OF_DAY]),
        bytes,
        taken_us: Some(taken_ms * 1_000),
        first_byte_us: Some(first_ms * 1_000),
        measured_kbps: 0,
        codec: Some(Codec::Avc),
        height: 640,
    }
}

pub fn ladders() -> Ladders {
    LaddersReader::default().finish()
}

pub fn regions() -> Names {
    let mut regions = Names::default();
    regions.code("eu");
    regions
}

/// Folds what was told and asked, in the order in which it is given.
pub fn folded(told: &[[u64; playback::WORDS]], asked: &[[u64; request::WORDS]], rules: &Rules) -> Folded {
    fold(told.to_vec(), asked.to_vec(), &ladders(), &regions(), rules).expect("sessions")
}
