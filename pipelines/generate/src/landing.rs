//! One file of the landing area: rows go in one by one, and come out in small shuffled windows among
//! replays, conflicts, bad lines, blank lines and other oddities, all of them counted.

use std::path::Path;

use crate::GenerateError;
use crate::amounts::{Amount, Currency};
use crate::bad::{self, Bad};
use crate::edit;
use crate::options::per_million;
use crate::random::{Random, Stream};
use crate::rows::Role;
use crate::sink::{Sink, Stored};
use crate::sources::Source;
use crate::sources::access;
use crate::text::{ascii, push_hex};
use crate::world::World;

/// Lines that are shuffled together.
const WINDOW_LINES: usize = 64;
/// Bytes that are handed to the disk (or its compressor) together.
const BLOCK_BYTES: usize = 1 << 18;

/// Count and sum of a currency's amounts in a payment source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    pub count: u64,
    /// Integers of 10⁻⁹.
    pub sum: i128,
}

/// What a file turned out to hold.
pub struct FileReport {
    pub name: String,
    /// Lines that are neither blank nor header.
    pub rows: u64,
    pub stored: Stored,
    pub good: u64,
    pub replays: u64,
    pub conflicts: u64,
    /// Physical lines to be quarantined, and why.
    pub bad: Vec<(u64, &'static str)>,
    pub totals: [Total; Currency::COUNT],
}

/// A line of the window: where it is, and the kind of a bad one.
struct Line {
    start: usize,
    end: usize,
    bad: Option<&'static str>,
}

/// A file being written. The first failure is kept and told at the end.
pub struct LandingFile {
    source: Source,
    file: u32,
    name: String,
    sink: Sink,
    failure: Option<GenerateError>,
    random: Random,
    window: Vec<u8>,
    lines: Vec<Line>,
    row_start: usize,
    out: Vec<u8>,
    physical_lines: u64,
    members: u32,
    replay_per_million: u64,
    conflict_per_million: u64,
    bad_per_million: u64,
    bad_next: usize,
    report: Counts,
}

#[derive(Default)]
struct Counts {
    rows: u64,
    good: u64,
    replays: u64,
    conflicts: u64,
    bad: Vec<(u64, &'static str)>,
    totals: [Total; Currency::COUNT],
}

impl LandingFile {
    pub fn create(
        world: &World,
        folder: &Path,
        source: Source,
        day: u32,
        file: u32,
    ) -> Result<Self, GenerateError> {
        let options = &world.options;
        let place = ((source as u64) << 56) | u64::from(day) << 32 | u64::from(file);
        let mut random = Random::new(options.seed, Stream::File, place);
        let coding = source.coding(options.compression, file);
        let letters = ascii(|out| push_hex(out, &random.next().to_be_bytes()[..3]));
        let name = format!("part-{file:03}-{letters}{}{}", source.extension(), coding.suffix());
        let bad_next = random.below(1_000) as usize;
        let replays = per_million(options.replay_rate);
        let conflicts = source == Source::Access || source.conflict().is_some();
        Ok(Self {
            source,
            file,
            sink: Sink::create(&folder.join(&name), coding)?,
            name,
            failure: None,
            random,
            window: Vec::new(),
            lines: Vec::new(),
            row_start: 0,
            out: if file == 0 { b"\xef\xbb\xbf".to_vec() } else { Vec::new() },
            physical_lines: 0,
            members: 1,
            replay_per_million: replays,
            conflict_per_million: if conflicts { replays / 2 } else { 0 },
            bad_per_million: per_million(options.bad_line_rate),
            bad_next,
            report: Counts::default(),
        })
    }

    /// Where the next row is to be pushed; [`Self::row`] ends it.
    pub fn line(&mut self) -> &mut Vec<u8> {
        self.row_start = self.window.len();
        &mut self.window
    }

    /// Ends the row that was pushed. `totals` are the amounts that it adds to the manifest's totals.
    pub fn row(&mut self, role: Role, totals: &[Amount]) {
        let (start, end) = (self.row_start, self.window.len());
        self.take(start, role, totals);
        if role == Role::Good {
            self.sprinkle_copies(start, end, totals);
        }
        if self.bad_per_million > 0 && self.random.below(1_000_000) < self.bad_per_million {
            self.spoil(start, end);
        }
        if self.lines.len() >= WINDOW_LINES {
            self.flush_window();
        }
    }

    /// Counts the line from `start` to the end of the window.
    fn take(&mut self, start: usize, role: Role, totals: &[Amount]) {
        self.lines.push(Line { start, end: self.window.len(), bad: None });
        let report = &mut self.report;
        report.rows += 1;
        match role {
            Role::Good => report.good += 1,
            Role::Replay => report.replays += 1,
            Role::Conflict => (report.good, report.conflicts) = (report.good + 1, report.conflicts + 1),
        }
        for amount in totals {
            let total = &mut report.totals[amount.currency.index()];
            total.count += 1;
            total.sum += amount.units;
        }
    }

