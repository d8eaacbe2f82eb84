//! What nobody looks at must be what nobody would have given up.

use super::ewma::Estimate;
use super::movie::Movie;
use super::rule::{Ahead, Rule, View};
use crate::quality::network::Download;
use crate::quality::tests::support::Random;

#[test]
fn nothing_is_given_up_where_nobody_looks() {
    let mut random = Random(9);
    let (mut skipped, mut given_up) = (0, 0);
    for case in 0..40_000 {
        let rungs = 2 + random.below(7);
        let bitrates = random.bitrates(rungs);
        let movie = Movie::even(2_000.0, bitrates, random.between(0.5, 1.2), 40);
        let mut estimate = Estimate::new(movie.segment_ms);
        estimate.learn(
            random.between(100.0, 5_000.0),
            random.log_between(100.0, 20_000.0),
            random.between(1.0, 200.0),
        );
        let (buffer_ms, segment) = (random.between(0.0, 20_000.0), 1 + random.below(38));
        let view = View { movie: &movie, estimate: &estimate, segment, buffer_ms };
        let rule = Rule::ALL[random.below(4)];
        let mut chooser = rule.chooser(&movie, 25_000.0);
        // A rule that has chosen before, at the buffer that it sees.
        chooser.choose(&view);
        chooser.choose(&view);
        let rung = 1 + random.below(rungs - 1);
        let (bits, latency_ms) = (movie.bits(segment, rung), random.between(1.0, 200.0));
        let mut download = Download { bits, received_bits: 0.0, latency_ms, taken_ms: latency_ms };
        if random.below(2) == 0 {
            download.received_bits = bits * random.between(0.01, 0.9);
            download.taken_ms += random.between(1.0, 4_000.0);
        }
        let throughput_kbps = if random.below(20) == 0 { 0.0 } else { random.log_between(20.0, 20_000.0) };
        let ms = random.between(1.0, 3_000.0).min((bits - download.received_bits) / throughput_kbps);
        if chooser.may_give_up(&view, rung, &download, Ahead { throughput_kbps, ms }) {
            given_up += 1;
            continue;
        }
        skipped += 1;
        for step in 1..40 {
            let passed = ms * f64::from(step) / 40.0;
            let mut later = download;
            (later.taken_ms, later.received_bits) =
                (download.taken_ms + passed, download.received_bits + passed * throughput_kbps);
            let lower = chooser.clone().gives_up(&view, rung, &later);
            assert_eq!(lower, None, "case {case}: {rule:?} after {passed} ms of {ms}, {later:?}");
        }
    }
    assert!(skipped > 10_000 && given_up > 2_000, "{skipped} and {given_up}: the cases are one-sided");
}
