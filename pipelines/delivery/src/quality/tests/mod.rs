//! The core held against itself: brute force, bounds, the published simulator, and what must not change anything.

mod published;
