//! The judge's functions, offered to SQL with the night's rules and watermarks.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use chrono::NaiveDate;
use datafusion::common::ScalarValue;
use reconcile::case::{Night, Watermarks};
use reconcile::columns::{Verdicts, verdict_type};
use reconcile::facts;
use reconcile::schedule::Rules;
use schemas::bronze::{ESCROW_EVENTS, LEDGER_ENTRIES, WALLET_TRANSFERS};
use schemas::source::Source;
use schemas::table::Table;
use schemas::time;
use sha2::{Digest, Sha256};
use warehouse::{Groups, Session};

use crate::failure::Outcome;

/// Registers `escrow_fact`, `transfer_fact`, `entry_fact`, `contested_fact`, the fold `judge`, `escrow_hash`,
/// `break_id` and `digest` for a night.
pub async fn register(session: &Session, rules: &Arc<Rules>, dt: NaiveDate) -> Outcome<Night> {
    let night = night(session, dt).await?;
    let types = |table: &'static Table, names: &[&str]| -> Vec<DataType> {
        let schema = table.schema();
        let named = |name: &&str| schema.field_with_name(name).map(|field| field.data_type().clone());
        let mut types: Vec<_> = names.iter().filter_map(|name| named(name).ok()).collect();
        types.push(DataType::Boolean);
        types
    };
    let escrow = types(
        &ESCROW_EVENTS,
        &[
            "event_id",
            "sequence",
            "event",
            "type",
            "payer",
            "creator",
            "amount",
            "currency",
            "visibility",
            "at",
        ],
    );
    let wallet = types(
        &WALLET_TRANSFERS,
        &["transaction_id", "amount", "currency", "fees", "net", "status", "fx", "at"],
    );
    let ledger = types(
        &LEDGER_ENTRIES,
        &["entry_id", "sequence", "type", "transaction_id", "postings", "at", "visibility", "dt"],
    );
    type Encode = fn(&[arrow::array::ArrayRef]) -> Result<arrow::array::BinaryArray, String>;
    for (name, types, encode) in [
        ("escrow_fact", escrow, facts::of_escrow as Encode),
        ("transfer_fact", wallet, facts::of_wallet),
        ("entry_fact", ledger, facts::of_ledger),
        ("contested_fact", vec![DataType::Utf8, DataType::Utf8], facts::of_contested),
    ] {
        let compute = move |columns: &[arrow::array::ArrayRef]| Ok(Arc::new(encode(columns)?) as _);
        session.register_scalar(name, types, DataType::Binary, Arc::new(compute));
    }
    session.register_scalar("escrow_hash", vec![DataType::Utf8], DataType::Int64, Arc::new(escrow_hash));
    session.register_scalar("break_id", vec![DataType::Utf8], DataType::Utf8, Arc::new(break_id));
    session.register_scalar("digest", vec![DataType::Utf8], DataType::Utf8, Arc::new(digest));
    let rules = rules.clone();
    let evaluate = move |groups: &Groups<'_>, _: &[ScalarValue]| {
        let mut verdicts = Verdicts::default();
        for group in groups.iter() {
            verdicts.judge(group, &night, &rules)?;
        }
        verdicts.finish()
    };
    session.register_fold("judge", Vec::new(), verdict_type(), Arc::new(evaluate));
    Ok(night)
}

fn escrow_hash(columns: &[arrow::array::ArrayRef]) -> Result<arrow::array::ArrayRef, String> {
    let texts =
        columns.first().and_then(|column| column.as_string_opt::<i32>()).ok_or("a text was expected")?;
    let hashes = texts.iter().map(|text| text.map(|text| ingest::key_hash(text) as i64));
    Ok(Arc::new(hashes.collect::<arrow::array::Int64Array>()))
}

/// Names a break by what makes it one: `br_` and 80 bits of SHA-256 in hex.
fn break_id(columns: &[arrow::array::ArrayRef]) -> Result<arrow::array::ArrayRef, String> {
    hashed(columns, "br_", 10)
}

/// 128 bits of a text's SHA-256 in hex: equal for equal texts, and for all that matters for no others.
fn digest(columns: &[arrow::array::ArrayRef]) -> Result<arrow::array::ArrayRef, String> {
    hashed(columns, "", 16)
}

fn hashed(
    columns: &[arrow::array::ArrayRef],
    prefix: &str,
    bytes: usize,
) -> Result<arrow::array::ArrayRef, String> {
    let texts =
        columns.first().and_then(|column| column.as_string_opt::<i32>()).ok_or("a text was expected")?;
    let name = |text: &str| {
        let hash = Sha256::digest(text.as_bytes());
        hash.iter().take(bytes).fold(prefix.to_owned(), |name, byte| format!("{name}{byte:02x}"))
    };
    Ok(Arc::new(texts.iter().map(|text| text.map(name)).collect::<arrow::array::StringArray>()))
}

/// The night with the watermarks that the manifests of its day state.
async fn night(session: &Session, dt: NaiveDate) -> Outcome<Night> {
    let mut night = Night::complete(time::end_of_day(dt));
    let query = format!("SELECT source, watermark FROM ops.manifests WHERE dt = DATE '{dt}'");
    for batch in session.sql(&query).await?.collect().await? {
        let sources = batch.column(0).as_string::<i32>();
        let watermarks = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        for row in (0..batch.num_rows()).filter(|row| watermarks.is_valid(*row)) {
            let Watermarks { escrow, wallet, ledger } = &mut night.watermarks;
            match Source::from_folder(sources.value(row)) {
                Some(Source::Escrow) => *escrow = watermarks.value(row),
                Some(Source::Wallet) => *wallet = watermarks.value(row),
                Some(Source::Ledger) => *ledger = watermarks.value(row),
                _ => {}
            }
        }
    }
    Ok(night)
}
