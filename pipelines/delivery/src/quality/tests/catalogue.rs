//! Catalogues keep their bounds, share their storage, and suit who plays them.

use super::support::{Random, evidence, phone, rung, sound_ladder};
use crate::quality::audience::Audience;
use crate::quality::candidates::Offered;
use crate::quality::catalogue::catalogue;
use crate::quality::grid::{quantile, shares};
use crate::quality::screen::{codecs, screen};
use crate::quality::{Codec, Evidence, Rendition, Settings, WeightedLadder};

fn made(evidence: &Evidence, settings: &Settings) -> Vec<Rendition> {
    let audience = Audience::of(evidence, settings);
    let offered = Offered::of(evidence, &evidence.current);
    catalogue(&shares(&evidence.throughput).unwrap(), &offered, &audience, settings)
}

fn of_codec(catalogue: &[Rendition], codec: Codec) -> Vec<u32> {
    catalogue.iter().filter(|rung| rung.codec == codec).map(|rung| rung.peak_kbps).collect()
}

fn in_hevc(ladder: &[Rendition]) -> Vec<Rendition> {
    let both = ladder.iter().flat_map(|rung| [*rung, Rendition { codec: Codec::Hevc, ..*rung }]);
    both.collect()
}

#[test]
fn catalogues_keep_their_bounds() {
    let mut random = Random(7);
    for case in 0..120 {
        let kbps = random.log_between(300.0, 20_000.0);
        let current = if case % 2 == 0 { sound_ladder() } else { in_hevc(&sound_ladder()) };
        let evidence = evidence(case, 60, kbps, current);
        let settings = Settings {
            catalogue_kbps_max: random.log_between(300.0, 40_000.0),
            rungs_max: 1 + random.below(7),
            ..Settings::default()
        };
        let catalogue = made(&evidence, &settings);
        let stored: u32 = catalogue.iter().map(|rung| rung.peak_kbps).sum();
        let lowest_alone = catalogue.len() == 1;
        assert!(
            f64::from(stored) <= settings.catalogue_kbps_max || lowest_alone,
            "case {case}: {catalogue:?}"
        );
        let p10 = quantile(&shares(&evidence.throughput).unwrap(), 0.1);
        for codec in Codec::ALL {
            let rungs = of_codec(&catalogue, codec);
            assert!(rungs.len() <= settings.rungs_max, "case {case}: {rungs:?}");
            let steps = rungs.windows(2).map(|pair| f64::from(pair[1]) / f64::from(pair[0]));
            assert!(steps.into_iter().all(|step| (1.5..=2.0).contains(&step)), "case {case}: {rungs:?}");
            let is_low = |lowest: &u32| f64::from(*lowest) <= settings.lowest_share * p10 || *lowest == 100;
            assert!(rungs.first().is_none_or(is_low), "case {case}: {rungs:?}, p10 {p10}");
        }
        assert!(!of_codec(&catalogue, Codec::Avc).is_empty(), "case {case}");
        assert!(catalogue.iter().all(|rung| rung.height <= 1_920 && rung.framerate == 30), "case {case}");
    }
}

#[test]
fn only_what_contents_exist_in_is_planned() {
    let mut evidence = evidence(1, 60, 6_000.0, sound_ladder());
    assert_eq!(codecs(&made(&evidence, &Settings::default())).0, 1 << Codec::Avc as u8);
    let av1 = vec![Rendition { codec: Codec::Av1, ..rung(720, 1_280, 900) }];
    evidence.devices = vec![phone(&["AVC", "AV1"], 9), phone(&["AVC", "HEVC"], 1)];
    evidence.offered = vec![WeightedLadder { renditions: av1.clone(), share: 0.05 }];
    assert_eq!(codecs(&made(&evidence, &Settings::default())).0, 1 << Codec::Avc as u8, "too few have AV1");
    evidence.offered = vec![WeightedLadder { renditions: av1, share: 0.5 }];
    let catalogue = made(&evidence, &Settings::default());
    assert!(codecs(&catalogue).has(Codec::Av1) && !codecs(&catalogue).has(Codec::Hevc), "{catalogue:?}");
    let audience = Audience::of(&evidence, &Settings::default());
    let plays = |device| screen(&catalogue, &audience.devices[device], &audience, &Settings::default());
    let codecs: Vec<Codec> = (0..2).map(|device| plays(device).rungs[0].codec).collect();
    assert!(codecs.contains(&Codec::Av1) && codecs.contains(&Codec::Avc));
}

#[test]
fn frames_come_after_the_picture() {
    let mut evidence = evidence(2, 60, 40_000.0, sound_ladder());
    evidence.current.push(Rendition { framerate: 60, ..rung(1_080, 1_920, 7_500) });
    let catalogue = made(&evidence, &Settings::default());
    let (slow, fast): (Vec<&Rendition>, Vec<&Rendition>) =
        catalogue.iter().partition(|rung| rung.framerate == 30);
    let saturated = 4_300.0 / 0.8;
    assert!(
        !fast.is_empty() && fast.iter().all(|rung| f64::from(rung.peak_kbps) >= saturated),
        "{catalogue:?}"
    );
    assert!(slow.iter().all(|rung| f64::from(rung.peak_kbps) < saturated), "{catalogue:?}");
    evidence.devices.iter_mut().for_each(|device| device.framerate = 30);
    assert!(made(&evidence, &Settings::default()).iter().all(|rung| rung.framerate == 30));
}
