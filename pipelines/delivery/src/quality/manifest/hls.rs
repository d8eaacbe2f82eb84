//! The multivariant playlist (RFC 8216): players begin with the first variant, which is therefore the start rung.

use std::fmt::Write;

use super::{Offer, codec_string, name};
use crate::quality::Rendition;

/// The playlist of an offer.
pub fn playlist(offer: &Offer) -> String {
    let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    let start = offer.ladder.get(offer.start);
    let others = offer.ladder.iter().enumerate().filter(|(at, _)| *at != offer.start).map(|(_, rung)| rung);
    start.into_iter().chain(others).for_each(|rung| variant(rung, &mut out));
    out
}

fn variant(rung: &Rendition, out: &mut String) {
    // `FRAME-RATE` has three digits.
    let _ = write!(
        out,
        "#EXT-X-STREAM-INF:BANDWIDTH={},RESOLUTION={}x{},FRAME-RATE={}.000,CODECS=\"{}\"\n{}/index.m3u8\n",
        u64::from(rung.peak_kbps) * 1_000,
        rung.width,
        rung.height,
        rung.framerate,
        codec_string(rung),
        name(rung)
    );
}
