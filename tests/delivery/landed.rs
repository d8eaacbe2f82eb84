//! The delivery sources as they landed, read again without the program.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use crate::auditor::json::Json;
use crate::support::Place;

/// One line of an access log.
pub struct Request {
    pub node: String,
    /// `2026-11-20 18`
    pub hour: String,
    pub bytes: u64,
    pub result: String,
    response: String,
    status: String,
    pub first_byte_ms: Option<f64>,
}

impl Request {
    pub fn is_error(&self) -> bool {
        self.result == "Error"
    }

    /// Whether the viewer left.
    pub fn is_left(&self) -> bool {
        self.status == "000" || self.is_error() && self.response != "Error"
    }
}

/// One node of the inventory.
pub struct Node {
    pub provider: String,
    pub status: String,
    pub capacity_gbps: f64,
    pub price_nano: u128,
}

/// A day of all that the models read.
pub struct Landed {
    pub requests: Vec<Request>,
    pub nodes: BTreeMap<String, Node>,
    pub round_trips: BTreeMap<String, Vec<f64>>,
}

impl Landed {
    pub fn read(place: &Place, day: &str) -> Self {
        let mut landed = Self { requests: vec![], nodes: BTreeMap::new(), round_trips: BTreeMap::new() };
        for row in objects(place, "delivery/nodes", day) {
            let price = text(row.member("cost_per_gb").member("value"));
            let node = Node {
                provider: text(row.member("provider")),
                status: text(row.member("status")),
                capacity_gbps: number(row.member("capacity_gbps")),
                price_nano: price.replacen("0.", "", 1).parse().expect("nine digits below one"),
            };
            landed.nodes.insert(text(row.member("node_id")), node);
        }
        for row in objects(place, "delivery/playback", day) {
            let Json::List(probes) = row.member("probes") else { continue };
            for probe in probes {
                let trips = landed.round_trips.entry(text(probe.member("node_id"))).or_default();
                trips.push(number(probe.member("rtt_ms")));
            }
        }
        for text in files(place, "delivery/access", day) {
            read_log(&text, &mut landed.requests);
        }
        landed
    }
}

fn files(place: &Place, source: &str, day: &str) -> Vec<String> {
    let folder = place.landing().join(source).join(format!("dt={day}"));
    let paths = fs::read_dir(folder).expect("a day").map(|entry| entry.expect("a file").path());
    let data = paths.filter(|path| !path.ends_with("_manifest.json"));
    data.map(|path| fs::read_to_string(path).expect("text")).collect()
}

fn objects(place: &Place, source: &str, day: &str) -> Vec<Json> {
    let texts = files(place, source, day);
    let lines = texts.iter().flat_map(|text| text.trim_start_matches('\u{feff}').lines());
    let full = lines.filter(|line| !line.trim().is_empty());
    full.map(|line| Json::parse(line.as_bytes()).expect("an object")).collect()
}

fn text(value: &Json) -> String {
    match value {
        Json::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

fn number(value: &Json) -> f64 {
    match value {
        Json::Number(digits) => digits.parse().expect("a number"),
        other => panic!("{other:?} is no number"),
    }
}

fn read_log(text: &str, requests: &mut Vec<Request>) {
    let mut fields: Vec<&str> = vec![];
    for line in text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty()) {
        if let Some(names) = line.strip_prefix("#Fields: ") {
            fields = names.split(' ').collect();
        } else if !line.starts_with('#') {
            let values: HashMap<&str, &str> = fields.iter().copied().zip(line.split('\t')).collect();
            requests.push(Request {
                node: values["x-edge-location"].to_owned(),
                hour: format!("{} {}", values["date"], &values["time"][..2]),
                bytes: values["sc-bytes"].parse().expect("bytes"),
                result: values["x-edge-result-type"].to_owned(),
                response: values["x-edge-response-result-type"].to_owned(),
                status: values["sc-status"].to_owned(),
                first_byte_ms: values
                    .get("time-to-first-byte")
                    .map(|seconds| seconds.parse::<f64>().expect("seconds") * 1_000.0),
            });
        }
    }
}
