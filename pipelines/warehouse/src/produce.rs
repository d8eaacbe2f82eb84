//! Plans into files of a table: partition by partition in parallel, checked on the way.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use datafusion::execution::SendableRecordBatchStream;
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
    pub rows: u64,
}

/// Runs the plans one after the other and writes what they return.
///
/// Columns must be those of the table, and the key must be there and on one row only, over all plans together.
pub async fn produce(
    session: &Session,
    table: &'static Table,
    dt: Option<NaiveDate>,
    key: &[KeyColumn],
    plans: Vec<DataFrame>,
) -> Result<Produced> {
    let mut keys = Keys::new(table, key);
    // The parts go on from plan to plan: a plan may be small and there may be many.
    let mut parts: Vec<Part> = Vec::new();
    for plan in plans {
        let projection = Projection::new(plan.schema().as_arrow(), table.file_schema())?;
        let mut partitions = JoinSet::new();
        for stream in plan.execute_stream_partitioned().await? {
            let part = match parts.pop() {
                Some(part) => part,
                None => Part::new(FileWriter::new(session.lake(), table, dt, table.name)?),
            };
            let keys = Keys::new(table, key);
            partitions.spawn(write_partition(stream, projection.clone(), part, keys));
        }
        // A partition that fails ends the others: dropping the set does.
        while let Some(partition) = partitions.join_next().await {
            let (part, found) = partition??;
            keys.merge(found);
            parts.push(part);
        }
    }
    let (mut files, mut small) = (Vec::new(), Vec::new());
    for part in parts {
        match part.rows >= ROWS_OF_OWN_FILE {
            true => files.extend(finish(part.writer).await?),
            false => small.extend(part.waiting),
        }
    }
    let writer = FileWriter::new(session.lake(), table, dt, table.name)?;
    files.extend(write_all(writer, small).await?);
    let rows = files.iter().map(|file| file.rows).sum();
    keys.check(session, table, &files).await?;
    Ok(Produced { files, rows })
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
    projection: Projection,
    mut part: Part,
    mut keys: Keys,
) -> Result<(Part, Keys)> {
    while let Some(batch) = stream.next().await {
        let batch = projection.apply(&batch?)?;
        keys.add(&batch)?;
        part.push(batch)?;
    }
    Ok((part, keys))
}

async fn write_all(mut writer: FileWriter, batches: Vec<RecordBatch>) -> Result<Vec<NewFile>> {
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    finish(writer).await
}

/// Waiting for an upload must not keep a thread of the runtime from it.
async fn finish(writer: FileWriter) -> Result<Vec<NewFile>> {
    tokio::task::spawn_blocking(move || writer.finish()).await.map_err(Error::from)?
}
