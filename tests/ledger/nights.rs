//! Nights one after the other: late entries, gaps that are filled, forks, and heads that follow each other.

use std::fs;

use super::entries::{DAYS, Entry, assert_holds, chain, findings, ingest, land, night, nights, verify};
use crate::support::{Place, counted};

const HEADS: &str =
    "SELECT number, dt, count, sequence, merkle_root, head FROM silver.ledger_heads ORDER BY number";

#[test]
fn a_gap_stands_until_it_is_filled_and_what_follows_is_judged_again() {
    let place = Place::new();
    let entries = chain(9);
    // 3 and 4 come late; 4 does not follow the 3 that comes.
    land(&place, 0, "a.ndjson", &[entries[0].clone(), entries[1].clone(), entries[4].clone()]);
    night(&place, 0);
    assert_eq!(findings(&place, 0), ["SEQUENCE_GAP 3", "SEQUENCE_GAP 4"]);
    land(&place, 1, "a.ndjson", &entries[5..7]);
    night(&place, 1);
    assert_eq!(findings(&place, 1), ["SEQUENCE_GAP 3", "SEQUENCE_GAP 4"]);
    let (code, told) = verify(&place, &[]);
    assert_eq!((code, told["faults"]["GAP"].as_u64(), told["first_missing"].as_i64()), (4, Some(2), Some(3)));
    assert_eq!(told["faults_of_heads"].as_array().map(Vec::len), Some(0), "{told}");

    let other = Entry::new("le_3b", 3, 700, &entries[1].hash);
    land(&place, 2, "a.ndjson", &[other, entries[3].clone(), entries[7].clone()]);
    night(&place, 2);
    assert_eq!(findings(&place, 2), ["CHAIN_BREAK 4 le_4"]);
    // Nothing lands: what stood stands, and is signed.
    night(&place, 3);
    assert_eq!(findings(&place, 3), ["CHAIN_BREAK 4 le_4"]);
    let heads = place.rows(HEADS);
    let counts: Vec<_> = heads.iter().map(|row| [&*row[1], &*row[2], &*row[3]].join(" ")).collect();
    let expected = ["2026-11-20 3 5", "2026-11-21 5 7", "2026-11-22 8 8", "2026-11-23 8 8"];
    assert_eq!(counts, expected);
    assert_eq!(heads[2][4], heads[3][4], "the same entries have one root");
    assert_ne!(heads[2][5], heads[3][5], "each head is of its night");
    // A night reads what landed and what may follow it: not the history before.
    let read = place.rows("SELECT rows_in FROM ops.job_attempts WHERE step = 'ledger' ORDER BY started_at");
    assert_eq!(read, [["3"], ["2"], ["6"], ["0"]]);
}

#[test]
fn two_entries_with_one_sequence_are_a_fork_on_every_night() {
    let place = Place::new();
    let entries = chain(4);
    land(&place, 0, "a.ndjson", &entries[..3]);
    night(&place, 0);
    assert_eq!(findings(&place, 0), Vec::<String>::new());
    land(&place, 1, "a.ndjson", &[Entry::new("le_2b", 2, 500, &entries[0].hash), entries[3].clone()]);
    night(&place, 1);
    assert_eq!(findings(&place, 1), ["LEDGER_FORK 2 le_2b"]);
    let detail = place.rows("SELECT detail FROM silver.ledger_findings WHERE class = 'LEDGER_FORK'");
    assert_eq!(detail, [["le_2 and le_2b have this sequence"]]);
    night(&place, 2);
    assert_eq!(findings(&place, 2), ["LEDGER_FORK 2 le_2b"]);
    let (code, told) = verify(&place, &[]);
    assert_eq!((code, told["first_bad"]["entry_id"].as_str()), (4, Some("le_2b")), "{told}");
    assert_eq!(told["first_bad"]["file"], format!("payments/ledger/dt={}/a.ndjson", DAYS[1]));
    // Up to the first night there was none.
    assert_eq!(verify(&place, &["--date", DAYS[0]]).0, 0);
}

