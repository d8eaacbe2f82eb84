//! What a night knows of those before: who returns, by keys that end; and that nights that are run again change nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{DAY, NEXT, RELEASED, VIEWERS, area, assert_near, files, ingested, keyed_run, night, playbacks};
use crate::support::Place;

/// Without a key it is not written down who was here; so nobody can say who returns, and nothing is said of it.
#[test]
fn without_a_key_nothing_is_kept_and_nothing_said_of_who_returns() {
    let place = area();
    let presence = "SELECT count(*) FROM silver.viewer_presence";
    let returning = "SELECT count(*) FROM gold.creator_insights_daily WHERE metric = 'returning_viewers'";
    place.night("ingest", DAY);
    let ended = place.run(&["run", "insights", "--date", DAY]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let said = "there is no key of pairs of 2026-11";
    assert!(ended.stdout.contains(said) || ended.stderr.contains(said), "{}{}", ended.stdout, ended.stderr);
    assert_near(&place, DAY, ("unique_viewers", "total", "total"), VIEWERS);
    assert_eq!(
        (place.rows(presence), place.rows(returning)),
        (vec![vec!["0".to_owned()]], vec![vec!["0".to_owned()]])
    );
    // From the first day with a key on it is.
    keyed_run(&place, &["keys", "make", "--date", NEXT]);
    place.night("ingest", NEXT);
    night(&place, "insights", NEXT);
    assert_eq!(place.rows(presence), [[VIEWERS.to_string()]]);
    assert_near(&place, NEXT, ("returning_viewers", "total", "total"), 0);
}

/// Months have keys of their own, under which the same pair has another hash: still it is known who returns, as long
/// as the key of the month before is there.
#[test]
fn viewers_return_across_the_turn_of_a_month() {
    let (last, first) = ("2026-11-30", "2026-12-01");
    for is_destroyed in [false, true] {
        let place = ingested();
        for day in [last, first] {
            place.land("delivery/playback", day, "playbacks.ndjson", playbacks(day, "", 0..VIEWERS));
            place.night("ingest", day);
        }
        night(&place, "insights", last);
        keyed_run(&place, &["keys", "make", "--date", first]);
        if is_destroyed {
            let said = keyed_run(&place, &["keys", "destroy", "--date", "2027-01-05"]);
            assert!(said.stdout.contains("pairs-2026-11: destroyed"), "{}", said.stdout);
        }
        night(&place, "insights", first);
        let returned = if is_destroyed { 0 } else { VIEWERS };
        assert_near(&place, first, ("returning_viewers", "total", "total"), returned);
        let pairs = place.rows("SELECT count(*), count(DISTINCT pair_hash) FROM silver.viewer_presence");
        assert_eq!(pairs, [[(2 * VIEWERS).to_string(), (2 * VIEWERS).to_string()]]);
    }
}

/// The bytes of all that is released and exported.
fn told(place: &Place) -> BTreeMap<PathBuf, Vec<u8>> {
    let tables = ["gold/creator_insights_daily", "ops/privacy_ledger", "silver/viewer_presence", "reports"];
    tables.iter().flat_map(|table| files(place, table)).filter(|(path, _)| !is_log(path)).collect()
}

fn is_log(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "_delta_log")
}

#[test]
fn last_week_again_changes_no_byte() {
    let place = Place::new();
    let (from, to) = ("2026-11-16", "2026-11-22");
    let options = generate::Options {
        from: from.parse().expect("a day"),
        days: 7,
        escrows_per_day: 40,
        subscriptions_per_day: 4,
        playbacks_per_day: 120,
        access_per_day: 120,
        ..generate::Options::default()
    };
    generate::generate(&place.landing(), &place.folder.path().join("key"), &options, &|_, _| {})
        .expect("an area");
    let week = || keyed_run(&place, &["run", "nightly", "--from", from, "--to", to, "--quiet"]);
    week();
    let released =
        "SELECT count(DISTINCT dt) FROM gold.creator_insights_daily WHERE metric = 'returning_viewers'";
    assert_eq!(place.rows(released), [["7"]]);
    let (before, rows) = (told(&place), place.rows(RELEASED));
    let named = |part: &str| before.keys().filter(|path| path.to_string_lossy().contains(part)).count();
    assert!(named("creator_insights_daily") >= 7 && named("privacy_ledger") >= 21, "{:?}", before.keys());
    assert!(named("report.html") > 1 && named("manifest.json") == named("report.pdf"), "{:?}", before.keys());
    week();
    let after = told(&place);
    let changed: Vec<_> = before.iter().filter(|(path, bytes)| after.get(*path) != Some(bytes)).collect();
    assert!(changed.is_empty(), "{:?}", changed.iter().map(|(path, _)| path).collect::<Vec<_>>());
    let new: Vec<_> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(new.is_empty(), "{new:?}");
    assert_eq!(place.rows(RELEASED), rows);
}
