//! A small recursive JSON reader that keeps number literals and refuses what the contract refuses.
//!
//! Readings:
//! - The outermost object is level 1; level 128 is allowed, level 129 is not. Scalars are no level.
//! - A control character is U+0000 to U+001F written raw within a text; escaped it is fine.
//! - An escaped lone surrogate is no Unicode text: the line is refused, under unknown keys too.
//! - Keys are compared after their escapes are resolved.

use std::collections::BTreeMap;

/// One parsed JSON value. Equality is the contract's "equal as parsed JSON": key order, spaces and
/// escapes do not count, the digits of a number do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The literal, digit for digit.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

const LEVELS_MAX: usize = 128;

/// Why a text is not acceptable JSON; only told to people, never compared.
pub type Refusal = &'static str;

impl Json {
    /// Parses a whole line: one value, nothing but white space around it.
    pub fn parse(line: &[u8]) -> Result<Json, Refusal> {
        let text = std::str::from_utf8(line).map_err(|_| "invalid_utf8")?;
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value(0)?;
        reader.spaces();
        if reader.at == reader.bytes.len() { Ok(value) } else { Err("something_after_the_value") }
    }

    /// A member of an object; an absent key equals `null`.
    pub fn member(&self, key: &str) -> &Json {
        match self {
            Json::Object(members) => members.get(key).unwrap_or(&Json::Null),
            _ => &Json::Null,
        }
    }

    /// The same value without members that are `null`, at every level, since an absent key equals `null`:
    /// two payloads that differ in nothing else are the same payload. Nulls in lists stay.
    pub fn without_nulls(self) -> Json {
        match self {
            Json::List(items) => Json::List(items.into_iter().map(Json::without_nulls).collect()),
            Json::Object(members) => {
                let stated = members.into_iter().filter(|(_, value)| *value != Json::Null);
                Json::Object(stated.map(|(key, value)| (key, value.without_nulls())).collect())
            }
            scalar => scalar,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Consumes `byte` if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Refusal> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err("unknown_word")
        }
    }

    /// One value; `levels` is how many lists and objects already surround it.
    fn value(&mut self, levels: usize) -> Result<Json, Refusal> {
        self.spaces();
        match self.peek().ok_or("value_missing")? {
            b'{' if levels == LEVELS_MAX => Err("too_many_levels"),
            b'[' if levels == LEVELS_MAX => Err("too_many_levels"),
            b'{' => self.object(levels + 1),
            b'[' => self.list(levels + 1),
            b'"' => Ok(Json::Text(self.text()?)),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err("unknown_value"),
        }
    }

    fn object(&mut self, levels: usize) -> Result<Json, Refusal> {
        self.at += 1;
        let mut members = BTreeMap::new();
        self.spaces();
        if self.take(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.spaces();
            let key = self.text()?;
            self.spaces();
            if !self.take(b':') {
                return Err("colon_missing");
            }
            let value = self.value(levels)?;
            if members.insert(key, value).is_some() {
                return Err("key_twice");
            }
            self.spaces();
            if self.take(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.take(b',') {
                return Err("comma_missing");
            }
        }
    }

    fn list(&mut self, levels: usize) -> Result<Json, Refusal> {
        self.at += 1;
        let mut items = Vec::new();
        self.spaces();
        if self.take(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(levels)?);
            self.spaces();
            if self.take(b']') {
                return Ok(Json::List(items));
            }
            if !self.take(b',') {
                return Err("comma_missing");
            }
        }
    }

    fn digits(&mut self) -> Result<(), Refusal> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err("digit_missing") }
    }

    fn number(&mut self) -> Result<Json, Refusal> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        let literal = &self.bytes[start..self.at];
        Ok(Json::Number(String::from_utf8_lossy(literal).into_owned()))
    }

    fn text(&mut self) -> Result<String, Refusal> {
        if !self.take(b'"') {
            return Err("quote_missing");
        }
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek().ok_or("quote_missing")?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(bytes).map_err(|_| "invalid_utf8"),
                0x00..=0x1f => return Err("raw_control_character"),
                b'\\' => {
                    let letter = self.escape()?;
                    bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
                }
                other => bytes.push(other),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let byte = self.peek().ok_or("quote_missing")?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err("unknown_escape"),
        })
    }

    /// The code point after `\u`, its second half too where the first is a high surrogate.
    fn code_point(&mut self) -> Result<char, Refusal> {
        let first = self.four_hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or("lone_surrogate");
        }
        if !(self.take(b'\\') && self.take(b'u')) {
            return Err("lone_surrogate");
        }
        let second = self.four_hex()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err("lone_surrogate");
        }
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or("lone_surrogate")
    }

    fn four_hex(&mut self) -> Result<u32, Refusal> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16)).ok_or("hex_missing")?;
            self.at += 1;
            code = code * 16 + digit;
        }
        Ok(code)
    }
}
