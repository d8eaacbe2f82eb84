//! Delivery logs into tomorrow's routes, caches and quality: pure planners, no storage, no engine.

pub mod cache;
pub mod cohorts;
pub mod estimates;
pub mod flow;
pub mod quality;
pub mod route;
pub mod strategy;
pub mod viewing;
