//! The gold tables: what is released.

use crate::table::Kind::{Day, Integer, Text, Total};
use crate::table::{Layer, Table, column};

pub static CREATOR_STATEMENT_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "creator_statement_daily",
    grain: "one creator, type, currency, standing and reason on one night",
    key: &["dt", "creator", "type", "currency", "standing", "reason"],
    partitioned: true,
    columns: &[&[
        column("creator", Text, "DID of the creator"),
        column("type", Text, "TIP or SUBSCRIPTION"),
        column("currency", Text, "ISO 4217 code or token"),
        column(
            "standing",
            Text,
            "SETTLED: paid and booked this night; REVERSED: counted before and no longer agreed; UNSETTLED: not counted, for `reason`",
        ),
        column("reason", Text, "class of the escrows"),
        column("count", Integer, "escrows"),
        column("gross", Total, "sum before fees"),
        column("platform_fee", Total, "sum of PLATFORM fees"),
        column("processing_fee", Total, "sum of PROCESSING fees"),
        column("other_fees", Total, "sum of all other fees"),
        column("net", Total, "gross less all fees: what the ledger posted to the creator"),
        column("dt", Day, "the night"),
    ]],
};

/// All gold tables.
pub static TABLES: [&Table; 1] = [&CREATOR_STATEMENT_DAILY];
