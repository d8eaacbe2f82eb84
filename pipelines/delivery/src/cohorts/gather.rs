//! Sessions in the order of cohort and viewer into what each cohort is known by.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use super::grid::{self, BINS};
use super::key::Key;
use super::sessions::Columns;
use crate::estimates::Error;
use crate::estimates::codes::from_stored;
use crate::estimates::reading::number;

/// The columns that are read, in SQL, and the order in which they must come.
pub const COLUMNS: &str = "region, network, device_class, coalesce(data_saver, false) AS data_saver, viewer_hash, \
    session_hash, device_width_max, device_height_max, device_framerate_max, device_codecs, preferred_height_max, \
    watch_ms, source, throughput_kbps, rtt_ms, first_byte_ms, trace_duration_ms, trace_kbps";
pub const ORDER: &str = "region, network, device_class, data_saver, viewer_hash, dt, session_hash";

/// A viewer's share of its cohort, which its sessions divide: whole numbers add up the same in any order.
pub const WHOLE: u64 = 1 << 24;
/// Shares of a distribution function are squared at this many parts of one.
const PARTS: u64 = 1 << 16;
/// Devices of a cohort that are told apart: those met first, in the order of viewers.
const PROFILES_MAX: usize = 64;
/// Sessions of a viewer that are kept for replay.
const TRACES_OF_VIEWER_MAX: usize = 4;

/// Devices that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Profile {
    pub codecs: u8,
    pub width: u32,
    pub height: u32,
    pub framerate: u32,
    pub height_max: Option<u32>,
}

/// A session that is kept for replay.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptTrace {
    pub viewer: u64,
    pub profile: Profile,
    pub watch_ms: u64,
    pub rtt_ms: Option<f32>,
    pub first_byte_ms: f32,
    /// Milliseconds and kilobits a second.
    pub intervals: Vec<(u32, u32)>,
}

/// A cohort as it was gathered.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Viewers who are not held out, and those who are.
    pub fitting_viewers: u64,
    pub held_out_viewers: u64,
    pub sessions: u64,
    /// Of the fitting viewers: time in each bin, each viewer with [`WHOLE`].
    pub masses: Vec<u64>,
    /// The sum over fitting viewers of the squares of their distribution functions, in parts of [`PARTS`]².
    pub squares: u128,
    pub profiles: BTreeMap<Profile, u64>,
    /// Sum and count of round trips, in microseconds.
    pub rtt_us: (u64, u64),
    pub fitting: Vec<KeptTrace>,
    pub held_out: Vec<KeptTrace>,
}

/// How a gathering samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Share of the viewers that is held out, of 65,536.
    pub held_out_share: u64,
    /// Viewers of a cohort and side whose traces are kept.
    pub viewers_max: usize,
    /// Intervals of a cohort and side that are kept, about.
    pub intervals_max: usize,
}

/// Whether a viewer is held out: always the same.
pub fn is_held_out(viewer: u64, sampling: &Sampling) -> bool {
    viewer & 0xFFFF < sampling.held_out_share
}

/// A viewer while its sessions are read.
#[derive(Debug)]
struct Viewer {
    hash: u64,
    sessions: u64,
    /// Of all its sessions, each with [`WHOLE`].
    masses: [u64; BINS],
    profile: Option<Profile>,
    traces: Vec<KeptTrace>,
}

impl Viewer {
    fn new(hash: u64) -> Self {
        Self { hash, sessions: 0, masses: [0; BINS], profile: None, traces: Vec::new() }
    }
}

/// Reads sessions.
#[derive(Debug)]
pub struct Gathering {
    sampling: Sampling,
    cohorts: Vec<(Key, Gathered)>,
    current: Option<(Key, Gathered)>,
    viewer: Option<Viewer>,
    /// Viewers and intervals kept, of either side.
    kept: [(usize, usize); 2],
    pub sessions: u64,
}

impl Gathering {
    pub fn new(sampling: Sampling) -> Self {
        Self { sampling, cohorts: Vec::new(), current: None, viewer: None, kept: [(0, 0); 2], sessions: 0 }
    }

