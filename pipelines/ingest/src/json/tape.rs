//! The tape of one line, laid in one pass with every rule of the contract checked on the way.

use super::lexical::{number_end, skip_space, text_end, unescape, word_end};
use super::payload;
use super::shape::{Mark, Shapes};
use super::value::{Kind, Token, Value};
use crate::reason::{Reason, Rejection};

/// Most levels of nesting, the object itself being the first.
const LEVELS_MAX: usize = 128;
/// Objects with fewer keys are searched for doubles key by key, larger ones once at their end.
const KEYS_SEARCHED: usize = 32;

/// An object or array that is still open.
struct Frame {
    token: u32,
    keys_from: u32,
    is_object: bool,
    path: u64,
    /// Values begun in it, of an array.
    length: u64,
    /// Path of the value that comes next in it.
    next_path: u64,
}

/// The tape of one line, kept from line to line for its memory.
#[derive(Default)]
pub struct Tape {
    tokens: Vec<Token>,
    /// What each token adds to the payload's hash.
    marks: Vec<Mark>,
    frames: Vec<Frame>,
    keys: Vec<u64>,
    scratch: Vec<u8>,
    shapes: Shapes,
    /// Hash of the payload that was parsed last.
    pub payload_hash: u64,
}

impl Tape {
    /// Lays the tape of a line that is one JSON object and nothing else.
    pub fn parse<'a>(&'a mut self, line: &'a str) -> Result<Value<'a>, Rejection> {
        if line.len() >= u32::MAX as usize {
            return Err(Rejection::new(Reason::LineMustNotBeTooLong, String::new()));
        }
        let bytes = line.as_bytes();
        if let Some(hash) = self.shapes.lay(bytes, &mut self.tokens) {
            self.payload_hash = hash;
        } else {
            self.lay(bytes)?;
            self.shapes.learn(bytes, &self.tokens, &self.marks);
        }
        Ok(Value::outermost(&self.tokens, line))
    }

    #[cfg(test)]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    #[cfg(test)]
    pub fn shapes_known(&self) -> usize {
        self.shapes.len()
    }

    fn lay(&mut self, bytes: &[u8]) -> Result<(), Rejection> {
        self.tokens.clear();
        self.marks.clear();
        self.frames.clear();
        self.keys.clear();
        self.payload_hash = 0;
        let start = skip_space(bytes, 0);
        if bytes.get(start) != Some(&b'{') {
            return Err(Rejection::new(Reason::LineMustHoldAnObject, format!("byte {start}")));
        }
        let end = self.values(bytes, start)?;
        let rest = skip_space(bytes, end);
        if rest < bytes.len() {
            return Err(Rejection::new(Reason::LineMustHoldOneObject, format!("byte {rest}")));
        }
        Ok(())
    }

    /// Reads values until the outermost is closed; gives the position after it.
    fn values(&mut self, bytes: &[u8], mut at: usize) -> Result<usize, Rejection> {
        loop {
            // A value begins at `at`.
            let path = self.frames.last().map_or(payload::ROOT, |frame| frame.next_path);
            match bytes.get(at) {
                Some(&open @ (b'{' | b'[')) => {
                    self.open(open == b'{', path, at)?;
                    at = skip_space(bytes, at + 1);
                    if bytes.get(at) == Some(&(open + 2)) {
                        self.close(at)?;
                        at += 1;
                    } else {
                        at = self.begin_value(bytes, at)?;
                        continue;
                    }
                }
                Some(b'"') => at = self.text(bytes, at, path)?,
                Some(b'-' | b'0'..=b'9') => {
                    let (kind, end) = number_end(bytes, at).map_err(invalid)?;
                    self.push(kind, false, at, end, path, payload::number(path, &bytes[at..end]));
                    at = end;
                }
                _ => at = self.word(bytes, at, path)?,
            }
            // A value ended before `at`: what encloses it goes on, or is closed too.
            loop {
                let Some(frame) = self.frames.last() else { return Ok(at) };
                let close = if frame.is_object { b'}' } else { b']' };
                at = skip_space(bytes, at);
                match bytes.get(at) {
                    Some(b',') => {
                        at = skip_space(bytes, at + 1);
                        at = self.begin_value(bytes, at)?;
                        break;
                    }
                    Some(byte) if *byte == close => {
                        self.close(at)?;
                        at += 1;
                    }
                    _ => return Err(invalid(at)),
                }
            }
        }
    }

