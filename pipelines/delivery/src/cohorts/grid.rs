//! The fixed grid of throughput: six bins to each doubling, from 50 kbps to 205 Mbps.

use std::sync::LazyLock;

/// Bins of the grid.
pub const BINS: usize = 72;
/// Bins of a doubling.
const PER_DOUBLING: f64 = 6.0;
const LOWEST_KBPS: f64 = 50.0;

/// The lower edge of each bin in kilobits a second, whole numbers: the same on every machine.
static EDGES: LazyLock<[u64; BINS]> = LazyLock::new(|| {
    std::array::from_fn(|bin| (LOWEST_KBPS * (bin as f64 / PER_DOUBLING).exp2()).round() as u64)
});

/// The bin of a throughput: the first has all below it too, the last all above.
pub fn bin(kbps: u64) -> usize {
    EDGES.partition_point(|edge| *edge <= kbps).saturating_sub(1)
}

/// The middle of a bin on the logarithmic scale, in kilobits a second.
pub fn middle(bin: usize) -> i64 {
    (LOWEST_KBPS * ((bin as f64 + 0.5) / PER_DOUBLING).exp2()).round() as i64
}

/// The middle of the bin in which a share of the masses is reached; none without any mass.
pub fn quantile(masses: &[f64; BINS], share: f64) -> Option<f64> {
    let total: f64 = masses.iter().sum();
    let mut sum = 0.0;
    let reached = masses.iter().position(|mass| {
        sum += mass;
        sum > 0.0 && sum >= share * total * (1.0 - 1e-12)
    });
    reached.map(|bin| middle(bin) as f64)
}
