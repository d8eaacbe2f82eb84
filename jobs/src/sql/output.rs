//! Rows in the format that was asked for, batch by batch, in memory that does not grow with them.

use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::csv::CsvRows;
use super::destination::Destination;
use super::table::TableRows;
use super::{Format, json};
use crate::failure::{Failure, Outcome};

/// Rows and bytes of one Parquet row group: what a writer holds.
const GROUP_ROWS: usize = 128 << 10;
const GROUP_BYTES: usize = 64 << 20;

/// How rows are shown.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub format: Format,
    /// Rows that a table shows.
    pub rows_max: usize,
    /// Characters of one line of a table's cell; none where it is never cut.
    pub cell_width_max: Option<usize>,
    /// Whether a table gives each column a line of its own.
    pub expanded: bool,
}

/// Takes a result's batches in order.
pub trait RowWriter: Send {
    fn write(&mut self, batch: &RecordBatch) -> Outcome<()>;

    /// Writes what is left; the destination stays open for the next result.
    fn finish(self: Box<Self>) -> Outcome<()>;
}

/// A writer of the view's format.
pub fn writer<'a>(
    view: View,
    schema: &SchemaRef,
    out: &'a mut Destination,
) -> Outcome<Box<dyn RowWriter + 'a>> {
    if matches!(view.format, Format::Json | Format::Ndjson | Format::Parquet) {
        check_names(schema)?;
    }
    Ok(match view.format {
        Format::Table => Box::new(TableRows::new(view, schema, out)),
        Format::Csv => Box::new(CsvRows::new(schema, out)?),
        Format::Json => Box::new(json::array(out)),
        Format::Ndjson => Box::new(json::lines(out)),
        Format::Parquet => {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_max_row_group_row_count(Some(GROUP_ROWS))
                .build();
            let encoder = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(unencodable)?;
            Box::new(ParquetRows(encoder))
        }
    })
}

/// A failure to write to the destination.
pub fn unwritable(error: io::Error) -> Failure {
    Failure::other(format!("the rows cannot be written: {error}"))
}

fn unencodable(error: ParquetError) -> Failure {
    Failure::other(format!("the rows cannot be written: {error}"))
}

/// Where columns are found by name, no two may share one.
fn check_names(schema: &Schema) -> Outcome<()> {
    let mut names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Failure::usage(format!("two columns are named `{}`", pair[0]))
            .with_hint("give each a name of its own with AS")),
        None => Ok(()),
    }
}

struct ParquetRows<'a>(ArrowWriter<&'a mut Destination>);

impl RowWriter for ParquetRows<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        self.0.write(batch).map_err(unencodable)?;
        if self.0.memory_size() > GROUP_BYTES {
            self.0.flush().map_err(unencodable)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Outcome<()> {
        self.0.close().map(|_| ()).map_err(unencodable)
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::cell::tests::sample;
    use super::*;

    #[test]
    fn parquet_gives_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.parquet");
        let view = View { format: Format::Parquet, rows_max: 0, cell_width_max: None, expanded: false };
        let batch = sample();
        let mut destination = Destination::open(Some(&path)).unwrap();
        let mut rows = writer(view, &batch.schema(), &mut destination).unwrap();
        rows.write(&batch).unwrap();
        rows.finish().unwrap();
        destination.finish().unwrap();
        let file = std::fs::File::open(path).unwrap();
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        assert_eq!(reader.next().unwrap().unwrap(), batch);
    }

    #[test]
    fn names_must_differ_where_they_are_keys() {
        let field = |name| Field::new(name, DataType::Int64, true);
        assert!(check_names(&Schema::new(vec![field("a"), field("b")])).is_ok());
        let failure = check_names(&Schema::new(vec![field("a"), field("b"), field("a")])).err().unwrap();
        assert_eq!(failure.message, "two columns are named `a`");
    }
}
