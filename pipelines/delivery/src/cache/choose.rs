//! Which way of running a cache to choose after a day: another than LRU must not lose to it in either half of the day.

use super::trial::{Score, Span, Trial, score};
use super::{Admission, Day, Policy};

/// Of the objects, this share is let in by size: the rest are the largest.
const SIZE_QUANTILE: f64 = 0.9;

/// A trial with what came of it.
pub struct Tried {
    pub trial: Trial,
    pub score: Score,
}

/// Tries every policy with every admission; gives LRU, and the best of all.
///
/// The best finds the most bytes among those that find no fewer than LRU in each half of the requests that count,
/// and at least `gain_min` of all bytes more; else it is LRU.
pub fn choose(day: &Day, span: &Span, capacity: u64, gain_min: f64) -> (Score, Tried) {
    let try_out = |policy, admission| {
        let trial = Trial::plain(policy, admission);
        Tried { score: score(day, span, capacity, &trial), trial }
    };
    let lru = try_out(Policy::Lru, Admission::All);
    let baseline = lru.score.clone();
    let least = baseline.tally.hit_bytes as f64 + gain_min * baseline.tally.bytes as f64;
    let mut best = lru;
    for admission in admissions(day) {
        for policy in Policy::ONLINE {
            if (policy, admission) == (Policy::Lru, Admission::All) {
                continue;
            }
            let tried = try_out(policy, admission);
            let halves = tried.score.half_hit_bytes.iter().zip(&baseline.half_hit_bytes);
            let loses = halves.into_iter().any(|(ours, lru)| ours < lru);
            let found = tried.score.tally.hit_bytes;
            if !loses && found as f64 >= least && found > best.score.tally.hit_bytes {
                best = tried;
            }
        }
    }
    (baseline, best)
}

/// The rules of admission to try. One by size is tried where sizes differ.
pub fn admissions(day: &Day) -> Vec<Admission> {
    let mut sizes: Vec<u64> = day.objects.iter().map(|object| object.bytes).collect();
    sizes.sort_unstable();
    let quantile = sizes.get((sizes.len() as f64 * SIZE_QUANTILE) as usize).or(sizes.last());
    let by_size = quantile.filter(|bytes| sizes.last() > Some(bytes)).map(|bytes| Admission::Size(*bytes));
    [Some(Admission::All), by_size, Some(Admission::SecondHit)].into_iter().flatten().collect()
}

/// The shortest of some times to live that costs at most a share of all bytes, and no more than was gained over LRU.
///
/// Where none is cheap enough it is the last; so it is without a day before, when no object is old enough to tell. A
/// shorter time bounds how long a withdrawn object is still served.
pub fn time_to_live(
    day: &Day,
    span: &Span,
    capacity: u64,
    lru: &Score,
    best: &Tried,
    (seconds, loss_max): (&[u32], f64),
) -> Option<Tried> {
    let least = best.score.tally.hit_bytes as f64 - loss_max * best.score.tally.bytes as f64;
    let least = least.max(lru.tally.hit_bytes as f64);
    let tellable = if day.warm == 0 { seconds.len().saturating_sub(1) } else { 0 };
    let mut chosen = None;
    for ttl_seconds in &seconds[tellable..] {
        let trial = Trial { ttl_seconds: Some(*ttl_seconds), ..best.trial.clone() };
        let tried = Tried { score: score(day, span, capacity, &trial), trial };
        let is_cheap = tried.score.tally.hit_bytes as f64 >= least;
        chosen = Some(tried);
        if is_cheap {
            break;
        }
    }
    chosen
}
