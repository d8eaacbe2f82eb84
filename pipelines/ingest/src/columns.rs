//! The Arrow builders that rows are pushed into: lists, structs and money by the vocabulary's types.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanBuilder, Decimal128Builder, ListArray, NullBufferBuilder, PrimitiveBuilder,
    StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{ArrowPrimitiveType, Field, Fields};
use arrow::error::ArrowError;
use schemas::table::Kind;

use crate::texts::Texts;

/// A builder that gives its column and makes room for another one of that size, so that it need not grow.
pub trait Refill {
    /// `chunk` is what the texts among its values were read from.
    fn take(&mut self, chunk: &Buffer) -> Result<ArrayRef, ArrowError>;
}

impl Refill for Texts {
    fn take(&mut self, chunk: &Buffer) -> Result<ArrayRef, ArrowError> {
        self.finish(chunk)
    }
}

impl<T: ArrowPrimitiveType> Refill for PrimitiveBuilder<T> {
    fn take(&mut self, _: &Buffer) -> Result<ArrayRef, ArrowError> {
        let column = self.finish();
        let room = column.len() + column.len() / 8;
        *self = Self::with_capacity(room).with_data_type(column.data_type().clone());
        Ok(Arc::new(column))
    }
}

impl Refill for BooleanBuilder {
    fn take(&mut self, _: &Buffer) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.finish()))
    }
}

/// Exact amounts.
pub fn money() -> Decimal128Builder {
    Decimal128Builder::new().with_data_type(Kind::Money.data_type())
}

/// UTC instants in microseconds.
pub fn instants() -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::new().with_data_type(Kind::Time.data_type())
}

/// The shape of a list column; its items are built beside it.
pub struct Lists {
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
}

impl Default for Lists {
    fn default() -> Self {
        Self { offsets: vec![0], valid: NullBufferBuilder::new(1024) }
    }
}

impl Lists {
    /// Ends a list of `length` items.
    pub fn push(&mut self, length: usize) {
        let end = self.offsets.last().copied().unwrap_or_default() + length as i32;
        self.offsets.push(end);
        self.valid.append_non_null();
    }

    /// Ends a null list.
    pub fn push_null(&mut self) {
        self.offsets.push(self.offsets.last().copied().unwrap_or_default());
        self.valid.append_null();
    }

    /// The list column over its items.
    pub fn finish(&mut self, items: ArrayRef) -> ArrayRef {
        let offsets = OffsetBuffer::new(std::mem::replace(&mut self.offsets, vec![0]).into());
        let field = Arc::new(Field::new("element", items.data_type().clone(), true));
        Arc::new(ListArray::new(field, offsets, items, self.valid.finish()))
    }
}

/// A struct column of the vocabulary over its children.
pub fn structs(names: &[&str], children: Vec<ArrayRef>, valid: Option<NullBuffer>) -> ArrayRef {
    let fields: Fields = names
        .iter()
        .zip(&children)
        .map(|(name, child)| Field::new(*name, child.data_type().clone(), true))
        .collect();
    Arc::new(StructArray::new(fields, children, valid))
}
