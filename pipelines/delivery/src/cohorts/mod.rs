//! Cohorts of viewers: what their networks carry, shrunk toward their parents, and the evidence for each one's plan.
//!
//! Sessions come in the order of cohort and viewer, so that one viewer is held at a time; of traces a sample of
//! viewers is held. Each viewer weighs one, however much it watches. docs/sessions.md has the formulas.

pub mod grid;

pub mod key;

pub mod gather;
mod sessions;
pub mod shrink;
pub mod tree;

pub mod columns;
pub mod evidence;

#[cfg(test)]
mod tests;
