//! What a table is: layer, grain, key, partition and columns, and the Arrow schema that follows.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

use crate::money;

/// The layers of the warehouse, from raw to released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Rows as they landed, exactly.
    Bronze,
    /// Rows judged and matched.
    Silver,
    /// What is released to creators, analysts and the delivery plane.
    Gold,
    /// The warehouse about itself.
    Ops,
}

impl Layer {
    pub const ALL: [Self; 4] = [Self::Bronze, Self::Silver, Self::Gold, Self::Ops];

    /// The folder and the SQL schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
            Self::Ops => "ops",
        }
    }
}

/// The type of a column, in the warehouse's own words.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Integer,
    Boolean,
    /// A measured quantity; never money.
    Float,
    /// Microseconds since the epoch, UTC.
    Time,
    /// A UTC day.
    Day,
    /// `Decimal128(28, 9)`.
    Money,
    /// A sum of money: `Decimal128(38, 9)`.
    Total,
    /// Bytes that only the program reads.
    Bytes,
    List(&'static Kind),
    Struct(&'static [Column]),
}

impl Kind {
    /// The Arrow type.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Boolean => DataType::Boolean,
            Self::Float => DataType::Float64,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Day => DataType::Date32,
            Self::Money => DataType::Decimal128(money::PRECISION, money::SCALE as i8),
            Self::Total => DataType::Decimal128(38, money::SCALE as i8),
            Self::Bytes => DataType::Binary,
            Self::List(item) => DataType::List(Arc::new(Field::new("element", item.data_type(), true))),
            Self::Struct(columns) => DataType::Struct(fields(columns)),
        }
    }
}

/// One column: what it means, with its unit where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub meaning: &'static str,
}

/// A column of a table.
pub const fn column(name: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column { name, kind, meaning }
}

/// One Delta table of the warehouse.
#[derive(Debug)]
pub struct Table {
    pub layer: Layer,
    pub name: &'static str,
    /// What one row is.
    pub grain: &'static str,
    /// The columns that no two rows share.
    pub key: &'static [&'static str],
    /// The partition column, if any: always `dt`.
    pub partitioned: bool,
    pub columns: &'static [&'static [Column]],
}

impl Table {
    /// `layer.table`, its name in SQL.
    pub fn sql_name(&self) -> String {
        format!("{}.{}", self.layer.name(), self.name)
    }

    /// `layer/table`, its folder below the warehouse.
    pub fn folder(&self) -> String {
        format!("{}/{}", self.layer.name(), self.name)
    }

    /// Its columns in order.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().flat_map(|group| group.iter())
    }

    /// The Arrow schema; every column may be null, the keys' presence is audited.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns().map(field).collect::<Vec<_>>()))
    }

    /// The schema of the files: a partition's value stands in the log, not in them.
    pub fn file_schema(&self) -> SchemaRef {
        let kept = self.columns().filter(|column| !self.partitioned || column.name != "dt");
        Arc::new(Schema::new(kept.map(field).collect::<Vec<_>>()))
    }

    /// The schema of the files with texts as views, as rows are that still lie in what they were read from. Written
    /// they are the same.
    pub fn view_schema(&self) -> SchemaRef {
        with_views(&self.file_schema())
    }
}

/// A schema with texts as views into what they were read from.
pub fn with_views(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(viewed).collect::<Vec<_>>()))
}

fn viewed(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::List(item) => DataType::List(viewed(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(viewed).collect()),
        _ => return field.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(kind))
}

fn field(column: &Column) -> Field {
    Field::new(column.name, column.kind.data_type(), true)
}

fn fields(columns: &[Column]) -> Fields {
    columns.iter().map(field).collect()
}
