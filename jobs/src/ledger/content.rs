//! An entry's content and its hash, offered to SQL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, StringArray};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use reconcile::chain::{Link, WrittenPosting, content};
use reconcile::digest::sha256;
use schemas::bronze::LEDGER_ENTRIES;
use warehouse::Session;

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

/// Registers `entry_content`, the text that an entry's hash is over, and `entry_hash`, that hash in 32 bytes.
pub fn register(session: &Session) {
    let schema = LEDGER_ENTRIES.schema();
    let types = NAMES.iter().filter_map(|name| schema.field_with_name(name).ok());
    let types: Vec<DataType> = types.map(|field| field.data_type().clone()).collect();
    let texts = |columns: &[ArrayRef]| {
        let mut texts = Vec::new();
        each_content(columns, |content| texts.push(content))?;
        Ok(Arc::new(StringArray::from(texts)) as ArrayRef)
    };
    session.register_scalar("entry_content", types.clone(), DataType::Utf8, Arc::new(texts));
    let hashes = |columns: &[ArrayRef]| {
        let mut hashes = Vec::new();
        each_content(columns, |content| hashes.push(sha256(content.as_bytes())))?;
        Ok(Arc::new(BinaryArray::from_iter_values(hashes)) as ArrayRef)
    };
    session.register_scalar("entry_hash", types, DataType::Binary, Arc::new(hashes));
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
