//! Exact decimals by hand: reading, showing, multiplying and rounding. An amount is an `i128` of 10^-9.
//!
//! Readings:
//! - `-0` and `-0.00` are decimals and equal zero.
//! - A percentage or a rate has no currency: it may carry any number of digits and compares by value.

/// Digits behind the point that an amount carries.
pub const SCALE: usize = 9;

/// An amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Units of 10^-9.
    pub amount: i128,
    pub currency: String,
}

/// How a product is brought to a currency's exponent; `Down` is toward zero, `Up` away from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    HalfAway,
    HalfEven,
    Down,
    Up,
}

/// Whether a text is `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
pub fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// Reads an amount with at most `exponent` digits behind the point and an absolute value below 10^19.
pub fn read(text: &str, exponent: usize) -> Option<i128> {
    if !is_decimal(text) {
        return None;
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    // No leading zeros, so 19 digits are exactly the numbers below 10^19.
    if whole.len() > 19 || fraction.len() > exponent {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<SCALE$}").parse().ok()?;
    Some(if text.starts_with('-') { -units } else { units })
}

/// Reads a manifest's sum: any decimal with up to 9 digits behind the point.
pub fn read_sum(text: &str) -> Option<i128> {
    if !is_decimal(text) {
        return None;
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > SCALE {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<SCALE$}").parse().ok()?;
    Some(if text.starts_with('-') { -units } else { units })
}

/// The shortest text of a decimal, by which two decimals of any length are compared.
pub fn canonical(text: &str) -> String {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if short == "-0" { "0".to_string() } else { short.to_string() }
}

/// An amount with all its nine digits.
pub fn show(units: i128) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let one = 10i128.pow(SCALE as u32).unsigned_abs();
    format!("{sign}{}.{:09}", units.unsigned_abs() / one, units.unsigned_abs() % one)
}

/// `round(units × factor)` at `exponent` digits, by schoolbook multiplication on decimal digits, so that a
/// factor may be of any length. None where the product has no room in an `i128`.
pub fn product(units: i128, factor: &str, exponent: usize, rounding: Rounding) -> Option<i128> {
    let unsigned = factor.strip_prefix('-').unwrap_or(factor);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = multiply(&units.unsigned_abs().to_string(), &format!("{whole}{fraction}"));
    // The point stands SCALE + fraction digits from the right; `exponent` of those are kept.
    let dropped = SCALE + fraction.len() - exponent;
    let padded = format!("{digits:0>width$}", width = dropped + 1);
    let (kept, rest) = padded.split_at(padded.len() - dropped);
    let mut rounded: i128 = kept.parse().ok()?;
    if rounds_up(rounded, rest, rounding) {
        rounded += 1;
    }
    let rounded = rounded.checked_mul(10i128.pow((SCALE - exponent) as u32))?;
    Some(if (units < 0) != factor.starts_with('-') { -rounded } else { rounded })
}

/// Whether the digits cut off push the last kept digit away from zero.
fn rounds_up(kept: i128, rest: &str, rounding: Rounding) -> bool {
    let nothing = rest.bytes().all(|digit| digit == b'0');
    let half = format!("5{:0>width$}", "", width = rest.len().saturating_sub(1));
    match rounding {
        _ if nothing => false,
        Rounding::Down => false,
        Rounding::Up => true,
        // Texts of one length compare as their numbers do.
        Rounding::HalfAway => rest >= half.as_str(),
        Rounding::HalfEven => rest > half.as_str() || (rest == half && kept % 2 == 1),
    }
}

fn multiply(left: &str, right: &str) -> String {
    let mut cells = vec![0u32; left.len() + right.len()];
    for (i, a) in left.bytes().rev().enumerate() {
        for (j, b) in right.bytes().rev().enumerate() {
            let mut place = i + j;
            cells[place] += u32::from(a - b'0') * u32::from(b - b'0');
            while cells[place] > 9 {
                cells[place + 1] += cells[place] / 10;
                cells[place] %= 10;
                place += 1;
            }
        }
    }
    let text: String = cells.iter().rev().map(u32::to_string).collect();
    let short = text.trim_start_matches('0');
    if short.is_empty() { "0".to_string() } else { short.to_string() }
}
