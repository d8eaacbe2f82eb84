//! Insights from outside: a day is released once, to the byte, whatever happens in between and afterwards.

#[path = "insights/past.rs"]
mod past;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Ended, Place, root};

const DAY: &str = "2026-11-20";
const NEXT: &str = "2026-11-21";
const VIEWERS: u64 = 3_000;

/// A creator's two videos and, on each day, so many viewers who watch one of them.
fn area() -> Place {
    let place = Place::new();
    let content = |number: u64| {
        format!(
            "{{\"content_id\":\"co_{number}\",\"creator\":\"did:key:z6MkCreator\",\"title\":\"t\",\"duration_ms\":21000,\
             \"published_at\":\"2026-11-01T10:00:00Z\",\"visibility\":\"PUBLIC\",\"renditions\":[{{\"codec\":\"AVC\",\
             \"width\":720,\"height\":1280,\"framerate\":30,\"peak_kbps\":2400,\"bytes\":6300000}}]}}\n"
        )
    };
    place.land("delivery/content", DAY, "contents.ndjson", content(1) + &content(2));
    for day in [DAY, NEXT] {
        place.land("delivery/playback", day, "playbacks.ndjson", playbacks(day, "", 0..VIEWERS));
    }
    place
}

/// One playback of each viewer.
fn playbacks(day: &str, mark: &str, viewers: std::ops::Range<u64>) -> String {
    let mut lines = String::new();
    for viewer in viewers {
        let (video, hour, liked) =
            (1 + viewer % 2, viewer % 24, if viewer % 3 == 0 { "\"LIKE\"" } else { "" });
        let _ = writeln!(
            lines,
            "{{\"session_id\":\"ps_{day}_{mark}{viewer}\",\"viewer\":\"did:key:z6MkViewer{viewer}\",\"creator\":\"did:key:z6MkCreator\",\
             \"content_id\":\"co_{video}\",\"started_at\":\"{day}T{hour:02}:00:00Z\",\"watch_ms\":20000,\
             \"completed\":true,\"interactions\":[{liked}],\"region\":\"eu-central\",\"language\":\"sw\",\
             \"referrer\":\"FOR_YOU\",\"network\":\"4G\",\"device\":null,\"preferences\":null,\"qoe\":null,\"probes\":null}}"
        );
    }
    lines
}

/// The program with the place's file of keys, which lies apart from the warehouse.
fn keyed(place: &Place, arguments: &[&str]) -> Command {
    let secret = place.folder.path().join("secret");
    fs::create_dir_all(&secret).expect("a folder");
    let mut command = place.command(arguments);
    command.env("TTT_PSEUDONYMS_KEYS", secret.join("keys.toml"));
    command
}

fn keyed_run(place: &Place, arguments: &[&str]) -> Ended {
    let ended = Ended::of(keyed(place, arguments).output().expect("the program starts"));
    assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    ended
}

/// Runs a job for a day, which must end with 0.
fn night(place: &Place, job: &str, day: &str) -> Ended {
    keyed_run(place, &["run", job, "--date", day, "--quiet"])
}

fn ingested() -> Place {
    let place = area();
    keyed_run(&place, &["keys", "make", "--date", DAY]);
    for day in [DAY, NEXT] {
        place.night("ingest", day);
    }
    place
}

const RELEASED: &str =
    "SELECT * FROM gold.creator_insights_daily ORDER BY dt, creator, category, metric, dimension, key";
const EVENTS: &str = "SELECT release_id, event, nano_rho, nano_rho_spent FROM ops.privacy_ledger \
                      WHERE unit = 'viewer_creator_month' ORDER BY at, release_id";

fn value(place: &Place, day: &str, metric: &str, dimension: &str, key: &str) -> (f64, f64) {
    let query = format!(
        "SELECT value, noise_sigma FROM gold.creator_insights_daily WHERE dt = DATE '{day}' AND metric = '{metric}' \
         AND dimension = '{dimension}' AND key = '{key}'"
    );
    let rows = place.rows(&query);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    (rows[0][0].parse().expect("a value"), rows[0][1].parse().expect("a sigma"))
}

