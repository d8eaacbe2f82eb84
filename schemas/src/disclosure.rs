//! How private each column is: the one list from which roles, catalogue and documentation follow.
//!
//! A class is found by the column's place, else by its name, else by its kind: counts, measures, amounts, flags and
//! times say nothing of a person by themselves. A text that no line here names has no class: nobody sees it over
//! the wire, and a test fails.

use crate::table::{Column, Kind, Table};

/// How private a column is, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Privacy {
    /// Says nothing of a person: codes, names of machines, counts, amounts, times.
    Open,
    /// Names one thing that somebody did: an escrow, a session, a hash of one.
    Linked,
    /// A person: a DID.
    Party,
    /// What staff or the program wrote about a case.
    Note,
    /// What people wrote to each other or of themselves.
    Words,
    /// An address, or what tells one device from others.
    Address,
    /// A line as it landed: anything may stand in it.
    Raw,
}

use Privacy::{Address, Linked, Note, Open, Party, Raw, Words};

impl Privacy {
    pub const ALL: [Self; 7] = [Open, Linked, Party, Note, Words, Address, Raw];

    /// Its name in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Open => "open",
            Linked => "linked",
            Party => "party",
            Note => "note",
            Words => "words",
            Address => "address",
            Raw => "raw",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Open => "says nothing of a person",
            Linked => "names one thing that somebody did",
            Party => "a person: a DID",
            Note => "what staff or the program wrote about a case",
            Words => "what people wrote to each other or of themselves",
            Address => "an address, or what tells one device from others",
            Raw => "a line as it landed: anything may stand in it",
        }
    }
}

/// Columns whose name alone would mislead.
const BY_PLACE: &[(&str, &str, Privacy)] = &[
    ("bronze.escrow_events", "message", Words),
    ("bronze.quarantine", "detail", Note),
    ("bronze.tiers", "name", Words),
    ("ops.erasures", "subject", Linked),
    ("silver.break_events", "reason", Note),
    ("silver.break_resolutions", "reason", Note),
];

/// Columns by their names, those inside of lists and structs among them.
const BY_NAME: &[(Privacy, &[&str])] = &[
    (
        Open,
        &[
            "unit",
            "month",
            "counted_until",
            "subject",
            "cache_policy",
            "quality_from",
            "quality_cohort",
            "route_from",
            "route_cell",
            "account",
            "action",
            "admission",
            "age_bucket",
            "basis",
            "bound_kind",
            "capabilities",
            "category",
            "chosen_by",
            "class",
            "cmcd_ot",
            "codec",
            "content_class",
            "currency",
            "currency_before",
            "decision",
            "delivery_method",
            "detailed_result_type",
            "device_class",
            "dimension",
            "event",
            "flags",
            "for_node_id",
            "interactions",
            "interval",
            "job",
            "kind",
            "language",
            "level",
            "lost",
            "method",
            "metric",
            "network",
            "node_id",
            "node_region",
            "notes",
            "outcome",
            "percentage",
            "policy",
            "protocol",
            "provider",
            "rate",
            "reason",
            "refusal",
            "region",
            "response_result_type",
            "result_type",
            "role",
            "source",
            "standing",
            "sqlstate",
            "status",
            "status_before",
            "step",
            "subcode",
            "table",
            "type",
            "visibility",
        ],
    ),
    (
        Linked,
        &[
            "files",
            "erasure_id",
            "content_hash",
            "original_hash",
            "id",
            "paid_by",
            "batch",
            "benefit_id",
            "break_id",
            "closed_by",
            "content_id",
            "delivery_id",
            "entry_id",
            "escrow_id",
            "event_id",
            "finding_id",
            "fingerprint",
            "frontier",
            "hash",
            "hashes",
            "head",
            "head_before",
            "inputs",
            "key",
            "merkle_root",
            "pinned",
            "prefetch",
            "prev_hash",
            "query_id",
            "request_id",
            "resolution_id",
            "run_id",
            "segment",
            "session_id",
            "sha256",
            "source_file",
            "subscription_id",
            "tier_id",
            "transaction_id",
            "release_id",
            "written",
        ],
    ),
    (Party, &["creator", "party", "payer", "subscriber", "viewer", "viewer_hash", "pair_hash"]),
    (Note, &["detail", "message", "resolved_by", "statement", "user"]),
    (Words, &["description", "title"]),
    (
        Address,
        &[
            "client_address",
            "device_codecs",
            "forwarded_for",
            "host",
            "path",
            "query",
            "referer",
            "referrer",
            "user_agent",
        ],
    ),
    (Raw, &["fact", "facts", "raw"]),
];

