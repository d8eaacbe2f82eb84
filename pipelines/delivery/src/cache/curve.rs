//! Hit ratios against the size of the cache, for people to look at.

use super::plan::hit_ratio;
use super::trial::{Span, Trial, foreseen, score};
use super::{Admission, Day, Policy};

/// Sizes of a curve beside the cache's own: parts of what the day's objects fill together.
const PARTS: [u64; 6] = [64, 16, 8, 4, 2, 1];

/// One point of one policy's curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub policy: Policy,
    pub cache_bytes: u64,
    pub byte_hit_ratio: f64,
    /// Share of the objects that was replayed.
    pub sampled_share: f64,
}

/// The curves of all policies at some sizes, from at most so many requests. Empty without requests.
pub fn curves(day: Day, cache_bytes: u64, requests_max: usize) -> Vec<Point> {
    let day = day.thinned(requests_max);
    let span = Span::of_day(&day);
    if day.counted() == 0 {
        return Vec::new();
    }
    let mut seen = vec![false; day.objects.len()];
    let counted = day.accesses[span.counted.clone()].iter();
    let new = counted.filter(|access| !std::mem::replace(&mut seen[access.object as usize], true));
    let footprint: u64 = new.map(|access| day.objects[access.object as usize].bytes).sum();
    let mut sizes: Vec<u64> = PARTS.iter().map(|part| day.unscaled(footprint.div_ceil(*part))).collect();
    sizes.push(cache_bytes);
    sizes.sort_unstable();
    sizes.dedup();
    let requests = day.foreseen();
    let mut points = Vec::new();
    for policy in Policy::ALL {
        for size in &sizes {
            let capacity = day.scaled(*size);
            let tally = match policy.knows_the_future() {
                true => foreseen(&day, &requests, &span, policy, capacity),
                false => score(&day, &span, capacity, &Trial::plain(policy, Admission::All)).tally,
            };
            let ratio = hit_ratio(tally.hit_bytes, tally.bytes);
            points.extend(ratio.map(|byte_hit_ratio| Point {
                policy,
                cache_bytes: *size,
                byte_hit_ratio,
                sampled_share: day.sampled_share(),
            }));
        }
    }
    points
}
