//! One catalogue of renditions for devices that decode different codecs: greedy, then searched nearby, within a bound on
//! storage.
//!
//! For one codec the best ladder is exact ([`super::ladder`]). Which codecs to have, and how many rungs of each, is not a
//! dynamic program: what one codec is worth depends on the others. So the catalogue grows by what gains most for each bit
//! stored, and then rungs are moved, dropped and made anew as long as that gains.

use super::audience::Audience;
use super::candidates::{Candidates, Offered, candidates};
use super::grid::{below, grid, quantile};
use super::ladder::{Problem, Solver};
use super::screen::codec_of;
use super::{Codec, Codecs, Rendition, Settings};

/// Rounds of searching nearby; far fewer are needed.
const ROUNDS_MAX: usize = 32;

/// The rungs of each codec by their places among its candidates, in the order of [`Codec::ALL`].
type Rungs = [Vec<usize>; 4];

struct Search<'a> {
    settings: &'a Settings,
    bitrates_kbps: Vec<f64>,
    /// Of each codec that contents exist in.
    candidates: Vec<Candidates>,
    /// Of each device, its codecs and its share of the viewers.
    devices: Vec<(Codecs, f64)>,
    masses_below: Vec<f64>,
    lost_below: Vec<f64>,
    /// The highest candidate that may be the lowest rung.
    lowest_max: usize,
    solver: Solver,
}

/// The catalogue for a distribution of bandwidth, given as throughputs and shares of the viewers.
pub fn catalogue(
    shares: &[(f64, f64)],
    offered: &Offered,
    audience: &Audience,
    settings: &Settings,
) -> Vec<Rendition> {
    let mut search = Search::new(shares, offered, audience, settings);
    let rungs = search.grown();
    let rungs = search.searched(rungs);
    let chosen = search
        .candidates
        .iter()
        .flat_map(|candidates| rungs[candidates.codec as usize].iter().map(|at| candidates.renditions[*at]));
    chosen.collect()
}

impl<'a> Search<'a> {
    fn new(shares: &[(f64, f64)], offered: &Offered, audience: &Audience, settings: &'a Settings) -> Self {
        let grid = grid(settings);
        let codecs = Codec::ALL.into_iter().filter(|codec| offered.codecs.has(*codec));
        let candidates: Vec<Candidates> =
            codecs.map(|codec| candidates(codec, &grid, offered, audience, settings)).collect();
        let bitrates_kbps: Vec<f64> =
            candidates[0].renditions.iter().map(|rung| f64::from(rung.peak_kbps)).collect();
        let shared = (settings.throughput_share, audience.mean_to_peak);
        let (masses_below, lost_below) = below(shares, &bitrates_kbps, shared, settings.stall_weight);
        let lowest_kbps = (settings.lowest_share * quantile(shares, 0.1)).min(settings.lowest_kbps_max);
        let all: u64 = audience.devices.iter().map(|device| device.viewers).sum();
        let share = |viewers: u64| viewers as f64 / all.max(1) as f64;
        let devices = audience.devices.iter().map(|device| (device.codecs, share(device.viewers)));
        Self {
            lowest_max: bitrates_kbps.iter().rposition(|kbps| *kbps <= lowest_kbps).unwrap_or(0),
            devices: devices.collect(),
            solver: Solver::default(),
            settings,
            candidates,
            bitrates_kbps,
            masses_below,
            lost_below,
        }
    }

    fn offered(rungs: &Rungs) -> Codecs {
        let has = |codec: &Codec| !rungs[*codec as usize].is_empty();
        Codecs(Codec::ALL.into_iter().filter(has).fold(0, |set, codec| set | 1 << codec as u8))
    }

    fn of(&self, codec: Codec) -> Option<&Candidates> {
        self.candidates.iter().find(|candidates| candidates.codec == codec)
    }

    fn stored_kbps(&self, rungs: &Rungs) -> f64 {
        rungs.iter().flatten().map(|at| self.bitrates_kbps[*at]).sum()
    }

    /// What all viewers have of a catalogue, less what its rungs must gain.
    fn score(&self, rungs: &Rungs) -> f64 {
        let offered = Self::offered(rungs);
        let kept = self.settings.rung_gain_min * rungs.iter().map(Vec::len).sum::<usize>() as f64;
        let by_device = self.devices.iter().enumerate().map(|(device, (codecs, share))| {
            let codec = codec_of(*codecs, offered, self.settings);
            let played = codec.and_then(|codec| Some((self.of(codec)?, &rungs[codec as usize])));
            played.map_or(0.0, |(candidates, rungs)| share * self.had(&candidates.worths[device], rungs))
        });
        by_device.sum::<f64>() - kept
    }

    /// What viewers have of one codec's rungs.
    fn had(&self, worths: &[f64], rungs: &[usize]) -> f64 {
        let Some(lowest) = rungs.first() else { return 0.0 };
        let mut had = worths[*lowest] * self.masses_below[*lowest] - self.lost_below[*lowest];
        for (place, at) in rungs.iter().enumerate() {
            let above = rungs.get(place + 1).map_or(1.0, |above| self.masses_below[*above]);
            had += worths[*at] * (above - self.masses_below[*at]);
        }
        had
    }

