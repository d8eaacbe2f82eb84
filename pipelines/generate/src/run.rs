//! The files as jobs: the ledger's in order on one thread, all others by whoever is free.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::books;
use crate::key::{self, SourceDay};
use crate::landing::{FileReport, LandingFile};
use crate::manifest;
use crate::options::Compression;
use crate::owed;
use crate::payments::chain::Chain;
use crate::payments::{escrow, wallet};
use crate::sink::{Coding, Sink};
use crate::sources::{Source, access, benefits, contents, nodes, playbacks, subscription_events, tiers};
use crate::truth;
use crate::world::World;
use crate::{GenerateError, Summary};

/// What the key's big table and the ledger give back.
#[derive(Default)]
struct Outcome {
    files: Vec<(Source, u32, FileReport)>,
    chain: Option<Chain>,
    reconciled: u64,
    planted: u64,
    owed: owed::Counts,
    failure: Option<GenerateError>,
}

/// All that the threads share.
struct Shop<'a> {
    world: &'a World,
    out: &'a Path,
    key: &'a Path,
    progress: &'a (dyn Fn(&str, u64) + Sync),
    jobs: Vec<Job>,
    next: AtomicUsize,
    stop: AtomicBool,
    outcome: Mutex<Outcome>,
}

/// A piece of work that needs nobody else's.
#[derive(Clone, Copy)]
enum Job {
    File(Source, u32, u32),
    Reconciliation,
    Planted,
    Owed,
    Truth,
}

/// Writes the area and its key.
pub fn run(
    world: &World,
    out: &Path,
    key: &Path,
    progress: &(dyn Fn(&str, u64) + Sync),
) -> Result<Summary, GenerateError> {
    prepare(world, out, key)?;
    let shop = Shop {
        world,
        out,
        key,
        progress,
        jobs: jobs(world),
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        outcome: Mutex::new(Outcome::default()),
    };
    let threads = match world.options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| shop.take_jobs());
        }
        shop.write_ledger();
        shop.take_jobs();
    });
    let outcome = shop.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    finish(world, out, key, outcome)
}

fn folder(world: &World, out: &Path, source: Source, day: u32) -> PathBuf {
    out.join(source.folder()).join(format!("dt={}", world.date(day)))
}

/// Makes the folders; a day that holds files already is refused, since old files would be read with new ones.
fn prepare(world: &World, out: &Path, key: &Path) -> Result<(), GenerateError> {
    let days =
        || (0..world.options.days).flat_map(|day| Source::ALL.map(|source| folder(world, out, source, day)));
    for folder in days().filter(|folder| folder.exists()) {
        let mut entries = fs::read_dir(&folder).map_err(|error| GenerateError::storage(&folder, error))?;
        if entries.next().is_some() {
            let folder = folder.display();
            return Err(GenerateError::Refused(format!(
                "{folder} is not empty\nhint: generate into a folder that does not hold these days"
            )));
        }
    }
    for folder in days().chain([key.to_path_buf()]) {
        fs::create_dir_all(&folder).map_err(|error| GenerateError::storage(&folder, error))?;
    }
    Ok(())
}

/// Day by day, the biggest first.
fn jobs(world: &World) -> Vec<Job> {
    let order = [
        Source::Escrow,
        Source::Access,
        Source::Playback,
        Source::Wallet,
        Source::Content,
        Source::Nodes,
        Source::Benefits,
        Source::Subscriptions,
        Source::Tiers,
    ];
    let mut jobs = vec![];
    for day in 0..world.options.days {
        for source in order {
            jobs.extend((0..world.options.files_per_source).map(|file| Job::File(source, day, file)));
        }
    }
    jobs.extend([Job::Reconciliation, Job::Planted, Job::Owed, Job::Truth]);
    jobs
}

