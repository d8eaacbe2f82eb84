//! The key: what a correct warehouse makes of the area, as sorted CSV beside it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use schemas::money;

use crate::GenerateError;
use crate::clean;
use crate::faults;
use crate::landing::FileReport;
use crate::life::{Kind, Life};
use crate::manifest::Stated;
use crate::payments::chain::Chain;
use crate::payments::push_escrow_id;
use crate::sources::Source;
use crate::stories;
use crate::subscriptions::Slot;
use crate::text::{ascii, push_id};
use crate::verdicts::Verdict;
use crate::world::{Nature, World};

/// A CSV file of the key. No field needs quotes.
pub struct Table {
    path: PathBuf,
    out: BufWriter<File>,
}

impl Table {
    pub fn create(folder: &Path, name: &str, header: &str) -> Result<Self, GenerateError> {
        let path = folder.join(name);
        let file = File::create(&path).map_err(|error| GenerateError::storage(&path, error))?;
        let mut table = Self { path, out: BufWriter::with_capacity(1 << 18, file) };
        table.line(header.as_bytes())?;
        Ok(table)
    }

    pub fn line(&mut self, line: &[u8]) -> Result<(), GenerateError> {
        self.out
            .write_all(line)
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(|error| GenerateError::storage(&self.path, error))
    }

    pub fn finish(mut self) -> Result<(), GenerateError> {
        self.out.flush().map_err(|error| GenerateError::storage(&self.path, error))
    }
}

/// `reconciliation.csv`: every row of every night, by night and escrow id. Returns how many.
pub fn reconciliation(world: &World, folder: &Path) -> Result<u64, GenerateError> {
    let mut table = Table::create(folder, "reconciliation.csv", "dt,escrow_id,class,subcode,flags")?;
    let mut life = Life::default();
    let mut rows = 0;
    for night in 0..world.options.days {
        let date = world.date(night);
        let mut line = Vec::new();
        let mut write = |stem: u64, other: bool, verdict: Verdict| {
            line.clear();
            line.extend_from_slice(date.as_bytes());
            line.push(b',');
            push_escrow_id(&mut line, stem, other);
            for (at, text) in
                [verdict.class, verdict.subcode].into_iter().chain(verdict.flags.iter().copied()).enumerate()
            {
                line.push(if at < 3 { b',' } else { b';' });
                line.extend_from_slice(text.as_bytes());
            }
            if verdict.flags.is_empty() {
                line.push(b',');
            }
            rows += 1;
            table.line(&line)
        };
        for day in 0..=night {
            if day == night {
                for rank in 0..world.tips {
                    match world.nature(day, rank) {
                        Nature::Ordinary => {
                            let ending = clean::ending(&mut clean::random(world, day, rank));
                            write(world.stem(Kind::Tip, day, rank), false, clean::verdict(ending))?;
                        }
                        nature => special(world, day, rank, nature, 0, &mut life, &mut write)?,
                    }
                }
                for rank in 0..world.slots {
                    match world.story(day, rank, &mut life) {
                        Some(story) => rows_of(story.base.stem, 0, &life, &mut write)?,
                        None => write(world.stem(Kind::Subscription, day, rank), false, Verdict::MATCHED)?,
                    }
                }
            } else {
                for (rank, nature) in world.specials(day, 0..world.tips) {
                    special(world, day, rank, nature, night - day, &mut life, &mut write)?;
                }
                for rank in world.stories(day, 0..world.slots) {
                    if let Some(story) = world.story(day, rank, &mut life) {
                        rows_of(story.base.stem, night - day, &life, &mut write)?;
                    }
                }
            }
        }
    }
    table.finish()?;
    Ok(rows)
}

/// The rows of a special tip on a night, counted from its own day.
fn special(
    world: &World,
    day: u32,
    rank: u64,
    nature: Nature,
    night: u32,
    life: &mut Life,
    write: &mut dyn FnMut(u64, bool, Verdict) -> Result<(), GenerateError>,
) -> Result<(), GenerateError> {
    let base = world.special(day, rank, nature, life);
    rows_of(base.stem, night, life, write)
}

/// The rows of both ids of a life on a night.
fn rows_of(
    stem: u64,
    night: u32,
    life: &Life,
    write: &mut dyn FnMut(u64, bool, Verdict) -> Result<(), GenerateError>,
) -> Result<(), GenerateError> {
    for (other, nights) in [(false, &life.nights), (true, &life.other_nights)] {
        if let Some(verdict) = nights.row(night) {
            write(stem, other, verdict)?;
        }
    }
    Ok(())
}

