//! Properties of the estimates: what holds whatever is measured.

mod credibility;
mod model;
mod quantities;
mod reading;
mod support;
