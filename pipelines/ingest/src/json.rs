//! One line of JSON into a flat tape, in one pass: every rule of reading a line is checked here.
//!
//! The tape keeps numbers by their digits and strings by their place in the line. While it is laid, the
//! payload is hashed as parsed JSON: equal whatever the order of keys, the spaces or the escapes.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use crate::reason::{Reason, Rejection};

/// Most levels of nesting, the object itself being the first.
const LEVELS_MAX: usize = 128;
/// Stands for null in a payload's hash.
const NULL_HASH: u64 = 0;
/// Objects with fewer keys are searched for doubles key by key, larger ones once at their end.
const KEYS_SEARCHED: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    Text,
    Integer,
    Fractional,
    True,
    False,
    Null,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    /// Whether a text holds escapes.
    escaped: bool,
    start: u32,
    end: u32,
    /// Index after its last child.
    next: u32,
}

/// An object or array that is still open.
struct Frame {
    token: u32,
    keys_from: u32,
    is_object: bool,
    hash: u64,
    key: u64,
}

/// The tape of one line, kept from line to line for its memory.
#[derive(Default)]
pub struct Tape {
    tokens: Vec<Token>,
    frames: Vec<Frame>,
    keys: Vec<u64>,
    scratch: Vec<u8>,
    /// Hash of the payload that was parsed last.
    pub payload_hash: u64,
}

impl Tape {
    /// Lays the tape of a line that is one JSON object and nothing else.
    pub fn parse<'a>(&'a mut self, line: &'a str) -> Result<Value<'a>, Rejection> {
        self.tokens.clear();
        self.frames.clear();
        self.keys.clear();
        if line.len() >= u32::MAX as usize {
            return Err(Rejection::new(Reason::LineMustNotBeTooLong, String::new()));
        }
        let bytes = line.as_bytes();
        let start = skip_space(bytes, 0);
        if bytes.get(start) != Some(&b'{') {
            return Err(Rejection::new(Reason::LineMustHoldAnObject, format!("byte {start}")));
        }
        let end = self.values(bytes, start)?;
        let rest = skip_space(bytes, end);
        if rest < bytes.len() {
            return Err(Rejection::new(Reason::LineMustHoldOneObject, format!("byte {rest}")));
        }
        Ok(Value { tape: self, line, index: 0 })
    }

    /// Reads values until the outermost is closed; gives the position after it.
    fn values(&mut self, bytes: &[u8], mut at: usize) -> Result<usize, Rejection> {
        loop {
            // A value begins at `at`.
            let mut hash;
            match bytes.get(at) {
                Some(&open @ (b'{' | b'[')) => {
                    self.open(open == b'{', at)?;
                    at = skip_space(bytes, at + 1);
                    if bytes.get(at) == Some(&(open + 2)) {
                        (hash, at) = (self.close(at)?, at + 1);
                    } else {
                        if open == b'{' {
                            at = self.key(bytes, at)?;
                        }
                        continue;
                    }
                }
                Some(b'"') => (hash, at) = self.text(bytes, at)?,
                Some(b'-' | b'0'..=b'9') => (hash, at) = self.number(bytes, at)?,
                _ => (hash, at) = self.word(bytes, at)?,
            }
            // A value with that hash ended before `at`: what encloses it goes on, or is closed too.
            loop {
                let Some(frame) = self.frames.last_mut() else {
                    self.payload_hash = hash;
                    return Ok(at);
                };
                frame.hash = match frame.is_object {
                    // An absent key equals null.
                    true if hash == NULL_HASH => frame.hash,
                    true => frame.hash.wrapping_add(mix(frame.key, hash)),
                    false => mix(frame.hash ^ 0x51_7c_c1_b7, hash),
                };
                let close = if frame.is_object { b'}' } else { b']' };
                let is_object = frame.is_object;
                at = skip_space(bytes, at);
                match bytes.get(at) {
                    Some(b',') => {
                        at = skip_space(bytes, at + 1);
                        if is_object {
                            at = self.key(bytes, at)?;
                        }
                        break;
                    }
                    Some(byte) if *byte == close => (hash, at) = (self.close(at)?, at + 1),
                    _ => return Err(invalid(at)),
                }
            }
        }
    }