/// `planted.csv`: which escrow, and which subscription, got which fault. Returns how many got one.
pub fn planted(world: &World, folder: &Path) -> Result<u64, GenerateError> {
    let mut table = Table::create(folder, "planted.csv", "id,fault")?;
    let mut count = 0;
    for day in 0..world.options.days {
        for (rank, nature) in world.specials(day, 0..world.tips) {
            if let Nature::Fault(order) = nature {
                let stem = world.stem(Kind::Tip, day, rank);
                let id = ascii(|out| push_escrow_id(out, stem, false));
                table.line(format!("{id},{}", faults::nth(order).name).as_bytes())?;
                count += 1;
            }
        }
        for rank in world.stories(day, 0..world.slots) {
            if let Some(order) = world.story_order(day, rank) {
                let number = Slot::new(world, day, rank).subscription(world);
                let id = ascii(|out| push_id(out, "su_", number));
                table.line(format!("{id},{}", stories::nth(order).name).as_bytes())?;
                count += 1;
            }
        }
    }
    table.finish()?;
    Ok(count)
}

/// One source's day, as it was written.
pub struct SourceDay {
    pub source: Source,
    pub day: u32,
    pub files: Vec<FileReport>,
    pub totals: Vec<Stated>,
}

impl SourceDay {
    /// Whether the manifest states a wrong total.
    pub fn is_wrong(&self) -> bool {
        self.totals.iter().any(|total| total.actual != total.stated)
    }
}

/// `counts.csv`, `quarantine.csv` and `control_totals.csv`, from days in the order of source and day.
pub fn sources(world: &World, folder: &Path, days: &[SourceDay]) -> Result<(), GenerateError> {
    let mut counts = Table::create(folder, "counts.csv", "source,dt,good,replays,conflicts,quarantined")?;
    let mut quarantine = Table::create(folder, "quarantine.csv", "source,dt,source_file,source_line,kind")?;
    let mut totals = Table::create(folder, "control_totals.csv", "source,dt,currency,count,sum,agrees")?;
    for SourceDay { source, day, files, totals: stated } in days {
        let place = format!("{},{}", source.folder(), world.date(*day));
        let sum = |of: fn(&FileReport) -> u64| files.iter().map(of).sum::<u64>();
        let (good, replays) = (sum(|file| file.good), sum(|file| file.replays));
        let (conflicts, bad) = (sum(|file| file.conflicts), sum(|file| file.bad.len() as u64));
        counts.line(format!("{place},{good},{replays},{conflicts},{bad}").as_bytes())?;
        for file in files {
            for (line, kind) in &file.bad {
                quarantine.line(format!("{place},{},{line},{kind}", file.name).as_bytes())?;
            }
        }
        for Stated { currency, actual, stated } in stated {
            let sum = money::format(actual.sum, currency.digits());
            let line = format!("{place},{},{},{sum},{}", currency.code(), actual.count, actual == stated);
            totals.line(line.as_bytes())?;
        }
    }
    counts.finish()?;
    quarantine.finish()?;
    totals.finish()
}

/// What the ledger's chain says on a night, by class and sequence.
pub fn ledger_findings(chain: &Chain, night: u32) -> impl Iterator<Item = (&'static str, u64)> + '_ {
    let breaks = chain.breaks(night).map(|sequence| ("CHAIN_BREAK", sequence));
    let forks = chain.forks(night).map(|sequence| ("LEDGER_FORK", sequence));
    let gaps = chain.gaps(night).map(|sequence| ("SEQUENCE_GAP", sequence));
    breaks.chain(forks).chain(gaps)
}

/// `findings.csv`: the batch findings that hold on each night, the ledger's first; sequences ascend as numbers.
pub fn findings(
    world: &World,
    folder: &Path,
    chain: &Chain,
    days: &[SourceDay],
) -> Result<u64, GenerateError> {
    let mut table = Table::create(folder, "findings.csv", "night,class,subcode")?;
    let mut count = 0;
    for night in 0..world.options.days {
        let date = world.date(night);
        let wrong = days.iter().filter(|day| day.day <= night && day.is_wrong());
        let totals = wrong.map(|day| ("CONTROL_TOTAL", day.source.folder().to_string()));
        let ledger = ledger_findings(chain, night).map(|(class, sequence)| (class, sequence.to_string()));
        for (class, subcode) in ledger.chain(totals) {
            table.line(format!("{date},{class},{subcode}").as_bytes())?;
            count += 1;
        }
    }
    table.finish()?;
    Ok(count)
}
