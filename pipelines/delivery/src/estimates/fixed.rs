//! Sums that do not depend on the order of their terms: each term is rounded once to a fixed point, then added
//! as an integer.

/// Bits behind the point: a term is off by less than a millionth of its unit.
const FRACTION_BITS: u32 = 20;
/// Bits of the lower half of a term.
const LOW_BITS: u32 = 46;
/// Terms that may be added before halves are put together again: neither half then passes an `i64`.
pub const TERMS_MAX: usize = 1 << 17;
/// The greatest absolute value of a term: a little less than 2⁷².
pub const TERM_MAX: f64 = 4.7e21;

/// A number in fixed point.
pub fn fixed(value: f64) -> i128 {
    (value * f64::from(1_u32 << FRACTION_BITS)).round() as i128
}

/// The number of a sum in fixed point.
pub fn float(sum: i128) -> f64 {
    sum as f64 / f64::from(1_u32 << FRACTION_BITS)
}

/// A term as two halves that frames of 64-bit integers can add; at most [`TERM_MAX`].
pub fn halves(value: f64) -> [i64; 2] {
    let whole = fixed(value);
    [(whole >> LOW_BITS) as i64, (whole & ((1 << LOW_BITS) - 1)) as i64]
}

/// The sum of which halves were added.
pub fn whole(high: i128, low: i128) -> i128 {
    (high << LOW_BITS) + low
}
