//! Which renditions each cohort of viewers is offered: candidates by bandwidth, decided by replay on held-out viewers.
//!
//! The distribution of bandwidth proposes a ladder, the traces of viewers that it does not know decide, and keeping
//! today's ladder is the default. Nothing here reads a file or a clock. docs/quality.md says what is computed, and why.

pub mod evidence;
pub mod settings;

pub mod network;
pub mod qoe;
pub mod replay;

pub mod grid;
pub mod ladder;

mod audience;
mod candidates;
mod catalogue;
mod screen;

mod bootstrap;
mod decide;
pub mod oracle;
mod propose;
mod start;
mod trial;

pub mod plan;
mod planning;

pub mod manifest;

#[cfg(test)]
mod tests;

pub use crate::estimates::codes::{Codec, Codecs};
pub use evidence::{
    Cohort, DeviceProfile, Distribution, Evidence, Interval, Rendition, Standing, Trace, WeightedLadder,
};
pub use plan::{Decision, Plan, Reason};
pub use planning::plan;
pub use settings::Settings;
