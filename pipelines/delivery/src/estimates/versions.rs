//! The last version of every content: contents are read by ascending ranges of their hash, a range at a time.

use arrow::array::RecordBatch;

use super::codes::{Names, from_stored};
use super::index::Index;
use super::{Error, reading};

/// Contents while they are read, each with what is kept of its last version.
#[derive(Debug)]
pub struct Versions<T> {
    hashes: Vec<u64>,
    kept: Vec<T>,
    /// Of the range that is read: hash, day, file, line, what is kept.
    range: Vec<(u64, i32, u32, u32, T)>,
    files: Names,
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self { hashes: Vec::new(), kept: Vec::new(), range: Vec::new(), files: Names::default() }
    }
}

impl<T: Copy + Ord> Versions<T> {
    /// Reads where each version of a batch stands, from `key_hash`, `dt`, `source_file` and `source_line`; `of` tells
    /// what is kept of a row.
    pub fn push(&mut self, batch: &RecordBatch, mut of: impl FnMut(usize) -> T) -> Result<(), Error> {
        let hashes = reading::integers(batch, "key_hash")?;
        let days = reading::days(batch, "dt")?;
        let files = reading::texts(batch, "source_file")?;
        let lines = reading::integers(batch, "source_line")?;
        for row in 0..batch.num_rows() {
            let line = u32::try_from(lines.value(row)).unwrap_or(u32::MAX);
            let file = self.files.code(files.value(row));
            self.range.push((from_stored(hashes.value(row)), days[row], file, line, of(row)));
        }
        Ok(())
    }

    /// Ends a range: of each content the last version stays, by day, file name and line.
    pub fn end_range(&mut self) {
        let ranks = self.files.ranks();
        for version in &mut self.range {
            version.2 = ranks[version.2 as usize];
        }
        self.range.sort_unstable();
        for (place, version) in self.range.iter().enumerate() {
            if self.range.get(place + 1).is_none_or(|next| next.0 != version.0) {
                self.hashes.push(version.0);
                self.kept.push(version.4);
            }
        }
        self.range.clear();
        self.files = Names::default();
    }

    /// All contents: where each stands, and what is kept of it.
    pub fn finish(mut self) -> (Index, Vec<T>) {
        self.end_range();
        (Index::new(self.hashes), self.kept)
    }
}
