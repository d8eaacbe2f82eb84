//! A column of texts over the chunk that they were read from: none is copied that can be pointed at.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, NullBufferBuilder, RecordBatch, StringViewArray, make_view};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::error::ArrowError;
use schemas::table::Table;

/// Texts up to this length stand in their view itself.
const INLINE_MAX: usize = 12;
/// Marks a place among the copied texts; addresses of a process are below it.
const COPIED: u64 = 1 << 63;

/// A text on its way into a column.
pub enum Text<'a> {
    /// Read: it lies in the chunk, or was resolved from what lies there.
    Read(Cow<'a, str>),
    /// One of the program's own words.
    Listed(&'static str),
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Read(text)
    }
}

impl From<&'static str> for Text<'_> {
    fn from(text: &'static str) -> Self {
        Self::Listed(text)
    }
}

/// Builds such a column. Until it is made a long text's view holds its address.
#[derive(Default)]
pub struct Texts {
    views: Vec<u128>,
    valid: Option<NullBufferBuilder>,
    copied: Vec<u8>,
}

impl Texts {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn append_value<'a>(&mut self, text: impl Into<Text<'a>>) {
        match text.into() {
            Text::Read(Cow::Borrowed(text)) => self.append_at(text, text.as_ptr() as usize as u64),
            Text::Read(Cow::Owned(text)) => self.append_copy(&text),
            Text::Listed(text) => self.append_copy(text),
        }
        if let Some(valid) = &mut self.valid {
            valid.append_non_null();
        }
    }

    pub fn append_option<'a>(&mut self, text: Option<impl Into<Text<'a>>>) {
        match text {
            Some(text) => self.append_value(text),
            None => self.append_null(),
        }
    }

    fn append_null(&mut self) {
        let before = self.views.len();
        let valid = self.valid.get_or_insert_with(|| {
            let mut valid = NullBufferBuilder::new(before + 1024);
            valid.append_n_non_nulls(before);
            valid
        });
        valid.append_null();
        self.views.push(0);
    }

    fn append_copy(&mut self, text: &str) {
        self.append_at(text, COPIED | self.copied.len() as u64);
        if text.len() > INLINE_MAX {
            self.copied.extend_from_slice(text.as_bytes());
        }
    }

    fn append_at(&mut self, text: &str, place: u64) {
        let view = make_view(text.as_bytes(), 0, 0);
        let is_inline = text.len() <= INLINE_MAX;
        self.views.push(if is_inline { view } else { view | u128::from(place) << 64 });
    }

    /// The column, over the chunk whose texts were appended; room for as many again is kept. A text that was
    /// borrowed from anywhere else is an error.
    pub fn finish(&mut self, chunk: &Buffer) -> Result<ArrayRef, ArrowError> {
        let count = self.views.len();
        let mut views = std::mem::replace(&mut self.views, Vec::with_capacity(count + count / 8));
        let copied = Buffer::from_vec(std::mem::take(&mut self.copied));
        let start = chunk.as_ptr() as usize as u64;
        for view in &mut views {
            let length = u64::from(*view as u32);
            if length <= INLINE_MAX as u64 {
                continue;
            }
            let place = (*view >> 64) as u64;
            let (block, offset) = match place & COPIED {
                0 => (0, place.wrapping_sub(start)),
                _ => (1, place & !COPIED),
            };
            let room = [chunk.len(), copied.len()][block] as u64;
            if offset.checked_add(length).is_none_or(|end| end > room) || offset > u64::from(u32::MAX) {
                return Err(ArrowError::InvalidArgumentError("a text lies in no chunk".to_owned()));
            }
            *view = u128::from(*view as u64) | (block as u128) << 64 | u128::from(offset) << 96;
        }
        let valid = self.valid.take().and_then(|mut valid| valid.finish());
        Ok(Arc::new(StringViewArray::try_new(views.into(), vec![chunk.clone(), copied], valid)?))
    }
}

/// The same rows of a table with texts in columns of their own, so that they keep no chunk in memory.
pub fn owned(table: &Table, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = table.file_schema();
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| cast(column, field.data_type())).collect::<Result<_, _>>()?;
    RecordBatch::try_new(schema, columns)
}

/// One text in each of so many rows.
pub fn repeated(text: &str, count: usize) -> Result<ArrayRef, ArrowError> {
    let view = make_view(text.as_bytes(), 0, 0);
    let block = Buffer::from_slice_ref(text.as_bytes());
    Ok(Arc::new(StringViewArray::try_new(vec![view; count].into(), vec![block], None)?))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;

    #[test]
    fn texts_are_those_appended_wherever_they_lie() {
        let mut texts = Texts::new();
        for round in 0..2 {
            let chunk = Buffer::from_vec("a text of the chunk that is long, short".as_bytes().to_vec());
            let whole = std::str::from_utf8(&chunk).unwrap();
            texts.append_value(Cow::Borrowed(&whole[2..32]));
            texts.append_option(None::<&'static str>);
            texts.append_value(Cow::Borrowed(&whole[34..]));
            texts.append_value("EXCLUSIVE_CONTENT");
            texts.append_value(Cow::Owned::<str>(format!("resolved anew in round {round}")));
            texts.append_option(Some("TIP"));
            let column = texts.finish(&chunk).unwrap();
            let found: Vec<_> = column.as_string_view().iter().collect();
            let resolved = format!("resolved anew in round {round}");
            let long = Some("text of the chunk that is long");
            let expected =
                [long, None, Some("short"), Some("EXCLUSIVE_CONTENT"), Some(&resolved), Some("TIP")];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_text_that_lies_elsewhere_is_an_error() {
        let mut texts = Texts::new();
        let elsewhere = "a text that is longer than a view".to_owned();
        texts.append_value(Cow::Borrowed(elsewhere.as_str()));
        assert!(texts.finish(&Buffer::from_vec(vec![b' '; 100])).is_err());
    }
}
