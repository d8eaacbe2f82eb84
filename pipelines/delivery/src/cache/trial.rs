//! One way of running a cache over a node's day: what would have come of it.

use std::ops::Range;

use super::belady::Belady;
use super::lru::{Fifo, Lru};
use super::replay::{Eviction, Replay};
use super::s3_fifo::S3Fifo;
use super::sieve::Sieve;
use super::tiny_lfu::TinyLfu;
use super::{Admission, Bound, Day, Policy, Request, Tally};

/// A way of running a cache.
#[derive(Debug, Clone)]
pub struct Trial {
    pub policy: Policy,
    pub admission: Admission,
    /// An object is asked for anew this long after it was filled; never, where there is none.
    pub ttl_seconds: Option<u32>,
    /// By object: what is never evicted once it is there. Empty for none.
    pub pinned: Vec<bool>,
    /// Objects put in before the first request that counts, the most valuable last.
    pub prefetch: Vec<u32>,
}

impl Trial {
    pub fn plain(policy: Policy, admission: Admission) -> Self {
        Self { policy, admission, ttl_seconds: None, pinned: Vec::new(), prefetch: Vec::new() }
    }
}

/// What came of a trial, over the requests that count.
#[derive(Debug, Clone, Default)]
pub struct Score {
    pub tally: Tally,
    /// Bytes found in each half of the requests that count.
    pub half_hit_bytes: [u64; 2],
    pub prefetched_bytes: u64,
    /// By object, bytes asked for and not found.
    pub missed_bytes: Vec<u64>,
    /// By object, whether the cache holds it in the end.
    pub held: Vec<bool>,
}

/// The requests that are replayed, and those of them that count: the last ones.
#[derive(Debug, Clone)]
pub struct Span {
    pub warm: Range<usize>,
    pub counted: Range<usize>,
}

impl Span {
    /// The day itself, behind the day before.
    pub fn of_day(day: &Day) -> Self {
        Self { warm: 0..day.warm, counted: day.warm..day.accesses.len() }
    }

    /// The day before, from an empty cache.
    pub fn of_day_before(day: &Day) -> Self {
        Self { warm: 0..0, counted: 0..day.warm }
    }
}

/// Runs a trial in a cache of so many bytes of the objects that are kept.
pub fn score(day: &Day, span: &Span, capacity: u64, trial: &Trial) -> Score {
    let pinned_bytes = || -> u64 {
        let pinned = trial.pinned.iter().zip(&day.objects).filter(|(is_pinned, _)| **is_pinned);
        pinned.map(|(_, object)| object.bytes).sum()
    };
    let free = capacity.saturating_sub(pinned_bytes());
    match trial.policy {
        Policy::Lru => run(day, span, Replay::new(Lru::new(free), free, trial.admission), trial),
        Policy::Fifo => run(day, span, Replay::new(Fifo::new(free), free, trial.admission), trial),
        Policy::Sieve => run(day, span, Replay::new(Sieve::new(free), free, trial.admission), trial),
        Policy::S3Fifo => run(day, span, Replay::new(S3Fifo::new(free), free, trial.admission), trial),
        Policy::TinyLfu => run(day, span, Replay::new(TinyLfu::new(free), free, trial.admission), trial),
        Policy::Belady | Policy::Bound => {
            Score { tally: foreseen(day, &day.foreseen(), span, trial.policy, capacity), ..Score::default() }
        }
    }
}

/// What comes of knowing the future: Belady's choice, or the bound.
///
/// The bound may hold, as the requests that count begin, whatever was asked for before.
pub fn foreseen(day: &Day, requests: &[Request], span: &Span, policy: Policy, capacity: u64) -> Tally {
    let objects = day.objects.len();
    let mut tally = Tally::default();
    if policy != Policy::Bound {
        let mut cache = Replay::new(Belady::new(capacity), capacity, Admission::All);
        cache.grow(objects);
        for request in &requests[span.warm.clone()] {
            cache.request(request);
        }
        let before = cache.tally();
        for request in &requests[span.counted.clone()] {
            cache.request(request);
        }
        let after = cache.tally();
        tally.requests = after.requests - before.requests;
        tally.bytes = after.bytes - before.bytes;
        tally.hits = after.hits - before.hits;
        tally.hit_bytes = after.hit_bytes - before.hit_bytes;
        tally.filled_bytes = after.filled_bytes - before.filled_bytes;
        return tally;
    }
    let mut bound = Bound::new(capacity);
    bound.grow(objects);
    let start = span.counted.start as u64;
    let last_before = requests[span.warm.clone()].iter().filter(|request| request.next >= start);
    last_before.for_each(|request| bound.begin(request));
    for request in &requests[span.counted.clone()] {
        tally.requests += 1;
        tally.bytes += request.bytes;
        tally.hit_bytes += bound.request(request);
    }
    tally
}

