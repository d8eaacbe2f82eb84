//! Tomorrow's plan of a node's cache, from its requests of today, and what yesterday's plan has done today.

use super::choose::{Tried, choose, time_to_live};
use super::contents::{known_objects, members, pins, to_pin, to_prefetch};
use super::trial::{Score, Span, Trial, foreseen, score};
use super::{Admission, Day, Policy};

/// How plans are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Share of the cache that pinned contents may fill.
    pub pin_share: f64,
    /// Share of the cache that may be fetched ahead each day.
    pub prefetch_share: f64,
    /// Bytes found more for each byte fetched ahead, below which nothing is.
    pub prefetch_return_min: f64,
    /// Share of all bytes that another policy than LRU must find more.
    pub gain_min: f64,
    /// Times to live to choose from, the shortest first.
    pub ttl_seconds: Vec<u32>,
    /// Share of all bytes that a shorter time to live may cost.
    pub ttl_loss_max: f64,
}

/// How a cache is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub policy: Policy,
    pub admission: Admission,
    pub ttl_seconds: Option<u32>,
    /// Contents that are never evicted.
    pub pinned: Vec<String>,
    /// Contents to fetch before the day begins, the most valuable first.
    pub prefetch: Vec<String>,
}

impl Default for Plan {
    /// What a cache does that nobody planned for.
    fn default() -> Self {
        let (pinned, prefetch) = Default::default();
        Self { policy: Policy::Lru, admission: Admission::All, ttl_seconds: None, pinned, prefetch }
    }
}

/// A plan with what it rests on. Ratios are of bytes found to bytes asked for; without requests there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub plan: Plan,
    pub byte_hit_ratio: Option<f64>,
    pub byte_hit_ratio_lru: Option<f64>,
    pub byte_hit_ratio_belady: Option<f64>,
    pub byte_hit_ratio_bound: Option<f64>,
    /// What yesterday's plan has done today.
    pub byte_hit_ratio_held_out: Option<f64>,
    /// Bytes written into the cache on the day.
    pub filled_bytes: u64,
    /// Bytes that the prefetch of tomorrow fetches, as far as the cache is what the replay left.
    pub prefetch_bytes: u64,
}

/// Plans a node's next day. A day without requests leaves yesterday's plan in force.
pub fn plan(day: &Day, cache_bytes: u64, yesterday: Option<&Plan>, settings: &Settings) -> Planned {
    let capacity = day.scaled(cache_bytes);
    let span = Span::of_day(day);
    if day.counted() == 0 {
        return unplanned(yesterday.cloned().unwrap_or_default());
    }
    let pin_budget = share(capacity, settings.pin_share);
    let held_out = yesterday.map(|plan| score(day, &span, capacity, &plan.trial(day, &span, pin_budget)));
    let (lru, best) = choose(day, &span, capacity, settings.gain_min);
    let times = (&settings.ttl_seconds[..], settings.ttl_loss_max);
    let base = time_to_live(day, &span, capacity, &lru, &best, times);
    let base = base.unwrap_or(best);
    let (is_pinning, prefetches, tried) = try_contents(day, &span, capacity, &base, settings);

    // Whether to pin and prefetch at all was decided on the day before's lists; tomorrow's are today's.
    let score = &base.score;
    let pinned = if is_pinning { to_pin(day, &span, score, pin_budget) } else { Vec::new() };
    let budget = if prefetches { share(capacity, settings.prefetch_share) } else { 0 };
    let prefetch = to_prefetch(day, &span, score, budget, &pinned);
    let absent_bytes = absent_bytes(day, score, &prefetch);

    let requests = day.foreseen();
    let ahead = |policy| foreseen(day, &requests, &span, policy, capacity);
    let found = |score: &Score| hit_ratio(score.tally.hit_bytes, score.tally.bytes);
    let belady = ahead(Policy::Belady);
    let bound = ahead(Policy::Bound);
    Planned {
        byte_hit_ratio: found(&tried.score),
        byte_hit_ratio_lru: found(&lru),
        byte_hit_ratio_belady: hit_ratio(belady.hit_bytes, belady.bytes),
        byte_hit_ratio_bound: hit_ratio(bound.hit_bytes, bound.bytes),
        byte_hit_ratio_held_out: held_out.as_ref().and_then(found),
        filled_bytes: day.unscaled(tried.score.tally.filled_bytes),
        prefetch_bytes: day.unscaled(absent_bytes),
        plan: Plan {
            policy: base.trial.policy,
            admission: base.trial.admission,
            ttl_seconds: base.trial.ttl_seconds,
            pinned: pinned.into_iter().map(str::to_owned).collect(),
            prefetch: prefetch.into_iter().map(str::to_owned).collect(),
        },
    }
}

