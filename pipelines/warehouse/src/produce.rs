//! Plans into files of a table: partition by partition in parallel, checked on the way.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::compute::{filter_record_batch, is_not_null};
use arrow::datatypes::Schema;
use chrono::NaiveDate;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use schemas::table::Table;
use tokio::task::JoinSet;

use crate::conform::Projection;
use crate::keys::{KeyColumn, Keys};
use crate::write::{FileWriter, NewFile};
use crate::{Error, Result, Session};

/// A partition with fewer rows gets no file of its own: its rows go into one with those of other small ones.
const ROWS_OF_OWN_FILE: usize = 64 << 10;

/// Files that are written, checked and not committed.
#[derive(Debug)]
pub struct Produced {
    pub files: Vec<NewFile>,
    /// Of the table beside.
    pub beside: Vec<NewFile>,
    pub rows: u64,
    /// Rows that the scans have read.
    pub scanned: u64,
}

/// A second table made of the same query.
#[derive(Debug, Clone)]
pub struct Beside {
    pub table: &'static Table,
    /// Rows in which it is not null go into that table. It is the query's last column.
    there: String,
    /// Rows in which it is not null go into the first table.
    here: String,
}

impl Beside {
    /// Reads `<table> where <column>, else <column>`.
    pub fn parse(text: &str) -> Result<Self> {
        let parts = text.split_once(" where ").and_then(|(table, columns)| {
            columns.split_once(", else ").map(|(there, here)| (table.trim(), there.trim(), here.trim()))
        });
        let (table, there, here) = parts.ok_or_else(|| {
            Error::invalid(format!("{text:?} is not `<table> where <column>, else <column>`"))
        })?;
        let unknown = || Error::invalid(format!("{table} is no known table"));
        let table = schemas::table(table).ok_or_else(unknown)?;
        Ok(Self { table, there: there.to_owned(), here: here.to_owned() })
    }
}

/// Runs the plans and writes what they return: all partitions of a plan at once, and as many plans at once as
/// there are threads, where each has one partition.
///
/// Columns must be those of the table (and the one of the table beside), and the key must be there and on one
/// row only, over all plans together.
pub async fn produce(
    session: &Session,
    table: &'static Table,
    dt: NaiveDate,
    key: &[KeyColumn],
    beside: Option<&Beside>,
    plans: Vec<DataFrame>,
) -> Result<Produced> {
    let mut keys = Keys::new(table, key);
    let writer = |table: &'static Table| {
        FileWriter::new(session.lake(), table, table.partitioned.then_some(dt), table.name)
    };
    let new_part = || -> Result<(Part, Option<Part>)> {
        let other = beside.map(|beside| writer(beside.table).map(Part::new)).transpose()?;
        Ok((Part::new(writer(table)?), other))
    };
    // The parts go on from plan to plan: a plan may be small and there may be many.
    let mut parts: Vec<(Part, Option<Part>)> = Vec::new();
    // Each plan that was begun, with the number of its partitions that run.
    let mut begun: Vec<(Option<Arc<dyn ExecutionPlan>>, usize)> = Vec::new();
    let (mut waiting, mut running, mut scanned) = (plans.into_iter(), JoinSet::new(), 0);
    loop {
        while running.len() < session.threads()
            && let Some(frame) = waiting.next()
        {
            let layout = Layout::new(frame.schema().as_arrow(), table, beside)?;
            let context = Arc::new(frame.task_ctx());
            let plan = frame.create_physical_plan().await?;
            let streams = execute_stream_partitioned(plan.clone(), context)?;
            let number = begun.len();
            begun.push((Some(plan), streams.len()));
            for stream in streams {
                let part = parts.pop().map_or_else(new_part, Ok)?;
                let partition = write_partition(stream, layout.clone(), part, Keys::new(table, key));
                running.spawn(async move { partition.await.map(|written| (number, written)) });
            }
        }
        // A partition that fails ends the others: dropping the set does.
        let Some(partition) = running.join_next().await else { break };
        let (number, (part, found)) = partition??;
        keys.merge(found);
        parts.push(part);
        let (plan, running) = &mut begun[number];
        *running -= 1;
        if *running == 0 {
            scanned += plan.take().map_or(0, |plan| rows_scanned(plan.as_ref()));
        }
    }
    let (own, others): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let files = collect(own, writer(table)?).await?;
    let others = match beside {
        Some(beside) => collect(others.into_iter().flatten().collect(), writer(beside.table)?).await?,
        None => Vec::new(),
    };
    let rows = files.iter().map(|file| file.rows).sum();
    keys.check(session, table, &files).await?;
    Ok(Produced { files, beside: others, rows, scanned })
}

