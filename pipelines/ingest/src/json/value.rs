//! One value on the tape of a line.

use std::borrow::Cow;

use super::lexical::unescape;

/// What stands at a place of the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    /// The key of the member that follows it.
    Key,
    Text,
    Integer,
    Fractional,
    True,
    False,
    Null,
}

/// A value by its place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// Whether a text holds escapes.
    pub escaped: bool,
    pub start: u32,
    /// Of an object or array its start: where it ends in the line is nobody's question.
    pub end: u32,
    /// Index after its last child.
    pub next: u32,
}

/// One value on the tape.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    tokens: &'a [Token],
    line: &'a str,
    index: u32,
}

impl<'a> Value<'a> {
    /// The outermost value of a tape.
    pub fn outermost(tokens: &'a [Token], line: &'a str) -> Self {
        Self { tokens, line, index: 0 }
    }

    fn token(&self) -> &'a Token {
        &self.tokens[self.index as usize]
    }

    /// Its JSON type.
    pub fn kind(&self) -> Kind {
        self.token().kind
    }

    /// The text between the quotes with its escapes resolved; for numbers and words the literal as written,
    /// for objects and arrays nothing.
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
