//! Counts by size in buckets whose width grows with the value: they add up, and give any quantile to within 0.8 %.
//!
//! The buckets are those of HdrHistogram (G. Tene): 64 equal ones to each power of two, found by shifts alone.

/// Buckets to a power of two; the middle of one is off by at most half of that share of the value.
const SUB_BITS: u32 = 6;
const PAGE: usize = 1 << SUB_BITS;

/// Counts of whole numbers by bucket. Only powers of two that occur take room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    pages: Vec<(u16, Box<[u64; PAGE]>)>,
}

/// The bucket of a value.
pub fn bucket(value: u64) -> u16 {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(SUB_BITS + 1);
    // The value without its lower bits lies in 64 to 127 from the second power on.
    (shift << SUB_BITS) as u16 + (value >> shift) as u16
}

/// The middle of a bucket; a bucket of one value is that value.
pub fn middle(bucket: u16) -> f64 {
    let shift = u32::from(bucket >> SUB_BITS).saturating_sub(1);
    let lowest = (u64::from(bucket) - (u64::from(shift) << SUB_BITS)) << shift;
    lowest as f64 + ((1_u64 << shift) - 1) as f64 / 2.0
}

impl Histogram {
    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        self.add_to(bucket(value), 1);
    }

    /// Counts some values of a bucket.
    pub fn add_to(&mut self, bucket: u16, count: u64) {
        let (page, slot) = (bucket >> SUB_BITS, usize::from(bucket) % PAGE);
        let place = match self.pages.binary_search_by_key(&page, |(page, _)| *page) {
            Ok(place) => place,
            Err(place) => {
                self.pages.insert(place, (page, Box::new([0; PAGE])));
                place
            }
        };
        self.pages[place].1[slot] += count;
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        other.buckets().for_each(|(bucket, count)| self.add_to(bucket, count));
    }

    /// Buckets that hold any, ascending, with their counts.
    pub fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.pages.iter().flat_map(|(page, counts)| {
            let numbered = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            numbered.map(move |(slot, count)| ((page << SUB_BITS) + slot as u16, *count))
        })
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.buckets().map(|(_, count)| count).sum()
    }
}
