//! Matched rows into verdicts, breaks and totals.

pub mod case;
pub mod chain;
pub mod class;
mod codec;
pub mod columns;
pub mod digest;
pub mod facts;
pub mod head;
pub mod life;
pub mod merkle;
pub mod reading;
pub mod renaming;
pub mod schedule;
pub mod subscriptions;
pub mod walk;

mod judge;
mod verdict;

pub use judge::{explain, judge};
pub use verdict::{Flag, Verdict};
