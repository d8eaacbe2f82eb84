//! One value as text: exact digits, RFC 3339 times, and JSON for lists and structs.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::FieldRef;
use arrow::json::writer::{NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::json;
use crate::failure::{Failure, Outcome};

/// A timestamp without a zone is one in UTC, as every time of the warehouse; digits of the second as needed.
pub const TIMESTAMP: &str = "%Y-%m-%dT%H:%M:%S%.fZ";

/// One column of a batch, ready to be read as text.
pub struct Cells<'a> {
    nulls: Option<NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Plain(ArrayFormatter<'a>),
    Nested(NullableEncoder<'a>),
}

/// Every column of a batch.
pub fn columns(batch: &RecordBatch) -> Outcome<Vec<Cells<'_>>> {
    batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| Cells::new(field, array))
        .collect()
}

impl<'a> Cells<'a> {
    fn new(field: &'a FieldRef, array: &'a ArrayRef) -> Outcome<Self> {
        let values = if array.data_type().is_nested() {
            Values::Nested(make_encoder(field, array, json::options())?)
        } else {
            let options = FormatOptions::new().with_timestamp_format(Some(TIMESTAMP));
            Values::Plain(ArrayFormatter::try_new(array, &options)?)
        };
        Ok(Self { nulls: array.logical_nulls(), values })
    }

    /// Replaces `text` by the value of a row; false where it is null.
    pub fn read(&mut self, row: usize, text: &mut String) -> Outcome<bool> {
        text.clear();
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return Ok(false);
        }
        match &mut self.values {
            Values::Plain(formatter) => formatter.value(row).write(text)?,
            Values::Nested(encoder) => {
                let mut bytes = std::mem::take(text).into_bytes();
                encoder.encode(row, &mut bytes);
                *text = String::from_utf8(bytes).map_err(Failure::other)?;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use arrow::array::{
        Decimal128Array, Float64Array, Int64Array, ListArray, NullArray, StringArray, StructArray,
        TimestampMicrosecondArray,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{DataType, Field, Fields};

    use super::*;

    fn money(values: Vec<Option<i128>>) -> Decimal128Array {
        Decimal128Array::from(values).with_precision_and_scale(28, 9).unwrap()
    }

    /// Two rows of every kind of value; most are null in the second.
    pub fn sample() -> RecordBatch {
        let micros = vec![Some(1_795_305_600_123_456), None];
        let fields = Fields::from(vec![
            Field::new("type", DataType::Utf8, true),
            Field::new("amount", DataType::Decimal128(28, 9), true),
        ]);
        let fees = StructArray::new(
            fields.clone(),
            vec![
                Arc::new(StringArray::from(vec![Some("PLATFORM"), None])),
                Arc::new(money(vec![Some(-1), Some(1_230_000_000)])),
            ],
            None,
        );
        let item = Arc::new(Field::new("element", DataType::Struct(fields), true));
        let fees = ListArray::new(item, OffsetBuffer::from_lengths([2, 0]), Arc::new(fees), None);
        let huge =
            Decimal128Array::from(vec![Some(10_i128.pow(37)), None]).with_precision_and_scale(38, 9).unwrap();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("text", Arc::new(StringArray::from(vec![Some("a \"b\",\nc"), Some("")]))),
            ("count", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
            ("amount", Arc::new(money(vec![Some(12_500_000_000), Some(0)]))),
            ("total", Arc::new(huge)),
            ("at", Arc::new(TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC"))),
            ("plain_at", Arc::new(TimestampMicrosecondArray::from(micros))),
            ("share", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
            ("fees", Arc::new(fees)),
            ("nothing", Arc::new(NullArray::new(2))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn values_are_exact() {
        let batch = sample();
        let row = |index| {
            let mut text = String::new();
            let mut read =
                |cells: &mut Cells<'_>| cells.read(index, &mut text).unwrap().then(|| text.clone());
            columns(&batch).unwrap().iter_mut().map(&mut read).collect::<Vec<_>>()
        };
        let fees = r#"[{"type":"PLATFORM","amount":"-0.000000001"},{"type":null,"amount":"1.230000000"}]"#;
        let at = "2026-11-22T00:00:00.123456Z";
        let first =
            ["a \"b\",\nc", "9223372036854775807", "12.500000000", "10000000000000000000000000000.000000000"];
        let first = first.into_iter().chain([at, at, "0.1", fees]).map(|text| Some(text.to_owned()));
        assert_eq!(row(0), first.chain([None]).collect::<Vec<_>>());
        let second = [Some(""), None, Some("0.000000000"), None, None, None, None, Some("[]"), None];
        assert_eq!(row(1), second.map(|text| text.map(str::to_owned)));
    }
}
