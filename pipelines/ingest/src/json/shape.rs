//! Shapes of lines seen before: what stands between the values, byte for byte.
//!
//! A log writes line after line with the same keys in the same order. Such a line is held against the text
//! between the values of an earlier one, which was read by every rule; only the values themselves are read
//! anew. A line that differs in anything else is none of that shape. So a shape accepts no line that the
//! rules refuse, and lays the tape that they would lay.

use super::lexical::{number_end, plain_end, word_end};
use super::payload;
use super::value::{Kind, Token};

/// Shapes that are kept.
const SHAPES_MAX: usize = 16;
/// Shapes that may be learned before the first line is laid by one.
const CREDIT_FIRST: u32 = 64;
/// Lines laid by a shape that make up for learning another one.
const LINES_FOR_A_SHAPE: u32 = 32;

/// What a token adds to the payload's hash, and the path of its value.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub path: u64,
    pub adds: u64,
}

/// A value that differs from line to line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hole {
    /// Where the text before it ends, among all such text of the shape.
    text_end: u32,
    kind: Class,
    path: u64,
    token: u32,
}

/// What may stand in a hole. Null is no value that differs: it belongs to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Boolean,
}

/// The value found in a hole.
#[derive(Debug, Clone, Copy)]
struct Found {
    kind: Kind,
    start: u32,
    end: u32,
}

struct Shape {
    /// What stands before, between and behind the holes.
    text: Vec<u8>,
    holes: Vec<Hole>,
    /// The tape; places in the text before a hole count from where that text begins.
    tokens: Vec<Token>,
    /// What all but the holes add to the payload's hash.
    adds: u64,
}

/// How far a line was read.
#[derive(Default)]
struct Reading {
    found: Vec<Found>,
    at: usize,
    adds: u64,
}

/// The shapes of one log.
pub struct Shapes {
    shapes: Vec<Shape>,
    /// How many holes two shapes share from the first on, with all text before them.
    shared: [[u16; SHAPES_MAX]; SHAPES_MAX],
    /// The shape that held last, and the one that is replaced next.
    last: usize,
    oldest: usize,
    /// Lines until the next shape may be learned at no loss.
    credit: u32,
    reading: Reading,
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            shapes: Vec::new(),
            shared: [[0; SHAPES_MAX]; SHAPES_MAX],
            last: 0,
            oldest: 0,
            credit: CREDIT_FIRST * LINES_FOR_A_SHAPE,
            reading: Reading::default(),
        }
    }
}

