//! Bytes of a line, pushed without formatting machinery: numbers, times, identifiers.

use crate::amounts::Amount;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// A plain integer.
pub fn push_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// An integer with leading zeros to `width`.
pub fn push_padded(out: &mut Vec<u8>, number: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut rest = number;
    for at in (start..start + width).rev() {
        out[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Thousandths as a decimal: 483 is `0.483`.
pub fn push_thousandths(out: &mut Vec<u8>, number: u64) {
    push_number(out, number / 1_000);
    out.push(b'.');
    push_padded(out, number % 1_000, 3);
}

/// An amount with exactly its currency's digits, as `schemas::money::format` writes it.
pub fn push_amount(out: &mut Vec<u8>, amount: Amount) {
    let digits = amount.currency.digits();
    if amount.units < 0 {
        out.push(b'-');
    }
    let Ok(magnitude) = u64::try_from(amount.units.unsigned_abs()) else {
        let text = schemas::money::format(amount.units.abs(), digits);
        out.extend_from_slice(text.as_bytes());
        return;
    };
    push_number(out, magnitude / 1_000_000_000);
    if digits > 0 {
        out.push(b'.');
        let fraction = (magnitude % 1_000_000_000) / 10_u64.pow(9 - u32::from(digits));
        push_padded(out, fraction, usize::from(digits));
    }
}

/// How a time is written: all are the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeStyle {
    /// `2026-11-20T12:34:56.789Z`
    #[default]
    Zulu,
    /// `2026-11-20T14:34:56.789+02:00`
    Offset,
    /// `2026-11-20t12:34:56.789123z`: lower case, finer digits than the others.
    Lower,
}

/// An instant in epoch milliseconds.
pub fn push_time(out: &mut Vec<u8>, at_ms: i64, style: TimeStyle) {
    let (shift, separator, end): (i64, u8, &[u8]) = match style {
        TimeStyle::Zulu => (0, b'T', b"Z"),
        TimeStyle::Offset => (2 * 3_600_000, b'T', b"+02:00"),
        TimeStyle::Lower => (0, b't', b"000z"),
    };
    let local = at_ms + shift;
    push_date(out, local.div_euclid(DAY_MS));
    out.push(separator);
    let in_day = local.rem_euclid(DAY_MS) as u64;
    push_clock(out, in_day / 1_000);
    out.push(b'.');
    push_padded(out, in_day % 1_000, 3);
    out.extend_from_slice(end);
}

/// `12:34:56` from seconds of a day.
pub fn push_clock(out: &mut Vec<u8>, seconds: u64) {
    push_padded(out, seconds / 3_600, 2);
    out.push(b':');
    push_padded(out, seconds / 60 % 60, 2);
    out.push(b':');
    push_padded(out, seconds % 60, 2);
}

/// `2026-11-20` from days since 1970 (Howard Hinnant's `civil_from_days`).
pub fn push_date(out: &mut Vec<u8>, epoch_day: i64) {
    let shifted = epoch_day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    push_padded(out, year as u64, 4);
    out.push(b'-');
    push_padded(out, month as u64, 2);
    out.push(b'-');
    push_padded(out, day as u64, 2);
}

const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `count` characters of base 32, the highest first: as texts they sort as the numbers do.
pub fn push_base32(out: &mut Vec<u8>, number: u64, count: u32) {
    for place in (0..count).rev() {
        out.push(BASE32[((number >> (5 * place)) & 31) as usize]);
    }
}

/// An identifier that looks drawn and is unique below 2^50: multiplying by an odd number is a bijection.
pub fn push_id(out: &mut Vec<u8>, prefix: &str, number: u64) {
    out.extend_from_slice(prefix.as_bytes());
    push_base32(out, number.wrapping_add(1).wrapping_mul(0x3_7A69_B9D5_1F2B) & ((1 << 50) - 1), 10);
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Lower-case hex.
pub fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

/// A text of ASCII bytes that this module's functions wrote.
pub fn ascii(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;
    use crate::amounts::Currency;

    #[test]
    fn dates_are_chronos() {
        for epoch_day in (-800..60_000).step_by(13) {
            let expected = NaiveDate::default() + chrono::TimeDelta::days(epoch_day);
            assert_eq!(ascii(|out| push_date(out, epoch_day)), expected.to_string());
        }
    }

    #[test]
    fn every_time_style_is_the_same_instant() {
        let at_ms = 1_795_178_097_200;
        for style in [TimeStyle::Zulu, TimeStyle::Offset, TimeStyle::Lower] {
            let text = ascii(|out| push_time(out, at_ms, style));
            assert_eq!(DateTime::parse_from_rfc3339(&text).unwrap().timestamp_millis(), at_ms, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_as_the_schema_writes_them() {
        for currency in Currency::all() {
            for minor in [0_i128, 1, 7, 10, 99, 1_250, 123_456_789, 10_i128.pow(17)] {
                let units = minor * currency.minor();
                for units in [units, -units] {
                    let text = ascii(|out| push_amount(out, Amount { units, currency }));
                    let expected = schemas::money::format(units, currency.digits());
                    assert_eq!(text, expected);
                }
            }
        }
    }
}
