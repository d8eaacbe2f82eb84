//! Estimates from outside: a small landing area written by hand, and what must come of it.

#[path = "estimates/landing.rs"]
mod landing;

use landing::{Bytes, Playback, access, contents, nodes, playbacks};

use crate::support::{Place, assert_same, counted};

const DEMAND: &str = "SELECT region, codec, content_class, requests, bytes, sessions, peak_hour, peak_hour_bytes, \
    common_hour, common_hour_bytes, node_region_requests, node_region_bytes, unknown_content_requests, \
    assumed_codec_requests FROM silver.route_demand";
const PROBES: &str = "SELECT region, codec, content_class, node_id, is_known_node, chosen_by, samples, rtt_ms_sum, \
    rtt_ms_squared_sum, propensity_inverse_sum, propensity_inverse_squared_sum, rtt_ms_weighted_sum, \
    rtt_ms_weighted_twice_sum, rtt_ms_squared_weighted_sum, rtt_ms_squared_weighted_twice_sum, \
    throughput_samples, throughput_kbps_sum FROM silver.route_probes";
const LEVELS: &str = "SELECT region, codec, content_class, node_id, level, samples, random_samples, \
    own_rtt_ms_mean FROM silver.route_estimates";
const EXCLUSIONS: &str = "SELECT source, reason, count, bytes FROM silver.route_exclusions";

/// Asserts that a query gives the rows of a table: blanks between columns, `-` for null.
fn check(what: &str, place: &Place, query: &str, expected: &str) {
    let lines = expected.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim());
    let texts = |line: &str| line.split_whitespace().map(|text| text.trim_matches('-').to_owned()).collect();
    let expected = counted(lines.filter(|line| !line.is_empty()).map(texts));
    assert_same(what, &counted(place.rows(query)), &expected);
}

const NODES: &str = "
    n1 eu AVC,AV1,H3 AVAILABLE
    n2 us AVC        AVAILABLE
    n3 us AVC,AV1    DRAINED    # nobody measures it
";
const CONTENTS: &str = "
    c_short 60000 AVC,AV1
    c_long  60001 AVC
";
/// Session, region, content, codecs of the device; below it its probes: node, round trip, throughput, chooser,
/// propensity.
const PLAYBACKS: &[Playback] = &[
    ("s1", "eu", "c_short", "AVC,AV1", &["n1 10 1000 POLICY 0.5", "n2 100 500 RANDOM 0.25"]),
    ("s2", "eu", "c_short", "AVC,AV1", &["n1 20 2000 POLICY 1.0"]),
    ("s3", "us", "c_long", "AVC,AV1", &["n2 5 - POLICY 0.8", "n9 50 100 POLICY 1.0"]),
    ("s4", "-", "c_short", "AVC", &["n1 10 1000 POLICY 0.5"]),
];
const ACCESS: &[Bytes] = &[
    ("2026-11-20 10:00:00", "n1", "1000", "/v/c_short/AV1/720/1.m4s", "s1"),
    ("2026-11-20 10:30:00", "n1", "3000", "/v/c_short/AV1/720/2.m4s", "s1"),
    ("2026-11-20 11:00:00", "n1", "5000", "/v/c_short/AVC/720/1.m4s", "s2"),
    ("2026-11-20 11:10:00", "n2", "700", "/v/c_short/AV1/720/2.m4s", "s2"),
    ("2026-11-20 11:20:00", "n2", "400", "/v/c_long/AVC/720/1.m4s", "ghost"),
    ("2026-11-20 12:00:00", "n9", "90", "/v/c_long/AVC/720/1.m4s", "-"),
    ("2026-11-20 12:05:00", "n1", "10", "/robots.txt", "-"),
    ("2026-11-19 23:00:00", "n1", "2000", "/v/c_none/AV1/720/1.m4s", "s1"),
    ("2026-11-20 12:10:00", "n1", "-", "/v/c_short/AVC/720/1.m4s", "s2"),
];

