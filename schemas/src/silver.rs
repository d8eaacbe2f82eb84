//! The silver tables: rows judged and matched, and the totals that prove them.

use crate::table::Kind::{Boolean, Bytes, Day, Integer, List, Money, Struct, Text, Time, Total};
use crate::table::{Kind, Layer, Table, column};

pub static RECONCILIATION: Table = Table {
    layer: Layer::Silver,
    name: "reconciliation",
    grain: "one escrow id and business day reconciled",
    key: &["dt", "escrow_id"],
    partitioned: true,
    columns: &[&[
        column("escrow_id", Text, "the escrow"),
        column("escrow_hash", Integer, "XXH3 of escrow_id: files and work are divided by it"),
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
        column("entry_dt", Day, "UTC day on which its ledger entry landed"),
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
            "a class of silver.reconciliation, or SEQUENCE_GAP, CHAIN_BREAK, LEDGER_FORK, LEDGER_REWRITTEN, CONTROL_TOTAL",
        ),
        column("subcode", Text, "which offence, fee, sequence or source"),
        column("escrow_id", Text, "the escrow, null for a batch"),
        column("currency", Text, "currency of the amounts"),
        column("amount", Money, "money at stake"),
        column("expected", Money, "amount that the violated rule asks for, where there is one"),
        column("actual", Money, "amount that stands instead"),
        column("first_seen", Day, "the first night on which it held"),
        column("last_seen", Day, "the last night on which it held"),
        column("closed_on", Day, "the night on which it was found closed, or after which it was resolved"),
        column("closed_by", Text, "the row that closed it, as source/dt=day/file:line, where one landed"),
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
    grain: "one fault of the ledger's sequence, chain or signed history that held on one night",
    key: &["dt", "class", "sequence", "entry_id"],
    partitioned: true,
    columns: &[&[
        column("class", Text, "SEQUENCE_GAP, CHAIN_BREAK, LEDGER_FORK or LEDGER_REWRITTEN"),
        column(
            "sequence",
            Integer,
            "the missing sequence, that of the entry, or the highest that was signed; the first of many where \
             `detail` says so",
        ),
        column("entry_id", Text, "the entry of a CHAIN_BREAK, the second one of a LEDGER_FORK"),
        column("detail", Text, "what does not hold"),
        column("dt", Day, "the night"),
    ]],
};

pub static OPEN_CASES: Table = Table {
    layer: Layer::Silver,
    name: "open_cases",
    grain: "one escrow that a night left unfinished",
    key: &["dt", "escrow_id"],
    partitioned: true,
    columns: &[&[
        column("escrow_id", Text, "the escrow"),
        column("facts", Bytes, "the rows it was judged by: the next night need not read them again"),
        column("dt", Day, "the night"),
    ]],
};

pub static BREAK_EVENTS: Table = Table {
    layer: Layer::Silver,
    name: "break_events",
    grain: "what happened to one break on one night",
    key: &["dt", "break_id"],
    partitioned: true,
    columns: &[&[
        column("break_id", Text, "the break"),
        column("event", Text, "OPENED, CHANGED, RESOLVED, REOPENED or CLOSED"),
        column("class", Text, "class of the break"),
        column("subcode", Text, "which offence, fee, sequence or source"),
        column("escrow_id", Text, "the escrow, null for a batch"),
        column("currency", Text, "currency of the amounts, as of this night"),
        column("amount", Money, "money at stake, as of this night"),
        column("expected", Money, "amount that the violated rule asks for, where there is one"),
        column("actual", Money, "amount that stands instead"),
        column("facts", Text, "hash of everything that the night says of it: another hash is a change"),
        column("status", Text, "after this night: OPEN, AUTO_CLOSED or RESOLVED"),
        column("status_before", Text, "before this night, null where there was no such break"),
        column("currency_before", Text, "currency before this night"),
        column("amount_before", Money, "money at stake before this night"),
        column("last_seen", Day, "the last night on which it held"),
        column("closed_by", Text, "the row that closed it, as source/dt=day/file:line, where one landed"),
        column("resolved_by", Text, "who resolved or reopened it by hand"),
        column("reason", Text, "why"),
        column("dt", Day, "the night"),
    ]],
};

pub static BREAK_RESOLUTIONS: Table = Table {
    layer: Layer::Silver,
    name: "break_resolutions",
    grain: "one word of a person on one break: never edited, only followed by another",
    key: &["resolution_id"],
    partitioned: true,
    columns: &[&[
        column("resolution_id", Text, "the word itself"),
        column("break_id", Text, "the break"),
        column("action", Text, "RESOLVE or REOPEN"),
        column("resolved_by", Text, "who"),
        column("reason", Text, "why"),
        column("at", Time, "when"),
        column("facts", Text, "hash of what stood then: a resolution holds while it is the same"),
        column("dt", Day, "the last night then: the word counts from the next one on"),
    ]],
};

const HEAD_TOTAL: Kind = Struct(&[
    column("currency", Text, "ISO 4217 code or token"),
    column("count", Integer, "escrow postings"),
    column("sum", Total, "their amounts, negative"),
]);

const SEQUENCE_RANGE: Kind = Struct(&[
    column("first", Integer, "first missing sequence"),
    column("last", Integer, "last missing sequence"),
]);

const SEALED_FILE: Kind = Struct(&[
    column("path", Text, "path below the table's folder"),
    column("dt", Day, "UTC day on which its entries landed"),
    column("rows", Integer, "entries in it, conflicts included"),
    column("bytes", Integer, "stored size, in bytes"),
    column("modified_at", Time, "when the object was last written"),
]);

pub static LEDGER_HEADS: Table = Table {
    layer: Layer::Silver,
    name: "ledger_heads",
    grain: "one signing of the ledger: never replaced, only followed by another, of the same night or a later one",
    key: &["number"],
    partitioned: true,
    columns: &[&[
        column(
            "number",
            Integer,
            "place in the chain of heads, from 1; a night's latest is the one that counts",
        ),
        column("sequence", Integer, "highest sequence that has landed, 0 without any"),
        column("hashes", List(&Text), "stated hashes of the entries there: one, unless the ledger forks"),
        column("count", Integer, "entries so far"),
        column("totals", List(&HEAD_TOTAL), "escrow postings so far, by currency"),
        column("gaps", List(&SEQUENCE_RANGE), "sequences below the highest that have not landed"),
        column(
            "merkle_root",
            Text,
            "RFC 6962 root over all entries so far, by day landed, sequence and id; 64 hex digits",
        ),
        column(
            "frontier",
            List(&Text),
            "roots of the tree's full subtrees, the largest first: it grows on from them",
        ),
        column("files", List(&SEALED_FILE), "the files of bronze.ledger_entries that were read"),
        column("head_before", Text, "`head` of the signing before, null for the first"),
        column("head", Text, "SHA-256 of all other columns but the files, in the form of docs/contract.md"),
        column("dt", Day, "the night"),
    ]],
};

/// All silver tables.
pub static TABLES: [&Table; 9] = [
    &RECONCILIATION,
    &OPEN_CASES,
    &LEDGER_FINDINGS,
    &LEDGER_HEADS,
    &BREAK_RESOLUTIONS,
    &BREAK_EVENTS,
    &BREAKS,
    &CONTROL_TOTALS,
    &BREAK_TOTALS,
];
