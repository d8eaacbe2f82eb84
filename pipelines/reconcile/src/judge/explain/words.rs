//! Amounts, rates, times and spans as texts.

use chrono::{DateTime, SecondsFormat};
use schemas::money::{self, Rate};

use crate::case::DAY_MICROS;

const HOUR_MICROS: i64 = DAY_MICROS / 24;
const MINUTE_MICROS: i64 = HOUR_MICROS / 60;

/// An amount with its currency's digits.
pub fn digits(units: i128, currency: &str) -> String {
    money::format(units, money::exponent(currency).unwrap_or_default())
}

/// An amount and its currency.
pub fn amount(units: i128, currency: &str) -> String {
    format!("{} {currency}", digits(units, currency))
}

/// A rate without needless zeros.
pub fn rate(rate: Rate) -> String {
    let (mut mantissa, mut scale) = (rate.mantissa, usize::from(rate.scale));
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The product of an amount and a rate, all digits kept; none where it is too large to be shown.
pub fn product(units: i128, by: Rate) -> Option<String> {
    let mantissa = units.checked_mul(by.mantissa)?;
    let scale = by.scale.checked_add(money::SCALE)?;
    Some(rate(Rate { mantissa, scale }))
}

/// An instant by RFC 3339 in UTC.
pub fn time(micros: i64) -> String {
    match DateTime::from_timestamp_micros(micros) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => format!("{micros} µs"),
    }
}

/// The UTC day of a day number.
pub fn day(days: i32) -> String {
    let time = DateTime::from_timestamp(i64::from(days) * 86_400, 0);
    time.map_or_else(|| format!("day {days}"), |time| time.date_naive().to_string())
}

/// A span in its largest units.
pub fn span(micros: i64) -> String {
    let minutes = |micros: i64| micros % HOUR_MICROS / MINUTE_MICROS;
    let (days, hours) = (micros / DAY_MICROS, micros % DAY_MICROS / HOUR_MICROS);
    match (days, hours, minutes(micros)) {
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, 0, 0) => "24 h".to_owned(),
        (days, 0, 0) => format!("{days} days"),
        (days, hours, minutes) => format!("{days} d {hours} h {minutes} min"),
    }
}

/// Several names as one list.
pub fn list<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_products_keep_their_digits() {
        for (text, expected) in
            [("0.050", "0.05"), ("0.029", "0.029"), ("1", "1"), ("-0.5", "-0.5"), ("0", "0")]
        {
            assert_eq!(rate(Rate::parse(text).unwrap()), expected);
        }
        let product = product(14_500_000_000, Rate::parse("0.029").unwrap());
        assert_eq!(product.as_deref(), Some("0.4205"));
    }

    #[test]
    fn spans_are_short() {
        let spans = [DAY_MICROS, 7 * DAY_MICROS, 90 * MINUTE_MICROS, 25 * HOUR_MICROS];
        assert_eq!(spans.map(span), ["24 h", "7 days", "1 h 30 min", "1 d 1 h 0 min"]);
    }
}
