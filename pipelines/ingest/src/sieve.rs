//! A sieve for keys in fixed memory: a key that passes is surely new, one that is held may have been before.
//!
//! A blocked Bloom filter: eight bits in one cache line. Source: F. Putze, P. Sanders, J. Singler, "Cache-,
//! hash- and space-efficient Bloom filters", 2007.

/// Bits set for each key.
const BITS: u32 = 8;

/// The sieve of one day of one source.
pub struct Sieve {
    blocks: Vec<[u64; 8]>,
}

impl Sieve {
    /// A sieve of the given size in bytes, rounded up to whole cache lines.
    pub fn new(bytes: usize) -> Self {
        Self { blocks: vec![[0; 8]; bytes.div_ceil(64).max(1)] }
    }

    fn place(&self, key: u64) -> usize {
        ((u128::from(key) * self.blocks.len() as u128) >> 64) as usize
    }

    /// The bits of a key within its line, taken from a second mix of its hash.
    fn bits(key: u64) -> impl Iterator<Item = (usize, u64)> {
        let mixed =
            key.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (0..BITS).map(move |i| {
            let nine = (mixed >> (i * 7)) & 511;
            ((nine >> 6) as usize, 1 << (nine & 63))
        })
    }

    /// Adds a key; whether it may have been there before.
    pub fn insert(&mut self, key: u64) -> bool {
        let place = self.place(key);
        let block = &mut self.blocks[place];
        let mut before = true;
        for (word, bit) in Self::bits(key) {
            before &= block[word] & bit != 0;
            block[word] |= bit;
        }
        before
    }

    /// Whether a key may have been added.
    pub fn may_hold(&self, key: u64) -> bool {
        let block = &self.blocks[self.place(key)];
        Self::bits(key).all(|(word, bit)| block[word] & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_lets_a_known_key_pass() {
        let mut sieve = Sieve::new(1 << 16);
        let key = |i: u64| i.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ (i >> 7);
        let held_early = (0..20_000).filter(|i| sieve.insert(key(*i))).count();
        assert!((0..20_000).all(|i| sieve.may_hold(key(i))));
        let wrongly_held = (20_000..40_000).filter(|i| sieve.may_hold(key(*i))).count();
        assert!(held_early < 200 && wrongly_held < 400, "{held_early} {wrongly_held}");
    }
}
