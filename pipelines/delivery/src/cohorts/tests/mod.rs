//! Cohorts: what viewers weigh, and how distributions shrink.
