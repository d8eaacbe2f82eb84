//! One value of a row by the contract's rules: present or not, of its type, in its range.

use std::borrow::Cow;

use schemas::money::{self, AmountError, Rate};
use schemas::{did, time};

use crate::json::{Kind, Value};
use crate::reason::{Reason, Rejection};

type Outcome<T> = Result<T, Rejection>;

/// Binds the named members of an object; keys that are not named are ignored.
macro_rules! members {
    ($object:expr => $($field:ident = $key:literal),+ $(,)?) => {
        let [$($field),+] = $crate::field::named($object, [$($key),+]);
    };
}
pub(crate) use members;

/// The values of the named members of an object.
pub fn named<'a, const N: usize>(object: Value<'a>, names: [&str; N]) -> [Option<Value<'a>>; N] {
    let mut found = [None; N];
    let mut next = 0;
    for (key, value) in object.members() {
        // Logs write their keys in one order, most often that of the contract.
        let place = match names.get(next) {
            Some(name) if *name == key => Some(next),
            _ => names.iter().position(|name| *name == key),
        };
        if let Some(place) = place {
            (found[place], next) = (Some(value), place + 1);
        }
    }
    found
}

fn refuse<T>(reason: Reason, name: &str) -> Outcome<T> {
    Err(Rejection::new(reason, name.to_owned()))
}

fn refuse_content<T>(reason: Reason, name: &str, value: Value<'_>) -> Outcome<T> {
    let content: String = value.content().chars().take(80).collect();
    Err(Rejection::new(reason, format!("{name}: {content}")))
}

/// A value that may be neither absent nor null.
pub fn required<'a>(value: Option<Value<'a>>, name: &str) -> Outcome<Value<'a>> {
    match optional(value) {
        Some(value) => Ok(value),
        None => refuse(Reason::ValueMustBePresent, name),
    }
}

/// A value that may be absent, which equals null.
pub fn optional(value: Option<Value<'_>>) -> Option<Value<'_>> {
    value.filter(|value| value.kind() != Kind::Null)
}

/// Applies a reader to a value that may be null.
pub fn maybe<'a, T>(
    value: Option<Value<'a>>,
    name: &str,
    read: impl FnOnce(Value<'a>, &str) -> Outcome<T>,
) -> Outcome<Option<T>> {
    optional(value).map(|value| read(value, name)).transpose()
}

pub fn object<'a>(value: Value<'a>, name: &str) -> Outcome<Value<'a>> {
    if value.kind() == Kind::Object { Ok(value) } else { refuse(Reason::ValueMustHaveItsType, name) }
}

pub fn array<'a>(value: Value<'a>, name: &str) -> Outcome<Value<'a>> {
    if value.kind() == Kind::Array { Ok(value) } else { refuse(Reason::ValueMustHaveItsType, name) }
}

pub fn text<'a>(value: Value<'a>, name: &str) -> Outcome<Cow<'a, str>> {
    if value.kind() == Kind::Text { Ok(value.content()) } else { refuse(Reason::ValueMustHaveItsType, name) }
}

pub fn boolean(value: Value<'_>, name: &str) -> Outcome<bool> {
    match value.kind() {
        Kind::True => Ok(true),
        Kind::False => Ok(false),
        _ => refuse(Reason::ValueMustHaveItsType, name),
    }
}

/// A JSON integer below 2^63.
pub fn integer(value: Value<'_>, name: &str) -> Outcome<i64> {
    if value.kind() != Kind::Integer {
        return refuse(Reason::ValueMustHaveItsType, name);
    }
    match value.content().parse() {
        Ok(integer) => Ok(integer),
        Err(_) => refuse_content(Reason::IntegerMustFit, name, value),
    }
}

/// A measured quantity: any finite JSON number.
pub fn float(value: Value<'_>, name: &str) -> Outcome<f64> {
    if !matches!(value.kind(), Kind::Integer | Kind::Fractional) {
        return refuse(Reason::ValueMustHaveItsType, name);
    }
    match value.content().parse() {
        Ok(number) if f64::is_finite(number) => Ok(number),
        _ => refuse_content(Reason::NumberMustBeANumber, name, value),
    }
}

