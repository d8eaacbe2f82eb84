//! The whole delivery strategy from outside: every context has one, each part is what its own plan says, and a content
//! is offered as what it has.

use std::collections::{BTreeMap, BTreeSet};

use generate::{Compression, Options};
use serde_json::{Value, json};

use crate::support::{Place, assert_same, counted};

const DAY: &str = "2026-11-20";

/// A clean area of one day, planned.
fn planned() -> Place {
    let place = Place::generated(&Options {
        days: 1,
        escrows_per_day: 10,
        subscriptions_per_day: 0,
        playbacks_per_day: 400,
        access_per_day: 5_000,
        nodes: 12,
        files_per_source: 1,
        compression: Compression::Plain,
        fault_rate: 0.0,
        replay_rate: 0.0,
        bad_line_rate: 0.0,
        late_rate: 0.0,
        ..Options::default()
    });
    let ended = place.night("nightly", DAY);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    place
}

/// Codec, height and peak of each rendition.
fn renditions(found: &Value) -> Vec<(String, u64, u64)> {
    let one = |rung: &Value| {
        let number = |name: &str| rung[name].as_u64().expect("a number");
        (rung["codec"].as_str().expect("a codec").to_owned(), number("height"), number("peak_kbps"))
    };
    found.as_array().expect("renditions").iter().map(one).collect()
}

