//! Record batches into Parquet files on the store; nothing is visible before it is committed.

use std::hash::{BuildHasher, RandomState};
use std::io;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use schemas::table::{Kind, Layer, Table};
use schemas::time;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::lake::{DataFile, Lake};
use crate::upload::{Chunk, upload};
use crate::{Error, Result, statistics};

/// Rows of one file, about.
const FILE_ROWS: u64 = 1 << 20;
/// Bytes of one file, about.
const FILE_BYTES: usize = 256 << 20;
/// Rows of one row group: what a writer holds in memory, encoded.
const GROUP_ROWS: usize = 128 << 10;
/// Rows of one page of a table that is read by ranges.
const PAGE_ROWS: usize = 2048;
/// Below so many rows a file is a small one: it is held until its end, and packed without a context to set up.
const SMALL_ROWS: usize = 8 << 10;
/// Finished bytes are handed to the upload in pieces of this size.
const CHUNK_BYTES: usize = 4 << 20;
/// Pieces that may wait for the upload before the writer does.
const CHUNKS_WAITING: usize = 2;

/// Writes the rows of one partition into as many files as they need.
///
/// Batches have the table's file schema, so no `dt` where the table is partitioned. Encoding runs on the
/// calling thread and uploads on the lake's runtime; any thread will do but the one of a single-threaded
/// runtime. A writer that is dropped before [`FileWriter::finish`] leaves nothing that a reader could see.
pub struct FileWriter {
    lake: Lake,
    table: &'static Table,
    dt: Option<i32>,
    stem: String,
    schema: SchemaRef,
    view_schema: SchemaRef,
    /// Rows that may come to a small file, while none is open.
    waiting: Vec<RecordBatch>,
    open: Option<OpenFile>,
    closing: Vec<(NewFile, JoinHandle<Result<()>>)>,
}

/// A file that was written and not committed yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFile {
    /// Path below the table's folder.
    pub path: String,
    /// Its partition, in days since the epoch.
    pub dt: Option<i32>,
    pub rows: u64,
    pub bytes: u64,
    /// Its statistics, as the log holds them.
    pub stats: String,
}

impl NewFile {
    /// The same file as a scan sees it.
    pub fn to_data_file(&self) -> DataFile {
        let ranges = statistics::parse(&self.stats).unwrap_or_default().ranges;
        DataFile { path: self.path.clone(), dt: self.dt, rows: self.rows, bytes: self.bytes, ranges }
    }
}

struct OpenFile {
    path: String,
    encoder: ArrowWriter<Chunks>,
    rows: u64,
    bytes: u64,
    chunks: mpsc::Sender<Chunk>,
    upload: JoinHandle<Result<()>>,
}

/// What the encoder has finished and the upload has not got yet.
#[derive(Default)]
struct Chunks(Vec<u8>);

