//! Rows laid by the hash of their escrow, a row group at a time, so that a shard of the reconciliation reads
//! few pages of each.

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::Int64Type;
use schemas::table::Table;
use warehouse::{FileWriter, NewFile};

use crate::failure::Outcome;

/// Rows that are laid at once.
const GROUP_ROWS: usize = 128 * 1024;

/// A writer that lays its rows by escrow where the table has any.
pub struct Cluster {
    writer: FileWriter,
    column: Option<usize>,
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl Cluster {
    pub fn new(writer: FileWriter, table: &Table) -> Self {
        let column = table.file_schema().index_of("escrow_hash").ok();
        Self { writer, column, waiting: Vec::new(), rows: 0 }
    }

    pub fn push(&mut self, batch: RecordBatch) -> Outcome<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.column.is_none() {
            return Ok(self.writer.write(&batch)?);
        }
        self.rows += batch.num_rows();
        self.waiting.push(batch);
        if self.rows >= GROUP_ROWS { self.lay() } else { Ok(()) }
    }

    fn lay(&mut self) -> Outcome<()> {
        let Some(column) = self.column else { return Ok(()) };
        let waiting = std::mem::take(&mut self.waiting);
        let mut order = Vec::with_capacity(std::mem::take(&mut self.rows));
        for (number, batch) in waiting.iter().enumerate() {
            let hashes = batch.column(column).as_primitive::<Int64Type>().values().iter();
            order.extend(hashes.enumerate().map(|(row, hash)| (*hash, number as u32, row as u32)));
        }
        order.sort_unstable();
        let batches: Vec<&RecordBatch> = waiting.iter().collect();
        // Some thousand rows at a time: the copy stays small beside the rows themselves.
        for part in order.chunks(8 * 1024) {
            let places: Vec<_> =
                part.iter().map(|(_, number, row)| (*number as usize, *row as usize)).collect();
            self.writer.write(&interleave_record_batch(&batches, &places)?)?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> Outcome<Vec<NewFile>> {
        self.lay()?;
        Ok(self.writer.finish()?)
    }
}
