//! Ids of any kind into dense numbers, in the order in which they come.

/// Marks an empty place of the table.
const EMPTY: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Place {
    id: u64,
    number: u32,
    /// What the caller keeps beside the number: it lies in the same line of the processor's cache.
    note: u32,
}

const VACANT: Place = Place { id: 0, number: EMPTY, note: 0 };

/// Numbers for ids: a table with open addressing, at most half full.
#[derive(Debug)]
pub struct Interner {
    places: Vec<Place>,
    count: u32,
    /// How far a hash is shifted to be a place.
    shift: u32,
}

impl Default for Interner {
    fn default() -> Self {
        const BITS: u32 = 12;
        Self { places: vec![VACANT; 1 << BITS], count: 0, shift: 64 - BITS }
    }
}

impl Interner {
    /// The number of an id; a new id gets the next number. `None` once there are more than numbers.
    pub fn number(&mut self, id: u64) -> Option<u32> {
        self.number_with(id, 0).map(|(number, _)| number)
    }

    /// The number of an id, with the note that was left with it when it was asked for last, if it was; leaves
    /// another.
    pub fn number_with(&mut self, id: u64, note: u32) -> Option<(u32, Option<u32>)> {
        let mask = self.places.len() - 1;
        let mut at = (spread(id) >> self.shift) as usize;
        loop {
            let place = self.places[at];
            if place.number == EMPTY {
                break;
            }
            if place.id == id {
                self.places[at].note = note;
                return Some((place.number, Some(place.note)));
            }
            at = (at + 1) & mask;
        }
        if self.count >= EMPTY - 8 {
            return None;
        }
        let number = self.count;
        self.places[at] = Place { id, number, note };
        self.count += 1;
        if self.count as usize * 2 > self.places.len() {
            self.grow();
        }
        Some((number, None))
    }

    /// Every id with its note, in no order.
    pub fn notes(&self) -> impl Iterator<Item = (u64, u32)> {
        self.places.iter().filter(|place| place.number != EMPTY).map(|place| (place.id, place.note))
    }

    /// How many ids have a number.
    pub fn count(&self) -> usize {
        self.count as usize
    }

    fn grow(&mut self) {
        let length = self.places.len() * 2;
        let old = std::mem::replace(&mut self.places, vec![VACANT; length]);
        self.shift -= 1;
        for place in old.into_iter().filter(|place| place.number != EMPTY) {
            let mut at = (spread(place.id) >> self.shift) as usize;
            while self.places[at].number != EMPTY {
                at = (at + 1) & (length - 1);
            }
            self.places[at] = place;
        }
    }
}

/// Ids are often counters or hashes themselves: the upper bits of a mixed product are good for both.
fn spread(id: u64) -> u64 {
    let mixed = id ^ (id >> 32);
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