/// The class of a table's column; of a list or struct that of its most private part. None where no line names it.
pub fn class(table: &Table, column: &Column) -> Option<Privacy> {
    let name = table.sql_name();
    let placed = BY_PLACE.iter().find(|(table, of, _)| *table == name && *of == column.name);
    placed.map(|(.., class)| *class).or_else(|| class_of(column))
}

fn class_of(column: &Column) -> Option<Privacy> {
    match column.kind {
        Kind::Struct(inner) => strictest(inner),
        Kind::List(Kind::Struct(inner)) => strictest(inner),
        kind => by_name(column.name).or_else(|| by_kind(kind, column.name)),
    }
}

fn strictest(columns: &[Column]) -> Option<Privacy> {
    columns.iter().map(class_of).try_fold(Open, |class, inner| Some(class.max(inner?)))
}

fn by_name(name: &str) -> Option<Privacy> {
    BY_NAME.iter().find(|(_, names)| names.contains(&name)).map(|(class, _)| *class)
}

fn by_kind(kind: Kind, name: &str) -> Option<Privacy> {
    match kind {
        Kind::Integer if name.ends_with("_hash") => Some(Linked),
        Kind::Integer | Kind::Boolean | Kind::Float | Kind::Time | Kind::Day | Kind::Money | Kind::Total => {
            Some(Open)
        }
        Kind::List(item) if !matches!(item, Kind::Text) => by_kind(*item, name),
        Kind::Text | Kind::Bytes | Kind::List(_) | Kind::Struct(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_class() {
        let unclassed = crate::tables().flat_map(|table| {
            let without = table.columns().filter(|column| class(table, column).is_none());
            without.map(|column| format!("{}.{}", table.sql_name(), column.name))
        });
        assert_eq!(
            unclassed.collect::<Vec<_>>(),
            Vec::<String>::new(),
            "name them in schemas/src/privacy.rs"
        );
    }

    #[test]
    fn no_name_has_two_classes_and_no_place_is_gone() {
        let mut names = BY_NAME.iter().flat_map(|(_, names)| names.iter()).collect::<Vec<_>>();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for (table, column, _) in BY_PLACE {
            let found = crate::table(table).is_some_and(|table| table.columns().any(|of| of.name == *column));
            assert!(found, "{table}.{column} is no column");
        }
    }

    #[test]
    fn what_tells_of_people_is_classed_so() {
        let of = |name: &str, column: &str| {
            let table = crate::table(name)?;
            class(table, table.columns().find(|found| found.name == column)?)
        };
        for (table, column, expected) in [
            ("bronze.escrow_events", "message", Words),
            ("bronze.ledger_entries", "postings", Party),
            ("bronze.cdn_requests", "client_address", Address),
            ("bronze.quarantine", "raw", Raw),
            ("bronze.playbacks", "viewer", Party),
            ("silver.reconciliation", "gross", Open),
            ("silver.reconciliation", "escrow_id", Linked),
            ("silver.breaks", "class", Open),
            ("ops.runs", "message", Note),
            ("gold.creator_statement_daily", "reason", Open),
        ] {
            assert_eq!(of(table, column), Some(expected), "{table}.{column}");
        }
    }
}
