//! Exact decimals on the wire: any integer of any scale, in text and in PostgreSQL's digits of base 10,000.

use bytes::{BufMut, BytesMut};

/// Sign of a negative number in the binary form.
const NEGATIVE: u16 = 0x4000;

/// Writes a decimal as text. `digits` are those of its absolute value as an integer, without leading zeros but for
/// zero itself; the last `scale` of them stand behind the point.
pub fn text(digits: &str, negative: bool, scale: usize, out: &mut BytesMut) {
    if negative {
        out.put_u8(b'-');
    }
    let whole = digits.len().saturating_sub(scale);
    out.put_slice(if whole == 0 { b"0" } else { &digits.as_bytes()[..whole] });
    if scale > 0 {
        out.put_u8(b'.');
        out.put_bytes(b'0', scale - digits.len().min(scale));
        out.put_slice(&digits.as_bytes()[whole..]);
    }
}

/// Writes the same in the binary form: count of digits, weight of the first, sign, scale, digits.
pub fn binary(digits: &str, negative: bool, scale: usize, out: &mut BytesMut) {
    let bytes = digits.as_bytes();
    let whole = bytes.len().saturating_sub(scale);
    // Digits of base 10,000 to the left of the point, and to its right.
    let left = whole.div_ceil(4);
    let right = scale.div_ceil(4);
    let digit_at = |place: usize| {
        // Counted from the first decimal digit of the left-most group: both ends are filled up with zeros.
        let index = if place < left * 4 {
            (place + whole).checked_sub(left * 4)
        } else {
            (place - left * 4 + bytes.len()).checked_sub(scale).filter(|index| *index >= whole)
        };
        index.and_then(|index| bytes.get(index)).map_or(0, |byte| u16::from(byte - b'0'))
    };
    let group = |number: usize| (0..4).fold(0, |sum, at| sum * 10 + digit_at(number * 4 + at));
    let count = left + right;
    let first = (0..count).find(|number| group(*number) != 0).unwrap_or(count);
    let last = (0..count).rev().find(|number| group(*number) != 0).map_or(first, |last| last + 1);
    out.put_u16((last - first) as u16);
    out.put_i16(if first == count { 0 } else { left as i16 - first as i16 - 1 });
    out.put_u16(if negative && first < count { NEGATIVE } else { 0 });
    out.put_u16(scale as u16);
    (first..last).for_each(|number| out.put_u16(group(number)));
}

/// Digits that a value may have.
const DIGITS_MAX: u32 = 38;

/// Reads a decimal as an integer and its scale; none where it is none, or has more digits than fit.
pub fn read_text(text: &str) -> Option<(i128, i8)> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + part.len() == 0 || !(whole.bytes().chain(part.bytes())).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let value =
        format!("{whole}{part}").parse::<i128>().ok().filter(|value| *value < 10i128.pow(DIGITS_MAX))?;
    Some((if negative { -value } else { value }, i8::try_from(part.len()).ok().filter(|scale| *scale <= 38)?))
}

/// Reads the binary form.
pub fn read_binary(bytes: &[u8]) -> Option<(i128, i8)> {
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (count, weight, sign, scale) = (usize::from(word(0)?), word(2)? as i16, word(4)?, word(6)?);
    if !matches!(sign, 0 | NEGATIVE) || bytes.len() != 8 + 2 * count || scale > 38 {
        return None;
    }
    let group = |place: i32| match usize::try_from(i32::from(weight) - place) {
        Ok(index) if index < count => word(8 + 2 * index).filter(|group| *group < 10_000),
        _ => Some(0),
    };
    let mut digits = String::new();
    for place in (-(i32::from(scale).div_euclid(4) + 1)..=i32::from(weight.max(0))).rev() {
        digits.push_str(&format!("{:04}", group(place)?));
    }
    let kept = digits.len() - 4 * (usize::from(scale) / 4 + 1) + usize::from(scale);
    let value = digits[..kept].parse::<i128>().ok().filter(|value| *value < 10i128.pow(DIGITS_MAX))?;
    Some((if sign == NEGATIVE { -value } else { value }, scale as i8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texted(value: i128, scale: usize) -> String {
        let mut out = BytesMut::new();
        text(&value.unsigned_abs().to_string(), value < 0, scale, &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    /// Reads the binary form back as PostgreSQL documents it: sum of digit × 10000^(weight − place).
    fn read(value: i128, scale: usize) -> (String, u16) {
        let mut out = BytesMut::new();
        binary(&value.unsigned_abs().to_string(), value < 0, scale, &mut out);
        let word = |at: usize| u16::from_be_bytes([out[at], out[at + 1]]);
        let (count, weight, sign, stated) = (word(0), word(2) as i16, word(4), word(6));
        assert_eq!(out.len(), 8 + 2 * usize::from(count));
        let groups = |place: i16| match usize::try_from(weight - place) {
            Ok(index) if index < usize::from(count) => word(8 + 2 * index),
            _ => 0,
        };
        let whole =
            (0..=weight.max(0)).rev().map(|place| format!("{:04}", groups(place))).collect::<String>();
        let right = (1..=(scale.div_ceil(4) as i16))
            .map(|place| format!("{:04}", groups(-place)))
            .collect::<String>();
        let whole = whole.trim_start_matches('0');
        let sign = if sign == NEGATIVE { "-" } else { "" };
        let point = if scale > 0 { format!(".{}", &right[..scale]) } else { String::new() };
        (format!("{sign}{}{point}", if whole.is_empty() { "0" } else { whole }), stated)
    }

    #[test]
    fn known_values() {
        assert_eq!(texted(12_500_000_000, 9), "12.500000000");
        assert_eq!(texted(-1, 9), "-0.000000001");
        assert_eq!(texted(0, 2), "0.00");
        assert_eq!(texted(i128::MAX, 0), "170141183460469231731687303715884105727");
        let mut out = BytesMut::new();
        binary("12500000000", false, 9, &mut out);
        assert_eq!(out.to_vec(), [0, 2, 0, 0, 0, 0, 0, 9, 0, 12, 0x13, 0x88]);
        let mut zero = BytesMut::new();
        binary("0", false, 9, &mut zero);
        assert_eq!(zero.to_vec(), [0, 0, 0, 0, 0, 0, 0, 9]);
    }

    #[test]
    fn what_is_no_decimal_is_not_read() {
        for text in
            ["", ".", "-", "1e5", "NaN", "1.2.3", "0x1", "1,5", "123456789012345678901234567890123456789"]
        {
            assert_eq!(read_text(text), None, "{text}");
        }
        assert_eq!(read_text("-12.50"), Some((-1250, 2)));
        for bytes in [
            &[][..],
            &[0, 1, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 0xc0, 0, 0, 0],
            &[0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
        ] {
            assert_eq!(read_binary(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in -(10i128.pow(38) - 1)..10i128.pow(38), scale in 0usize..=38) {
            let mut out = BytesMut::new();
            binary(&value.unsigned_abs().to_string(), value < 0, scale, &mut out);
            prop_assert_eq!(read_binary(&out), Some((value, scale as i8)));
            prop_assert_eq!(read_text(&texted(value, scale)), Some((value, scale as i8)));
        }

        #[test]
        fn both_forms_say_the_same(value: i128, scale in 0usize..=38) {
            prop_assert_eq!(read(value, scale), (texted(value, scale), scale as u16));
        }

        #[test]
        fn so_do_small_values(value in -100_000_i128..100_000, scale in 0usize..=12) {
            prop_assert_eq!(read(value, scale), (texted(value, scale), scale as u16));
        }
    }
}
