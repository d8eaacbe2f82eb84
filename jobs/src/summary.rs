//! The end of a night for a person: what came in, what was refused, what agrees, what does not, and where
//! to look next.

use std::fmt::Write;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use warehouse::Session;

use crate::aligned::aligned;
use crate::failure::Outcome;
use crate::run::{Ended, Run};

/// The cells of a query, as texts.
async fn cells(session: &Session, query: &str) -> Outcome<Vec<Vec<String>>> {
    let options = FormatOptions::default().with_null("");
    let mut cells = Vec::new();
    for batch in session.sql(query).await?.collect().await? {
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            cells.push(columns.iter().map(|column| column.value(row).to_string()).collect());
        }
    }
    Ok(cells)
}

/// A run in a line: what it was, how it ended, and what it took.
pub fn headline(run: &Run) -> String {
    let memory = run.memory_peak_bytes / (1024 * 1024);
    format!(
        "{} of {}: {} in {:.1} s ({:.1} s of processor, {memory} MiB)",
        run.job, run.day, run.outcome, run.seconds, run.cpu_seconds
    )
}

/// Writes the summary of a run.
pub async fn of(session: &Session, ended: &Ended) -> Outcome<String> {
    let run = &ended.run;
    let mut text = String::new();
    let _ = writeln!(text, "{}", headline(run));
    let sources: Vec<_> = ended.done.values().flat_map(|done| &done.ingested).collect();
    if !sources.is_empty() {
        let mut rows = vec![
            ["", "rows", "kept", "replays", "conflicts", "quarantined", "files"].map(str::to_owned).to_vec(),
        ];
        for (source, found) in sources {
            let files = match (found.files_read, found.files_known) {
                (0, 0) => "nothing landed".to_owned(),
                (0, known) => format!("{known} known before"),
                (read, 0) => read.to_string(),
                (read, known) => format!("{read} and {known} known before"),
            };
            let counts = [found.rows, found.good, found.replays, found.conflicts, found.quarantined];
            let mut row = vec![source.folder().to_owned()];
            row.extend(counts.map(|count| count.to_string()));
            row.push(files);
            rows.push(row);
        }
        let _ = write!(text, "\nRows in\n{}", aligned(&rows, 1));
    }
    let day = format!("dt = DATE '{}'", run.day);
    let queries = [
        (
            "Quarantined by reason",
            2,
            format!(
                "SELECT source, reason, count(*) FROM bronze.quarantine WHERE {day} GROUP BY ALL ORDER BY 1, 3 DESC, 2"
            ),
        ),
        (
            "Escrows by class",
            2,
            format!(
                "SELECT class, currency, count(*), sum(gross) FROM silver.reconciliation \
                 WHERE {day} AND class IN ('MATCHED', 'REFUNDED', 'CANCELLED', 'OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY') \
                 GROUP BY ALL ORDER BY 1, 2"
            ),
        ),
        (
            "Open breaks by class",
            2,
            "SELECT class, currency, count(*), sum(amount) FROM silver.breaks WHERE status = 'OPEN' \
             GROUP BY ALL ORDER BY 1, 2"
                .to_owned(),
        ),
    ];
    for (title, texts, query) in queries {
        let rows: Vec<_> = cells(session, &query).await?.into_iter().map(trimmed).collect();
        if !rows.is_empty() {
            let _ = write!(text, "\n{title}\n{}", aligned(&rows, texts));
        }
    }
    let _ = write!(text, "\nNext\n{}", next(ended));
    Ok(text)
}

/// Amounts without the zeros that nobody wrote.
fn trimmed(mut row: Vec<String>) -> Vec<String> {
    for cell in &mut row {
        if cell.contains('.') && cell.ends_with("000") {
            let whole = cell.trim_end_matches('0').trim_end_matches('.');
            let digits = whole.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            *cell = match digits {
                0 => whole.to_owned(),
                1 => format!("{whole}0"),
                _ => whole.to_owned(),
            };
        }
    }
    row
}

fn next(ended: &Ended) -> String {
    let mut lines = Vec::new();
    if ended.run.rows_quarantined > 0 {
        lines.push(format!(
            "  ttt sql \"SELECT source_file, source_line, reason, detail FROM bronze.quarantine WHERE dt = '{}'\"",
            ended.run.day
        ));
    }
    lines.push("  ttt sql \"SELECT * FROM silver.breaks WHERE status = 'OPEN' ORDER BY amount DESC NULLS LAST LIMIT 20\"".to_owned());
    lines.push(
        "  ttt sql \"SELECT * FROM gold.creator_statement_daily ORDER BY net DESC NULLS LAST LIMIT 20\""
            .to_owned(),
    );
    lines.push("  ttt status".to_owned());
    lines.join("\n") + "\n"
}