#[test]
fn a_night_again_signs_nothing_new() {
    let place = Place::new();
    let entries = chain(6);
    land(&place, 0, "a.ndjson", &entries[..3]);
    land(&place, 1, "a.ndjson", &entries[3..]);
    nights(&place, 0..2);
    let signed = place.rows(HEADS);
    assert_eq!(signed.len(), 2);
    nights(&place, [1, 0, 1]);
    assert_eq!(place.rows(HEADS), signed);
    // As after a run that was killed before it could say what its tables came from …
    fs::remove_dir_all(place.warehouse().join("ops/lineage")).expect("a table");
    nights(&place, [0, 1]);
    assert_eq!(place.rows(HEADS), signed);
    // … and as after one that was killed between the findings and the head.
    let commit = place.warehouse().join("silver/ledger_heads/_delta_log/00000000000000000002.json");
    fs::remove_file(commit).expect("the commit of the second head");
    fs::remove_dir_all(place.warehouse().join("ops/lineage")).expect("a table");
    assert_eq!(place.rows(HEADS), signed[..1]);
    nights(&place, [1]);
    assert_eq!(place.rows(HEADS), signed);
    let told = assert_holds(&place);
    assert_eq!((told["entries"].as_u64(), told["nights_held"].as_u64()), (Some(6), Some(2)));
    assert_eq!(
        (&told["root"], &told["signed_by"]["head"]),
        (&signed[1][4].clone().into(), &signed[1][5].clone().into())
    );
}

/// Late files, days out of order and days without any come to the books of the right order.
#[test]
fn in_whatever_order_nights_run_the_findings_end_the_same() {
    let entries = chain(12);
    let mut broken = entries[7].clone();
    broken.hash = entries[0].hash.clone();
    let days = [
        vec![entries[0].clone(), entries[2].clone()],
        vec![entries[1].clone(), entries[5].clone(), entries[4].clone()],
        vec![entries[6].clone(), broken, entries[8].clone(), entries[5].clone()],
        vec![entries[11].clone(), entries[3].clone()],
    ];
    let books = |order: &[usize]| {
        let place = Place::new();
        for (step, day) in order.iter().enumerate() {
            // Each day lands just before its first night.
            if !order[..step].contains(day) {
                land(&place, *day, "a.ndjson", &days[*day]);
            }
            night(&place, *day);
        }
        let found = place.rows("SELECT dt, class, sequence, entry_id, detail FROM silver.ledger_findings");
        let latest = "SELECT dt, count, sequence, merkle_root FROM silver.ledger_heads AS one WHERE number = \
            (SELECT max(number) FROM silver.ledger_heads AS other WHERE other.dt = one.dt)";
        (counted(found), counted(place.rows(latest)), verify(&place, &[]).1["faults_of_heads"].clone())
    };
    let in_order = books(&[0, 1, 2, 3]);
    assert_eq!(in_order.2.as_array().map(Vec::len), Some(0));
    // Day 2 sends le_6 again, which stands there at first and is a replay once day 1 has landed.
    for order in [&[2, 0, 1, 3, 0, 1, 2, 3][..], &[3, 2, 1, 0, 0, 1, 2, 3], &[0, 3, 2, 1, 2, 3]] {
        let other = books(order);
        assert_eq!(other.0, in_order.0, "findings of {order:?}");
        assert_eq!(other.1, in_order.1, "heads of {order:?}");
        assert_eq!(other.2, in_order.2, "faults of heads of {order:?}");
    }
    // A night alone goes over all days that were skipped.
    let place = Place::new();
    for (day, entries) in days.iter().enumerate() {
        land(&place, day, "a.ndjson", entries);
        ingest(&place, day);
    }
    night(&place, 3);
    let alone = place.rows("SELECT dt, class, sequence, entry_id, detail FROM silver.ledger_findings");
    let last: Vec<_> = in_order.0.into_keys().filter(|row| row[0] == DAYS[3]).collect();
    assert_eq!(counted(alone), counted(last));
}

/// A file that lands late on a day that was signed extends the history, and takes nothing back.
#[test]
fn late_files_are_no_rewriting() {
    let place = Place::new();
    let entries = chain(6);
    land(&place, 0, "a.ndjson", &entries[..2]);
    land(&place, 1, "a.ndjson", &entries[3..5]);
    nights(&place, 0..2);
    assert_eq!(findings(&place, 1), ["SEQUENCE_GAP 3"]);
    land(&place, 0, "late.ndjson", &entries[2..3]);
    night(&place, 0);
    assert_eq!(findings(&place, 0), Vec::<String>::new());
    // The second night was signed without it, which is still true of what it sealed.
    assert_holds(&place);
    land(&place, 2, "a.ndjson", &entries[5..]);
    night(&place, 2);
    assert_eq!(findings(&place, 2), Vec::<String>::new());
    let told = assert_holds(&place);
    assert_eq!((told["heads"].as_u64(), told["nights_held"].as_u64()), (Some(4), Some(3)));
}
