//! Delivery logs into tomorrow's routes and caches: pure planners, no storage, no engine.

pub mod estimates;

pub mod flow;
pub mod route;