    fn open(&mut self, is_object: bool, at: usize) -> Result<(), Rejection> {
        if self.frames.len() == LEVELS_MAX {
            return Err(Rejection::new(Reason::NestingMustNotExceed128, format!("byte {at}")));
        }
        let token = self.tokens.len() as u32;
        let kind = if is_object { Kind::Object } else { Kind::Array };
        self.push(kind, false, at, at);
        self.frames.push(Frame { token, keys_from: self.keys.len() as u32, is_object, hash: 0, key: 0 });
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<u64, Rejection> {
        let Some(frame) = self.frames.pop() else { return Err(invalid(at)) };
        let next = self.tokens.len() as u32;
        let token = &mut self.tokens[frame.token as usize];
        (token.end, token.next) = (at as u32 + 1, next);
        let keys = &mut self.keys[frame.keys_from as usize..];
        if keys.len() > KEYS_SEARCHED {
            keys.sort_unstable();
            if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Rejection::new(Reason::KeysMustBeUnique, format!("object ending at byte {at}")));
            }
        }
        self.keys.truncate(frame.keys_from as usize);
        Ok(mix(frame.hash, if frame.is_object { 0xa0_76_1d_64 } else { 0xe7_03_7e_d1 }))
    }

    /// Reads `"key" :` and what blank follows; gives the position of its value.
    fn key(&mut self, bytes: &[u8], at: usize) -> Result<usize, Rejection> {
        if bytes.get(at) != Some(&b'"') {
            return Err(invalid(at));
        }
        let (hash, end) = self.text(bytes, at)?;
        if let Some(frame) = self.frames.last_mut() {
            let before = &self.keys[frame.keys_from as usize..];
            if before.len() < KEYS_SEARCHED && before.contains(&hash) {
                let key = String::from_utf8_lossy(&bytes[at..end]).into_owned();
                return Err(Rejection::new(Reason::KeysMustBeUnique, format!("key {key} at byte {at}")));
            }
            frame.key = hash;
            self.keys.push(hash);
        }
        let colon = skip_space(bytes, end);
        if bytes.get(colon) != Some(&b':') {
            return Err(invalid(colon));
        }
        Ok(skip_space(bytes, colon + 1))
    }

    fn text(&mut self, bytes: &[u8], at: usize) -> Result<(u64, usize), Rejection> {
        let start = at + 1;
        let (end, escaped) = text_end(bytes, start)?;
        self.push(Kind::Text, escaped, start, end);
        let hash = if escaped {
            self.scratch.clear();
            unescape(&bytes[start..end], &mut self.scratch).ok_or_else(|| invalid(start))?;
            xxh3_64(&self.scratch)
        } else {
            xxh3_64(&bytes[start..end])
        };
        Ok((mix(hash, 0x8e_bc_6a_f0), end + 1))
    }

    fn number(&mut self, bytes: &[u8], at: usize) -> Result<(u64, usize), Rejection> {
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut end = at + usize::from(bytes[at] == b'-');
        let whole = digits(end);
        if whole == 0 || (whole > 1 && bytes[end] == b'0') {
            return Err(invalid(at));
        }
        end += whole;
        let mut kind = Kind::Integer;
        if bytes.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            if fraction == 0 {
                return Err(invalid(end));
            }
            (kind, end) = (Kind::Fractional, end + 1 + fraction);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits((end + 1 + sign).min(bytes.len()));
            if exponent == 0 {
                return Err(invalid(end));
            }
            (kind, end) = (Kind::Fractional, end + 1 + sign + exponent);
        }
        self.push(kind, false, at, end);
        Ok((mix(xxh3_64(&bytes[at..end]), 0x58_99_65_cc), end))
    }

    fn word(&mut self, bytes: &[u8], at: usize) -> Result<(u64, usize), Rejection> {
        let rest = bytes.get(at..).unwrap_or_default();
        let (kind, length) = match rest {
            [b't', b'r', b'u', b'e', ..] => (Kind::True, 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Kind::False, 5),
            [b'n', b'u', b'l', b'l', ..] => (Kind::Null, 4),
            _ => return Err(invalid(at)),
        };
        self.push(kind, false, at, at + length);
        let hash = if kind == Kind::Null { NULL_HASH } else { mix(kind as u64, 0x1d_8e_4e_27) };
        Ok((hash, at + length))
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: usize, end: usize) {
        let next = self.tokens.len() as u32 + 1;
        self.tokens.push(Token { kind, escaped, start: start as u32, end: end as u32, next });
    }
}

