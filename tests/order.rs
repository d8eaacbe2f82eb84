//! Nights in any order end in the same books: in order, out of order, and with a day filled in later.

use std::fs;
use std::sync::OnceLock;

use generate::Options;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Place, Tables, assert_tables, tables};

const DAYS: [&str; 4] = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"];

fn area() -> Place {
    Place::generated(&Options {
        days: DAYS.len() as u32,
        escrows_per_day: 260,
        subscriptions_per_day: 20,
        playbacks_per_day: 1,
        access_per_day: 1,
        contents_per_day: 1,
        nodes: 1,
        fault_rate: 0.5,
        late_rate: 0.1,
        replay_rate: 0.02,
        ..Options::default()
    })
}

fn all_nights(place: &Place) {
    let ended = place.run(&["run", "nightly", "--from", DAYS[0], "--to", DAYS[3], "--quiet"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

/// All tables but the record of files: which of two copies was the replay is said as it was when it was read.
fn books(place: &Place) -> Tables {
    let mut tables = tables(place);
    tables.remove("ingested_files");
    tables
}

fn in_order() -> &'static Tables {
    static IN_ORDER: OnceLock<Tables> = OnceLock::new();
    IN_ORDER.get_or_init(|| {
        let place = area();
        all_nights(&place);
        books(&place)
    })
}

#[test]
fn nights_in_any_order_end_in_the_same_books() {
    let expected = in_order();
    let order = Just(DAYS.to_vec()).prop_shuffle();
    TestRunner::new(Config { cases: 4, failure_persistence: None, ..Config::default() })
        .run(&order, |order| {
            let place = area();
            order.iter().for_each(|day| drop(place.night("nightly", day)));
            assert_tables(&books(&place), expected, &format!("after {order:?}"));
            // Once more in order: nothing is to do, and nothing changes.
            all_nights(&place);
            assert_tables(&books(&place), expected, &format!("after {order:?} and all again"));
            Ok(())
        })
        .expect("no order changes the books");
}

#[test]
fn a_day_that_is_filled_in_later_ends_in_the_same_books() {
    let expected = in_order();
    let place = area();
    // Half of a day's payments is held back, its manifests with it.
    let mut held = Vec::new();
    for source in ["payments/escrow", "payments/wallet", "payments/ledger"] {
        let folder = place.landing().join(source).join(format!("dt={}", DAYS[1]));
        let mut files: Vec<_> =
            fs::read_dir(&folder).expect("a day").map(|file| file.expect("a file").path()).collect();
        files.sort();
        for file in files.into_iter().step_by(2) {
            let aside = place.folder.path().join(format!("{}-{}", held.len(), "held"));
            fs::rename(&file, &aside).expect("a file that moves");
            held.push((file, aside));
        }
        let manifest = folder.join("_manifest.json");
        if manifest.exists() {
            let aside = place.folder.path().join(format!("{}-{}", held.len(), "held"));
            fs::rename(&manifest, &aside).expect("a manifest that moves");
            held.push((manifest, aside));
        }
    }
    all_nights(&place);
    for (file, aside) in &held {
        fs::rename(aside, file).expect("a file that comes back");
    }
    // That day alone is run again; the nights that build on it are made anew with it.
    place.night("nightly", DAYS[1]);
    assert_tables(&books(&place), expected, "after a day was filled in");
}
