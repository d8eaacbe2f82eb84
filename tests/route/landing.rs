//! Inventories and days of delivery for plans, written as tables: a row a line, blanks between the columns.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::Place;

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim());
    lines.filter(|line| !line.is_empty()).map(|line| line.split_whitespace().collect())
}

/// `node provider region capabilities gbps price currency status`.
pub fn nodes(place: &Place, dt: &str, table: &str) {
    let line = |row: Vec<&str>| {
        let capabilities: Vec<_> = row[3].split(',').collect();
        let gbps: f64 = row[4].parse().expect("a capacity");
        json!({"node_id": row[0], "provider": row[1], "region": row[2], "capabilities": capabilities,
            "capacity_gbps": gbps, "cost_per_gb": {"value": row[5], "currency": row[6]},
            "cache_bytes": 1000, "status": row[7]})
    };
    let text: String = rows(table).map(|row| format!("{}\n", line(row))).collect();
    place.land("delivery/nodes", dt, "nodes.ndjson", text);
}

/// Sessions of a day: `region codec sessions served_by mbytes node:rtt:chooser:propensity…`, where a probe is
/// measured by each of the sessions and every session is sent so many megabytes, all in one hour.
pub fn sessions(place: &Place, dt: &str, table: &str) {
    let (mut playbacks, mut contents) = (String::new(), BTreeMap::new());
    let mut access =
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs-method cs-uri-stem sc-status \
        cs-uri-query x-edge-result-type x-edge-request-id\n"
            .to_owned();
    let mut number = 0;
    for row in rows(table) {
        let (region, codec, node) = (row[0], row[1], row[3]);
        let count: usize = row[2].parse().expect("sessions");
        let bytes: i64 = row[4].parse::<i64>().expect("megabytes") * 1_000_000;
        let content = format!("co_{codec}");
        let rendition = json!({"codec": codec, "width": 720, "height": 1280, "framerate": 30,
            "peak_kbps": 2400, "bytes": 1000});
        contents.insert(
            content.clone(),
            json!({"content_id": content, "creator": "did:key:cleo", "title": null, "duration_ms": 30000,
                "published_at": "2026-11-01T10:00:00Z", "visibility": "PUBLIC", "renditions": [rendition]}),
        );
        for turn in 0..count {
            number += 1;
            let session = format!("{dt}-{number}");
            let probe = |text: &&str| {
                let [node, rtt, chooser, propensity]: [&str; 4] =
                    text.split(':').collect::<Vec<_>>().try_into().expect("four parts");
                let rtt: f64 = rtt.parse().expect("a round trip");
                let propensity: f64 = propensity.parse().expect("a propensity");
                // Round trips of a pair differ, evenly around what is written.
                let rtt = rtt * (0.9 + 0.2 * (turn as f64 + 0.5) / count as f64);
                json!({"node_id": node, "rtt_ms": rtt, "throughput_kbps": 5000, "chosen_by": chooser,
                    "propensity": propensity})
            };
            let probes: Vec<_> = row[5..].iter().map(probe).collect();
            let line = json!({"session_id": session, "viewer": "did:key:vera", "creator": "did:key:cleo",
                "content_id": content, "started_at": format!("{dt}T10:00:00Z"), "watch_ms": 1000,
                "completed": false, "interactions": [], "region": region, "probes": probes,
                "device": {"class": "PHONE", "max_width": 1080, "max_height": 1920, "max_framerate": 60,
                    "codecs": [codec]}});
            playbacks += &format!("{line}\n");
            access += &format!(
                "{dt}\t20:{:02}:00\t{node}\t{bytes}\tGET\t/v/{content}/{codec}/720/1.m4s\t200\t\
                 CMCD=sid%3D%22{session}%22\tHit\t{session}\n",
                turn % 60
            );
        }
    }
    place.land("delivery/playback", dt, "playbacks.ndjson", playbacks);
    place.land("delivery/access", dt, "access.log", access);
    let contents: String = contents.values().map(|line| format!("{line}\n")).collect();
    place.land("delivery/content", dt, "contents.ndjson", contents);
}
