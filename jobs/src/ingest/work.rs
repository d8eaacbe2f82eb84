//! Reading the files of a batch on all cores: one thread unpacks, the others parse, sieve and encode.
//!
//! Chunks are sieved in the order of file and line, whatever thread parsed them, so that the first of two
//! like keys is always the same one. A row whose key may have been before is set aside for [`super::resolve`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use ingest::Totals;
use ingest::chunk::{Chunk, Parsed, Parser, Place};
use ingest::reader::Chunks;
use ingest::sieve::Sieve;
use schemas::{bronze, time};
use tokio::runtime::Handle;
use warehouse::{FileWriter, NewFile};

use super::Context;
use super::cluster::Cluster;
use super::plan::{Plan, slug};
use crate::erasing;
use crate::failure::{Failure, Kind, Outcome};
use crate::landing::Landed;
use crate::ledger::content::Originals;

/// Stored bytes below which one thread is enough and several would only make small files.
const SMALL: u64 = 16 * 1024 * 1024;
/// The largest sieve, in bytes: 18 bits a key at 30 million keys.
const SIEVE_MAX: u64 = 64 * 1024 * 1024;

/// What was read of one file.
#[derive(Debug, Default)]
pub struct ReadFile {
    pub bytes: u64,
    pub sha256: String,
    pub rows: i64,
    pub replays: i64,
    pub conflicts: i64,
    pub quarantined: i64,
    pub totals: Totals,
}

impl ReadFile {
    /// Rows that bronze keeps.
    pub fn good(&self) -> i64 {
        self.rows - self.quarantined - self.replays
    }
}

/// What came of reading a batch; nothing of it is committed yet.
pub struct Work {
    pub files: BTreeMap<String, ReadFile>,
    pub sieve: Sieve,
    /// Rows that are surely the first with their key in this batch.
    pub fresh: Vec<NewFile>,
    /// Rows set aside, with the hashes of their keys.
    pub held: Vec<NewFile>,
    pub held_keys: Vec<u64>,
    /// Refused lines.
    pub rejected: Vec<NewFile>,
}

/// Reads every file of the plan to its end and checks it against listing and manifest.
pub async fn read_all(context: &Context, plan: &Plan) -> Outcome<Work> {
    let bytes = bytes(plan);
    let threads = if is_heavy(plan) { context.threads } else { 1 };
    let sieve = Sieve::new((bytes / 4).clamp(1 << 16, SIEVE_MAX) as usize);
    let shared = Shared {
        turn: Mutex::new(Turn { next: 0, sieve }),
        turned: Condvar::new(),
        stop: AtomicBool::new(false),
    };
    let runtime = Handle::current();
    let mut work = tokio::task::block_in_place(|| run(context, plan, threads, shared, &runtime))?;
    for file in &plan.files {
        let read = work.files.entry(file.name.clone()).or_default();
        check(context, plan, file, read).await?;
    }
    Ok(work)
}

fn bytes(plan: &Plan) -> u64 {
    plan.files.iter().map(|file| file.bytes).sum()
}

/// Whether a plan is worth all cores.
pub fn is_heavy(plan: &Plan) -> bool {
    bytes(plan) >= SMALL
}

/// What the threads share: whose turn it is at the sieve.
struct Shared {
    turn: Mutex<Turn>,
    turned: Condvar,
    stop: AtomicBool,
}

struct Turn {
    next: u64,
    sieve: Sieve,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts keys through the sieve once all earlier chunks were; `None` if the work was stopped.
    fn sieve(&self, number: u64, keys: &[u64]) -> Option<Vec<bool>> {
        let mut turn = self.lock();
        while turn.next != number {
            if self.stop.load(Ordering::Acquire) {
                return None;
            }
            turn = self.turned.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        let held = keys.iter().map(|key| turn.sieve.insert(*key)).collect();
        turn.next += 1;
        drop(turn);
        self.turned.notify_all();
        Some(held)
    }

    fn stop(&self) {
        let _turn = self.lock();
        self.stop.store(true, Ordering::Release);
        self.turned.notify_all();
    }
}

/// Stops the others when a thread fails or panics, and takes what the reader still sends, lest it wait.
struct StopUnlessDone<'a> {
    shared: &'a Shared,
    receiver: &'a Mutex<Receiver<(u64, Chunk)>>,
    done: bool,
}

impl Drop for StopUnlessDone<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.shared.stop();
            while self.receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().is_ok() {}
        }
    }
}

