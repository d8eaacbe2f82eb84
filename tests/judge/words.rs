//! The words of a table: texts, amounts, times and parties in their short forms.

use reconcile::case::{DAY_MICROS, Standing, Visibility, day_of};
use reconcile::schedule::days_since_epoch;
use schemas::money;

pub const HOUR: i64 = DAY_MICROS / 24;
pub const MINUTE: i64 = HOUR / 60;

/// 2026-11-20T00:00:00Z, the day on which a time without a day falls.
pub const DAY_ZERO: i64 = 20_777 * DAY_MICROS;

/// The words of one line that are still to be read.
pub struct Words<'a> {
    line: &'a str,
    words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
}

impl<'a> Words<'a> {
    pub fn of(line: &'a str) -> Self {
        Self { line, words: line.split_whitespace().peekable() }
    }

    pub fn next(&mut self) -> &'a str {
        self.words.next().unwrap_or_else(|| panic!("{}: a word is missing", self.line))
    }

    pub fn word(&mut self) -> Option<&'a str> {
        self.words.next()
    }

    pub fn next_if<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let read = read(self.words.peek()?)?;
        self.words.next();
        Some(read)
    }

    pub fn fail(&self, what: &str) -> ! {
        panic!("{}: {what}", self.line)
    }
}

/// A text that lives as long as the tests.
pub fn keep(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// `a` is the party did:key:a.
pub fn party(name: &str) -> &'static str {
    keep(&format!("did:key:{name}"))
}

pub fn amount(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    money::parse(digits.as_bytes(), money::SCALE).ok()
}

pub fn currency(text: &str) -> Option<&'static str> {
    money::currency(text).map(|(code, _)| code)
}

/// `10:05`, `10:05:01` on day zero; `+2/10:05` two days later, `-2/10:05` two days before.
pub fn time(text: &str) -> Option<i64> {
    let (day, clock) = text.split_once('/').unwrap_or(("0", text));
    let day: i64 = day.parse().ok()?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    Some(DAY_ZERO + day * DAY_MICROS + hour * HOUR + minute * MINUTE + second * (MINUTE / 60))
}

pub fn standing(text: &str) -> Option<Standing> {
    match text {
        "first" => Some(Standing::FIRST),
        "later" => Some(Standing::LATER),
        _ => None,
    }
}

pub fn day(text: &str) -> i32 {
    days_since_epoch(text.parse().unwrap_or_else(|_| panic!("{text} is no day")))
}

pub fn visibility(text: &str) -> Option<Option<Visibility>> {
    if text == "unseen" { Some(None) } else { Visibility::parse(text).map(Some) }
}

/// The day of a verdict as written in a table: days after day zero.
pub fn days_after_zero(days: i32) -> i32 {
    days - day_of(DAY_ZERO)
}
