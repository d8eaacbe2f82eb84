//! All that is known of a cohort, as its plan asks for it.

use std::collections::BTreeMap;

use super::gather::{Gathered, KeptTrace, Profile};
use super::grid::{self, BINS};
use super::key::Key;
use super::tree::{Node, masses};
use crate::estimates::codes::Codecs;
use crate::quality::{
    Cohort, DeviceProfile, Distribution, Evidence, Interval, Rendition, Standing, Trace, WeightedLadder,
};

/// Ladders of a cohort that are told apart: those that were watched most.
pub const LADDERS_MAX: usize = 32;
/// The share of the watching from which on a rendition is one that contents mostly have.
const MOSTLY: f64 = 0.5;
/// The round trip where no probe tells one.
const RTT_MS_UNTOLD: f64 = 50.0;
/// Mean over peak bitrate where no content tells it.
const MEAN_TO_PEAK_UNTOLD: f64 = 1.0;

/// A ladder that contents have.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownLadder {
    pub renditions: Vec<Rendition>,
    pub mean_to_peak: Option<f64>,
}

/// What a cohort watched: time by the hash of the ladder.
pub type Watched = BTreeMap<u64, u64>;

/// The ladders that a cohort watched, those watched most first, with the time watched.
fn watched<'a>(watched: &Watched, ladders: &'a BTreeMap<u64, KnownLadder>) -> Vec<(&'a KnownLadder, u64)> {
    let known = watched.iter().filter_map(|(hash, watch_ms)| Some((*hash, *watch_ms, ladders.get(hash)?)));
    let mut known: Vec<_> = known.filter(|(_, watch_ms, _)| *watch_ms > 0).collect();
    known.sort_unstable_by_key(|(hash, watch_ms, _)| (std::cmp::Reverse(*watch_ms), *hash));
    known.truncate(LADDERS_MAX);
    known.into_iter().map(|(_, watch_ms, ladder)| (ladder, watch_ms)).collect()
}

/// What the contents that were watched mostly have: the renditions of at least half of the watching, or, where there
/// is none, those of the ladder that was watched most.
fn current(ladders: &[(&KnownLadder, u64)]) -> Vec<Rendition> {
    let total: u64 = ladders.iter().map(|(_, watch_ms)| watch_ms).sum();
    let mut shares: BTreeMap<Rendition, u64> = BTreeMap::new();
    for (ladder, watch_ms) in ladders {
        for rendition in &ladder.renditions {
            *shares.entry(*rendition).or_default() += watch_ms;
        }
    }
    let mostly = |(_, watch_ms): &(Rendition, u64)| *watch_ms as f64 >= MOSTLY * total as f64;
    let found: Vec<Rendition> = shares.into_iter().filter(mostly).map(|(rendition, _)| rendition).collect();
    match (found.is_empty(), ladders.first()) {
        (true, Some((ladder, _))) => ladder.renditions.clone(),
        _ => found,
    }
}

fn distribution(node: &Node) -> Distribution {
    let Some(function) = &node.shrunk else { return Distribution::default() };
    Distribution {
        throughput_kbps: (0..BINS).map(|bin| grid::middle(bin) as f64).collect(),
        masses: masses(function).map(|mass| mass.max(0.0)).to_vec(),
    }
}

fn trace(kept: KeptTrace, profiles: &BTreeMap<Profile, u64>, rtt_ms_mean: f64) -> Trace {
    let rtt_ms = kept.rtt_ms.map_or(rtt_ms_mean, f64::from);
    let latency_ms = rtt_ms + f64::from(kept.first_byte_ms);
    let interval = |(duration_ms, kbps): (u32, u32)| Interval {
        duration_ms: f64::from(duration_ms),
        throughput_kbps: f64::from(kbps),
        latency_ms,
    };
    Trace {
        viewer: kept.viewer,
        device: profiles.keys().position(|profile| *profile == kept.profile).unwrap_or(0),
        watch_ms: kept.watch_ms as f64,
        intervals: kept.intervals.into_iter().map(interval).collect(),
    }
}

/// The name of a cohort; none for a parent of cohorts.
pub fn cohort_of(key: &Key) -> Option<Cohort> {
    Some(Cohort {
        region: key.region.clone()?,
        network: key.network.clone()?,
        device_class: key.device_class.clone()?,
        data_saver: key.data_saver?,
    })
}

/// The evidence of a cohort; none for a parent of cohorts.
pub fn evidence(
    node: &Node,
    gathered: Gathered,
    watched_ms: &Watched,
    ladders: &BTreeMap<u64, KnownLadder>,
    yesterday: Option<Standing>,
) -> Option<Evidence> {
    let watched = watched(watched_ms, ladders);
    let total: u64 = watched.iter().map(|(_, watch_ms)| watch_ms).sum();
    let share = |watch_ms: u64| watch_ms as f64 / total.max(1) as f64;
    let ratios = || watched.iter().filter_map(|(ladder, watch_ms)| Some((ladder.mean_to_peak?, *watch_ms)));
    let weighed: f64 = ratios().map(|(ratio, watch_ms)| ratio * share(watch_ms)).sum();
    let weights: f64 = ratios().map(|(_, watch_ms)| share(watch_ms)).sum();
    let (rtt_us, rtts) = gathered.rtt_us;
    let rtt_ms_mean = if rtts > 0 { rtt_us as f64 / rtts as f64 / 1_000.0 } else { RTT_MS_UNTOLD };
    let device = |(profile, viewers): (&Profile, &u64)| DeviceProfile {
        codecs: Codecs(profile.codecs),
        width: profile.width,
        height: profile.height,
        framerate: profile.framerate,
        height_max: profile.height_max,
        viewers: *viewers,
    };
    let profiles = gathered.profiles;
    let traces = |kept: Vec<KeptTrace>| {
        kept.into_iter().map(|kept| trace(kept, &profiles, rtt_ms_mean)).collect::<Vec<_>>()
    };
    Some(Evidence {
        cohort: cohort_of(&node.key)?,
        viewers: node.viewers,
        current: current(&watched),
        mean_to_peak: if weights > 0.0 { weighed / weights } else { MEAN_TO_PEAK_UNTOLD },
        offered: watched
            .iter()
            .map(|(ladder, watch_ms)| WeightedLadder {
                renditions: ladder.renditions.clone(),
                share: share(*watch_ms),
            })
            .collect(),
        devices: profiles.iter().map(device).collect(),
        throughput: distribution(node),
        fitting: traces(gathered.fitting),
        held_out: traces(gathered.held_out),
        yesterday,
    })
}
