//! Where a hash stands among many, in little memory: sorted hashes and a coarse table of where to look.

/// Hashes in order, each with its place.
#[derive(Debug, Clone, Default)]
pub struct Index {
    hashes: Vec<u64>,
    /// For each value of the upper bits the first place whose hash has them or higher ones.
    starts: Vec<u32>,
    shift: u32,
}

/// Hashes that share an entry of the table, about.
const HASHES_PER_START: usize = 4;

impl Index {
    /// An index of ascending hashes, at most 2³² of them.
    pub fn new(hashes: Vec<u64>) -> Self {
        debug_assert!(hashes.is_sorted());
        let bits = (hashes.len() / HASHES_PER_START).max(1).ilog2();
        let shift = u64::BITS - bits.max(1);
        let mut starts = Vec::with_capacity((1 << bits.max(1)) + 1);
        for (place, hash) in hashes.iter().enumerate() {
            while starts.len() as u64 <= hash >> shift {
                starts.push(place as u32);
            }
        }
        starts.resize((1 << bits.max(1)) + 1, hashes.len() as u32);
        Self { hashes, starts, shift }
    }

    /// The place of a hash.
    pub fn find(&self, hash: u64) -> Option<usize> {
        if self.hashes.is_empty() {
            return None;
        }
        let upper = (hash >> self.shift) as usize;
        let (from, to) = (self.starts[upper] as usize, self.starts[upper + 1] as usize);
        let found = self.hashes[from..to].partition_point(|other| *other < hash) + from;
        (found < to && self.hashes[found] == hash).then_some(found)
    }

    /// How many hashes there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}
