//! The requests of a day and of the day before, node by node in the order of time; and what was really served.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{Duration, NaiveDate};
use datafusion::execution::SendableRecordBatchStream;
use delivery::cache::{Day, Limits, Row, key};
use futures::TryStreamExt;
use schemas::time;
use warehouse::Session;

use crate::failure::Outcome;

/// Which of the requests a cache has a part in: whole or partial contents that were sent.
///
/// A request whose viewer left in the midst counts all the same: the cache fetches the object as for any other.
const REPLAYED: &str = "node_id IS NOT NULL AND path IS NOT NULL AND coalesce(method, 'GET') = 'GET' \
    AND status IN (200, 206)";
/// An object's size as far as a line tells it.
const BYTES: &str = "greatest(coalesce(content_length, range_end - range_start + 1, bytes_sent, 0), 0)";

/// What a node served on a day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Served {
    pub requests: u64,
    pub bytes: u64,
    /// Of bytes sent in whole answers, those that the node says it had.
    pub byte_hit_ratio: Option<f64>,
}

/// What all nodes served.
pub struct AllServed {
    pub nodes: BTreeMap<String, Served>,
    /// Rows that landed on the day and are not of its replay, by why.
    pub left_out: Vec<(&'static str, u64)>,
}

/// The instants between which a day lies.
fn span(dt: NaiveDate) -> (String, String) {
    let next = dt + Duration::days(1);
    (format!("TIMESTAMP '{dt}T00:00:00Z'"), format!("TIMESTAMP '{next}T00:00:00Z'"))
}

fn condition(dt: NaiveDate, first: NaiveDate) -> String {
    let (start, _) = span(first);
    let (_, end) = span(dt);
    format!("NOT conflict AND at >= {start} AND at < {end} AND {REPLAYED}")
}

/// What each node served on a day, and what of its rows is left out.
pub async fn served(session: &Session, dt: NaiveDate) -> Outcome<AllServed> {
    let whole = "NOT coalesce(viewer_left, false)";
    let sent = "coalesce(bytes_sent, 0)";
    let sum = |rule: &str| format!("CAST(sum(CASE WHEN {rule} THEN {sent} ELSE 0 END) AS DOUBLE)");
    let found = sum(&format!("{whole} AND result_type IN ('Hit', 'RefreshHit')"));
    let query = format!(
        "SELECT node_id, count(*) AS requests, sum({sent}) AS bytes, {found} / nullif({}, 0) AS ratio \
         FROM bronze.cdn_requests WHERE dt = DATE '{dt}' AND {} GROUP BY node_id",
        sum(whole),
        condition(dt, dt)
    );
    let mut nodes = BTreeMap::new();
    for batch in session.sql(&query).await?.collect().await? {
        let names = batch.column(0).as_string::<i32>();
        let [requests, bytes] = [1, 2].map(|column| batch.column(column).as_primitive::<Int64Type>());
        let ratios = batch.column(3).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let served = Served {
                requests: requests.value(row).unsigned_abs(),
                bytes: bytes.value(row).unsigned_abs(),
                byte_hit_ratio: ratios.is_valid(row).then(|| ratios.value(row)),
            };
            nodes.insert(names.value(row).to_owned(), served);
        }
    }
    Ok(AllServed { nodes, left_out: left_out(session, dt).await? })
}

async fn left_out(session: &Session, dt: NaiveDate) -> Outcome<Vec<(&'static str, u64)>> {
    let (start, end) = span(dt);
    let (before, _) = span(dt - Duration::days(1));
    let reasons = [
        ("of the day before, which only warm the caches", format!("at >= {before} AND at < {start}")),
        ("of other days", format!("at < {before} OR at >= {end}")),
        ("without a node or a path", "node_id IS NULL OR path IS NULL".to_owned()),
        ("of another method than GET", "method <> 'GET'".to_owned()),
        (
            "without a body: the viewer left before, an error, a redirection",
            "status NOT IN (200, 206) OR status IS NULL".to_owned(),
        ),
    ];
    let counts = reasons.iter().map(|(_, rule)| format!("count(*) FILTER (WHERE {rule})"));
    let query = format!(
        "SELECT {} FROM bronze.cdn_requests WHERE dt = DATE '{dt}' AND NOT conflict",
        counts.collect::<Vec<_>>().join(", ")
    );
    let mut found = Vec::new();
    for batch in session.sql(&query).await?.collect().await?.iter().filter(|batch| batch.num_rows() > 0) {
        for (column, (why, _)) in reasons.iter().enumerate() {
            let count = batch.column(column).as_primitive::<Int64Type>().value(0).unsigned_abs();
            found.extend((count > 0).then_some((*why, count)));
        }
    }
    Ok(found)
}