    /// Says which path the next value of the innermost object or array has; gives where it begins.
    fn begin_value(&mut self, bytes: &[u8], at: usize) -> Result<usize, Rejection> {
        let Some(frame) = self.frames.last_mut() else { return Err(invalid(at)) };
        if frame.is_object {
            return self.key(bytes, at);
        }
        frame.next_path = payload::item(frame.path, frame.length);
        frame.length += 1;
        Ok(at)
    }

    fn open(&mut self, is_object: bool, path: u64, at: usize) -> Result<(), Rejection> {
        if self.frames.len() == LEVELS_MAX {
            return Err(Rejection::new(Reason::NestingMustNotExceed128, format!("byte {at}")));
        }
        let (token, keys_from) = (self.tokens.len() as u32, self.keys.len() as u32);
        let kind = if is_object { Kind::Object } else { Kind::Array };
        // What it adds is known at its end.
        self.push(kind, false, at, at, path, 0);
        self.frames.push(Frame { token, keys_from, is_object, path, length: 0, next_path: path });
        Ok(())
    }

    fn close(&mut self, at: usize) -> Result<(), Rejection> {
        let Some(frame) = self.frames.pop() else { return Err(invalid(at)) };
        self.tokens[frame.token as usize].next = self.tokens.len() as u32;
        let keys = &mut self.keys[frame.keys_from as usize..];
        if keys.len() > KEYS_SEARCHED {
            keys.sort_unstable();
            if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(Rejection::new(Reason::KeysMustBeUnique, format!("object ending at byte {at}")));
            }
        }
        self.keys.truncate(frame.keys_from as usize);
        let adds = match frame.is_object {
            true => payload::object(frame.path),
            false => payload::array(frame.path, frame.length),
        };
        self.marks[frame.token as usize].adds = adds;
        self.payload_hash = self.payload_hash.wrapping_add(adds);
        Ok(())
    }

    /// Reads `"key" :` and what blank follows; gives the position of its value.
    fn key(&mut self, bytes: &[u8], at: usize) -> Result<usize, Rejection> {
        if bytes.get(at) != Some(&b'"') {
            return Err(invalid(at));
        }
        let (end, escaped) = text_end(bytes, at + 1).map_err(invalid)?;
        let hash = payload::key(self.resolved(bytes, at + 1, end, escaped)?);
        self.push(Kind::Key, escaped, at + 1, end, 0, 0);
        if let Some(frame) = self.frames.last_mut() {
            let before = &self.keys[frame.keys_from as usize..];
            if before.len() < KEYS_SEARCHED && before.contains(&hash) {
                let key = String::from_utf8_lossy(&bytes[at..=end]).into_owned();
                return Err(Rejection::new(Reason::KeysMustBeUnique, format!("key {key} at byte {at}")));
            }
            frame.next_path = payload::member(frame.path, hash);
            self.keys.push(hash);
        }
        let colon = skip_space(bytes, end + 1);
        if bytes.get(colon) != Some(&b':') {
            return Err(invalid(colon));
        }
        Ok(skip_space(bytes, colon + 1))
    }

    fn text(&mut self, bytes: &[u8], at: usize, path: u64) -> Result<usize, Rejection> {
        let (end, escaped) = text_end(bytes, at + 1).map_err(invalid)?;
        let adds = payload::text(path, self.resolved(bytes, at + 1, end, escaped)?);
        self.push(Kind::Text, escaped, at + 1, end, path, adds);
        Ok(end + 1)
    }

    /// A text without its escapes.
    fn resolved<'b>(
        &'b mut self,
        bytes: &'b [u8],
        start: usize,
        end: usize,
        escaped: bool,
    ) -> Result<&'b [u8], Rejection> {
        if !escaped {
            return Ok(&bytes[start..end]);
        }
        self.scratch.clear();
        unescape(&bytes[start..end], &mut self.scratch).ok_or_else(|| invalid(start))?;
        Ok(&self.scratch)
    }

    fn word(&mut self, bytes: &[u8], at: usize, path: u64) -> Result<usize, Rejection> {
        let (kind, end) = word_end(bytes, at).ok_or_else(|| invalid(at))?;
        let adds = if kind == Kind::Null { 0 } else { payload::boolean(path, kind == Kind::True) };
        self.push(kind, false, at, end, path, adds);
        Ok(end)
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: usize, end: usize, path: u64, adds: u64) {
        let next = self.tokens.len() as u32 + 1;
        self.tokens.push(Token { kind, escaped, start: start as u32, end: end as u32, next });
        self.marks.push(Mark { path, adds });
        self.payload_hash = self.payload_hash.wrapping_add(adds);
    }
}

fn invalid(at: usize) -> Rejection {
    Rejection::new(Reason::LineMustBeJson, format!("byte {at}"))
}
