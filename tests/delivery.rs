//! What was delivered, from outside: the health of nodes, the cost of providers, the hits of caches.

#[path = "delivery/landed.rs"]
mod landed;
#[path = "delivery/page.rs"]
mod page;

use std::collections::{BTreeMap, BTreeSet};

use generate::{Compression, Options};

use crate::support::{Place, assert_same, counted};
use landed::{Landed, Request};

/// A clean area of two days; late requests land on the second.
fn area() -> Place {
    let place = Place::generated(&Options {
        days: 2,
        escrows_per_day: 10,
        subscriptions_per_day: 0,
        playbacks_per_day: 400,
        access_per_day: 6_000,
        nodes: 16,
        files_per_source: 2,
        compression: Compression::Plain,
        fault_rate: 0.0,
        replay_rate: 0.0,
        bad_line_rate: 0.0,
        late_rate: 0.05,
        ..Options::default()
    });
    for day in ["2026-11-20", "2026-11-21"] {
        place.night("nightly", day);
    }
    place
}

/// The value that a share of the values reach: nearest rank.
fn percentile(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent).div_ceil(100).wrapping_sub(1)).copied()
}

fn grouped<K: Ord>(requests: &[Request], key: impl Fn(&Request) -> K) -> BTreeMap<K, Vec<&Request>> {
    let mut groups: BTreeMap<K, Vec<&Request>> = BTreeMap::new();
    for request in requests {
        groups.entry(key(request)).or_default().push(request);
    }
    groups
}

/// A number as a query shows it, null as nothing; nine digits say enough.
fn shown(number: Option<f64>) -> String {
    number.map(|number| format!("{number:.9e}")).unwrap_or_default()
}

/// The rows of a query in which floats are as [`shown`].
fn rows(place: &Place, query: &str, floats: &[usize]) -> BTreeMap<Vec<String>, usize> {
    let rows = place.rows(query).into_iter().map(|mut row| {
        for &at in floats {
            row[at] = shown(row[at].parse().ok());
        }
        row
    });
    counted(rows)
}

#[test]
fn models_say_what_the_landed_files_say() {
    let place = area();
    for day in ["2026-11-20", "2026-11-21"] {
        let landed = Landed::read(&place, day);
        health(&place, day, &landed);
        cost(&place, day, &landed);
        hits(&place, day, &landed);
    }
}

fn health(place: &Place, day: &str, landed: &Landed) {
    let traffic = grouped(&landed.requests, |request| request.node.clone());
    let all: BTreeSet<&String> =
        landed.nodes.keys().chain(traffic.keys()).chain(landed.round_trips.keys()).collect();
    assert!(all.len() > landed.nodes.len(), "a node of the logs is in no inventory");
    let expected = all.into_iter().map(|id| {
        let requests = traffic.get(id).map_or(&[][..], Vec::as_slice);
        let node = landed.nodes.get(id);
        let left = requests.iter().filter(|request| request.is_left()).count();
        let errors = requests.iter().filter(|request| request.is_error() && !request.is_left()).count();
        let answered = requests.iter().filter(|request| !request.is_error() && !request.is_left());
        let first: Vec<f64> = answered.filter_map(|request| request.first_byte_ms).collect();
        let mut hours: BTreeMap<&str, u64> = BTreeMap::new();
        requests.iter().for_each(|request| *hours.entry(&request.hour).or_default() += request.bytes);
        let peak = hours.values().max().map(|bytes| *bytes as f64 * 8.0 / 3_600.0 / 1e6);
        let trips = landed.round_trips.get(id).map_or(&[][..], Vec::as_slice);
        let mean = (!trips.is_empty()).then(|| trips.iter().sum::<f64>() / trips.len() as f64);
        let counted = requests.len() - left;
        vec![
            id.clone(),
            node.is_some().to_string(),
            node.map_or(String::new(), |node| node.provider.clone()),
            node.map_or(String::new(), |node| node.status.clone()),
            requests.len().to_string(),
            left.to_string(),
            errors.to_string(),
            shown((counted > 0).then(|| errors as f64 / counted as f64)),
            shown(percentile(&first, 50)),
            shown(percentile(&first, 95)),
            trips.len().to_string(),
            shown(mean),
            shown(percentile(trips, 95)),
            requests.iter().map(|request| request.bytes).sum::<u64>().to_string(),
            shown(peak),
            shown(node.and_then(|node| Some(peak? / (node.capacity_gbps * 1_000.0)))),
        ]
    });
    let query = format!(
        "SELECT node_id, in_inventory, provider, status, requests, viewer_left, errors, error_share, \
         first_byte_ms_p50, first_byte_ms_p95, probes, rtt_ms_mean, rtt_ms_p95, bytes, peak_mbps, peak_share \
         FROM gold.node_health_daily WHERE dt = DATE '{day}'"
    );
    let floats = [7, 8, 9, 11, 12, 14, 15];
    assert_same("health", &rows(place, &query, &floats), &counted(expected));
}

