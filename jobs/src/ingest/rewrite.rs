//! A bronze file written anew, less its replays and with its conflicts marked.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use chrono::{Duration, NaiveDate};
use futures::{Stream, StreamExt, TryStreamExt};
use warehouse::scan::FileTable;
use warehouse::{DataFile, FileWriter, NewFile};

use super::Context;
use super::plan::Plan;
use crate::failure::{Failure, Outcome};

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Drop,
    /// Whether it is a later payload of its key.
    Mark(bool),
}

/// Edits of one file, by source file and line.
pub type FileEdits = HashMap<(Arc<str>, i64), Edit>;

/// Edits by the file that they are in.
#[derive(Default)]
pub struct Edits(HashMap<(u8, usize), FileEdits>);

impl Edits {
    pub fn put(&mut self, place: (u8, usize), file: &Arc<str>, line: i64, edit: Edit) {
        self.0.entry(place).or_default().insert((file.clone(), line), edit);
    }

    pub fn of(&self, place: (u8, usize)) -> Option<&FileEdits> {
        self.0.get(&place)
    }
}

/// The rows of a file with its edits applied, in the table's file schema, a batch at a time.
pub async fn edited<'a>(
    context: &Context,
    plan: &Plan,
    file: &DataFile,
    edits: Option<&'a FileEdits>,
) -> Outcome<impl Stream<Item = Outcome<RecordBatch>> + Unpin + use<'a>> {
    let table = plan.source.table();
    let schema = table.file_schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let scanned = FileTable::new(&context.lake, table, vec![file.clone()]);
    let frame = context.session.context().read_table(Arc::new(scanned))?;
    let batches = frame.select_columns(&columns)?.execute_stream().await?;
    Ok(batches.map(move |batch| {
        let batch = RecordBatch::try_new(schema.clone(), batch?.columns().to_vec())?;
        match edits {
            Some(edits) => apply(&batch, edits),
            None => Ok(batch),
        }
    }))
}

fn apply(batch: &RecordBatch, edits: &FileEdits) -> Outcome<RecordBatch> {
    let schema = batch.schema();
    let [conflict, file, line] = ["conflict", "source_file", "source_line"].map(|name| schema.index_of(name));
    let (conflict, file, line) = (conflict?, file?, line?);
    let files = batch.column(file).as_string::<i32>();
    let lines = batch.column(line).as_primitive::<Int64Type>();
    let before = batch.column(conflict).as_boolean();
    let edit = |row: usize| edits.get(&(Arc::from(files.value(row)), lines.value(row)));
    let keep: BooleanArray = (0..batch.num_rows()).map(|row| Some(edit(row) != Some(&Edit::Drop))).collect();
    let marks: BooleanArray = (0..batch.num_rows())
        .map(|row| match edit(row) {
            Some(Edit::Mark(mark)) => Some(*mark),
            _ => Some(before.value(row)),
        })
        .collect();
    let mut columns = batch.columns().to_vec();
    columns[conflict] = Arc::new(marks);
    Ok(filter_record_batch(&RecordBatch::try_new(schema, columns)?, &keep)?)
}

/// Writes a file anew under the batch that it came in.
pub async fn rewrite(
    context: &Context,
    plan: &Plan,
    file: &DataFile,
    edits: &FileEdits,
) -> Outcome<Vec<NewFile>> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let batch = name.split('-').next().unwrap_or_default();
    let day = file.dt.ok_or_else(|| Failure::other(format!("{}: no day", file.path)))?;
    let dt = NaiveDate::default() + Duration::days(i64::from(day));
    let mut writer = FileWriter::new(&context.lake, plan.source.table(), Some(dt), batch)?;
    let mut batches = edited(context, plan, file, Some(edits)).await?;
    while let Some(batch) = batches.try_next().await? {
        writer = tokio::task::spawn_blocking(move || writer.write(&batch).map(|()| writer)).await??;
    }
    Ok(tokio::task::spawn_blocking(move || writer.finish()).await??)
}
