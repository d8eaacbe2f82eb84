//! Times as microseconds since 1970 in UTC, and the days they fall on.
//!
//! Readings: an RFC 3339 time needs its `T` (a space will not do) and its offset; offsets run to 23:59; a
//! fraction has at least one digit and is cut after six.

use chrono::{Datelike, NaiveDate};

pub const SECOND_US: i64 = 1_000_000;
pub const HOUR_US: i64 = 3600 * SECOND_US;
pub const DAY_US: i64 = 24 * HOUR_US;

/// The UTC day a time falls on, counted from 1970.
pub fn day_of(time_us: i64) -> i64 {
    time_us.div_euclid(DAY_US)
}

/// The same count for a date.
pub fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - 719_163
}

/// The first moment after a UTC day.
pub fn end_of(date: NaiveDate) -> i64 {
    (day_number(date) + 1) * DAY_US
}

/// Reads `2026-11-20T12:34:56.789Z`; None for anything that is no such time.
pub fn read(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
    };
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(number(0, 4)? as i32, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut fraction_us = 0;
    if let Some(after) = rest.strip_prefix('.') {
        let length = after.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return None;
        }
        fraction_us = format!("{:0<6.6}", &after[..length]).parse::<i64>().ok()?;
        rest = &after[length..];
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    let local_us = day_number(date) * DAY_US + seconds * SECOND_US + fraction_us;
    Some(local_us - offset_us(rest)?)
}

/// `Z`, or `+hh:mm`, or `-hh:mm`, and nothing after it.
fn offset_us(text: &str) -> Option<i64> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two(hours) || !two(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 23 && minutes <= 59).then(|| sign * (hours * 60 + minutes) * 60 * SECOND_US)
}
