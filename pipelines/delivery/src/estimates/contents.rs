//! Which class a content is of and which codecs it offers: nine bytes for each content that was published.

use arrow::array::{Array, RecordBatch};

use super::codes::{Class, Codecs, hash_of};
use super::index::Index;
use super::versions::Versions;
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
pub struct ContentsReader(Versions<u8>);

impl ContentsReader {
    /// Reads versions: `key_hash`, `dt`, `source_file`, `source_line`, `duration_ms`, `renditions`.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let durations = reading::integers(batch, "duration_ms")?;
        let renditions = reading::lists(batch, "renditions")?;
        let codecs = reading::texts(reading::structs(renditions, "renditions")?, "codec")?;
        self.0.push(batch, |row| {
            let offered = reading::span(renditions, row).filter_map(|place| reading::text(codecs, place));
            let duration = durations.is_valid(row).then(|| durations.value(row));
            let is_long = duration.is_some_and(|duration| duration > SHORT_MS_MAX);
            let content = Content {
                class: if is_long { Class::Long } else { Class::Short },
                codecs: Codecs::of(offered),
                is_known: duration.is_some(),
            };
            content.packed()
        })
    }

    /// Ends a range.
    pub fn end_range(&mut self) {
        self.0.end_range();
    }

    /// All contents.
    pub fn finish(self) -> Contents {
        let (index, packed) = self.0.finish();
        Contents { index, packed }
    }
}

impl Contents {
    /// What is known of a content.
    pub fn get(&self, id: &str) -> Content {
        let found = self.index.find(hash_of(id));
        found.map_or(Content::UNKNOWN, |place| Content::unpacked(self.packed[place]))
    }
}
