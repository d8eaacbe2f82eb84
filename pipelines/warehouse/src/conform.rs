//! Values of one type as another, exactly or not at all.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit};

use crate::{Error, Result};

/// Whether values of a type can stand as another: what remains to be seen of each value is only whether it fits.
pub fn fits(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    match (from, to) {
        (from, to) if from.equals_datatype(to) => true,
        (T::Null, _) => true,
        (T::Dictionary(_, values), to) => fits(values, to),
        (T::Utf8View | T::LargeUtf8, T::Utf8) => true,
        (T::BinaryView | T::LargeBinary, T::Binary) => true,
        (from, T::Int64 | T::Decimal128(..)) if from.is_integer() => true,
        (T::Decimal128(..) | T::Decimal256(..), T::Decimal128(..)) => true,
        (T::Decimal32(..) | T::Decimal64(..), T::Decimal128(..)) => true,
        (T::Float32, T::Float64) => true,
        (T::Timestamp(TimeUnit::Microsecond, Some(zone)), T::Timestamp(TimeUnit::Microsecond, Some(_))) => {
            matches!(zone.as_ref(), "UTC" | "+00:00" | "Z")
        }
        (T::List(from) | T::LargeList(from), T::List(to)) => is_lossless(from.data_type(), to.data_type()),
        (T::Struct(from), T::Struct(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|(from, to)| {
                    from.name() == to.name() && is_lossless(from.data_type(), to.data_type())
                })
        }
        _ => false,
    }
}

/// Whether a plain conversion is enough: it loses no digits, or fails.
pub fn is_lossless(from: &DataType, to: &DataType) -> bool {
    let loses_digits = match (scale(from), scale(to)) {
        (Some(from), Some(to)) => from > to,
        _ => false,
    };
    fits(from, to) && !loses_digits
}

fn scale(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => Some(*scale),
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

/// The values as another type; one that does not fit exactly is an error.
pub fn conform(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(array.clone());
    }
    let exact = CastOptions { safe: false, ..Default::default() };
    let converted = cast_with_options(array, to, &exact)?;
    if let (Some(from_scale), Some(to_scale)) = (scale(array.data_type()), scale(to))
        && from_scale > to_scale
    {
        let back = cast_with_options(&converted, array.data_type(), &exact)?;
        if not_distinct(&back, array)?.false_count() > 0 {
            return Err(Error::invalid(format!("a value has more than {to_scale} decimals")));
        }
    }
    Ok(converted)
}

/// A query's columns as those of a table, by name.
#[derive(Debug, Clone)]
pub struct Projection {
    target: SchemaRef,
    /// For each column of the table its place in the query.
    places: Vec<usize>,
}

impl Projection {
    /// Refuses missing columns, unknown ones and those of a type that does not fit, all by name.
    pub fn new(query: &Schema, target: SchemaRef) -> Result<Self> {
        let mut faults = Vec::new();
        let mut places = Vec::new();
        for field in target.fields() {
            match query.fields().iter().position(|found| found.name() == field.name()) {
                Some(place) => {
                    let found = query.field(place).data_type();
                    if !fits(found, field.data_type()) {
                        faults.push(format!("{} is {found}, not {}", field.name(), field.data_type()));
                    }
                    places.push(place);
                }
                None => faults.push(format!("{} is missing", field.name())),
            }
        }
        for field in query.fields() {
            match target.fields().iter().filter(|known| known.name() == field.name()).count() {
                0 if field.name() == "dt" => {
                    faults.push("dt is the partition, not a column of the files".to_owned())
                }
                0 => faults.push(format!("{} is no column of the table", field.name())),
                _ => {}
            }
        }
        if query.fields().len() > target.fields().len() && faults.is_empty() {
            faults.push("a column stands twice".to_owned());
        }
        match faults.is_empty() {
            true => Ok(Self { target, places }),
            false => Err(Error::Invalid(faults.join("; "))),
        }
    }

    /// The same for batches in which the query's columns stand at these places.
    pub fn behind(mut self, places: &[usize]) -> Self {
        for place in &mut self.places {
            *place = places[*place];
        }
        self
    }

    /// The batch as the table holds it.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.places.iter().zip(self.target.fields()).map(|(place, field)| {
            conform(batch.column(*place), field.data_type())
                .map_err(|error| Error::invalid(format!("{}: {error}", field.name())))
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new(self.target.clone(), columns)?)
    }
}
