//! The rows of an answer as they go over the wire, counted against the limits while they stream.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use bytes::BytesMut;
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldFormat, FieldInfo};

use crate::cell::{Cells, pg_type};
use crate::failure::Refusal;
use crate::history::Record;
use crate::role::Limits;
use crate::run::Running;

/// Which columns go in binary form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms(Vec<bool>);

impl Forms {
    pub fn text(columns: usize) -> Self {
        Self(vec![false; columns])
    }

    pub fn binary(columns: usize) -> Self {
        Self(vec![true; columns])
    }

    /// What a client asks for: one form for all, or one for each.
    pub fn asked(format: &Format, columns: usize) -> Result<Self, Refusal> {
        match format {
            Format::UnifiedText => Ok(Self::text(columns)),
            Format::UnifiedBinary => Ok(Self::binary(columns)),
            Format::Individual(codes) if codes.len() == columns => {
                Ok(Self(codes.iter().map(|code| *code == 1).collect()))
            }
            Format::Individual(codes) => Err(Refusal::new(
                "08P01",
                format!("bind message has {} result formats but query has {columns} columns", codes.len()),
            )),
        }
    }

    fn is_binary(&self, column: usize) -> bool {
        self.0.get(column).copied().unwrap_or_default()
    }
}

/// The columns of an answer, as its client is told of them.
pub fn fields(schema: &Schema, forms: &Forms) -> Vec<FieldInfo> {
    let field = |(place, field): (usize, &Arc<Field>)| {
        let kind = pg_type(field);
        let form = if forms.is_binary(place) { FieldFormat::Binary } else { FieldFormat::Text };
        let size = size(&kind);
        // A column that stands beside a star with it in: the engine has no two of one name.
        let name = field.name().strip_prefix("__alias_").unwrap_or(field.name());
        let info = FieldInfo::new(name.to_owned(), None, None, kind, form).with_type_size(size);
        match modifier(field) {
            -1 => info,
            modifier => info.with_type_modifier(modifier),
        }
    };
    schema.fields().iter().enumerate().map(field).collect()
}

/// Precision and scale of a decimal in PostgreSQL's one number; −1 where there is nothing to say.
pub fn modifier(field: &Field) -> i32 {
    match field.data_type() {
        DataType::Decimal128(precision, scale) if *scale >= 0 => {
            ((i32::from(*precision) << 16) | i32::from(*scale)) + 4
        }
        _ => -1,
    }
}

/// Bytes of each value of a type, −1 where they differ.
pub fn size(kind: &Type) -> i16 {
    match *kind {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::OID | Type::FLOAT4 | Type::DATE => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// The rows of one answer, in order.
pub struct Rows {
    schema: SchemaRef,
    source: Source,
    batch: Option<Batch>,
    limits: Limits,
    record: Option<Record>,
}

enum Source {
    Running(Running),
    /// What needs no run.
    Known(Option<RecordBatch>),
}

struct Batch {
    cells: Vec<Cells>,
    rows: usize,
    next: usize,
}

impl Rows {
    pub fn running(schema: SchemaRef, running: Running, limits: Limits, record: Record) -> Self {
        Self { schema, source: Source::Running(running), batch: None, limits, record: Some(record) }
    }

    /// A batch that is there already.
    pub fn known(batch: RecordBatch, limits: Limits) -> Self {
        Self { schema: batch.schema(), source: Source::Known(Some(batch)), batch: None, limits, record: None }
    }

    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Every batch of an answer that is short by its nature.
    pub async fn collect(&mut self) -> Result<Vec<RecordBatch>, Refusal> {
        let mut batches = Vec::new();
        let ended = loop {
            let next = match &mut self.source {
                Source::Running(running) => running.next().await,
                Source::Known(batch) => Ok(batch.take()),
            };
            match next {
                Ok(Some(batch)) => batches.push(batch),
                Ok(None) => break Ok(batches),
                Err(refusal) => break Err(refusal),
            }
        };
        match (&ended, &mut self.record) {
            (Ok(_), Some(record)) => record.done(),
            (Err(refusal), Some(record)) => record.failed(refusal),
            _ => {}
        }
        ended
    }

    /// The next row as PostgreSQL frames it, without its count of columns; none at the end.
    pub async fn next(&mut self, forms: &Forms, buffer: &mut BytesMut) -> Result<Option<BytesMut>, Refusal> {
        let written = self.advance(buffer, |cells, row, buffer| {
            cells
                .iter()
                .enumerate()
                .try_for_each(|(place, cells)| cells.sized(row, forms.is_binary(place), buffer))
        });
        written.await
    }

    /// Leaves out rows up to a number of them; how many.
    pub async fn skip(&mut self, most: Option<u64>) -> Result<usize, Refusal> {
        let mut count = 0;
        while most.is_none_or(|most| (count as u64) < most) {
            match self.place().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => {
                    self.record.iter_mut().for_each(Record::done);
                    break;
                }
                Err(refusal) => {
                    self.record.iter_mut().for_each(|record| record.failed(&refusal));
                    return Err(refusal);
                }
            }
        }
        Ok(count)
    }

    /// The next row in whatever form `write` gives it.
    pub async fn advance(
        &mut self,
        buffer: &mut BytesMut,
        write: impl Fn(&[Cells], usize, &mut BytesMut) -> Result<(), Refusal>,
    ) -> Result<Option<BytesMut>, Refusal> {
        let written = match self.place().await {
            Ok(None) => {
                self.record.iter_mut().for_each(Record::done);
                return Ok(None);
            }
            Ok(Some(row)) => match &self.batch {
                Some(batch) => write(&batch.cells, row, buffer).and_then(|()| self.count(buffer.len())),
                None => Ok(()),
            },
            Err(refusal) => Err(refusal),
        };
        match written {
            Ok(()) => Ok(Some(buffer.split())),
            Err(refusal) => {
                buffer.clear();
                self.record.iter_mut().for_each(|record| record.failed(&refusal));
                // Nothing of it is of use any more: what runs ends now.
                (self.source, self.batch) = (Source::Known(None), None);
                Err(refusal)
            }
        }
    }

    /// The place of the next row in the batch at hand, which is fetched where it is used up.
    async fn place(&mut self) -> Result<Option<usize>, Refusal> {
        loop {
            if let Some(batch) = self.batch.as_mut().filter(|batch| batch.next < batch.rows) {
                batch.next += 1;
                return Ok(Some(batch.next - 1));
            }
            self.batch = None;
            let batch = match &mut self.source {
                Source::Running(running) => running.next().await?,
                Source::Known(batch) => batch.take(),
            };
            let Some(batch) = batch else { return Ok(None) };
            let columns = batch.columns().iter().zip(batch.schema_ref().fields());
            let cells = columns.map(|(array, field)| Cells::new(array, field)).collect::<Result<_, _>>()?;
            self.batch = Some(Batch { cells, rows: batch.num_rows(), next: 0 });
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), Refusal> {
        let Some(record) = &mut self.record else { return Ok(()) };
        record.sent(bytes);
        if record.rows() > self.limits.rows {
            return Err(Refusal::limited(format!(
                "a result has at most {} rows for this role",
                self.limits.rows
            ))
            .with_hint("ask for fewer, or for sums of them"));
        }
        if record.bytes() > self.limits.bytes {
            let mebibytes = self.limits.bytes >> 20;
            return Err(Refusal::limited(format!("a result has at most {mebibytes} MiB for this role"))
                .with_hint("ask for fewer columns or rows, or for sums of them"));
        }
        Ok(())
    }
}