/// One value on the tape.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    tape: &'a Tape,
    line: &'a str,
    index: u32,
}

impl<'a> Value<'a> {
    fn token(&self) -> Token {
        self.tape.tokens[self.index as usize]
    }

    /// Its JSON type.
    pub fn kind(&self) -> Kind {
        self.token().kind
    }

    /// The text between the quotes with its escapes resolved; for other kinds the literal as written.
    pub fn content(&self) -> Cow<'a, str> {
        let token = self.token();
        let raw = &self.line[token.start as usize..token.end as usize];
        if !token.escaped {
            return Cow::Borrowed(raw);
        }
        let mut resolved = Vec::with_capacity(raw.len());
        // The tape holds only texts whose escapes were resolved once before.
        let _ = unescape(raw.as_bytes(), &mut resolved);
        Cow::Owned(String::from_utf8_lossy(&resolved).into_owned())
    }

    /// The keys and values of an object, in order; nothing for other kinds.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> + use<'a> {
        let (value, end) = (*self, self.token().next);
        let mut index = if value.kind() == Kind::Object { value.index + 1 } else { end };
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let key = Value { index, ..value };
                let member = Value { index: index + 1, ..value };
                index = member.token().next;
                (key.content(), member)
            })
        })
    }

    /// The items of an array, in order; nothing for other kinds.
    pub fn items(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (value, end) = (*self, self.token().next);
        let mut index = if value.kind() == Kind::Array { value.index + 1 } else { end };
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let item = Value { index, ..value };
                index = item.token().next;
                item
            })
        })
    }
}

