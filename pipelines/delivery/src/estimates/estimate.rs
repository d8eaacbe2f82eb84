//! Estimates of every cell and node that can serve it, measured or not.

use std::collections::BTreeSet;

use super::codes::Cell;
use super::model::{Asked, Model, Observation};
use super::places::Places;
use super::prediction::{Fitted, Prediction};
use super::probes::{Tally, Term};
use super::window::Window;

/// The share of round trips that the tail's percentile is above.
const RTT_SHARE: f64 = 0.95;
/// The share of throughputs that are below the low percentile.
const THROUGHPUT_SHARE: f64 = 0.10;
/// A histogram's 1, in milliseconds and in kilobits a second.
const UNIT: f64 = 0.001;

/// One cell and node.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    pub cell: Cell,
    pub node: u32,
    pub samples: u64,
    pub random_samples: u64,
    pub throughput_samples: u64,
    pub rtt: Prediction,
    /// `None` where no throughput was measured anywhere.
    pub throughput: Option<Prediction>,
}

/// Both models, fitted to a window, and what to ask of them.
#[derive(Debug)]
pub struct Estimates {
    window: Window,
    places: Places,
    region_ranks: Vec<u32>,
    node_ranks: Vec<u32>,
    /// Cells, then nodes, in the order of their names.
    cells: Vec<Cell>,
    nodes: Vec<u32>,
    rtt: Option<Model>,
    throughput: Option<Model>,
}

impl Estimates {
    /// Fits the models. Asked are the cells that were measured in the window and those of today's demand.
    pub fn fit(window: Window, places: Places, demanded: impl IntoIterator<Item = Cell>) -> Self {
        let (region_ranks, node_ranks) = (places.regions.ranks(), places.nodes.ranks());
        let asked: BTreeSet<Cell> = window.found.keys().map(|(cell, _)| *cell).chain(demanded).collect();
        let mut cells: Vec<_> = asked.into_iter().collect();
        cells.sort_unstable_by_key(|cell| {
            (region_ranks[cell.region as usize], cell.codec.name(), cell.class.name())
        });
        let mut nodes: Vec<u32> = places.all_nodes().collect();
        nodes.sort_unstable_by_key(|node| node_ranks[*node as usize]);
        let region_of = |node: &u32| Some(region_ranks[places.known(*node)?.region as usize]);
        let node_regions: Vec<_> = nodes.iter().map(region_of).collect();
        let models = {
            let fit = |of: fn(&Tally) -> Measured<'_>, share| {
                let mut seen: Vec<_> = window
                    .found
                    .iter()
                    .map(|((cell, node), (tally, _))| {
                        let (count, sum, squares, histogram) = of(tally);
                        Observation {
                            region: region_ranks[cell.region as usize],
                            codec: cell.codec,
                            class: cell.class,
                            node: node_ranks[*node as usize],
                            count,
                            sum,
                            squares,
                            histogram,
                        }
                    })
                    .filter(|seen| seen.count > 0)
                    .collect();
                seen.sort_unstable_by_key(|seen| (seen.region, seen.class, seen.node, seen.codec));
                Model::fit(&seen, &node_regions, UNIT, share)
            };
            (fit(round_trips, RTT_SHARE), fit(throughputs, THROUGHPUT_SHARE))
        };
        let (rtt, throughput) = models;
        Self { window, places, region_ranks, node_ranks, cells, nodes, rtt, throughput }
    }

    /// Where the codes of its estimates lead.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The fitted pseudo samples of round trip and throughput.
    pub fn fitted(&self) -> [Option<Fitted>; 2] {
        [&self.rtt, &self.throughput].map(|model| model.as_ref().map(|model| model.fitted))
    }

    /// Estimates of every cell with each node that was measured there or that the inventory says can serve it, in
    /// the order of their names. None where nothing was measured at all.
    pub fn iter(&self) -> impl Iterator<Item = Estimate> {
        let pairs = self.cells.iter().flat_map(|cell| self.nodes.iter().map(move |node| (*cell, *node)));
        pairs.filter_map(|(cell, node)| self.estimate(cell, node))
    }

    fn estimate(&self, cell: Cell, node: u32) -> Option<Estimate> {
        let measured = self.window.found.get(&(cell, node));
        let is_capable = self.places.known(node).is_some_and(|known| known.codecs.has(cell.codec));
        if measured.is_none() && !is_capable {
            return None;
        }
        let asked = Asked {
            region: self.region_ranks[cell.region as usize],
            class: cell.class,
            node: self.node_ranks[node as usize],
            codec: cell.codec,
        };
        let (samples, random_samples, throughput_samples) =
            measured.map_or((0, 0, 0), |(tally, random)| (tally.samples, *random, tally.throughput_samples));
        Some(Estimate {
            cell,
            node,
            samples,
            random_samples,
            throughput_samples,
            rtt: self.rtt.as_ref()?.predict(&asked),
            throughput: self.throughput.as_ref().map(|model| model.predict(&asked)),
        })
    }
}

/// Count, sum, sum of squares and histogram.
type Measured<'a> = (u64, f64, f64, &'a super::histogram::Histogram);

fn round_trips(tally: &Tally) -> Measured<'_> {
    (tally.samples, tally.sum(Term::R), tally.sum(Term::RR), &tally.rtt)
}

fn throughputs(tally: &Tally) -> Measured<'_> {
    (tally.throughput_samples, tally.sum(Term::T), tally.sum(Term::TT), &tally.throughput)
}