fn run(context: &Context, plan: &Plan, threads: usize, shared: Shared, runtime: &Handle) -> Outcome<Work> {
    let (sender, receiver) = sync_channel(threads);
    let receiver = Mutex::new(receiver);
    let (read, workers) = std::thread::scope(|scope| {
        let spawn_worker = |_| {
            scope.spawn(|| {
                let mut guard = StopUnlessDone { shared: &shared, receiver: &receiver, done: false };
                let part =
                    Worker::new(context, plan, runtime).and_then(|worker| worker.run(&receiver, &shared))?;
                guard.done = true;
                Ok(part)
            })
        };
        let workers: Vec<_> = (0..threads).map(spawn_worker).collect();
        let read = read_files(context, plan, &shared, sender, runtime);
        let joined: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        (read, joined)
    });
    let sieve = shared.turn.into_inner().unwrap_or_else(PoisonError::into_inner).sieve;
    let mut work = Work {
        files: BTreeMap::new(),
        sieve,
        fresh: Vec::new(),
        held: Vec::new(),
        held_keys: Vec::new(),
        rejected: Vec::new(),
    };
    let mut failed = None;
    for worker in workers {
        match worker.unwrap_or_else(|_| Err(Failure::other("a thread of the ingest panicked"))) {
            Ok(part) => part.add_to(&mut work),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    let stored = match (failed, read) {
        (Some(failure), _) | (None, Err(failure)) => return Err(failure),
        (None, Ok(stored)) => stored,
    };
    for (name, (sha256, bytes)) in stored {
        let file = work.files.entry(name).or_default();
        (file.sha256, file.bytes) = (sha256, bytes);
    }
    Ok(work)
}

/// Hash and length of each file's stored bytes.
type Stored = BTreeMap<String, (String, u64)>;

fn read_files(
    context: &Context,
    plan: &Plan,
    shared: &Shared,
    sender: SyncSender<(u64, Chunk)>,
    runtime: &Handle,
) -> Outcome<Stored> {
    let mut stored = Stored::new();
    let mut number = 0;
    for file in &plan.files {
        let place = Place {
            source: plan.source,
            dt: time::days(plan.dt),
            file: file.name.as_str().into(),
            ingested_at: context.ingested_at,
        };
        let broken = |error: std::io::Error| {
            shared.stop();
            broken(plan, &file.name, &format!("cannot be read to its end: {error}"))
        };
        let reader = context.landing()?.reader(file, runtime).map_err(broken)?;
        let mut chunks = Chunks::new(place, reader).map_err(broken)?;
        while let Some(chunk) = chunks.next_chunk().map_err(broken)? {
            context.progress.add(chunk.bytes.len() as u64);
            if sender.send((number, chunk)).is_err() || shared.stop.load(Ordering::Acquire) {
                return Ok(stored);
            }
            number += 1;
        }
        stored.insert(file.name.clone(), chunks.stored());
    }
    Ok(stored)
}

fn broken(plan: &Plan, name: &str, why: &str) -> Failure {
    let place = format!("{}/dt={}/{name}", plan.source.folder(), plan.dt);
    Failure::new(Kind::Refused, format!("{place}: {why}"))
        .with_hint("nothing of this source's day was written; mend or replace the file and run again")
}

/// A file must be what was listed, and what its manifest says.
async fn check(context: &Context, plan: &Plan, file: &Landed, read: &ReadFile) -> Outcome<()> {
    if read.bytes != file.bytes || !context.landing()?.is_unchanged(file).await {
        return Err(broken(plan, &file.name, "changed while it was read"));
    }
    let Some(stated) = plan.manifest.as_ref().and_then(|manifest| manifest.files.get(&file.name)) else {
        return Ok(());
    };
    let why = match (&stated.sha256, stated.rows) {
        (Some(hash), _) if *hash != read.sha256 => {
            format!("its SHA-256 is {}, the manifest says {hash}", read.sha256)
        }
        (_, Some(rows)) if rows != read.rows => {
            format!("it has {} rows, the manifest says {rows}", read.rows)
        }
        _ => return Ok(()),
    };
    Err(broken(plan, &file.name, &why))
}

/// One thread's part: its own files, its own counts.
struct Worker<'a> {
    context: &'a Context,
    plan: &'a Plan,
    runtime: &'a Handle,
    /// Contents of ledger entries that were redacted before.
    originals: Originals,
    parser: Parser,
    files: BTreeMap<String, ReadFile>,
    fresh: Cluster,
    held: Option<FileWriter>,
    held_keys: Vec<u64>,
    rejected: Option<FileWriter>,
}

struct Part {
    files: BTreeMap<String, ReadFile>,
    fresh: Vec<NewFile>,
    held: Vec<NewFile>,
    held_keys: Vec<u64>,
    rejected: Vec<NewFile>,
}

impl<'a> Worker<'a> {
    fn new(context: &'a Context, plan: &'a Plan, runtime: &'a Handle) -> Outcome<Self> {
        let table = plan.source.table();
        let writer = FileWriter::new(&context.lake, table, Some(plan.dt), &plan.stem(""))?;
        Ok(Self {
            context,
            plan,
            runtime,
            // What lands is hashed as it lands: nothing of it was redacted before.
            originals: Originals::new(),
            parser: Parser::new(plan.source, time::days(plan.dt)),
            files: BTreeMap::new(),
            fresh: Cluster::new(writer, table),
            held: None,
            held_keys: Vec::new(),
            rejected: None,
        })
    }

    fn run(mut self, receiver: &Mutex<Receiver<(u64, Chunk)>>, shared: &Shared) -> Outcome<Part> {
        loop {
            let received = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((number, chunk)) = received else { break };
            let name = chunk.place.file.clone();
            let mut parsed = self.parser.parse(chunk)?;
            self.hold_back(&mut parsed)?;
            let Some(held) = shared.sieve(number, &parsed.key_hashes) else { break };
            self.count(&name, &parsed);
            self.write(parsed, &held)?;
        }
        let finish = |writer: Option<FileWriter>| writer.map_or(Ok(Vec::new()), FileWriter::finish);
        Ok(Part {
            files: self.files,
            fresh: self.fresh.finish()?,
            held: finish(self.held)?,
            held_keys: self.held_keys,
            rejected: finish(self.rejected)?,
        })
    }

    /// Takes out who was erased.
    fn hold_back(&self, parsed: &mut Parsed) -> Outcome<()> {
        let (context, plan) = (self.context, self.plan);
        let before = erasing::incoming::hold_back(&context.erased, plan.source, plan.dt, parsed)?;
        before.map_or(Ok(()), |before| {
            let recorded = erasing::record(&context.session, &before, &parsed.good, &self.originals);
            self.runtime.block_on(recorded)
        })
    }

    fn count(&mut self, name: &str, parsed: &Parsed) {
        if !self.files.contains_key(name) {
            self.files.insert(name.to_owned(), ReadFile::default());
        }
        let Some(file) = self.files.get_mut(name) else { return };
        file.rows += parsed.rows;
        file.quarantined += parsed.rejected.num_rows() as i64;
        file.totals.merge(&parsed.totals);
    }

    fn write(&mut self, parsed: Parsed, held: &[bool]) -> Outcome<()> {
        let (table, dt) = (self.plan.source.table(), Some(self.plan.dt));
        if parsed.rejected.num_rows() > 0 {
            let stem = self.plan.stem(&slug(self.plan.source));
            let writer = match &mut self.rejected {
                Some(writer) => writer,
                none => none.insert(FileWriter::new(&self.context.lake, &bronze::QUARANTINE, dt, &stem)?),
            };
            writer.write(&parsed.rejected)?;
        }
        if held.contains(&true) {
            let held = BooleanArray::from(held.to_vec());
            // They may wait long: they must not keep their chunk.
            let set_aside = ingest::owned(table, &filter_record_batch(&parsed.good, &held)?)?;
            self.held_keys.extend(key_hashes(&set_aside));
            let writer = match &mut self.held {
                Some(writer) => writer,
                none => {
                    none.insert(FileWriter::new(&self.context.lake, table, dt, &self.plan.stem("held-"))?)
                }
            };
            writer.write(&set_aside)?;
        }
        self.fresh.push(parsed.good, |row| held[row])
    }
}

fn key_hashes(batch: &RecordBatch) -> Vec<u64> {
    let column = batch.column_by_name("key_hash").and_then(|column| column.as_primitive_opt::<Int64Type>());
    column.map(|hashes| hashes.values().iter().map(|hash| *hash as u64).collect()).unwrap_or_default()
}

impl Part {
    fn add_to(self, work: &mut Work) {
        for (name, part) in self.files {
            let file = work.files.entry(name).or_default();
            file.rows += part.rows;
            file.quarantined += part.quarantined;
            file.totals.merge(&part.totals);
        }
        work.fresh.extend(self.fresh);
        work.held.extend(self.held);
        work.held_keys.extend(self.held_keys);
        work.rejected.extend(self.rejected);
    }
}