    /// Now and then the same row once more, or its key with another payload.
    fn sprinkle_copies(&mut self, start: usize, end: usize, totals: &[Amount]) {
        if self.replay_per_million == 0 {
            return;
        }
        let draw = self.random.below(1_000_000);
        let role = if draw < self.replay_per_million {
            Role::Replay
        } else if draw < self.replay_per_million + self.conflict_per_million {
            Role::Conflict
        } else {
            return;
        };
        let row = self.window[start..end].to_vec();
        let copy_start = self.window.len();
        let out = &mut self.window;
        match (role, self.source.conflict()) {
            (Role::Conflict, Some((key, value))) => edit::set(&row, key, value, out),
            (Role::Conflict, None) => bad::column(&row, access::BYTES_COLUMN, b"1", out),
            _ if self.source == Source::Access => out.extend_from_slice(&row),
            _ => match self.random.below(3) {
                0 => edit::reorder(&row, out),
                1 => edit::escape(&row, out),
                _ => out.extend_from_slice(&row),
            },
        }
        self.take(copy_start, role, totals);
    }

    /// A bad line made from the row, of the kind whose turn it is.
    fn spoil(&mut self, start: usize, end: usize) {
        let (common, own) = bad::of(self.source);
        let place = self.bad_next % (common.len() + own.len());
        self.bad_next += 1;
        let bad: &'static Bad = common.get(place).unwrap_or_else(|| &own[place - common.len()]);
        let row = self.window[start..end].to_vec();
        let bad_start = self.window.len();
        bad.make(&row, &mut self.window);
        self.bad_line(bad_start, bad.kind);
    }

    fn bad_line(&mut self, start: usize, kind: &'static str) {
        self.report.rows += 1;
        self.lines.push(Line { start, end: self.window.len(), bad: Some(kind) });
    }

    /// A line that is no row: `#Version`, `#Fields`. What came before it stays before it.
    pub fn header(&mut self, line: &str) {
        self.flush_window();
        self.begin_line();
        self.out.extend_from_slice(line.as_bytes());
    }

    /// A bad line at exactly this place, where bad lines are asked for.
    pub fn bad_here(&mut self, kind: &'static str, line: &[u8]) {
        if self.bad_per_million > 0 {
            self.flush_window();
            self.window.extend_from_slice(line);
            self.bad_line(0, kind);
            self.flush_window();
        }
    }

    /// Ends the line before, begins a line.
    fn begin_line(&mut self) {
        if self.physical_lines > 0 {
            self.out.extend_from_slice(if self.file % 4 == 3 { b"\r\n" } else { b"\n" });
        }
        self.physical_lines += 1;
    }

    /// Writes the window's lines in another order.
    fn flush_window(&mut self) {
        for last in (1..self.lines.len()).rev() {
            self.lines.swap(last, self.random.below(last as u64 + 1) as usize);
        }
        let lines = std::mem::take(&mut self.lines);
        for line in &lines {
            self.begin_line();
            self.out.extend_from_slice(&self.window[line.start..line.end]);
            if let Some(kind) = line.bad {
                self.report.bad.push((self.physical_lines, kind));
            }
        }
        if self.file % 4 == 1 && self.random.one_in(4) {
            self.begin_line();
            self.out.extend_from_slice(if self.random.one_in(2) { b" \t" } else { b"" });
        }
        self.lines = lines;
        self.lines.clear();
        self.window.clear();
        if self.out.len() >= BLOCK_BYTES {
            self.flush_block();
        }
    }

    fn flush_block(&mut self) {
        if self.failure.is_none() {
            // A second member after the first block: readers that stop at the first would lose the rest.
            let result = self.sink.write(&self.out).and_then(|()| {
                self.members += 1;
                if self.members == 2 { self.sink.begin_member() } else { Ok(()) }
            });
            self.failure = result.err();
        }
        self.out.clear();
    }

    /// Whether writing has failed: the rest need not be computed.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Ends the file: with a line end, but for every fourth.
    pub fn finish(mut self) -> Result<FileReport, GenerateError> {
        self.flush_window();
        if self.file % 4 != 3 && self.physical_lines > 0 {
            self.out.push(b'\n');
        }
        self.flush_block();
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let Counts { rows, good, replays, conflicts, bad, totals } = self.report;
        let stored = self.sink.finish()?;
        Ok(FileReport { name: self.name, rows, stored, good, replays, conflicts, bad, totals })
    }
}
