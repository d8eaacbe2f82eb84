//! Least recently used, and first in first out: one list, which a hit reorders or not.

use super::replay::Eviction;
use super::request::Request;
use super::slots::{List, Slots};

const CACHED: u8 = 1;

/// One list of objects; the tail is evicted. `REORDERS`: a hit moves an object to the head (LRU), or does not
/// (FIFO).
#[derive(Debug)]
pub struct Queue<const REORDERS: bool> {
    capacity: u64,
    slots: Slots,
    list: List,
}

pub type Lru = Queue<true>;
pub type Fifo = Queue<false>;

impl<const REORDERS: bool> Queue<REORDERS> {
    pub fn new(capacity: u64) -> Self {
        Self { capacity, slots: Slots::default(), list: List::default() }
    }
}

impl<const REORDERS: bool> Eviction for Queue<REORDERS> {
    fn grow(&mut self, objects: usize) {
        self.slots.grow(objects);
    }

    fn access(&mut self, request: &Request) -> bool {
        if self.slots.mark(request.object) != CACHED {
            return false;
        }
        if REORDERS {
            self.list.move_to_head(&mut self.slots, request.object);
        }
        true
    }

    fn insert(&mut self, request: &Request) {
        while self.list.bytes + request.bytes > self.capacity {
            let victim = self.list.tail();
            self.list.remove(&mut self.slots, victim);
            self.slots.set_mark(victim, 0);
        }
        self.slots.put(request.object, request.bytes, CACHED);
        self.list.push_head(&mut self.slots, request.object);
    }

    fn holds(&self, object: u32) -> bool {
        self.slots.mark(object) == CACHED
    }
}
