//! Days that are one file each: for tables to which a night adds a few rows many times.

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use chrono::NaiveDate;
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use schemas::table::Table;

use crate::lake::{DataFile, Lake, Snapshot};
use crate::write::FileWriter;
use crate::{Error, Result};

/// How often a day is written anew because another change of it came first.
const ATTEMPTS: usize = 10;

impl Lake {
    /// Adds rows to a day and writes the day as one file, in one commit. With a text column and a value, the rows that
    /// have it go.
    pub async fn extend_day(
        &self,
        table: &'static Table,
        dt: NaiveDate,
        rows: &RecordBatch,
        without: Option<(&str, &str)>,
        operation: &str,
    ) -> Result<u64> {
        let mut conflict = String::new();
        for _ in 0..ATTEMPTS {
            let snapshot = self.snapshot(table).await?;
            if let (0, None, Some(snapshot)) = (rows.num_rows(), without, &snapshot) {
                return Ok(snapshot.version);
            }
            let standing: Vec<DataFile> =
                snapshot.iter().flat_map(|snapshot| snapshot.of_day(dt)).cloned().collect();
            let mut batches = Vec::new();
            for file in &standing {
                batches.extend(self.rows_of(table, file).await?);
            }
            if let Some((column, value)) = without {
                batches = batches.iter().map(|batch| others(batch, column, value)).collect::<Result<_>>()?;
            }
            batches.push(rows.clone());
            let mut writer = FileWriter::new(self, table, Some(dt), "day")?;
            let added = tokio::task::spawn_blocking(move || {
                batches.iter().try_for_each(|batch| writer.write(batch))?;
                writer.finish()
            });
            let as_read = |snapshot: &Snapshot| match snapshot.of_day(dt).eq(&standing) {
                true => Ok(standing.clone()),
                false => Err(Error::Conflict(format!("{}: {dt} was extended meanwhile", table.sql_name()))),
            };
            match self.change(table, added.await??, operation, as_read).await {
                Err(Error::Conflict(message)) => conflict = message,
                other => return other,
            }
        }
        Err(Error::Conflict(conflict))
    }

    /// The rows of a file that is small.
    async fn rows_of(&self, table: &Table, file: &DataFile) -> Result<Vec<RecordBatch>> {
        let bytes = self.store().get(&self.file(table, &file.path)).await?.bytes().await?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|builder| builder.build());
        let schema = table.file_schema();
        let fitting = |batch: RecordBatch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec());
        reader
            .map_err(Error::internal)?
            .map(|batch| batch.and_then(fitting).map_err(Error::internal))
            .collect()
    }
}

/// The rows in which a text column has another value.
fn others(batch: &RecordBatch, column: &str, value: &str) -> Result<RecordBatch> {
    let texts = batch.column_by_name(column).and_then(|column| column.as_string_opt::<i32>());
    let texts = texts.ok_or_else(|| Error::internal(format!("{column} is no text column")))?;
    let kept: BooleanArray = texts.iter().map(|text| Some(text != Some(value))).collect();
    filter_record_batch(batch, &kept).map_err(Error::internal)
}
