//! Probes and requests from columns: every one counted once, whatever their order and however they are divided.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Builder, Int64Array, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder,
    StructBuilder, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::estimates::columns;
use crate::estimates::contents::Contents;
use crate::estimates::demand::Demand;
use crate::estimates::exclusions::Reason;
use crate::estimates::places::Places;
use crate::estimates::probes::Probes;
use crate::estimates::sessions::{Sessions, SessionsReader};

type Probe = (Option<&'static str>, Option<f64>, Option<f64>, Option<&'static str>, Option<f64>);

fn strings(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

fn hashes(sessions: &[String]) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(sessions.iter().map(|id| xxh3_64(id.as_bytes()) as i64)))
}

fn lists(rows: &[&[&str]]) -> ListArray {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        row.iter().for_each(|item| builder.values().append_value(item));
        builder.append(true);
    }
    builder.finish()
}

/// Sessions `s0` and so on: even ones in `north`, odd ones in `south`, every fifth nowhere.
fn sessions(count: usize, places: &mut Places) -> Sessions {
    let ids: Vec<_> = (0..count).map(|number| format!("s{number}")).collect();
    let region = |number: usize| match (number % 5, number % 2) {
        (4, _) => None,
        (_, 0) => Some("north"),
        _ => Some("south"),
    };
    let batch = RecordBatch::try_from_iter([
        ("key_hash", hashes(&ids)),
        ("region", strings((0..count).map(region).collect())),
        ("content_id", strings(vec![Some("c"); count])),
        ("device_codecs", Arc::new(lists(&vec![&["AVC", "AV1"][..]; count])) as ArrayRef),
    ]);
    let mut reader = SessionsReader::default();
    reader.push(&batch.expect("sessions"), &Contents::default(), places).expect("sessions");
    reader.finish()
}

fn probes(rows: &[(usize, Vec<Probe>)]) -> RecordBatch {
    let fields: Fields = [
        ("node_id", DataType::Utf8),
        ("rtt_ms", DataType::Float64),
        ("throughput_kbps", DataType::Float64),
        ("chosen_by", DataType::Utf8),
        ("propensity", DataType::Float64),
    ]
    .into_iter()
    .map(|(name, kind)| Field::new(name, kind, true))
    .collect();
    let mut builder = ListBuilder::new(StructBuilder::from_fields(fields, 8));
    for (_, probes) in rows {
        for (node, rtt, throughput, chosen_by, propensity) in probes {
            let item = builder.values();
            item.field_builder::<StringBuilder>(0).unwrap().append_option(*node);
            item.field_builder::<Float64Builder>(1).unwrap().append_option(*rtt);
            item.field_builder::<Float64Builder>(2).unwrap().append_option(*throughput);
            item.field_builder::<StringBuilder>(3).unwrap().append_option(*chosen_by);
            item.field_builder::<Float64Builder>(4).unwrap().append_option(*propensity);
            item.append(true);
        }
        builder.append(true);
    }
    let ids: Vec<_> = rows.iter().map(|(number, _)| format!("s{number}")).collect();
    let columns = [("key_hash", hashes(&ids)), ("probes", Arc::new(builder.finish()) as ArrayRef)];
    RecordBatch::try_from_iter(columns).expect("probes")
}

#[test]
fn every_probe_is_counted_or_excluded_for_a_reason() {
    let mut places = Places::default();
    let sessions = sessions(5, &mut places);
    let good = (Some("n1"), Some(20.0), Some(900.0), Some("POLICY"), Some(0.5));
    let with = |change: fn(&mut Probe)| {
        let mut probe = good;
        change(&mut probe);
        probe
    };
    let all = vec![
        good,
        with(|probe| probe.0 = None),
        with(|probe| probe.1 = None),
        with(|probe| probe.1 = Some(f64::NAN)),
        with(|probe| probe.1 = Some(0.0)),
        with(|probe| probe.1 = Some(-3.0)),
        with(|probe| probe.1 = Some(60_000.1)),
        with(|probe| probe.1 = Some(f64::INFINITY)),
        with(|probe| probe.2 = None),
        with(|probe| probe.2 = Some(0.0)),
        with(|probe| probe.2 = Some(f64::NAN)),
        with(|probe| probe.3 = None),
        with(|probe| probe.4 = None),
        with(|probe| probe.4 = Some(f64::NAN)),
        with(|probe| probe.4 = Some(0.0)),
        with(|probe| probe.4 = Some(-0.5)),
        with(|probe| probe.4 = Some(1.000_001)),
    ];
    let mut read = Probes::default();
    read.push(&probes(&[(0, all), (4, vec![good]), (9, vec![good])]), &sessions, &mut places)
        .expect("probes");
    assert_eq!(read.probes, 19);
    let counts = [
        (Reason::RegionMissing, 2),
        (Reason::NodeMissing, 1),
        (Reason::ChooserMissing, 1),
        (Reason::RoundTripMissing, 2),
        (Reason::RoundTripOutOfRange, 4),
        (Reason::PropensityMissing, 2),
        (Reason::PropensityOutOfRange, 3),
        (Reason::ThroughputUnusable, 3),
    ];
    for (reason, count) in counts {
        assert_eq!(read.exclusions.of(reason), (count, 0), "{reason:?}");
    }
    let groups = read.finish().expect("groups");
    let [(_, tally)] = groups.as_slice() else { panic!("one group was expected: {groups:?}") };
    assert_eq!((tally.samples, tally.throughput_samples), (4, 1));
}