/// A released count is near the true one: within 5.3 deviations, and what rounding moves.
fn assert_near(place: &Place, day: &str, (metric, dimension, key): (&str, &str, &str), truth: u64) {
    let (value, sigma) = value(place, day, metric, dimension, key);
    let far = (value - truth as f64).abs();
    assert!(
        far <= 5.3 * sigma + 1.0,
        "{day} {metric} by {dimension} {key}: {value} ± {sigma}, {truth} in truth"
    );
}

/// The bytes of every file below a table's folder, its log apart.
fn files(place: &Place, table: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![place.warehouse().join(table)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => drop(files.insert(path.clone(), fs::read(path).expect("a file"))),
            }
        }
    }
    files
}

#[test]
fn a_day_is_released_once_and_near_the_truth() {
    let place = ingested();
    night(&place, "insights", DAY);
    night(&place, "insights", NEXT);
    for day in [DAY, NEXT] {
        assert_near(&place, day, ("unique_viewers", "total", "total"), VIEWERS);
        assert_near(&place, day, ("viewers", "region", "other"), VIEWERS);
        assert_near(&place, day, ("viewers", "referrer", "FOR_YOU"), VIEWERS);
        assert_near(&place, day, ("viewers", "hour", "07"), VIEWERS / 24);
        assert_near(&place, day, ("views", "total", "total"), VIEWERS);
        assert_near(&place, day, ("views", "content", "co_2"), VIEWERS / 2);
        assert_near(&place, day, ("watch_seconds", "total", "total"), VIEWERS * 20);
        assert_near(&place, day, ("likes", "total", "total"), VIEWERS / 3);
        assert_near(&place, day, ("tippers", "total", "total"), 0);
        // Nobody listed Swahili: so many viewers bring it above the threshold.
        assert_near(&place, day, ("viewers", "language", "sw"), VIEWERS);
        // Listed keys are there, where nobody was, too.
        assert_near(&place, day, ("viewers", "language", "ja"), 0);
    }
    assert_near(&place, DAY, ("returning_viewers", "total", "total"), 0);
    assert_near(&place, NEXT, ("returning_viewers", "total", "total"), VIEWERS);
    // Sums agree, none is below zero, intervals hold their values.
    let off = place.rows(
        "SELECT a.dt, a.metric, b.dimension, a.value, sum(b.value) FROM gold.creator_insights_daily a \
         JOIN gold.creator_insights_daily b ON a.dt = b.dt AND a.creator = b.creator AND a.dimension = 'total' \
         AND b.dimension <> 'total' AND ((a.metric = b.metric AND b.metric NOT IN ('rank', 'average_watch_seconds', 'completion_rate')) \
         OR (a.metric = 'unique_viewers' AND b.metric = 'viewers')) \
         GROUP BY a.dt, a.metric, b.dimension, a.value HAVING sum(b.value) <> a.value",
    );
    assert!(off.is_empty(), "{off:?}");
    let bad = "SELECT * FROM gold.creator_insights_daily WHERE value < 0 OR value < value_low OR value > value_high \
               OR policy IS NULL OR release_id IS NULL";
    assert!(place.rows(bad).is_empty(), "{:?}", place.rows(bad));
    let ledger = place.rows(EVENTS);
    let events: Vec<&str> = ledger.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(events, ["INTENT", "STORING", "RELEASED", "INTENT", "STORING", "RELEASED"]);
    assert_eq!(ledger[0][2], "16129032");
    assert_eq!(ledger[5][3], "32258064");
    // A run again, and all of the night again, change no byte.
    let (rows, bytes) = (place.rows(RELEASED), files(&place, "gold/creator_insights_daily"));
    let ended = night(&place, "insights", DAY);
    assert!(ended.stdout.contains("unchanged") || ended.stdout.contains("insights"), "{}", ended.stdout);
    night(&place, "nightly", DAY);
    assert_eq!(place.rows(RELEASED), rows);
    assert_eq!(files(&place, "gold/creator_insights_daily"), bytes);
    assert_eq!(place.rows(EVENTS), ledger);
}

