//! Landing areas of sessions, written as tables.

use serde_json::{Value, json};

use crate::support::Place;

/// Session, start, region, network.
pub type Session<'a> = (&'a str, &'a str, &'a str, &'a str);
/// Time of day, what is asked for, bytes, seconds to the first byte and to the last, result, query.
pub type Request<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

fn maybe(text: &str) -> Value {
    if text == "-" { Value::Null } else { json!(text) }
}

/// One content with a ladder of two rungs.
pub fn contents(place: &Place, dt: &str) {
    let rendition = |height: i64, peak_kbps: i64| {
        json!({"codec": "AVC", "width": height * 9 / 16, "height": height, "framerate": 30,
            "peak_kbps": peak_kbps, "bytes": peak_kbps * 1_000})
    };
    let line = json!({"content_id": "c1", "creator": "did:key:cleo", "title": null, "duration_ms": 10_000,
        "published_at": "2026-11-01T10:00:00Z", "visibility": "PUBLIC",
        "renditions": [rendition(640, 1_000), rendition(1_280, 2_500)]});
    place.land("delivery/content", dt, "contents.ndjson", format!("{line}\n"));
}

/// Playbacks of one viewer.
pub fn playbacks(place: &Place, dt: &str, sessions: &[Session<'_>]) {
    let line = |(session, started_at, region, network): &Session<'_>| {
        let row = json!({"session_id": session, "viewer": "did:key:vera", "creator": "did:key:cleo",
            "content_id": "c1", "started_at": started_at, "watch_ms": 8_000, "completed": false,
            "interactions": [], "region": maybe(region), "network": maybe(network),
            "device": {"class": "PHONE", "max_width": 1_080, "max_height": 1_920, "max_framerate": 60,
                "codecs": ["AVC", "HEVC"]},
            "preferences": {"data_saver": false, "max_height": null},
            "qoe": {"startup_ms": 320, "rebuffer_ms": 0, "rebuffer_count": 0, "switches": 1,
                "mean_bitrate_kbps": 900}});
        format!("{row}\n")
    };
    let text: String = sessions.iter().map(line).collect();
    place.land("delivery/playback", dt, "playbacks.ndjson", text);
}

/// A log of requests for the content.
pub fn access(place: &Place, dt: &str, requests: &[Request<'_>]) {
    let mut text =
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes cs-method cs-uri-stem sc-status \
        cs-uri-query x-edge-result-type x-edge-request-id time-taken time-to-first-byte \
        x-edge-response-result-type\n"
            .to_owned();
    for (number, (time, asked, bytes, first, taken, result, query)) in requests.iter().enumerate() {
        let stem = if *asked == "icon" { "/favicon.ico".to_owned() } else { format!("/v/c1/{asked}.m4s") };
        let status = if *result == "Error" { "503" } else { "200" };
        text += &format!(
            "{dt}\t{time}\tn1\t{bytes}\tGET\t{stem}\t{status}\t{query}\t{result}\t{dt}-{number}\t{taken}\t{first}\t\
             {result}\n"
        );
    }
    place.land("delivery/access", dt, "access.log", text);
}
