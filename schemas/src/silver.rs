//! The silver tables: rows judged and matched, and the totals that prove them.

use crate::table::Kind::{Boolean, Day, Integer, List, Money, Text, Total};
use crate::table::{Layer, Table, column};

pub static RECONCILIATION: Table = Table {
    layer: Layer::Silver,
    name: "reconciliation",
    grain: "one escrow id and business day reconciled",
    key: &["dt", "escrow_id"],
    partitioned: true,
    columns: &[&[
        column("escrow_id", Text, "the escrow"),
        column("transaction_id", Text, "its effective transfer"),
        column("entry_id", Text, "its ledger entry"),
        column("type", Text, "TIP or SUBSCRIPTION; for an id with a ledger entry alone, that entry's type"),
        column("payer", Text, "DID of the party that pays"),
        column("creator", Text, "DID of the party that is paid"),
        column(
            "currency",
            Text,
            "currency of the amounts: the transfer's, else the ledger's, else the escrow's",
        ),
        column("gross", Money, "amount before fees"),
        column("platform_fee", Money, "PLATFORM fee"),
        column("processing_fee", Money, "PROCESSING fee"),
        column("other_fees", Money, "sum of all other fees"),
        column("net", Money, "what the creator was sent"),
        column("class", Text, "the first class that holds, in the contract's order"),
        column("subcode", Text, "which offence or which fee, where the class has one"),
        column("flags", List(&Text), "everything else found, each CLASS or CLASS:SUBCODE"),
        column(
            "event_day",
            Day,
            "UTC day of the escrow's last event, else of its transfer, else of its entry",
        ),
        column("amount", Money, "money at stake: gross, in `currency`"),
        column("expected", Money, "amount that the violated rule asks for, where there is one"),
        column("actual", Money, "amount that stands instead"),
        column("dt", Day, "the night"),
    ]],
};

pub static BREAKS: Table = Table {
    layer: Layer::Silver,
    name: "breaks",
    grain: "one break: a class of one escrow, or one finding of a batch",
    key: &["break_id"],
    partitioned: false,
    columns: &[&[
        column(
            "break_id",
            Text,
            "stable across nights: hash of class and escrow, or of class and subcode for a batch",
        ),
        column(
            "class",
            Text,
            "a class of silver.reconciliation, or SEQUENCE_GAP, CHAIN_BREAK, CONTROL_TOTAL",
        ),
        column("subcode", Text, "which offence, fee, sequence or source"),
        column("escrow_id", Text, "the escrow, null for a batch"),
        column("currency", Text, "currency of the amounts"),
        column("amount", Money, "money at stake"),
        column("expected", Money, "amount that the violated rule asks for, where there is one"),
        column("actual", Money, "amount that stands instead"),
        column("first_seen", Day, "the first night on which it held"),
        column("last_seen", Day, "the last night on which it held"),
        column("closed_on", Day, "the night on which the escrow read otherwise"),
        column("age_days", Integer, "days from first_seen to its closing, else to the last night"),
        column("age_bucket", Text, "0-1, 2-7, 8-30 or 31+"),
        column("status", Text, "OPEN, AUTO_CLOSED or RESOLVED"),
    ]],
};

pub static CONTROL_TOTALS: Table = Table {
    layer: Layer::Silver,
    name: "control_totals",
    grain: "one payment source's currency on one day",
    key: &["dt", "source", "currency"],
    partitioned: true,
    columns: &[&[
        column("source", Text, "the source's folder"),
        column("currency", Text, "ISO 4217 code or token"),
        column("count", Integer, "well-formed rows read, replays included; for the ledger, escrow postings"),
        column("sum", Total, "their amounts"),
        column("manifest_count", Integer, "what the manifest says, null without one"),
        column("manifest_sum", Total, "what the manifest says, null without one"),
        column("holds", Boolean, "whether both agree; true without a manifest"),
        column("dt", Day, "UTC day on which the files landed"),
    ]],
};

pub static BREAK_TOTALS: Table = Table {
    layer: Layer::Silver,
    name: "break_totals",
    grain: "one class and currency on one night",
    key: &["dt", "class", "currency"],
    partitioned: true,
    columns: &[&[
        column("class", Text, "class of the breaks"),
        column("currency", Text, "currency of the amounts, null for a batch finding"),
        column("opening_count", Integer, "open after the night before"),
        column("opening_sum", Total, "their amounts"),
        column("new_count", Integer, "opened or reopened this night"),
        column("new_sum", Total, "their amounts, and the change in amount of those that stayed open"),
        column("closed_count", Integer, "closed this night"),
        column("closed_sum", Total, "their amounts"),
        column("closing_count", Integer, "open after this night"),
        column("closing_sum", Total, "their amounts"),
        column("holds", Boolean, "whether opening + new − closed = closing, in count and amount"),
        column("dt", Day, "the night"),
    ]],
};

pub static LEDGER_FINDINGS: Table = Table {
    layer: Layer::Silver,
    name: "ledger_findings",
    grain: "one fault of the ledger's sequence or hash chain that held on one night",
    key: &["dt", "class", "sequence", "entry_id"],
    partitioned: true,
    columns: &[&[
        column("class", Text, "SEQUENCE_GAP or CHAIN_BREAK"),
        column(
            "sequence",
            Integer,
            "the missing sequence, or that of the entry; the first of many where `detail` says so",
        ),
        column("entry_id", Text, "the entry of a CHAIN_BREAK"),
        column("detail", Text, "what does not hold"),
        column("dt", Day, "the night"),
    ]],
};

/// All silver tables.
pub static TABLES: [&Table; 5] = [&RECONCILIATION, &LEDGER_FINDINGS, &BREAKS, &CONTROL_TOTALS, &BREAK_TOTALS];