/// The rows that a plan's leaves have given.
fn rows_scanned(plan: &dyn ExecutionPlan) -> u64 {
    match plan.children().as_slice() {
        [] => plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or_default() as u64,
        children => children.iter().map(|child| rows_scanned(child.as_ref())).sum(),
    }
}

/// How a query's rows become those of its tables.
#[derive(Debug, Clone)]
struct Layout {
    own: Projection,
    /// Where there is a table beside: the columns without which a row is none of the first table, and none of
    /// the second, and how rows become those of the second.
    beside: Option<(usize, usize, Projection)>,
}

impl Layout {
    fn new(query: &Schema, table: &Table, beside: Option<&Beside>) -> Result<Self> {
        let Some(Beside { table: second, there, here }) = beside else {
            return Ok(Self { own: Projection::new(query, table.file_schema())?, beside: None });
        };
        let place =
            |name: &str| query.index_of(name).map_err(|_| Error::invalid(format!("{name} is missing")));
        let (there, here) = (place(there)?, place(here)?);
        // The query's last column, so that all others keep their places without it.
        if there + 1 != query.fields().len() {
            return Err(Error::invalid("the column of the table beside must be the last"));
        }
        let own = Projection::new(&query.project(&(0..there).collect::<Vec<_>>())?, table.file_schema())?;
        let target = second.file_schema();
        let is_kept = |index: &usize| target.index_of(query.field(*index).name()).is_ok();
        let places = (0..query.fields().len()).filter(is_kept).collect::<Vec<_>>();
        let other = Projection::new(&query.project(&places)?, target)?;
        Ok(Self { own, beside: Some((here, there, other.behind(&places))) })
    }

    /// The rows of the first table, and those of the second.
    fn divide(&self, batch: &RecordBatch) -> Result<(RecordBatch, Option<RecordBatch>)> {
        let Some((here, there, other)) = &self.beside else { return Ok((self.own.apply(batch)?, None)) };
        let of = |place: usize| -> Result<RecordBatch> {
            match batch.column(place).null_count() {
                0 => Ok(batch.clone()),
                _ => Ok(filter_record_batch(batch, &is_not_null(batch.column(place))?)?),
            }
        };
        Ok((self.own.apply(&of(*here)?)?, Some(other.apply(&of(*there)?)?)))
    }
}

/// What one partition after the other goes into: rows wait until they are enough for a file.
struct Part {
    writer: FileWriter,
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl Part {
    fn new(writer: FileWriter) -> Self {
        Self { writer, waiting: Vec::new(), rows: 0 }
    }

    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        self.waiting.push(batch);
        if self.rows >= ROWS_OF_OWN_FILE {
            self.waiting.drain(..).try_for_each(|batch| self.writer.write(&batch))?;
        }
        Ok(())
    }
}

async fn write_partition(
    mut stream: SendableRecordBatchStream,
    layout: Layout,
    mut parts: (Part, Option<Part>),
    mut keys: Keys,
) -> Result<((Part, Option<Part>), Keys)> {
    while let Some(batch) = stream.next().await {
        let (own, beside) = layout.divide(&batch?)?;
        keys.add(&own)?;
        parts.0.push(own)?;
        if let (Some(part), Some(batch)) = (&mut parts.1, beside) {
            part.push(batch)?;
        }
    }
    Ok((parts, keys))
}

/// The files of all parts; small ones share one.
async fn collect(parts: Vec<Part>, mut writer: FileWriter) -> Result<Vec<NewFile>> {
    let mut files = Vec::new();
    for part in parts {
        match part.rows >= ROWS_OF_OWN_FILE {
            true => files.extend(finish(part.writer).await?),
            false => part.waiting.iter().try_for_each(|batch| writer.write(batch))?,
        }
    }
    files.extend(finish(writer).await?);
    Ok(files)
}

/// Waiting for an upload must not keep a thread of the runtime from it.
async fn finish(writer: FileWriter) -> Result<Vec<NewFile>> {
    tokio::task::spawn_blocking(move || writer.finish()).await.map_err(Error::from)?
}