fn landed(dt: &str) -> Place {
    let place = Place::new();
    nodes(&place, dt, NODES);
    contents(&place, dt, CONTENTS);
    playbacks(&place, dt, PLAYBACKS);
    access(&place, dt, "log", ACCESS);
    place
}

fn night(place: &Place, dt: &str) {
    place.night("ingest", dt);
    place.night("estimates", dt);
}

const EXPECTED_DEMAND: &str = "
    eu AV1 SHORT 4 6700 2 10 4000 11 700  0 0   1 0  # with the late request of a content nobody knows
    eu AVC SHORT 3 5010 1 11 5000 11 5000 1 10  1 1
    us AVC LONG  1 400  0 11 400  11 400  1 400 0 0
";
const EXPECTED_PROBES: &str = "
    eu AV1 SHORT n1 true  POLICY 1 10.0  100.0   2.0  4.0    20.0  40.0   200.0   400.0    1 1000.0
    eu AV1 SHORT n2 true  RANDOM 1 100.0 10000.0 4.0  16.0   400.0 1600.0 40000.0 160000.0 1 500.0
    eu AVC SHORT n1 true  POLICY 1 20.0  400.0   1.0  1.0    20.0  20.0   400.0   400.0    1 2000.0
    us AVC LONG  n2 true  POLICY 1 5.0   25.0    1.25 1.5625 6.25  7.8125 31.25   39.0625  0 0.0
    us AVC LONG  n9 false POLICY 1 50.0  2500.0  1.0  1.0    50.0  50.0   2500.0  2500.0   1 100.0
";
const EXPECTED_LEVELS: &str = "
    eu AV1 SHORT n1 CELL         1 0 10.0
    eu AV1 SHORT n2 CELL         1 1 100.0
    eu AV1 SHORT n3 REGION_PAIR  0 0 -
    eu AVC SHORT n1 CELL         1 0 20.0
    eu AVC SHORT n2 REGION_CLASS 0 0 -
    eu AVC SHORT n3 REGION_PAIR  0 0 -
    us AVC LONG  n1 NODE         0 0 -
    us AVC LONG  n2 CELL         1 0 5.0
    us AVC LONG  n3 REGION_PAIR  0 0 -
    us AVC LONG  n9 CELL         1 0 50.0
";
const EXPECTED_EXCLUSIONS: &str = "
    delivery/access   REGION_UNKNOWN      1 90
    delivery/playback REGION_MISSING      1 -
    delivery/playback THROUGHPUT_UNUSABLE 1 -
";

