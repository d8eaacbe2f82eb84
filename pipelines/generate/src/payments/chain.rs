//! The ledger's one chain: entries take their places in order, over all files and days, and what is wrong
//! with the chain on each night follows from when their rows land.

use super::ledger::{self, Link};
use crate::landing::LandingFile;
use crate::life::{Base, Life, Part};
use crate::rows::{Entry, Role, Tamper};
use crate::world::{Nature, Visit, World};

/// An entry whose row lands on a later day than it took its place. Its content is made again then.
struct Waiting {
    lands: u32,
    file: u32,
    home: u32,
    rank: u64,
    nature: Nature,
    entry: usize,
    link: Link,
}

/// A sequence that does not land on the day on which it took its place.
struct Gap {
    sequence: u64,
    born: u32,
    /// The day on which it lands, if it does.
    lands: Option<u32>,
}

/// The chain as far as it is written.
pub struct Chain {
    /// The last entry that took a place, as stated.
    last: Link,
    last_lands: Option<u32>,
    waiting: Vec<Waiting>,
    gaps: Vec<Gap>,
    /// Sequences that break the chain, each from a night on.
    breaks: Vec<(u64, u32)>,
    /// Sequences that two entries share, each from a night on.
    forks: Vec<(u64, u32)>,
    /// The highest sequence that has landed, for each day so far.
    landed_max: Vec<u64>,
    scratch: Vec<u8>,
}

impl Chain {
    pub fn new() -> Self {
        Self {
            last: Link { sequence: 0, previous: [0; 32], hash: [0; 32] },
            last_lands: None,
            waiting: Vec::new(),
            gaps: Vec::new(),
            breaks: Vec::new(),
            forks: Vec::new(),
            landed_max: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Writes one file. Files come in order: all of a day, then the next day's.
    pub fn write(&mut self, world: &World, day: u32, file: u32, out: &mut LandingFile) {
        if self.landed_max.len() <= day as usize {
            self.landed_max.push(self.landed_max.last().copied().unwrap_or(0));
        }
        self.write_waiting(world, day, file, out);
        world.escrows(day, file, Part::Ledger, &mut |visit, life, base| {
            for (place, entry) in life.entries.iter().enumerate() {
                if entry.born != visit.days_late {
                    continue;
                }
                let lands = entry.lands.map(|lands| visit.home + u32::from(lands));
                let link = match (entry.role, entry.tamper) {
                    (Role::Good, Tamper::Fork | Tamper::FollowedFork) => self.fork(lands, base, entry),
                    (Role::Good, _) => self.take_place(day, lands, base, entry),
                    _ => self.share_place(base, entry),
                };
                if lands == Some(day) {
                    self.write_row(day, base, entry, &link, out);
                } else if let Some(lands) = lands {
                    let Visit { home, rank, nature, .. } = *visit;
                    let file = (file + lands - day) % world.options.files_per_source;
                    self.waiting.push(Waiting { lands, file, home, rank, nature, entry: place, link });
                }
            }
        });
    }

    fn write_row(&mut self, day: u32, base: &Base, entry: &Entry, link: &Link, out: &mut LandingFile) {
        let highest = &mut self.landed_max[day as usize];
        *highest = (*highest).max(link.sequence);
        ledger::push(out.line(), base, entry, link);
        match entry.postings.iter().find(|posting| posting.account == "escrow") {
            Some(posting) => out.row(entry.role, &[posting.amount]),
            None => out.row(entry.role, &[]),
        }
    }

    /// What took its place earlier and lands in this file.
    fn write_waiting(&mut self, world: &World, day: u32, file: u32, out: &mut LandingFile) {
        let lands_here = |waiting: &mut Waiting| waiting.lands == day && waiting.file == file;
        let landing: Vec<Waiting> = self.waiting.extract_if(.., lands_here).collect();
        let mut life = Life::default();
        for waiting in landing {
            let base = world.special(waiting.home, waiting.rank, waiting.nature, &mut life);
            self.write_row(day, &base, &life.entries[waiting.entry], &waiting.link, out);
        }
    }

    /// Gives an entry the next sequence and its hashes.
    fn take_place(&mut self, day: u32, lands: Option<u32>, base: &Base, entry: &Entry) -> Link {
        let sequence = self.last.sequence + 1;
        let mut previous = self.last.hash;
        if entry.tamper == Tamper::Previous && sequence > 1 {
            previous[31] ^= 0x5a;
            if let (Some(own), Some(before)) = (lands, self.last_lands) {
                self.breaks.push((sequence, own.max(before)));
            }
        }
        let mut hash = ledger::hash(base, entry, sequence, &previous, &mut self.scratch);
        if entry.tamper == Tamper::Hash {
            hash[0] ^= 0xa5;
            self.breaks.extend(lands.map(|own| (sequence, own)));
        }
        if lands != Some(day) {
            self.gaps.push(Gap { sequence, born: day, lands });
        }
        self.last = Link { sequence, previous, hash };
        self.last_lands = lands;
        self.last
    }

    /// A second payload under the key of the entry before: the same place, its own right hash.
    fn share_place(&mut self, base: &Base, entry: &Entry) -> Link {
        let Link { sequence, previous, .. } = self.last;
        let hash = ledger::hash(base, entry, sequence, &previous, &mut self.scratch);
        Link { sequence, previous, hash }
    }

    /// A second entry at the place of the entry before: both hashes are right, and so are its neighbours'.
    fn fork(&mut self, lands: Option<u32>, base: &Base, entry: &Entry) -> Link {
        let link = self.share_place(base, entry);
        if let (Some(own), Some(other)) = (lands, self.last_lands) {
            self.forks.push((link.sequence, own.max(other)));
        }
        if entry.tamper == Tamper::FollowedFork {
            self.last.hash = link.hash;
        }
        link
    }

    /// The sequences that two entries share on a night, ascending.
    pub fn forks(&self, night: u32) -> impl Iterator<Item = u64> + '_ {
        self.forks.iter().filter(move |(_, from)| *from <= night).map(|(sequence, _)| *sequence)
    }

    /// The sequences that break the chain on a night, ascending.
    pub fn breaks(&self, night: u32) -> impl Iterator<Item = u64> + '_ {
        self.breaks.iter().filter(move |(_, from)| *from <= night).map(|(sequence, _)| *sequence)
    }

    /// The sequences missing on a night although a later one has landed, ascending.
    pub fn gaps(&self, night: u32) -> impl Iterator<Item = u64> + '_ {
        let highest = self.landed_max.get(night as usize).copied().unwrap_or(0);
        self.gaps
            .iter()
            .filter(move |gap| gap.born <= night && gap.lands.is_none_or(|lands| night < lands))
            .map(|gap| gap.sequence)
            .take_while(move |sequence| *sequence < highest)
    }

    /// The highest sequence and the hash that its entry states.
    pub fn end(&self) -> (u64, [u8; 32]) {
        (self.last.sequence, self.last.hash)
    }
}
