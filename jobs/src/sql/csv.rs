//! Rows as CSV after RFC 4180, with plain line ends: NULL is empty, an empty text is `""`.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::cell;
use super::output::{RowWriter, unwritable};
use crate::failure::Outcome;

/// Writes the header at once and the rows as they come.
pub struct CsvRows<'a, W> {
    out: &'a mut W,
    lines: Vec<u8>,
}

impl<'a, W: Write + Send> CsvRows<'a, W> {
    pub fn new(schema: &Schema, out: &'a mut W) -> Outcome<Self> {
        let mut lines = Vec::new();
        for (index, field) in schema.fields().iter().enumerate() {
            push_cell(&mut lines, index, Some(field.name()));
        }
        lines.push(b'\n');
        out.write_all(&lines).map_err(unwritable)?;
        Ok(Self { out, lines })
    }
}

impl<W: Write + Send> RowWriter for CsvRows<'_, W> {
    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        let mut columns = cell::columns(batch)?;
        // A line with nothing on it would be skipped by many readers.
        let null = (columns.len() == 1).then_some("");
        let mut text = String::new();
        self.lines.clear();
        for row in 0..batch.num_rows() {
            for (index, cells) in columns.iter_mut().enumerate() {
                let present = cells.read(row, &mut text)?;
                push_cell(&mut self.lines, index, if present { Some(&text) } else { null });
            }
            self.lines.push(b'\n');
        }
        self.out.write_all(&self.lines).map_err(unwritable)
    }

    fn finish(self: Box<Self>) -> Outcome<()> {
        Ok(())
    }
}

fn push_cell(line: &mut Vec<u8>, index: usize, value: Option<&str>) {
    if index > 0 {
        line.push(b',');
    }
    let Some(value) = value else { return };
    if !value.is_empty() && !value.contains(['"', ',', '\n', '\r']) {
        line.extend_from_slice(value.as_bytes());
        return;
    }
    line.push(b'"');
    line.extend_from_slice(value.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::super::cell::tests::sample;
    use super::*;

    fn written(batches: &[RecordBatch]) -> String {
        let mut out = Vec::new();
        let mut writer = CsvRows::new(batches[0].schema_ref(), &mut out).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        Box::new(writer).finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (value, expected) in [
            (Some("a b"), "a b"),
            (Some(""), "\"\""),
            (None, ""),
            (Some("a,b"), "\"a,b\""),
            (Some("a\"b"), "\"a\"\"b\""),
            (Some("a\r\nb"), "\"a\r\nb\""),
        ] {
            let mut line = Vec::new();
            push_cell(&mut line, 0, value);
            assert_eq!(line, expected.as_bytes());
        }
    }

    #[test]
    fn a_header_and_exact_values() {
        let fees = r#""[{""type"":""PLATFORM"",""amount"":""-0.000000001""},{""type"":null,""amount"":""1.230000000""}]""#;
        let at = "2026-11-22T00:00:00.123456Z";
        let expected = format!(
            "text,count,amount,total,at,plain_at,share,fees,nothing\n\
             \"a \"\"b\"\",\nc\",9223372036854775807,12.500000000,10000000000000000000000000000.000000000,\
             {at},{at},0.1,{fees},\n\"\",,0.000000000,,,,,[],\n"
        );
        assert_eq!(written(&[sample()]), expected);
    }

    #[test]
    fn no_row_is_an_empty_line() {
        assert_eq!(written(&[sample().project(&[1]).unwrap()]), "count\n9223372036854775807\n\"\"\n");
        assert_eq!(written(&[sample().slice(0, 0).project(&[1, 6]).unwrap()]), "count,share\n");
    }
}
