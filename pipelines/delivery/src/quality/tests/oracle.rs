//! The bound: equal to the best of all ways of playing where those can be counted, and above every rule everywhere.

use super::support::Random;
use crate::quality::network::Network;
use crate::quality::oracle::oracle;
use crate::quality::qoe::score;
use crate::quality::replay::{Movie, Player, Rule, play};
use crate::quality::{Interval, Settings};

/// The best score of all sequences of rungs, without a limit of the buffer.
fn best_of_all(movie: &Movie, values: &[f64], intervals: &[Interval], settings: &Settings) -> f64 {
    let rungs = movie.rungs();
    let sequences = rungs.pow(movie.segments as u32);
    let seconds = movie.segment_ms / 1_000.0;
    let mut best = f64::NEG_INFINITY;
    for sequence in 0..sequences {
        let (mut network, mut code) = (Network::new(intervals), sequence);
        let (mut clock, mut dry, mut total, mut last) = (0.0, 0.0, 0.0, None);
        for segment in 0..movie.segments {
            let rung = code % rungs;
            code /= rungs;
            let bits = movie.bits(segment, rung);
            clock += network.download(bits).taken_ms;
            total += values[rung] * seconds - settings.megabyte_weight * bits / 8e6;
            match last {
                None => {
                    total -= settings.startup_weight * clock / 1_000.0;
                    dry = clock;
                }
                Some(last) => {
                    let value: f64 = last;
                    total -= settings.switch_weight * (values[rung] - value).abs();
                    total -= settings.stall_weight * (clock - dry).max(0.0) / 1_000.0;
                    dry = dry.max(clock);
                }
            }
            dry += movie.segment_ms;
            last = Some(values[rung]);
        }
        best = best.max(total / (movie.segments as f64 * seconds));
    }
    best
}

fn values(movie: &Movie, random: &mut Random) -> Vec<f64> {
    // A display that shows no more than some bitrate makes the highest rungs equal.
    let most = random.log_between(400.0, 20_000.0);
    movie.bitrates_kbps.iter().map(|kbps| (kbps.min(most) / 200.0).ln()).collect()
}

fn settings(random: &mut Random) -> Settings {
    Settings {
        megabyte_weight: if random.below(2) == 0 { 0.0 } else { random.between(0.0, 0.5) },
        switch_weight: random.between(0.0, 2.0),
        ..Settings::default()
    }
}

#[test]
fn few_segments_are_played_as_well_as_can_be() {
    let mut random = Random(2);
    for case in 0..2_000 {
        let settings = settings(&mut random);
        let bitrates = random.bitrates(3);
        let kbps = random.log_between(150.0, 4_000.0);
        let movie = Movie::even(2_000.0, bitrates, 0.8, 4);
        let (values, intervals) = (values(&movie, &mut random), random.intervals(4, kbps));
        let best = best_of_all(&movie, &values, &intervals, &settings);
        let bound = oracle(&movie, &values, &intervals, &settings);
        assert!((bound - best).abs() < 1e-9, "case {case}: {bound} and {best}");
    }
}

#[test]
fn no_ladder_and_no_rule_beats_the_oracle() {
    let mut random = Random(3);
    for case in 0..3_000 {
        let settings = settings(&mut random);
        let all = 1 + random.below(10);
        let bitrates = random.bitrates(all);
        let segments = 1 + random.below(40);
        let movie = Movie::even(2_000.0, bitrates, random.between(0.5, 1.0), segments);
        let values = values(&movie, &mut random);
        let (count, kbps) = (1 + random.below(20), random.log_between(100.0, 20_000.0));
        let intervals = random.intervals(count, kbps);
        let bound = oracle(&movie, &values, &intervals, &settings);
        // A ladder of some of the rungs.
        let kept: Vec<usize> = (0..all).filter(|_| random.below(2) == 0).collect();
        let kept = if kept.is_empty() { vec![random.below(all)] } else { kept };
        let ladder = Movie {
            bitrates_kbps: kept.iter().map(|at| movie.bitrates_kbps[*at]).collect(),
            segment_bits: kept.iter().map(|at| movie.segment_bits[*at]).collect(),
            ..movie.clone()
        };
        let kept_values: Vec<f64> = kept.iter().map(|at| values[*at]).collect();
        for rule in Rule::ALL {
            let start_rung = random.below(kept.len());
            let player = Player { rule, buffer_ms: random.between(4_000.0, 30_000.0), start_rung };
            let had = score(&play(&player, &ladder, &kept_values, &intervals), &settings);
            assert!(had <= bound + 1e-9, "case {case}: {rule:?} has {had}, the bound is {bound}");
        }
    }
}