    /// The best ladders of a codec in a catalogue of some codecs, by how many rungs they have from one up.
    fn ladders(&mut self, codec: Codec, offered: Codecs) -> Vec<Vec<usize>> {
        let mut worths = vec![0.0; self.bitrates_kbps.len()];
        let mut share_all = 0.0;
        let Some(candidates) = self.candidates.iter().find(|candidates| candidates.codec == codec) else {
            return Vec::new();
        };
        for ((codecs, share), of_device) in self.devices.iter().zip(&candidates.worths) {
            if codec_of(*codecs, offered, self.settings) == Some(codec) {
                share_all += share;
                worths.iter_mut().zip(of_device).for_each(|(sum, worth)| *sum += share * worth);
            }
        }
        if share_all <= 0.0 {
            return Vec::new();
        }
        worths.iter_mut().for_each(|worth| *worth /= share_all);
        let lowest = (0..worths.len()).map(|at| match at <= self.lowest_max {
            true => worths[at] * self.masses_below[at] - self.lost_below[at],
            false => f64::NEG_INFINITY,
        });
        let lowest: Vec<f64> = lowest.collect();
        let within = ..=candidates.highest;
        let problem = Problem {
            bitrates_kbps: &self.bitrates_kbps[within],
            lowest: &lowest[within],
            worths: &worths[within],
            masses_below: &self.masses_below[within],
            mass: 1.0,
            step_min: self.settings.step_min,
            step_max: self.settings.step_max,
        };
        let ladders = self.solver.solve(&problem, self.settings.rungs_max);
        ladders.into_iter().map(|ladder| ladder.rungs).collect()
    }

    /// From the lowest rung in AVC, what gains most for each bit stored, while anything gains and has room.
    fn grown(&mut self) -> Rungs {
        let mut rungs: Rungs = Default::default();
        let avc = self.ladders(Codec::Avc, Codecs(1 << Codec::Avc as u8));
        rungs[Codec::Avc as usize] = avc.into_iter().next().unwrap_or_else(|| vec![0]);
        let codecs: Vec<Codec> = self.candidates.iter().map(|candidates| candidates.codec).collect();
        loop {
            let (score, stored) = (self.score(&rungs), self.stored_kbps(&rungs));
            let mut best: Option<(f64, Rungs)> = None;
            for codec in &codecs {
                let offered = Codecs(Self::offered(&rungs).0 | 1 << *codec as u8);
                let have = rungs[*codec as usize].len();
                for ladder in self.ladders(*codec, offered).into_iter().filter(|ladder| ladder.len() > have) {
                    let mut grown = rungs.clone();
                    grown[*codec as usize] = ladder;
                    let more = self.stored_kbps(&grown);
                    let gain = self.score(&grown) - score;
                    let rate = gain / (more - stored).max(1.0);
                    let is_better = best.as_ref().is_none_or(|(most, _)| rate > *most);
                    if gain > 1e-12 && more <= self.settings.catalogue_kbps_max && is_better {
                        best = Some((rate, grown));
                    }
                }
            }
            match best {
                Some((_, grown)) => rungs = grown,
                None => return rungs,
            }
        }
    }

    /// Moves, drops and makes anew as long as that gains.
    fn searched(&mut self, mut rungs: Rungs) -> Rungs {
        let codecs: Vec<Codec> = self.candidates.iter().map(|candidates| candidates.codec).collect();
        for _ in 0..ROUNDS_MAX {
            let score = self.score(&rungs);
            let mut best: Option<(f64, Rungs)> = None;
            for codec in &codecs {
                for ladder in self.neighbours(*codec, &rungs) {
                    let mut moved = rungs.clone();
                    moved[*codec as usize] = ladder;
                    if !self.is_allowed(&moved) {
                        continue;
                    }
                    let found = self.score(&moved);
                    if found > score + 1e-12 && best.as_ref().is_none_or(|(most, _)| found > *most) {
                        best = Some((found, moved));
                    }
                }
            }
            match best {
                Some((_, moved)) => rungs = moved,
                None => break,
            }
        }
        rungs
    }

    fn neighbours(&mut self, codec: Codec, rungs: &Rungs) -> Vec<Vec<usize>> {
        let own = rungs[codec as usize].clone();
        let mut found = self.ladders(codec, Codecs(Self::offered(rungs).0 | 1 << codec as u8));
        for place in 0..own.len() {
            let mut dropped = own.clone();
            dropped.remove(place);
            found.push(dropped);
            for moved in [own[place].checked_sub(1), Some(own[place] + 1)].into_iter().flatten() {
                let mut ladder = own.clone();
                ladder[place] = moved;
                found.push(ladder);
            }
        }
        found
    }

    fn is_allowed(&self, rungs: &Rungs) -> bool {
        let kbps = |at: usize| self.bitrates_kbps[at];
        let step = |pair: &[usize]| {
            let step = kbps(pair[1]) / kbps(pair[0]);
            let (least, most) = (self.settings.step_min, self.settings.step_max);
            step >= least * (1.0 - 1e-9) && step <= most * (1.0 + 1e-9)
        };
        let is_ladder = |codec: &Codec| {
            let ladder = &rungs[*codec as usize];
            let highest = self.of(*codec).map_or(0, |candidates| candidates.highest);
            ladder.iter().all(|at| *at <= highest)
                && ladder.first().is_none_or(|lowest| *lowest <= self.lowest_max)
                && ladder.len() <= self.settings.rungs_max
                && ladder.windows(2).all(|pair| pair[0] < pair[1] && step(pair))
        };
        // Every device plays AVC.
        !rungs[Codec::Avc as usize].is_empty()
            && Codec::ALL.iter().all(is_ladder)
            && self.stored_kbps(rungs) <= self.settings.catalogue_kbps_max
    }
}
