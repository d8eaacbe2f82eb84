//! Where sessions begin and end, at the edge of each rule.

use super::support::{evidence, phone, rung};
use crate::quality::audience::Audience;
use crate::quality::start::{Begun, cap_kbps, framerate, start_rung};
use crate::quality::{Codec, Codecs, Evidence, Interval, Rendition, Settings, Trace};

fn ladder() -> Vec<Rendition> {
    vec![rung(234, 416, 500), rung(360, 640, 1_000), rung(540, 960, 2_000)]
}

/// Viewers on steady networks without latency; all bits of a peak are used.
fn steady(kbps: &[f64]) -> Evidence {
    let trace = |(viewer, kbps): (usize, &f64)| Trace {
        viewer: viewer as u64,
        device: 0,
        watch_ms: 10_000.0,
        intervals: vec![Interval { duration_ms: 1_000.0, throughput_kbps: *kbps, latency_ms: 0.0 }],
    };
    Evidence {
        mean_to_peak: 1.0,
        devices: vec![phone(&["AVC"], 10)],
        fitting: kbps.iter().enumerate().map(trace).collect(),
        held_out: Vec::new(),
        ..evidence(1, 1, 1_000.0, ladder())
    }
}

/// A segment of two seconds comes within one if the network carries twice the peak.
#[test]
fn a_start_comes_within_a_second_for_nine_of_ten_viewers() {
    let of = |fast: f64, slow_viewers: usize| {
        let kbps: Vec<f64> = (0..10).map(|viewer| if viewer < slow_viewers { 900.0 } else { fast }).collect();
        let settings = Settings::default();
        let audience = Audience::of(&steady(&kbps), &settings);
        let begun = Begun { traces: &audience.fitting, shares: &[] };
        start_rung(&ladder(), &begun, &audience, &settings)
    };
    assert_eq!(of(4_000.0, 0), 2);
    assert_eq!(of(3_999.0, 0), 1);
    assert_eq!(of(4_000.0, 1), 2, "nine of ten");
    assert_eq!(of(4_000.0, 2), 0, "eight of ten");
    assert_eq!(of(1_999.0, 0), 0);
    assert_eq!(of(10.0, 0), 0, "something is begun with");
}

#[test]
fn a_start_without_traces_goes_by_the_distribution() {
    let settings = Settings::default();
    let audience = Audience { fitting: Vec::new(), ..Audience::of(&steady(&[1_000.0]), &settings) };
    let of =
        |shares: &[(f64, f64)]| start_rung(&ladder(), &Begun { traces: &[], shares }, &audience, &settings);
    // A tenth of a second goes to the latency.
    assert_eq!(of(&[(1_000.0, 0.1), (2_223.0, 0.9)]), 1);
    assert_eq!(of(&[(1_000.0, 0.1), (2_222.0, 0.9)]), 0);
    assert_eq!(of(&[(1_000.0, 0.11), (9_000.0, 0.89)]), 0);
}

#[test]
fn a_cap_is_the_highest_rung_that_some_device_gains_from() {
    let settings = Settings::default();
    let large = [ladder(), vec![rung(1_080, 1_920, 4_800), rung(1_080, 1_920, 9_000)]].concat();
    let cap = |evidence: &Evidence| cap_kbps(&large, &Audience::of(evidence, &settings), &settings);
    // On a full display the picture is as good as it can be at 5,375 kbit/s of peak; all that is above is the same.
    let mut evidence = steady(&[9_000.0]);
    evidence.mean_to_peak = 0.8;
    assert_eq!(cap(&evidence), 9_000);
    evidence.mean_to_peak = 1.0;
    assert_eq!(cap(&evidence), 4_800);
    evidence.devices[0].height_max = Some(960);
    assert_eq!(cap(&evidence), 2_000);
    // Of several devices the one that gains from most.
    evidence.devices.push(phone(&["AVC"], 1));
    assert_eq!(cap(&evidence), 4_800);
    evidence.cohort.data_saver = true;
    assert_eq!(cap(&evidence), settings.data_saver_kbps);
}

#[test]
fn frames_are_what_half_of_the_viewers_see_below_the_cap() {
    let settings = Settings::default();
    let fast = Rendition { framerate: 60, ..rung(1_080, 1_920, 7_500) };
    let all = [ladder(), vec![fast]].concat();
    let of = |cap: u32, slow: u64| {
        let mut evidence = steady(&[9_000.0]);
        evidence.devices.push(phone(&["AVC"], slow));
        evidence.devices[1].framerate = 30;
        framerate(&all, cap, &Audience::of(&evidence, &settings))
    };
    assert_eq!((of(7_500, 10), of(7_500, 11), of(7_499, 0)), (60, 30, 30));
}

#[test]
fn a_device_plays_the_best_codec_that_it_decodes_and_contents_offer() {
    use crate::quality::screen::codec_of;
    let settings = Settings::default();
    let of = |decoded: &[&str], offered: &[&str]| {
        let set = |names: &[&str]| Codecs::of(names.iter().copied());
        codec_of(set(decoded), set(offered), &settings)
    };
    assert_eq!(of(&["AVC", "HEVC", "AV1"], &["AVC", "HEVC"]), Some(Codec::Hevc));
    assert_eq!(of(&["AVC", "VP9", "HEVC", "AV1"], &["AVC", "VP9", "HEVC", "AV1"]), Some(Codec::Av1));
    assert_eq!(of(&["VP9"], &["AVC", "VP9"]), Some(Codec::Vp9));
    assert_eq!(of(&[], &["AVC", "AV1"]), Some(Codec::Avc));
    assert_eq!(of(&["HEVC"], &["AV1"]), Some(Codec::Av1), "something is tried");
    assert_eq!(of(&["AVC"], &[]), None);
}
