//! Networks and movies in sabre's JSON (Spiteri, Sitaraman, Sparacio, MMSys 2018), read and checked.

use std::fs;
use std::path::{Path, PathBuf};

use delivery::quality::Interval;
use delivery::quality::network::is_playable;
use delivery::quality::replay::Movie;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, Outcome};

#[derive(Debug, Deserialize)]
struct Period {
    duration_ms: f64,
    bandwidth_kbps: f64,
    latency_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    segment_duration_ms: f64,
    bitrates_kbps: Vec<f64>,
    segment_sizes_bits: Vec<Vec<f64>>,
}

/// A network that was recorded, by the name of its file.
#[derive(Debug)]
pub struct Recorded {
    pub name: String,
    path: PathBuf,
    intervals: Vec<Interval>,
}

impl Recorded {
    /// The network with so many times its throughput.
    pub fn multiplied(&self, factor: f64) -> Outcome<Vec<Interval>> {
        let multiplied = |interval: &Interval| Interval {
            throughput_kbps: interval.throughput_kbps * factor,
            ..*interval
        };
        let intervals: Vec<Interval> = self.intervals.iter().map(multiplied).collect();
        if !is_playable(&intervals) {
            let why = "durations are above zero, nothing is negative, and its mean is at least 8 kbit/s";
            return Err(Failure::refused(format!("{}: cannot be played over: {why}", self.path.display())));
        }
        Ok(intervals)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Outcome<T> {
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| Failure::usage(format!("{shown}: {error}")))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let hint = "networks are lists of duration_ms, bandwidth_kbps and latency_ms; movies have segment_duration_ms, \
                    bitrates_kbps and segment_sizes_bits";
        Failure::refused(format!("{shown}: {error}")).with_hint(hint)
    })
}

/// A network, or all that lie in a folder, in the order of their names.
pub fn networks(path: &Path) -> Outcome<Vec<Recorded>> {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        let entries =
            fs::read_dir(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        paths = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json") && path.is_file());
        paths.sort();
        if paths.is_empty() {
            return Err(Failure::usage(format!("{}: holds no .json file", path.display())));
        }
    }
    let recorded = |path: PathBuf| {
        let periods: Vec<Period> = read(&path)?;
        let interval = |period: &Period| Interval {
            duration_ms: period.duration_ms,
            throughput_kbps: period.bandwidth_kbps,
            latency_ms: period.latency_ms,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Recorded { name, intervals: periods.iter().map(interval).collect(), path })
    };
    paths.into_iter().map(recorded).collect()
}

/// A movie.
pub fn movie(path: &Path) -> Outcome<Movie> {
    let manifest: Manifest = read(path)?;
    let refused = |why: String| Failure::refused(format!("{}: {why}", path.display()));
    let Manifest { segment_duration_ms: segment_ms, bitrates_kbps, segment_sizes_bits } = manifest;
    let is_positive = |number: &f64| number.is_finite() && *number > 0.0;
    if !is_positive(&segment_ms) {
        return Err(refused("segment_duration_ms is not above zero".to_owned()));
    }
    if bitrates_kbps.is_empty() || !bitrates_kbps.iter().all(is_positive) {
        return Err(refused("bitrates_kbps are not all above zero, or none".to_owned()));
    }
    if !bitrates_kbps.is_sorted_by(|lower, higher| lower < higher) {
        return Err(refused("bitrates_kbps do not ascend".to_owned()));
    }
    if segment_sizes_bits.is_empty() {
        return Err(refused("it has no segment".to_owned()));
    }
    for (segment, sizes) in segment_sizes_bits.iter().enumerate() {
        if sizes.len() != bitrates_kbps.len() || !sizes.iter().all(is_positive) {
            let rungs = bitrates_kbps.len();
            return Err(refused(format!("segment {segment} has not {rungs} sizes above zero")));
        }
    }
    let segments = segment_sizes_bits.len();
    Ok(Movie { segment_ms, bitrates_kbps, segment_bits: segment_sizes_bits.concat(), segments })
}
