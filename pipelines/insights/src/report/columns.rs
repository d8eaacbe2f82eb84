//! The report as Parquet: the same lines, numbers as decimals.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use schemas::{money, time};

use super::record::{COLUMNS, Record, records};
use super::{RenderError, Report};

/// The report as one file. What it was made from stands in its metadata.
pub fn parquet(report: &Report) -> Result<Vec<u8>, RenderError> {
    let records: Vec<Record<'_>> = records(report).collect();
    let batch = batch(&records)?;
    let metadata = |key: &str, value: String| parquet::file::metadata::KeyValue::new(key.to_owned(), value);
    let listed = |set: &std::collections::BTreeSet<String>| {
        set.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("tiktoktoe".to_owned())
        .set_key_value_metadata(Some(vec![
            metadata("creator", report.creator.clone()),
            metadata("policies", listed(&report.policies)),
            metadata("releases", listed(&report.releases)),
        ]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn batch(records: &[Record<'_>]) -> Result<RecordBatch, RenderError> {
    let text = |of: fn(&Record<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(records.iter().map(of)))
    };
    let day = |of: fn(&Record<'_>) -> i32| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(records.iter().map(of)))
    };
    let number = |of: fn(&Record<'_>) -> Option<i128>| -> Result<ArrayRef, RenderError> {
        let column = Decimal128Array::from_iter(records.iter().map(of));
        Ok(Arc::new(column.with_precision_and_scale(38, money::SCALE as i8)?))
    };
    let columns: [ArrayRef; 14] = [
        text(|record| Some(record.period.to_owned())),
        day(|record| time::days(record.figure.span.from)),
        day(|record| time::days(record.figure.span.to)),
        Arc::new(Int64Array::from_iter_values(records.iter().map(|record| i64::from(record.figure.days)))),
        text(|record| Some(record.figure.category.clone())),
        text(|record| Some(record.figure.metric.clone())),
        text(|record| Some(record.figure.dimension.clone())),
        text(|record| Some(record.figure.key.clone())),
        text(|record| record.title.map(str::to_owned)),
        text(|record| Some(record.figure.measure.name().to_owned())),
        number(|record| record.figure.value)?,
        number(|record| record.figure.sigma)?,
        number(|record| Some(record.figure.low))?,
        number(|record| Some(record.figure.high))?,
    ];
    let fields: Vec<Field> = COLUMNS
        .iter()
        .zip(&columns)
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.to_vec())?)
}
