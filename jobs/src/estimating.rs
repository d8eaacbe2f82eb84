//! Demand by cell, and what may be expected of each node: from the day's access logs and playbacks.
//!
//! Bronze is read as narrow columns, in as many passes as the sessions of the day need ranges of their hash. What
//! comes of it is small, and is written as four tables; the last is made of the stored probes of the last days.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Decimal128Type, Int64Type};
use chrono::{Days, NaiveDate};
use delivery::estimates::codes::Cell;
use delivery::estimates::contents::{Contents, ContentsReader};
use delivery::estimates::demand::{BYTES_MAX, CellDemand, Demand};
use delivery::estimates::estimate::Estimates;
use delivery::estimates::exclusions::Exclusions;
use delivery::estimates::places::Places;
use delivery::estimates::prediction::Fitted;
use delivery::estimates::probes::Probes;
use delivery::estimates::sessions::SessionsReader;
use delivery::estimates::window::Window;
use delivery::estimates::{self, columns};
use futures::TryStreamExt;
use schemas::bronze::{CONTENTS, NODES, PLAYBACKS};
use schemas::routes::{ROUTE_DEMAND, ROUTE_ESTIMATES, ROUTE_EXCLUSIONS, ROUTE_PROBES};
use schemas::table::Table;
use schemas::time;
use tokio::task::block_in_place;
use warehouse::{FileWriter, Session};

use crate::config::Route;
use crate::failure::{Failure, Outcome};

/// Contents of which versions are sorted at once.
const CONTENTS_AT_ONCE: u64 = 4 << 20;
/// Estimates of one batch.
const ESTIMATES_AT_ONCE: usize = 8192;

