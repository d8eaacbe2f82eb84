//! Sessions rebuilt from records.