    /// Reads the columns of [`COLUMNS`] in the order of [`ORDER`].
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let columns = Columns::of(batch)?;
        for row in 0..batch.num_rows() {
            self.sessions += 1;
            let is_same = self.current.as_ref().is_some_and(|(key, _)| columns.is_of(key, row));
            if !is_same {
                self.end_cohort();
                let key = columns.key(row);
                let gathered = Gathered { masses: vec![0; BINS], ..Gathered::default() };
                self.current = Some((key, gathered));
            }
            let viewer = from_stored(columns.viewers.value(row));
            if self.viewer.as_ref().is_none_or(|current| current.hash != viewer) {
                self.end_viewer();
                self.viewer = Some(Viewer::new(viewer));
            }
            self.take(&columns, row);
        }
        Ok(())
    }

    fn take(&mut self, columns: &Columns<'_>, row: usize) {
        let (Some((_, cohort)), Some(viewer)) = (self.current.as_mut(), self.viewer.as_mut()) else { return };
        cohort.sessions += 1;
        let profile = columns.profile(row);
        viewer.profile.get_or_insert(profile);
        let rtt_ms = number(columns.rtts, row);
        if let Some(rtt_ms) = rtt_ms {
            let (sum, count) = cohort.rtt_us;
            cohort.rtt_us = (sum + (rtt_ms * 1_000.0).round() as u64, count + 1);
        }
        let intervals = columns.intervals(row);
        viewer.sessions += 1;
        match intervals.is_empty() {
            false => add_session(&mut viewer.masses, &intervals),
            true => {
                let mean = number(columns.means, row).unwrap_or(0.0);
                add_session(&mut viewer.masses, &[(1, mean.round() as u32)]);
            }
        }
        let side = usize::from(is_held_out(viewer.hash, &self.sampling));
        let (viewers, held) = self.kept[side];
        let is_kept = viewers < self.sampling.viewers_max && held < self.sampling.intervals_max;
        if is_kept && !intervals.is_empty() && viewer.traces.len() < TRACES_OF_VIEWER_MAX {
            viewer.traces.push(KeptTrace {
                viewer: viewer.hash,
                profile,
                watch_ms: columns.watched.value(row).max(0) as u64,
                rtt_ms: rtt_ms.map(|rtt_ms| rtt_ms as f32),
                first_byte_ms: number(columns.first_bytes, row).unwrap_or(0.0) as f32,
                intervals,
            });
        }
    }

    fn end_viewer(&mut self) {
        let (Some((_, cohort)), Some(mut viewer)) = (self.current.as_mut(), self.viewer.take()) else {
            return;
        };
        let is_held_out = is_held_out(viewer.hash, &self.sampling);
        if let Some(profile) = viewer.profile
            && (cohort.profiles.len() < PROFILES_MAX || cohort.profiles.contains_key(&profile))
        {
            *cohort.profiles.entry(profile).or_default() += 1;
        }
        let known = |trace: &KeptTrace| cohort.profiles.contains_key(&trace.profile);
        let traces: Vec<KeptTrace> = std::mem::take(&mut viewer.traces).into_iter().filter(known).collect();
        let kept = &mut self.kept[usize::from(is_held_out)];
        kept.0 += usize::from(!traces.is_empty());
        kept.1 += traces.iter().map(|trace| trace.intervals.len()).sum::<usize>();
        match is_held_out {
            true => {
                cohort.held_out_viewers += 1;
                cohort.held_out.extend(traces);
            }
            false => {
                cohort.fitting_viewers += 1;
                cohort.fitting.extend(traces);
                add_viewer(cohort, &viewer);
            }
        }
    }

    fn end_cohort(&mut self) {
        self.end_viewer();
        self.cohorts.extend(self.current.take());
        self.kept = [(0, 0); 2];
    }

    /// The cohorts, in the order in which they came.
    pub fn finish(mut self) -> Vec<(Key, Gathered)> {
        self.end_cohort();
        self.cohorts
    }
}

/// Adds a session's time in each bin: parts of [`WHOLE`], all of it.
fn add_session(masses: &mut [u64; BINS], intervals: &[(u32, u32)]) {
    let mut times = [0_u64; BINS];
    for (duration_ms, kbps) in intervals {
        times[grid::bin(u64::from(*kbps))] += u64::from(*duration_ms);
    }
    let total: u64 = times.iter().sum::<u64>().max(1);
    let (mut time, mut given) = (0, 0);
    for (mass, part) in masses.iter_mut().zip(times) {
        // What is given up to a bin is rounded, not what each is given: nothing is lost.
        time += part;
        let to = (u128::from(WHOLE) * u128::from(time) / u128::from(total)) as u64;
        *mass += to - given;
        given = to;
    }
}

/// Adds a viewer, whose sessions count the same.
fn add_viewer(cohort: &mut Gathered, viewer: &Viewer) {
    let (mut sum, mut given, mut squares) = (0, 0, 0_u128);
    for (own, mass) in viewer.masses.iter().zip(&mut cohort.masses) {
        sum += own;
        let to = sum / viewer.sessions.max(1);
        *mass += to - given;
        given = to;
        let share = u128::from(to * PARTS / WHOLE);
        squares += share * share;
    }
    cohort.squares += squares;
}

impl Gathered {
    /// The distribution function of the fitting viewers.
    pub fn function(&self) -> [f64; BINS] {
        let total = (self.fitting_viewers.max(1) * WHOLE) as f64;
        let mut sum = 0;
        std::array::from_fn(|bin| {
            sum += self.masses.get(bin).copied().unwrap_or(0);
            sum as f64 / total
        })
    }

    /// The sum over fitting viewers of the squared distance of their functions to the cohort's.
    pub fn deviations(&self) -> f64 {
        let squares = self.squares as f64 / (PARTS * PARTS) as f64;
        let mean: f64 = self.function().iter().map(|share| share * share).sum();
        (squares - mean * self.fitting_viewers as f64).max(0.0)
    }
}