impl Plan {
    /// The plan as a trial on a day that it did not know, with pins within so many bytes.
    pub fn trial(&self, day: &Day, span: &Span, pin_budget: u64) -> Trial {
        Trial {
            policy: self.policy,
            admission: self.admission,
            ttl_seconds: self.ttl_seconds,
            pinned: pins(day, &borrowed(&self.pinned), pin_budget),
            prefetch: known_objects(day, span, &borrowed(&self.prefetch)),
        }
    }
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn unplanned(plan: Plan) -> Planned {
    Planned {
        plan,
        byte_hit_ratio: None,
        byte_hit_ratio_lru: None,
        byte_hit_ratio_belady: None,
        byte_hit_ratio_bound: None,
        byte_hit_ratio_held_out: None,
        filled_bytes: 0,
        prefetch_bytes: 0,
    }
}

/// Whether pins and prefetches of the day before would have paid today, and what comes of the plan with those that
/// would have.
fn try_contents(
    day: &Day,
    span: &Span,
    capacity: u64,
    base: &Tried,
    settings: &Settings,
) -> (bool, bool, Tried) {
    let mut tried = Tried { trial: base.trial.clone(), score: base.score.clone() };
    if day.warm == 0 {
        return (false, false, tried);
    }
    let before = Span::of_day_before(day);
    let earlier = score(day, &before, capacity, &base.trial);
    let pin_budget = share(capacity, settings.pin_share);
    let pinned = to_pin(day, &before, &earlier, pin_budget);
    let mut is_pinning = false;
    if !pinned.is_empty() {
        let trial = Trial { pinned: pins(day, &pinned, pin_budget), ..tried.trial.clone() };
        let pinning = score(day, span, capacity, &trial);
        let halves = pinning.half_hit_bytes.iter().zip(&tried.score.half_hit_bytes);
        let loses = halves.into_iter().any(|(with, without)| with < without);
        is_pinning = !loses && pinning.tally.hit_bytes > tried.score.tally.hit_bytes;
        if is_pinning {
            tried = Tried { trial, score: pinning };
        }
    }
    let kept = if is_pinning { pinned } else { Vec::new() };
    let prefetch = to_prefetch(day, &before, &earlier, share(capacity, settings.prefetch_share), &kept);
    let trial = Trial { prefetch: known_objects(day, span, &prefetch), ..tried.trial.clone() };
    if trial.prefetch.is_empty() {
        return (is_pinning, false, tried);
    }
    let fetching = score(day, span, capacity, &trial);
    let gained = fetching.tally.hit_bytes as f64 - tried.score.tally.hit_bytes as f64;
    let prefetches =
        gained > 0.0 && gained >= settings.prefetch_return_min * fetching.prefetched_bytes as f64;
    if prefetches {
        tried = Tried { trial, score: fetching };
    }
    (is_pinning, prefetches, tried)
}

/// A share of a cache, in bytes.
fn share(capacity: u64, share: f64) -> u64 {
    (capacity as f64 * share.clamp(0.0, 1.0)) as u64
}

fn absent_bytes(day: &Day, score: &Score, names: &[&str]) -> u64 {
    let chosen = members(day, names);
    let absent = chosen
        .iter()
        .zip(&day.objects)
        .zip(&score.held)
        .filter(|((is_chosen, _), held)| **is_chosen && !**held);
    absent.map(|((_, object), _)| object.bytes).sum()
}

/// Of all bytes, those that were found; none of nothing.
pub fn hit_ratio(hit_bytes: u64, bytes: u64) -> Option<f64> {
    super::replay::ratio(hit_bytes, bytes)
}
