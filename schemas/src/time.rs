//! Instants in microseconds since the epoch, UTC days, and the RFC 3339 texts they are read from.

use chrono::NaiveDate;

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 3_600_000_000;

/// Reads an RFC 3339 time with an offset into microseconds; finer digits are cut.
///
/// `T`, `t`, `Z` and `z` are accepted, a leap second is not. `None` for anything else.
pub fn parse_rfc3339(text: &[u8]) -> Option<i64> {
    let [date @ .., _] = text.get(..11)? else { return None };
    if !matches!(text[10], b'T' | b't') {
        return None;
    }
    let day = parse_date(date)?;
    let (clock, rest) = text[11..].split_at_checked(8)?;
    let of_day = parse_clock(clock)?;
    let (fraction, rest) = parse_fraction(rest)?;
    let offset = match rest {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(&[*h1, *h2])?, two_digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let length = (hours * 60 + minutes) * 60_000_000;
            if *sign == b'-' { -length } else { length }
        }
        _ => return None,
    };
    Some(day * DAY + of_day * 1_000_000 + fraction - offset)
}

/// Reads `YYYY-MM-DD` into days since the epoch.
pub fn parse_date(text: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two_digits(&[*y1, *y2])? * 100 + two_digits(&[*y3, *y4])?;
    let (month, day) = (two_digits(&[*m1, *m2])?, two_digits(&[*d1, *d2])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Days from civil: http://howardhinnant.github.io/date_algorithms.html
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Reads `HH:MM:SS` into seconds of the day.
pub fn parse_clock(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text else { return None };
    let (hour, minute, second) =
        (two_digits(&[*h1, *h2])?, two_digits(&[*m1, *m2])?, two_digits(&[*s1, *s2])?);
    (hour <= 23 && minute <= 59 && second <= 59).then_some(hour * 3600 + minute * 60 + second)
}

/// The UTC day of an instant, as days since the epoch.
pub fn day_of(micros: i64) -> i32 {
    micros.div_euclid(DAY) as i32
}

/// The date of a day in days since 1970-01-01.
pub fn date(day: i32) -> NaiveDate {
    NaiveDate::default() + chrono::Duration::days(i64::from(day))
}

/// Days since the epoch of a date.
pub fn days(date: NaiveDate) -> i32 {
    (date - NaiveDate::default()).num_days() as i32
}

/// The first instant after a day: where its half-open interval ends.
pub fn end_of_day(date: NaiveDate) -> i64 {
    i64::from(days(date) + 1) * DAY
}

fn two_digits(pair: &[u8; 2]) -> Option<i64> {
    let [tens, ones] = pair.map(|byte| byte.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then_some(i64::from(tens) * 10 + i64::from(ones))
}

/// An optional `.digits`, cut to microseconds, and what follows it.
fn parse_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |sum, i| sum * 10 + if i < length { i64::from(rest[i] - b'0') } else { 0 });
    Some((micros, &rest[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_calendar_library() {
        for day in (-719_162..2_932_896).step_by(97) {
            let date = NaiveDate::default() + chrono::Duration::days(day);
            assert_eq!(parse_date(date.to_string().as_bytes()), Some(day), "{date}");
        }
    }

    #[test]
    fn reads_what_the_standard_allows() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01t00:00:00.0000019z", Some(1)),
            ("1970-01-01T01:00:00.5+01:00", Some(500_000)),
            ("1969-12-31T23:59:59.999-00:00", Some(-1_000)),
            ("2026-11-20T12:34:56.789Z", Some(1_795_178_096_789_000)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-11-20T12:34:60Z", None),
            ("2026-11-20T24:00:00Z", None),
            ("2026-11-20 12:34:56Z", None),
            ("2026-11-20T12:34:56", None),
            ("2026-11-20T12:34:56.Z", None),
            ("2026-11-20T12:34:56+0100", None),
            ("2026-11-20T12:34:56Z ", None),
            ("", None),
        ] {
            assert_eq!(parse_rfc3339(text.as_bytes()), expected, "{text}");
        }
    }
}
