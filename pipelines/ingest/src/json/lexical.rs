//! Where a value of JSON ends, byte by byte, and what its escapes stand for.

use super::value::Kind;

/// The position after spaces, tabs and line ends.
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The position of a text's closing quote, and whether it holds escapes; the position of what is wrong.
pub fn text_end(bytes: &[u8], mut at: usize) -> Result<(usize, bool), usize> {
    let mut escaped = false;
    loop {
        at = plain_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(_) => return Err(at),
            None => return Err(bytes.len()),
        }
    }
}

/// The position of the next quote, backslash or control character, or the end.
pub fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..at + 8) {
        let special = special_bytes(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

/// A bit in each byte that is a quote, a backslash or a control character; exact in the lowest such byte.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zero_bytes = |value: u64| value.wrapping_sub(ONES) & !value;
    let quote = zero_bytes(word ^ (ONES * b'"' as u64));
    let backslash = zero_bytes(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & (ONES * 0x80)
}

/// The kind and the end of the number that begins at `at` with a digit or `-`; the position of what is wrong.
pub fn number_end(bytes: &[u8], at: usize) -> Result<(Kind, usize), usize> {
    let digits = |from: usize| {
        bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = at + usize::from(bytes.get(at) == Some(&b'-'));
    let whole = digits(end);
    if whole == 0 || (whole > 1 && bytes[end] == b'0') {
        return Err(at);
    }
    end += whole;
    let mut kind = Kind::Integer;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return Err(end);
        }
        (kind, end) = (Kind::Fractional, end + 1 + fraction);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return Err(end);
        }
        (kind, end) = (Kind::Fractional, end + 1 + sign + exponent);
    }
    Ok((kind, end))
}

/// The kind and the end of `true`, `false` or `null`.
pub fn word_end(bytes: &[u8], at: usize) -> Option<(Kind, usize)> {
    match bytes.get(at..).unwrap_or_default() {
        [b't', b'r', b'u', b'e', ..] => Some((Kind::True, at + 4)),
        [b'f', b'a', b'l', b's', b'e', ..] => Some((Kind::False, at + 5)),
        [b'n', b'u', b'l', b'l', ..] => Some((Kind::Null, at + 4)),
        _ => None,
    }
}

/// Appends a text with its escapes resolved; `None` for an unknown escape or half a surrogate pair.
pub fn unescape(mut raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some(place) = memchr::memchr(b'\\', raw) {
        out.extend_from_slice(&raw[..place]);
        let (escape, rest) = raw[place + 1..].split_first()?;
        raw = rest;
        let simple = match escape {
            b'"' | b'\\' | b'/' => *escape,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (character, rest) = unicode_escape(raw)?;
                raw = rest;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        };
        out.push(simple);
    }
    out.extend_from_slice(raw);
    Some(())
}

fn unicode_escape(raw: &[u8]) -> Option<(char, &[u8])> {
    let unit = |raw: &[u8]| {
        let digits = std::str::from_utf8(raw.get(..4)?).ok()?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let high = unit(raw)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, &raw[4..]));
    }
    let low = unit(raw[4..].strip_prefix(b"\\u")?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, &raw[10..]))
}
