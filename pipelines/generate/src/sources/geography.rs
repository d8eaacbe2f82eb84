//! Where viewers are, when they watch, how far away they are, and over which networks they come.

use crate::text::DAY_MS;

/// A region: its name, the prefix of its nodes' names, its share of the viewers in a hundred, its clock's
/// hours ahead of UTC, what traffic costs there in percent, and its mix of networks.
pub struct Region {
    pub name: &'static str,
    pub prefix: &'static str,
    pub viewers_percent: u64,
    hours_ahead: i64,
    pub price_percent: u64,
    /// Of a hundred viewers, in the order of [`NETWORKS`].
    pub networks_percent: [u64; 5],
}

const fn region(
    name: &'static str,
    prefix: &'static str,
    viewers_percent: u64,
    hours_ahead: i64,
    price_percent: u64,
    networks_percent: [u64; 5],
) -> Region {
    Region { name, prefix, viewers_percent, hours_ahead, price_percent, networks_percent }
}

pub const REGION_COUNT: usize = 8;
/// All regions. A node's number modulo their count is its region.
pub const REGIONS: [Region; REGION_COUNT] = [
    region("eu-central", "euc", 20, 1, 100, [3, 30, 20, 36, 11]),
    region("us-east", "use", 20, -5, 90, [3, 28, 24, 34, 11]),
    region("ap-east", "ape", 16, 8, 140, [3, 30, 30, 30, 7]),
    region("eu-west", "euw", 14, 0, 100, [3, 31, 20, 36, 10]),
    region("sa-east", "sae", 10, -3, 180, [12, 46, 8, 29, 5]),
    region("us-west", "usw", 10, -8, 95, [3, 28, 24, 34, 11]),
    region("ap-south", "aps", 7, 5, 160, [14, 52, 12, 19, 3]),
    region("af-south", "afs", 3, 2, 220, [20, 50, 6, 20, 4]),
];

/// Round trips between regions in milliseconds, without the last mile.
const DISTANCES_MS: [[u16; REGION_COUNT]; REGION_COUNT] = [
    [7, 92, 190, 22, 205, 150, 120, 160],
    [92, 6, 195, 78, 118, 64, 195, 225],
    [190, 195, 9, 205, 300, 125, 85, 280],
    [22, 78, 205, 6, 190, 135, 130, 155],
    [205, 118, 300, 190, 11, 175, 300, 330],
    [150, 64, 125, 135, 175, 6, 220, 285],
    [120, 195, 85, 130, 300, 220, 12, 240],
    [160, 225, 280, 155, 330, 285, 240, 13],
];

pub fn distance_ms(from: usize, to: usize) -> f64 {
    f64::from(DISTANCES_MS[from][to])
}

/// A network: what the last mile adds to a round trip, the throughput that half of the sessions reach, and
/// how much that moves within a session (the deviation of its logarithm).
pub struct Network {
    pub name: &'static str,
    pub rtt_ms: f64,
    pub throughput_kbps: f64,
    pub deviation: f64,
}

pub const NETWORKS: [Network; 5] = [
    Network { name: "3G", rtt_ms: 85.0, throughput_kbps: 1_500.0, deviation: 0.50 },
    Network { name: "4G", rtt_ms: 34.0, throughput_kbps: 9_000.0, deviation: 0.42 },
    Network { name: "5G", rtt_ms: 17.0, throughput_kbps: 28_000.0, deviation: 0.48 },
    Network { name: "WIFI", rtt_ms: 8.0, throughput_kbps: 22_000.0, deviation: 0.28 },
    Network { name: "WIRED", rtt_ms: 3.0, throughput_kbps: 45_000.0, deviation: 0.12 },
];

/// How much is watched in each hour of a region's own day.
const HOURS: [u64; 24] =
    [55, 40, 30, 22, 20, 22, 30, 42, 52, 58, 62, 70, 80, 78, 74, 76, 84, 98, 115, 135, 150, 150, 125, 85];
/// What a day's sessions leave free at its end, so that what follows within minutes is still of the day.
const REST_MS: u64 = 900_000;
/// The share of a day that the hour with the most has.
pub const PEAK_HOUR_SHARE: f64 = 150.0 / 1_753.0;

fn watched(region: usize, hour: usize) -> u64 {
    let local = (hour as i64 + REGIONS[region].hours_ahead).rem_euclid(24);
    HOURS[local as usize] * REGIONS[region].viewers_percent
}

/// When a day's sessions begin, and in which regions.
#[derive(Debug)]
pub struct Clock {
    /// What is watched before each hour, and in the whole day.
    before: [u64; 25],
}

impl Clock {
    pub fn new() -> Self {
        let mut before = [0; 25];
        for hour in 0..24 {
            let whole: u64 = (0..REGION_COUNT).map(|region| watched(region, hour)).sum::<u64>() * 4;
            // The last hour ends early.
            let part = if hour == 23 { whole * 3 / 4 } else { whole };
            before[hour + 1] = before[hour] + part;
        }
        Self { before }
    }

    /// When the `rank`-th of a day's `count` sessions begins, in milliseconds of the day: in order.
    pub fn moment_ms(&self, rank: u64, count: u64, part: f64) -> u64 {
        let at = (rank as f64 + part) / count.max(1) as f64 * self.before[24] as f64;
        let hour = self.before.partition_point(|&before| before as f64 <= at).clamp(1, 24) - 1;
        let (from, to) = (self.before[hour] as f64, self.before[hour + 1] as f64);
        let length_ms = if hour == 23 { 3_600_000.0 - REST_MS as f64 } else { 3_600_000.0 };
        let moment_ms = hour as u64 * 3_600_000 + ((at - from) / (to - from) * length_ms) as u64;
        moment_ms.min(DAY_MS as u64 - REST_MS - 1)
    }

    /// In which region a session begins, by the hour.
    pub fn region(moment_ms: u64, part: f64) -> usize {
        let hour = (moment_ms / 3_600_000) as usize % 24;
        let all: u64 = (0..REGION_COUNT).map(|region| watched(region, hour)).sum();
        let mut rest = part * all as f64;
        for region in 0..REGION_COUNT {
            rest -= watched(region, hour) as f64;
            if rest < 0.0 {
                return region;
            }
        }
        REGION_COUNT - 1
    }
}

/// One of the region's networks.
pub fn network(region: usize, part: f64) -> usize {
    let mut rest = (part * 100.0) as u64;
    for (network, share) in REGIONS[region].networks_percent.into_iter().enumerate() {
        if rest < share {
            return network;
        }
        rest -= share;
    }
    NETWORKS.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_distances_go_both_ways() {
        assert_eq!(REGIONS.iter().map(|region| region.viewers_percent).sum::<u64>(), 100);
        for (from, region) in REGIONS.iter().enumerate() {
            assert_eq!(region.networks_percent.iter().sum::<u64>(), 100, "{}", region.name);
            for to in 0..REGION_COUNT {
                assert_eq!(DISTANCES_MS[from][to], DISTANCES_MS[to][from]);
            }
        }
        assert_eq!(HOURS.iter().sum::<u64>(), 1_753);
    }

    #[test]
    fn moments_ascend_and_evenings_are_full() {
        let clock = Clock::new();
        let moments: Vec<u64> = (0..10_000).map(|rank| clock.moment_ms(rank, 10_000, 0.5)).collect();
        assert!(moments.is_sorted() && moments[9_999] < 86_400_000 - REST_MS);
        let of = |hour: u64| moments.iter().filter(|moment| *moment / 3_600_000 == hour).count();
        assert!(of(20) > of(5), "{} {}", of(20), of(5));
    }
}
