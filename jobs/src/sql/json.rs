//! Rows as JSON: one array of objects, or one object a line. Every key is there, decimals are strings.

use std::io::Write;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::FieldRef;
use arrow::error::ArrowError;
use arrow::json::writer::{
    Encoder, EncoderFactory, EncoderOptions, JsonFormat, LineDelimited, NullableEncoder, Writer,
    WriterBuilder,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::cell::TIMESTAMP;
use super::output::RowWriter;
use crate::failure::{Failure, Outcome};

/// How a value becomes JSON, also inside of the other formats.
pub fn options() -> &'static EncoderOptions {
    static OPTIONS: LazyLock<EncoderOptions> = LazyLock::new(|| {
        EncoderOptions::default()
            .with_explicit_nulls(true)
            .with_timestamp_format(TIMESTAMP.to_owned())
            .with_encoder_factory(Arc::new(DecimalsAsStrings))
    });
    &OPTIONS
}

/// One array, an object a line.
pub fn array<'a, W: Write + Send>(out: &'a mut W) -> impl RowWriter + 'a {
    Objects(builder().build::<_, ArrayOfLines>(out))
}

/// One object a line.
pub fn lines<'a, W: Write + Send>(out: &'a mut W) -> impl RowWriter + 'a {
    Objects(builder().build::<_, LineDelimited>(out))
}

fn builder() -> WriterBuilder {
    WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_timestamp_format(TIMESTAMP.to_owned())
        .with_encoder_factory(Arc::new(DecimalsAsStrings))
}

struct Objects<W: Write, F: JsonFormat>(Writer<W, F>);

impl<W: Write + Send, F: JsonFormat + Send> RowWriter for Objects<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        self.0.write(batch).map_err(Failure::from)
    }

    fn finish(mut self: Box<Self>) -> Outcome<()> {
        self.0.finish().map_err(Failure::from)
    }
}

/// `[`, the objects with a comma between them, `]`.
#[derive(Debug, Default)]
struct ArrayOfLines;

impl JsonFormat for ArrayOfLines {
    fn start_stream<W: Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"[")?)
    }

    fn start_row<W: Write>(&self, out: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        Ok(out.write_all(if is_first_row { b"\n" } else { b",\n" })?)
    }

    fn end_stream<W: Write>(&self, out: &mut W) -> Result<(), ArrowError> {
        Ok(out.write_all(b"\n]\n")?)
    }
}

#[derive(Debug)]
struct DecimalsAsStrings;

impl EncoderFactory for DecimalsAsStrings {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        if !array.data_type().is_decimal() {
            return Ok(None);
        }
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::new())?;
        Ok(Some(NullableEncoder::new(Box::new(Quoted(formatter)), array.nulls().cloned())))
    }
}

/// A decimal's digits in quotes: nothing in them has to be escaped.
struct Quoted<'a>(ArrayFormatter<'a>);

impl Encoder for Quoted<'_> {
    fn encode(&mut self, index: usize, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        let _ = write!(out, "\"{}\"", self.0.value(index));
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::tests::sample;
    use super::*;

    const FIRST: &str = concat!(
        r#"{"text":"a \"b\",\nc","count":9223372036854775807,"amount":"12.500000000","#,
        r#""total":"10000000000000000000000000000.000000000","at":"2026-11-22T00:00:00.123456Z","#,
        r#""plain_at":"2026-11-22T00:00:00.123456Z","share":0.1,"#,
        r#""fees":[{"type":"PLATFORM","amount":"-0.000000001"},{"type":null,"amount":"1.230000000"}],"#,
        r#""nothing":null}"#
    );
    const SECOND: &str = concat!(
        r#"{"text":"","count":null,"amount":"0.000000000","total":null,"at":null,"#,
        r#""plain_at":null,"share":null,"fees":[],"nothing":null}"#
    );

    fn written<'a>(mut writer: impl RowWriter + 'a, batches: &[RecordBatch]) {
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        Box::new(writer).finish().unwrap();
    }

    #[test]
    fn objects_are_exact_and_have_every_key() {
        let mut out = Vec::new();
        written(lines(&mut out), &[sample()]);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{FIRST}\n{SECOND}\n"));
    }

    #[test]
    fn an_array_is_one_value_over_all_batches() {
        let mut out = Vec::new();
        written(array(&mut out), &[sample(), sample().slice(0, 0), sample().slice(1, 1)]);
        assert_eq!(String::from_utf8(out).unwrap(), format!("[\n{FIRST},\n{SECOND},\n{SECOND}\n]\n"));
        let mut out = Vec::new();
        written(array(&mut out), &[]);
        assert_eq!(out, b"[\n]\n");
    }
}