impl Shop<'_> {
    fn keep(&self, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn fail(&self, error: GenerateError) {
        self.stop.store(true, Ordering::Relaxed);
        self.keep(|outcome| {
            outcome.failure.get_or_insert(error);
        });
    }

    fn take_jobs(&self) {
        while let Some(job) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let result = match *job {
                Job::File(source, day, file) => {
                    self.write_file(source, day, file, |out| write(self.world, source, day, file, out))
                }
                Job::Reconciliation => key::reconciliation(self.world, self.key)
                    .map(|rows| self.keep(|outcome| outcome.reconciled = rows)),
                Job::Planted => key::planted(self.world, self.key)
                    .map(|count| self.keep(|outcome| outcome.planted = count)),
                Job::Truth => truth::write(self.world, self.key),
                Job::Owed => {
                    owed::write(self.world, self.key).map(|counts| self.keep(|outcome| outcome.owed = counts))
                }
            };
            if let Err(error) = result {
                self.fail(error);
            }
        }
    }

    fn write_ledger(&self) {
        let mut chain = Chain::new();
        for day in 0..self.world.options.days {
            for file in 0..self.world.options.files_per_source {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                let write = |out: &mut LandingFile| chain.write(self.world, day, file, out);
                if let Err(error) = self.write_file(Source::Ledger, day, file, write) {
                    self.fail(error);
                }
            }
        }
        self.keep(|outcome| outcome.chain = Some(chain));
    }

    fn write_file(
        &self,
        source: Source,
        day: u32,
        file: u32,
        write: impl FnOnce(&mut LandingFile),
    ) -> Result<(), GenerateError> {
        let folder = folder(self.world, self.out, source, day);
        let mut landing = LandingFile::create(self.world, &folder, source, day, file)?;
        write(&mut landing);
        let report = landing.finish()?;
        (self.progress)(source.folder(), report.rows);
        self.keep(|outcome| outcome.files.push((source, day, report)));
        Ok(())
    }
}

fn write(world: &World, source: Source, day: u32, file: u32, out: &mut LandingFile) {
    match source {
        Source::Escrow => escrow::write(world, day, file, out),
        Source::Wallet => wallet::write(world, day, file, out),
        // The chain has a thread of its own.
        Source::Ledger => {}
        Source::Tiers => tiers::write(world, day, file, out),
        Source::Subscriptions => subscription_events::write(world, day, file, out),
        Source::Benefits => benefits::write(world, day, file, out),
        Source::Playback => playbacks::write(world, day, file, out),
        Source::Access => access::write(world, day, file, out),
        Source::Nodes => nodes::write(world, day, file, out),
        Source::Content => contents::write(world, day, file, out),
    }
}

/// Manifests, the rest of the key, and the sums.
fn finish(world: &World, out: &Path, key: &Path, outcome: Outcome) -> Result<Summary, GenerateError> {
    if let Some(failure) = outcome.failure {
        return Err(failure);
    }
    let mut files = outcome.files;
    files.sort_by(|a, b| (a.0, a.1, &a.2.name).cmp(&(b.0, b.1, &b.2.name)));
    let mut days: Vec<SourceDay> = Vec::new();
    for (source, day, file) in files {
        match days.last_mut() {
            Some(last) if (last.source, last.day) == (source, day) => last.files.push(file),
            _ => days.push(SourceDay { source, day, files: vec![file], totals: vec![] }),
        }
    }
    let mut summary = Summary {
        reconciled: outcome.reconciled,
        planted: outcome.planted,
        entitlements: outcome.owed.entitlements,
        subscription_findings: outcome.owed.findings,
        ..Summary::default()
    };
    for day in &mut days {
        let folder = folder(world, out, day.source, day.day);
        if world.options.compression == Compression::Mixed && day.source.is_payment() {
            day.files.insert(0, empty_file(&folder)?);
        }
        if day.source.is_payment() {
            day.totals = manifest::totals(world, day.source, day.day, &day.files);
        }
        if world.options.manifests {
            manifest::write(world, &folder, day.source, day.day, &day.files, &day.totals)?;
        }
        summary.add(&day.files);
    }
    key::sources(world, key, &days)?;
    if let Some(chain) = &outcome.chain {
        summary.findings = key::findings(world, key, chain, &days)?;
        summary.entries = chain.end().0;
        let books = books::write(world, key, chain, &days)?;
        (summary.breaks, summary.resolutions) = (books.breaks, books.resolutions);
    }
    Ok(summary)
}

/// A file of no bytes is a valid file.
fn empty_file(folder: &Path) -> Result<FileReport, GenerateError> {
    let name = "part-000-000000.ndjson";
    let stored = Sink::create(&folder.join(name), Coding::Plain)?.finish()?;
    Ok(FileReport {
        name: name.into(),
        rows: 0,
        stored,
        good: 0,
        replays: 0,
        conflicts: 0,
        bad: vec![],
        totals: Default::default(),
    })
}
