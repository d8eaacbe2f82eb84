//! A session's throughput over time: by the bytes of its chunks, or by what its player measured.

use super::Source;
use super::exclusions::Reason;
use super::fold::Rules;
use super::request::{Marks, Request};

/// The longest time for which a measured throughput is taken to have held: a viewer who pauses measures nothing.
const HELD_MS_MAX: i64 = 30_000;
/// More kilobits a second than any viewer has.
const KBPS_MAX: u64 = 100_000_000;

/// A session's trace, with what it was made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    pub durations_ms: Vec<i64>,
    pub kbps: Vec<i64>,
    pub is_cut: bool,
    pub source: Option<Source>,
    pub mean_kbps: Option<f64>,
    /// Chunks that were used, and those left out by reason, in the order of [`LEFT_OUT`].
    pub used: u64,
    pub left_out: [(u64, u64); 7],
}

/// The reasons for which chunks are left out.
pub const LEFT_OUT: [Reason; 7] = [
    Reason::Hit,
    Reason::Tiny,
    Reason::Failed,
    Reason::Untimed,
    Reason::OutOfRange,
    Reason::Other,
    Reason::TooFew,
];

/// What a chunk says of the network: for how long it was transferred, and how fast.
///
/// The time to the first byte is the edge's own and is taken off; where the log does not have it, the whole time counts.
fn measured(request: &Request, rules: &Rules) -> Result<(u64, u64), Reason> {
    if request.marks.has(Marks::NOT_VIDEO) {
        return Err(Reason::Other);
    }
    if request.marks.has(Marks::FAILED) {
        return Err(Reason::Failed);
    }
    let (Some(taken_us), 1..) = (request.taken_us, request.bytes) else { return Err(Reason::Untimed) };
    if request.marks.has(Marks::HIT) && rules.hits_left_out {
        return Err(Reason::Hit);
    }
    if u64::from(request.bytes) < rules.chunk_bytes_min {
        return Err(Reason::Tiny);
    }
    let transfer_us = u64::from(taken_us.saturating_sub(request.first_byte_us.unwrap_or(0)));
    if transfer_us == 0 {
        return Err(Reason::Untimed);
    }
    let kbps = u64::from(request.bytes) * 8_000 / transfer_us;
    if (1..=KBPS_MAX).contains(&kbps) { Ok((transfer_us, kbps)) } else { Err(Reason::OutOfRange) }
}

/// Puts intervals one after the other: each throughput holds since the one before ended.
struct Clock {
    end_ms: Option<i64>,
}

impl Clock {
    fn pass(&mut self, request: &Request, transfer_ms: i64) -> i64 {
        let end_ms = i64::from(request.at_seconds) * 1_000;
        let since_ms = self.end_ms.unwrap_or(end_ms - transfer_ms);
        self.end_ms = Some(since_ms.max(end_ms));
        // The log tells seconds: what ends within one took its transfer at least.
        (end_ms - since_ms).clamp(0, HELD_MS_MAX).max(transfer_ms).max(1)
    }
}

impl Trace {
    fn clear(&mut self) {
        self.durations_ms.clear();
        self.kbps.clear();
        (self.is_cut, self.source, self.mean_kbps, self.used) = (false, None, None, 0);
        self.left_out = [(0, 0); LEFT_OUT.len()];
    }

    fn push(&mut self, rules: &Rules, duration_ms: i64, kbps: u64) {
        if self.kbps.len() < rules.intervals_max {
            self.durations_ms.push(duration_ms);
            self.kbps.push(kbps as i64);
        } else {
            self.is_cut = true;
        }
    }

    /// Makes the trace of a session's requests, which are in the order of time.
    pub fn make(&mut self, requests: &[Request], probed_kbps: Option<u32>, rules: &Rules) {
        self.clear();
        let mut clock = Clock { end_ms: None };
        let (mut bits, mut time_us) = (0, 0);
        for request in requests {
            match measured(request, rules) {
                Ok((transfer_us, kbps)) => {
                    let duration_ms = clock.pass(request, transfer_us.div_ceil(1_000) as i64);
                    self.push(rules, duration_ms, kbps);
                    self.used += 1;
                    bits += u64::from(request.bytes) * 8;
                    time_us += transfer_us;
                }
                Err(reason) => {
                    if let Some(place) = LEFT_OUT.iter().position(|other| *other == reason) {
                        self.left_out[place].0 += 1;
                        self.left_out[place].1 += u64::from(request.bytes);
                    }
                }
            }
        }
        let told = |request: &&Request| (1..=KBPS_MAX).contains(&u64::from(request.measured_kbps));
        let readings = requests.iter().filter(told).count() as u64;
        let enough = rules.chunks_min.max(1);
        if self.used >= enough || (self.used > 0 && readings < enough) {
            self.source = Some(Source::Bytes);
            self.mean_kbps = Some(bits as f64 * 1_000.0 / time_us as f64);
        } else if readings > 0 {
            self.read_player(requests.iter().filter(told), readings, bits / 8, rules);
        } else if let Some(kbps) = probed_kbps {
            self.source = Some(Source::Probe);
            self.mean_kbps = Some(f64::from(kbps));
        }
    }

    /// The trace of what the player said that it measured.
    fn read_player<'a>(
        &mut self,
        requests: impl Iterator<Item = &'a Request>,
        readings: u64,
        used_bytes: u64,
        rules: &Rules,
    ) {
        self.durations_ms.clear();
        self.kbps.clear();
        self.left_out[LEFT_OUT.len() - 1] = (self.used, used_bytes);
        (self.is_cut, self.used) = (false, 0);
        let mut clock = Clock { end_ms: None };
        let mut sum = 0;
        for request in requests {
            let taken_ms = i64::from(request.taken_us.unwrap_or(0).div_ceil(1_000));
            let duration_ms = clock.pass(request, taken_ms.min(HELD_MS_MAX));
            self.push(rules, duration_ms, u64::from(request.measured_kbps));
            sum += u64::from(request.measured_kbps);
        }
        self.source = Some(Source::Player);
        self.mean_kbps = Some(sum as f64 / readings as f64);
    }
}
