//! Quality from outside: sessions rebuilt from logs written by hand, and ladders that fit or do not.

#[path = "quality/landing.rs"]
mod landing;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use generate::{Compression, Ladder, Options};

use crate::support::{Place, assert_same, counted, key};
use landing::{Request, Session, access, contents, playbacks};

const SESSIONS: &str = "SELECT p.session_id, v.dt, v.playback_dt, v.source, v.requests, v.requests_landed, \
    array_to_string(v.trace_duration_ms, ',') AS durations, array_to_string(v.trace_kbps, ',') AS kbps, \
    v.logged_switches, v.logged_stalls FROM silver.viewing_sessions AS v \
    JOIN bronze.playbacks AS p ON p.key_hash = v.session_hash";
const EXCLUSIONS: &str = "SELECT dt, subject, reason, count FROM silver.quality_exclusions";

/// Asserts that a query gives the rows of a table: blanks between columns, `-` for null or nothing.
fn check(what: &str, place: &Place, query: &str, expected: &str) {
    let lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let texts = |line: &str| {
        line.split_whitespace()
            .map(|text| if text == "-" { String::new() } else { text.to_owned() })
            .collect()
    };
    assert_same(what, &counted(place.rows(query)), &counted(lines.map(texts)));
}

/// Session, start, region, network.
const FIRST: &[Session] = &[
    ("s1", "2026-11-20T10:00:00Z", "eu", "4G"),
    ("s2", "2026-11-20T10:00:00Z", "eu", "4G"),
    ("s3", "2026-11-20T10:00:00Z", "eu", "-"),
];
/// Time, path, bytes, first byte, time taken, result, query.
const FIRST_LOG: &[Request] = &[
    // One sid in every way in which it is written; the keys in any order, of both versions.
    ("10:00:01", "AVC/640/00000", "125000", "0.050", "0.550", "Miss", "CMCD=br%3D800%2Csid%3D%22s1%22"),
    ("10:00:03", "AVC/640/00001", "250000", "0.100", "1.100", "Miss", "CMCD=sid%253D%2522s1%2522%252Cbs"),
    ("10:00:02", "AVC/640/00002", "999999", "0.001", "0.100", "Hit", "CMCD=br%3D%28800%3Bv%29%2Csid%3Ds1"),
    ("10:00:06", "HEVC/1280/00003", "125000", "0.100", "0.600", "Miss", "x=1&CMCD%3Dsid%253D%2522s1%2522"),
    ("10:00:07", "HEVC/1280/00004", "1000", "0.100", "0.110", "Miss", "CMCD=sid%3D%22s1%22%2Cv%3D2"),
    ("10:00:08", "HEVC/1280/00005", "40000", "0.100", "0.110", "Error", "CMCD=sid%3D%22s1%22"),
    // No sid, CMCD that is none, a sid of nobody, a page's icon.
    ("10:00:01", "AVC/640/00000", "125000", "0.050", "0.550", "Miss", "-"),
    ("10:00:01", "AVC/640/00000", "125000", "0.050", "0.550", "Miss", "CMCD=%%%"),
    ("10:00:01", "AVC/640/00000", "125000", "0.050", "0.550", "Miss", "CMCD=sid%3D%22nobody%22"),
    ("10:00:01", "icon", "125000", "0.050", "0.550", "Miss", "CMCD=sid%3D%22s1%22"),
    // A session of no cohort is rebuilt all the same.
    ("10:00:01", "AVC/640/00000", "125000", "-", "1.000", "Miss", "CMCD=sid%3D%22s3%22%2Cmtp%3D900"),
    // Of a playback that lands a day late.
    ("23:59:58", "AVC/640/00000", "125000", "-", "1.000", "Miss", "CMCD=sid%3D%22s4%22"),
];
const SECOND: &[Session] = &[("s4", "2026-11-20T23:59:50Z", "eu", "WIFI")];
const SECOND_LOG: &[Request] = &[
    ("00:00:05", "AVC/640/00001", "250000", "-", "1.000", "Miss", "CMCD=sid%3D%22s4%22"),
    // Too late for one, in time for the other.
    ("00:00:06", "AVC/640/00009", "125000", "-", "1.000", "Miss", "CMCD=sid%3D%22s1%22"),
    ("00:00:07", "AVC/640/00000", "125000", "-", "0.500", "Miss", "CMCD=sid%3D%22s2%22"),
];

fn landed() -> Place {
    let place = Place::new();
    contents(&place, "2026-11-20");
    playbacks(&place, "2026-11-20", FIRST);
    access(&place, "2026-11-20", FIRST_LOG);
    playbacks(&place, "2026-11-21", SECOND);
    access(&place, "2026-11-21", SECOND_LOG);
    place
}

