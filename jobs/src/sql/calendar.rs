//! Days and times that no calendar has: text formats refuse them before a row of their batch is written.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use chrono::NaiveDateTime;

use crate::failure::{Failure, Outcome};

/// Refuses a batch that has one, with its column.
pub fn check(batch: &RecordBatch) -> Outcome<()> {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if !has_times(field.data_type()) {
            continue;
        }
        if let Some((number, unit)) = outside(column) {
            let name = field.name();
            return Err(Failure::usage(format!(
                "`{name}` has {number} {unit}s since 1970, which no calendar has"
            ))
            .with_hint(format!("CAST({name} AS BIGINT) shows it as a number; Parquet keeps it as it is")));
        }
    }
    Ok(())
}

fn has_times(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(field) => has_times(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_times(field.data_type())),
        other => other.is_temporal(),
    }
}

/// The first value that has no day, and its unit.
fn outside(array: &dyn Array) -> Option<(i64, &'static str)> {
    let (first, last) = (NaiveDateTime::MIN.and_utc(), NaiveDateTime::MAX.and_utc());
    let days = |time: chrono::DateTime<chrono::Utc>| time.timestamp().div_euclid(86_400);
    match array.data_type() {
        DataType::Date32 => {
            let days = days(first)..=days(last);
            let values = array.as_primitive::<Date32Type>().reinterpret_cast::<Int32Type>();
            values.iter().flatten().map(i64::from).find(|day| !days.contains(day)).map(|day| (day, "day"))
        }
        DataType::Date64 => {
            let millis = first.timestamp_millis()..=last.timestamp_millis();
            let values = array.as_primitive::<Date64Type>().reinterpret_cast::<Int64Type>();
            values.iter().flatten().find(|time| !millis.contains(time)).map(|time| (time, "millisecond"))
        }
        DataType::Timestamp(unit, _) => {
            let (values, times, name) = match unit {
                TimeUnit::Second => (
                    array.as_primitive::<TimestampSecondType>().reinterpret_cast::<Int64Type>(),
                    first.timestamp()..=last.timestamp(),
                    "second",
                ),
                TimeUnit::Millisecond => (
                    array.as_primitive::<TimestampMillisecondType>().reinterpret_cast(),
                    first.timestamp_millis()..=last.timestamp_millis(),
                    "millisecond",
                ),
                TimeUnit::Microsecond => (
                    array.as_primitive::<TimestampMicrosecondType>().reinterpret_cast(),
                    first.timestamp_micros()..=last.timestamp_micros(),
                    "microsecond",
                ),
                TimeUnit::Nanosecond => (
                    array.as_primitive::<TimestampNanosecondType>().reinterpret_cast(),
                    i64::MIN..=i64::MAX,
                    "nanosecond",
                ),
            };
            values.iter().flatten().find(|time| !times.contains(time)).map(|time| (time, name))
        }
        // Of lists and structs only the rows that are there: what lies beneath a null is nobody's value.
        DataType::List(_) => array.as_list::<i32>().iter().flatten().find_map(|values| outside(&values)),
        DataType::Struct(_) => {
            let rows = array.as_struct();
            let beneath = |column: &dyn Array| match rows.nulls() {
                None => outside(column),
                Some(nulls) => nulls.valid_indices().find_map(|row| outside(&column.slice(row, 1))),
            };
            rows.columns().iter().find_map(|column| beneath(column))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, ListArray, StructArray, TimestampMicrosecondArray};
    use arrow::buffer::{NullBuffer, OffsetBuffer};
    use arrow::datatypes::Field;

    use super::super::cell::tests::sample;
    use super::*;

    fn micros(time: i64) -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None, Some(time)]).with_timezone("UTC"))
    }

    fn message(array: ArrayRef) -> Option<String> {
        let batch = RecordBatch::try_from_iter([("at", array)]).unwrap();
        check(&batch).err().map(|failure| failure.to_string())
    }

    #[test]
    fn what_has_a_day_passes() {
        assert!(check(&sample()).is_ok());
        let last = NaiveDateTime::MAX.and_utc().timestamp_micros();
        assert_eq!(message(micros(last)), None);
        assert_eq!(message(Arc::new(Date32Array::from(vec![Some(-1), None]))), None);
    }

    #[test]
    fn what_has_none_is_named_with_its_column() {
        let last = NaiveDateTime::MAX.and_utc().timestamp_micros();
        for time in [last + 1, i64::MAX, i64::MIN] {
            let message = message(micros(time)).expect("a refusal");
            assert!(message.contains(&format!("`at` has {time} microseconds")), "{message}");
        }
        assert!(message(Arc::new(Date32Array::from(vec![i32::MAX]))).unwrap().contains("2147483647 days"));
    }

    #[test]
    fn lists_and_structs_are_looked_into_but_not_beneath_nulls() {
        let inner = micros(i64::MAX);
        let field = Arc::new(Field::new("time", inner.data_type().clone(), true));
        let list = ListArray::new(field.clone(), OffsetBuffer::from_lengths([1, 2]), inner.clone(), None);
        assert!(message(Arc::new(list)).is_some());
        let rows = |nulls| StructArray::new(vec![field.clone()].into(), vec![inner.clone()], nulls);
        assert!(message(Arc::new(rows(None))).is_some());
        assert_eq!(message(Arc::new(rows(Some(NullBuffer::from(vec![true, true, false]))))), None);
    }
}
