//! Delivery days: probes tell the truth, propensities are those of the draws, requests are the sessions', and
//! hits are about what caches of that size can give.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;

use super::{Area, is_blank, lines, payloads};
use crate::random::{Random, Stream};
use crate::sources::edge::Edge;
use crate::world::World;
use crate::{Compression, Options};

fn options() -> Options {
    Options {
        escrows_per_day: 10,
        subscriptions_per_day: 0,
        playbacks_per_day: 4_000,
        access_per_day: 32_000,
        contents_per_day: 150,
        nodes: 16,
        days: 2,
        compression: Compression::Plain,
        bad_line_rate: 0.0,
        replay_rate: 0.0,
        late_rate: 0.0,
        manifests: false,
        ..Options::default()
    }
}

fn sessions(area: &Area) -> HashMap<String, Value> {
    let key = |row: &Value| row["session_id"].as_str().unwrap().to_owned();
    let mut sessions = HashMap::new();
    payloads(area, "delivery/playback", &key, &mut |id, _, row| drop(sessions.insert(id, row)));
    sessions
}

/// The mean of what is measured over what is true.
#[derive(Default)]
struct Ratio {
    sum: f64,
    count: f64,
}

impl Ratio {
    fn add(&mut self, measured: f64, truth: f64) {
        self.sum += measured / truth;
        self.count += 1.0;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

#[test]
fn probes_tell_the_truth_and_propensities_are_those_of_the_draws() {
    let area = Area::new(&options());
    let number = |text: &String| text.parse::<f64>().unwrap();
    let truth: HashMap<[String; 3], Vec<f64>> = area
        .key("delivery_truth.csv")
        .into_iter()
        .map(|row| ([0, 1, 2].map(|at| row[at].clone()), row[4..].iter().map(number).collect()))
        .collect();
    let policy: HashMap<[String; 4], f64> = area
        .key("delivery_policy.csv")
        .into_iter()
        .map(|row| ([0, 1, 2, 3].map(|at| row[at].clone()), number(&row[4])))
        .collect();
    let (mut rtt, mut above, mut below) = (Ratio::default(), 0.0, 0.0);
    let mut random = Ratio::default();
    let sessions = sessions(&area);
    for session in sessions.values() {
        let dt = session["started_at"].as_str().unwrap()[..10].to_owned();
        let region = session["region"].as_str().unwrap().to_owned();
        for probe in session["probes"].as_array().unwrap() {
            let node = probe["node_id"].as_str().unwrap().to_owned();
            let known = &truth[&[dt.clone(), region.clone(), node.clone()]];
            let [measured, kbps, propensity] =
                ["rtt_ms", "throughput_kbps", "propensity"].map(|key| probe[key].as_f64().unwrap());
            if probe["chosen_by"] == "RANDOM" {
                random.add(measured, known[0]);
                assert!((0.03..0.25).contains(&propensity), "{propensity}");
                continue;
            }
            rtt.add(measured, known[0]);
            above += f64::from(measured > known[1]);
            below += f64::from(kbps < known[2]);
            let is_known = |codec: &str| {
                let key = [dt.clone(), region.clone(), codec.to_owned(), node.clone()];
                policy.get(&key).is_some_and(|known| (known - propensity).abs() < 1e-8)
            };
            assert!(["AVC", "HEVC", "VP9", "AV1"].into_iter().any(is_known), "{node} {propensity}");
        }
    }
    let count = rtt.count;
    assert!((rtt.mean() - 1.0).abs() < 0.02, "{}", rtt.mean());
    assert!((random.mean() - 1.0).abs() < 0.1 && random.count > count / 70.0, "{}", random.mean());
    assert!((above / count - 0.05).abs() < 0.015 && (below / count - 0.10).abs() < 0.02, "{above} {below}");
}

#[test]
fn nodes_are_drawn_as_often_as_is_said() {
    let edge = Edge::new(&World::new(&options()), 1);
    let mut random = Random::new(1, Stream::Session, 0);
    for codec in 0..4 {
        let choices = edge.choices(2, codec);
        assert_eq!(choices.iter().map(|choice| choice.propensity).sum::<u64>(), 1_000_000_000);
        let mut drawn: HashMap<u32, f64> = HashMap::new();
        (0..100_000).for_each(|_| *drawn.entry(edge.draw(2, codec, random.next()).node).or_default() += 1e-5);
        for choice in choices {
            let share = drawn.get(&choice.node).copied().unwrap_or(0.0);
            assert!((share - choice.propensity as f64 / 1e9).abs() < 0.006, "{choice:?} {share}");
            assert!(!edge.reaches[choice.node as usize].is_drained);
        }
    }
}

/// The columns of each line of the access logs by their names, in the order of time.
fn requests(area: &Area) -> Vec<HashMap<String, String>> {
    let mut requests = Vec::new();
    for day in area.days("delivery/access") {
        for file in std::fs::read_dir(day).unwrap().map(|file| file.unwrap().path()) {
            let mut fields: Vec<String> = vec![];
            for line in lines(&file) {
                let text = String::from_utf8(line).unwrap();
                if let Some(names) = text.strip_prefix("#Fields: ") {
                    fields = names.split(' ').map(str::to_owned).collect();
                } else if !is_blank(text.as_bytes()) && !text.starts_with('#') {
                    requests.push(fields.iter().cloned().zip(text.split('\t').map(str::to_owned)).collect());
                }
            }
        }
    }
    requests.sort_by_key(|row: &HashMap<String, String>| {
        (row["date"].clone(), row["time"].clone(), row["x-edge-request-id"].clone())
    });
    requests
}

#[test]
fn requests_are_those_of_the_sessions() {
    let area = Area::new(&options());
    let sessions = sessions(&area);
    let requests = requests(&area);
    assert_eq!(requests.len(), 64_000);
    let mut bytes_per_region: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut stalled, mut missing, mut strays) = (0, 0, 0);
    for request in &requests {
        let query = request["cs-uri-query"].replace("%25", "%");
        if !request["cs-uri-stem"].starts_with("/v/") {
            strays += 1;
            assert_eq!(request["x-edge-location"], "shield0-p9");
            continue;
        }
        let Some(at) = query.find("ps_") else {
            missing += 1;
            continue;
        };
        let session = &sessions[&query[at..at + 13]];
        assert_eq!(session["probes"][0]["node_id"], request["x-edge-location"].as_str());
        let content = session["content_id"].as_str().unwrap();
        let stem: Vec<&str> = request["cs-uri-stem"].split('/').collect();
        assert_eq!(stem[2], content);
        assert!(session["device"]["codecs"].as_array().unwrap().iter().any(|codec| codec == stem[3]));
        stalled += u32::from(query.contains("%2Cbs%2C"));
        *bytes_per_region.entry(session["region"].as_str().unwrap()).or_default() +=
            request["sc-bytes"].parse::<f64>().unwrap();
    }
    assert!(strays > 200 && missing > 1_200 && stalled > 40, "{strays} {missing} {stalled}");
    assert_eq!(bytes_per_region.len(), 8);
    let rebuffered = sessions.values().filter(|session| session["qoe"]["rebuffer_count"].as_u64() > Some(0));
    let share = rebuffered.count() as f64 / sessions.len() as f64;
    assert!((0.005..0.08).contains(&share), "{share}");
}

/// Oldest first out, as far as bytes go; a plain second implementation.
#[derive(Default)]
struct Cache {
    held: HashMap<String, (u64, u64)>,
    queue: VecDeque<(String, u64)>,
    bytes: u64,
    clock: u64,
}

impl Cache {
    fn ask(&mut self, object: &str, bytes: u64, room: u64) -> bool {
        self.clock += 1;
        let hit = self.held.insert(object.to_owned(), (self.clock, bytes));
        self.queue.push_back((object.to_owned(), self.clock));
        self.bytes += if hit.is_some() { 0 } else { bytes };
        while self.bytes > room {
            let Some((oldest, since)) = self.queue.pop_front() else { break };
            if self.held.get(&oldest).is_some_and(|(last, _)| *last == since) {
                self.bytes -= self.held.remove(&oldest).map_or(0, |(_, bytes)| bytes);
            }
        }
        hit.is_some()
    }
}

#[test]
fn hits_are_about_what_an_lru_cache_gives() {
    let area = Area::new(&options());
    let mut rooms = HashMap::new();
    let key = |row: &Value| row["node_id"].as_str().unwrap().to_owned();
    payloads(&area, "delivery/nodes", &key, &mut |id, _, row| {
        rooms.insert(id, row["cache_bytes"].as_u64().unwrap());
    });
    let mut caches: HashMap<String, Cache> = HashMap::new();
    let (mut asked, mut logged, mut replayed) = (0.0, 0.0, 0.0);
    for request in requests(&area) {
        let result = request["x-edge-result-type"].as_str();
        let Some(room) = rooms.get(&request["x-edge-location"]) else { continue };
        if result != "Error" {
            let cache = caches.entry(request["x-edge-location"].clone()).or_default();
            let hit = cache.ask(&request["cs-uri-stem"], request["sc-bytes"].parse().unwrap(), *room);
            // The first day warms the caches.
            if request["date"] != "2026-11-20" {
                (asked, logged) = (asked + 1.0, logged + f64::from(result != "Miss"));
                replayed += f64::from(hit);
            }
        }
    }
    let (logged, replayed) = (logged / asked, replayed / asked);
    assert!(replayed > 0.1 && (logged / replayed - 1.0).abs() < 0.35, "{logged} {replayed}");
}

#[test]
fn the_archive_lands_on_the_first_day_and_is_older_than_all_else() {
    let published = |contents_archived| {
        let area = Area::new(&Options {
            playbacks_per_day: 100,
            access_per_day: 100,
            contents_archived,
            ..options()
        });
        let key = |row: &Value| row["content_id"].as_str().unwrap().to_owned();
        let mut found = BTreeMap::new();
        payloads(&area, "delivery/content", &key, &mut |id, dt, row| {
            let first = row["published_at"].as_str().unwrap().to_owned();
            found.entry(id).or_insert((dt.to_owned(), first));
        });
        found
    };
    let (without, with) = (published(0), published(500));
    assert_eq!(with.len(), without.len() + 500);
    let first = without.values().map(|(dt, _)| dt).min().unwrap();
    let oldest = without.values().map(|(_, published)| published).min().unwrap();
    for (id, (dt, published)) in &with {
        match without.get(id) {
            Some(known) => assert_eq!((dt, published), (&known.0, &known.1)),
            None => assert!(dt == first && published < oldest, "{id} of {dt}: {published}"),
        }
    }
}
