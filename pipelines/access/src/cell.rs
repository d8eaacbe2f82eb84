//! One value on the wire: PostgreSQL's type for a column, and its text and binary forms, exactly.

mod json;
mod text;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Decimal256Array, ListArray,
    PrimitiveArray, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use bytes::{BufMut, BytesMut};
use datafusion_postgres::arrow_pg::datatypes::field_into_pg_type;
use pgwire::api::Type;

use crate::failure::Refusal;
use crate::numeric;

/// Days and microseconds from 1970 to 2000, from which PostgreSQL counts.
const DAYS_BEFORE: i32 = 10_957;
const MICROSECONDS_BEFORE: i64 = 946_684_800_000_000;

/// PostgreSQL's type for a column. Structs, and lists of anything but plain values, are JSON.
pub fn pg_type(field: &Arc<Field>) -> Type {
    match plain(field.data_type()) {
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => Type::JSON,
        DataType::List(item) => match plain(item.data_type()) {
            DataType::List(_) | DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => Type::JSON,
            DataType::Decimal256(..) => Type::NUMERIC_ARRAY,
            // What PostgreSQL's catalogue collects under such a name are its own numbers.
            DataType::Int32 if field.name().ends_with("oids") => Type::OID_ARRAY,
            item => field_into_pg_type(&Arc::new(Field::new_list("l", Field::new("i", item, true), true)))
                .unwrap_or(Type::JSON),
        },
        DataType::Decimal256(..) => Type::NUMERIC,
        DataType::Null => Type::TEXT,
        kind => {
            let field = Field::new(field.name(), kind, true).with_metadata(field.metadata().clone());
            field_into_pg_type(&Arc::new(field)).unwrap_or(Type::TEXT)
        }
    }
}

/// The type in which a column is written: few kinds, each of which loses nothing that PostgreSQL could say.
fn plain(kind: &DataType) -> DataType {
    use DataType as D;
    let item = |field: &Field| Arc::new(Field::new("item", plain(field.data_type()), true));
    match kind {
        D::Int8 | D::UInt8 => D::Int16,
        D::UInt16 => D::Int32,
        D::UInt32 => D::Int64,
        D::UInt64 => D::Decimal128(20, 0),
        D::Float16 => D::Float32,
        D::Decimal32(precision, scale) | D::Decimal64(precision, scale) => D::Decimal128(*precision, *scale),
        D::LargeUtf8 | D::Utf8View => D::Utf8,
        D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => D::Binary,
        D::Date64 => D::Date32,
        D::Time32(_) | D::Time64(_) => D::Time64(TimeUnit::Microsecond),
        D::Timestamp(_, zone) => D::Timestamp(TimeUnit::Microsecond, zone.as_ref().map(|_| "UTC".into())),
        D::Duration(_) | D::Interval(_) => D::Interval(IntervalUnit::MonthDayNano),
        D::Dictionary(_, value) => plain(value),
        D::List(field) | D::LargeList(field) | D::FixedSizeList(field, _) => D::List(item(field)),
        D::ListView(field) | D::LargeListView(field) => D::List(item(field)),
        other => other.clone(),
    }
}

/// A column of one batch, ready to be written value by value.
pub struct Cells {
    kind: Kind,
    nulls: ArrayRef,
}

enum Kind {
    Null,
    Boolean(BooleanArray),
    Small(PrimitiveArray<Int16Type>),
    Integer(PrimitiveArray<Int32Type>),
    Large(PrimitiveArray<Int64Type>),
    Real(PrimitiveArray<Float32Type>),
    Double(PrimitiveArray<Float64Type>),
    Decimal(Decimal128Array, usize),
    Wide(Decimal256Array, usize),
    Text(StringArray),
    Bytes(BinaryArray),
    Day(PrimitiveArray<Date32Type>),
    Time(PrimitiveArray<Time64MicrosecondType>),
    Instant(PrimitiveArray<TimestampMicrosecondType>, bool),
    Interval(PrimitiveArray<IntervalMonthDayNanoType>),
    /// Values of one list after another, and the type of each.
    List(ListArray, Box<Cells>, u32),
    Json(ArrayRef),
}