#[test]
fn sessions_are_rebuilt_by_the_logs_of_two_nights() {
    let place = landed();
    for dt in ["2026-11-20", "2026-11-21"] {
        place.night("nightly", dt);
    }
    check(
        "sessions",
        &place,
        SESSIONS,
        "
        s1 2026-11-20 2026-11-20 BYTES 6 6 500,2000,3000 2000,2000,2000 1 1
        s3 2026-11-20 2026-11-20 BYTES 1 1 1000          1000           0 0
        s2 2026-11-21 2026-11-20 BYTES 1 1 500           2000           0 0
        s4 2026-11-21 2026-11-21 BYTES 2 1 1000,7000     1000,2000      0 0
    ",
    );
    check(
        "exclusions",
        &place,
        EXCLUSIONS,
        "
        2026-11-20 REQUEST  SESSION_MISSING 2
        2026-11-20 REQUEST  SESSION_UNKNOWN 2
        2026-11-20 REQUEST  NOT_A_SEGMENT   1
        2026-11-20 CHUNK    HIT             1
        2026-11-20 CHUNK    TINY            1
        2026-11-20 CHUNK    FAILED          1
        2026-11-20 SESSION  WAITING         1
        2026-11-20 EVIDENCE COHORT_UNKNOWN  1
        2026-11-21 REQUEST  SESSION_REBUILT 1
    ",
    );
    // A cohort of a few viewers keeps what is served.
    check(
        "plans",
        &place,
        "SELECT dt, region, network, device_class, data_saver, decision, reason, evidence, cardinality(current) AS c, \
         cap_kbps > 0 AS has_cap FROM gold.quality_plan",
        "
        2026-11-20 eu 4G   PHONE false KEEP FEW_VIEWERS 1 2 true
        2026-11-21 eu 4G   PHONE false KEEP FEW_VIEWERS 1 2 true
        2026-11-21 eu WIFI PHONE false KEEP FEW_VIEWERS 1 2 true
    ",
    );
    let viewers = place.rows("SELECT DISTINCT viewer_hash FROM silver.viewing_sessions");
    assert_eq!(viewers.len(), 1, "all are of one viewer");
    let ended = place.run(&["run", "quality", "--date", "2026-11-21"]);
    assert_eq!(ended.stderr.matches("nothing it is made from has changed").count(), 5, "{}", ended.stderr);
}

#[test]
fn a_viewer_is_another_hash_under_another_key() {
    let hashes = ["first", "second"].map(|key| {
        let place = landed();
        place.night("ingest", "2026-11-20");
        let mut command = place.command(&["run", "sessions", "--date", "2026-11-20", "--quiet"]);
        assert!(command.env("TTT_QUALITY_VIEWER_KEY", key).output().expect("it runs").status.success());
        place.rows("SELECT DISTINCT viewer_hash FROM silver.viewing_sessions")
    });
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn wrong_settings_are_refused() {
    let place = Place::new();
    for (key, value) in
        [("HELD_OUT_SHARE", "1.5"), ("WINDOW_DAYS", "0"), ("BASE_KBPS", "0.0"), ("COLOUR", "1")]
    {
        let mut command = place.command(&["run", "quality", "--date", "2026-11-20"]);
        let output = command.env(format!("TTT_QUALITY_{key}"), value).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{key}");
    }
}

/// A day of delivery with a ladder.
fn generated(ladder: Ladder) -> Place {
    let place = Place::new();
    let options = Options {
        ladder,
        days: 1,
        escrows_per_day: 20,
        subscriptions_per_day: 2,
        playbacks_per_day: 24_000,
        access_per_day: 240_000,
        contents_per_day: 300,
        compression: Compression::Plain,
        from: NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day"),
        ..Options::default()
    };
    let key = place.folder.path().join("key");
    generate::generate(&place.landing(), &key, &options, &|_, _| {}).expect("an area");
    place.night("ingest", "2026-11-20");
    place.night("quality", "2026-11-20");
    place
}

/// Region, network, decision, reason, stalls a second watched with what is served and with what was tried.
const PLANS: &str = "SELECT region, network, decision, reason, rebuffer_current, rebuffer_planned, qoe_current, \
    qoe_planned, ci_low FROM gold.quality_plan WHERE reason <> 'FEW_VIEWERS'";

#[test]
fn a_ladder_that_is_too_high_is_found_and_corrected() {
    let place = generated(Ladder::Oversized);
    let truth = key(&place.folder.path().join("key"), "delivery_ladders");
    let too_high: BTreeSet<(String, String)> = truth
        .into_keys()
        .filter(|row| row[6] == "true")
        .map(|row| (row[1].clone(), row[2].clone()))
        .collect();
    assert!(too_high.len() >= 8 && too_high.iter().all(|(_, network)| network != "WIRED"), "{too_high:?}");
    let (mut judged, mut adopted) = (0, 0);
    for row in place.rows(PLANS) {
        let number = |column: usize| row[column].parse::<f64>().expect("a number");
        let is_adopted = row[2] == "ADOPT";
        if is_adopted {
            assert!(number(8) > 0.0 && number(5) <= number(4) && number(7) > number(6), "{row:?}");
        }
        if row[1] == "3G" && too_high.contains(&(row[0].clone(), row[1].clone())) {
            (judged, adopted) = (judged + 1, adopted + usize::from(is_adopted));
            assert!(number(4) > 0.1, "the planted ladder stalls: {row:?}");
        }
    }
    assert!(judged >= 1 && adopted == judged, "{adopted} of {judged}");
    // Contents of film, of the usual and of twice the frames.
    let framerates = "SELECT DISTINCT framerate FROM (SELECT unnest(renditions)['framerate'] AS framerate \
        FROM silver.quality_ladders)";
    let found: BTreeSet<String> = place.rows(framerates).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(found, ["24", "30", "60"].map(str::to_owned).into());
    // What is adopted begins where the network still carries it, and what is kept is what is served.
    let wrong = "SELECT region, network FROM gold.quality_plan WHERE decision = 'KEEP' AND cardinality(current) > 0 AND \
        (cardinality(ladder) <> cardinality(current) OR cardinality(ladder) <> cardinality(array_intersect(ladder, current)))";
    assert_eq!(place.rows(wrong), Vec::<Vec<String>>::new());
}

#[test]
fn a_ladder_that_fits_is_kept() {
    let place = generated(Ladder::Fitted);
    let rows = place.rows(PLANS);
    let adopted = rows.iter().filter(|row| row[2] == "ADOPT").count();
    assert!(rows.len() >= 15 && adopted * 20 <= rows.len(), "{adopted} of {}: {rows:?}", rows.len());
}
