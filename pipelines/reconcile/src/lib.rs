//! Matched rows into verdicts, breaks and totals.

pub mod case;
pub mod chain;
pub mod class;
mod codec;
pub mod columns;
pub mod facts;
pub mod life;
mod reading;
pub mod schedule;
pub mod subscriptions;

mod judge;
mod verdict;

pub use judge::judge;
pub use verdict::{Flag, Verdict};
