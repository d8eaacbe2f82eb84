//! Structs, and lists of anything but plain values, as JSON: decimals and times as texts, so that none passes through a float.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field};
use bytes::{BufMut, BytesMut};
use std::sync::Arc;

use super::Cells;
use crate::failure::Refusal;

/// Writes a value as JSON.
pub fn write(array: &ArrayRef, row: usize, out: &mut BytesMut) -> Result<(), Refusal> {
    if array.is_null(row) {
        out.put_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Struct(fields) => {
            let parts = array.as_struct();
            out.put_u8(b'{');
            for (place, (field, part)) in fields.iter().zip(parts.columns()).enumerate() {
                if place > 0 {
                    out.put_u8(b',');
                }
                text(field.name(), out);
                out.put_u8(b':');
                write(part, row, out)?;
            }
            out.put_u8(b'}');
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out)?,
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out)?,
        DataType::FixedSizeList(..) => items(&array.as_fixed_size_list().value(row), out)?,
        DataType::Map(..) => items(&(Arc::new(array.as_map().value(row)) as ArrayRef), out)?,
        _ => plain(array, row, out)?,
    }
    Ok(())
}

fn items(array: &ArrayRef, out: &mut BytesMut) -> Result<(), Refusal> {
    out.put_u8(b'[');
    for row in 0..array.len() {
        if row > 0 {
            out.put_u8(b',');
        }
        write(array, row, out)?;
    }
    out.put_u8(b']');
    Ok(())
}

fn plain(array: &ArrayRef, row: usize, out: &mut BytesMut) -> Result<(), Refusal> {
    let one = array.slice(row, 1);
    let cells = Cells::new(&one, &Arc::new(Field::new("v", array.data_type().clone(), true)))?;
    let mut value = BytesMut::new();
    cells.text(0, &mut value)?;
    let said = String::from_utf8_lossy(&value);
    match array.data_type() {
        DataType::Boolean => out.put_slice(if said == "t" { b"true" } else { b"false" }),
        kind if kind.is_integer() => out.put_slice(&value),
        // JSON has no word for what is no number.
        kind if kind.is_floating() && said.parse::<f64>().is_ok_and(f64::is_finite) => out.put_slice(&value),
        _ => text(&said, out),
    }
    Ok(())
}

fn text(said: &str, out: &mut BytesMut) {
    out.put_slice(serde_json::Value::from(said).to_string().as_bytes());
}
