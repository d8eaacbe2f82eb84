//! What replayed sessions look like on a terminal.

use super::quality::{Report, Session};
use crate::aligned;

/// Sessions, their segments where they were asked for, and means by rule.
pub(super) fn text(report: &Report) -> String {
    let header = [
        "network",
        "times",
        "rule",
        "mean kbps",
        "startup ms",
        "rebuffered ms",
        "stalls",
        "switches",
        "given up",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(report.sessions.iter().map(|session| {
        vec![
            session.network.clone(),
            session.multiplier.to_string(),
            session.rule.to_owned(),
            format!("{:.6}", session.bitrate_kbps_mean),
            format!("{:.0}", session.startup_ms),
            format!("{:.0}", session.rebuffer_ms),
            session.rebuffer_count.to_string(),
            session.switches.to_string(),
            session.segments_given_up.to_string(),
        ]
    }));
    let mut out = format!("{}: {} segments\n", report.movie.display(), report.segments);
    if !report.sessions.is_empty() {
        out.push_str(&aligned::aligned(&rows, 3));
    }
    report
        .sessions
        .iter()
        .filter(|session| !session.chunks.is_empty())
        .for_each(|session| chunks(session, &mut out));
    if report.sessions.len() != report.summaries.len() {
        let header = ["rule", "sessions", "mean kbps", "startup ms", "rebuffered", "switches"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(report.summaries.iter().map(|summary| {
            vec![
                summary.rule.to_owned(),
                summary.sessions.to_string(),
                format!("{:.3}", summary.bitrate_kbps_mean),
                format!("{:.0}", summary.startup_ms_mean),
                format!("{:.4} %", summary.rebuffer_ratio_mean * 100.0),
                format!("{:.1}", summary.switches_mean),
            ]
        }));
        out.push_str(&aligned::aligned(&rows, 1));
    }
    out
}

fn chunks(session: &Session, out: &mut String) {
    let header = [
        "segment",
        "rung",
        "kbps",
        "begun ms",
        "bits",
        "latency ms",
        "taken ms",
        "buffer before",
        "after",
        "stalled",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(session.chunks.iter().map(|chunk| {
        let numbers = [
            chunk.bitrate_kbps,
            chunk.begun_ms,
            chunk.received_bits,
            chunk.latency_ms,
            chunk.taken_ms,
            chunk.buffer_before_ms,
            chunk.buffer_after_ms,
            chunk.stalled_ms,
        ];
        let mut row = vec![chunk.segment.to_string(), chunk.rung.to_string()];
        row.extend(numbers.map(|number| format!("{number:.0}")));
        if chunk.is_given_up {
            row[1].push_str(" given up");
        }
        row
    }));
    out.push_str(&format!("\n{} by {}\n", session.network, session.rule));
    out.push_str(&aligned::aligned(&rows, 0));
}
