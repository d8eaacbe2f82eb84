//! Columns of a batch by name and type; one that is not what was asked for is an error.

use arrow::array::{
    Array, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::Error;

/// A place with named columns: a batch, or the structs in a list.
pub trait Columns {
    /// The column of a name.
    fn named(&self, name: &str) -> Option<&dyn Array>;
}

impl Columns for RecordBatch {
    fn named(&self, name: &str) -> Option<&dyn Array> {
        self.column_by_name(name).map(|column| column.as_ref())
    }
}

impl Columns for StructArray {
    fn named(&self, name: &str) -> Option<&dyn Array> {
        self.column_by_name(name).map(|column| column.as_ref())
    }
}

fn typed<'a, T>(
    columns: &'a impl Columns,
    name: &str,
    as_type: impl FnOnce(&'a dyn Array) -> Option<&'a T>,
) -> Result<&'a T, Error> {
    let wrong = || Error::Columns(format!("{name} is missing or of another type"));
    columns.named(name).and_then(as_type).ok_or_else(wrong)
}

pub fn integers<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a Int64Array, Error> {
    typed(columns, name, |column| column.as_primitive_opt::<Int64Type>())
}

pub fn floats<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a Float64Array, Error> {
    typed(columns, name, |column| column.as_primitive_opt::<Float64Type>())
}

pub fn flags<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a BooleanArray, Error> {
    typed(columns, name, |column| column.as_boolean_opt())
}

pub fn texts<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a StringArray, Error> {
    typed(columns, name, |column| column.as_string_opt::<i32>())
}

pub fn lists<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a ListArray, Error> {
    typed(columns, name, |column| column.as_list_opt::<i32>())
}

/// Days since the epoch.
pub fn days<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a [i32], Error> {
    typed(columns, name, |column| column.as_primitive_opt::<Date32Type>()).map(|days| days.values().as_ref())
}

/// Microseconds since the epoch.
pub fn times<'a>(columns: &'a impl Columns, name: &str) -> Result<&'a [i64], Error> {
    typed(columns, name, |column| column.as_primitive_opt::<TimestampMicrosecondType>())
        .map(|times| times.values().as_ref())
}

/// The structs of all lists, one after the other.
pub fn structs<'a>(list: &'a ListArray, name: &str) -> Result<&'a StructArray, Error> {
    list.values().as_struct_opt().ok_or_else(|| Error::Columns(format!("{name} holds no structs")))
}

/// The texts of all lists, one after the other.
pub fn items<'a>(list: &'a ListArray, name: &str) -> Result<&'a StringArray, Error> {
    list.values().as_string_opt::<i32>().ok_or_else(|| Error::Columns(format!("{name} holds no texts")))
}

/// Where a row's list begins and ends among the values of all; nothing where it is null.
pub fn span(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    match list.is_valid(row) {
        true => offsets[row] as usize..offsets[row + 1] as usize,
        false => 0..0,
    }
}

/// A value, or nothing where it is null.
pub fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// A value, or nothing where it is null.
pub fn number(column: &Float64Array, row: usize) -> Option<f64> {
    column.is_valid(row).then(|| column.value(row))
}
