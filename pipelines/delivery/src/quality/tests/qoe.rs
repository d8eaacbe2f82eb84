//! What seconds and sessions are worth.

use super::support::{phone, rung};
use crate::quality::qoe::{saturation_kbps, score, shown, value};
use crate::quality::replay::Played;
use crate::quality::{Codec, DeviceProfile, Rendition, Settings};

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn a_second_is_worth_its_bits_up_to_what_the_display_shows() {
    let settings = Settings::default();
    let device = phone(&["AVC", "HEVC"], 1);
    let worth = |rendition: &Rendition| value(rendition, &device, true, 1.0, &settings);
    assert!(near(worth(&rung(360, 640, 200)), 0.0));
    assert!(near(worth(&rung(360, 640, 400)), 2.0_f64.ln()));
    // 360 × 640 has a ninth of the pixels of 1080 × 1920.
    let most = 4_300.0 * (1.0_f64 / 9.0).powf(0.75);
    assert!(near(worth(&rung(360, 640, 9_000)), (most / 200.0).ln()));
    // The same picture in fewer bits.
    let hevc = Rendition { codec: Codec::Hevc, ..rung(720, 1_280, 680) };
    assert!(near(worth(&hevc), (680.0 / 0.68 / 200.0_f64).ln()));
    // A display of half the width shows a quarter of the pixels.
    let small = DeviceProfile { width: 540, height: 960, ..device.clone() };
    let most = saturation_kbps(540.0 * 960.0, 30.0, &settings);
    assert!(near(value(&rung(1_080, 1_920, 9_000), &small, true, 1.0, &settings), (most / 200.0).ln()));
    // What is held in a hand is turned; a television is not.
    let wide = Rendition { width: 1_920, height: 1_080, ..rung(0, 0, 5_000) };
    assert!(near(shown(&wide, &device, true), 1.0));
    assert!(near(shown(&wide, &device, false), 1_080.0 / 1_920.0));
    // More frames take more bits before they look no better.
    let fast = Rendition { framerate: 60, ..rung(1_080, 1_920, 9_000) };
    assert!(worth(&fast) > worth(&rung(1_080, 1_920, 9_000)));
    // Nothing is known of the display, or of the rendition: it is worth its bits.
    let unknown = DeviceProfile { width: 0, height: 0, framerate: 0, ..device.clone() };
    assert!(near(value(&rung(0, 0, 9_000), &unknown, false, 1.0, &settings), (9_000.0 / 200.0_f64).ln()));
}

#[test]
fn a_session_is_charged_for_what_disturbs() {
    let settings = Settings { megabyte_weight: 0.25, ..Settings::default() };
    let played = Played {
        segments: 5,
        segment_ms: 2_000.0,
        value_sum: 10.0,
        value_changes: 1.5,
        startup_ms: 400.0,
        stalled_ms: 1_000.0,
        bits: 16e6,
        ..Played::default()
    };
    // 20 for 10 seconds, less a switch's 1.5, 0.2 for the start, 2.66 for the stall, 0.5 for two megabytes.
    assert!(near(score(&played, &settings), (20.0 - 1.5 - 0.2 - 2.66 - 0.5) / 10.0));
}
