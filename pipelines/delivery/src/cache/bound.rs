//! What no policy exceeds: FOO-L, the fractional flow of Berger, Beckmann and Harchol-Balter (SIGMETRICS 2018), for
//! bytes.
//!
//! An object that is kept from one request to the next fills its bytes of the cache over that interval and saves as
//! many. FOO-L is the best choice of intervals, parts of them allowed, such that at no time more is kept than the
//! cache holds. Where what an interval saves is what it fills, every byte is an interval of weight one, the flow is
//! a colouring of intervals with as many colours as the cache has bytes, and the greedy choice is its optimum
//! (Carlisle and Lloyd 1995): take every interval as it begins, and where too much is kept, cut what ends last.
//! The tests hold it against a minimum-cost flow.

use std::collections::BinaryHeap;

use super::replay::Simulation;
use super::{NEVER, Request, Tally};

/// No interval is open: places are counted from 1.
const NONE: u64 = 0;

#[derive(Debug, Clone, Copy)]
struct Kept {
    /// One above the place of the next access.
    next: u64,
    /// Bytes that are still kept of the object.
    bytes: u64,
    /// The least size that the object is ever asked for with: a cache may hold it in that size.
    least: u64,
    is_known: bool,
}

const NOTHING: Kept = Kept { next: NONE, bytes: 0, least: u64::MAX, is_known: false };

/// The best choice of what to keep, request by request.
#[derive(Debug)]
pub struct Bound {
    capacity: u64,
    kept_bytes: u64,
    intervals: usize,
    kept: Vec<Kept>,
    /// By end. An entry whose object has moved on lies below all that have not.
    queue: BinaryHeap<(u64, u32)>,
    tally: Tally,
}

impl Bound {
    /// For objects that keep their sizes.
    pub fn new(capacity: u64) -> Self {
        Self::with_least(capacity, &[])
    }

    /// For objects that may change their sizes: by object, the least size that it is ever asked for with. It fills
    /// no more than that, and what it is larger by when it is asked for is found in any case: a bound still, if not
    /// the closest.
    pub fn with_least(capacity: u64, least: &[u64]) -> Self {
        let kept = least.iter().map(|least| Kept { least: *least, ..NOTHING }).collect();
        let (queue, tally) = Default::default();
        Self { capacity, kept_bytes: 0, intervals: 0, kept, queue, tally }
    }

    pub fn grow(&mut self, objects: usize) {
        self.kept.resize(objects.max(self.kept.len()), NOTHING);
    }

    /// Lets the cache hold an object before its first request, as a cache does that was not empty.
    pub fn begin(&mut self, request: &Request) {
        let kept = &mut self.kept[request.object as usize];
        kept.is_known = true;
        kept.least = kept.least.min(request.bytes);
        if request.next != NEVER && kept.least <= self.capacity {
            kept.next = request.next.saturating_add(1);
            kept.bytes = kept.least;
            self.kept_bytes += kept.bytes;
            self.intervals += 1;
            self.queue.push((kept.next, request.object));
            self.cut();
        }
    }

    /// The bytes of a request that were kept at best; its next interval then begins.
    pub fn request(&mut self, request: &Request) -> u64 {
        let kept = &mut self.kept[request.object as usize];
        let is_found_larger = kept.is_known && kept.least <= self.capacity;
        let mut found = if is_found_larger { request.bytes.saturating_sub(kept.least) } else { 0 };
        if kept.next != NONE {
            found += kept.bytes.min(request.bytes);
            self.kept_bytes -= kept.bytes;
            self.intervals -= 1;
            kept.next = NONE;
        }
        self.begin(request);
        self.tally.requests += 1;
        self.tally.bytes += request.bytes;
        self.tally.hit_bytes += found;
        found
    }

    /// Cuts what ends last until what is kept fits.
    fn cut(&mut self) {
        while self.kept_bytes > self.capacity {
            let Some(&(next, object)) = self.queue.peek() else { return };
            let kept = &mut self.kept[object as usize];
            if kept.next != next {
                self.queue.pop();
                continue;
            }
            let excess = self.kept_bytes - self.capacity;
            if kept.bytes > excess {
                kept.bytes -= excess;
                self.kept_bytes = self.capacity;
                return;
            }
            self.kept_bytes -= kept.bytes;
            self.intervals -= 1;
            kept.next = NONE;
            self.queue.pop();
        }
        if self.queue.len() > 2 * self.intervals + 1024 {
            let kept = &self.kept;
            self.queue.retain(|(next, object)| kept[*object as usize].next == *next);
        }
    }
}

/// `hits` stays 0: parts of objects answer no request.
impl Simulation for Bound {
    fn run(&mut self, requests: &[Request], objects: usize) {
        self.grow(objects);
        for request in requests {
            self.request(request);
        }
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}
