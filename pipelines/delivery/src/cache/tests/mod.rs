//! Small traces worked by hand, and what must hold on any trace.

mod hand;
mod properties;
