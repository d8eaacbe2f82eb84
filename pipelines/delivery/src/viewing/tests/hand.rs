//! Sessions by hand: what each of their numbers must be.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};

use super::*;
use crate::viewing::Reason;

fn integer(batch: &RecordBatch, name: &str) -> Option<i64> {
    let column = batch.column_by_name(name).expect(name).as_primitive::<Int64Type>();
    arrow::array::Array::is_valid(column, 0).then(|| column.value(0))
}

fn float(batch: &RecordBatch, name: &str) -> f64 {
    batch.column_by_name(name).expect(name).as_primitive::<Float64Type>().value(0)
}

fn text(batch: &RecordBatch, name: &str) -> String {
    batch.column_by_name(name).expect(name).as_string::<i32>().value(0).to_owned()
}

fn list(batch: &RecordBatch, name: &str) -> Vec<i64> {
    let lists = batch.column_by_name(name).expect(name).as_list::<i32>();
    lists.value(0).as_primitive::<Int64Type>().values().to_vec()
}

fn one(told: &Playback, asked: &[Request]) -> (RecordBatch, Folded) {
    let asked: Vec<_> = asked.iter().map(Request::packed).collect();
    let folded = folded(&[told.packed()], &asked, &rules());
    assert_eq!(folded.batches.len(), 1, "one session: {:?}", folded.exclusions);
    (folded.batches[0].clone(), folded)
}

#[test]
fn a_trace_is_bytes_over_time_and_holds_until_the_next() {
    let hit = Request { marks: Marks::of(&[Marks::OF_DAY, Marks::HIT]), ..miss(9, 1_002, 100_000, 1, 21) };
    let left =
        Request { marks: Marks::of(&[Marks::OF_DAY, Marks::FAILED]), ..miss(9, 1_007, 100_000, 1, 21) };
    let taller =
        Request { height: 1_280, marks: Marks::of(&[Marks::DRY]), ..miss(9, 1_006, 250_000, 100, 600) };
    let asked = [
        miss(9, 1_001, 100_000, 50, 450),
        hit,
        miss(9, 1_004, 9_999, 1, 2),
        taller,
        left,
        Request { taken_us: None, ..miss(9, 1_008, 50_000, 1, 2) },
        // All of it came with its first byte: no rate can be told.
        miss(9, 1_009, 50_000, 30, 30),
    ];
    let (batch, folded) = one(&playback(9), &asked);
    assert_eq!(text(&batch, "source"), "BYTES");
    // 800,000 bits in 400 ms; then 2,000,000 in 500 ms, five seconds after.
    assert_eq!(list(&batch, "trace_kbps"), [2_000, 4_000]);
    assert_eq!(list(&batch, "trace_duration_ms"), [400, 5_000]);
    assert!((float(&batch, "throughput_kbps") - 2_800_000.0 / 900.0).abs() < 1e-9);
    for (name, expected) in [
        ("requests", 7),
        ("requests_landed", 6),
        ("chunks_used", 2),
        ("chunks_hit", 1),
        ("chunks_tiny", 1),
        ("chunks_failed", 1),
        ("chunks_untimed", 2),
        ("chunks_too_few", 0),
        ("logged_startup_ms", 1_000),
        ("logged_stalls", 1),
        ("logged_switches", 2),
        ("startup_ms", 300),
    ] {
        assert_eq!(integer(&batch, name), Some(expected), "{name}");
    }
    assert_eq!(integer(&batch, "rebuffer_ms"), None);
    assert_eq!(text(&batch, "device_codecs"), "AVC+HEVC");
    assert!((float(&batch, "rtt_ms") - 23.4).abs() < 1e-9);
    assert_eq!(folded.exclusions.count(Reason::Untimed), 2);
}

#[test]
fn the_players_own_readings_stand_in_for_chunks() {
    let told = |at, kbps| Request {
        marks: Marks::of(&[Marks::OF_DAY, Marks::HIT]),
        measured_kbps: kbps,
        ..miss(9, at, 100_000, 1, 21)
    };
    let asked = [miss(9, 1_001, 100_000, 50, 450), told(1_003, 4_000), told(1_004, 5_000)];
    let (batch, _) = one(&playback(9), &asked);
    assert_eq!(text(&batch, "source"), "MTP");
    assert_eq!(list(&batch, "trace_kbps"), [4_000, 5_000]);
    assert_eq!(list(&batch, "trace_duration_ms"), [21, 1_000]);
    let counts = ["chunks_used", "chunks_hit", "chunks_too_few"].map(|name| integer(&batch, name));
    assert_eq!(counts, [Some(0), Some(2), Some(1)]);
    // One chunk is better than nothing, and a probe too.
    let (batch, _) = one(&playback(9), &asked[..1]);
    assert_eq!((text(&batch, "source"), list(&batch, "trace_kbps")), ("BYTES".to_owned(), vec![2_000]));
    let hit = Request { measured_kbps: 0, ..told(1_003, 0) };
    let (batch, _) = one(&playback(9), &[hit]);
    assert_eq!((text(&batch, "source"), list(&batch, "trace_kbps")), ("PROBE".to_owned(), vec![]));
    let (batch, folded) = one(&Playback { probed_kbps: None, ..playback(9) }, &[hit]);
    assert_eq!(text(&batch, "source"), "NONE");
    assert_eq!(folded.exclusions.count(Reason::ThroughputUnknown), 1);
}

#[test]
fn sessions_wait_for_their_logs_one_night() {
    let request = miss(9, 1_001, 100_000, 50, 450).packed();
    let of_day_before = Playback { kind: Kind::OfDayBefore, ..playback(9) }.packed();
    let counted = |told: &[[u64; 12]], asked: &[[u64; 5]]| {
        let folded = folded(told, asked, &rules());
        let reasons = [Reason::Waiting, Reason::SessionUnknown, Reason::SessionRebuilt];
        (folded.sessions, reasons.map(|reason| folded.exclusions.count(reason)))
    };
    assert_eq!(counted(&[playback(9).packed()], &[]), (0, [1, 0, 0]));
    assert_eq!(counted(&[], &[request]), (0, [0, 1, 0]));
    // The night after: found, or still without any.
    assert_eq!(counted(&[of_day_before], &[request]), (1, [0, 0, 0]));
    assert_eq!(counted(&[of_day_before], &[]), (1, [0, 0, 0]));
    // What comes late to a session that is rebuilt changes nothing.
    assert_eq!(counted(&[of_day_before, Playback::rebuilt(9)], &[request]), (0, [0, 0, 1]));
}
