//! Facts of many groups in one arena of bytes: appended in any order, read group by group.

/// The end of a group's chain of records.
const END: u64 = u64::MAX;
/// Bytes before a record's blob: where the group's record before it is, and the blob's length.
const RECORD_HEAD: usize = 12;
/// Bytes before a fact in a blob: its length.
const FACT_HEAD: usize = 4;
/// Chunks grow from the first size to the last, so that a small arena stays small and none is ever copied.
const CHUNK_BYTES_MIN: usize = 4 << 10;
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// Facts by group. A record is a blob of length-prefixed facts that came together; the records of a group are
/// chained from the latest to the first.
#[derive(Debug, Default)]
pub struct Arena {
    chunks: Vec<Vec<u8>>,
    /// Where each group's latest record is.
    heads: Vec<u64>,
    /// Bytes of all records.
    written: usize,
    /// Bytes of those records whose groups are still there.
    live: usize,
    /// Bytes of all chunks.
    capacity: usize,
}

impl Arena {
    /// Groups that it knows.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Makes room for so many groups.
    pub fn grow(&mut self, groups: usize) {
        self.heads.resize(groups.max(self.heads.len()), END);
    }

    /// Adds one fact to a group; `None` if it is longer than a length can say.
    pub fn push_fact(&mut self, group: usize, fact: &[u8]) -> Option<()> {
        let length = u32::try_from(fact.len()).ok()?;
        self.push(group, &length.to_le_bytes(), fact)
    }

    /// Adds a blob of length-prefixed facts to a group.
    pub fn push_blob(&mut self, group: usize, blob: &[u8]) -> Option<()> {
        if blob.is_empty() { Some(()) } else { self.push(group, &[], blob) }
    }

    /// The first groups, to be read.
    pub fn groups(&self, count: usize) -> Groups<'_> {
        Groups { chunks: &self.chunks, heads: &self.heads[..count] }
    }

    /// Forgets the first groups; the others move up.
    pub fn drop_first(&mut self, count: usize) {
        if count == self.heads.len() {
            *self = Self::default();
            return;
        }
        self.live -= self.groups(count).iter().map(Facts::bytes).sum::<usize>();
        self.heads.drain(..count);
        // What is left is copied once half is gone, so that each byte is copied only now and then.
        if self.live * 2 < self.written {
            let mut copy = Self::default();
            copy.grow(self.heads.len());
            for (group, facts) in self.groups(self.heads.len()).iter().enumerate() {
                for blob in facts.blobs() {
                    // It fitted before.
                    let _ = copy.push_blob(group, blob);
                }
            }
            *self = copy;
        }
    }

    /// Bytes held.
    pub fn size(&self) -> usize {
        self.capacity
            + self.heads.capacity() * size_of::<u64>()
            + self.chunks.capacity() * size_of::<Vec<u8>>()
    }

    fn push(&mut self, group: usize, prefix: &[u8], blob: &[u8]) -> Option<()> {
        let length = u32::try_from(prefix.len() + blob.len()).ok()?;
        let needed = RECORD_HEAD + prefix.len() + blob.len();
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < needed) {
            let usual = self.capacity.clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
            let chunk = Vec::with_capacity(usual.max(needed));
            self.capacity += chunk.capacity();
            self.chunks.push(chunk);
        }
        let index = self.chunks.len() as u64 - 1;
        let chunk = self.chunks.last_mut()?;
        let place = index << 32 | u64::from(u32::try_from(chunk.len()).ok()?);
        let before = std::mem::replace(&mut self.heads[group], place);
        chunk.extend_from_slice(&before.to_le_bytes());
        chunk.extend_from_slice(&length.to_le_bytes());
        chunk.extend_from_slice(prefix);
        chunk.extend_from_slice(blob);
        self.written += needed;
        self.live += needed;
        Some(())
    }
}

/// Groups, each with its facts.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    chunks: &'a [Vec<u8>],
    heads: &'a [u64],
}

impl<'a> Groups<'a> {
    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// The facts of each group in turn.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Facts<'a>> + use<'a> {
        let chunks = self.chunks;
        self.heads.iter().map(move |head| Facts { chunks, link: *head, blob: &[] })
    }
}

/// The facts of one group, in no order.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    chunks: &'a [Vec<u8>],
    link: u64,
    blob: &'a [u8],
}

impl<'a> Facts<'a> {
    /// The blobs that the facts came in, each a row of length-prefixed facts.
    pub(crate) fn blobs(mut self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::from_fn(move || self.next_blob())
    }

    fn bytes(self) -> usize {
        self.blobs().map(|blob| RECORD_HEAD + blob.len()).sum()
    }

    fn next_blob(&mut self) -> Option<&'a [u8]> {
        if self.link == END {
            return None;
        }
        let record = &self.chunks[(self.link >> 32) as usize][(self.link & u64::from(u32::MAX)) as usize..];
        let (link, rest) = record.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        self.link = u64::from_le_bytes(*link);
        rest.get(..u32::from_le_bytes(*length) as usize)
    }
}

impl<'a> Iterator for Facts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.blob.is_empty() {
            self.blob = self.next_blob()?;
        }
        let (length, rest) = self.blob.split_first_chunk::<FACT_HEAD>()?;
        let (fact, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.blob = rest;
        Some(fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_their_facts_while_others_go() {
        let mut arena = Arena::default();
        arena.grow(1000);
        let fact = |i: usize| format!("{i}").repeat(i % 300).into_bytes();
        (0..20_000).for_each(|i| arena.push_fact(i * 7 % 1000, &fact(i)).unwrap());
        let whole = arena.size();
        let mut gone = 0;
        for count in [1, 499, 0, 300, 199, 1] {
            for (group, facts) in arena.groups(arena.len()).iter().enumerate() {
                let mut found = facts.map(<[u8]>::to_vec).collect::<Vec<_>>();
                let mut expected =
                    (0..20_000).filter(|i| i * 7 % 1000 == gone + group).map(fact).collect::<Vec<_>>();
                found.sort();
                expected.sort();
                assert_eq!(found, expected);
            }
            arena.drop_first(count);
            gone += count;
            assert!(gone < 800 || arena.size() < whole / 2);
        }
        assert_eq!((arena.len(), arena.size()), (0, 0));
    }
}
