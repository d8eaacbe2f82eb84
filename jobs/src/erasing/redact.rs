//! A party taken out of rows: which columns of which table name her, and what stands there afterwards.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, ListArray, RecordBatch, StringArray, StructArray,
    new_null_array,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use reconcile::renaming;
use reconcile::subscriptions::facts;
use schemas::bronze::{
    CDN_REQUESTS, ESCROW_EVENTS, LEDGER_ENTRIES, PLAYBACKS, QUARANTINE, SUBSCRIPTION_EVENTS,
};
use schemas::insights::VIEWER_PRESENCE;
use schemas::quality::VIEWING_SESSIONS;
use schemas::silver::{OPEN_CASES, RECONCILIATION};
use schemas::subscriptions::{ENTITLEMENTS, SUBSCRIPTION_FACTS, SUBSCRIPTION_PAYMENTS};
use schemas::table::Table;

use super::list::Erased;
use crate::failure::{Failure, Outcome};

/// Every table that may name a viewer or payer, or hold her words or address.
pub static TABLES: [&Table; 13] = [
    &CDN_REQUESTS,
    &ESCROW_EVENTS,
    &LEDGER_ENTRIES,
    &SUBSCRIPTION_EVENTS,
    &QUARANTINE,
    &RECONCILIATION,
    &OPEN_CASES,
    &SUBSCRIPTION_PAYMENTS,
    &SUBSCRIPTION_FACTS,
    &ENTITLEMENTS,
    &VIEWING_SESSIONS,
    &VIEWER_PRESENCE,
    // Last: its sessions are recorded before, and until it is done it can be asked for them.
    &PLAYBACKS,
];

/// What stands in the place of a refused line that names her.
const ERASED: &str = "[erased]";

/// What became of a batch.
pub struct Redacted {
    pub batch: RecordBatch,
    pub deleted: u64,
    pub changed: u64,
}

/// The columns of a table that say whether a row is to be changed, so that a file can be judged by them alone.
pub fn columns(table: &Table) -> &'static [&'static str] {
    match table.name {
        "cdn_requests" => &["session_id"],
        "escrow_events" | "reconciliation" | "subscription_payments" => &["payer"],
        "ledger_entries" => &["postings"],
        "subscription_events" | "entitlements" => &["subscriber"],
        "quarantine" => &["raw"],
        "open_cases" => &["facts"],
        "subscription_facts" => &["fact"],
        "viewing_sessions" => &["session_hash"],
        "viewer_presence" => &["pair_hash"],
        "playbacks" => &["viewer", "started_at"],
        _ => &[],
    }
}

/// The batch without her; `None` where it does not name her. It may have a part of the columns, [`columns`] among them.
pub fn redact(table: &Table, batch: &RecordBatch, erased: &Erased) -> Outcome<Option<Redacted>> {
    let column = |name: &str| {
        let found = batch.column_by_name(name);
        found.ok_or_else(|| Failure::other(format!("{}: no column {name}", table.sql_name())))
    };
    let replaced = |name: &str, values: ArrayRef, changed: u64| -> Outcome<Option<Redacted>> {
        let place = batch.schema().index_of(name)?;
        let mut columns = batch.columns().to_vec();
        columns[place] = values;
        let batch = RecordBatch::try_new(batch.schema(), columns)?;
        Ok((changed > 0).then_some(Redacted { batch, deleted: 0, changed }))
    };
    match table.name {
        "playbacks" => watched(batch, column("viewer")?, column("started_at")?, erased),
        "viewing_sessions" => {
            without(batch, &held(column("session_hash")?, |hash| erased.holds_session_hash(hash)))
        }
        "viewer_presence" => without(batch, &held(column("pair_hash")?, |hash| erased.holds_pair(hash))),
        "cdn_requests" => requested(batch, column("session_id")?, erased),
        "ledger_entries" => {
            let (values, changed) = postings(column("postings")?, erased)?;
            replaced("postings", values, changed)
        }
        "open_cases" => {
            let (values, changed) =
                packed(column("facts")?, |case| renaming::renamed(case, |did| erased.pseudonym(did)))?;
            replaced("facts", values, changed)
        }
        "subscription_facts" => {
            let (values, changed) =
                packed(column("fact")?, |fact| facts::renamed(fact, |did| erased.pseudonym(did)))?;
            replaced("fact", values, changed)
        }
        "quarantine" => {
            let (values, changed) =
                texts(column("raw")?, |raw| names_one(raw, erased).then(|| ERASED.to_owned()));
            replaced("raw", values, changed)
        }
        _ => {
            let name = columns(table).first().copied().unwrap_or_default();
            let (values, changed) = texts(column(name)?, |did| erased.pseudonym(did));
            let found = replaced(name, values, changed)?;
            match found {
                Some(found) if batch.column_by_name("message").is_some() => {
                    words(batch, column(name)?, found, erased)
                }
                found => Ok(found),
            }
        }
    }
}

