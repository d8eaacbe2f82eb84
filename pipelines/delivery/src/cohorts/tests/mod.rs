//! Cohorts: what viewers weigh, how distributions shrink, and what a plan is given to go by.

mod gathered;
mod shrunk;
