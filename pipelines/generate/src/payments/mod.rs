//! The three payment sources: their rows as JSON, and the chain that the ledger's rows form.

pub mod chain;
pub mod escrow;
pub mod ledger;
pub mod wallet;

use crate::amounts::Amount;
use crate::life::Style;
use crate::text::{push_amount, push_base32, push_time};

/// `es_…`, and one letter more for the other escrow of a life.
pub fn push_escrow_id(out: &mut Vec<u8>, stem: u64, other: bool) {
    out.extend_from_slice(b"es_");
    push_base32(out, stem, 12);
    if other {
        out.push(b'x');
    }
}

/// The id of an escrow's event, transfer or entry.
pub fn push_part_id(out: &mut Vec<u8>, prefix: &[u8; 3], stem: u64, mark: u8) {
    out.extend_from_slice(prefix);
    push_base32(out, stem, 12);
    out.push(mark);
}

/// `{"value":"12.50","currency":"USD"}`
pub fn push_money(out: &mut Vec<u8>, amount: Amount, style: Style) {
    if style.number {
        out.extend_from_slice(b"{\"value\":");
        push_amount(out, amount);
        out.extend_from_slice(b",\"currency\":\"");
    } else {
        out.extend_from_slice(b"{\"value\":\"");
        push_amount(out, amount);
        out.extend_from_slice(b"\",\"currency\":\"");
    }
    out.extend_from_slice(amount.currency.code().as_bytes());
    out.extend_from_slice(b"\"}");
}

/// `,"at":"…"}` with, now and then, a key that nobody knows.
pub fn push_end(out: &mut Vec<u8>, at_ms: i64, style: Style) {
    out.extend_from_slice(b",\"at\":\"");
    push_time(out, at_ms, style.time);
    out.push(b'"');
    push_unknown_key(out, style);
    out.push(b'}');
}

/// Closes no object: `,"client":…` where the style has an unknown key.
pub fn push_unknown_key(out: &mut Vec<u8>, style: Style) {
    if style.unknown_key {
        out.extend_from_slice(b",\"client\":{\"app\":\"ios\",\"build\":[7,1.5e3,{\"beta\":null}]}");
    }
}