fn texts(column: &ArrayRef, replaced: impl Fn(&str) -> Option<String>) -> (ArrayRef, u64) {
    let before = column.as_string::<i32>();
    let mut changed = 0;
    let after: StringArray = before
        .iter()
        .map(|text| {
            let text = text?;
            match replaced(text) {
                Some(other) => {
                    changed += 1;
                    Some(other)
                }
                None => Some(text.to_owned()),
            }
        })
        .collect();
    (Arc::new(after), changed)
}

/// Her messages go with her name.
fn words(
    batch: &RecordBatch,
    payers: &ArrayRef,
    found: Redacted,
    erased: &Erased,
) -> Outcome<Option<Redacted>> {
    let place = batch.schema().index_of("message")?;
    let messages = batch.column(place).as_string::<i32>();
    let kept: StringArray = payers
        .as_string::<i32>()
        .iter()
        .zip(messages)
        .map(|(payer, message)| {
            message.filter(|_| payer.is_none_or(|payer| erased.pseudonym(payer).is_none()))
        })
        .collect();
    let mut columns = found.batch.columns().to_vec();
    columns[place] = Arc::new(kept);
    Ok(Some(Redacted { batch: RecordBatch::try_new(batch.schema(), columns)?, ..found }))
}

fn watched(
    batch: &RecordBatch,
    viewers: &ArrayRef,
    started: &ArrayRef,
    erased: &Erased,
) -> Outcome<Option<Redacted>> {
    without(batch, &erased_playbacks(viewers, started, erased))
}

/// Which rows bear a hash that stands for her.
fn held(hashes: &ArrayRef, holds: impl Fn(i64) -> bool) -> BooleanArray {
    let hashes = hashes.as_primitive::<Int64Type>();
    hashes.iter().map(|hash| Some(hash.is_some_and(&holds))).collect()
}

/// The batch less some rows.
fn without(batch: &RecordBatch, gone: &BooleanArray) -> Outcome<Option<Redacted>> {
    let deleted = gone.true_count() as u64;
    if deleted == 0 {
        return Ok(None);
    }
    let batch = filter_record_batch(batch, &arrow::compute::not(gone)?)?;
    Ok(Some(Redacted { batch, deleted, changed: 0 }))
}

/// Which playbacks are of erased viewers, from before their asking.
pub fn erased_playbacks(viewers: &ArrayRef, started: &ArrayRef, erased: &Erased) -> BooleanArray {
    let started = started.as_primitive::<TimestampMicrosecondType>();
    let viewers = viewers.as_string::<i32>();
    (0..viewers.len()).map(|row| Some(erased.holds(viewers.value(row), started.value(row)))).collect()
}

/// What a request says of the person behind it.
const PERSONAL: [&str; 6] =
    ["client_address", "forwarded_for", "referer", "user_agent", "query", "session_id"];