fn cost(place: &Place, day: &str, landed: &Landed) {
    let traffic = grouped(&landed.requests, |request| request.node.clone());
    // Nodes, requests, bytes, and cost in 10⁻⁹ of the currency.
    let mut providers: BTreeMap<(String, String), (u64, u64, u128, Option<u128>)> = BTreeMap::new();
    let unknown = traffic.keys().filter(|id| !landed.nodes.contains_key(*id));
    for id in landed.nodes.keys().chain(unknown) {
        let node = landed.nodes.get(id);
        let requests = traffic.get(id).map_or(&[][..], Vec::as_slice);
        let bytes: u128 = requests.iter().map(|request| u128::from(request.bytes)).sum();
        let key = node.map(|node| (node.provider.clone(), "USD".to_owned())).unwrap_or_default();
        let sum = providers.entry(key).or_insert((0, 0, 0, node.map(|_| 0)));
        (sum.0, sum.1, sum.2) = (sum.0 + 1, sum.1 + requests.len() as u64, sum.2 + bytes);
        if let (Some(cost), Some(node)) = (&mut sum.3, node) {
            // Half is rounded up: prices here are positive.
            *cost += (bytes * node.price_nano * 2 + 1_000_000_000) / 2_000_000_000;
        }
    }
    let decimal = |nano: u128| format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    let expected = providers.into_iter().map(|((provider, currency), (nodes, requests, bytes, cost))| {
        vec![
            provider.clone(),
            currency,
            (!provider.is_empty()).to_string(),
            nodes.to_string(),
            requests.to_string(),
            bytes.to_string(),
            decimal(bytes),
            cost.map(decimal).unwrap_or_default(),
        ]
    });
    let query = format!(
        "SELECT provider, currency, in_inventory, nodes, requests, bytes, gigabytes, cost \
         FROM gold.provider_cost_daily WHERE dt = DATE '{day}'"
    );
    assert_same("cost", &rows(place, &query, &[]), &counted(expected));
}

fn hits(place: &Place, day: &str, landed: &Landed) {
    let hours = grouped(&landed.requests, |request| (request.node.clone(), request.hour.clone()));
    let expected = hours.into_iter().map(|((node, hour), requests)| {
        let is_hit = |request: &&&Request| ["Hit", "RefreshHit"].contains(&request.result.as_str());
        let bytes = |requests: &mut dyn Iterator<Item = &&Request>| requests.map(|r| r.bytes).sum::<u64>();
        let (hits, errors) = (
            requests.iter().filter(is_hit).count(),
            requests.iter().filter(|request| request.is_error()).count(),
        );
        let bytes_hit = bytes(&mut requests.iter().filter(is_hit));
        let answered = bytes(&mut requests.iter().filter(|request| !request.is_error()));
        vec![
            landed.nodes.contains_key(&node).to_string(),
            node,
            hour,
            hits.to_string(),
            (requests.len() - hits - errors).to_string(),
            errors.to_string(),
            bytes(&mut requests.iter()).to_string(),
            shown((answered > 0).then(|| bytes_hit as f64 / answered as f64)),
        ]
    });
    let query = format!(
        "SELECT in_inventory, node_id, to_char(hour, '%Y-%m-%d %H'), hits, misses, errors, bytes, byte_hit_ratio \
         FROM gold.cache_hits_hourly WHERE dt = DATE '{day}'"
    );
    assert_same("hits", &rows(place, &query, &[7]), &counted(expected));
}

const FIELDS: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs-uri-stem sc-status \
x-edge-result-type x-edge-request-id x-edge-response-result-type\n";

fn node(id: &str, provider: &str, capacity: &str, price: &str, currency: &str) -> String {
    format!(
        r#"{{"node_id":"{id}","provider":"{provider}","region":"eu","capabilities":["AVC"],"capacity_gbps":{capacity},"cost_per_gb":{{"value":"{price}","currency":"{currency}"}},"cache_bytes":1,"status":"AVAILABLE"}}"#
    )
}

fn playback(id: &str, node: &str, rtt_ms: &str) -> String {
    format!(
        r#"{{"session_id":"{id}","viewer":"did:key:z6MkV","creator":"did:key:z6MkB","content_id":"co_1","started_at":"2026-11-20T18:00:00Z","watch_ms":1,"completed":false,"interactions":[],"probes":[{{"node_id":{node},"rtt_ms":{rtt_ms},"throughput_kbps":1,"chosen_by":"POLICY","propensity":1}}]}}"#
    )
}

