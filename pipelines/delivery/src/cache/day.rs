//! A node's requests of a day behind those of the day before, as little of each as a replay needs.
//!
//! Where there are too many, only the objects of some hashes are kept, all requests of each (spatial sampling:
//! Waldspurger, Park, Garthwaite, Ahmad, FAST 2015), and a cache is made smaller by the same share.

use std::collections::HashMap;

use super::next_access::next_places;
use super::request::BYTES_LIMIT;
use super::{Interner, NEVER, Request};

/// No content.
const NO_CONTENT: u32 = u32::MAX;

/// How much of a node's days is held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub objects_max: usize,
    pub requests_max: usize,
}

/// A request as the log has it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Hash of the object's key.
    pub object: u64,
    pub content: Option<&'a str>,
    /// The object's size as far as this line tells.
    pub bytes: u64,
    /// Seconds since some instant; rows come in the order of time.
    pub second: u32,
    /// Whether it is of the day itself, not of the one before.
    pub is_counted: bool,
}

/// One request of an object.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    pub object: u32,
    pub second: u32,
}

/// What is known of an object.
#[derive(Debug, Clone, Copy)]
pub struct Object {
    hash: u64,
    /// The largest size that a line told.
    pub bytes: u64,
    content: u32,
}

/// A node's requests.
#[derive(Debug)]
pub struct Day {
    limits: Limits,
    interner: Interner,
    pub objects: Vec<Object>,
    pub accesses: Vec<Access>,
    /// How many of them are of the day before.
    pub warm: usize,
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    /// One object in two to this power is kept.
    halvings: u32,
}

impl Day {
    pub fn new(limits: Limits) -> Self {
        let (interner, objects, accesses, names, numbers) = Default::default();
        Self { limits, interner, objects, accesses, warm: 0, names, numbers, halvings: 0 }
    }

    /// Adds the next request; those of the day before come first.
    pub fn push(&mut self, row: &Row<'_>) {
        if !self.keeps(row.object) {
            return;
        }
        let Some(object) = self.interner.number(row.object) else { return };
        let bytes = row.bytes.min(BYTES_LIMIT - 1);
        if object as usize == self.objects.len() {
            let content = row.content.map_or(NO_CONTENT, |name| self.content_number(name));
            self.objects.push(Object { hash: row.object, bytes, content });
        } else {
            let known = &mut self.objects[object as usize];
            known.bytes = known.bytes.max(bytes);
        }
        self.accesses.push(Access { object, second: row.second });
        self.warm += usize::from(!row.is_counted);
        while self.objects.len() > self.limits.objects_max || self.accesses.len() > self.limits.requests_max {
            if self.halvings >= 40 {
                return;
            }
            self.halve();
        }
    }

    /// The share of objects that is kept, between 0 and 1.
    pub fn sampled_share(&self) -> f64 {
        1.0 / (1u64 << self.halvings) as f64
    }

    /// What a cache of so many bytes is among the objects that are kept.
    pub fn scaled(&self, bytes: u64) -> u64 {
        bytes >> self.halvings
    }

    /// What bytes among the objects that are kept stand for.
    pub fn unscaled(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(1 << self.halvings)
    }

    /// Requests of the day itself.
    pub fn counted(&self) -> usize {
        self.accesses.len() - self.warm
    }

    /// Keeps fewer objects, until there are at most so many requests.
    pub fn thinned(mut self, requests_max: usize) -> Self {
        while self.accesses.len() > requests_max && self.halvings < 40 {
            self.halve();
        }
        self
    }

    pub fn content(&self, object: u32) -> Option<&str> {
        self.names.get(self.objects[object as usize].content as usize).map(String::as_str)
    }

    /// A request that says nothing of what comes after it.
    pub fn request(&self, object: u32) -> Request {
        Request { object, bytes: self.objects[object as usize].bytes, next: NEVER }
    }

    /// All requests with their next ones.
    pub fn foreseen(&self) -> Vec<Request> {
        let next = next_places(self.accesses.iter().map(|access| access.object), self.objects.len());
        let request = |(access, next): (&Access, u32)| Request {
            next: if next == u32::MAX { NEVER } else { u64::from(next) },
            ..self.request(access.object)
        };
        self.accesses.iter().zip(next).map(request).collect()
    }

    fn content_number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn keeps(&self, hash: u64) -> bool {
        // Other bits than those by which the interner finds its places.
        let mixed = (hash ^ 0x5bd1_e995_9d1b_54a5).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 33)).trailing_zeros() >= self.halvings
    }

    /// Keeps half of the objects that are kept.
    fn halve(&mut self) {
        self.halvings += 1;
        let accesses = std::mem::take(&mut self.accesses);
        let objects = std::mem::take(&mut self.objects);
        let warm = std::mem::take(&mut self.warm);
        self.interner = Interner::default();
        for (place, access) in accesses.into_iter().enumerate() {
            let object = objects[access.object as usize];
            if !self.keeps(object.hash) {
                continue;
            }
            let Some(number) = self.interner.number(object.hash) else { continue };
            if number as usize == self.objects.len() {
                self.objects.push(object);
            }
            self.accesses.push(Access { object: number, ..access });
            self.warm += usize::from(place < warm);
        }
    }
}
