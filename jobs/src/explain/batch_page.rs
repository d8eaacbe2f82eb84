//! A break of no escrow for a person: the ledger's entries there, or the totals that differ.

use std::fmt::Write;

use super::batch::Batch;
use super::page::{LINE_WIDTH, cells, section, short_time, shown};
use crate::aligned::{aligned, wrapped};

/// Everything but its heading and what would close it.
pub fn of_batch(batch: &Batch, out: &mut String) {
    section("What was expected, and by which rule", out);
    out.push_str(&wrapped(&batch.rule, LINE_WIDTH, "  "));
    if !batch.entries.is_empty() {
        section("The ledger's entries there", out);
    }
    for entry in &batch.entries {
        let content = if entry.content_holds { "as computed" } else { "NOT as computed" };
        let _ = writeln!(
            out,
            "  {}  {} of escrow {}, {}",
            entry.sequence,
            entry.entry_id,
            entry.escrow_id,
            short_time(&entry.at)
        );
        let _ = writeln!(out, "    prev_hash  {}", entry.prev_hash);
        let _ = writeln!(out, "    stated     {}, {content}", entry.hash);
        if !entry.content_holds {
            let _ = writeln!(out, "    computed   {}", entry.computed);
        }
        let _ = writeln!(out, "    {}", entry.place());
    }
    if !batch.totals.is_empty() {
        section("Totals (≠ differs)", out);
        let mut lines = vec![cells(["", "", "count", "sum", "manifest's count", "manifest's sum"])];
        for total in &batch.totals {
            let count = total.manifest_count.map_or_else(|| "-".to_owned(), |count| count.to_string());
            let sums = [&total.sum, &total.manifest_sum].map(|sum| shown(sum.as_deref()).to_owned());
            let [sum, manifest_sum] = sums;
            let mark = if total.holds { "" } else { "≠" };
            lines.push(vec![
                mark.to_owned(),
                total.currency.clone(),
                total.count.to_string(),
                sum,
                count,
                manifest_sum,
            ]);
        }
        out.push_str(&aligned(&lines, 2));
    }
    if !batch.files.is_empty() {
        section("Files of that day", out);
        let mut lines = vec![cells(["", "rows", "kept", "replays", "quarantined"])];
        for file in &batch.files {
            let counts =
                [file.rows, file.good, file.replays, file.quarantined].map(|count| count.to_string());
            lines.push(std::iter::once(file.name.clone()).chain(counts).collect());
        }
        out.push_str(&aligned(&lines, 1));
    }
    if !batch.heads.is_empty() {
        section("Heads that nights signed", out);
        for head in &batch.heads {
            let _ = writeln!(
                out,
                "  {}  up to sequence {}, {} entries, root {}",
                head.dt,
                head.sequence,
                head.count,
                shown(head.merkle_root.as_deref())
            );
        }
    }
    if !batch.findings.is_empty() {
        section("What each night found", out);
        for finding in &batch.findings {
            let entry = finding.entry_id.as_ref().map(|entry| format!("{entry}: ")).unwrap_or_default();
            let _ = writeln!(out, "  {}  {entry}{}", finding.dt, shown(finding.detail.as_deref()));
        }
    }
}
