//! Which class a content is of and which codecs it offers: nine bytes for each content that was published.

use arrow::array::{Array, RecordBatch};

use super::codes::{Class, Codecs, Names, from_stored, hash_of};
use super::index::Index;
use super::{Error, reading};

/// The longest content of class SHORT, in milliseconds.
pub const SHORT_MS_MAX: i64 = 60_000;

/// What matters of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    pub class: Class,
    pub codecs: Codecs,
    /// Whether it is known how long it is; SHORT where not.
    pub is_known: bool,
}

impl Content {
    /// A content of which nothing landed.
    pub const UNKNOWN: Self = Self { class: Class::Short, codecs: Codecs::ALL, is_known: false };

    fn packed(self) -> u8 {
        self.codecs.0 | (self.class as u8) << 4 | u8::from(self.is_known) << 5
    }

    fn unpacked(packed: u8) -> Self {
        let class = Class::ALL[usize::from(packed >> 4 & 1)];
        Self { class, codecs: Codecs(packed & 15), is_known: packed >> 5 & 1 == 1 }
    }
}

/// Every content's latest version.
#[derive(Debug, Default)]
pub struct Contents {
    index: Index,
    packed: Vec<u8>,
}

/// Contents while they are read, by ascending ranges of their hash.
#[derive(Debug, Default)]
pub struct ContentsReader {
    hashes: Vec<u64>,
    packed: Vec<u8>,
    /// Of the range that is read: hash, day, file, line, content.
    versions: Vec<(u64, i32, u32, u32, u8)>,
    files: Names,
}

impl ContentsReader {
    /// Reads versions: `key_hash`, `dt`, `source_file`, `source_line`, `duration_ms`, `renditions`.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let hashes = reading::integers(batch, "key_hash")?;
        let days = reading::days(batch, "dt")?;
        let files = reading::texts(batch, "source_file")?;
        let lines = reading::integers(batch, "source_line")?;
        let durations = reading::integers(batch, "duration_ms")?;
        let renditions = reading::lists(batch, "renditions")?;
        let codecs = reading::texts(reading::structs(renditions, "renditions")?, "codec")?;
        for row in 0..batch.num_rows() {
            let offered = reading::span(renditions, row).filter_map(|place| reading::text(codecs, place));
            let duration = durations.is_valid(row).then(|| durations.value(row));
            let is_long = duration.is_some_and(|duration| duration > SHORT_MS_MAX);
            let content = Content {
                class: if is_long { Class::Long } else { Class::Short },
                codecs: Codecs::of(offered),
                is_known: duration.is_some(),
            };
            let line = u32::try_from(lines.value(row)).unwrap_or(u32::MAX);
            let file = self.files.code(files.value(row));
            self.versions.push((from_stored(hashes.value(row)), days[row], file, line, content.packed()));
        }
        Ok(())
    }

    /// Ends a range: of each content the last version stays, by day, file name and line.
    pub fn end_range(&mut self) {
        let ranks = self.files.ranks();
        for version in &mut self.versions {
            version.2 = ranks[version.2 as usize];
        }
        self.versions.sort_unstable();
        for (place, version) in self.versions.iter().enumerate() {
            if self.versions.get(place + 1).is_none_or(|next| next.0 != version.0) {
                self.hashes.push(version.0);
                self.packed.push(version.4);
            }
        }
        self.versions.clear();
        self.files = Names::default();
    }

    /// All contents.
    pub fn finish(mut self) -> Contents {
        self.end_range();
        Contents { index: Index::new(self.hashes), packed: self.packed }
    }
}

impl Contents {
    /// What is known of a content.
    pub fn get(&self, id: &str) -> Content {
        let found = self.index.find(hash_of(id));
        found.map_or(Content::UNKNOWN, |place| Content::unpacked(self.packed[place]))
    }
}
