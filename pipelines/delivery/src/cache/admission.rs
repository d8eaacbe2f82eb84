//! What is let into a cache at all, whatever is evicted for it.

use std::fmt;

use super::request::Request;

/// A rule of admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Admission {
    All,
    /// Objects of at most so many bytes.
    Size(u64),
    /// Objects that were asked for before.
    SecondHit,
}

impl Admission {
    /// Its name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Size(_) => "SIZE",
            Self::SecondHit => "SECOND_HIT",
        }
    }

    /// The size above which it lets nothing in, where it looks at sizes.
    pub fn bytes_max(self) -> Option<u64> {
        match self {
            Self::Size(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Display for Admission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())?;
        self.bytes_max().map_or(Ok(()), |bytes| write!(out, " up to {bytes} bytes"))
    }
}

/// A rule at work. What was asked for before is known exactly, a bit an object.
#[derive(Debug)]
pub struct Door {
    rule: Admission,
    seen: Vec<u64>,
}

impl Door {
    pub fn new(rule: Admission) -> Self {
        Self { rule, seen: Vec::new() }
    }

    pub fn grow(&mut self, objects: usize) {
        if self.rule == Admission::SecondHit {
            self.seen.resize(objects.div_ceil(64).max(self.seen.len()), 0);
        }
    }

    /// Whether an object that was missed may come in.
    pub fn admits(&mut self, request: &Request) -> bool {
        match self.rule {
            Admission::All => true,
            Admission::Size(bytes_max) => request.bytes <= bytes_max,
            Admission::SecondHit => {
                let (word, bit) = (request.object as usize / 64, 1 << (request.object % 64));
                let was_seen = self.seen[word] & bit != 0;
                self.seen[word] |= bit;
                was_seen
            }
        }
    }
}
