//! The report for a person: aligned plain text.

use std::fmt::Write;

use super::Report;
use super::batch_page::of_batch;
use super::history::Break;
use crate::aligned::{aligned, shortened, wrapped};

/// Characters of a cell of the sides.
const CELL_WIDTH: usize = 30;
/// Characters of a line of prose.
pub const LINE_WIDTH: usize = 108;

/// The whole report.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    heading(report, &mut out);
    if let Some(batch) = &report.batch {
        of_batch(batch, &mut out);
    }
    findings(report, &mut out);
    sides(report, &mut out);
    fees(report, &mut out);
    rows(report, &mut out);
    history(report, &mut out);
    section("What would close it", &mut out);
    out.push_str(&wrapped(&report.closes, LINE_WIDTH, "  "));
    if !report.notes.is_empty() {
        section("Notes", &mut out);
        report.notes.iter().for_each(|note| out.push_str(&wrapped(note, LINE_WIDTH, "  ")));
    }
    out
}

pub fn section(title: &str, out: &mut String) {
    let _ = writeln!(out, "\n{title}");
}

pub fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

pub fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

fn heading(report: &Report, out: &mut String) {
    let of = report.escrow_id.as_ref().map(|escrow| format!(" of escrow {escrow}")).unwrap_or_default();
    let of = if report.kind == "ESCROW" { String::new() } else { of };
    let _ = writeln!(
        out,
        "{} {}{of}, judged on the night of {}",
        report.kind.to_lowercase(),
        report.id,
        report.night
    );
    let Some(verdict) = &report.verdict else {
        if report.batch.is_none() {
            out.push_str("  no verdict: nothing is known of it but transfers that moved no money\n");
        }
        if let Some(broken) = &report.broken {
            out.push_str(&broken_line(broken));
        }
        return;
    };
    let subcode = verdict.subcode.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let _ = writeln!(
        out,
        "  {}{subcode}, class {} of {} in order of precedence",
        verdict.class, verdict.place, verdict.places
    );
    if !verdict.flags.is_empty() {
        let _ = writeln!(out, "  flags: {}", verdict.flags.join(", "));
    }
    match &report.broken {
        Some(broken) => out.push_str(&broken_line(broken)),
        None => report.breaks.iter().for_each(|broken| out.push_str(&broken_line(broken))),
    }
    let marks = &report.watermarks;
    let _ = writeln!(
        out,
        "  watermarks: escrow {}, wallet {}, ledger {}",
        short_time(&marks.escrow),
        short_time(&marks.wallet),
        short_time(&marks.ledger)
    );
}

