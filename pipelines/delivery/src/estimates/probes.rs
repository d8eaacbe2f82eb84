//! What players measured of nodes, summed by cell, node and how the node was drawn.

use std::collections::HashMap;

use arrow::array::RecordBatch;

use super::codes::{Cell, from_stored};
use super::exclusions::{Exclusions, Reason};
use super::fixed::{halves, whole};
use super::frames::Sums;
use super::histogram::Histogram;
use super::places::Places;
use super::sessions::Sessions;
use super::{Error, reading};

/// The longest round trip that is believed, in milliseconds.
pub const RTT_MS_MAX: f64 = 60_000.0;
/// The least propensity with which an inverse still is a weight.
pub const PROPENSITY_MIN: f64 = 1e-6;
/// The highest throughput that is believed, in kilobits a second.
pub const THROUGHPUT_KBPS_MAX: f64 = 1e8;

/// Which cell, which node, and whether it was drawn at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    pub cell: Cell,
    pub node: u32,
    pub is_random: bool,
}

/// Terms that are summed, in fixed point; `r` is a round trip in ms, `p` its propensity, `t` a throughput in kbit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    R,
    RR,
    Inverse,
    InverseSquared,
    RWeighted,
    RWeightedTwice,
    RRWeighted,
    RRWeightedTwice,
    T,
    TT,
}

/// How many terms there are.
pub const TERMS: usize = 10;

/// Sums of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    pub samples: u64,
    pub throughput_samples: u64,
    /// In fixed point, by [`Term`].
    pub sums: [i128; TERMS],
    /// By round trip in microseconds.
    pub rtt: Histogram,
    /// By throughput in bits a second.
    pub throughput: Histogram,
}

impl Tally {
    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.throughput_samples += other.throughput_samples;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, more)| *sum += more);
        self.rtt.merge(&other.rtt);
        self.throughput.merge(&other.throughput);
    }
}

/// Probes while they are read.
#[derive(Debug)]
pub struct Probes {
    groups: HashMap<Group, u32>,
    histograms: Vec<(Histogram, Histogram)>,
    sums: Sums,
    pub exclusions: Exclusions,
    /// Probes read, the excluded ones too.
    pub probes: u64,
}

/// One probe as it was logged.
#[derive(Debug, Clone, Copy)]
struct Probe<'a> {
    node: Option<&'a str>,
    chosen_by: Option<&'a str>,
    rtt_ms: Option<f64>,
    throughput_kbps: Option<f64>,
    propensity: Option<f64>,
}

/// One probe that counts.
#[derive(Debug, Clone, Copy)]
struct Usable<'a> {
    node: &'a str,
    is_random: bool,
    rtt_ms: f64,
    throughput_kbps: Option<f64>,
    inverse: f64,
}

impl<'a> Probe<'a> {
    fn usable(self) -> Result<Usable<'a>, Reason> {
        let stated = |value: Option<f64>| value.filter(|value| !value.is_nan());
        let node = self.node.ok_or(Reason::NodeMissing)?;
        let chosen_by = self.chosen_by.ok_or(Reason::ChooserMissing)?;
        let rtt_ms = stated(self.rtt_ms).ok_or(Reason::RoundTripMissing)?;
        if rtt_ms <= 0.0 || rtt_ms > RTT_MS_MAX {
            return Err(Reason::RoundTripOutOfRange);
        }
        let propensity = stated(self.propensity).ok_or(Reason::PropensityMissing)?;
        if !(PROPENSITY_MIN..=1.0).contains(&propensity) {
            return Err(Reason::PropensityOutOfRange);
        }
        let is_throughput = |kbps: &f64| *kbps > 0.0 && *kbps <= THROUGHPUT_KBPS_MAX;
        let throughput_kbps = self.throughput_kbps.filter(is_throughput);
        let is_random = chosen_by == "RANDOM";
        Ok(Usable { node, is_random, rtt_ms, throughput_kbps, inverse: 1.0 / propensity })
    }
}

impl Default for Probes {
    fn default() -> Self {
        let (groups, histograms, exclusions) = Default::default();
        Self { groups, histograms, sums: Sums::new(2 + 2 * TERMS), exclusions, probes: 0 }
    }
}

