//! A few rows of the warehouse's own into a batch: for records, never for logs.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::ReaderBuilder;
use chrono::DateTime;
use serde::Serialize;

use crate::failure::{Failure, Outcome};

/// An instant in microseconds as the text that a timestamp column reads.
pub fn instant(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Rows with the schema's columns by name; absent ones are null.
pub fn batch<T: Serialize>(schema: SchemaRef, rows: &[T]) -> Outcome<RecordBatch> {
    let mut decoder =
        ReaderBuilder::new(schema.clone()).with_batch_size(rows.len().max(1)).build_decoder()?;
    decoder.serialize(rows)?;
    let batch = decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(schema));
    if batch.num_rows() != rows.len() {
        return Err(Failure::other("a record was cut: more rows than a batch holds"));
    }
    Ok(batch)
}
