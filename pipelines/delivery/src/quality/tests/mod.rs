//! The core held against itself: brute force, bounds, and what must not change anything.

mod catalogue;
mod decisions;
mod ladder;
mod network;
mod oracle;
mod qoe;
mod rules;
mod start;
pub mod support;