impl Cells {
    pub fn new(array: &ArrayRef, field: &Arc<Field>) -> Result<Self, Refusal> {
        let wanted = plain(array.data_type());
        let array =
            if *array.data_type() == wanted { array.clone() } else { cast(array, &wanted).map_err(wrong)? };
        let kind = match &wanted {
            _ if pg_type(field) == Type::JSON => Kind::Json(array.clone()),
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Boolean(array.as_boolean().clone()),
            DataType::Int16 => Kind::Small(array.as_primitive().clone()),
            DataType::Int32 => Kind::Integer(array.as_primitive().clone()),
            DataType::Int64 => Kind::Large(array.as_primitive().clone()),
            DataType::Float32 => Kind::Real(array.as_primitive().clone()),
            DataType::Float64 => Kind::Double(array.as_primitive().clone()),
            DataType::Decimal128(_, scale) => Kind::Decimal(array.as_primitive().clone(), places(*scale)?),
            DataType::Decimal256(_, scale) => Kind::Wide(array.as_primitive().clone(), places(*scale)?),
            DataType::Utf8 => Kind::Text(array.as_string().clone()),
            DataType::Binary => Kind::Bytes(array.as_binary().clone()),
            DataType::Date32 => Kind::Day(array.as_primitive().clone()),
            DataType::Time64(_) => Kind::Time(array.as_primitive().clone()),
            DataType::Timestamp(_, zone) => Kind::Instant(array.as_primitive().clone(), zone.is_some()),
            DataType::Interval(_) => Kind::Interval(array.as_primitive().clone()),
            DataType::List(item) => {
                let list = array.as_list::<i32>().clone();
                let cells = Self::new(list.values(), item)?;
                let element = pg_type(item).oid();
                Kind::List(list, Box::new(cells), element)
            }
            other => return Err(Refusal::unsupported(format!("a column of {other} cannot be sent"))),
        };
        Ok(Self { kind, nulls: array })
    }

    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.kind, Kind::Null) || self.nulls.is_null(row)
    }

    /// Writes a value that is not null as text.
    pub fn text(&self, row: usize, out: &mut BytesMut) -> Result<(), Refusal> {
        match &self.kind {
            Kind::Null => {}
            Kind::Boolean(values) => out.put_u8(if values.value(row) { b't' } else { b'f' }),
            Kind::Small(values) => text::integer(values.value(row), out),
            Kind::Integer(values) => text::integer(values.value(row), out),
            Kind::Large(values) => text::integer(values.value(row), out),
            Kind::Real(values) => text::float(&format!("{:?}", values.value(row)), out),
            Kind::Double(values) => text::float(&format!("{:?}", values.value(row)), out),
            Kind::Decimal(values, scale) => {
                let value = values.value(row);
                numeric::text(&value.unsigned_abs().to_string(), value < 0, *scale, out);
            }
            Kind::Wide(values, scale) => {
                let digits = values.value(row).to_string();
                numeric::text(digits.trim_start_matches('-'), digits.starts_with('-'), *scale, out);
            }
            Kind::Text(values) => out.put_slice(values.value(row).as_bytes()),
            Kind::Bytes(values) => text::bytes(values.value(row), out),
            Kind::Day(values) => text::day(values.value(row), out)?,
            Kind::Time(values) => text::time(values.value(row), out),
            Kind::Instant(values, zoned) => text::instant(values.value(row), *zoned, out)?,
            Kind::Interval(values) => {
                let value = values.value(row);
                text::interval(value.months, value.days, value.nanoseconds / 1_000, out);
            }
            Kind::List(list, items, _) => {
                let (from, to) = bounds(list, row);
                text::list(from..to, items, out)?;
            }
            Kind::Json(array) => json::write(array, row, out)?,
        }
        Ok(())
    }

    /// Writes a value that is not null in its binary form. PostgreSQL's own oids and letters are those of their storage.
    pub fn binary(&self, row: usize, out: &mut BytesMut) -> Result<(), Refusal> {
        match &self.kind {
            Kind::Null => {}
            Kind::Boolean(values) => out.put_u8(u8::from(values.value(row))),
            Kind::Small(values) => out.put_i16(values.value(row)),
            Kind::Integer(values) => out.put_i32(values.value(row)),
            Kind::Large(values) => out.put_i64(values.value(row)),
            Kind::Real(values) => out.put_f32(values.value(row)),
            Kind::Double(values) => out.put_f64(values.value(row)),
            Kind::Decimal(values, scale) => {
                let value = values.value(row);
                numeric::binary(&value.unsigned_abs().to_string(), value < 0, *scale, out);
            }
            Kind::Wide(values, scale) => {
                let digits = values.value(row).to_string();
                numeric::binary(digits.trim_start_matches('-'), digits.starts_with('-'), *scale, out);
            }
            Kind::Text(values) => out.put_slice(values.value(row).as_bytes()),
            Kind::Bytes(values) => out.put_slice(values.value(row)),
            Kind::Day(values) => {
                out.put_i32(values.value(row).checked_sub(DAYS_BEFORE).ok_or_else(out_of_range)?)
            }
            Kind::Time(values) => out.put_i64(values.value(row)),
            Kind::Instant(values, _) => {
                out.put_i64(values.value(row).checked_sub(MICROSECONDS_BEFORE).ok_or_else(out_of_range)?);
            }
            Kind::Interval(values) => {
                let value = values.value(row);
                out.put_i64(value.nanoseconds / 1_000);
                out.put_i32(value.days);
                out.put_i32(value.months);
            }
            Kind::List(list, items, element) => {
                let (from, to) = bounds(list, row);
                let has_null = (from..to).any(|item| items.is_null(item));
                out.put_i32(i32::from(from < to));
                out.put_i32(i32::from(has_null));
                out.put_u32(*element);
                if from < to {
                    out.put_i32((to - from) as i32);
                    out.put_i32(1);
                }
                (from..to).try_for_each(|item| items.sized(item, true, out))?;
            }
            Kind::Json(array) => json::write(array, row, out)?,
        }
        Ok(())
    }

    /// Writes a value with its length before it; −1 is null.
    pub fn sized(&self, row: usize, binary: bool, out: &mut BytesMut) -> Result<(), Refusal> {
        if self.is_null(row) {
            out.put_i32(-1);
            return Ok(());
        }
        let start = out.len();
        out.put_i32(0);
        if binary {
            self.binary(row, out)?
        } else {
            self.text(row, out)?
        }
        let length =
            i32::try_from(out.len() - start - 4).map_err(|_| Refusal::limited("a value is too long"))?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

fn bounds(list: &ListArray, row: usize) -> (usize, usize) {
    let offsets = list.value_offsets();
    (offsets[row] as usize, offsets[row + 1] as usize)
}

fn places(scale: i8) -> Result<usize, Refusal> {
    usize::try_from(scale).map_err(|_| Refusal::unsupported("a decimal of negative scale cannot be sent"))
}

fn wrong(error: arrow::error::ArrowError) -> Refusal {
    Refusal::new("22000", error)
}

fn out_of_range() -> Refusal {
    Refusal::new("22008", "a time is out of PostgreSQL's range")
}

#[cfg(test)]
mod tests;
