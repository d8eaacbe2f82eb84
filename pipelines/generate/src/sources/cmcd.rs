//! Common Media Client Data (CTA-5004) as players write it into a query: mostly well.

use crate::random::Stream;
use crate::sources::contents::SEGMENT_MS;
use crate::sources::player::Fetch;
use crate::sources::sessions::Session;
use crate::text::{push_id, push_number};

/// How a session's player writes CMCD.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    /// Keys in another order.
    Reordered,
    /// Encoded once more.
    Twice,
    Missing,
}

impl Style {
    pub fn of(session: &Session) -> Self {
        match session.draws(Stream::Request).below(100) {
            0..4 => Self::Missing,
            4..10 => Self::Twice,
            10..20 => Self::Reordered,
            _ => Self::Plain,
        }
    }
}

/// The query's bytes as they stand between encodings.
struct Marks {
    equals: &'static [u8],
    comma: &'static [u8],
    quote: &'static [u8],
}

const ONCE: Marks = Marks { equals: b"%3D", comma: b"%2C", quote: b"%22" };
const TWICE: Marks = Marks { equals: b"%253D", comma: b"%252C", quote: b"%2522" };

impl Marks {
    fn number(&self, out: &mut Vec<u8>, key: &[u8], number: u64) {
        out.extend_from_slice(key);
        out.extend_from_slice(self.equals);
        push_number(out, number);
    }

    fn id(&self, out: &mut Vec<u8>, key: &[u8], prefix: &str, number: u64) {
        out.extend_from_slice(key);
        out.extend_from_slice(self.equals);
        out.extend_from_slice(self.quote);
        push_id(out, prefix, number);
        out.extend_from_slice(self.quote);
    }

    fn word(&self, out: &mut Vec<u8>, word: &[u8]) {
        out.extend_from_slice(self.comma);
        out.extend_from_slice(word);
    }
}

/// Pushes the whole query, `-` where there is none.
pub fn push(out: &mut Vec<u8>, session: &Session, fetch: &Fetch, style: Style) {
    if style == Style::Missing {
        return out.push(b'-');
    }
    let marks = if style == Style::Twice { &TWICE } else { &ONCE };
    out.extend_from_slice(b"CMCD=");
    if style == Style::Reordered {
        marks.id(out, b"sid", "ps_", session.number);
        out.extend_from_slice(marks.comma);
    }
    marks.number(out, b"br", session.content.mean_kbps(session.codec, fetch.rung));
    out.extend_from_slice(marks.comma);
    marks.number(out, b"bl", (fetch.buffer_ms / 100.0) as u64 * 100);
    if fetch.was_dry {
        marks.word(out, b"bs");
    }
    out.extend_from_slice(marks.comma);
    marks.id(out, b"cid", "co_", session.content.number);
    out.extend_from_slice(marks.comma);
    marks.number(out, b"d", SEGMENT_MS);
    if fetch.measured_kbps > 0.0 {
        out.extend_from_slice(marks.comma);
        marks.number(out, b"mtp", (fetch.measured_kbps / 100.0).max(1.0) as u64 * 100);
    }
    marks.word(out, b"ot");
    out.extend_from_slice(marks.equals);
    out.push(b'v');
    if style != Style::Reordered {
        out.extend_from_slice(marks.comma);
        marks.id(out, b"sid", "ps_", session.number);
    }
    if fetch.is_startup {
        marks.word(out, b"su");
    }
    out.extend_from_slice(marks.comma);
    let top = session.content.rungs().len() - 1;
    marks.number(out, b"tb", session.content.peak_kbps(session.codec, top));
}
