//! The cohort's viewers made ready: devices in an order of their own, traces that can be replayed, none too many.

use std::cmp::Ordering;

use super::network::is_playable;
use super::{DeviceProfile, Evidence, Interval, Rendition, Settings, Trace, qoe};

/// Devices that are held in a hand, and so turned.
const HANDHELD: [&str; 2] = ["PHONE", "TABLET"];

/// What replays need of a cohort, the same however its evidence was listed.
#[derive(Debug, Clone)]
pub struct Audience {
    pub devices: Vec<DeviceProfile>,
    pub fitting: Vec<Trace>,
    pub held_out: Vec<Trace>,
    pub is_handheld: bool,
    pub is_saving: bool,
    pub mean_to_peak: f64,
}

impl Audience {
    /// Leaves out traces of no use; of many viewers takes those with the smallest hashes.
    pub fn of(evidence: &Evidence, settings: &Settings) -> Self {
        let (devices, places) = ordered(&evidence.devices);
        let taken = |traces: &[Trace]| taken(traces, &places, settings.viewers_max);
        let share = evidence.mean_to_peak;
        Self {
            fitting: taken(&evidence.fitting),
            held_out: taken(&evidence.held_out),
            devices,
            is_handheld: HANDHELD.contains(&evidence.cohort.device_class.as_str()),
            is_saving: evidence.cohort.data_saver,
            mean_to_peak: if share.is_finite() && share > 0.0 { share.min(1.0) } else { 1.0 },
        }
    }

    /// What a second of a rendition is worth on a device.
    pub fn value(&self, rendition: &Rendition, device: &DeviceProfile, settings: &Settings) -> f64 {
        qoe::value(rendition, device, self.is_handheld, self.mean_to_peak, settings)
    }

    /// How many viewers are held out.
    pub fn held_out_viewers(&self) -> usize {
        self.held_out.chunk_by(|one, other| one.viewer == other.viewer).count()
    }
}

/// Devices sorted, those that are alike as one, and each old place's new one.
fn ordered(devices: &[DeviceProfile]) -> (Vec<DeviceProfile>, Vec<usize>) {
    let key = |device: &DeviceProfile| {
        let DeviceProfile { codecs, width, height, framerate, height_max, .. } = device;
        (codecs.0, *width, *height, *framerate, *height_max)
    };
    let mut merged: Vec<DeviceProfile> = Vec::new();
    let mut sorted: Vec<&DeviceProfile> = devices.iter().collect();
    sorted.sort_by_key(|device| key(device));
    for device in sorted {
        match merged.last_mut().filter(|last| key(last) == key(device)) {
            Some(last) => last.viewers = last.viewers.saturating_add(device.viewers),
            None => merged.push(device.clone()),
        }
    }
    let place = |device| merged.binary_search_by_key(&key(device), key).unwrap_or(0);
    let places = devices.iter().map(place).collect();
    (merged, places)
}

fn taken(traces: &[Trace], places: &[usize], viewers_max: usize) -> Vec<Trace> {
    let is_of_use = |trace: &&Trace| {
        trace.device < places.len()
            && trace.watch_ms > 0.0
            && trace.watch_ms.is_finite()
            && is_playable(&trace.intervals)
    };
    let mut usable: Vec<&Trace> = traces.iter().filter(is_of_use).collect();
    usable.sort_by(|one, other| compare(one, other, places));
    let by_viewer = usable.chunk_by(|one, other| one.viewer == other.viewer);
    let first = by_viewer.take(viewers_max).flatten();
    first.map(|trace| Trace { device: places[trace.device], ..(*trace).clone() }).collect()
}

/// A whole order of traces: equal ones are the same.
fn compare(one: &Trace, other: &Trace, places: &[usize]) -> Ordering {
    let by_interval = |one: &Interval, other: &Interval| {
        let durations = one.duration_ms.total_cmp(&other.duration_ms);
        let throughputs = one.throughput_kbps.total_cmp(&other.throughput_kbps);
        durations.then(throughputs).then(one.latency_ms.total_cmp(&other.latency_ms))
    };
    let devices = places[one.device].cmp(&places[other.device]);
    let by_length = one.intervals.len().cmp(&other.intervals.len());
    let pairs = one.intervals.iter().zip(&other.intervals);
    let by_intervals = || pairs.map(|(one, other)| by_interval(one, other)).find(|order| order.is_ne());
    one.viewer
        .cmp(&other.viewer)
        .then(devices)
        .then(one.watch_ms.total_cmp(&other.watch_ms))
        .then(by_length)
        .then_with(|| by_intervals().unwrap_or(Ordering::Equal))
}
