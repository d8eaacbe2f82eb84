//! What is kept of persons who asked to be forgotten: that they are, and nothing that names them.

use crate::table::Kind::{Integer, Text, Time};
use crate::table::{Layer, Table, column};

pub static ERASURES: Table = Table {
    layer: Layer::Ops,
    name: "erasures",
    grain: "one event in the erasure of one party, or one playback session of hers",
    key: &["erasure_id", "event", "subject"],
    partitioned: false,
    columns: &[&[
        column("erasure_id", Text, "the erasure: hash of its party and time"),
        column("event", Text, "ASKED, SESSION (a session of the party) or DONE"),
        column("subject", Text, "HMAC-SHA-256 of the party or session under the erasure key, 64 hex digits"),
        column("at", Time, "when it was asked or done; what she did up to the asking never comes back"),
        column("rows_deleted", Integer, "rows that are gone, of DONE"),
        column("rows_redacted", Integer, "rows that stand without her, of DONE"),
        column("files_removed", Integer, "data files that were removed from the store, of DONE"),
    ]],
};

pub static REDACTIONS: Table = Table {
    layer: Layer::Ops,
    name: "redactions",
    grain: "one content of a ledger entry that a party was taken out of",
    key: &["content_hash", "at"],
    partitioned: false,
    columns: &[&[
        column("entry_id", Text, "the entry"),
        column("content_hash", Text, "SHA-256 of its content as it stands, 64 hex digits"),
        column(
            "original_hash",
            Text,
            "SHA-256 of its content as it landed: what its own hash and the tree are over",
        ),
        column("at", Time, "when"),
    ]],
};

/// All tables of privacy.
pub static TABLES: [&Table; 2] = [&ERASURES, &REDACTIONS];