/// Cuts a table back to its version: what a run leaves that ends before a later commit.
fn cut(place: &Place, table: &str, version: u64) {
    let log = place.warehouse().join(table).join("_delta_log");
    for entry in fs::read_dir(log).expect("a log").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.split('.').next().and_then(|stem| stem.parse::<u64>().ok());
        if number.is_some_and(|number| number > version) || name.starts_with('_') {
            fs::remove_file(entry.path()).expect("a version is removed");
        }
    }
}

fn events(place: &Place) -> Vec<(String, String)> {
    place.rows(EVENTS).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[test]
fn a_run_that_ends_anywhere_neither_overspends_nor_draws_again() {
    let place = ingested();
    night(&place, "insights", DAY);
    let (rows, first) = (place.rows(RELEASED), events(&place));
    let id = first[0].0.clone();
    assert_eq!(
        first.iter().map(|event| event.1.as_str()).collect::<Vec<_>>(),
        ["INTENT", "STORING", "RELEASED"]
    );
    let (ledger, table) = ("ops/privacy_ledger", "gold/creator_insights_daily");

    // Settled, and the table did not get its files: it gets the same.
    cut(&place, table, 0);
    assert!(place.rows(RELEASED).is_empty());
    night(&place, "insights", DAY);
    assert_eq!(place.rows(RELEASED), rows);
    assert_eq!(events(&place), first);

    // Stored, and not settled: what may have been seen is not drawn again for the same price.
    cut(&place, table, 0);
    cut(&place, ledger, 2);
    assert_eq!(events(&place).len(), 2);
    night(&place, "insights", DAY);
    let again = place.rows(EVENTS);
    let names: Vec<&str> = again.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(names, ["INTENT", "STORING", "ABANDONED", "INTENT", "STORING", "RELEASED"]);
    assert_eq!(again[5][3], "32258064", "the price of both counts");
    assert_ne!(again[5][0], id);
    assert_ne!(place.rows(RELEASED), rows, "the noise is new");

    // Reserved, and nothing was drawn: the same price pays.
    cut(&place, table, 0);
    cut(&place, ledger, 1);
    night(&place, "insights", DAY);
    assert_eq!(events(&place), first);

    // Nothing was committed at all.
    cut(&place, table, 0);
    cut(&place, ledger, 0);
    night(&place, "insights", DAY);
    assert_eq!(events(&place), first);

    // Rows that nothing pays for are not drawn beside.
    cut(&place, ledger, 0);
    let ended = place.run(&["run", "insights", "--date", DAY, "--quiet"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("no release in ops.privacy_ledger names"), "{}", ended.stderr);
}

#[test]
fn late_playbacks_count_on_the_day_that_is_released_next() {
    let place = ingested();
    night(&place, "insights", DAY);
    let rows = place.rows(RELEASED);
    // More viewers land in the day that is released.
    place.land("delivery/playback", DAY, "late.ndjson", playbacks(DAY, "late", VIEWERS..2 * VIEWERS));
    place.night("ingest", DAY);
    night(&place, "insights", DAY);
    assert_eq!(place.rows(RELEASED), rows, "a released day has changed");
    night(&place, "insights", NEXT);
    assert_near(&place, NEXT, ("unique_viewers", "total", "total"), 2 * VIEWERS);
    let day = |day: &str| format!("\"{day}\"");
    let until = place
        .rows("SELECT counted_until FROM ops.privacy_ledger WHERE event = 'RELEASED' ORDER BY day, unit");
    assert!(!until[0][0].contains(&day(NEXT)) && until[2][0].contains(&day(DAY)), "{until:?}");
    // They counted once.
    place.land("delivery/playback", "2026-11-22", "playbacks.ndjson", playbacks("2026-11-22", "", 0..10));
    place.night("ingest", "2026-11-22");
    night(&place, "insights", "2026-11-22");
    assert_near(&place, "2026-11-22", ("unique_viewers", "total", "total"), 10);
}

#[test]
fn the_end_of_the_budget_is_a_refusal() {
    let place = ingested();
    night(&place, "insights", DAY);
    let text = fs::read_to_string(root().join("jobs/policies/privacy.toml")).expect("the policy");
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from));
        let path = place.folder.path().join("privacy.toml");
        fs::write(&path, text.replace(from, to)).expect("a policy");
        path
    };
    // A month that may cost less than it has cost.
    let path = changed("\"0.5\"", "\"0.016\"");
    fs::write(&path, fs::read_to_string(&path).expect("it").replace("\"2\"", "\"0.064\"")).expect("a policy");
    let run = |path: &PathBuf| {
        let mut command = keyed(&place, &["run", "insights", "--date", NEXT, "--quiet"]);
        Ended::of(command.env("TTT_PRIVACY", path).output().expect("the program starts"))
    };
    let ended = run(&path);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let said = "viewer_creator_month of 2026-11 has spent 0.016129032 of 0.016";
    assert!(ended.stderr.contains(said) && ended.stderr.contains("hint"), "{}", ended.stderr);
    assert!(place.rows(RELEASED).iter().all(|row| !row.contains(&NEXT.to_owned())));
    // A policy that does not hold together, or is not there.
    let ended = run(&changed("hour = 600", "hour = 6000"));
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("[shares]"), "{}", ended.stderr);
    let ended = run(&place.folder.path().join("none.toml"));
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    // The day is released by the policy that holds.
    night(&place, "insights", NEXT);
}

