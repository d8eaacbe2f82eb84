//! Time on a network: through its intervals, around its end, and none where nothing ever comes.

use crate::quality::Interval;
use crate::quality::network::{Network, is_playable};

fn interval(duration_ms: f64, throughput_kbps: f64, latency_ms: f64) -> Interval {
    Interval { duration_ms, throughput_kbps, latency_ms }
}

#[test]
fn time_passes_through_intervals_and_begins_again() {
    let intervals = [interval(1_000.0, 1_000.0, 100.0), interval(1_000.0, 0.0, 100.0)];
    let mut network = Network::new(&intervals);
    // 100 ms of latency, 900 kbit in the rest of the first second, a second of nothing, 100 kbit more.
    let download = network.download(1_000_000.0);
    assert!((download.taken_ms - 2_100.0).abs() < 1e-9, "{download:?}");
    network.wait(4_000.0 + 850.0);
    // 50 ms of the latency's 100 pass before the outage, whose latency is as long.
    let download = network.download(1_000.0);
    assert!((download.latency_ms - 100.0).abs() < 1e-9, "{download:?}");
    assert!((download.taken_ms - (50.0 + 1_000.0 + 1.0)).abs() < 1e-9, "{download:?}");
    // Whole rounds are jumped over.
    let download = Network::new(&intervals).download(1_000_000_000.0);
    assert!((download.taken_ms - (2_000.0 * 1_000.0 + 100.0)).abs() < 1e-6, "{download:?}");
}

#[test]
fn a_network_without_bits_is_not_played() {
    assert!(!is_playable(&[]));
    assert!(!is_playable(&[interval(1_000.0, 0.0, 10.0)]));
    assert!(!is_playable(&[interval(0.0, 100.0, 10.0)]));
    assert!(!is_playable(&[interval(1_000.0, f64::NAN, 10.0)]));
    assert!(!is_playable(&[interval(1_000.0, 100.0, f64::INFINITY)]));
    assert!(is_playable(&[interval(1_000.0, 100.0, 0.0)]));
}
