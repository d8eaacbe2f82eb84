//! The policies of eviction, by name.

use std::fmt;

use super::belady::Belady;
use super::lru::{Fifo, Lru};
use super::replay::{Replay, Simulation};
use super::s3_fifo::S3Fifo;
use super::sieve::Sieve;
use super::tiny_lfu::TinyLfu;
use super::{Admission, Bound};

/// A policy of eviction, or the bound that holds for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Policy {
    Lru,
    Fifo,
    Sieve,
    S3Fifo,
    TinyLfu,
    /// Knows the future.
    Belady,
    /// FOO-L: what no policy exceeds. Knows the future, and holds parts of objects.
    Bound,
}

impl Policy {
    pub const ALL: [Self; 7] =
        [Self::Lru, Self::Fifo, Self::Sieve, Self::S3Fifo, Self::TinyLfu, Self::Belady, Self::Bound];

    /// Those that a cache can follow; the first is what caches do that nobody planned for.
    pub const ONLINE: [Self; 5] = [Self::Lru, Self::Fifo, Self::Sieve, Self::S3Fifo, Self::TinyLfu];

    /// Its name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lru => "LRU",
            Self::Fifo => "FIFO",
            Self::Sieve => "SIEVE",
            Self::S3Fifo => "S3-FIFO",
            Self::TinyLfu => "W-TinyLFU",
            Self::Belady => "Belady",
            Self::Bound => "BOUND",
        }
    }

    /// The policy of a name, whatever its case and with or without its signs; `FOO-L` is the bound.
    pub fn named(text: &str) -> Option<Self> {
        let plain = |text: &str| {
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
        };
        let wanted = plain(text);
        match wanted.as_str() {
            "tinylfu" => Some(Self::TinyLfu),
            "foo" | "fool" => Some(Self::Bound),
            _ => Self::ALL.into_iter().find(|policy| plain(policy.name()) == wanted),
        }
    }

    /// Whether it reads when an object is asked for next.
    pub fn knows_the_future(self) -> bool {
        matches!(self, Self::Belady | Self::Bound)
    }

    /// An empty cache of so many bytes under this policy. The bound lets in what it likes, and is one for objects that
    /// keep their sizes: see [`Bound::with_least`].
    pub fn simulation(self, capacity: u64, admission: Admission) -> Box<dyn Simulation + Send> {
        match self {
            Self::Lru => Box::new(Replay::new(Lru::new(capacity), capacity, admission)),
            Self::Fifo => Box::new(Replay::new(Fifo::new(capacity), capacity, admission)),
            Self::Sieve => Box::new(Replay::new(Sieve::new(capacity), capacity, admission)),
            Self::S3Fifo => Box::new(Replay::new(S3Fifo::new(capacity), capacity, admission)),
            Self::TinyLfu => Box::new(Replay::new(TinyLfu::new(capacity), capacity, admission)),
            Self::Belady => Box::new(Replay::new(Belady::new(capacity), capacity, admission)),
            Self::Bound => Box::new(Bound::new(capacity)),
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
