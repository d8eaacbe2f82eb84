//! One line of JSON into a flat tape: every rule of reading a line is checked here.
//!
//! The tape keeps numbers by their digits and strings by their place in the line. While it is laid, the
//! payload is hashed as parsed JSON: equal whatever the order of keys, the spaces or the escapes. A line that
//! is written like one before it is laid by that one's shape, byte for byte beside its values.

mod lexical;
mod payload;
mod shape;
mod tape;
mod value;

#[cfg(test)]
mod tests;

pub use payload::mix;
pub use tape::Tape;
pub use value::{Kind, Value};
