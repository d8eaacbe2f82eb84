//! libCacheSim's `oracleGeneral` traces: records of 24 bytes into requests, and whether what they say of their next
//! access holds.

use super::{Interner, NEVER, Request};

/// Bytes of a record: time in seconds (u32), id (u64), size (u32), place of the next access (i64), little-endian.
pub const RECORD_BYTES: usize = 24;

/// A note for "is not asked for again".
const NO_NEXT: u32 = u32::MAX;

/// Records on their way to requests.
#[derive(Debug, Default)]
pub struct Records {
    interner: Interner,
    /// Records so far.
    pub read: u64,
    /// Of these, requests of no bytes: they are left out.
    pub empty: u64,
    /// The first statement about a next access that does not hold.
    pub contradiction: Option<Contradiction>,
    /// The place of the first record: writers count from 0 or from 1.
    origin: Option<u32>,
}

/// A next access that is not where it was said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    #[error("object {id} is asked for at record {record}, which is not where its next access was said to be")]
    Unforetold { record: u64, id: u64 },
    #[error("object {id} does not come again where its next access was said to be")]
    Absent { id: u64 },
}

/// More objects than can be numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than four billion objects")]
pub struct TooManyObjects;

impl Records {
    /// Adds the requests of whole records to `requests`; bytes behind the last whole record are not read.
    pub fn read(&mut self, block: &[u8], requests: &mut Vec<Request>) -> Result<(), TooManyObjects> {
        let (records, _) = block.as_chunks::<RECORD_BYTES>();
        for record in records {
            let (id, bytes, next) = fields(record);
            // In 32 bits: enough to tell whether it is the place that was meant.
            let foretold = if next == NEVER { NO_NEXT } else { next as u32 };
            let (object, before) = self.interner.number_with(id, foretold).ok_or(TooManyObjects)?;
            if let Some(before) = before {
                self.check(id, before);
            }
            self.read += 1;
            match bytes {
                0 => self.empty += 1,
                _ => requests.push(Request { object, bytes: u64::from(bytes), next }),
            }
        }
        Ok(())
    }

    /// Objects so far.
    pub fn objects(&self) -> usize {
        self.interner.count()
    }

    /// After the last record: finds the next accesses that never came. Those behind the end are of a trace that was
    /// cut, and hold.
    pub fn finish(&mut self) {
        let origin = u64::from(self.origin.unwrap_or(1));
        if self.contradiction.is_none() && self.read < u64::from(NO_NEXT) {
            let end = (self.read + origin) as u32;
            // The object's last record said so, and no later one can hold: the lowest id is named.
            let absent = self.interner.notes().filter(|(_, note)| *note < end).map(|(id, _)| id).min();
            self.contradiction = absent.map(|id| Contradiction::Absent { id });
        }
    }

    fn check(&mut self, id: u64, foretold: u32) {
        let here = self.read as u32;
        let origin = foretold.wrapping_sub(here);
        let holds = foretold != NO_NEXT && origin <= 1 && self.origin.is_none_or(|known| known == origin);
        if holds {
            self.origin = Some(origin);
        } else if self.contradiction.is_none() {
            self.contradiction = Some(Contradiction::Unforetold { record: self.read + 1, id });
        }
    }
}

/// Id, size and next access; a next access below zero is none.
fn fields(record: &[u8; RECORD_BYTES]) -> (u64, u32, u64) {
    let [_, _, _, _, i0, i1, i2, i3, i4, i5, i6, i7, s0, s1, s2, s3, n0, n1, n2, n3, n4, n5, n6, n7] =
        *record;
    let id = u64::from_le_bytes([i0, i1, i2, i3, i4, i5, i6, i7]);
    let bytes = u32::from_le_bytes([s0, s1, s2, s3]);
    let next = i64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]);
    let next = u64::try_from(next).ok().filter(|next| *next != i64::MAX as u64).unwrap_or(NEVER);
    (id, bytes, next)
}
