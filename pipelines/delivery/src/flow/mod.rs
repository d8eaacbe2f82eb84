//! Minimum-cost flow on integers: an exact primal network simplex whose every answer is proved by its dual.
//!
//! [`solve`] gives flows and potentials, or says why there is no answer and what shows it. [`verify()`] checks
//! an answer without trusting anything that the simplex did.

pub mod dimacs;
pub mod lagrange;

mod network;
mod refusal;
mod solution;

mod arcs;
mod certificate;
mod pivot;
mod pricing;
mod solver;
mod start;
mod tree;

mod bound;
mod verify;

pub use bound::dual_bound;
pub use network::{Arc, Network, UNBOUNDED};
pub use refusal::Refusal;
pub use solution::Solution;
pub use solver::Solver;
pub use verify::{Fault, verify};

#[cfg(test)]
mod tests;

/// The cheapest flow that meets every supply within every arc's bounds, or why there is none.
pub fn solve(network: &Network) -> Result<Solution, Refusal> {
    Solver::new(network)?.solve()
}
