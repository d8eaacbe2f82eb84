//! The presentation description (ISO/IEC 23009-1): one adaptation set a codec, as players do not change codecs in play.

use std::fmt::Write;

use super::{Offer, codec_string, name};
use crate::quality::{Codec, Rendition};

/// Its segments' length, in a timescale of milliseconds.
const TIMESCALE: u32 = 1_000;

/// The description of an offer whose segments have a length. Of a content the duration is still to be put in.
pub fn description(offer: &Offer, segment_ms: u32) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" \
         type=\"static\" minBufferTime=\"PT2S\">\n  <Period id=\"1\">\n",
    );
    let mut codecs: Vec<Codec> = offer.ladder.iter().map(|rung| rung.codec).collect();
    codecs.dedup();
    let preferred = codecs.len();
    for (place, codec) in codecs.into_iter().enumerate() {
        let rungs: Vec<&Rendition> = offer.ladder.iter().filter(|rung| rung.codec == codec).collect();
        // The codec that most viewers play comes first.
        set(place + 1, preferred - place, &rungs, segment_ms, &mut out);
    }
    out.push_str("  </Period>\n</MPD>\n");
    out
}

fn set(id: usize, priority: usize, rungs: &[&Rendition], segment_ms: u32, out: &mut String) {
    let most = |number: fn(&Rendition) -> u32| rungs.iter().map(|rung| number(rung)).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "    <AdaptationSet id=\"{id}\" contentType=\"video\" mimeType=\"video/mp4\" segmentAlignment=\"true\" \
         startWithSAP=\"1\" maxWidth=\"{}\" maxHeight=\"{}\" maxFrameRate=\"{}\" selectionPriority=\"{priority}\">",
        most(|rung| rung.width),
        most(|rung| rung.height),
        most(|rung| rung.framerate)
    );
    let _ = writeln!(
        out,
        "      <SegmentTemplate timescale=\"{TIMESCALE}\" duration=\"{segment_ms}\" startNumber=\"1\" \
         initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/$Number%05d$.m4s\"/>"
    );
    for rung in rungs {
        let _ = writeln!(
            out,
            "      <Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\" width=\"{}\" height=\"{}\" frameRate=\"{}\"/>",
            name(rung),
            codec_string(rung),
            u64::from(rung.peak_kbps) * 1_000,
            rung.width,
            rung.height,
            rung.framerate
        );
    }
    out.push_str("    </AdaptationSet>\n");
}
