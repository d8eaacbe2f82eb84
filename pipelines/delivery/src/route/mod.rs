//! Tomorrow's routes: which nodes serve which viewers, what happens when one fails, and how it went.
//!
//! [`plan()`] is a minimum-cost flow over cells, nodes and providers; its answer is proven by its dual. Everything
//! here is pure: same inputs, same plan.

mod inputs;
mod inventory;

mod cost;
mod instance;
mod network;
mod slow;
mod tail;

mod losses;
mod plan;
mod variants;

mod baselines;
mod judge;
mod off_policy;
mod score;
mod standing;

pub mod steering;

#[cfg(test)]
mod tests;

pub use baselines::{greedy, nearest};
pub use cost::{Refusal, bytes_of, gigabytes, rounded};
pub use inputs::{Cell, CellName, Estimate, Estimates, Flows, Node, Problem, Provider, Settings, Tier};
pub use instance::Instance;
pub use inventory::{Inventory, Offer, inventory, named};
pub use judge::{Case, Judged, Policy, actual, judge, realised};
pub use losses::{Loss, Lost};
pub use off_policy::{Interval, OffPolicy, Probes, estimate};
pub use plan::{Plan, plan};
pub use score::{Score, churn, flows_of_shares, score, slow_share};
pub use standing::{Standing, StandingCell, orders};
pub use tail::quantile_over;
pub use variants::{Fallback, Variant, by_flow, variants};
