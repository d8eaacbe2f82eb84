//! Matched rows into verdicts, breaks and totals.

pub mod case;
pub mod chain;
pub mod class;
pub mod columns;
pub mod digest;
pub mod facts;
pub mod head;
pub mod life;
pub mod merkle;
pub mod schedule;
pub mod walk;

mod judge;
mod verdict;

pub use judge::judge;
pub use verdict::{Flag, Verdict};
