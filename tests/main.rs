//! Every test that crosses a crate's boundary, in one binary: each that links the engine takes long.

mod auditor;
mod judge;

mod support;

mod bad_input;
mod books;
mod cache;
mod command_line;
mod creators;
mod delivery;
mod estimates;
mod explain;
mod insights;
mod kill;
mod ledger;
mod night;
mod order;
mod privacy;
mod properties;
mod pruning;
mod quality;
mod quality_replay;
mod quality_report;
mod report;
mod resolve;
mod route;
mod serve;
mod solve;
mod strategy;
mod subscriptions;
mod tidy;
