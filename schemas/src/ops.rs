//! The ops tables: the warehouse about itself.

use crate::table::Kind::{Boolean, Day, Float, Integer, List, Struct, Text, Time, Total};
use crate::table::{Column, Kind, Layer, Table, column};

const TOTAL: Kind = Struct(&[
    column("currency", Text, "ISO 4217 code or token"),
    column("count", Integer, "rows"),
    column("sum", Total, "sum of their amounts"),
]);

const fn ops(
    name: &'static str,
    grain: &'static str,
    key: &'static [&'static str],
    partitioned: bool,
    columns: &'static [&'static [Column]],
) -> Table {
    Table { layer: Layer::Ops, name, grain, key, partitioned, columns }
}

pub static INGESTED_FILES: Table = ops(
    "ingested_files",
    "one file that was ingested",
    &["source", "dt", "source_file"],
    true,
    &[&[
        column("source", Text, "the source's folder"),
        column("source_file", Text, "name of the file below its day's folder"),
        column("bytes", Integer, "stored size, in bytes"),
        column("modified_at", Time, "when the object was last written"),
        column("sha256", Text, "hash of the stored bytes"),
        column("batch", Text, "the commit that its rows came in"),
        column("rows", Integer, "lines that are neither blank nor header"),
        column("good", Integer, "rows that bronze keeps, when it was read"),
        column("replays", Integer, "rows folded because the same payload was there before"),
        column("conflicts", Integer, "rows whose key was there before with another payload"),
        column("quarantined", Integer, "rows refused"),
        column("totals", List(&TOTAL), "control totals of a payment source, replays included"),
        column("ingested_at", Time, "start of the run that read it"),
        column("dt", Day, "UTC day on which the file landed"),
    ]],
);

pub static CONTESTED_KEYS: Table = ops(
    "contested_keys",
    "one key of a payment source of which another payload has landed, and an escrow that its first one names",
    &["source", "key", "escrow_id", "dt"],
    true,
    &[&[
        column("source", Text, "the source's folder"),
        column("key", Text, "the key"),
        column("escrow_id", Text, "the escrow that the first payload names"),
        column("dt", Day, "UTC day on which the other payload landed"),
    ]],
);

pub static MANIFESTS: Table = ops(
    "manifests",
    "one source's manifest of one day",
    &["source", "dt"],
    true,
    &[&[
        column("source", Text, "the source's folder"),
        column("watermark", Time, "time up to which the source is complete"),
        column("present", Boolean, "whether there was a manifest; else the watermark is the end of the day"),
        column("totals", List(&TOTAL), "control totals that it states"),
        column("dt", Day, "UTC day on which the files landed"),
    ]],
);

pub static RUNS: Table = ops(
    "runs",
    "one run of a job for one day",
    &["run_id"],
    false,
    &[&[
        column("run_id", Text, "the run"),
        column("job", Text, "name of the job"),
        column("day", Day, "the business day"),
        column("started_at", Time, "start"),
        column("ended_at", Time, "end"),
        column("outcome", Text, "DONE, FAILED, REFUSED or CONTROL_FAILED"),
        column("exit_code", Integer, "the command's exit code"),
        column("rows_in", Integer, "rows read"),
        column("rows_quarantined", Integer, "rows refused"),
        column("rows_out", Integer, "rows written"),
        column("seconds", Float, "wall-clock time, in seconds"),
        column("cpu_seconds", Float, "processor time of the process so far, in seconds"),
        column("memory_peak_bytes", Integer, "peak resident memory of the process so far, in bytes"),
        column("message", Text, "what failed, if anything"),
    ]],
);

pub static JOB_ATTEMPTS: Table = ops(
    "job_attempts",
    "one attempt at one step of a run",
    &["run_id", "step", "attempt"],
    false,
    &[&[
        column("run_id", Text, "the run"),
        column("step", Text, "name of the step"),
        column("attempt", Integer, "from 1"),
        column("started_at", Time, "start"),
        column("ended_at", Time, "end"),
        column("outcome", Text, "DONE, FAILED, REFUSED, CONTROL_FAILED or TIMED_OUT"),
        column("rows_in", Integer, "rows read"),
        column("rows_out", Integer, "rows written"),
        column("seconds", Float, "wall-clock time, in seconds"),
        column("message", Text, "what failed, if anything"),
    ]],
);

pub static LINEAGE: Table = ops(
    "lineage",
    "one table commit of a run",
    &["run_id", "table", "version"],
    true,
    &[&[
        column("run_id", Text, "the run"),
        column("step", Text, "the step that wrote"),
        column("table", Text, "SQL name of the table written"),
        column("version", Integer, "Delta version that the commit made"),
        column("rows", Integer, "rows added"),
        column("inputs", List(&Text), "what was read: SQL names with their Delta versions"),
        column(
            "fingerprint",
            Text,
            "hash of the inputs' files, a dash, hash of the model and the rules: the same again need not run again",
        ),
        column("dt", Day, "the business day"),
    ]],
);

pub static QUERIES: Table = ops(
    "queries",
    "one statement of an analyst",
    &["query_id"],
    true,
    &[&[
        column("query_id", Text, "the statement: the server's start, a dash, its number since then"),
        column("user", Text, "who asked"),
        column("role", Text, "as what: analyst, finance, operator or creator"),
        column("statement", Text, "its text without comments, each literal in it replaced by `?`"),
        column("started_at", Time, "when it came in"),
        column("seconds", Float, "from then until its last row was sent or it failed, in seconds"),
        column("waited_seconds", Float, "of them in the queue, in seconds"),
        column("rows", Integer, "rows sent"),
        column("bytes", Integer, "bytes of those rows"),
        column("outcome", Text, "DONE, CANCELLED, LIMITED, REFUSED or FAILED"),
        column("sqlstate", Text, "PostgreSQL's code of the error, null where it was done"),
        column("dt", Day, "UTC day on which it came in"),
    ]],
);

/// All ops tables.
pub static TABLES: [&Table; 7] =
    [&INGESTED_FILES, &CONTESTED_KEYS, &MANIFESTS, &RUNS, &JOB_ATTEMPTS, &LINEAGE, &QUERIES];