impl Shapes {
    /// Lays the tape of a line that has a known shape, and gives its payload's hash.
    pub fn lay(&mut self, line: &[u8], tokens: &mut Vec<Token>) -> Option<u64> {
        self.reading.found.clear();
        (self.reading.at, self.reading.adds) = (0, 0);
        let (mut current, mut tried) = (self.last, 0_u32);
        loop {
            let shape = self.shapes.get(current)?;
            if shape.read(line, &mut self.reading) {
                shape.fill(&self.reading.found, tokens);
                self.last = current;
                self.credit = (self.credit + 1).min(CREDIT_FIRST * LINES_FOR_A_SHAPE);
                return Some(shape.adds.wrapping_add(self.reading.adds));
            }
            tried |= 1 << current;
            let read = self.reading.found.len();
            let shares = |other: &usize| {
                tried & (1 << other) == 0 && usize::from(self.shared[current][*other]) >= read
            };
            current = (0..self.shapes.len()).find(shares)?;
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Keeps the shape of a line that was read by the rules.
    pub fn learn(&mut self, line: &[u8], tokens: &[Token], marks: &[Mark]) {
        let Some(credit) = self.credit.checked_sub(LINES_FOR_A_SHAPE) else { return };
        let Some(shape) = Shape::of(line, tokens, marks) else { return };
        self.credit = credit;
        let place = if self.shapes.len() < SHAPES_MAX {
            self.shapes.push(shape);
            self.shapes.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (place + 1) % SHAPES_MAX;
            self.shapes[place] = shape;
            place
        };
        for (other, shape) in self.shapes.iter().enumerate() {
            let shared = shape.shared(&self.shapes[place]);
            (self.shared[place][other], self.shared[other][place]) = (shared, shared);
        }
        self.last = place;
    }
}

impl Shape {
    /// The shape of a line; `None` of one with more values than [`Shapes::shared`] can count.
    fn of(line: &[u8], tokens: &[Token], marks: &[Mark]) -> Option<Self> {
        let mut shape = Self { text: Vec::new(), holes: Vec::new(), tokens: tokens.to_vec(), adds: 0 };
        let mut text_start = 0;
        for (index, (token, mark)) in tokens.iter().zip(marks).enumerate() {
            let own = &mut shape.tokens[index];
            (own.start, own.end) = (token.start - text_start, token.end - text_start);
            let kind = match token.kind {
                Kind::Text => Class::Text,
                Kind::Integer | Kind::Fractional => Class::Number,
                Kind::True | Kind::False => Class::Boolean,
                Kind::Object | Kind::Array | Kind::Key | Kind::Null => {
                    shape.adds = shape.adds.wrapping_add(mark.adds);
                    continue;
                }
            };
            own.escaped = false;
            shape.text.extend_from_slice(&line[text_start as usize..token.start as usize]);
            let text_end = shape.text.len() as u32;
            shape.holes.push(Hole { text_end, kind, path: mark.path, token: index as u32 });
            text_start = token.end;
        }
        shape.text.extend_from_slice(&line[text_start as usize..]);
        (shape.holes.len() < usize::from(u16::MAX)).then_some(shape)
    }

    /// How many holes it shares with another one from the first on, with all text before them.
    fn shared(&self, other: &Self) -> u16 {
        let same = |(left, right): &(&Hole, &Hole)| {
            let end = left.text_end as usize;
            left == right && self.text[..end] == other.text[..end]
        };
        self.holes.iter().zip(&other.holes).take_while(same).count() as u16
    }

    /// Reads on from the first hole that was not found yet; whether the line has this shape to its end.
    fn read(&self, line: &[u8], reading: &mut Reading) -> bool {
        let first = reading.found.len();
        let mut text_start = first.checked_sub(1).map_or(0, |before| self.holes[before].text_end as usize);
        for hole in &self.holes[first..] {
            let text = &self.text[text_start..hole.text_end as usize];
            let start = reading.at + text.len();
            if line.get(reading.at..start) != Some(text) {
                return false;
            }
            let Some((kind, end)) = hole.kind.read(line, start) else { return false };
            let value = &line[start..end];
            let adds = match hole.kind {
                Class::Text => payload::text(hole.path, value),
                Class::Number => payload::number(hole.path, value),
                Class::Boolean => payload::boolean(hole.path, kind == Kind::True),
            };
            reading.adds = reading.adds.wrapping_add(adds);
            reading.found.push(Found { kind, start: start as u32, end: end as u32 });
            (reading.at, text_start) = (end, hole.text_end as usize);
        }
        line[reading.at..] == self.text[text_start..]
    }

    /// Lays the tape over the values found.
    fn fill(&self, found: &[Found], tokens: &mut Vec<Token>) {
        tokens.clear();
        tokens.extend_from_slice(&self.tokens);
        let (mut next, mut text_start) = (0, 0);
        for (hole, found) in self.holes.iter().zip(found) {
            let token = hole.token as usize;
            for token in &mut tokens[next..token] {
                (token.start, token.end) = (token.start + text_start, token.end + text_start);
            }
            let own = &mut tokens[token];
            (own.kind, own.start, own.end) = (found.kind, found.start, found.end);
            (next, text_start) = (token + 1, found.end);
        }
        for token in &mut tokens[next..] {
            (token.start, token.end) = (token.start + text_start, token.end + text_start);
        }
    }
}

impl Class {
    /// The kind and the end of a value that begins at `start`; `None` for what only the rules can read.
    fn read(self, line: &[u8], start: usize) -> Option<(Kind, usize)> {
        match self {
            Self::Text => {
                let end = plain_end(line, start);
                (line.get(end) == Some(&b'"')).then_some((Kind::Text, end))
            }
            Self::Number => number_end(line, start).ok(),
            Self::Boolean => word_end(line, start).filter(|(kind, _)| *kind != Kind::Null),
        }
    }
}