fn invalid(at: usize) -> Rejection {
    Rejection::new(Reason::LineMustBeJson, format!("byte {at}"))
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Two hashes into one, in order (the multiply-and-fold of wyhash).
pub fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left ^ 0x9e37_79b9_7f4a_7c15) * u128::from(right ^ 0xc2b2_ae3d_27d4_eb4f);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The position of the closing quote of a text, and whether it holds escapes.
fn text_end(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Rejection> {
    let mut escaped = false;
    loop {
        while let Some(word) = bytes.get(at..at + 8) {
            let special = special_bytes(u64::from_le_bytes(word.try_into().unwrap_or_default()));
            if special != 0 {
                at += special.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(byte) if *byte < 0x20 => return Err(invalid(at)),
            Some(_) => at += 1,
            None => return Err(invalid(bytes.len())),
        }
    }
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

/// Appends a text with its escapes resolved; `None` for an unknown escape or half a surrogate pair.
fn unescape(mut raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<u64, Reason> {
        let mut tape = Tape::default();
        let outcome = tape.parse(line).map(|_| ()).map_err(|rejection| rejection.reason);
        outcome.map(|()| tape.payload_hash)
    }

    #[test]
    fn refuses_what_is_no_single_object() {
        use Reason::*;
        let deep =
            |levels: usize| format!("{}{}{}", "{\"a\":".repeat(levels - 1), "{}", "}".repeat(levels - 1));
        assert!(check(&deep(128)).is_ok());
        assert_eq!(check(&deep(129)), Err(NestingMustNotExceed128));
        let many = (0..40).map(|i| format!("\"k{i}\":1")).collect::<Vec<_>>().join(",");
        assert!(check(&format!("{{{many}}}")).is_ok());
        assert_eq!(check(&format!("{{{many},\"k7\":2}}")), Err(KeysMustBeUnique));
        for (line, reason) in [
            ("", LineMustHoldAnObject),
            ("[1]", LineMustHoldAnObject),
            ("null", LineMustHoldAnObject),
            ("{", LineMustBeJson),
            ("{\"a\":1", LineMustBeJson),
            ("{\"a\":1,}", LineMustBeJson),
            ("{\"a\":[1,]}", LineMustBeJson),
            ("{\"a\":[1}", LineMustBeJson),
            ("{\"a\" 1}", LineMustBeJson),
            ("{a:1}", LineMustBeJson),
            ("{\"a\":NaN}", LineMustBeJson),
            ("{\"a\":-Infinity}", LineMustBeJson),
            ("{\"a\":01}", LineMustBeJson),
            ("{\"a\":1.}", LineMustBeJson),
            ("{\"a\":1e}", LineMustBeJson),
            ("{\"a\":-}", LineMustBeJson),
            ("{\"a\":+1}", LineMustBeJson),
            ("{\"a\":\"\u{1}\"}", LineMustBeJson),
            ("{\"a\":\"\t\"}", LineMustBeJson),
            ("{\"a\":\"\\x\"}", LineMustBeJson),
            ("{\"a\":\"\\ud800\"}", LineMustBeJson),
            ("{\"a\":\"\\", LineMustBeJson),
            ("{\"a\":tru}", LineMustBeJson),
            ("{} {}", LineMustHoldOneObject),
            ("{}x", LineMustHoldOneObject),
            ("{\"a\":1,\"a\":1}", KeysMustBeUnique),
            ("{\"b\":{\"a\":1,\"\\u0061\":2}}", KeysMustBeUnique),
        ] {
            assert_eq!(check(line), Err(reason), "{line}");
        }
    }

    #[test]
    fn equal_as_parsed_json_is_equal_in_hash() {
        let base = check(r#"{"a":"x/y","b":[1,2,{"c":null}],"d":1.0}"#);
        assert_eq!(base, check(" { \"d\" : 1.0 , \"b\":[ 1,2, {\"\\u0063\":null}],\"a\":\"x\\/\\u0079\" } "));
        assert_eq!(base, check(r#"{"a":"x/y","b":[1,2,{}],"d":1.0,"e":null}"#), "absent equals null");
        for other in [
            r#"{"a":"x/y","b":[1,2,{"c":null}],"d":1.00}"#,
            r#"{"a":"x/y","b":[2,1,{"c":null}],"d":1.0}"#,
            r#"{"a":"x/y","b":[1,2,{"c":false}],"d":1.0}"#,
            r#"{"a":"x/y","b":[1,2,{"c":null}],"d":"1.0"}"#,
            r#"{"b":"x/y","a":[1,2,{"c":null}],"d":1.0}"#,
            r#"{"a":"x/y","b":[1,2,{"c":null}]}"#,
            r#"{"a":"x/y","b":[1,2,null],"d":1.0}"#,
        ] {
            assert_ne!(base, check(other), "{other}");
        }
    }

    #[test]
    fn values_are_read_back() {
        let mut tape = Tape::default();
        let value = tape.parse("{\"a\":[1,-2.5],\"b\":\"\\ud83d\\ude00\\n\",\"c\":{}}").unwrap();
        let members: Vec<_> = value.members().collect();
        assert_eq!(members.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["a", "b", "c"]);
        let items: Vec<_> = members[0].1.items().map(|item| item.content().into_owned()).collect();
        assert_eq!(items, ["1", "-2.5"]);
        assert_eq!(members[1].1.content(), "😀\n");
        assert_eq!(members[2].1.members().count(), 0);
    }
}
