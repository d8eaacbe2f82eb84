//! Batches as the warehouse gives them: every value in its place, what is unknown in the rest.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};

use super::bounds::layout;
use super::policy;
use crate::bounding::{COMPLETED, TIP, Touch, halves, identity};
use crate::layout::is_unlisted;
use crate::reading::{PLAYBACK_COLUMNS, Read, Reader, TIP_COLUMNS};

type Texts<'a> = [Option<&'a str>; 4];

fn texts(values: Texts<'_>) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn playbacks() -> RecordBatch {
    let mut interactions = ListBuilder::new(StringBuilder::new());
    for row in [&["LIKE", "FOLLOW"][..], &[], &["SHARE", "COMMENT"], &["WAVE"]] {
        row.iter().for_each(|name| interactions.values().append_value(name));
        interactions.append(true);
    }
    let creators = ["did:key:creator0", "did:key:creator1", "did:key:creator0", "did:key:stranger"];
    let hour = 3_600_000_000;
    let columns: [ArrayRef; 12] = [
        texts(["a", "b", "a", "c"].map(Some)),
        texts(creators.map(Some)),
        texts(["co_0_3", "co_0_3", "co_9", "co_0_0"].map(Some)),
        Arc::new(Int64Array::from(vec![-1, 2, 3, 4])),
        Arc::new(TimestampMicrosecondArray::from(vec![hour * 5 + 1, -1, hour * 24, 0]).with_timezone("UTC")),
        Arc::new(Int64Array::from(vec![12_345, i64::MAX, -5, 1])),
        Arc::new(BooleanArray::from(vec![true, false, true, false])),
        Arc::new(interactions.finish()),
        texts([Some("us"), Some("mars"), None, None]),
        texts([Some("de-AT"), Some("sw"), Some("12"), None]),
        texts([Some("SEARCH"), None, Some("FOR_YOU"), None]),
        texts([Some("TV"), Some("WATCH"), None, None]),
    ];
    RecordBatch::try_from_iter(PLAYBACK_COLUMNS.into_iter().zip(columns)).expect("a batch")
}

#[test]
fn playbacks_become_numbers() {
    let (policy, layout) = (policy(), layout(2));
    let reader = Reader::new(&policy, &layout);
    let mut touches: Vec<Touch> = Vec::new();
    let read = reader.playbacks(&playbacks(), &(0..=u64::MAX), |touch| touches.push(touch)).expect("touches");
    assert_eq!(read, Read { rows: 4, unlisted: 1 });
    let [first, second, third] = touches.as_slice() else { panic!("{touches:?}") };
    assert_eq!((first.viewer, first.creator, first.order), (halves(identity("a")), 0, u64::MAX));
    assert_eq!(
        (first.video, first.region, first.language, first.referrer, first.device, first.hour),
        (3, 1, 0, 2, 3, 5)
    );
    assert_eq!((first.watch_ms, first.marks), (12_345, 0b1001 | COMPLETED));
    // Another creator's video, a time before 1970, and all that is not listed.
    assert_eq!((second.video, second.region, second.referrer, second.device, second.hour), (5, 2, 5, 4, 23));
    assert!(is_unlisted(second.language));
    assert_eq!((second.watch_ms, second.marks), (300_000, 0));
    assert_eq!((third.video, third.region, third.language, third.watch_ms, third.hour), (5, 2, 2, 0, 0));
    assert_eq!(third.marks, 0b0110 | COMPLETED);
}

#[test]
fn viewers_are_read_by_ranges() {
    let (policy, layout) = (policy(), layout(2));
    let reader = Reader::new(&policy, &layout);
    let middle = halves(identity("a")).0;
    let mut all = Read::default();
    for range in [0..=middle - 1, middle..=u64::MAX] {
        let read = reader.playbacks(&playbacks(), &range, |_| {}).expect("touches");
        all.rows += read.rows;
        all.unlisted += read.unlisted;
    }
    assert_eq!(all, Read { rows: 4, unlisted: 1 });
    let columns = [
        texts([Some("a"); 4]),
        texts([Some("did:key:creator1"); 4]),
        Arc::new(Int64Array::from(vec![1, 2, 3, 4])) as ArrayRef,
    ];
    let tips = RecordBatch::try_from_iter(TIP_COLUMNS.into_iter().zip(columns)).expect("a batch");
    let mut touches = Vec::new();
    reader.tips(&tips, &(0..=u64::MAX), |touch| touches.push(touch)).expect("touches");
    assert!(touches.len() == 4 && touches.iter().all(|touch| touch.marks == TIP && touch.creator == 1));
    // Columns that are none of these are an error, never a panic.
    assert!(reader.playbacks(&tips, &(0..=u64::MAX), |_| {}).is_err());
}