impl io::Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FileWriter {
    /// A writer of one day of a partitioned table, or of a table without partitions (`dt` is `None`).
    ///
    /// Files are named after `stem`, a token that no other writer has, and a count.
    pub fn new(lake: &Lake, table: &'static Table, dt: Option<NaiveDate>, stem: &str) -> Result<Self> {
        if table.partitioned != dt.is_some() {
            return Err(Error::internal(format!(
                "{}: a day is given exactly if it is partitioned",
                table.sql_name()
            )));
        }
        if !stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(Error::internal(format!("{stem}: a file is named by letters, digits, - and _")));
        }
        let token = RandomState::new().hash_one(stem);
        Ok(Self {
            lake: lake.clone(),
            table,
            dt: dt.map(time::days),
            stem: format!("{stem}-{token:016x}"),
            schema: table.file_schema(),
            view_schema: table.view_schema(),
            waiting: Vec::new(),
            open: None,
            closing: Vec::new(),
        })
    }

    /// Encodes a batch, and waits for the upload where it falls behind. Its texts may be views; all batches of one
    /// writer have the same form.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let fields = batch.schema_ref().fields();
        if fields != self.schema.fields() && fields != self.view_schema.fields() {
            return Err(Error::internal(format!("{}: the batch has another schema", self.table.sql_name())));
        }
        if self.open.is_none() {
            let rows = self.waiting.iter().map(RecordBatch::num_rows).sum::<usize>() + batch.num_rows();
            if rows < SMALL_ROWS {
                self.waiting.push(batch.clone());
                return Ok(());
            }
            for batch in std::mem::take(&mut self.waiting) {
                self.encode(&batch)?;
            }
        }
        self.encode(batch)
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        while start < batch.num_rows() {
            let mut file = match self.open.take() {
                Some(file) => file,
                None => self.start_file(Compression::ZSTD(ZstdLevel::default()), batch.schema())?,
            };
            let room = usize::try_from(FILE_ROWS - file.rows).unwrap_or(usize::MAX);
            let length = room.min(batch.num_rows() - start);
            file.encoder.write(&batch.slice(start, length))?;
            file.rows += length as u64;
            start += length;
            self.send_finished(&mut file, CHUNK_BYTES)?;
            if file.rows >= FILE_ROWS
                || file.encoder.bytes_written() + file.encoder.in_progress_size() >= FILE_BYTES
            {
                self.end_file(file)?;
            } else {
                self.open = Some(file);
            }
        }
        Ok(())
    }

    /// Rows written so far.
    pub fn rows(&self) -> u64 {
        let closed: u64 = self.closing.iter().map(|(file, _)| file.rows).sum();
        let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        closed + self.open.as_ref().map_or(0, |file| file.rows) + waiting as u64
    }

    /// Ends the last file and waits until all of them are stored.
    pub fn finish(mut self) -> Result<Vec<NewFile>> {
        if !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            let schema = waiting[0].schema();
            self.open = Some(self.start_file(Compression::SNAPPY, schema)?);
            waiting.iter().try_for_each(|batch| self.encode(batch))?;
        }
        if let Some(file) = self.open.take() {
            self.end_file(file)?;
        }
        let closing = std::mem::take(&mut self.closing);
        closing.into_iter().map(|(file, upload)| self.wait(upload)?.map(|()| file)).collect()
    }

    fn start_file(&self, compression: Compression, schema: SchemaRef) -> Result<OpenFile> {
        let folder = self.dt.map(|day| format!("dt={}/", time::date(day))).unwrap_or_default();
        let path = format!("{folder}{}-{}.parquet", self.stem, self.closing.len());
        let target = self.lake.file(self.table, &path);
        let properties = properties(self.table, compression);
        // The file says in Parquet's own words what its columns are; how they lay in memory is no part of it.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let encoder = ArrowWriter::try_new_with_options(Chunks::default(), schema, options)?;
        let (chunks, waiting) = mpsc::channel(CHUNKS_WAITING);
        let upload = self.lake.runtime().spawn(upload(self.lake.store(), target, waiting));
        Ok(OpenFile { path, encoder, rows: 0, bytes: 0, chunks, upload })
    }

    fn end_file(&mut self, mut file: OpenFile) -> Result<()> {
        let footer = file.encoder.finish()?;
        self.send_finished(&mut file, 1)?;
        self.send(&mut file, Chunk::End)?;
        let stats = statistics::render(self.table, &footer);
        let file_ = NewFile { path: file.path, dt: self.dt, rows: file.rows, bytes: file.bytes, stats };
        self.closing.push((file_, file.upload));
        Ok(())
    }

    /// Hands what is finished to the upload, if it is at least so many bytes.
    fn send_finished(&self, file: &mut OpenFile, least: usize) -> Result<()> {
        let finished = &mut file.encoder.inner_mut().0;
        if finished.len() < least {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(finished));
        file.bytes += piece.len() as u64;
        self.send(file, Chunk::Data(piece))
    }

    fn send(&self, file: &mut OpenFile, chunk: Chunk) -> Result<()> {
        let unsent = match file.chunks.try_send(chunk) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Full(chunk)) => match self.block_on(file.chunks.send(chunk)) {
                Ok(()) => return Ok(()),
                Err(_) => &mut file.upload,
            },
            Err(mpsc::error::TrySendError::Closed(_)) => &mut file.upload,
        };
        // The upload has ended before its file: it says why.
        self.block_on(unsent)?.and(Err(Error::internal("an upload ended early")))
    }

    fn wait(&self, upload: JoinHandle<Result<()>>) -> Result<Result<()>> {
        Ok(self.block_on(upload)?)
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        tokio::task::block_in_place(|| self.lake.runtime().block_on(future))
    }
}

/// Dictionaries only where values repeat; numbers that rise slowly by their steps; hashes as they are.
fn properties(table: &Table, compression: Compression) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by("tiktoktoe".to_owned());
    if table.columns().any(|column| column.name == "escrow_hash") {
        // Rows are laid by that hash, and read by ranges of it: small pages are read no further than asked.
        properties = properties.set_data_page_row_count_limit(PAGE_ROWS).set_write_batch_size(PAGE_ROWS);
    }
    for (path, name, kind) in
        table.columns().flat_map(|column| leaves(vec![column.name.to_owned()], column.name, column.kind))
    {
        let path = ColumnPath::new(path);
        if table.layer == Layer::Bronze && matches!(kind, Kind::Text | Kind::Money) {
            // Rows as they landed are found by their day and their hashes; the bounds of ids tell nothing.
            properties = properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        properties = match storage_of(name, kind) {
            Storage::Repeated => properties,
            Storage::Distinct => properties.set_column_dictionary_enabled(path, false),
            Storage::Random => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_compression(path, Compression::UNCOMPRESSED),
            Storage::Rising => properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
        };
    }
    properties.build()
}

/// The columns of a file that hold a column's values: path, name and kind.
fn leaves(path: Vec<String>, name: &'static str, kind: Kind) -> Vec<(Vec<String>, &'static str, Kind)> {
    let below =
        |parts: &[&str]| path.iter().cloned().chain(parts.iter().map(|part| (*part).to_owned())).collect();
    match kind {
        Kind::List(item) => leaves(below(&["list", "element"]), name, *item),
        Kind::Struct(columns) => columns
            .iter()
            .flat_map(|column| leaves(below(&[column.name]), column.name, column.kind))
            .collect(),
        _ => vec![(path, name, kind)],
    }
}

enum Storage {
    Repeated,
    Distinct,
    /// Nothing of it can be packed.
    Random,
    Rising,
}

fn storage_of(name: &str, kind: Kind) -> Storage {
    match kind {
        Kind::Integer if name.ends_with("_hash") => Storage::Random,
        Kind::Integer if matches!(name, "sequence" | "source_line") => Storage::Rising,
        Kind::Time if name != "ingested_at" => Storage::Rising,
        // The few nodes of a day stand on all its rows.
        Kind::Text if name == "node_id" => Storage::Repeated,
        Kind::Text if name.ends_with("_id") || matches!(name, "hash" | "prev_hash" | "raw") => {
            Storage::Distinct
        }
        _ => Storage::Repeated,
    }
}