impl Probes {
    /// Reads the probes of playbacks: `key_hash`, `probes`.
    pub fn push(
        &mut self,
        batch: &RecordBatch,
        sessions: &Sessions,
        places: &mut Places,
    ) -> Result<(), Error> {
        let hashes = reading::integers(batch, "key_hash")?;
        let lists = reading::lists(batch, "probes")?;
        let probes = reading::structs(lists, "probes")?;
        let (nodes, choosers) = (reading::texts(probes, "node_id")?, reading::texts(probes, "chosen_by")?);
        let rtts = reading::floats(probes, "rtt_ms")?;
        let throughputs = reading::floats(probes, "throughput_kbps")?;
        let propensities = reading::floats(probes, "propensity")?;
        for row in 0..batch.num_rows() {
            let span = reading::span(lists, row);
            if span.is_empty() {
                continue;
            }
            let session = sessions.find(from_stored(hashes.value(row)));
            let placed = session.and_then(|place| Some((place, sessions.region(place)?)));
            let cell = placed.map(|(place, region)| Cell {
                region,
                codec: sessions.codec(place),
                class: sessions.class(place),
            });
            for place in span {
                self.probes += 1;
                let probe = Probe {
                    node: reading::text(nodes, place),
                    chosen_by: reading::text(choosers, place),
                    rtt_ms: reading::number(rtts, place),
                    throughput_kbps: reading::number(throughputs, place),
                    propensity: reading::number(propensities, place),
                };
                match cell.ok_or(Reason::RegionMissing).and_then(|cell| Ok((cell, probe.usable()?))) {
                    Ok((cell, usable)) => self.add(cell, &usable, places)?,
                    Err(reason) => self.exclusions.add(reason, 0),
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, cell: Cell, probe: &Usable<'_>, places: &mut Places) -> Result<(), Error> {
        let group = Group { cell, node: places.node(probe.node), is_random: probe.is_random };
        let next = self.histograms.len() as u32;
        let number = *self.groups.entry(group).or_insert(next);
        if number == next {
            self.histograms.push(Default::default());
        }
        let (rtt, throughput) = &mut self.histograms[number as usize];
        rtt.add(((probe.rtt_ms * 1000.0).round() as u64).max(1));
        match probe.throughput_kbps {
            Some(kbps) => throughput.add(((kbps * 1000.0).round() as u64).max(1)),
            None => self.exclusions.add(Reason::ThroughputUnusable, 0),
        }
        self.sums.push(u64::from(number), &columns(probe))
    }

    /// The sums of each group, in no particular order.
    pub fn finish(self) -> Result<Vec<(Group, Tally)>, Error> {
        let mut groups: Vec<_> = self.groups.into_iter().collect();
        groups.sort_unstable_by_key(|(_, number)| *number);
        // Every group has a sum and two histograms, numbered alike.
        let found = groups.into_iter().zip(self.histograms).zip(self.sums.finish()?);
        let tally = |(((group, _), (rtt, throughput)), (_, columns)): (_, (u64, Vec<i128>))| {
            let mut sums = [0; TERMS];
            for (sum, halves) in sums.iter_mut().zip(columns[2..].chunks_exact(2)) {
                *sum = whole(halves[0], halves[1]);
            }
            let (samples, throughput_samples) = (columns[0] as u64, columns[1] as u64);
            (group, Tally { samples, throughput_samples, sums, rtt, throughput })
        };
        Ok(found.map(tally).collect())
    }
}

/// What is summed of a probe: counts, then the halves of each [`Term`].
fn columns(probe: &Usable<'_>) -> [i64; 2 + 2 * TERMS] {
    let (r, w) = (probe.rtt_ms, probe.inverse);
    let t = probe.throughput_kbps.unwrap_or(0.0);
    let terms: [f64; TERMS] = [r, r * r, w, w * w, r * w, r * w * w, r * r * w, (r * w) * (r * w), t, t * t];
    let mut columns = [0; 2 + 2 * TERMS];
    columns[0] = 1;
    columns[1] = i64::from(probe.throughput_kbps.is_some());
    for (place, term) in terms.into_iter().enumerate() {
        [columns[2 + 2 * place], columns[3 + 2 * place]] = halves(term);
    }
    columns
}
