//! Chance without a crate: SplitMix64, so that the bytes of an area depend on its seed and nothing else.

/// SplitMix64's output function: every bit of the input moves half the bits of the output.
pub fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a stream of chance is for. Streams never share numbers, so that one source's draws do not move
/// when another's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    Tip = 1,
    Slot,
    Party,
    Tier,
    Content,
    Node,
    NodeDay,
    Session,
    Request,
    File,
    Fault,
    Slow,
    Late,
    LateSession,
    LateRequest,
    LateSubscription,
    Benefit,
    Stem,
    Story,
    Resolution,
    Popularity,
    Player,
}

/// A small generator: 64 bits of state, made anew for every escrow, session or file.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The numbers of one thing, whatever was drawn for others before.
    pub fn new(seed: u64, stream: Stream, index: u64) -> Self {
        Self(hash(seed, stream, index))
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        let out = mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        out
    }

    /// A number below `limit` (0 where the limit is 0), uniform to one part in 2^64.
    pub fn below(&mut self, limit: u64) -> u64 {
        scale(self.next(), limit)
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// True once in `count` draws.
    pub fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// A rank below `limit` where each doubling of rank is as likely as the one before: Zipf's law with
    /// exponent one, in integers.
    pub fn popular(&mut self, limit: u64) -> u64 {
        let octaves = u64::from(limit.max(1).ilog2()) + 1;
        loop {
            let low = 1_u64 << self.below(octaves);
            let rank = low + self.below(low) - 1;
            if rank < limit.max(1) {
                return rank;
            }
        }
    }
}

/// 64 bits that depend on the seed, the stream and the index alone.
pub fn hash(seed: u64, stream: Stream, index: u64) -> u64 {
    mix(mix(seed ^ (stream as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)) ^ index)
}

/// Maps 64 random bits below `limit` without a division.
pub fn scale(bits: u64, limit: u64) -> u64 {
    ((u128::from(bits) * u128::from(limit)) >> 64) as u64
}

/// Picks an exact share of the numbers 0, 1, 2, …: one in every stretch of 1 ÷ share numbers, at a random
/// place in it. Both directions are arithmetic, so that the picked can be listed without a scan.
#[derive(Debug, Clone)]
pub struct Sampler {
    seed: u64,
    stream: Stream,
    per_million: u64,
}

const MILLION: u128 = 1_000_000;

impl Sampler {
    /// `per_million` of every million numbers are picked, at most all.
    pub fn new(seed: u64, stream: Stream, per_million: u64) -> Self {
        Self { seed, stream, per_million: per_million.min(1_000_000) }
    }

    /// Whether no number is picked.
    pub fn is_empty(&self) -> bool {
        self.per_million == 0
    }

    fn low(&self, order: u64) -> u64 {
        (u128::from(order) * MILLION).div_ceil(u128::from(self.per_million)) as u64
    }

    fn place(&self, order: u64) -> u64 {
        let (low, high) = (self.low(order), self.low(order + 1));
        low + scale(hash(self.seed, self.stream, order), high - low)
    }

    /// Which picked number this is (from 0), or `None` for a number that is not picked.
    pub fn find(&self, number: u64) -> Option<u64> {
        if self.per_million == 0 {
            return None;
        }
        let order = (u128::from(number) * u128::from(self.per_million) / MILLION) as u64;
        (self.place(order) == number).then_some(order)
    }

    /// The picked numbers in `from..to`, ascending.
    pub fn within(&self, from: u64, to: u64) -> impl Iterator<Item = u64> + '_ {
        let first = (u128::from(from) * u128::from(self.per_million) / MILLION) as u64;
        let orders = if self.per_million == 0 { 0..0 } else { first..u64::MAX };
        orders
            .map(|order| self.place(order))
            .skip_while(move |&place| place < from)
            .take_while(move |&place| place < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_lists_what_it_finds() {
        for per_million in [0, 1, 20_000, 333_333, 999_999, 1_000_000] {
            let sampler = Sampler::new(7, Stream::Fault, per_million);
            let listed: Vec<u64> = sampler.within(1_000, 4_000).collect();
            let found: Vec<u64> = (1_000..4_000).filter(|&n| sampler.find(n).is_some()).collect();
            assert_eq!(listed, found, "{per_million}");
            let expected = 3_000 * per_million / 1_000_000;
            assert!(listed.len() as u64 >= expected.saturating_sub(1) && listed.len() as u64 <= expected + 1);
        }
    }

    #[test]
    fn popular_ranks_stay_below_the_limit_and_favour_the_first() {
        let mut random = Random::new(1, Stream::Tip, 0);
        let mut first = 0;
        for _ in 0..10_000 {
            let rank = random.popular(1_000);
            assert!(rank < 1_000);
            first += u64::from(rank == 0);
        }
        assert!(first > 500, "{first}");
    }
}
