//! Objects in linked lists without pointers: the links of all objects stand in one flat array.

use super::request::BYTES_LIMIT;

/// No object.
pub const NONE: u32 = u32::MAX;

const MARK_SHIFT: u32 = BYTES_LIMIT.trailing_zeros();

/// An object's links, its size and its mark.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Towards the head.
    newer: u32,
    /// Towards the tail.
    older: u32,
    /// The size below, the mark above.
    weight: u64,
}

/// The slots of all objects, by their numbers.
#[derive(Debug, Default)]
pub struct Slots(Vec<Slot>);

impl Slots {
    /// Makes room for so many objects; what is new has no mark.
    pub fn grow(&mut self, objects: usize) {
        if objects > self.0.len() {
            self.0.resize(objects, Slot { newer: NONE, older: NONE, weight: 0 });
        }
    }

    pub fn bytes(&self, object: u32) -> u64 {
        self.0[object as usize].weight & (BYTES_LIMIT - 1)
    }

    /// What a policy has marked the object with; 0 where it has not.
    pub fn mark(&self, object: u32) -> u8 {
        (self.0[object as usize].weight >> MARK_SHIFT) as u8
    }

    pub fn set_mark(&mut self, object: u32, mark: u8) {
        let slot = &mut self.0[object as usize];
        slot.weight = slot.weight & (BYTES_LIMIT - 1) | u64::from(mark) << MARK_SHIFT;
    }

    /// Sets size and mark.
    pub fn put(&mut self, object: u32, bytes: u64, mark: u8) {
        debug_assert!(bytes < BYTES_LIMIT);
        self.0[object as usize].weight = bytes | u64::from(mark) << MARK_SHIFT;
    }

    /// The neighbour towards the head, [`NONE`] at the head.
    pub fn newer(&self, object: u32) -> u32 {
        self.0[object as usize].newer
    }
}

/// A list of objects with the sum of their sizes. An object stands in at most one list.
#[derive(Debug)]
pub struct List {
    head: u32,
    tail: u32,
    pub bytes: u64,
    pub count: u64,
}

impl Default for List {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, bytes: 0, count: 0 }
    }
}

impl List {
    /// The object that has been there longest, [`NONE`] where there is none.
    pub fn tail(&self) -> u32 {
        self.tail
    }

    pub fn push_head(&mut self, slots: &mut Slots, object: u32) {
        self.link_head(slots, object);
        self.bytes += slots.bytes(object);
        self.count += 1;
    }

    pub fn remove(&mut self, slots: &mut Slots, object: u32) {
        self.unlink(slots, object);
        self.bytes -= slots.bytes(object);
        self.count -= 1;
    }

    pub fn move_to_head(&mut self, slots: &mut Slots, object: u32) {
        if self.head != object {
            self.unlink(slots, object);
            self.link_head(slots, object);
        }
    }

    fn link_head(&mut self, slots: &mut Slots, object: u32) {
        let slot = &mut slots.0[object as usize];
        (slot.newer, slot.older) = (NONE, self.head);
        match self.head {
            NONE => self.tail = object,
            head => slots.0[head as usize].newer = object,
        }
        self.head = object;
    }

    fn unlink(&mut self, slots: &mut Slots, object: u32) {
        let Slot { newer, older, .. } = slots.0[object as usize];
        match newer {
            NONE => self.head = older,
            newer => slots.0[newer as usize].older = older,
        }
        match older {
            NONE => self.tail = newer,
            older => slots.0[older as usize].newer = newer,
        }
    }
}
