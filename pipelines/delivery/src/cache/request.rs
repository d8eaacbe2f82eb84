//! One request as a replay sees it.

/// No later request asks for the object.
pub const NEVER: u64 = u64::MAX;

/// Sizes are below this: the bits above are a policy's marks.
pub const BYTES_LIMIT: u64 = 1 << 56;

/// A request of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The object's dense number.
    pub object: u32,
    /// The object's size, below [`BYTES_LIMIT`].
    pub bytes: u64,
    /// The place of the next request of the object, [`NEVER`] where there is none. Only its order counts.
    pub next: u64,
}
