//! What holds of any records, in any order.

use proptest::prelude::*;

use super::*;
use crate::viewing::Reason;

fn times() -> impl Strategy<Value = Option<u32>> {
    prop_oneof![Just(None), (0_u32..5_000_000).prop_map(Some)]
}

prop_compose! {
    fn any_request()(
        session in 0_u64..12, at_seconds in 0_u32..40, segment in prop::option::of(0_u32..9), marks in 0_u8..32,
        bytes in prop_oneof![Just(0), 1_u32..2_000_000, Just(u32::MAX)], taken_us in times(),
        first_byte_us in times(), measured_kbps in prop_oneof![Just(0), 100_u32..90_000, Just(u32::MAX)],
        codec in 0_usize..5, height in 0_u32..8_192,
    ) -> Request {
        let codec = Codec::ALL.get(codec).copied();
        let session = session << 60;
        let marks = Marks::of(&[marks]);
        Request { session, at_seconds, segment, marks, bytes, taken_us, first_byte_us, measured_kbps, codec, height }
    }
}

prop_compose! {
    fn any_playback()(
        session in 0_u64..12, kind in 1_usize..3, region in prop::option::of(Just(0)),
        network in prop::option::of(0_usize..5), width in prop::option::of(0_u32..9_999),
        probed_kbps in prop::option::of(1_u32..99_999), watch_ms in 0_u64..900_000,
        codecs in prop::option::of(0_u8..16), data_saver in prop::option::of(any::<bool>()),
    ) -> Playback {
        let kind = [Kind::Rebuilt, Kind::OfDayBefore, Kind::OfDay][kind];
        let codecs = codecs.map(Codecs);
        let base = playback(session << 60);
        Playback { kind, region, network, width, probed_kbps, watch_ms, codecs, data_saver, ..base }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn records_hold_what_they_are_made_of(request in any_request(), playback in any_playback()) {
        prop_assert_eq!(Request::unpacked(&request.packed()), request);
        prop_assert_eq!(Playback::unpacked(&playback.packed()), playback);
    }

    #[test]
    fn every_request_and_session_is_counted_once_in_any_order(
        told in prop::collection::vec(any_playback(), 0..12),
        asked in prop::collection::vec(any_request(), 0..60),
        turn in 0_usize..60,
    ) {
        // One playback a session.
        let mut told: Vec<_> = told.iter().map(Playback::packed).collect();
        told.sort_unstable();
        told.dedup_by_key(|record| record[0]);
        let mut asked: Vec<_> = asked.iter().map(Request::packed).collect();
        let first = folded(&told, &asked, &rules());
        if !asked.is_empty() {
            let turn = turn % asked.len();
            asked.rotate_left(turn);
        }
        told.reverse();
        let second = folded(&told, &asked, &rules());
        prop_assert_eq!(&first.batches, &second.batches);
        prop_assert_eq!(&first.exclusions, &second.exclusions);

        let sum = |name: &str| {
            use arrow::array::AsArray;
            let columns = first.batches.iter().map(|batch| batch.column_by_name(name).expect("a column"));
            let sums = columns.map(|column| {
                column.as_primitive::<arrow::datatypes::Int64Type>().values().iter().sum::<i64>()
            });
            sums.sum::<i64>() as u64
        };
        let landed = asked.iter().filter(|record| Request::unpacked(record).marks.has(Marks::OF_DAY)).count();
        let left_out = first.exclusions.count(Reason::SessionUnknown);
        prop_assert_eq!(landed as u64, sum("requests_landed") + left_out);
        let reasons = super::super::trace::LEFT_OUT.into_iter().map(|reason| first.exclusions.count(reason));
        prop_assert_eq!(sum("requests"), sum("chunks_used") + reasons.sum::<u64>());
        prop_assert_eq!(told.len() as u64, first.sessions + first.exclusions.count(Reason::Waiting));
    }
}
