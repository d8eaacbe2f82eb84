//! What becomes of breaks from night to night, folded from what was stated of their escrows: `breaks.csv`,
//! `break_totals.csv` and `resolutions.csv` of the key.

mod batch;
mod escrow;

use std::collections::BTreeMap;
use std::path::Path;

use crate::GenerateError;
use crate::key::{SourceDay, Table};
use crate::life::Life;
use crate::payments::chain::Chain;
use crate::payments::push_escrow_id;
use crate::text::ascii;
use crate::verdicts::Nights;
use crate::world::{Nature, World};

/// A break as it stands after the last night. Nights count from the area's first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Break {
    class: &'static str,
    /// Empty for a batch finding.
    escrow: String,
    subcode: String,
    first_seen: u32,
    last_seen: u32,
    status: Status,
}

/// What a break is after a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Open,
    /// On the night on which it no longer held.
    Closed {
        on: u32,
    },
    /// After that night, by hand.
    Resolved {
        after: u32,
    },
}

/// A break that somebody resolves.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Resolution {
    after: u32,
    class: &'static str,
    escrow: String,
    reason: &'static str,
    by: &'static str,
}

/// What one class's breaks did on one night. What they opened with is what the night before closed with.
#[derive(Debug, Clone, Copy, Default)]
struct Moves {
    opened: u64,
    closed: u64,
    /// Open after the night, counted for itself.
    open: u64,
}

#[derive(Debug, Default)]
struct Books {
    breaks: Vec<Break>,
    resolutions: Vec<Resolution>,
    moves: BTreeMap<(u32, &'static str), Moves>,
}

impl Books {
    fn moves(&mut self, night: u32, class: &'static str) -> &mut Moves {
        self.moves.entry((night, class)).or_default()
    }
}

/// How many breaks there are, and how many of them are resolved by hand.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub breaks: u64,
    pub resolutions: u64,
}

/// Folds all nights and writes the three tables.
pub fn write(
    world: &World,
    folder: &Path,
    chain: &Chain,
    days: &[SourceDay],
) -> Result<Counts, GenerateError> {
    let mut books = Books::default();
    visit(world, &mut |id, home, nights| escrow::fold(world, id, home, nights, &mut books));
    batch::fold(world, chain, days, &mut books);
    books.breaks.sort();
    books.resolutions.sort();
    breaks(world, folder, &books.breaks)?;
    totals(world, folder, &books.moves)?;
    resolutions(world, folder, &books.resolutions)?;
    Ok(Counts { breaks: books.breaks.len() as u64, resolutions: books.resolutions.len() as u64 })
}

/// Hands every escrow id that can be a break to `fold`: no ordinary, slow or late tip ever is one.
fn visit(world: &World, fold: &mut dyn FnMut(String, u32, &Nights)) {
    let mut life = Life::default();
    let mut both = |stem: u64, home: u32, life: &Life| {
        for (other, nights) in [(false, &life.nights), (true, &life.other_nights)] {
            fold(ascii(|out| push_escrow_id(out, stem, other)), home, nights);
        }
    };
    for day in 0..world.options.days {
        for (rank, nature) in world.specials(day, 0..world.tips) {
            if matches!(nature, Nature::Fault(_)) {
                let base = world.special(day, rank, nature, &mut life);
                both(base.stem, day, &life);
            }
        }
        for rank in world.stories(day, 0..world.slots) {
            if let Some(story) = world.story(day, rank, &mut life) {
                both(story.base.stem, day, &life);
            }
        }
    }
}

fn breaks(world: &World, folder: &Path, breaks: &[Break]) -> Result<(), GenerateError> {
    let header = "class,subcode,escrow_id,first_seen,last_seen,closed_on,status";
    let mut table = Table::create(folder, "breaks.csv", header)?;
    for Break { class, escrow, subcode, first_seen, last_seen, status } in breaks {
        let (closed_on, status) = match *status {
            Status::Open => (String::new(), "OPEN"),
            Status::Closed { on } => (world.date(on), "AUTO_CLOSED"),
            Status::Resolved { after } => (world.date(after), "RESOLVED"),
        };
        let (first, last) = (world.date(*first_seen), world.date(*last_seen));
        table.line(format!("{class},{subcode},{escrow},{first},{last},{closed_on},{status}").as_bytes())?;
    }
    table.finish()
}

/// A row for each night and class of which something was open, opened or closed.
fn totals(
    world: &World,
    folder: &Path,
    moves: &BTreeMap<(u32, &'static str), Moves>,
) -> Result<(), GenerateError> {
    let header = "dt,class,opening_count,new_count,closed_count,closing_count";
    let mut table = Table::create(folder, "break_totals.csv", header)?;
    for ((night, class), Moves { opened, closed, open }) in moves {
        let before = night.checked_sub(1).and_then(|before| moves.get(&(before, class)));
        let opening = before.map_or(0, |before| before.open);
        if [opening, *opened, *closed, *open] != [0; 4] {
            let dt = world.date(*night);
            table.line(format!("{dt},{class},{opening},{opened},{closed},{open}").as_bytes())?;
        }
    }
    table.finish()
}

fn resolutions(world: &World, folder: &Path, resolutions: &[Resolution]) -> Result<(), GenerateError> {
    let mut table = Table::create(folder, "resolutions.csv", "after_night,class,escrow_id,reason,by")?;
    for Resolution { after, class, escrow, reason, by } in resolutions {
        table.line(format!("{},{class},{escrow},{reason},{by}", world.date(*after)).as_bytes())?;
    }
    table.finish()
}
