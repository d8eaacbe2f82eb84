//! Viewing sessions rebuilt: each playback with the requests that name it, and the throughput that they show.
//!
//! Playbacks and requests become records of one width, which are divided by the session's hash; a partition's
//! records are sorted and folded session by session. Records are the whole of what counts, so the order in which
//! rows came changes nothing. docs/sessions.md says what is measured, and how.

pub mod exclusions;
pub mod ladders;

pub mod playback;
pub mod request;

pub mod fold;
pub mod trace;

mod columns;

#[cfg(test)]
pub(crate) mod tests;

pub use exclusions::{Exclusions, Reason};
pub use fold::{Folded, Rules, fold};
pub use ladders::{Ladders, LaddersReader, Usage};

/// Where a throughput was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Bytes over time of the chunks.
    Bytes,
    /// What the player said it measured, in CMCD.
    Player,
    /// The player's probe of its node.
    Probe,
    /// Nothing says it.
    Nothing,
}

impl Source {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "BYTES",
            Self::Player => "MTP",
            Self::Probe => "PROBE",
            Self::Nothing => "NONE",
        }
    }
}