#[test]
fn odd_input_is_marked_and_never_lost() {
    let place = Place::new();
    let nodes = [
        node("a", "p1", "0", "0.5", "USD"),
        node("a", "p9", "1", "9", "USD"),
        node("b", "p1", "0.001", "-0.5", "USD"),
        node("c", "p1", "1", "0.000000001", "JPY"),
        node("idle", "p2", "1", "1", "USD"),
    ];
    place.land("delivery/nodes", "2026-11-20", "nodes.ndjson", nodes.join("\n"));
    let lines = [
        "2026-11-20\t10:00:00\ta\t1\t/v/c/AVC/640/1.m4s\t200\tHit\tr1\tHit",
        "2026-11-20\t10:00:01\ta\t3\t/v/c/AVC/640/2.m4s\t000\tError\tr2\tError",
        "2026-11-20\t11:00:01\ta\t5\t/v/c/AVC/640/2.m4s\t200\tError\tr3\tHit",
        "2026-11-20\t11:00:01\ta\t7\t/v/c/AVC/640/2.m4s\t503\tError\tr4\tError",
        "2026-11-20\t11:00:02\tb\t1\t/v/c/AVC/640/2.m4s\t200\tRefreshHit\tr5\tHit",
        "2026-11-20\t11:00:02\tc\t999999999\t/v/c/AVC/640/2.m4s\t200\tMiss\tr6\tMiss",
        "2026-11-20\t11:00:02\tstranger\t11\t/v/c/AVC/640/2.m4s\t200\tCapacityExceeded\tr7\tMiss",
        "1999-01-01\t00:00:00\t-\t13\t/\t200\t-\tr8\t-",
        "2026-11-20\t11:00:02\ta\t-\t/v/c/AVC/640/2.m4s\t200\tMiss\tr9\tMiss",
    ];
    place.land("delivery/access", "2026-11-20", "edge.log", format!("{FIELDS}{}\n", lines.join("\n")));
    let trips = ["20.5", "0", "-4", "1e300", "30"].into_iter().enumerate();
    let mut playbacks: Vec<String> =
        trips.map(|(at, rtt_ms)| playback(&format!("ps_{at}"), "\"a\"", rtt_ms)).collect();
    playbacks.push(playback("ps_9", "null", "7"));
    place.land("delivery/playback", "2026-11-20", "p.ndjson", playbacks.join("\n"));
    place.night("nightly", "2026-11-20");
    let check = |what: &str, query: &str, expected: &str| {
        let expected = expected.split_whitespace().map(|row| row.split(',').map(str::to_owned).collect());
        assert_same(what, &counted(place.rows(query)), &counted(expected.collect::<Vec<Vec<_>>>()));
    };
    check(
        "health",
        "SELECT node_id, in_inventory, requests, viewer_left, errors, error_share, probes, probes_excluded, \
         rtt_ms_mean, rtt_ms_p95, bytes, capacity_mbps, peak_share IS NULL FROM gold.node_health_daily",
        "
        a,true,5,2,1,0.3333333333333333,2,3,25.25,30.0,16,0.0,true
        b,true,1,0,0,0.0,0,0,,,1,1.0,false
        c,true,1,0,0,0.0,0,0,,,999999999,1000.0,false
        idle,true,0,0,0,,0,0,,,0,1000.0,true
        stranger,false,1,0,0,0.0,0,0,,,11,,true
        ,false,1,0,0,0.0,1,0,7.0,7.0,13,,true
        ",
    );
    // Of b, half a unit below zero is rounded away from it; of a, 16 bytes at half a dollar are exact.
    check(
        "cost",
        "SELECT provider, currency, in_inventory, nodes, nodes_serving, requests, bytes, cost \
         FROM gold.provider_cost_daily",
        "
        p1,USD,true,2,2,6,17,0.000000007
        p1,JPY,true,1,1,1,999999999,0.000000001
        p2,USD,true,1,0,0,0,0.000000000
        ,,false,2,2,2,24,
        ",
    );
    check(
        "hits",
        "SELECT node_id, to_char(hour, '%Y-%m-%dT%H'), in_inventory, requests, hits, misses, errors, bytes, bytes_hit \
         FROM gold.cache_hits_hourly",
        "
        a,2026-11-20T10,true,2,1,0,1,4,1
        a,2026-11-20T11,true,3,0,1,2,12,0
        b,2026-11-20T11,true,1,1,0,0,1,1
        c,2026-11-20T11,true,1,0,1,0,999999999,0
        stranger,2026-11-20T11,false,1,0,1,0,11,0
        ,1999-01-01T00,false,1,0,1,0,13,0
        ",
    );
    // A day without an inventory goes on with the last one; one without anything has the nodes alone.
    place.land(
        "delivery/access",
        "2026-11-21",
        "edge.log",
        format!("{FIELDS}{}\n", lines[0].replace("r1", "r10")),
    );
    place.night("delivery", "2026-11-21");
    place.night("ingest", "2026-11-21");
    place.night("delivery", "2026-11-21");
    check(
        "the next day",
        "SELECT node_id, inventory_on, requests FROM gold.node_health_daily WHERE dt = DATE '2026-11-21'",
        "a,2026-11-20,1 b,2026-11-20,0 c,2026-11-20,0 idle,2026-11-20,0",
    );
}
