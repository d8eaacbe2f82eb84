//! What never changes a verdict: the order of lines, how a day is divided into files, and files sent twice.

use std::collections::BTreeMap;
use std::fs;

use chrono::NaiveDate;
use generate::{Compression, Options};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::night::agrees_with_the_auditor;
use crate::support::{Place, assert_same, counted};

const PAYMENTS: [&str; 3] = ["payments/escrow", "payments/wallet", "payments/ledger"];
const DAY: &str = "2026-11-20";

/// The good and bad lines of each payment source of a generated day with many faults.
fn lines(seed: u64) -> BTreeMap<&'static str, Vec<String>> {
    let place = Place::generated(&Options {
        seed,
        days: 1,
        escrows_per_day: 400,
        subscriptions_per_day: 20,
        playbacks_per_day: 1,
        access_per_day: 1,
        fault_rate: 0.8,
        compression: Compression::Plain,
        manifests: false,
        ..Options::default()
    });
    let read = |source: &str| {
        let folder = place.landing().join(source).join(format!("dt={DAY}"));
        let files = fs::read_dir(folder).expect("a day").map(|file| file.expect("a file").path());
        let texts = files.map(|file| String::from_utf8_lossy(&fs::read(file).expect("a file")).into_owned());
        // A mark at a file's start would stand in the middle once the lines are shuffled.
        texts
            .collect::<Vec<_>>()
            .join("\n")
            .lines()
            .map(|line| line.trim_start_matches('\u{feff}').to_owned())
            .collect()
    };
    PAYMENTS.into_iter().map(|source| (source, read(source))).collect()
}

/// How a day is laid out anew.
#[derive(Debug, Clone)]
struct Layout {
    shuffle: u64,
    files: usize,
    /// Of every so many files one is sent twice.
    again: usize,
}

fn shuffled(lines: &[String], seed: u64) -> Vec<String> {
    let order = |index: usize, line: &String| {
        let mut hash = seed ^ (index as u64) << 32;
        line.bytes().for_each(|byte| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        hash
    };
    let mut keyed: Vec<_> =
        lines.iter().enumerate().map(|(index, line)| (order(index, line), line)).collect();
    keyed.sort();
    keyed.into_iter().map(|(_, line)| line.clone()).collect()
}

fn land(place: &Place, lines: &BTreeMap<&'static str, Vec<String>>, layout: &Layout) {
    for (source, lines) in lines {
        let lines = shuffled(lines, layout.shuffle);
        let size = lines.len().div_ceil(layout.files).max(1);
        for (number, part) in lines.chunks(size).enumerate() {
            let text = part.join("\n");
            place.land(source, DAY, &format!("a-{number:03}.ndjson"), &text);
            if number % layout.again == 0 {
                place.land(source, DAY, &format!("b-{number:03}.ndjson"), &text);
            }
        }
    }
}

fn verdicts(place: &Place) -> BTreeMap<Vec<String>, usize> {
    place.night("ingest", DAY);
    place.night("reconcile", DAY);
    // Of a contested key the first payload is effective, and which is first follows from the files: only the
    // class of such an escrow is asked.
    let query = "SELECT escrow_id, class, CASE WHEN class <> 'DUPLICATE_CONFLICT' THEN \
        concat_ws('|', subcode, array_to_string(flags, ';'), currency, CAST(gross AS VARCHAR), CAST(net AS VARCHAR), \
        transaction_id, entry_id) END AS rest FROM silver.reconciliation";
    counted(place.rows(query))
}

#[test]
fn order_division_and_repetition_of_files_change_no_verdict() {
    let lines = lines(11);
    let plain = Place::new();
    land(&plain, &lines, &Layout { shuffle: 0, files: 1, again: usize::MAX });
    let expected = verdicts(&plain);
    let layouts = (any::<u64>(), 1_usize..40, 1_usize..5).prop_map(|(shuffle, files, again)| Layout {
        shuffle,
        files,
        again,
    });
    TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() })
        .run(&layouts, |layout| {
            let place = Place::new();
            land(&place, &lines, &layout);
            assert_same("verdicts", &verdicts(&place), &expected);
            Ok(())
        })
        .expect("no layout changes a verdict");
}

#[test]
fn the_auditor_agrees_on_areas_of_any_seed() {
    TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() })
        .run(&(any::<u64>(), 0.0..1.0), |(seed, fault_rate)| {
            let options = Options {
                seed,
                fault_rate,
                days: 3,
                escrows_per_day: 300,
                subscriptions_per_day: 20,
                playbacks_per_day: 1,
                access_per_day: 1,
                late_rate: 0.1,
                replay_rate: 0.05,
                bad_line_rate: 0.05,
                ..Options::default()
            };
            let place = Place::generated(&options);
            let days: Vec<NaiveDate> = options.from.iter_days().take(3).collect();
            for day in &days {
                place.night("ingest", &day.to_string());
                place.night("reconcile", &day.to_string());
            }
            agrees_with_the_auditor(&place, &days);
            Ok(())
        })
        .expect("the auditor agrees");
}