#[test]
fn a_day_written_by_hand_is_estimated() {
    let place = landed("2026-11-20");
    night(&place, "2026-11-20");
    check("demand", &place, DEMAND, EXPECTED_DEMAND);
    check("probes", &place, PROBES, EXPECTED_PROBES);
    check("estimates", &place, LEVELS, EXPECTED_LEVELS);
    check("exclusions", &place, EXCLUSIONS, EXPECTED_EXCLUSIONS);
    // The two cells that measured n1 did so once: their difference may be chance, and both get the mean.
    check(
        "shrunk",
        &place,
        "SELECT codec, rtt_weight, abs(rtt_ms_mean - parent_rtt_ms_mean) < 1e-9 AS is_parents, \
         rtt_ms_mean BETWEEN 15 AND 16 AS is_between FROM silver.route_estimates WHERE node_id = 'n1' AND region = 'eu'",
        "AV1 0.0 true true
         AVC 0.0 true true",
    );
    // What nobody measured is told by regions: from us to the us node about 5, from eu to it about 100.
    check(
        "predicted",
        &place,
        "SELECT region, codec, rtt_ms_mean < 20 AS is_near FROM silver.route_estimates WHERE node_id = 'n3'",
        "us AVC true
         eu AVC false
         eu AV1 false",
    );
    // In the order of their keys, with a region where the inventory has one.
    check(
        "regions of nodes",
        &place,
        "SELECT DISTINCT node_id, node_region FROM silver.route_estimates",
        "n1 eu
         n2 us
         n3 us
         n9 -",
    );
    let again = place.run(&["run", "estimates", "--date", "2026-11-20"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("nothing it is made from has changed"), "{}", again.stderr);
}

#[test]
fn shards_and_threads_change_nothing() {
    let place = landed("2026-11-20");
    place.night("ingest", "2026-11-20");
    let everything = |place: &Place| {
        ["demand", "probes", "estimates", "exclusions"]
            .map(|table| place.rows(&format!("SELECT * FROM silver.route_{table}")))
    };
    place.night("estimates", "2026-11-20");
    let whole = everything(&place);
    for (shard, threads) in [("1", "1"), ("2", "3")] {
        let mut command = place.command(&["run", "estimates", "--date", "2026-11-20", "--quiet"]);
        command.env("TTT_ROUTE_SESSIONS_PER_SHARD", shard).env("TTT_THREADS", threads);
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(everything(&place) == whole, "{shard} sessions a shard");
    }
}

#[test]
fn a_night_without_delivery_is_empty_and_ends_well() {
    let place = Place::new();
    place.land("payments/wallet", "2026-11-20", "empty.ndjson", "");
    let ended = place.night("nightly", "2026-11-20");
    assert_eq!(ended.code, 0);
    for table in ["demand", "probes", "estimates", "exclusions"] {
        assert!(place.rows(&format!("SELECT * FROM silver.route_{table}")).is_empty(), "{table}");
    }
    let spoken = place.run(&["run", "estimates", "--date", "2026-11-21"]);
    assert_eq!(spoken.code, 0, "{}", spoken.stderr);
    for said in ["no inventory of nodes has landed", "no probe in 7 days: nothing can be estimated"] {
        assert!(spoken.stderr.contains(said), "{}", spoken.stderr);
    }
}

#[test]
fn demand_without_probes_and_probes_without_demand() {
    let place = Place::new();
    nodes(&place, "2026-11-20", NODES);
    contents(&place, "2026-11-20", CONTENTS);
    access(&place, "2026-11-20", "log", &ACCESS[..1]);
    playbacks(&place, "2026-11-20", &[("s1", "eu", "c_short", "AVC,AV1", &[])]);
    night(&place, "2026-11-20");
    check("demand", &place, DEMAND, "eu AV1 SHORT 1 1000 1 10 1000 10 1000 0 0 0 0");
    assert!(place.rows(LEVELS).is_empty());
    // The day after has probes alone, and the inventory and contents of the day before.
    playbacks(&place, "2026-11-21", &[("s9", "eu", "c_short", "AVC", &["n2 40 800 RANDOM 0.02"])]);
    night(&place, "2026-11-21");
    check(
        "estimates of one sample",
        &place,
        "SELECT codec, node_id, level, samples, round(rtt_ms_mean, 6) AS mean, rtt_weight, \
         round(throughput_kbps_p10 / 800, 2) AS throughput FROM silver.route_estimates WHERE dt = DATE '2026-11-21'",
        "AVC n1 ALL         0 40.0 0.0 1.0
         AVC n2 CELL        1 40.0 0.0 1.0
         AVC n3 REGION_PAIR 0 40.0 0.0 1.0",
    );
    check("demand of no requests", &place, &format!("{DEMAND} WHERE dt = DATE '2026-11-21'"), "");
}

#[test]
fn late_logs_find_the_session_of_the_day_before() {
    let place = Place::new();
    nodes(&place, "2026-11-20", NODES);
    playbacks(&place, "2026-11-20", &PLAYBACKS[..2]);
    night(&place, "2026-11-20");
    access(&place, "2026-11-21", "log", &ACCESS[..4]);
    night(&place, "2026-11-21");
    // No content has landed: all are SHORT. The hours are those of the day on which it was asked.
    check(
        "demand of the night on which it landed",
        &place,
        DEMAND,
        "eu AV1 SHORT 3 4700 2 10 4000 11 700  0 0 3 0
         eu AVC SHORT 1 5000 1 11 5000 11 5000 0 0 1 0",
    );
}

#[test]
fn probes_of_the_last_days_count_alike() {
    let place = Place::new();
    nodes(&place, "2026-11-20", NODES);
    for (day, rtt) in [("2026-11-20", "10"), ("2026-11-21", "40"), ("2026-11-22", "70")] {
        let probe = format!("n1 {rtt} 1000 POLICY 0.5");
        playbacks(&place, day, &[(&format!("s{rtt}"), "eu", "c", "AVC", &[&probe, &probe])]);
        night(&place, day);
    }
    let means = "SELECT dt, samples, own_rtt_ms_mean FROM silver.route_estimates WHERE node_id = 'n1'";
    check("all days", &place, means, "2026-11-20 2 10.0\n 2026-11-21 4 25.0\n 2026-11-22 6 40.0");
    let mut command = place.command(&["run", "estimates", "--date", "2026-11-22", "--quiet"]);
    command.env("TTT_ROUTE_WINDOW_DAYS", "2");
    assert!(command.output().expect("the program starts").status.success());
    check("two days", &place, &format!("{means} AND dt = DATE '2026-11-22'"), "2026-11-22 4 55.0");
    // Logs that come late change the nights that were made of them: the later ones are made anew.
    let late: &[Playback] = &[("s99", "eu", "c", "AVC", &["n1 100 1000 POLICY 0.5"])];
    landing::playbacks_in(&place, "2026-11-21", "late", late);
    night(&place, "2026-11-21");
    check(
        "after a late file",
        &place,
        means,
        "2026-11-20 2 10.0\n 2026-11-21 5 40.0\n 2026-11-22 7 48.57142857142857",
    );
}

#[test]
fn what_players_cannot_have_measured_is_excluded_and_counted() {
    let place = Place::new();
    nodes(&place, "2026-11-20", NODES);
    let probes: &[&str] = &[
        "n1 10 1000 POLICY 0.5",
        "n1 10 1000 POLICY 0",
        "n1 10 1000 POLICY -0.1",
        "n1 10 1000 POLICY 1.5",
        "n1 10 1000 POLICY -",
        "n1 0 1000 POLICY 0.5",
        "n1 -20 1000 POLICY 0.5",
        "n1 90000 1000 POLICY 0.5",
        "n1 - 1000 POLICY 0.5",
        "- 10 1000 POLICY 0.5",
        "n1 10 1000 - 0.5",
        "n1 10 0 POLICY 0.5",
    ];
    playbacks(&place, "2026-11-20", &[("s1", "eu", "c", "AVC", probes)]);
    access(
        &place,
        "2026-11-20",
        "log",
        &[
            ("2026-11-20 10:00:00", "n1", "99999999999999999", "/v/c/AVC/720/1.m4s", "s1"),
            ("1999-01-01 10:00:00", "n1", "5", "/v/c/AVC/720/1.m4s", "s1"),
        ],
    );
    night(&place, "2026-11-20");
    check(
        "exclusions",
        &place,
        EXCLUSIONS,
        "
        delivery/access   BYTES_OUT_OF_RANGE      1 0
        delivery/playback CHOOSER_MISSING         1 -
        delivery/playback NODE_MISSING            1 -
        delivery/playback PROPENSITY_MISSING      1 -
        delivery/playback PROPENSITY_OUT_OF_RANGE 3 -
        delivery/playback ROUND_TRIP_MISSING      1 -
        delivery/playback ROUND_TRIP_OUT_OF_RANGE 3 -
        delivery/playback THROUGHPUT_UNUSABLE     1 -
    ",
    );
    check("what is left", &place, "SELECT samples, throughput_samples FROM silver.route_probes", "2 1");
    // A request of another time has bytes, but no hour that could be the busiest.
    check("demand", &place, DEMAND, "eu AVC SHORT 1 5 1 - 0 - 0 0 0 1 0");
}
