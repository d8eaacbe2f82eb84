//! The audit of what is about to be committed: the key is there, and on one row only.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use datafusion::common::hash_utils::{QualityRandomState, create_hashes};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{col, lit};
use schemas::table::Table;

use crate::scan::FileTable;
use crate::write::NewFile;
use crate::{Error, Result, Session};

/// Hashes are kept of so many rows (half a gigabyte); beyond that the engine groups by the key, on disk if need be.
const ROWS_HASHED: usize = 64 << 20;

/// A column of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    pub name: String,
    /// Whether it may be null; a null is then a value like any other.
    pub optional: bool,
}

impl KeyColumn {
    /// `name`, or `name?` where it may be null.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let name = text.strip_suffix('?').unwrap_or(text);
        Self { name: name.to_owned(), optional: name.len() < text.len() }
    }
}

/// Collects a hash of every row's key, which is nearly free beside writing the row.
#[derive(Debug)]
pub struct Keys {
    /// Place in the file and whether it may be null; a partition's column is the same in every row.
    columns: Vec<(usize, KeyColumn)>,
    hashes: Vec<u64>,
    rows: usize,
}

impl Keys {
    pub fn new(table: &Table, key: &[KeyColumn]) -> Self {
        let schema = table.file_schema();
        let columns =
            key.iter().filter_map(|column| Some((schema.index_of(&column.name).ok()?, column.clone())));
        Self { columns: columns.collect(), hashes: Vec::new(), rows: 0 }
    }

    /// Takes up a batch; a null in the key is an error.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        for (place, column) in &self.columns {
            let nulls = batch.column(*place).logical_null_count();
            if nulls > 0 && !column.optional {
                return Err(Error::invalid(format!(
                    "{} is part of the key and null in {nulls} rows",
                    column.name
                )));
            }
        }
        self.rows += batch.num_rows();
        if self.rows <= ROWS_HASHED {
            let start = self.hashes.len();
            self.hashes.resize(start + batch.num_rows(), 0);
            let columns = self.columns.iter().map(|(place, _)| batch.column(*place));
            create_hashes(columns, &QualityRandomState::with_seed(0), &mut self.hashes[start..])?;
        }
        Ok(())
    }

    /// Takes up what another one has collected.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        if self.rows <= ROWS_HASHED {
            self.hashes.extend(other.hashes);
        } else {
            self.hashes = Vec::new();
        }
    }

    /// Whether no key stands twice. Equal hashes are looked at again, in the files.
    pub async fn check(mut self, session: &Session, table: &'static Table, files: &[NewFile]) -> Result<()> {
        let hashed = self.hashes.len() == self.rows;
        self.hashes.sort_unstable();
        if hashed && self.hashes.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(());
        }
        let files = files.iter().map(NewFile::to_data_file).collect();
        let written = FileTable::new(session.lake(), table, files);
        let key = self.columns.iter().map(|(_, column)| col(format!("\"{}\"", column.name))).collect();
        let doubled = session
            .context()
            .read_table(Arc::new(written))?
            .aggregate(key, vec![count(lit(1)).alias("rows_of_key")])?
            .filter(col("rows_of_key").gt(lit(1)))?
            .count()
            .await?;
        let names =
            self.columns.iter().map(|(_, column)| column.name.as_str()).collect::<Vec<_>>().join(", ");
        match doubled {
            0 => Ok(()),
            _ => Err(Error::invalid(format!("{doubled} keys ({names}) stand on more than one row"))),
        }
    }
}
