//! Values as text, as PostgreSQL writes them in its default style.

use std::fmt::{Display, Write};
use std::ops::Range;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};

use super::{Cells, out_of_range};
use crate::failure::Refusal;

pub fn integer(value: impl Display, out: &mut BytesMut) {
    let _ = write!(out, "{value}");
}

/// The shortest digits that read back as the same number.
pub fn float(debug: &str, out: &mut BytesMut) {
    out.put_slice(match debug {
        "inf" => b"Infinity",
        "-inf" => b"-Infinity",
        other => other.strip_suffix(".0").unwrap_or(other).as_bytes(),
    });
}

pub fn bytes(value: &[u8], out: &mut BytesMut) {
    out.put_slice(b"\\x");
    value.iter().for_each(|byte| {
        let _ = write!(out, "{byte:02x}");
    });
}

pub fn day(days: i32, out: &mut BytesMut) -> Result<(), Refusal> {
    let date = NaiveDate::from_epoch_days(days).ok_or_else(out_of_range)?;
    date_part(date, out);
    era(date, out);
    Ok(())
}

pub fn time(microseconds: i64, out: &mut BytesMut) {
    let seconds = microseconds.div_euclid(1_000_000);
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    fraction(microseconds.rem_euclid(1_000_000) as u32, out);
}

pub fn instant(microseconds: i64, zoned: bool, out: &mut BytesMut) -> Result<(), Refusal> {
    let at = DateTime::from_timestamp_micros(microseconds).ok_or_else(out_of_range)?.naive_utc();
    date_part(at.date(), out);
    let _ = write!(out, " {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    fraction(at.nanosecond() / 1_000, out);
    if zoned {
        out.put_slice(b"+00");
    }
    era(at.date(), out);
    Ok(())
}

pub fn interval(months: i32, days: i32, microseconds: i64, out: &mut BytesMut) {
    let start = out.len();
    let mut part = |count: i32, one: &str, many: &str| {
        if count != 0 {
            let space = if out.len() > start { " " } else { "" };
            let _ = write!(out, "{space}{count} {}", if count == 1 { one } else { many });
        }
    };
    part(months / 12, "year", "years");
    part(months % 12, "mon", "mons");
    part(days, "day", "days");
    if microseconds != 0 || out.len() == start {
        let space = if out.len() > start { " " } else { "" };
        let sign = if microseconds < 0 { "-" } else { "" };
        let _ = write!(out, "{space}{sign}");
        time(microseconds.saturating_abs(), out);
    }
}

/// `{a,"b c",NULL}`.
pub fn list(items: Range<usize>, cells: &Cells, out: &mut BytesMut) -> Result<(), Refusal> {
    let mut item = BytesMut::new();
    out.put_u8(b'{');
    for (place, row) in items.enumerate() {
        if place > 0 {
            out.put_u8(b',');
        }
        if cells.is_null(row) {
            out.put_slice(b"NULL");
            continue;
        }
        item.clear();
        cells.text(row, &mut item)?;
        quoted(&item, out);
    }
    out.put_u8(b'}');
    Ok(())
}

fn quoted(item: &[u8], out: &mut BytesMut) {
    let special = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b || b"{},\"\\".contains(byte);
    if !item.is_empty() && !item.iter().any(special) && !item.eq_ignore_ascii_case(b"null") {
        return out.put_slice(item);
    }
    out.put_u8(b'"');
    for byte in item {
        if b"\"\\".contains(byte) {
            out.put_u8(b'\\');
        }
        out.put_u8(*byte);
    }
    out.put_u8(b'"');
}

fn date_part(date: NaiveDate, out: &mut BytesMut) {
    // There is no year 0: before year 1 comes 1 BC.
    let year = if date.year() > 0 { date.year() } else { 1 - date.year() };
    let _ = write!(out, "{year:04}-{:02}-{:02}", date.month(), date.day());
}

fn era(date: NaiveDate, out: &mut BytesMut) {
    if date.year() <= 0 {
        out.put_slice(b" BC");
    }
}

fn fraction(microseconds: u32, out: &mut BytesMut) {
    if microseconds > 0 {
        let digits = format!("{microseconds:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}
