//! Plans of whole cohorts: what is found, what is kept, and what does not matter.

use super::support::{Random, evidence, phone, rung, sound_ladder};
use crate::quality::{
    Codec, Decision, Distribution, Evidence, Plan, Reason, Rendition, Settings, Standing, WeightedLadder,
    plan,
};

/// Every rung far above what most networks carry.
fn oversized() -> Vec<Rendition> {
    vec![rung(720, 1_280, 3_000), rung(1_080, 1_920, 5_500), rung(1_080, 1_920, 9_000)]
}

/// Rungs that leave most of the bandwidth unused.
fn undersized() -> Vec<Rendition> {
    vec![rung(234, 416, 150), rung(360, 640, 250), rung(1_080, 1_920, 400)]
}

fn assert_adopted(evidence: &Evidence) {
    let plan = plan(evidence, &Settings::default());
    assert_eq!((plan.decision, plan.reason), (Decision::Adopt, Reason::Better), "{plan:#?}");
    assert!(plan.ci_low > Some(0.0) && plan.qoe_planned > plan.qoe_current, "{plan:#?}");
    let more = plan.rebuffer_planned.unwrap() - plan.rebuffer_current.unwrap();
    assert!(more <= Settings::default().stall_tolerance, "{plan:#?}");
    assert!(plan.qoe_oracle >= plan.qoe_planned, "{plan:#?}");
    assert_eq!(plan.ladder, plan.candidate);
    assert!(plan.start_rung < plan.ladder.len());
}

#[test]
fn a_ladder_that_is_too_large_is_found_and_corrected() {
    for seed in 0..4 {
        assert_adopted(&evidence(seed, 120, 1_500.0, oversized()));
    }
}

#[test]
fn a_ladder_that_is_too_small_is_found_and_corrected() {
    for seed in 0..4 {
        assert_adopted(&evidence(seed, 120, 8_000.0, undersized()));
    }
}

#[test]
fn a_sound_ladder_is_kept() {
    for (seed, kbps) in [(1, 2_500.0), (2, 4_000.0), (3, 6_000.0)] {
        let plan = plan(&evidence(seed, 120, kbps, sound_ladder()), &Settings::default());
        assert_eq!(plan.decision, Decision::Keep, "{plan:#?}");
        assert_eq!(plan.ladder, sound_ladder());
        assert!(plan.qoe_oracle >= plan.qoe_current && plan.qoe_oracle >= plan.qoe_planned, "{plan:#?}");
    }
}

#[test]
fn without_proof_what_is_served_is_kept() {
    let few = plan(&evidence(1, 20, 1_500.0, oversized()), &Settings::default());
    assert_eq!((few.decision, few.reason), (Decision::Keep, Reason::FewViewers));
    assert_eq!((few.ladder, few.held_out_viewers), (oversized(), 20));

    let mut unknown = evidence(1, 120, 1_500.0, oversized());
    unknown.throughput = Distribution::default();
    let unknown = plan(&unknown, &Settings::default());
    assert_eq!((unknown.decision, unknown.reason), (Decision::Keep, Reason::NoBandwidth));

    let mut nobody = evidence(1, 120, 1_500.0, oversized());
    (nobody.fitting, nobody.held_out) = Default::default();
    nobody.devices.clear();
    let nobody = plan(&nobody, &Settings::default());
    assert_eq!((nobody.decision, nobody.reason), (Decision::Keep, Reason::FewViewers));
    assert_eq!((nobody.qoe_current, nobody.ci_low, nobody.qoe_oracle), (None, None, None));

    let unserved = plan(&evidence(1, 120, 1_500.0, Vec::new()), &Settings::default());
    assert_eq!((unserved.decision, unserved.reason), (Decision::Keep, Reason::NoLadder));
    assert!(!unserved.ladder.is_empty() && unserved.qoe_planned.is_some());
}

#[test]
fn a_plan_does_not_flap() {
    let settings = Settings::default();
    let first = plan(&evidence(1, 120, 1_500.0, oversized()), &settings);
    assert_eq!(first.decision, Decision::Adopt);
    // Another day's viewers of the same networks, while packagers still make the old ladder.
    let mut second = evidence(77, 120, 1_500.0, oversized());
    second.yesterday = Some(Standing { decision: first.decision, ladder: first.ladder.clone() });
    let second = plan(&second, &settings);
    assert_eq!((second.decision, second.reason), (Decision::Adopt, Reason::Stands), "{second:#?}");
    assert_eq!(second.ladder, first.ladder);
    // Once they make the new one there is nothing more to gain.
    let third = plan(&evidence(78, 120, 1_500.0, first.ladder.clone()), &settings);
    assert_eq!((third.decision, third.ladder), (Decision::Keep, first.ladder));
}

