//! Manifests word by word, and codecs' levels at their limits.

use super::{Offer, codec_string, dash, hls};
use crate::quality::{Codec, Rendition};

fn rung(codec: Codec, width: u32, height: u32, peak_kbps: u32) -> Rendition {
    Rendition { codec, peak_kbps, width, height, framerate: 30 }
}

fn ladder() -> Vec<Rendition> {
    vec![
        rung(Codec::Hevc, 360, 640, 600),
        rung(Codec::Hevc, 720, 1_280, 1_900),
        rung(Codec::Hevc, 1_080, 1_920, 3_300),
        rung(Codec::Avc, 360, 640, 900),
    ]
}

#[test]
fn levels_are_the_lowest_that_hold() {
    for (codec, width, height, framerate, kbps, text) in [
        (Codec::Avc, 1_920, 1_080, 30, 5_000, "avc1.640028"),
        (Codec::Avc, 1_080, 1_920, 60, 7_000, "avc1.64002A"),
        (Codec::Avc, 720, 1_280, 30, 2_800, "avc1.64001F"),
        (Codec::Avc, 234, 416, 30, 420, "avc1.640014"),
        (Codec::Avc, 7_680, 4_320, 60, 90_000, "avc1.640034"),
        (Codec::Hevc, 1_080, 1_920, 30, 3_300, "hvc1.1.6.L120.B0"),
        (Codec::Hevc, 1_080, 1_920, 60, 3_300, "hvc1.1.6.L123.B0"),
        (Codec::Vp9, 1_280, 720, 30, 2_000, "vp09.00.31.08"),
        (Codec::Av1, 1_080, 1_920, 30, 2_900, "av01.0.08M.08"),
    ] {
        let rung = Rendition { codec, peak_kbps: kbps, width, height, framerate };
        assert_eq!(codec_string(&rung), text, "{rung:?}");
    }
}

#[test]
fn playlists_begin_with_the_start_rung_and_end_at_the_cap() {
    let playlist = hls::playlist(&Offer::of(&ladder(), 1, 2_000));
    let expected = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1900000,RESOLUTION=720x1280,FRAME-RATE=30.000,CODECS=\"hvc1.1.6.L93.B0\"\n\
        HEVC/1280/1900/index.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=360x640,FRAME-RATE=30.000,CODECS=\"hvc1.1.6.L63.B0\"\n\
        HEVC/640/600/index.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=360x640,FRAME-RATE=30.000,CODECS=\"avc1.64001E\"\n\
        AVC/640/900/index.m3u8\n";
    assert_eq!(playlist, expected);
    // Something is offered whatever the cap.
    assert_eq!(Offer::of(&ladder(), 2, 100), Offer { ladder: ladder()[..1].to_vec(), start: 0 });
}

#[test]
fn each_codec_is_an_adaptation_set() {
    let text = dash::description(&Offer::of(&ladder(), 0, 9_000), 2_000);
    assert_eq!(text.matches("<AdaptationSet").count(), 2);
    assert_eq!(text.matches("<Representation").count(), 4);
    for part in [
        "maxWidth=\"1080\" maxHeight=\"1920\" maxFrameRate=\"30\" selectionPriority=\"2\"",
        "duration=\"2000\"",
        "<Representation id=\"AVC/640/900\" codecs=\"avc1.64001E\" bandwidth=\"900000\" width=\"360\" height=\"640\" \
         frameRate=\"30\"/>",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
