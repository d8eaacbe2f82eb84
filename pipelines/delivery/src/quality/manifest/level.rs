//! The `CODECS` text of a rendition (RFC 6381): profile, and the lowest level whose limits hold its picture and frames.

use crate::quality::{Codec, Rendition};

/// A level: how it is written, the largest picture, the most of it in a second, the highest bitrate.
///
/// Pictures are in macroblocks for AVC, in samples for the others.
type Level = (u32, u64, u64, u64);

/// ITU-T H.264 table A-1, High profile (5/4 of the bitrates).
const AVC: [Level; 10] = [
    (20, 396, 11_880, 2_500),
    (21, 792, 19_800, 5_000),
    (30, 1_620, 40_500, 12_500),
    (31, 3_600, 108_000, 17_500),
    (32, 5_120, 216_000, 25_000),
    (40, 8_192, 245_760, 25_000),
    (42, 8_704, 522_240, 62_500),
    (50, 22_080, 589_824, 168_750),
    (51, 36_864, 983_040, 300_000),
    (52, 36_864, 2_073_600, 300_000),
];
/// ITU-T H.265 tables A.8 and A.9, main tier; levels are written thirty times.
const HEVC: [Level; 9] = [
    (60, 122_880, 3_686_400, 1_500),
    (63, 245_760, 7_372_800, 3_000),
    (90, 552_960, 16_588_800, 6_000),
    (93, 983_040, 33_177_600, 10_000),
    (120, 2_228_224, 66_846_720, 12_000),
    (123, 2_228_224, 133_693_440, 20_000),
    (150, 8_912_896, 267_386_880, 25_000),
    (153, 8_912_896, 534_773_760, 40_000),
    (156, 8_912_896, 1_069_547_520, 60_000),
];
/// "VP9 levels" of the WebM project.
const VP9: [Level; 9] = [
    (20, 122_880, 4_608_000, 1_800),
    (21, 245_760, 9_216_000, 3_600),
    (30, 552_960, 20_736_000, 7_200),
    (31, 983_040, 36_864_000, 12_000),
    (40, 2_228_224, 83_558_400, 18_000),
    (41, 2_228_224, 160_432_128, 30_000),
    (50, 8_912_896, 311_951_360, 60_000),
    (51, 8_912_896, 588_251_136, 120_000),
    (52, 8_912_896, 1_176_502_272, 180_000),
];
/// AV1 specification, annex A.3, main tier; written by their index.
const AV1: [Level; 9] = [
    (0, 147_456, 4_423_680, 1_500),
    (1, 278_784, 8_363_520, 3_000),
    (4, 665_856, 19_975_680, 6_000),
    (5, 1_065_024, 31_950_720, 10_000),
    (8, 2_359_296, 70_778_880, 12_000),
    (9, 2_359_296, 141_557_760, 20_000),
    (12, 8_912_896, 267_386_880, 30_000),
    (13, 8_912_896, 534_773_760, 40_000),
    (14, 8_912_896, 1_069_547_520, 60_000),
];

/// The text by which players know whether they decode a rendition. What is beyond every level bears the highest.
pub fn codec_string(rung: &Rendition) -> String {
    let (width, height) = (u64::from(rung.width), u64::from(rung.height));
    let picture = match rung.codec {
        Codec::Avc => width.div_ceil(16) * height.div_ceil(16),
        _ => width * height,
    };
    let levels: &[Level] = match rung.codec {
        Codec::Avc => &AVC,
        Codec::Hevc => &HEVC,
        Codec::Vp9 => &VP9,
        Codec::Av1 => &AV1,
    };
    let (framerate, kbps) = (u64::from(rung.framerate.max(1)), u64::from(rung.peak_kbps));
    let holds = |level: &&Level| picture <= level.1 && picture * framerate <= level.2 && kbps <= level.3;
    let level = levels.iter().find(holds).or(levels.last()).map_or(0, |level| level.0);
    match rung.codec {
        Codec::Avc => format!("avc1.6400{level:02X}"),
        Codec::Hevc => format!("hvc1.1.6.L{level}.B0"),
        Codec::Vp9 => format!("vp09.00.{level}.08"),
        Codec::Av1 => format!("av01.0.{level:02}M.08"),
    }
}
