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
/// Rows that are gathered and written at once: few enough that their texts, once fetched for one column, are still
/// near for the next.
const LAID_ROWS: usize = 2 * 1024;

/// A writer that lays its rows by escrow where the table has any.
pub struct Cluster {
    writer: FileWriter,
    column: Option<usize>,
    waiting: Vec<RecordBatch>,
    /// Hash, batch and row of what waits.
    order: Vec<(i64, u32, u32)>,
}

impl Cluster {
    pub fn new(writer: FileWriter, table: &Table) -> Self {
        let column = table.file_schema().index_of("escrow_hash").ok();
        Self { writer, column, waiting: Vec::new(), order: Vec::new() }
    }

    /// Adds the rows of a batch that are not left out.
    pub fn push(&mut self, batch: RecordBatch, is_left_out: impl Fn(usize) -> bool) -> Outcome<()> {
        match self.column {
            Some(column) => self.wait(batch, column, is_left_out),
            None => self.write(&batch, is_left_out),
        }
    }

    /// Writes runs of rows as they are.
    fn write(&mut self, batch: &RecordBatch, is_left_out: impl Fn(usize) -> bool) -> Outcome<()> {
        let mut start = 0;
        for end in (0..batch.num_rows()).filter(|row| is_left_out(*row)).chain([batch.num_rows()]) {
            if end > start {
                self.writer.write(&batch.slice(start, end - start))?;
            }
            start = end + 1;
        }
        Ok(())
    }

    fn wait(
        &mut self,
        batch: RecordBatch,
        column: usize,
        is_left_out: impl Fn(usize) -> bool,
    ) -> Outcome<()> {
        let number = self.waiting.len() as u32;
        let hashes = batch.column(column).as_primitive::<Int64Type>().values().iter();
        let rows = hashes.enumerate().filter(|(row, _)| !is_left_out(*row));
        self.order.extend(rows.map(|(row, hash)| (*hash, number, row as u32)));
        self.waiting.push(batch);
        if self.order.len() >= GROUP_ROWS { self.lay() } else { Ok(()) }
    }

    fn lay(&mut self) -> Outcome<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.order.sort_unstable();
        let batches: Vec<&RecordBatch> = waiting.iter().collect();
        let mut places = Vec::with_capacity(LAID_ROWS);
        for part in self.order.chunks(LAID_ROWS) {
            places.clear();
            places.extend(part.iter().map(|(_, number, row)| (*number as usize, *row as usize)));
            self.writer.write(&interleave_record_batch(&batches, &places)?)?;
        }
        self.order.clear();
        Ok(())
    }

    pub fn finish(mut self) -> Outcome<Vec<NewFile>> {
        self.lay()?;
        Ok(self.writer.finish()?)
    }
}
