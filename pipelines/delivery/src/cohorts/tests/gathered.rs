//! Viewers weigh the same, whoever comes first; and evidence is of what was watched.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::cohorts::evidence::{KnownLadder, evidence};
use crate::cohorts::gather::{Gathered, Gathering, Sampling, WHOLE};
use crate::cohorts::grid;
use crate::cohorts::key::Key;
use crate::cohorts::tree::nodes;
use crate::estimates::codes::Codec;
use crate::quality::Rendition;
use crate::viewing::playback::Playback;
use crate::viewing::tests::{folded, miss, playback, rules};

const NONE_HELD_OUT: Sampling = Sampling { held_out_share: 0, viewers_max: 10, intervals_max: 1_000 };

/// Sessions of viewers, each with chunks of some bytes a second, in the order of viewers.
fn sessions(of: &[(u64, u64, &[u32])]) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for (session, viewer, chunks) in of {
        let told = Playback { viewer: *viewer, ..playback(*session) };
        let asked = chunks
            .iter()
            .enumerate()
            .map(|(place, bytes)| miss(*session, 1_000 + place as u32, *bytes, 0, 1_000).packed());
        batches.extend(folded(&[told.packed()], &asked.collect::<Vec<_>>(), &rules()).batches);
    }
    batches
}

fn gathered(batches: &[RecordBatch], sampling: Sampling) -> (Key, Gathered) {
    let mut gathering = Gathering::new(sampling);
    batches.iter().for_each(|batch| gathering.push(batch).expect("columns"));
    let mut found = gathering.finish();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn viewers_count_and_not_their_chunks() {
    // 125,000 bytes in a second are 1,000 kbps.
    let slow = [125_000; 40];
    let fast = [1_250_000; 2];
    let batches = sessions(&[(1, 1, &slow), (2, 1, &slow), (3, 2, &fast)]);
    let (key, cohort) = gathered(&batches, NONE_HELD_OUT);
    assert_eq!(key, Key::cohort("eu", "4G", "PHONE", false));
    assert_eq!((cohort.fitting_viewers, cohort.held_out_viewers, cohort.sessions), (2, 0, 3));
    assert_eq!((cohort.masses[grid::bin(1_000)], cohort.masses[grid::bin(10_000)]), (WHOLE, WHOLE));
    assert_eq!(cohort.masses.iter().sum::<u64>(), 2 * WHOLE);
    assert_eq!(cohort.fitting.iter().map(|trace| trace.intervals.len()).collect::<Vec<_>>(), [40, 40, 2]);
    assert_eq!(cohort.profiles.values().sum::<u64>(), 2);
    // Two viewers who differ are as far from their mean as the bins between them, by a quarter each.
    let bins = (grid::bin(10_000) - grid::bin(1_000)) as f64;
    assert!((cohort.deviations() - bins / 2.0).abs() < 1e-6, "{}", cohort.deviations());
}

#[test]
fn held_out_viewers_are_in_no_distribution() {
    let chunks = [125_000; 3];
    let of: Vec<(u64, u64, &[u32])> = (0..200).map(|number| (number, number * 977, &chunks[..])).collect();
    let sampling = Sampling { held_out_share: 32_768, viewers_max: 20, intervals_max: 100_000 };
    let (_, cohort) = gathered(&sessions(&of), sampling);
    assert_eq!(cohort.fitting_viewers + cohort.held_out_viewers, 200);
    assert_eq!(cohort.masses.iter().sum::<u64>(), cohort.fitting_viewers * WHOLE);
    assert!((60..140).contains(&cohort.held_out_viewers), "{}", cohort.held_out_viewers);
    assert_eq!((cohort.fitting.len(), cohort.held_out.len()), (20, 20));
    assert!(cohort.held_out.iter().all(|trace| trace.viewer & 0xFFFF < 32_768));
    assert!(cohort.fitting.iter().all(|trace| trace.viewer & 0xFFFF >= 32_768));
    // Intervals are bounded too.
    let (_, few) = gathered(&sessions(&of), Sampling { intervals_max: 7, ..sampling });
    assert_eq!((few.fitting.len(), few.held_out.len()), (3, 3));
}

#[test]
fn what_is_served_is_what_watched_contents_mostly_have() {
    let rendition = |codec, peak_kbps| Rendition { codec, peak_kbps, width: 360, height: 640, framerate: 30 };
    let (avc, hevc, av1) =
        (rendition(Codec::Avc, 900), rendition(Codec::Hevc, 600), rendition(Codec::Av1, 500));
    let known = |renditions: &[Rendition], ratio| KnownLadder {
        renditions: renditions.to_vec(),
        mean_to_peak: ratio,
    };
    let ladders = BTreeMap::from([
        (1, known(&[avc, hevc], Some(0.8))),
        (2, known(&[avc, av1], Some(0.5))),
        (3, known(&[hevc], None)),
    ]);
    let (key, cohort) = gathered(&sessions(&[(1, 1, &[125_000; 3])]), NONE_HELD_OUT);
    let nodes = nodes(&BTreeMap::from([(key, cohort.clone())]));
    let of = |watched: &[(u64, u64)]| {
        evidence(&nodes[0], cohort.clone(), &watched.iter().copied().collect(), &ladders, None)
            .expect("a cohort")
    };
    let found = of(&[(1, 600), (2, 200), (3, 200), (99, 5_000)]);
    assert_eq!(found.current, [avc, hevc]);
    assert!((found.mean_to_peak - (0.8 * 0.6 + 0.5 * 0.2) / 0.8).abs() < 1e-12);
    assert_eq!(found.offered.iter().map(|ladder| ladder.renditions.len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(of(&[]).current, []);
    assert_eq!((found.held_out.len(), found.fitting.len()), (0, 1));
    let trace = &found.fitting[0];
    assert!((trace.intervals[0].latency_ms - 23.4).abs() < 1e-4 && trace.device == 0);
    assert!((found.throughput.masses.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}