/// Money is exact, and whoever was paid and has published nothing is told of it, too.
#[test]
fn revenue_is_that_of_the_statement() {
    let place = Place::new();
    let options = generate::Options {
        days: 1,
        escrows_per_day: 400,
        subscriptions_per_day: 20,
        playbacks_per_day: 300,
        access_per_day: 300,
        ..generate::Options::default()
    };
    generate::generate(&place.landing(), &place.folder.path().join("key"), &options, &|_, _| {})
        .expect("an area");
    place.night("nightly", DAY);
    let told = place.rows(
        "SELECT creator, key, value FROM gold.creator_insights_daily WHERE metric = 'net' AND noise_sigma = 0 \
         AND value_low = value AND value_high = value ORDER BY creator, key",
    );
    let stated = place.rows(
        "SELECT creator, currency, sum(net) FROM gold.creator_statement_daily \
         WHERE standing IN ('SETTLED', 'REVERSED') GROUP BY creator, currency ORDER BY creator, currency",
    );
    assert!(!stated.is_empty());
    assert_eq!(told, stated);
    let off = place.rows(
        "SELECT creator, key FROM gold.creator_insights_daily WHERE category = 'revenue' AND dimension = 'currency' \
         GROUP BY creator, key HAVING sum(CASE WHEN metric IN ('tips', 'subscriptions') THEN value ELSE -value END) <> 0",
    );
    assert!(off.is_empty(), "gross is not fees and net: {off:?}");
    // Every creator with a content is told the same metrics, whoever watched.
    let told = place.rows(
        "SELECT count(*), count(DISTINCT cells) FROM (SELECT creator, count(*) AS cells FROM gold.creator_insights_daily \
         WHERE dimension IN ('region', 'device_class', 'referrer', 'hour') GROUP BY creator)",
    );
    assert_eq!(told[0][1], "1", "{told:?}");
    let keys = place.rows(
        "SELECT dt, creator, category, metric, dimension, key FROM gold.creator_insights_daily \
         GROUP BY dt, creator, category, metric, dimension, key HAVING count(*) > 1",
    );
    assert!(keys.is_empty(), "{keys:?}");
}