/// Freshness: when each object was last fetched.
struct Fresh {
    ttl_seconds: Option<u32>,
    fetched_at: Vec<u32>,
}

impl Fresh {
    fn new(day: &Day, ttl_seconds: Option<u32>) -> Self {
        let objects = if ttl_seconds.is_some() { day.objects.len() } else { 0 };
        Self { ttl_seconds, fetched_at: vec![0; objects] }
    }

    /// Whether an object that is there need not be fetched anew; if it need, or is not there, it now is.
    fn holds(&mut self, object: u32, second: u32, is_there: bool) -> bool {
        let Some(ttl_seconds) = self.ttl_seconds else { return is_there };
        let fetched_at = &mut self.fetched_at[object as usize];
        let is_fresh = is_there && second.saturating_sub(*fetched_at) <= ttl_seconds;
        if !is_fresh {
            *fetched_at = second;
        }
        is_fresh
    }

    fn fetch(&mut self, object: u32, second: u32) {
        if let Some(fetched_at) = self.fetched_at.get_mut(object as usize) {
            *fetched_at = second;
        }
    }
}

fn run<E: Eviction>(day: &Day, span: &Span, mut cache: Replay<E>, trial: &Trial) -> Score {
    let objects = day.objects.len();
    cache.grow(objects);
    let mut fresh = Fresh::new(day, trial.ttl_seconds);
    let mut pins = vec![false; trial.pinned.len()];
    let mut score = Score { missed_bytes: vec![0; objects], ..Score::default() };
    let half = span.counted.start + span.counted.len() / 2;
    let is_pinned = |object: u32| trial.pinned.get(object as usize).is_some_and(|pinned| *pinned);
    let mut refetched_bytes = 0;
    let places = span.warm.clone().map(|place| (place, false));
    for (place, counts) in places.chain(span.counted.clone().map(|place| (place, true))) {
        if place == span.counted.start && counts {
            refetched_bytes = 0;
            score.tally.filled_bytes = cache.tally().filled_bytes;
            let second = day.accesses[place].second;
            for object in &trial.prefetch {
                if !is_pinned(*object) {
                    cache.prefetch(&day.request(*object));
                } else if !std::mem::replace(&mut pins[*object as usize], true) {
                    refetched_bytes += day.objects[*object as usize].bytes;
                }
                fresh.fetch(*object, second);
            }
            score.prefetched_bytes = cache.tally().filled_bytes - score.tally.filled_bytes + refetched_bytes;
        }
        let access = day.accesses[place];
        let request = day.request(access.object);
        let is_pin = is_pinned(access.object);
        let is_there = match is_pin {
            true => std::mem::replace(&mut pins[access.object as usize], true),
            false => cache.request(&request),
        };
        let is_hit = fresh.holds(access.object, access.second, is_there);
        if !is_hit && (is_there || is_pin) {
            refetched_bytes += request.bytes;
        }
        if !counts {
            continue;
        }
        score.tally.requests += 1;
        score.tally.bytes += request.bytes;
        if is_hit {
            score.tally.hits += 1;
            score.tally.hit_bytes += request.bytes;
            score.half_hit_bytes[usize::from(place >= half)] += request.bytes;
        } else {
            score.missed_bytes[access.object as usize] += request.bytes;
        }
    }
    score.tally.filled_bytes = cache.tally().filled_bytes - score.tally.filled_bytes + refetched_bytes;
    let held = |object: u32| match is_pinned(object) {
        true => pins[object as usize],
        false => cache.eviction().holds(object),
    };
    score.held = (0..objects as u32).map(held).collect();
    score
}
