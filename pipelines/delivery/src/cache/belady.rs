//! Belady's MIN: evicts what is asked for again last. Optimal where all sizes are equal, and no bound where not.

use std::collections::BinaryHeap;

use super::replay::Eviction;
use super::request::Request;

/// Not in the cache.
const ABSENT: u64 = 0;

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    /// One above the place of the next access, so that [`ABSENT`] is none of them.
    next: u64,
    bytes: u64,
}

#[derive(Debug)]
pub struct Belady {
    capacity: u64,
    bytes: u64,
    count: usize,
    held: Vec<Held>,
    /// By next access. An entry whose object has moved on lies below all that have not.
    queue: BinaryHeap<(u64, u32)>,
}

impl Belady {
    pub fn new(capacity: u64) -> Self {
        Self { capacity, bytes: 0, count: 0, held: Vec::new(), queue: BinaryHeap::new() }
    }

    fn evict(&mut self) {
        while let Some((next, object)) = self.queue.pop() {
            let held = &mut self.held[object as usize];
            if held.next == next {
                self.bytes -= held.bytes;
                self.count -= 1;
                held.next = ABSENT;
                return;
            }
        }
    }

    fn push(&mut self, request: &Request) {
        let next = request.next.saturating_add(1);
        self.held[request.object as usize].next = next;
        self.queue.push((next, request.object));
        if self.queue.len() > 2 * self.count + 1024 {
            let held = &self.held;
            self.queue.retain(|(next, object)| held[*object as usize].next == *next);
        }
    }
}

impl Eviction for Belady {
    fn grow(&mut self, objects: usize) {
        self.held.resize(objects.max(self.held.len()), Held::default());
    }

    fn access(&mut self, request: &Request) -> bool {
        if self.held[request.object as usize].next == ABSENT {
            return false;
        }
        self.push(request);
        true
    }

    fn insert(&mut self, request: &Request) {
        while self.bytes + request.bytes > self.capacity {
            self.evict();
        }
        self.held[request.object as usize].bytes = request.bytes;
        self.bytes += request.bytes;
        self.count += 1;
        self.push(request);
    }

    fn holds(&self, object: u32) -> bool {
        self.held[object as usize].next != ABSENT
    }
}
