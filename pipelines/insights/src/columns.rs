//! Released rows as Arrow columns, and the hash over them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Builder, RecordBatch, StringBuilder};
use schemas::insights::CREATOR_INSIGHTS_DAILY;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::release::Row;

/// Rows of one release on their way into batches.
pub struct Rows {
    policy: String,
    release_id: String,
    texts: [StringBuilder; 8],
    numbers: [Decimal128Builder; 4],
    hash: Sha256,
    count: u64,
}

impl Rows {
    pub fn new(policy: &str, release_id: &str) -> Self {
        let decimal = || Decimal128Builder::new().with_data_type(schemas::table::Kind::Total.data_type());
        Self {
            policy: policy.to_owned(),
            release_id: release_id.to_owned(),
            texts: std::array::from_fn(|_| StringBuilder::new()),
            numbers: std::array::from_fn(|_| decimal()),
            hash: Sha256::new(),
            count: 0,
        }
    }

    /// Adds a row of a creator.
    pub fn push(&mut self, creator: &str, row: &Row) {
        let metric = row.metric;
        let texts = [
            creator,
            metric.category,
            metric.metric,
            metric.dimension,
            &row.key,
            &row.unit,
            &self.policy,
            &self.release_id,
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_value(text);
            self.hash.update((text.len() as u64).to_le_bytes());
            self.hash.update(text);
        }
        let numbers = [row.value, row.sigma, row.low, row.high];
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_option(number);
            self.hash.update([u8::from(number.is_some())]);
            self.hash.update(number.unwrap_or_default().to_le_bytes());
        }
        self.count += 1;
    }

    /// Rows so far, in all batches.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What was pushed since the last batch, with the columns of the table's files.
    pub fn batch(&mut self) -> Result<RecordBatch, Error> {
        let [creator, category, metric, dimension, key, unit, policy, release_id] =
            self.texts.each_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let [value, sigma, low, high] =
            self.numbers.each_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns = [
            ("creator", creator),
            ("category", category),
            ("metric", metric),
            ("dimension", dimension),
            ("key", key),
            ("value", value),
            ("unit", unit),
            ("noise_sigma", sigma),
            ("value_low", low),
            ("value_high", high),
            ("policy", policy),
            ("release_id", release_id),
        ];
        let schema = CREATOR_INSIGHTS_DAILY.file_schema();
        debug_assert!(
            schema.fields().iter().map(|field| field.name()).eq(columns.iter().map(|column| column.0))
        );
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        RecordBatch::try_new(schema, columns).map_err(|error| Error::Rows(error.to_string()))
    }

    /// The hash over all rows in their order.
    pub fn sha256(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
