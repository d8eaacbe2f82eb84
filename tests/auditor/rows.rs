//! Which lines of the three payment sources are well-formed, and what they say.
//!
//! Readings:
//! - A sequence may be any JSON integer of 64 bits, also below 1; order and gaps are judged later.
//! - Only an escrow's amount must be above zero; transfers, fees, `fx` and postings may be anything.
//! - A JSON number is taken by its digits wherever a decimal stands, percentages and rates included.
//! - `hash` and `prev_hash` may be any text: what is no digest is a broken chain, not a bad line.
//! - A ledger timestamp whose microseconds leave 64 bits is no time: quarantined.
//! - An empty text is a text. `did:` and the method are lower case; the id's segments may be empty but for
//!   the last; percent-encoding takes either case. `from` and `to` are compared as written, before aliases.

use super::currencies::exponent;
use super::json::Json;
use super::money::{self, Money};
use super::time;

pub struct Event {
    pub key: String,
    pub escrow_id: String,
    pub sequence: i64,
    pub event: String,
    pub kind: String,
    pub from: String,
    pub to: String,
    pub amount: Money,
    pub visibility: Option<String>,
    pub at_us: i64,
}

pub struct Transfer {
    pub key: String,
    pub escrow_id: String,
    pub amount: Money,
    pub fees: Vec<Fee>,
    pub net: i128,
    pub status: String,
    pub fx: Option<Exchange>,
    pub at_us: i64,
}

pub struct Fee {
    pub kind: String,
    /// In its shortest form, so that texts compare as values.
    pub percentage: Option<String>,
    pub amount: i128,
}

pub struct Exchange {
    pub from: Money,
    pub rate: String,
}

pub struct Entry {
    pub key: String,
    pub escrow_id: String,
    pub sequence: i64,
    pub sequence_written: String,
    pub kind: String,
    pub transaction: Option<String>,
    pub postings: Vec<Posting>,
    pub at_us: i64,
    pub timestamp_written: String,
    pub visibility: Option<String>,
    pub prev_hash: String,
    pub hash: String,
}

pub struct Posting {
    pub account: String,
    pub party: Option<String>,
    pub amount: i128,
    pub amount_written: String,
    pub currency: String,
}

/// One escrow state event; None where the line belongs into quarantine.
pub fn event(json: &Json) -> Option<Event> {
    let metadata = nullable(json.member("metadata"), object)?;
    let (visibility, _) = match metadata {
        Some(metadata) => (
            nullable(metadata.member("visibility"), visibility)?,
            nullable(metadata.member("message"), text)?,
        ),
        None => (None, None),
    };
    let event = Event {
        key: text(json.member("event_id"))?,
        escrow_id: text(json.member("escrow_id"))?,
        sequence: integer(json.member("sequence"))?,
        event: one_of(json.member("event"), &["CREATED", "FUNDED", "RELEASED", "REFUNDED", "CANCELLED"])?,
        kind: one_of(json.member("type"), &["TIP", "SUBSCRIPTION"])?,
        from: did(json.member("from"))?,
        to: did(json.member("to"))?,
        amount: amount(json.member("amount"))?,
        visibility,
        at_us: moment(json.member("at"))?,
    };
    (event.amount.amount > 0 && event.from != event.to).then_some(event)
}

/// One wallet transfer attempt.
pub fn transfer(json: &Json) -> Option<Transfer> {
    let gross = amount(json.member("amount"))?;
    let digits = exponent(&gross.currency)?;
    let mut fees = Vec::new();
    for fee in list(json.member("fees"))? {
        let fee = object(fee)?;
        let percentage = nullable(fee.member("percentage"), decimal)?;
        fees.push(Fee {
            kind: text(fee.member("type"))?,
            percentage: percentage.map(|stated| money::canonical(&stated)),
            amount: money::read(&decimal(fee.member("amount"))?, digits)?,
        });
    }
    let fx = match nullable(json.member("fx"), object)? {
        Some(fx) => Some(Exchange { from: amount(fx.member("from"))?, rate: decimal(fx.member("rate"))? }),
        None => None,
    };
    Some(Transfer {
        key: text(json.member("transaction_id"))?,
        escrow_id: text(json.member("escrow_id"))?,
        fees,
        net: money::read(&decimal(json.member("net"))?, digits)?,
        amount: gross,
        status: one_of(json.member("status"), &["SETTLED", "FAILED", "REVERSED"])?,
        fx,
        at_us: moment(json.member("at"))?,
    })
}