#[test]
fn every_content_and_context_has_a_strategy() {
    let place = planned();
    contexts_are_as_their_plans(&place);
    let mut contents: BTreeMap<String, BTreeSet<(String, u64, u64)>> = BTreeMap::new();
    let query = "SELECT content_id, rung['codec'], rung['height'], rung['peak_kbps'] FROM (SELECT content_id, \
                 unnest(renditions) AS rung FROM bronze.contents WHERE NOT conflict) ORDER BY 1";
    for row in place.rows(query) {
        let number = |text: &String| text.parse().expect("a number");
        contents.entry(row[0].clone()).or_default().insert((
            row[1].clone(),
            number(&row[2]),
            number(&row[3]),
        ));
    }
    let region = place.rows("SELECT region FROM gold.route_plan ORDER BY 1 LIMIT 1")[0][0].clone();
    let contexts: [&[&str]; 4] = [
        &["--region", &region, "--network", "4G", "--device", "PHONE"],
        &["--region", &region, "--network", "wired", "--device", "tv", "--codecs", "AVC,HEVC"],
        &["--region", "nowhere", "--network", "3G", "--device", "TABLET", "--data-saver", "--codecs", "avc"],
        &["--region", "nowhere", "--network", "WIFI", "--device", "DESKTOP", "--height-max", "480"],
    ];
    for (place_of, (content, offered)) in contents.iter().take(12).enumerate() {
        let context = contexts[place_of % contexts.len()];
        let ended = place.run(&[&["strategy", "--content", content], context].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        holds(&answer, offered, context);
    }
}

/// What must be true of any answer.
fn holds(answer: &Value, offered: &BTreeSet<(String, u64, u64)>, context: &[&str]) {
    assert_eq!((answer["planned_on"].as_str(), answer["for_day"].as_str()), (Some(DAY), Some("2026-11-21")));
    let nodes = answer["route"]["nodes"].as_array().expect("nodes");
    let weight: f64 = nodes.iter().map(|node| node["weight"].as_f64().expect("a weight")).sum();
    assert!(!nodes.is_empty() && (weight - 1.0).abs() < 1e-6, "{answer}");
    let names = |list: &[Value]| list.iter().map(|node| node["node_id"].clone()).collect::<Vec<_>>();
    let caching = answer["caching"].as_array().expect("caching");
    assert_eq!(names(nodes), names(caching));
    assert!(caching.iter().all(|cache| cache["ttl_seconds"].as_u64().is_some()), "{answer}");
    assert!(!answer["fallback"].as_array().expect("fallback").is_empty(), "{answer}");
    let quality = &answer["quality"];
    let found = renditions(&quality["renditions"]);
    assert!(found.iter().all(|rung| offered.contains(rung)), "{found:?} of {offered:?}");
    assert!(found.iter().all(|rung| Some(rung.0.as_str()) == quality["codec"].as_str()), "{quality}");
    assert!(quality["start_rung"].as_u64().expect("a rung") < found.len() as u64, "{quality}");
    let cap = quality["cap_kbps"].as_u64().expect("a cap");
    assert!(found.len() == 1 || found.iter().all(|rung| rung.2 <= cap), "{quality}");
    if context.contains(&"avc") {
        assert_eq!(quality["codec"].as_str(), Some("AVC"));
    }
    if context.contains(&"AVC,HEVC") {
        let has_hevc = offered.iter().any(|rung| rung.0 == "HEVC");
        assert_eq!(quality["codec"].as_str(), Some(if has_hevc { "HEVC" } else { "AVC" }), "{answer}");
    }
    if context.contains(&"--data-saver") {
        assert!(cap <= 1_000, "{quality}");
    }
    if context.contains(&"480") {
        let least = offered.iter().filter(|rung| Some(rung.0.as_str()) == quality["codec"].as_str());
        let least = least.map(|rung| rung.1).min().expect("a height");
        assert!(found.iter().all(|rung| rung.1 <= least.max(480)), "{quality}");
    }
    let is_known = !context.contains(&"nowhere");
    assert_eq!(
        ["CELL", "CLASS", "REGION"].map(Value::from).contains(&answer["route"]["from"]),
        is_known,
        "{answer}"
    );
    assert!(answer["reasons"].as_array().expect("reasons").len() >= 2, "{answer}");
}

/// The table against the plans that it is made from.
fn contexts_are_as_their_plans(place: &Place) {
    let counts =
        place.rows("SELECT count(*), count(DISTINCT coalesce(region, '')) FROM gold.delivery_strategy");
    let numbers: Vec<u64> = counts[0].iter().map(|text| text.parse().expect("a number")).collect();
    assert_eq!(
        numbers[0],
        80 * numbers[1],
        "two classes of five networks, four devices, two savers a region"
    );
    let own = place.rows(
        "SELECT region, network, device_class, data_saver, start_rung, cap_kbps, codec, framerate, evidence, decision, \
         array_length(ladder) FROM gold.delivery_strategy WHERE quality_from = 'COHORT' AND content_class = 'LONG'",
    );
    let plans = place.rows(
        "SELECT region, network, device_class, data_saver, start_rung, cap_kbps, codec, framerate, evidence, decision, \
         array_length(ladder) FROM gold.quality_plan",
    );
    assert!(!plans.is_empty());
    assert_same("quality", &counted(own), &counted(plans));
    let own = place.rows(
        "SELECT DISTINCT region, codec, content_class, node['node_id'], node['weight'] FROM \
         (SELECT region, codec, content_class, unnest(nodes) AS node FROM gold.delivery_strategy \
         WHERE route_from = 'CELL')",
    );
    let plans = place.rows(
        "SELECT route.region, route.codec, route.content_class, route.node_id, route.weight \
         FROM gold.route_plan AS route INNER JOIN (SELECT DISTINCT region, codec, content_class \
         FROM gold.delivery_strategy WHERE route_from = 'CELL') AS asked ON asked.region = route.region \
         AND asked.codec = route.codec AND asked.content_class = route.content_class WHERE role = 'PRIMARY'",
    );
    assert!(!plans.is_empty());
    assert_same("routes", &counted(own), &counted(plans));
}

/// A night on which nothing was played: there is no plan, and still an answer.
#[test]
fn a_night_without_playbacks_has_strategies() {
    let place = Place::new();
    let rung = |codec: &str, height: u64, peak_kbps: u64| {
        json!({"codec": codec, "width": height * 9 / 16, "height": height, "framerate": 30,
            "peak_kbps": peak_kbps, "bytes": peak_kbps * 1_000})
    };
    let rungs = [
        rung("AVC", 640, 800),
        rung("AVC", 1_280, 2_500),
        rung("HEVC", 640, 600),
        rung("HEVC", 1_280, 1_700),
    ];
    let content = json!({"content_id": "c1", "creator": "did:key:cleo", "title": null, "duration_ms": 10_000,
        "published_at": "2026-11-01T10:00:00Z", "visibility": "PUBLIC", "renditions": rungs});
    place.land("delivery/content", DAY, "contents.ndjson", format!("{content}\n"));
    place.night("nightly", DAY);
    let sources = "SELECT DISTINCT quality_from, route_from FROM gold.delivery_strategy";
    assert_eq!(place.rows(sources), [["NONE", "NONE"].map(str::to_owned).to_vec()]);
    let peaks = |flags: &[&str]| {
        let context =
            ["strategy", "--content", "c1", "--region", "eu", "--network", "4G", "--device", "PHONE"];
        let ended = place.run(&[&context[..], flags].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let answer: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        renditions(&answer["quality"]["renditions"]).into_iter().map(|rung| rung.2).collect::<Vec<u64>>()
    };
    assert_eq!(peaks(&[]), [600, 1_700]);
    assert_eq!(peaks(&["--codecs", "avc"]), [800, 2_500]);
    // Who saves data is capped, whatever plan there is.
    assert_eq!(peaks(&["--codecs", "avc", "--data-saver"]), [800]);
    assert_eq!(peaks(&["--height-max", "640"]), [600]);
    let out = place.folder.path().join("quality");
    let ended = place.run(&["report", "quality", "--out", out.to_str().expect("a path")]);
    assert!(ended.code == 2 && ended.stderr.contains("no plan of quality"), "{}", ended.stderr);
}

#[test]
fn what_is_not_there_is_named() {
    let place = Place::new();
    let asked = ["strategy", "--content", "co_1", "--region", "eu", "--network", "4G", "--device", "PHONE"];
    let ended = place.run(&asked);
    assert!(ended.code == 2 && ended.stderr.contains("no warehouse is there"), "{}", ended.stderr);
    let ended =
        place.run(&["strategy", "--content", "co_1", "--region", "eu", "--network", "6G", "--device", "TV"]);
    assert!(
        ended.code == 2 && ended.stderr.contains("possible values: 3G, 4G, 5G, WIFI, WIRED"),
        "{}",
        ended.stderr
    );
}
