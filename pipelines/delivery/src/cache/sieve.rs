//! SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: NSDI 2024, algorithm 1): a queue, one bit an object, and a hand
//! that moves from the tail to the head and evicts the first object that was not visited.

use super::replay::Eviction;
use super::request::Request;
use super::slots::{List, NONE, Slots};

const CACHED: u8 = 1;
const VISITED: u8 = 2;

#[derive(Debug)]
pub struct Sieve {
    capacity: u64,
    slots: Slots,
    list: List,
    /// Where the search for a victim goes on; [`NONE`] is the tail.
    hand: u32,
}

impl Sieve {
    pub fn new(capacity: u64) -> Self {
        Self { capacity, slots: Slots::default(), list: List::default(), hand: NONE }
    }

    fn evict(&mut self) {
        let mut victim = if self.hand == NONE { self.list.tail() } else { self.hand };
        while self.slots.mark(victim) == VISITED {
            self.slots.set_mark(victim, CACHED);
            let newer = self.slots.newer(victim);
            victim = if newer == NONE { self.list.tail() } else { newer };
        }
        self.hand = self.slots.newer(victim);
        self.list.remove(&mut self.slots, victim);
        self.slots.set_mark(victim, 0);
    }
}

impl Eviction for Sieve {
    fn grow(&mut self, objects: usize) {
        self.slots.grow(objects);
    }

    fn access(&mut self, request: &Request) -> bool {
        match self.slots.mark(request.object) {
            0 => false,
            VISITED => true,
            _ => {
                self.slots.set_mark(request.object, VISITED);
                true
            }
        }
    }

    fn insert(&mut self, request: &Request) {
        while self.list.bytes + request.bytes > self.capacity {
            self.evict();
        }
        self.slots.put(request.object, request.bytes, CACHED);
        self.list.push_head(&mut self.slots, request.object);
    }

    fn holds(&self, object: u32) -> bool {
        self.slots.mark(object) != 0
    }
}
