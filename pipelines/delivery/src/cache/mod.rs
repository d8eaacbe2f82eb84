//! What a cache would have done with a day's requests: policies, admission, the bound, and the plan for tomorrow.
//!
//! Nothing here reads a file or a clock. Requests name their objects by dense numbers, given out once by an
//! [`Interner`]; whatever is known of an object then stands at its number in a flat array.

pub mod intern;
pub mod request;

pub mod admission;
pub mod policy;
pub mod replay;

mod slots;

mod belady;
mod lru;
mod s3_fifo;
mod sieve;
mod tiny_lfu;

pub mod bound;

pub mod next_access;
pub mod record;

pub mod day;

pub mod choose;
pub mod contents;
pub mod curve;
pub mod key;
pub mod plan;
pub mod trial;

#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use bound::Bound;
pub use day::{Day, Limits, Row};
pub use intern::Interner;
pub use plan::{Plan, Planned, Settings};
pub use policy::Policy;
pub use replay::{Simulation, Tally};
pub use request::{NEVER, Request};