fn requested(batch: &RecordBatch, sessions: &ArrayRef, erased: &Erased) -> Outcome<Option<Redacted>> {
    let sessions = sessions.as_string::<i32>();
    let is_hers: BooleanArray =
        sessions.iter().map(|id| Some(id.is_some_and(|id| erased.holds_session(id)))).collect();
    let changed = is_hers.true_count() as u64;
    if changed == 0 {
        return Ok(None);
    }
    let schema = batch.schema();
    let mut columns = batch.columns().to_vec();
    for name in PERSONAL {
        if let Ok(place) = schema.index_of(name) {
            let nothing = new_null_array(columns[place].data_type(), batch.num_rows());
            columns[place] = arrow::compute::kernels::zip::zip(&is_hers, &nothing, &columns[place])?;
        }
    }
    Ok(Some(Redacted { batch: RecordBatch::try_new(schema, columns)?, deleted: 0, changed }))
}

/// Parties of postings, but for creators: who was paid stays in the books.
fn postings(column: &ArrayRef, erased: &Erased) -> Outcome<(ArrayRef, u64)> {
    let lists = column.as_list::<i32>();
    let items = lists.values().as_struct();
    let text = |name: &str| {
        let found = items.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        found.ok_or_else(|| Failure::other(format!("a posting has a text {name}")))
    };
    let (accounts, parties) = (text("account")?, text("party")?);
    let mut is_changed = vec![false; items.len()];
    let replaced: StringArray = (0..items.len())
        .map(|item| {
            let party = parties.is_valid(item).then(|| parties.value(item))?;
            let other = if accounts.value(item) == "creator" { None } else { erased.pseudonym(party) };
            is_changed[item] = other.is_some();
            Some(other.unwrap_or_else(|| party.to_owned()))
        })
        .collect();
    let offsets = lists.value_offsets();
    let changed = (0..lists.len())
        .filter(|row| is_changed[offsets[*row] as usize..offsets[row + 1] as usize].contains(&true))
        .count();
    let mut columns = items.columns().to_vec();
    let place = items.column_names().iter().position(|name| *name == "party").unwrap_or_default();
    columns[place] = Arc::new(replaced);
    let items = StructArray::try_new(items.fields().clone(), columns, items.nulls().cloned())?;
    let arrow::datatypes::DataType::List(field) = lists.data_type() else {
        return Err(Failure::other("postings are a list"));
    };
    let lists =
        ListArray::try_new(field.clone(), lists.offsets().clone(), Arc::new(items), lists.nulls().cloned())?;
    Ok((Arc::new(lists), changed as u64))
}

/// Facts as the judges read them, written anew where one names her.
fn packed(
    column: &ArrayRef,
    renamed: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, String>,
) -> Outcome<(ArrayRef, u64)> {
    let mut changed = 0;
    let mut facts: Vec<Option<Vec<u8>>> = Vec::new();
    for case in column.as_binary::<i32>() {
        let Some(case) = case else {
            facts.push(None);
            continue;
        };
        let other = renamed(case).map_err(Failure::other)?;
        changed += u64::from(other.is_some());
        facts.push(Some(other.unwrap_or_else(|| case.to_vec())));
    }
    Ok((Arc::new(BinaryArray::from_iter(facts)), changed))
}

/// Whether a refused line holds a DID that was erased, as it stands or percent-encoded.
pub fn names_one(raw: &str, erased: &Erased) -> bool {
    let decoded = raw.contains("did%3A").then(|| raw.replace("%3A", ":"));
    std::iter::once(raw).chain(decoded.as_deref()).any(|text| {
        text.match_indices("did:").any(|(at, _)| {
            let is_of_did = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(byte);
            let length = text.as_bytes()[at..].iter().take_while(|byte| is_of_did(byte)).count();
            erased.pseudonym(text[at..at + length].trim_end_matches(':')).is_some()
        })
    })
}
