//! Requests through a cache: admission, eviction, and what was found.

use super::admission::Door;
use super::{Admission, Request};

/// A policy of eviction at work in a cache of a fixed size.
pub trait Eviction {
    /// Makes room for what is known of so many objects.
    fn grow(&mut self, objects: usize);

    /// Records that an object is asked for; whether it is in the cache.
    fn access(&mut self, request: &Request) -> bool;

    /// Takes in an object that was just missed and fits an empty cache. A policy that admits by itself may drop it.
    fn insert(&mut self, request: &Request);

    /// Whether an object is in the cache, without asking for it.
    fn holds(&self, object: u32) -> bool;
}

/// What came of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub requests: u64,
    pub bytes: u64,
    pub hits: u64,
    pub hit_bytes: u64,
    /// Bytes written into the cache.
    pub filled_bytes: u64,
}

impl Tally {
    pub fn miss_ratio(&self) -> Option<f64> {
        ratio(self.requests - self.hits, self.requests)
    }

    pub fn byte_miss_ratio(&self) -> Option<f64> {
        ratio(self.bytes - self.hit_bytes, self.bytes)
    }
}

/// A part of a whole; none of nothing.
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A cache that requests are put through.
pub trait Simulation {
    /// Takes requests in their order; their objects' numbers are below `objects`.
    fn run(&mut self, requests: &[Request], objects: usize);

    fn tally(&self) -> Tally;
}

/// A cache under one policy and one rule of admission.
#[derive(Debug)]
pub struct Replay<E> {
    eviction: E,
    capacity: u64,
    door: Door,
    tally: Tally,
}

impl<E: Eviction> Replay<E> {
    pub fn new(eviction: E, capacity: u64, admission: Admission) -> Self {
        Self { eviction, capacity, door: Door::new(admission), tally: Tally::default() }
    }

    pub fn grow(&mut self, objects: usize) {
        self.eviction.grow(objects);
        self.door.grow(objects);
    }

    /// Whether the request is a hit. What is larger than the cache never comes in.
    pub fn request(&mut self, request: &Request) -> bool {
        self.tally.requests += 1;
        self.tally.bytes += request.bytes;
        if self.eviction.access(request) {
            self.tally.hits += 1;
            self.tally.hit_bytes += request.bytes;
            return true;
        }
        if request.bytes <= self.capacity && self.door.admits(request) {
            self.tally.filled_bytes += request.bytes;
            self.eviction.insert(request);
        }
        false
    }

    pub fn eviction(&self) -> &E {
        &self.eviction
    }

    /// Puts an object in that nobody asked for.
    pub fn prefetch(&mut self, request: &Request) {
        if request.bytes <= self.capacity && !self.eviction.holds(request.object) {
            self.tally.filled_bytes += request.bytes;
            self.eviction.insert(request);
        }
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }
}

impl<E: Eviction> Simulation for Replay<E> {
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
