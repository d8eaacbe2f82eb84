//! W-TinyLFU (Einziger, Friedman, Manes: ACM Transactions on Storage 2017): a window of what is new before a main
//! cache of two segments, which lets in only what was asked for more often than what it would have to evict.
//!
//! The paper's sketch approximates counts in little memory; here each object has its own count, which is what the
//! sketch tends to. Counts end at 15 and are halved once ten times as many requests came as objects are cached.
//! Where sizes differ every byte counts as its object does: what is let in counts more than all that must go for it.

use super::replay::Eviction;
use super::request::Request;
use super::slots::{List, NONE, Slots};

const WINDOW: u8 = 1;
const PROBATION: u8 = 2;
const PROTECTED: u8 = 3;
/// Where a count ends, as in the paper's sketch of four bits.
const COUNT_MAX: u32 = 15;
/// Requests between two halvings, for each cached object.
const SAMPLE: u64 = 10;

/// How often an object was asked for, halved as often as the age says.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    age: u32,
    count: u32,
}

#[derive(Debug)]
pub struct TinyLfu {
    capacity: u64,
    window_capacity: u64,
    protected_capacity: u64,
    slots: Slots,
    window: List,
    probation: List,
    protected: List,
    counts: Vec<Count>,
    /// Halvings so far.
    age: u32,
    /// Requests since the last halving.
    sampled: u64,
}

impl TinyLfu {
    /// With the paper's shares: a hundredth for the window, four fifths of the rest protected.
    pub fn new(capacity: u64) -> Self {
        Self::with_window(capacity, capacity / 100)
    }

    pub fn with_window(capacity: u64, window_capacity: u64) -> Self {
        let main = capacity - window_capacity;
        Self {
            capacity,
            window_capacity,
            protected_capacity: main - main / 5,
            slots: Slots::default(),
            window: List::default(),
            probation: List::default(),
            protected: List::default(),
            counts: Vec::new(),
            age: 0,
            sampled: 0,
        }
    }

    fn main_capacity(&self) -> u64 {
        self.capacity - self.window_capacity
    }

    /// What an object is worth: its count, for each of its bytes.
    fn worth(&self, object: u32) -> u64 {
        u64::from(self.count(object)).saturating_mul(self.slots.bytes(object))
    }

    fn count(&self, object: u32) -> u32 {
        let Count { age, count } = self.counts[object as usize];
        count.checked_shr(self.age - age).unwrap_or(0)
    }

    fn record(&mut self, object: u32) {
        let count = (self.count(object) + 1).min(COUNT_MAX);
        self.counts[object as usize] = Count { age: self.age, count };
        self.sampled += 1;
        let cached = self.window.count + self.probation.count + self.protected.count;
        if cached > 0 && self.sampled >= SAMPLE * cached && self.is_full() {
            self.age += 1;
            self.sampled = 0;
        }
    }

    /// Whether an object of mean size has no room: until then nothing is compared, and nothing need be forgotten.
    fn is_full(&self) -> bool {
        let main = self.probation.bytes + self.protected.bytes;
        let mean = main / (self.probation.count + self.protected.count).max(1);
        main + mean > self.main_capacity()
    }

    /// The object that leaves the main cache after this one, [`NONE`] after the last.
    fn after(&self, object: u32) -> u32 {
        match self.slots.newer(object) {
            NONE if self.slots.mark(object) == PROBATION => self.protected.tail(),
            newer => newer,
        }
    }

    fn first_victim(&self) -> u32 {
        if self.probation.count > 0 { self.probation.tail() } else { self.protected.tail() }
    }

    /// Lets what left the window into the main cache, if it counts more than those that must go for it.
    fn offer(&mut self, candidate: u32) {
        let needed = self.probation.bytes + self.protected.bytes + self.slots.bytes(candidate);
        let mut excess = needed.saturating_sub(self.main_capacity());
        let (mut victim, mut against) = (self.first_victim(), 0u64);
        let for_it = self.worth(candidate);
        let mut victims = 0;
        while excess > 0 {
            if victim == NONE {
                return;
            }
            against = against.saturating_add(self.worth(victim));
            if against >= for_it {
                return;
            }
            excess = excess.saturating_sub(self.slots.bytes(victim));
            victims += 1;
            victim = self.after(victim);
        }
        for _ in 0..victims {
            let victim = self.first_victim();
            let is_probation = self.slots.mark(victim) == PROBATION;
            let list = if is_probation { &mut self.probation } else { &mut self.protected };
            list.remove(&mut self.slots, victim);
            self.slots.set_mark(victim, 0);
        }
        self.slots.set_mark(candidate, PROBATION);
        self.probation.push_head(&mut self.slots, candidate);
    }

    fn protect(&mut self, object: u32) {
        self.probation.remove(&mut self.slots, object);
        self.slots.set_mark(object, PROTECTED);
        self.protected.push_head(&mut self.slots, object);
        while self.protected.bytes > self.protected_capacity {
            let demoted = self.protected.tail();
            self.protected.remove(&mut self.slots, demoted);
            self.slots.set_mark(demoted, PROBATION);
            self.probation.push_head(&mut self.slots, demoted);
        }
    }
}

impl Eviction for TinyLfu {
    fn grow(&mut self, objects: usize) {
        self.slots.grow(objects);
        self.counts.resize(objects.max(self.counts.len()), Count::default());
    }

    fn access(&mut self, request: &Request) -> bool {
        let object = request.object;
        self.record(object);
        match self.slots.mark(object) {
            WINDOW => self.window.move_to_head(&mut self.slots, object),
            PROBATION => self.protect(object),
            PROTECTED => self.protected.move_to_head(&mut self.slots, object),
            _ => return false,
        }
        true
    }

    fn insert(&mut self, request: &Request) {
        self.slots.put(request.object, request.bytes, WINDOW);
        self.window.push_head(&mut self.slots, request.object);
        while self.window.bytes > self.window_capacity {
            let candidate = self.window.tail();
            self.window.remove(&mut self.slots, candidate);
            self.slots.set_mark(candidate, 0);
            self.offer(candidate);
        }
    }

    fn holds(&self, object: u32) -> bool {
        self.slots.mark(object) != 0
    }
}