/// All requests by node, as a stream: a sort that spills stands before it.
pub struct Requests {
    stream: SendableRecordBatchStream,
    /// The rows of a batch that were not taken yet.
    rest: Option<(RecordBatch, usize)>,
    /// The first instant, and the first that counts.
    start: i64,
    counted_from: i64,
}

impl Requests {
    /// The requests of a day behind those of the day before, as far as they have landed.
    pub async fn of(session: &Session, dt: NaiveDate) -> Outcome<Self> {
        let types = vec![DataType::Utf8, DataType::Utf8, DataType::Int64, DataType::Int64];
        session.register_scalar("cache_object", types, DataType::Int64, Arc::new(objects));
        let before = dt - Duration::days(1);
        // Requests within a second come in the order of a hash: any order, but always the same.
        let query = format!(
            "SELECT node_id, at, cache_object(path, query, range_start, range_end) AS object, content_id, \
             {BYTES} AS bytes FROM bronze.cdn_requests \
             WHERE dt >= DATE '{before}' AND dt <= DATE '{dt}' AND {} ORDER BY node_id, at, key_hash, payload_hash",
            condition(dt, before)
        );
        let stream = session.sql(&query).await?.execute_stream().await?;
        let counted_from = time::end_of_day(before);
        Ok(Self { stream, rest: None, start: counted_from - time::DAY, counted_from })
    }

    /// The next node with all its requests.
    pub async fn next_node(&mut self, limits: Limits) -> Outcome<Option<(String, Day)>> {
        let mut found: Option<(String, Day)> = None;
        loop {
            let (batch, from) = match self.rest.take() {
                Some(rest) => rest,
                None => match self.stream.try_next().await? {
                    Some(batch) => (batch, 0),
                    None => return Ok(found),
                },
            };
            let names = batch.column(0).as_string::<i32>();
            let mut row = from;
            while row < batch.num_rows() {
                let (name, day) =
                    found.get_or_insert_with(|| (names.value(row).to_owned(), Day::new(limits)));
                if names.value(row) != name {
                    break;
                }
                self.push(day, &batch, row);
                row += 1;
            }
            if row < batch.num_rows() {
                self.rest = Some((batch, row));
                return Ok(found);
            }
        }
    }

    fn push(&self, day: &mut Day, batch: &RecordBatch, row: usize) {
        let at = batch.column(1).as_primitive::<TimestampMicrosecondType>().value(row);
        let [objects, bytes] = [2, 4].map(|column| batch.column(column).as_primitive::<Int64Type>());
        let contents = batch.column(3).as_string::<i32>();
        day.push(&Row {
            object: objects.value(row) as u64,
            content: contents.is_valid(row).then(|| contents.value(row)),
            bytes: bytes.value(row).unsigned_abs(),
            second: u32::try_from((at - self.start) / 1_000_000).unwrap_or_default(),
            is_counted: at >= self.counted_from,
        });
    }
}

/// The object of each request.
fn objects(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let [paths, queries, starts, ends] = columns else { return Err("four columns were expected".to_owned()) };
    let [paths, queries] = [paths, queries].map(|column| column.as_string::<i32>());
    let [starts, ends] = [starts, ends].map(|column| column.as_primitive::<Int64Type>());
    let object = |row: usize| {
        let query = queries.is_valid(row).then(|| queries.value(row));
        let end = if ends.is_valid(row) { ends.value(row) } else { -1 };
        let range = starts.is_valid(row).then(|| (starts.value(row), end));
        key::object(paths.value(row), query, range) as i64
    };
    Ok(Arc::new(Int64Array::from_iter_values((0..paths.len()).map(object))))
}