/// A closed, case-sensitive enumeration; gives the listed text.
pub fn listed(value: Value<'_>, name: &str, list: &[&'static str]) -> Outcome<&'static str> {
    let content = text(value, name)?;
    match list.iter().find(|listed| **listed == content) {
        Some(listed) => Ok(listed),
        None => refuse_content(Reason::ValueMustBeListed, name, value),
    }
}

pub fn party<'a>(value: Value<'a>, name: &str) -> Outcome<Cow<'a, str>> {
    let content = text(value, name)?;
    // The text itself may be personal: it stands in `raw` alone.
    if did::is_did(&content) { Ok(content) } else { refuse(Reason::PartyMustBeADid, name) }
}

/// An RFC 3339 time in microseconds.
pub fn instant(value: Value<'_>, name: &str) -> Outcome<i64> {
    let content = text(value, name)?;
    match time::parse_rfc3339(content.as_bytes()) {
        Some(micros) => Ok(micros),
        None => refuse_content(Reason::TimeMustBeRfc3339, name, value),
    }
}

/// Epoch milliseconds, in microseconds; only what a calendar can show, since later steps need its day.
pub fn epoch_ms(value: Value<'_>, name: &str) -> Outcome<i64> {
    let micros = integer(value, name)?.checked_mul(1000);
    match micros.filter(|micros| chrono::DateTime::from_timestamp_micros(*micros).is_some()) {
        Some(micros) => Ok(micros),
        None => refuse_content(Reason::TimestampMustBeInRange, name, value),
    }
}

/// A known currency's code and exponent.
pub fn currency(value: Value<'_>, name: &str) -> Outcome<(&'static str, u8)> {
    match money::currency(&text(value, name)?) {
        Some(known) => Ok(known),
        None => refuse_content(Reason::CurrencyMustBeKnown, name, value),
    }
}

/// The digits of a decimal, from a text or a JSON number.
fn digits<'a>(value: Value<'a>, name: &str) -> Outcome<Cow<'a, str>> {
    match value.kind() {
        Kind::Text | Kind::Integer | Kind::Fractional => Ok(value.content()),
        _ => refuse(Reason::ValueMustHaveItsType, name),
    }
}

fn amount_reason(error: AmountError) -> Reason {
    match error {
        AmountError::NotADecimal => Reason::AmountMustBeADecimal,
        AmountError::TooManyDigits => Reason::AmountMustNotExceedTheExponent,
        AmountError::TooLarge => Reason::AmountMustBeBelowTheLimit,
    }
}

/// An exact decimal of at most `digits_max` digits after the point, and its digits as written.
pub fn decimal<'a>(value: Value<'a>, name: &str, digits_max: u8) -> Outcome<(i128, Cow<'a, str>)> {
    let written = digits(value, name)?;
    match money::parse(written.as_bytes(), digits_max) {
        Ok(units) => Ok((units, written)),
        Err(error) => refuse_content(amount_reason(error), name, value),
    }
}

/// A rate or percentage, checked and kept as written.
pub fn rate<'a>(value: Value<'a>, name: &str) -> Outcome<Cow<'a, str>> {
    let written = digits(value, name)?;
    match Rate::parse(&written) {
        Ok(_) => Ok(written),
        Err(error) => refuse_content(amount_reason(error), name, value),
    }
}

/// `{"value","currency"}` by the currency's exponent.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    pub units: i128,
    pub currency: &'static str,
    pub exponent: u8,
}

/// An amount of money.
pub fn amount(value: Value<'_>, name: &str) -> Outcome<Amount> {
    priced(value, name, None)
}

/// A price per unit: up to nine digits in any currency.
pub fn unit_price(value: Value<'_>, name: &str) -> Outcome<Amount> {
    priced(value, name, Some(money::SCALE))
}

fn priced(value: Value<'_>, name: &str, digits_max: Option<u8>) -> Outcome<Amount> {
    let value = object(value, name)?;
    members!(value => digits = "value", code = "currency");
    let (currency, exponent) = currency(required(code, name)?, name)?;
    let (units, _) = decimal(required(digits, name)?, name, digits_max.unwrap_or(exponent))?;
    Ok(Amount { units, currency, exponent })
}
