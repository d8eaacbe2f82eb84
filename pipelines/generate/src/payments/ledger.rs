//! `payments/ledger`: one entry of the ledger as JSON, and the bytes that its hash is taken of.

use sha2::{Digest, Sha256};

use super::{push_escrow_id, push_part_id, push_unknown_key};
use crate::life::Base;
use crate::rows::Entry;
use crate::text::{push_amount, push_hex, push_number};

/// An entry's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub sequence: u64,
    pub previous: [u8; 32],
    /// As stated in the row, right or not.
    pub hash: [u8; 32],
}

fn push_entry_id(out: &mut Vec<u8>, base: &Base, entry: &Entry) {
    push_part_id(out, b"le_", base.stem, entry.mark);
}

fn push_transaction(out: &mut Vec<u8>, base: &Base, mark: u8) {
    push_part_id(out, b"tx_", base.stem, mark);
}

/// The right hash of an entry at a place: of the contract's lines, with none at the end.
pub fn hash(base: &Base, entry: &Entry, sequence: u64, previous: &[u8; 32], out: &mut Vec<u8>) -> [u8; 32] {
    out.clear();
    push_hex(out, previous);
    out.push(b'\n');
    push_number(out, sequence);
    out.push(b'\n');
    push_entry_id(out, base, entry);
    out.push(b'\n');
    out.extend_from_slice(entry.entry_type.as_bytes());
    out.push(b'\n');
    push_escrow_id(out, base.stem, entry.names_other);
    out.push(b'\n');
    if let Some(mark) = entry.transaction {
        push_transaction(out, base, mark);
    }
    out.push(b'\n');
    push_number(out, entry.timestamp_ms as u64);
    out.push(b'\n');
    out.extend_from_slice(entry.visibility.as_bytes());
    for posting in &entry.postings {
        out.push(b'\n');
        out.extend_from_slice(posting.account.as_bytes());
        out.push(b'|');
        if let Some(party) = posting.party {
            party.push(out);
        }
        out.push(b'|');
        push_amount(out, posting.amount);
        out.push(b'|');
        out.extend_from_slice(posting.amount.currency.code().as_bytes());
    }
    Sha256::digest(&*out).into()
}

/// The row.
pub fn push(out: &mut Vec<u8>, base: &Base, entry: &Entry, link: &Link) {
    out.extend_from_slice(b"{\"entry_id\":\"");
    push_entry_id(out, base, entry);
    out.extend_from_slice(b"\",\"sequence\":");
    push_number(out, link.sequence);
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(entry.entry_type.as_bytes());
    out.extend_from_slice(b"\",\"escrow_id\":\"");
    push_escrow_id(out, base.stem, entry.names_other);
    match entry.transaction {
        Some(mark) => {
            out.extend_from_slice(b"\",\"transaction\":\"");
            push_transaction(out, base, mark);
            out.extend_from_slice(b"\",\"postings\":[");
        }
        None => out.extend_from_slice(b"\",\"transaction\":null,\"postings\":["),
    }
    for (place, posting) in entry.postings.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"{\"account\":\"" } else { b",{\"account\":\"" });
        out.extend_from_slice(posting.account.as_bytes());
        match posting.party {
            Some(party) => {
                out.extend_from_slice(b"\",\"party\":\"");
                party.push(out);
                out.extend_from_slice(b"\",\"amount\":\"");
            }
            None => out.extend_from_slice(b"\",\"party\":null,\"amount\":\""),
        }
        push_amount(out, posting.amount);
        out.extend_from_slice(b"\",\"currency\":\"");
        out.extend_from_slice(posting.amount.currency.code().as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"],\"metadata\":{\"timestamp\":");
    push_number(out, entry.timestamp_ms as u64);
    out.extend_from_slice(b",\"visibility\":\"");
    out.extend_from_slice(entry.visibility.as_bytes());
    out.extend_from_slice(b"\"},\"prev_hash\":\"");
    push_hex(out, &link.previous);
    out.extend_from_slice(b"\",\"hash\":\"");
    push_hex(out, &link.hash);
    out.push(b'"');
    push_unknown_key(out, base.style);
    out.push(b'}');
}