/// A time without digits that say nothing.
pub fn short_time(time: &str) -> String {
    match time.strip_suffix('Z') {
        Some(digits) if digits.contains('.') => {
            format!("{}Z", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => time.to_owned(),
    }
}

fn broken_line(broken: &Break) -> String {
    let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let subcode = broken.subcode.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    let amount =
        broken.amount.as_ref().map(|amount| format!(", {amount} {}", shown(broken.currency.as_deref())));
    let closed = broken.closed_on.map(|day| format!(", closed on {day}")).unwrap_or_default();
    let by = broken.closed_by.as_ref().map(|row| format!(" by {row}")).unwrap_or_default();
    let line = format!(
        "{} {}{subcode}{}: {} since {}, {} days ({}), held last on {}{closed}{by}",
        broken.break_id,
        broken.class,
        amount.unwrap_or_default(),
        broken.status,
        day(broken.first_seen),
        broken.age_days,
        broken.age_bucket,
        day(broken.last_seen),
    );
    wrapped(&line, LINE_WIDTH, "  ")
}

fn findings(report: &Report, out: &mut String) {
    for (place, finding) in report.findings.iter().enumerate() {
        if place == 0 {
            section("What was expected, and by which rule", out);
        }
        let subcode = finding.subcode.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
        out.push_str(&wrapped(&format!("{}{subcode}: {}", finding.class, finding.rule), LINE_WIDTH, "  "));
        let currency = shown(finding.currency.as_deref());
        match (&finding.expected, &finding.actual) {
            (None, None) => {}
            (expected, actual) => {
                let text = |amount: &Option<String>| amount.clone().unwrap_or_else(|| "none".to_owned());
                let _ =
                    writeln!(out, "    expected {}, actual {} ({currency})", text(expected), text(actual));
            }
        }
    }
}

fn sides(report: &Report, out: &mut String) {
    if report.sides.is_empty() {
        return;
    }
    section("The three sides (≠ differs)", out);
    let mut lines = vec![cells(["", "", "escrow", "wallet", "ledger"])];
    for field in &report.sides {
        let sides = [&field.escrow, &field.wallet, &field.ledger].map(|side| shown(side.as_deref()));
        let short = sides.map(|side| shortened(side, CELL_WIDTH));
        // Two names that only differ in the middle must not look the same.
        let clash = |left: usize, right: usize| sides[left] != sides[right] && short[left] == short[right];
        let [escrow, wallet, ledger] =
            if clash(0, 1) || clash(0, 2) || clash(1, 2) { sides.map(str::to_owned) } else { short };
        let mark = if field.differs { "≠" } else { "" };
        lines.push(vec![mark.to_owned(), field.field.clone(), escrow, wallet, ledger]);
    }
    out.push_str(&aligned(&lines, 5));
}

fn fees(report: &Report, out: &mut String) {
    if report.fees.is_empty() {
        return;
    }
    section("Fees by the schedule", out);
    let mut lines = vec![cells(["", "", "expected", "wallet", "ledger", "stated rate"])];
    for line in &report.fees {
        let mark = if line.differs { "≠" } else { "" };
        let amounts = [&line.expected, &line.wallet, &line.ledger, &line.stated_rate]
            .map(|text| shown(text.as_deref()).to_owned());
        lines.push([mark.to_owned(), line.kind.clone()].into_iter().chain(amounts).collect());
    }
    out.push_str(&aligned(&lines, 2));
    report.fees.iter().for_each(|line| out.push_str(&wrapped(&line.rule, LINE_WIDTH, "  ")));
}

fn rows(report: &Report, out: &mut String) {
    if report.rows.is_empty() {
        return;
    }
    section("Every row, by time", out);
    let first_parties = report.rows.iter().find_map(|row| row.parties.as_ref());
    for row in &report.rows {
        let source = row.source.trim_start_matches("payments/");
        let mut marks = Vec::new();
        if row.conflict {
            marks.push("a later payload of its key: does not count");
        }
        if !row.judged {
            marks.push("landed after the night: not judged");
        }
        let _ = writeln!(out, "  {}  {source:<6}  {}", short_time(&row.at), row.id);
        out.push_str(&wrapped(&row.says, LINE_WIDTH, "    "));
        if row.parties.is_some() && row.parties.as_ref() != first_parties {
            let _ = writeln!(out, "    {}", shown(row.parties.as_deref()));
        }
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join("; ")) };
        let _ = writeln!(out, "    {}{marks}", row.place());
    }
}

fn history(report: &Report, out: &mut String) {
    if !report.readings.is_empty() {
        section("What each night read", out);
        let lines: Vec<_> = report
            .readings
            .iter()
            .map(|reading| {
                let subcode = reading.subcode.clone().unwrap_or_default();
                vec![reading.dt.to_string(), reading.class.clone(), subcode, reading.flags.join(", ")]
            })
            .collect();
        out.push_str(&aligned(&lines, 4));
    }
    let asked = report.broken.as_ref().map(|broken| &broken.break_id);
    let others: Vec<_> = report.breaks.iter().filter(|broken| Some(&broken.break_id) != asked).collect();
    if asked.is_some() && !others.is_empty() {
        section("Its other breaks", out);
        others.iter().for_each(|broken| out.push_str(&broken_line(broken)));
    }
    let breaks = report.breaks.iter().chain(report.broken.iter().filter(|broken| broken.escrow_id.is_none()));
    for broken in breaks.filter(|broken| !broken.events.is_empty() || !broken.resolutions.is_empty()) {
        section(&format!("History of {}", broken.break_id), out);
        for event in &broken.events {
            let amount = event
                .amount
                .as_ref()
                .map(|amount| format!(", {amount} {}", shown(event.currency.as_deref())));
            let status = event.status.as_ref().map(|status| format!(", then {status}")).unwrap_or_default();
            let by = [&event.closed_by, &event.resolved_by, &event.reason]
                .map(|text| text.as_ref().map(|text| format!(", {text}")).unwrap_or_default());
            let _ = writeln!(
                out,
                "  {}  {}{}{status}{}",
                event.dt,
                event.event,
                amount.unwrap_or_default(),
                by.concat()
            );
        }
        for word in &broken.resolutions {
            let (by, reason) = (shown(word.resolved_by.as_deref()), shown(word.reason.as_deref()));
            let _ = writeln!(out, "  {}  {} by {by}: {reason}", word.at, word.action);
        }
    }
}