/// What a day's estimating did.
pub struct Estimated {
    pub rows_in: u64,
    /// The tables made, each with its version and rows.
    pub tables: Vec<(&'static Table, u64, u64)>,
    pub notes: Vec<String>,
}

impl From<estimates::Error> for Failure {
    fn from(error: estimates::Error) -> Self {
        Self::other(error)
    }
}

/// Makes the four tables of a day.
pub async fn estimate(session: &Session, dt: NaiveDate, route: &Route) -> Outcome<Estimated> {
    let mut notes = Vec::new();
    let (mut places, inventory_note) = inventory(session, dt).await?;
    notes.extend(inventory_note);
    let contents = contents(session, dt).await?;
    let mut demand = Demand::new(time::days(dt));
    let mut probes = Probes::default();
    for (from, to) in warehouse::ranges(shards(session, dt, route)) {
        read_range(session, dt, (from, to), &contents, &mut places, (&mut demand, &mut probes)).await?;
    }
    let (requests, read) = (demand.requests, probes.probes);
    let mut exclusions = demand.exclusions.clone();
    exclusions.merge(&probes.exclusions);
    let cells = block_in_place(|| demand.finish())?;
    let groups = block_in_place(|| probes.finish())?;
    check_total(session, dt, &cells, requests, &exclusions).await?;
    notes.push(say(&cells, requests, read));
    notes.extend(exclusions.iter().map(|(reason, count, bytes)| {
        let (source, code) = reason.names();
        let bytes = if reason.has_bytes() { format!(", {bytes} bytes") } else { String::new() };
        format!("{source}: {code}: {count}{bytes}")
    }));

    let demanded: Vec<Cell> = cells.iter().map(|row| row.cell).collect();
    let mut tables = Vec::new();
    for (table, batch) in [
        (&ROUTE_DEMAND, columns::demand(cells, &places)?),
        (&ROUTE_EXCLUSIONS, columns::exclusions(&exclusions)?),
        (&ROUTE_PROBES, columns::probes(groups, &places)?),
    ] {
        tables.push(replace(session, table, dt, std::iter::once(Ok(batch))).await?);
    }
    let window = window(session, dt, route, &mut places).await?;
    let samples = window.samples();
    let fitted = block_in_place(|| Estimates::fit(window, places, demanded));
    notes.extend(say_fit(&fitted, samples, route));
    let mut rows = fitted.iter().peekable();
    let batches = std::iter::from_fn(|| {
        rows.peek()?;
        let some: Vec<_> = rows.by_ref().take(ESTIMATES_AT_ONCE).collect();
        Some(columns::estimates(&some, fitted.places()))
    });
    tables.push(replace(session, &ROUTE_ESTIMATES, dt, batches).await?);
    Ok(Estimated { rows_in: requests + read, tables, notes })
}

/// The nodes of the last inventory up to a day, and what there is to say where it is not the day's own.
async fn inventory(session: &Session, dt: NaiveDate) -> Outcome<(Places, Option<String>)> {
    let mut places = Places::default();
    let last = session.days(&NODES).range(..=dt).next_back().copied();
    let Some(last) = last else {
        return Ok((places, Some("no inventory of nodes has landed".to_owned())));
    };
    let query = format!(
        "SELECT node_id, region, capabilities FROM bronze.nodes WHERE dt = DATE '{last}' AND NOT conflict \
         ORDER BY node_id"
    );
    each(session, &query, |batch| places.push_inventory(batch)).await?;
    Ok((places, (last != dt).then(|| format!("the inventory of nodes is that of {last}"))))
}

async fn contents(session: &Session, dt: NaiveDate) -> Outcome<Contents> {
    let rows: u64 = session.files(&CONTENTS).iter().map(|file| file.rows).sum();
    let mut reader = ContentsReader::default();
    for (from, to) in warehouse::ranges(rows.div_ceil(CONTENTS_AT_ONCE).clamp(1, 4096) as u32) {
        let query = format!(
            "SELECT key_hash, dt, source_file, source_line, duration_ms, renditions FROM bronze.contents \
             WHERE dt <= DATE '{dt}' AND key_hash BETWEEN {from} AND {to}"
        );
        each(session, &query, |batch| reader.push(batch)).await?;
        reader.end_range();
    }
    Ok(reader.finish())
}

/// The days of which a session may have been that requests of a day name: they land up to a day late.
fn session_days(dt: NaiveDate) -> (NaiveDate, NaiveDate) {
    (dt.checked_sub_days(Days::new(1)).unwrap_or(dt), dt)
}

fn shards(session: &Session, dt: NaiveDate, route: &Route) -> u32 {
    let (first, last) = session_days(dt);
    let days = time::days(first)..=time::days(last);
    let landed =
        session.files(&PLAYBACKS).into_iter().filter(|file| file.dt.is_some_and(|dt| days.contains(&dt)));
    let rows: u64 = landed.map(|file| file.rows).sum();
    rows.div_ceil(route.sessions_per_shard.max(1)).clamp(1, 4096) as u32
}

/// Reads the sessions of one range of hashes, then the requests that name them, then their probes: a session's
/// codec is known once all of its requests are.
async fn read_range(
    session: &Session,
    dt: NaiveDate,
    (from, to): (i64, i64),
    contents: &Contents,
    places: &mut Places,
    (demand, probes): (&mut Demand, &mut Probes),
) -> Outcome<()> {
    let (first, _) = session_days(dt);
    let range = format!("NOT conflict AND key_hash BETWEEN {from} AND {to}");
    let mut reader = SessionsReader::default();
    let query = format!(
        "SELECT key_hash, region, content_id, device_codecs FROM bronze.playbacks \
         WHERE dt >= DATE '{first}' AND dt <= DATE '{dt}' AND {range}"
    );
    each(session, &query, |batch| reader.push(batch, contents, places)).await?;
    let mut sessions = block_in_place(|| reader.finish());
    let query = format!(
        "SELECT at, node_id, bytes_sent, content_id, codec, session_id FROM bronze.cdn_requests \
         WHERE dt = DATE '{dt}' AND NOT conflict"
    );
    let hashes = from..=to;
    each(session, &query, |batch| demand.push(batch, &hashes, &mut sessions, contents, places)).await?;
    let query = format!("SELECT key_hash, probes FROM bronze.playbacks WHERE dt = DATE '{dt}' AND {range}");
    each(session, &query, |batch| probes.push(batch, &sessions, places)).await
}

/// Hands the batches of a query on, one at a time.
async fn each(
    session: &Session,
    query: &str,
    mut take: impl FnMut(&RecordBatch) -> Result<(), estimates::Error>,
) -> Outcome<()> {
    let mut batches = session.sql(query).await?.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        block_in_place(|| take(&batch))?;
    }
    Ok(())
}