/// The same evidence, listed in another order.
fn shuffled(evidence: &Evidence, random: &mut Random) -> Evidence {
    let mut evidence = evidence.clone();
    random.shuffle(&mut evidence.held_out);
    random.shuffle(&mut evidence.fitting);
    random.shuffle(&mut evidence.current);
    random.shuffle(&mut evidence.offered);
    let mut places: Vec<usize> = (0..evidence.devices.len()).collect();
    random.shuffle(&mut places);
    evidence.devices = places.iter().map(|place| evidence.devices[*place].clone()).collect();
    let new_place = |old: usize| places.iter().position(|place| *place == old).unwrap();
    for trace in evidence.held_out.iter_mut().chain(&mut evidence.fitting) {
        trace.device = new_place(trace.device);
    }
    let (throughputs, masses) = (&evidence.throughput.throughput_kbps, &evidence.throughput.masses);
    let mut pairs: Vec<(f64, f64)> = throughputs.iter().copied().zip(masses.iter().copied()).collect();
    random.shuffle(&mut pairs);
    (evidence.throughput.throughput_kbps, evidence.throughput.masses) = pairs.into_iter().unzip();
    evidence
}

#[test]
fn the_order_of_what_is_known_changes_nothing() {
    let mut random = Random(8);
    for seed in 0..6 {
        let mut evidence = evidence(seed, 60, random.log_between(800.0, 8_000.0), oversized());
        evidence.devices.push(phone(&["AVC"], 7));
        evidence.devices[2].height_max = Some(720);
        let expected = plan(&evidence, &Settings::default());
        for _ in 0..3 {
            evidence = shuffled(&evidence, &mut random);
            assert_eq!(plan(&evidence, &Settings::default()), expected, "seed {seed}");
        }
    }
}

/// Thousands of small cohorts, of any ladder that is served, any settings and any decision of the night before.
#[test]
fn the_order_changes_nothing_for_thousands_of_cohorts() {
    let mut random = Random(10);
    let mut adopted = 0;
    for seed in 0..2_500 {
        let current = vec![oversized(), undersized(), sound_ladder()].swap_remove(random.below(3));
        let viewers = 3 + random.below(6);
        let mut evidence = evidence(seed, viewers, random.log_between(400.0, 12_000.0), current);
        evidence.cohort.data_saver = random.below(4) == 0;
        let hevc = |rung: &Rendition| Rendition { codec: Codec::Hevc, ..*rung };
        let ladders = [oversized(), sound_ladder(), sound_ladder().iter().map(hevc).collect()];
        evidence.offered = ladders
            .map(|renditions| WeightedLadder { renditions, share: random.between(0.05, 1.0) })
            .to_vec();
        let standing = Standing { decision: Decision::Adopt, ladder: sound_ladder() };
        evidence.yesterday = (random.below(3) == 0).then_some(standing);
        let settings = Settings {
            viewers_min: 2,
            resamples: 30,
            segments_max: 4,
            grid_points: 12,
            rungs_max: 4,
            gain_min: random.between(0.0, 0.2),
            ..Settings::default()
        };
        let expected = plan(&evidence, &settings);
        adopted += usize::from(expected.decision == Decision::Adopt);
        assert_eq!(plan(&shuffled(&evidence, &mut random), &settings), expected, "seed {seed}");
        assert!(!evidence.cohort.data_saver || expected.cap_kbps <= settings.data_saver_kbps, "seed {seed}");
        let bound = expected.qoe_oracle.map(|bound| bound + 1e-9);
        let is_bound = bound >= expected.qoe_current && bound >= expected.qoe_planned;
        assert!(is_bound, "seed {seed}: {expected:#?}");
    }
    assert!((200..2_300).contains(&adopted), "{adopted}: the cases are one-sided");
}

#[test]
fn savers_of_data_are_capped() {
    let mut evidence = evidence(3, 120, 8_000.0, sound_ladder());
    evidence.cohort.data_saver = true;
    let plan = plan(&evidence, &Settings::default());
    assert!(plan.cap_kbps <= 1_000, "{plan:#?}");
    assert!(plan.candidate.iter().all(|rung| rung.peak_kbps <= 1_000), "{plan:#?}");
}

#[test]
fn sessions_begin_soon_for_nine_of_ten() {
    let slow = plan(&evidence(4, 120, 900.0, sound_ladder()), &Settings::default());
    let fast = plan(&evidence(4, 120, 30_000.0, sound_ladder()), &Settings::default());
    let begins = |plan: &Plan| plan.ladder[plan.start_rung].peak_kbps;
    assert!(begins(&slow) < begins(&fast), "{} and {}", begins(&slow), begins(&fast));
}