fn requests(rows: &[(Option<usize>, i64, &'static str)]) -> RecordBatch {
    let ids: Vec<_> = rows.iter().map(|(session, ..)| session.map(|number| format!("s{number}"))).collect();
    let times = rows.iter().map(|(_, bytes, _)| 1_000_000 * bytes);
    RecordBatch::try_from_iter([
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(times)) as ArrayRef),
        ("node_id", strings(rows.iter().map(|(.., node)| Some(*node)).collect())),
        ("bytes_sent", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))),
        ("content_id", strings(vec![Some("c"); rows.len()])),
        ("codec", strings(rows.iter().map(|row| if row.1 % 2 == 0 { Some("VP9") } else { None }).collect())),
        ("session_id", strings(ids.iter().map(Option::as_deref).collect())),
    ])
    .expect("requests")
}

fn inventory() -> Places {
    let mut places = Places::default();
    let batch = RecordBatch::try_from_iter([
        ("node_id", strings(vec![Some("n1")])),
        ("region", strings(vec![Some("east")])),
        ("capabilities", Arc::new(lists(&[&["AVC", "H3"]])) as ArrayRef),
    ]);
    places.push_inventory(&batch.expect("an inventory")).expect("an inventory");
    places
}

/// All that is read of some rows, in shards, as the columns of tables.
fn read(
    asked: &[(Option<usize>, i64, &'static str)],
    measured: &[(usize, Vec<Probe>)],
    shards: u32,
) -> (Vec<RecordBatch>, u64, u64) {
    let mut places = inventory();
    let (mut demand, mut found) = (Demand::new(1), Probes::default());
    for shard in 0..shards {
        let bound = |shard: u32| {
            (i128::from(i64::MIN) + (1_i128 << 64) * i128::from(shard) / i128::from(shards)) as i64
        };
        let last = if shard + 1 == shards { i64::MAX } else { bound(shard + 1) - 1 };
        let range = bound(shard)..=last;
        let mut held = sessions(30, &mut places);
        for batch in asked.chunks(7).map(requests) {
            demand.push(&batch, &range, &mut held, &Contents::default(), &places).expect("requests");
        }
        for batch in measured.chunks(5) {
            let inside = |row: &&(usize, Vec<Probe>)| {
                range.contains(&(xxh3_64(format!("s{}", row.0).as_bytes()) as i64))
            };
            let batch: Vec<_> = batch.iter().filter(inside).cloned().collect();
            found.push(&probes(&batch), &held, &mut places).expect("probes");
        }
    }
    let (requests, mut exclusions) = (demand.requests, demand.exclusions.clone());
    exclusions.merge(&found.exclusions);
    let cells = demand.finish().expect("cells");
    let bytes = cells.iter().map(|cell| cell.bytes).sum::<u64>() + exclusions.of(Reason::RegionUnknown).1;
    let groups = found.finish().expect("groups");
    let tables =
        [columns::demand(cells, &places), columns::probes(groups, &places), columns::exclusions(&exclusions)];
    (tables.into_iter().map(|table| table.expect("a table")).collect(), requests, bytes)
}

fn probe() -> impl Strategy<Value = Probe> {
    let node = prop::sample::select(vec![Some("n1"), Some("n2"), None]);
    let chooser = prop::sample::select(vec![Some("POLICY"), Some("RANDOM")]);
    (
        node,
        prop::option::of(-1.0..200.0_f64),
        prop::option::of(0.0..1e5_f64),
        chooser,
        prop::option::of(0.0..1.1_f64),
    )
}

proptest! {
    #[test]
    fn neither_order_nor_shards_change_a_digit(
        asked in prop::collection::vec((prop::option::of(0..40_usize), 0..500_000_i64, prop::sample::select(vec!["n1", "n2"])), 0..60),
        measured in prop::collection::vec((0..40_usize, prop::collection::vec(probe(), 0..4)), 0..30),
        turn in 0..30_usize, shards in 2..4_u32
    ) {
        let expected = read(&asked, &measured, 1);
        let (mut asked_turned, mut measured_turned) = (asked.clone(), measured.clone());
        asked_turned.rotate_left(turn.min(asked.len()));
        measured_turned.reverse();
        prop_assert_eq!(&read(&asked_turned, &measured_turned, 1), &expected);
        prop_assert_eq!(&read(&asked_turned, &measured_turned, shards), &expected);
        // No byte is lost.
        prop_assert_eq!(expected.1, asked.len() as u64);
        prop_assert_eq!(expected.2, asked.iter().map(|row| row.1 as u64).sum::<u64>());
    }
}
