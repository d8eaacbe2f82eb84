//! An entry's content and its hash, offered to SQL.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use reconcile::chain::{Link, WrittenPosting, content};
use reconcile::digest::{Digest, parse_hex, sha256};
use schemas::bronze::LEDGER_ENTRIES;
use schemas::privacy::REDACTIONS;
use warehouse::Session;

use crate::answer::ask;
use crate::failure::{Failure, Outcome};

/// The digests of contents that a party was taken out of, each with that of the content as it landed.
pub type Originals = HashMap<Digest, Digest>;

/// Reads which contents were redacted.
pub async fn originals(session: &Session) -> Outcome<Originals> {
    let mut originals = Originals::new();
    if session.files(&REDACTIONS).is_empty() {
        return Ok(originals);
    }
    for row in ask(session, "SELECT content_hash, original_hash FROM ops.redactions").await?.rows() {
        let digests =
            row.text("content_hash").and_then(parse_hex).zip(row.text("original_hash").and_then(parse_hex));
        let broken = || Failure::other("ops.redactions: a hash has 64 hexadecimal digits");
        let (now, original) = digests.ok_or_else(broken)?;
        originals.insert(now, original);
    }
    Ok(originals)
}

/// What an entry's content is made from, in the order that the functions take it.
const NAMES: [&str; 9] = [
    "prev_hash",
    "sequence",
    "entry_id",
    "type",
    "escrow_id",
    "transaction_id",
    "at",
    "visibility",
    "postings",
];

/// The call of a function below on the columns of `bronze.ledger_entries`.
pub fn call(function: &str) -> String {
    format!("{function}({})", NAMES.join(", "))
}

/// Registers `entry_content`, the text that an entry's hash is over, and `entry_hash`, that hash in 32 bytes. Of an
/// entry that a party was taken out of it is the hash of what landed: it, the chain and the tree go on proving. Any other
/// change of such an entry gives a hash that is on no list, and is found as ever.
pub async fn register(session: &Session) -> Outcome<()> {
    let originals = originals(session).await?;
    let schema = LEDGER_ENTRIES.schema();
    let types = NAMES.iter().filter_map(|name| schema.field_with_name(name).ok());
    let types: Vec<DataType> = types.map(|field| field.data_type().clone()).collect();
    let texts = |columns: &[ArrayRef]| {
        let mut texts = Vec::new();
        each_content(columns, |content| texts.push(content))?;
        Ok(Arc::new(StringArray::from(texts)) as ArrayRef)
    };
    session.register_scalar("entry_content", types.clone(), DataType::Utf8, Arc::new(texts));
    let hashes = move |columns: &[ArrayRef]| {
        let mut hashes = Vec::new();
        each_content(columns, |content| {
            let own = sha256(content.as_bytes());
            hashes.push(originals.get(&own).copied().unwrap_or(own));
        })?;
        Ok(Arc::new(BinaryArray::from_iter_values(hashes)) as ArrayRef)
    };
    session.register_scalar("entry_hash", types, DataType::Binary, Arc::new(hashes));
    Ok(())
}

/// The ids of entries with the digests of their contents as they stand.
pub fn digests(entries: &RecordBatch) -> Outcome<Vec<(String, Digest)>> {
    let columns: Vec<ArrayRef> =
        NAMES.iter().filter_map(|name| entries.column_by_name(name).cloned()).collect();
    let mut digests = Vec::new();
    each_content(&columns, |content| digests.push(sha256(content.as_bytes()))).map_err(Failure::other)?;
    let ids = entries.column_by_name("entry_id").and_then(|ids| ids.as_string_opt::<i32>());
    let ids = ids.ok_or_else(|| Failure::other("an entry has an id"))?;
    Ok(ids.iter().map(|id| id.unwrap_or_default().to_owned()).zip(digests).collect())
}

fn each_content(columns: &[ArrayRef], mut each: impl FnMut(String)) -> Result<(), String> {
    let [previous, sequence, id, kind, escrow, transaction, at, visibility, postings] = columns else {
        return Err("nine columns were expected".to_owned());
    };
    let text =
        |column: &ArrayRef| column.as_string_opt::<i32>().cloned().ok_or("a text was expected".to_owned());
    let (previous, id, kind, escrow) = (text(previous)?, text(id)?, text(kind)?, text(escrow)?);
    let (transaction, visibility) = (text(transaction)?, text(visibility)?);
    let sequence = sequence.as_primitive_opt::<Int64Type>().ok_or("an integer was expected")?;
    let at = at.as_primitive_opt::<TimestampMicrosecondType>().ok_or("a time was expected")?;
    let lists = postings.as_list_opt::<i32>().ok_or("a list was expected")?;
    let items = lists.values().as_struct_opt().ok_or("structs were expected")?;
    let [account, party, _, currency, written] = items.columns() else {
        return Err("a posting has five columns".to_owned());
    };
    let (account, party, currency, written) = (text(account)?, text(party)?, text(currency)?, text(written)?);
    let offsets = lists.value_offsets();
    let mut postings = Vec::new();
    for row in 0..id.len() {
        postings.clear();
        postings.extend((offsets[row] as usize..offsets[row + 1] as usize).map(|item| WrittenPosting {
            account: account.value(item),
            party: party.is_valid(item).then(|| party.value(item)),
            amount: written.value(item),
            currency: currency.value(item),
        }));
        each(content(&Link {
            entry_id: id.value(row),
            sequence: sequence.value(row),
            kind: kind.value(row),
            escrow_id: escrow.value(row),
            transaction: transaction.is_valid(row).then(|| transaction.value(row)),
            timestamp_ms: at.value(row).div_euclid(1000),
            visibility: visibility.is_valid(row).then(|| visibility.value(row)),
            postings: &postings,
            prev_hash: previous.value(row),
            hash: "",
        }));
    }
    Ok(())
}
