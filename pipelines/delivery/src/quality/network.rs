//! A viewer's network as it was measured, walked through as time passes; at its end it begins again.

use super::Interval;

/// Below this, on average, no session of video is possible, and none is replayed.
const MEAN_KBPS_MIN: f64 = 8.0;
/// Who waits longer for a first byte has left.
const LATENCY_MS_MAX: f64 = 60_000.0;

/// Bits that must have come, and time that must have passed, before a download is looked at again.
const LOOK_BITS: f64 = 12_000.0;
const LOOK_MS: f64 = 50.0;

/// Whether a replay over these intervals comes to an end.
pub fn is_playable(intervals: &[Interval]) -> bool {
    let sane = |interval: &Interval| {
        let Interval { duration_ms, throughput_kbps, latency_ms } = *interval;
        let finite = duration_ms.is_finite() && throughput_kbps.is_finite() && latency_ms.is_finite();
        finite && duration_ms > 0.0 && throughput_kbps >= 0.0 && (0.0..=LATENCY_MS_MAX).contains(&latency_ms)
    };
    let duration_ms: f64 = intervals.iter().map(|interval| interval.duration_ms).sum();
    intervals.iter().all(sane) && bits(intervals) >= MEAN_KBPS_MIN * duration_ms && duration_ms >= 1.0
}

fn bits(intervals: &[Interval]) -> f64 {
    intervals.iter().map(|interval| interval.duration_ms * interval.throughput_kbps).sum()
}

/// A download as it ended: times in milliseconds, so that bits by time are kilobits a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Download {
    /// Asked for.
    pub bits: f64,
    /// Fewer where it was given up.
    pub received_bits: f64,
    pub latency_ms: f64,
    /// With the latency.
    pub taken_ms: f64,
}

impl Download {
    /// What it says of the throughput.
    pub fn throughput_kbps(&self) -> f64 {
        self.received_bits / (self.taken_ms - self.latency_ms)
    }
}

/// A place in time on a network.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    intervals: &'a [Interval],
    place: usize,
    left_ms: f64,
    cycle_bits: f64,
    cycle_ms: f64,
}

impl<'a> Network<'a> {
    /// At the beginning of a network that [`is_playable`].
    pub fn new(intervals: &'a [Interval]) -> Self {
        Self {
            intervals,
            place: 0,
            left_ms: intervals[0].duration_ms,
            cycle_bits: bits(intervals),
            cycle_ms: intervals.iter().map(|interval| interval.duration_ms).sum(),
        }
    }

    fn now(&self) -> &Interval {
        &self.intervals[self.place]
    }

    fn turn(&mut self) {
        self.place = if self.place + 1 == self.intervals.len() { 0 } else { self.place + 1 };
        self.left_ms = self.now().duration_ms;
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: f64) {
        let mut rest = if ms > self.cycle_ms { ms % self.cycle_ms } else { ms };
        while rest > self.left_ms {
            rest -= self.left_ms;
            self.turn();
        }
        self.left_ms -= rest;
    }

    /// Waits for the first byte: an interval's latency counts by the share of it that passes there.
    fn answer(&mut self) -> f64 {
        let (mut share, mut waited) = (1.0, 0.0);
        loop {
            let latency = self.now().latency_ms;
            let ms = share * latency;
            if ms <= self.left_ms {
                self.left_ms -= ms;
                return waited + ms;
            }
            waited += self.left_ms;
            share -= self.left_ms / latency;
            self.turn();
        }
    }

    fn receive(&mut self, bits: f64) -> f64 {
        let (mut rest, mut taken) = (bits, 0.0);
        if rest > self.cycle_bits {
            let cycles = (rest / self.cycle_bits).floor();
            (rest, taken) = (rest - cycles * self.cycle_bits, cycles * self.cycle_ms);
        }
        loop {
            let throughput = self.now().throughput_kbps;
            let room = self.left_ms * throughput;
            if rest <= room {
                // Nothing left takes no time, even where nothing comes.
                let ms = if rest > 0.0 { rest / throughput } else { 0.0 };
                self.left_ms -= ms;
                return taken + ms;
            }
            rest -= room;
            taken += self.left_ms;
            self.turn();
        }
    }

    /// Downloads so many bits, to the end.
    pub fn download(&mut self, bits: f64) -> Download {
        let latency_ms = self.answer();
        let taken_ms = latency_ms + self.receive(bits);
        Download { bits, received_bits: bits, latency_ms, taken_ms }
    }

    /// Downloads so many bits unless it is given up: `gives_up` is asked again and again what it thinks of it.
    ///
    /// A download is looked at after 12,000 bits and 50 ms, as often as both have passed. `may` says of a stretch of one
    /// throughput, by that and its length, whether anything could be given up in it; if not, nobody looks.
    pub fn download_unless(
        &mut self,
        bits: f64,
        may: impl Fn(&Download, f64, f64) -> bool,
        mut gives_up: impl FnMut(&Download) -> bool,
    ) -> Download {
        let latency_ms = self.answer();
        let mut download = Download { bits, received_bits: 0.0, latency_ms, taken_ms: latency_ms };
        let (mut bits_due, mut ms_due) = (LOOK_BITS, LOOK_MS - latency_ms);
        let mut rest = bits;
        loop {
            let throughput = self.now().throughput_kbps;
            download.received_bits = bits - rest;
            let is_watched = may(&download, throughput, self.left_ms.min(rest / throughput));
            while is_watched {
                let due = (bits_due / throughput).max(ms_due).max(0.0);
                let ms = due.min(rest / throughput);
                if ms > self.left_ms {
                    break;
                }
                self.left_ms -= ms;
                download.taken_ms += ms;
                rest -= ms * throughput;
                // What is left of rounding is no bit.
                if rest <= 1e-6 * bits {
                    download.received_bits = bits;
                    return download;
                }
                download.received_bits = bits - rest;
                if gives_up(&download) {
                    return download;
                }
                (bits_due, ms_due) = (LOOK_BITS, LOOK_MS);
            }
            if rest <= self.left_ms * throughput {
                let ms = rest / throughput;
                self.left_ms -= ms;
                download.taken_ms += ms;
                download.received_bits = bits;
                return download;
            }
            (bits_due, ms_due) = due_after(bits_due, ms_due, throughput, self.left_ms);
            rest -= self.left_ms * throughput;
            download.taken_ms += self.left_ms;
            self.turn();
        }
    }
}

/// What is still due before the next look once a stretch of one throughput has passed, whether anyone looked or not.
fn due_after(bits_due: f64, ms_due: f64, throughput: f64, ms: f64) -> (f64, f64) {
    let first = (bits_due / throughput).max(ms_due).max(0.0);
    if first > ms {
        return (bits_due - ms * throughput, ms_due - ms);
    }
    let between = (LOOK_BITS / throughput).max(LOOK_MS);
    let since = ms - first;
    let since = since - (since / between).floor() * between;
    (LOOK_BITS - since * throughput, LOOK_MS - since)
}
