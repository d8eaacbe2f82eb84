//! The hash of a payload as parsed JSON: a sum over its values, each mixed with the path that leads to it.
//!
//! A sum knows no order, so that neither that of keys matters nor which way the values were found. What is
//! null adds nothing: an absent key equals it. An array adds its length, so that a null in it counts.

use xxhash_rust::xxh3::xxh3_64;

/// The path of the outermost object.
pub const ROOT: u64 = 0x27d4_eb2f_1656_67c5;

const OBJECT: u64 = 0xa076_1d64_78bd_642f;
const ARRAY: u64 = 0xe703_7ed1_a0b4_28db;
const TEXT: u64 = 0x8ebc_6af0_9c88_c6e3;
const NUMBER: u64 = 0x5899_65cc_7537_4cc3;
const BOOLEAN: u64 = 0x1d8e_4e27_c47d_124f;

/// Two hashes into one, in order (the multiply-and-fold of wyhash).
pub fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left ^ 0x9e37_79b9_7f4a_7c15) * u128::from(right ^ 0xc2b2_ae3d_27d4_eb4f);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of a key.
pub fn key(content: &[u8]) -> u64 {
    xxh3_64(content)
}

/// The path of a member, by the hash of its key.
pub fn member(path: u64, key: u64) -> u64 {
    mix(path, key)
}

/// The path of an array's item.
pub fn item(path: u64, index: u64) -> u64 {
    mix(path ^ ARRAY, index)
}

/// What an object adds beside its members.
pub fn object(path: u64) -> u64 {
    mix(path ^ OBJECT, 0)
}

/// What an array adds beside its items.
pub fn array(path: u64, length: u64) -> u64 {
    mix(path ^ ARRAY, !length)
}

/// What a text adds, its escapes resolved.
pub fn text(path: u64, content: &[u8]) -> u64 {
    mix(path ^ TEXT, xxh3_64(content))
}

/// What a number adds, as written.
pub fn number(path: u64, digits: &[u8]) -> u64 {
    mix(path ^ NUMBER, xxh3_64(digits))
}

/// What `true` or `false` adds.
pub fn boolean(path: u64, value: bool) -> u64 {
    mix(path ^ BOOLEAN, u64::from(value))
}
