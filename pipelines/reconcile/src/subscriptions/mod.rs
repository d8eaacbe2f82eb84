//! The life of one subscription: what was paid for, what is owed for it, what is wrong with it, how it moves.
//!
//! As with escrows, SQL joins and this judges: facts of one subscription, in any order, give rows. Nothing
//! here reads a clock; the night is told.

pub mod columns;
pub mod facts;

mod entitlements;
mod findings;
mod life;
mod movements;

#[cfg(test)]
mod tests;

pub use columns::{Judge, Judged};