/// No byte is lost: what the log says by itself is what cells and exclusions add up to.
async fn check_total(
    session: &Session,
    dt: NaiveDate,
    cells: &[CellDemand],
    requests: u64,
    exclusions: &Exclusions,
) -> Outcome<()> {
    let query = format!(
        "SELECT count(*), CAST(coalesce(sum(CAST(bytes_sent AS DECIMAL(20, 0))) FILTER \
         (WHERE bytes_sent BETWEEN 0 AND {BYTES_MAX}), 0) AS DECIMAL(38, 0)) FROM bronze.cdn_requests \
         WHERE dt = DATE '{dt}' AND NOT conflict"
    );
    let (mut logged, mut logged_bytes) = (0, 0);
    for batch in session.sql(&query).await?.collect().await?.iter().filter(|batch| batch.num_rows() > 0) {
        logged += batch.column(0).as_primitive::<Int64Type>().value(0) as u64;
        logged_bytes += batch.column(1).as_primitive::<Decimal128Type>().value(0);
    }
    let left_out = exclusions.iter().filter(|(reason, ..)| reason.has_bytes());
    let (left_requests, left_bytes) =
        left_out.fold((0, 0), |(count, sum), (_, more, bytes)| (count + more, sum + i128::from(bytes)));
    let told = cells.iter().map(|cell| cell.requests).sum::<u64>() + left_requests;
    let told_bytes = cells.iter().map(|cell| i128::from(cell.bytes)).sum::<i128>() + left_bytes;
    if (logged, logged_bytes) == (told, told_bytes) && logged == requests {
        return Ok(());
    }
    Err(Failure::other(format!(
        "demand of {dt}: the log has {logged} requests with {logged_bytes} bytes, cells and exclusions have \
         {told} with {told_bytes}"
    )))
}

fn say(cells: &[CellDemand], requests: u64, probes: u64) -> String {
    let bytes: u64 = cells.iter().map(|cell| cell.bytes).sum();
    let by_node: u64 = cells.iter().map(|cell| cell.node_region_bytes).sum();
    format!(
        "{requests} requests, {bytes} bytes in {} cells, {by_node} of them by the region of their node; \
         {probes} probes",
        cells.len()
    )
}

fn say_fit(fitted: &Estimates, samples: u64, route: &Route) -> Vec<String> {
    if samples == 0 {
        return vec![format!("no probe in {} days: nothing can be estimated", route.window_days)];
    }
    let named = ["round trip", "throughput"].into_iter().zip(fitted.fitted());
    let say = |(name, fitted): (&str, Fitted)| {
        format!(
            "{name}: a parent counts as much as {:.1} probes of a cell's mean, {:.1} of its tail",
            fitted.cell, fitted.cell_quantile
        )
    };
    let notes = named.filter_map(|(name, fitted)| Some(say((name, fitted?))));
    std::iter::once(format!("{samples} probes in {} days", route.window_days)).chain(notes).collect()
}

/// The stored probes of the last days, this one among them.
async fn window(session: &Session, dt: NaiveDate, route: &Route, places: &mut Places) -> Outcome<Window> {
    let after = dt.checked_sub_days(Days::new(u64::from(route.window_days.max(1)))).unwrap_or(NaiveDate::MIN);
    let query = format!(
        "SELECT region, codec, content_class, node_id, chosen_by, samples, throughput_samples, rtt_ms_sum, \
         rtt_ms_squared_sum, throughput_kbps_sum, throughput_kbps_squared_sum, rtt_histogram, \
         throughput_histogram FROM silver.route_probes WHERE dt > DATE '{after}' AND dt <= DATE '{dt}'"
    );
    let mut window = Window::default();
    each(session, &query, |batch| window.push(batch, places)).await?;
    Ok(window)
}

/// Puts batches in the place of a day, and moves the session on to it.
async fn replace(
    session: &Session,
    table: &'static Table,
    dt: NaiveDate,
    batches: impl Iterator<Item = Result<RecordBatch, estimates::Error>>,
) -> Outcome<(&'static Table, u64, u64)> {
    let mut writer = FileWriter::new(session.lake(), table, Some(dt), table.name)?;
    block_in_place(|| {
        for batch in batches {
            writer.write(&batch?)?;
        }
        Ok::<_, Failure>(())
    })?;
    let rows = writer.rows();
    let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
    let version = session.lake().replace(table, Some(dt), added, "estimates").await?;
    session.refresh_table(table).await?;
    Ok((table, version, rows))
}
