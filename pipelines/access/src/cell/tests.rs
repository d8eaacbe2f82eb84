//! Each kind of value in both forms, beside what PostgreSQL writes.

use arrow::array::{
    Date32Array, Decimal128Array, Decimal256Array, Float64Array, Int64Array, ListBuilder, StringArray,
    StringBuilder, StructArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::i256;

use super::*;

fn texts(array: impl Array + 'static) -> Vec<String> {
    let array: ArrayRef = Arc::new(array);
    let field = Arc::new(Field::new("c", array.data_type().clone(), true));
    let cells = Cells::new(&array, &field).unwrap();
    let text = |row| {
        let mut out = BytesMut::new();
        match cells.is_null(row) {
            true => "∅".to_owned(),
            false => {
                cells.text(row, &mut out).unwrap();
                String::from_utf8(out.to_vec()).unwrap()
            }
        }
    };
    (0..array.len()).map(text).collect()
}

fn binary(array: impl Array + 'static, row: usize) -> Vec<u8> {
    let array: ArrayRef = Arc::new(array);
    let field = Arc::new(Field::new("c", array.data_type().clone(), true));
    let mut out = BytesMut::new();
    Cells::new(&array, &field).unwrap().sized(row, true, &mut out).unwrap();
    out.to_vec()
}

#[test]
fn numbers() {
    assert_eq!(texts(Int64Array::from(vec![Some(i64::MIN), None])), ["-9223372036854775808", "∅"]);
    assert_eq!(texts(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    let floats = vec![1.0, 0.1, 1e300, 1e-7, f64::NAN, f64::INFINITY, -0.0];
    assert_eq!(texts(Float64Array::from(floats)), ["1", "0.1", "1e300", "1e-7", "NaN", "Infinity", "-0"]);
    let money = Decimal128Array::from(vec![12_500_000_000, i128::from(i64::MAX) * 1_000_000_000_000])
        .with_precision_and_scale(38, 9)
        .unwrap();
    assert_eq!(texts(money), ["12.500000000", "9223372036854775807000.000000000"]);
    let wide =
        Decimal256Array::from(vec![i256::from_i128(i128::MAX)]).with_precision_and_scale(50, 2).unwrap();
    assert_eq!(texts(wide), ["1701411834604692317316873037158841057.27"]);
}

#[test]
fn times() {
    let days = Date32Array::from(vec![20_777, 0, -719_163]);
    assert_eq!(texts(days), ["2026-11-20", "1970-01-01", "0001-12-31 BC"]);
    let zoned = TimestampMicrosecondArray::from(vec![1_795_178_096_789_000, -1]).with_timezone("UTC");
    assert_eq!(texts(zoned), ["2026-11-20 12:34:56.789+00", "1969-12-31 23:59:59.999999+00"]);
    let local = TimestampNanosecondArray::from(vec![1_000_000_000]);
    assert_eq!(texts(local), ["1970-01-01 00:00:01"]);
    assert_eq!(binary(Date32Array::from(vec![10_958]), 0), [0, 0, 0, 4, 0, 0, 0, 1]);
    let after = TimestampMicrosecondArray::from(vec![MICROSECONDS_BEFORE + 5]).with_timezone("UTC");
    assert_eq!(binary(after, 0), [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5]);
}

#[test]
fn lists_and_structs() {
    let mut builder = ListBuilder::new(StringBuilder::new());
    builder.append_value([Some("a"), Some("b c"), None, Some(""), Some("NULL"), Some("q\"\\")]);
    builder.append_value([] as [Option<&str>; 0]);
    builder.append_null();
    let list = builder.finish();
    assert_eq!(texts(list.clone()), [r#"{a,"b c",NULL,"","NULL","q\"\\"}"#, "{}", "∅"]);
    assert_eq!(binary(list.clone(), 1), [0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]);
    assert_eq!(binary(list, 2), [255, 255, 255, 255]);
    let fields = vec![
        (
            Arc::new(Field::new("é", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["日\"本"])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("sum", DataType::Decimal128(38, 9), true)),
            Arc::new(Decimal128Array::from(vec![1]).with_precision_and_scale(38, 9).unwrap()) as ArrayRef,
        ),
        (
            Arc::new(Field::new("n", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![None])) as ArrayRef,
        ),
    ];
    let nested = StructArray::from(fields);
    assert_eq!(texts(nested), [r#"{"é":"日\"本","sum":"0.000000001","n":null}"#]);
}

#[test]
fn intervals() {
    use arrow::array::IntervalMonthDayNanoArray;
    use arrow::datatypes::IntervalMonthDayNano;
    let spans = vec![
        IntervalMonthDayNano::new(14, 3, 3_661_500_000_000),
        IntervalMonthDayNano::new(0, 0, 0),
        IntervalMonthDayNano::new(0, -1, -1_000_000_000),
    ];
    let expected = ["1 year 2 mons 3 days 01:01:01.5", "00:00:00", "-1 days -00:00:01"];
    assert_eq!(texts(IntervalMonthDayNanoArray::from(spans)), expected);
}
