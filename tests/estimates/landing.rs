//! Landing areas of delivery, written as tables: a row a line, blanks between the columns, `-` for null.

use serde_json::{Value, json};

use crate::support::Place;

/// Session, region, content, codecs of the device, probes.
pub type Playback<'a> = (&'a str, &'a str, &'a str, &'a str, &'a [&'a str]);
/// Time, node, bytes, path, session.
pub type Bytes<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn maybe(text: &str) -> Value {
    if text == "-" { Value::Null } else { json!(text) }
}

fn number(text: &str) -> Value {
    if text == "-" { Value::Null } else { json!(text.parse::<f64>().expect("a number")) }
}

fn land(place: &Place, source: &str, dt: &str, name: &str, lines: impl Iterator<Item = Value>) {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    place.land(source, dt, &format!("{name}.ndjson"), text);
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim());
    lines.filter(|line| !line.is_empty()).map(|line| line.split_whitespace().collect())
}

/// `node region capabilities status`.
pub fn nodes(place: &Place, dt: &str, table: &str) {
    let line = |row: Vec<&str>| {
        let capabilities: Vec<_> = row[2].split(',').collect();
        json!({"node_id": row[0], "provider": "p1", "region": row[1], "capabilities": capabilities,
            "capacity_gbps": 10.0, "cost_per_gb": {"value": "0.010000000", "currency": "USD"},
            "cache_bytes": 1000, "status": row[3]})
    };
    land(place, "delivery/nodes", dt, "nodes", rows(table).map(line));
}

/// `content duration_ms codecs`.
pub fn contents(place: &Place, dt: &str, table: &str) {
    let line = |row: Vec<&str>| {
        let rendition = |codec| {
            json!({"codec": codec, "width": 720, "height": 1280, "framerate": 30, "peak_kbps": 2400,
                "bytes": 1000})
        };
        let renditions: Vec<_> = row[2].split(',').map(rendition).collect();
        let duration: i64 = row[1].parse().expect("a duration");
        json!({"content_id": row[0], "creator": "did:key:cleo", "title": null, "duration_ms": duration,
            "published_at": "2026-11-01T10:00:00Z", "visibility": "PUBLIC", "renditions": renditions})
    };
    land(place, "delivery/content", dt, "contents", rows(table).map(line));
}

/// Playbacks, in a file of the day's own.
pub fn playbacks(place: &Place, dt: &str, rows: &[Playback<'_>]) {
    playbacks_in(place, dt, "playbacks", rows);
}

/// Playbacks, in a file of a name.
pub fn playbacks_in(place: &Place, dt: &str, name: &str, rows: &[Playback<'_>]) {
    let line = |(session, region, content, codecs, probes): &Playback<'_>| {
        let probes: Vec<_> = probes.iter().map(|probe| measured(probe)).collect();
        let codecs: Vec<_> = codecs.split(',').collect();
        json!({"session_id": session, "viewer": "did:key:vera", "creator": "did:key:cleo",
            "content_id": content, "started_at": format!("{dt}T10:00:00Z"), "watch_ms": 1000,
            "completed": false, "interactions": [], "region": maybe(region), "probes": probes,
            "device": {"class": "PHONE", "max_width": 1080, "max_height": 1920, "max_framerate": 60,
                "codecs": codecs}})
    };
    land(place, "delivery/playback", dt, name, rows.iter().map(line));
}

/// `node round_trip throughput chooser propensity`.
fn measured(probe: &str) -> Value {
    let [node, rtt, throughput, chooser, propensity]: [&str; 5] =
        probe.split_whitespace().collect::<Vec<_>>().try_into().expect("five columns");
    json!({"node_id": maybe(node), "rtt_ms": number(rtt), "throughput_kbps": number(throughput),
        "chosen_by": maybe(chooser), "propensity": number(propensity)})
}

/// Access log lines, in a file of a name.
pub fn access(place: &Place, dt: &str, name: &str, rows: &[Bytes<'_>]) {
    let mut text =
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs-method cs-uri-stem sc-status \
        cs-uri-query x-edge-result-type x-edge-request-id\n"
            .to_owned();
    for (number, (at, node, bytes, path, session)) in rows.iter().enumerate() {
        let (date, time) = at.split_once(' ').expect("a date and a time");
        let query = match *session {
            "-" => "-".to_owned(),
            session => format!("CMCD=sid%3D%22{session}%22"),
        };
        text += &format!(
            "{date}\t{time}\t{node}\t{bytes}\tGET\t{path}\t200\t{query}\tHit\t{dt}-{name}-{number}\n"
        );
    }
    place.land("delivery/access", dt, &format!("{name}.log"), text);
}
