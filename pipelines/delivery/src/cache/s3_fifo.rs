//! S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: SOSP 2023, algorithm 1): a small queue for what is new, a main queue
//! for what was asked for again, and a queue of the names of what left the small one.
//!
//! The paper counts objects of one size; here its shares are of bytes. The small queue has a tenth of the cache,
//! the main one the rest, and the names are of as many bytes as the main one holds.

use super::replay::Eviction;
use super::request::Request;
use super::slots::{List, NONE, Slots};

/// Where an object is, in the upper bits of its mark; how often it was accessed, up to 3, in the lower ones.
const GHOST: u8 = 1 << 2;
const SMALL: u8 = 2 << 2;
const MAIN: u8 = 3 << 2;
const COUNT: u8 = 3;
/// Objects accessed more than this many times leave the small queue for the main one.
const ONCE: u8 = 1;

#[derive(Debug)]
pub struct S3Fifo {
    capacity: u64,
    small_capacity: u64,
    slots: Slots,
    small: List,
    main: List,
    ghost: List,
}

impl S3Fifo {
    pub fn new(capacity: u64) -> Self {
        let lists = [List::default(), List::default(), List::default()];
        let [small, main, ghost] = lists;
        Self { capacity, small_capacity: capacity / 10, slots: Slots::default(), small, main, ghost }
    }

    fn main_capacity(&self) -> u64 {
        self.capacity - self.small_capacity
    }

    fn evict(&mut self) {
        if self.small.count > 0 && (self.small.bytes >= self.small_capacity || self.main.count == 0) {
            self.evict_small();
        } else {
            self.evict_main();
        }
    }

    /// Evicts the first object from the tail that was accessed at most once since; the others go to the main queue.
    fn evict_small(&mut self) {
        loop {
            let object = self.small.tail();
            if object == NONE {
                return;
            }
            self.small.remove(&mut self.slots, object);
            if self.slots.mark(object) & COUNT <= ONCE {
                self.remember(object);
                return;
            }
            self.slots.set_mark(object, MAIN);
            self.main.push_head(&mut self.slots, object);
            if self.main.bytes > self.main_capacity() {
                self.evict_main();
            }
        }
    }

    /// Evicts the first object from the tail that was not accessed since it was there last.
    fn evict_main(&mut self) {
        loop {
            let object = self.main.tail();
            if object == NONE {
                return;
            }
            let count = self.slots.mark(object) & COUNT;
            if count == 0 {
                self.main.remove(&mut self.slots, object);
                self.slots.set_mark(object, 0);
                return;
            }
            self.slots.set_mark(object, MAIN | (count - 1));
            self.main.move_to_head(&mut self.slots, object);
        }
    }

    fn remember(&mut self, object: u32) {
        self.slots.set_mark(object, GHOST);
        self.ghost.push_head(&mut self.slots, object);
        while self.ghost.bytes > self.main_capacity() {
            let forgotten = self.ghost.tail();
            self.ghost.remove(&mut self.slots, forgotten);
            self.slots.set_mark(forgotten, 0);
        }
    }
}

impl Eviction for S3Fifo {
    fn grow(&mut self, objects: usize) {
        self.slots.grow(objects);
    }

    fn access(&mut self, request: &Request) -> bool {
        let mark = self.slots.mark(request.object);
        if mark < SMALL {
            return false;
        }
        if mark & COUNT < COUNT {
            self.slots.set_mark(request.object, mark + 1);
        }
        true
    }

    fn insert(&mut self, request: &Request) {
        while self.small.bytes + self.main.bytes + request.bytes > self.capacity {
            self.evict();
        }
        // Asked after making room: what was forgotten meanwhile is new.
        let is_known = self.slots.mark(request.object) == GHOST;
        if is_known {
            self.ghost.remove(&mut self.slots, request.object);
        }
        let (list, mark) = if is_known { (&mut self.main, MAIN) } else { (&mut self.small, SMALL) };
        self.slots.put(request.object, request.bytes, mark);
        list.push_head(&mut self.slots, request.object);
    }

    fn holds(&self, object: u32) -> bool {
        self.slots.mark(object) >= SMALL
    }
}
