//! Answers to small questions: the rows of a query, each column read by its name.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use chrono::NaiveDate;
use warehouse::Session;

use crate::failure::Outcome;

/// The rows of a query that gives few.
pub struct Answer(Vec<RecordBatch>);

/// One row of an answer.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

/// Asks a query whose rows fit into memory.
pub async fn ask(session: &Session, query: &str) -> Outcome<Answer> {
    Ok(Answer(session.sql(query).await?.collect().await?))
}

/// A text as an SQL literal.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Answer {
    /// Its rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.0.iter().flat_map(rows)
    }

    /// Its first row.
    pub fn first(&self) -> Option<Row<'_>> {
        self.rows().next()
    }
}

/// One row of a batch; none behind its end.
pub fn row(batch: &RecordBatch, place: usize) -> Option<Row<'_>> {
    (place < batch.num_rows()).then_some(Row { batch, row: place })
}

/// The rows of one batch.
pub fn rows(batch: &RecordBatch) -> impl Iterator<Item = Row<'_>> {
    (0..batch.num_rows()).map(move |row| Row { batch, row })
}

impl<'a> Row<'a> {
    /// The place of the row in its batch.
    pub fn place(&self) -> usize {
        self.row
    }

    /// The column of a name, where this row has a value in it.
    pub fn column(&self, name: &str) -> Option<&'a ArrayRef> {
        let column = self.batch.column_by_name(name);
        debug_assert!(column.is_some(), "the query gives no column {name}");
        column.filter(|column| column.is_valid(self.row))
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        Some(self.column(name)?.as_string_opt::<i32>()?.value(self.row))
    }

    /// A text, empty where there is none.
    pub fn owned(&self, name: &str) -> String {
        self.text(name).unwrap_or_default().to_owned()
    }

    /// A text, where there is one.
    pub fn maybe(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.column(name).and_then(|column| column.as_list_opt::<i32>());
        let items = list.map(|list| list.value(self.row));
        let texts = items.as_ref().and_then(|items| items.as_string_opt::<i32>());
        texts.map_or_else(Vec::new, |texts| texts.iter().flatten().map(str::to_owned).collect())
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        Some(self.column(name)?.as_primitive_opt::<Int64Type>()?.value(self.row))
    }

    /// A count, zero where there is none.
    pub fn count(&self, name: &str) -> i64 {
        self.integer(name).unwrap_or_default()
    }

    /// An amount in integers of 10⁻⁹.
    pub fn units(&self, name: &str) -> Option<i128> {
        let column = self.column(name)?.as_primitive_opt::<Decimal128Type>()?;
        debug_assert_eq!(column.scale(), schemas::money::SCALE as i8, "{name}");
        Some(column.value(self.row))
    }

    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        self.column(name)?.as_primitive_opt::<Date32Type>()?.value_as_date(self.row)
    }

    /// An instant in microseconds.
    pub fn instant(&self, name: &str) -> Option<i64> {
        Some(self.column(name)?.as_primitive_opt::<TimestampMicrosecondType>()?.value(self.row))
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        Some(self.column(name)?.as_boolean_opt()?.value(self.row))
    }

    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        Some(self.column(name)?.as_binary_opt::<i32>()?.value(self.row))
    }
}