/// One entry of the ledger.
pub fn entry(json: &Json) -> Option<Entry> {
    let metadata = object(json.member("metadata"))?;
    let mut postings = Vec::new();
    for posting in list(json.member("postings"))? {
        let posting = object(posting)?;
        let amount_written = decimal(posting.member("amount"))?;
        let currency = text(posting.member("currency"))?;
        postings.push(Posting {
            account: text(posting.member("account"))?,
            party: nullable(posting.member("party"), did)?,
            amount: money::read(&amount_written, exponent(&currency)?)?,
            amount_written,
            currency,
        });
    }
    if !postings.iter().any(|posting| posting.account == "escrow") {
        return None;
    }
    Some(Entry {
        key: text(json.member("entry_id"))?,
        escrow_id: text(json.member("escrow_id"))?,
        sequence: integer(json.member("sequence"))?,
        sequence_written: literal(json.member("sequence")),
        kind: one_of(json.member("type"), &["TIP", "SUBSCRIPTION", "REFUND"])?,
        transaction: nullable(json.member("transaction"), text)?,
        postings,
        // A time that no calendar shows is no time.
        at_us: integer(metadata.member("timestamp"))?
            .checked_mul(1000)
            .filter(|at| chrono::DateTime::from_timestamp_micros(*at).is_some())?,
        timestamp_written: literal(metadata.member("timestamp")),
        visibility: nullable(metadata.member("visibility"), visibility)?,
        prev_hash: text(json.member("prev_hash"))?,
        hash: text(json.member("hash"))?,
    })
}

/// A value that may be null: nothing, or what `read` makes of it.
fn nullable<'a, T>(json: &'a Json, read: impl Fn(&'a Json) -> Option<T>) -> Option<Option<T>> {
    if *json == Json::Null { Some(None) } else { read(json).map(Some) }
}

fn object(json: &Json) -> Option<&Json> {
    matches!(json, Json::Object(_)).then_some(json)
}

fn list(json: &Json) -> Option<&[Json]> {
    match json {
        Json::List(items) => Some(items),
        _ => None,
    }
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn one_of(json: &Json, allowed: &[&str]) -> Option<String> {
    text(json).filter(|text| allowed.contains(&text.as_str()))
}

fn visibility(json: &Json) -> Option<String> {
    one_of(json, &["PUBLIC", "PRIVATE", "ANONYMOUS"])
}

fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(literal) => literal.parse().ok(),
        _ => None,
    }
}

fn literal(json: &Json) -> String {
    match json {
        Json::Number(literal) => literal.clone(),
        _ => String::new(),
    }
}

/// A decimal's digits as written, be it a text or a number.
fn decimal(json: &Json) -> Option<String> {
    match json {
        Json::Text(digits) | Json::Number(digits) => money::is_decimal(digits).then(|| digits.clone()),
        _ => None,
    }
}

fn amount(json: &Json) -> Option<Money> {
    let json = object(json)?;
    let currency = text(json.member("currency"))?;
    let amount = money::read(&decimal(json.member("value"))?, exponent(&currency)?)?;
    Some(Money { amount, currency })
}

fn moment(json: &Json) -> Option<i64> {
    time::read(&text(json)?)
}

/// `did:method:id` by the syntax of W3C DID Core.
fn did(json: &Json) -> Option<String> {
    let text = text(json)?;
    let (method, id) = text.strip_prefix("did:")?.split_once(':')?;
    let method_holds =
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let mut rest = id.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' => after,
            b'%' if after.len() >= 2 && after[..2].iter().all(u8::is_ascii_hexdigit) => &after[2..],
            _ => return None,
        };
    }
    (method_holds && !id.is_empty() && !id.ends_with(':')).then_some(text)
}
