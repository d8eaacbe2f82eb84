//! Percent-decoding of values that were encoded once, twice or not at all.

use std::borrow::Cow;

/// Decodes `%XX` once; a percent sign that starts no pair stays, and so does a text that would not be UTF-8.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair
            .filter(|pair| bytes[at] == b'%' && pair.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Decodes until nothing changes, at most three times: logs of some years were encoded twice.
pub fn decode_fully(text: &str) -> Cow<'_, str> {
    let mut decoded = decode(text);
    for _ in 0..2 {
        match decode(&decoded) {
            Cow::Borrowed(_) => break,
            Cow::Owned(further) if further == *decoded => break,
            Cow::Owned(further) => decoded = Cow::Owned(further),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_encoded() {
        for (text, once, fully) in [
            ("a", "a", "a"),
            ("a%20b", "a b", "a b"),
            ("a%2520b", "a%20b", "a b"),
            ("100%", "100%", "100%"),
            ("%zz", "%zz", "%zz"),
            ("%ff", "%ff", "%ff"),
            ("%F0%9F%98%80", "😀", "😀"),
        ] {
            assert_eq!((decode(text).as_ref(), decode_fully(text).as_ref()), (once, fully), "{text}");
        }
    }
}
