//! The rules on networks that can be reasoned about.

use super::support::Random;
use crate::quality::qoe::score;
use crate::quality::replay::{Chunk, Movie, Player, Rule, play, play_with};
use crate::quality::{Interval, Settings};

fn steady(kbps: f64, latency_ms: f64) -> [Interval; 1] {
    [Interval { duration_ms: 1_000.0, throughput_kbps: kbps, latency_ms }]
}

#[test]
fn more_bandwidth_never_lowers_quality_under_the_throughput_rule() {
    let mut random = Random(4);
    let settings = Settings::default();
    let mut risen = 0;
    for case in 0..5_000 {
        let rungs = 1 + random.below(7);
        let bitrates = random.bitrates(rungs);
        let segments = 3 + random.below(40);
        let movie = Movie::even(2_000.0, bitrates, random.between(0.5, 1.0), segments);
        let values: Vec<f64> = movie.bitrates_kbps.iter().map(|kbps| (kbps / 200.0).ln()).collect();
        let (latency_ms, start_rung) = (random.between(0.0, 150.0), 0);
        let buffer_ms = random.between(6_000.0, 30_000.0);
        let player = Player { rule: Rule::Throughput, buffer_ms, start_rung };
        let mut kbps = random.log_between(50.0, 1_000.0);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..6 {
            let had = score(&play(&player, &movie, &values, &steady(kbps, latency_ms)), &settings);
            assert!(had >= before - 1e-9, "case {case}: {had} at {kbps} kbit/s, {before} with less");
            risen += usize::from(had > before);
            before = had;
            kbps *= random.between(1.0, 2.0);
        }
    }
    assert!(risen > 10_000, "{risen}: the cases hardly differ");
}

#[test]
fn more_bandwidth_never_lowers_what_the_oracle_reaches() {
    use crate::quality::oracle::oracle;
    let mut random = Random(5);
    // Where a slow start is cheaper than a stall, a slow network may force what a fast one does not offer.
    let settings = Settings { startup_weight: 2.66, ..Settings::default() };
    for case in 0..1_000 {
        // So few segments that no states are joined, which would make the bound a little looser for either.
        let bitrates = random.bitrates(3);
        let movie = Movie::even(2_000.0, bitrates, 0.8, 1 + random.below(5));
        let values: Vec<f64> = movie.bitrates_kbps.iter().map(|kbps| (kbps / 200.0).ln()).collect();
        let kbps = random.log_between(100.0, 4_000.0);
        let less = random.intervals(8, kbps);
        let factor = random.between(1.0, 2.0);
        let more: Vec<Interval> = less
            .iter()
            .map(|interval| Interval { throughput_kbps: interval.throughput_kbps * factor, ..*interval })
            .collect();
        let (had, has) =
            (oracle(&movie, &values, &less, &settings), oracle(&movie, &values, &more, &settings));
        assert!(has >= had - 1e-9, "case {case}: {has} with more, {had} with less");
    }
}

#[test]
fn every_rule_plays_every_segment_and_keeps_its_clock() {
    let mut random = Random(6);
    for case in 0..1_500 {
        let rungs = 1 + random.below(8);
        let bitrates = random.bitrates(rungs);
        let segments = 1 + random.below(50);
        let movie = Movie::even(2_000.0, bitrates, random.between(0.3, 1.2), segments);
        let kbps = random.log_between(30.0, 30_000.0);
        let intervals = random.intervals(10, kbps);
        let values = movie.bitrates_kbps.clone();
        for rule in Rule::ALL {
            let buffer_ms = random.between(4_000.0, 40_000.0);
            let player = Player { rule, buffer_ms, start_rung: random.below(rungs) };
            let mut chunks: Vec<Chunk> = Vec::new();
            let played = play_with(&player, &movie, &values, &intervals, |chunk| chunks.push(*chunk));
            let shown: Vec<&Chunk> = chunks.iter().filter(|chunk| !chunk.is_given_up).collect();
            assert_eq!((played.segments, shown.len()), (segments, segments), "case {case}, {rule:?}");
            assert!(shown.iter().enumerate().all(|(at, chunk)| chunk.segment == at), "case {case}, {rule:?}");
            // All time is waiting for the first picture, playing, or standing still.
            let told = played.startup_ms + played.stalled_ms + segments as f64 * 2_000.0;
            assert!((played.total_ms - told).abs() < 1e-6 * told, "case {case}, {rule:?}: {played:?}");
            let over = chunks.iter().find(|chunk| chunk.buffer_after_ms > buffer_ms + 1e-6);
            assert!(over.is_none(), "case {case}, {rule:?}: {over:?} in {buffer_ms} ms");
            let bits: f64 = chunks.iter().map(|chunk| chunk.download.received_bits).sum();
            assert!((played.bits - bits).abs() < 1e-6 * bits, "case {case}, {rule:?}");
            assert!(chunks.windows(2).all(|pair| pair[0].begun_ms <= pair[1].begun_ms));
        }
    }
}

#[test]
fn a_rung_that_is_carried_is_played_without_stalls() {
    let movie = Movie::even(2_000.0, vec![500.0, 1_000.0, 2_000.0, 4_000.0], 1.0, 60);
    let values = movie.bitrates_kbps.clone();
    for rule in Rule::ALL {
        let player = Player { rule, buffer_ms: 25_000.0, start_rung: 0 };
        let played = play(&player, &movie, &values, &steady(10_000.0, 20.0));
        assert!(played.stalled_ms < 1e-9, "{rule:?}: {played:?}");
        let highest = play_with(&player, &movie, &values, &steady(10_000.0, 20.0), |chunk| {
            assert!(chunk.segment < 30 || chunk.segment > 50 || chunk.rung == 3, "{rule:?}: {chunk:?}");
        });
        assert_eq!(highest, played);
    }
}
