//! The last days' probes of each cell and node, added up from what each day stored.

use std::collections::BTreeMap;

use arrow::array::{ListArray, RecordBatch};

use super::codes::{Cell, Class, Codec};
use super::fixed::{fixed, float};
use super::histogram::Histogram;
use super::places::Places;
use super::probes::{TERMS, Tally, Term};
use super::{Error, reading};

/// The stored sums that estimates are made of.
const STORED: [(Term, &str); 4] = [
    (Term::R, "rtt_ms_sum"),
    (Term::RR, "rtt_ms_squared_sum"),
    (Term::T, "throughput_kbps_sum"),
    (Term::TT, "throughput_kbps_squared_sum"),
];

/// Probes of several days; those drawn at random are counted apart, all measure alike.
#[derive(Debug, Default)]
pub struct Window {
    pub(super) found: BTreeMap<(Cell, u32), (Tally, u64)>,
}

impl Window {
    /// Adds rows of `silver.route_probes`.
    pub fn push(&mut self, batch: &RecordBatch, places: &mut Places) -> Result<(), Error> {
        let [regions, codecs, classes, nodes, choosers] =
            ["region", "codec", "content_class", "node_id", "chosen_by"]
                .map(|name| reading::texts(batch, name));
        let (regions, codecs, classes, nodes, choosers) = (regions?, codecs?, classes?, nodes?, choosers?);
        let samples = reading::integers(batch, "samples")?;
        let throughput_samples = reading::integers(batch, "throughput_samples")?;
        let sums = STORED.map(|(term, name)| (term, reading::floats(batch, name)));
        let (rtts, throughputs) =
            (reading::lists(batch, "rtt_histogram")?, reading::lists(batch, "throughput_histogram")?);
        for row in 0..batch.num_rows() {
            let wrong = |what: &str| Error::Columns(format!("{what} is none"));
            let cell = Cell {
                region: places.regions.code(regions.value(row)),
                codec: Codec::of(codecs.value(row)).ok_or_else(|| wrong(codecs.value(row)))?,
                class: Class::of(classes.value(row)).ok_or_else(|| wrong(classes.value(row)))?,
            };
            let mut tally = Tally {
                samples: samples.value(row) as u64,
                throughput_samples: throughput_samples.value(row) as u64,
                sums: [0; TERMS],
                rtt: histogram(rtts, row)?,
                throughput: histogram(throughputs, row)?,
            };
            for (term, column) in &sums {
                let column = column.as_ref().map_err(|error| Error::Columns(error.to_string()))?;
                tally.sums[*term as usize] = fixed(column.value(row));
            }
            let random = if choosers.value(row) == "RANDOM" { tally.samples } else { 0 };
            let (own, own_random) = self.found.entry((cell, places.node(nodes.value(row)))).or_default();
            own.merge(&tally);
            *own_random += random;
        }
        Ok(())
    }

    /// The probes of all cells and nodes.
    pub fn samples(&self) -> u64 {
        self.found.values().map(|(tally, _)| tally.samples).sum()
    }
}

impl Tally {
    /// The sum of a term.
    pub fn sum(&self, term: Term) -> f64 {
        float(self.sums[term as usize])
    }
}

fn histogram(lists: &ListArray, row: usize) -> Result<Histogram, Error> {
    let buckets = reading::structs(lists, "histogram")?;
    let (numbers, counts) = (reading::integers(buckets, "bucket")?, reading::integers(buckets, "count")?);
    let mut found = Histogram::default();
    for place in reading::span(lists, row) {
        let bucket = u16::try_from(numbers.value(place))
            .map_err(|_| Error::Columns(format!("bucket {} is none", numbers.value(place))))?;
        found.add_to(bucket, counts.value(place) as u64);
    }
    Ok(found)
}
