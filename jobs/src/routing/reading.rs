//! What the night's plan is made from, read from the warehouse into the planner's lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray, ListArray, RecordBatch, StringArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use chrono::{Days, NaiveDate};
use delivery::route::{Cell, CellName, Estimate, Estimates, Inventory, Offer, Standing, StandingCell};
use delivery::route::{Node, Problem, inventory};
use futures::TryStreamExt;
use schemas::bronze::NODES;
use schemas::routes::{ROUTE_DEMAND, ROUTE_ESTIMATES};
use schemas::table::Table;
use schemas::time;
use warehouse::Session;

use super::settings::Rules;
use crate::failure::{Failure, Outcome};

/// What a day's plan is made from.
#[derive(Debug, Default)]
pub struct Inputs {
    pub problem: Problem,
    pub currency: String,
    pub notes: Vec<String>,
}

/// Hands the batches of a query on, one at a time.
pub async fn each(session: &Session, query: &str, mut take: impl FnMut(&RecordBatch)) -> Outcome<()> {
    let mut batches = session.sql(query).await?.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        take(&batch);
    }
    Ok(())
}

/// The days of which a table has rows: an empty file says nothing.
pub fn days(session: &Session, table: &Table) -> BTreeSet<NaiveDate> {
    let files = session.files(table).into_iter().filter(|file| file.rows > 0);
    files.filter_map(|file| file.dt).map(time::date).collect()
}

/// The last day up to a night on which a table has rows, and how it is told if that is not the night itself.
fn day_in_force(
    session: &Session,
    table: &Table,
    dt: NaiveDate,
    rules: &Rules,
) -> Option<(NaiveDate, Option<String>)> {
    let last = days(session, table).range(..=dt).next_back().copied()?;
    let oldest = dt.checked_sub_days(Days::new(u64::from(rules.carry_days))).unwrap_or(dt);
    let note = (last != dt).then(|| format!("{} of {last} stays in force", table.sql_name()));
    (last >= oldest).then_some((last, note))
}

/// Reads demand, inventory and estimates as of a night. What is missing is missing in the problem, too: the planner
/// says what that means.
pub async fn inputs(session: &Session, dt: NaiveDate, rules: &Rules) -> Outcome<Inputs> {
    let mut notes = Vec::new();
    let mut day = |table: &Table| {
        let (day, note) = day_in_force(session, table, dt, rules)?;
        notes.extend(note);
        Some(day)
    };
    let [demand_day, nodes_day, estimates_day] = [&ROUTE_DEMAND, &NODES, &ROUTE_ESTIMATES].map(&mut day);
    let mut cells = Vec::new();
    if let Some(day) = demand_day {
        cells = demand(session, day).await?;
    }
    let mut found = Inventory::default();
    if let Some(day) = nodes_day {
        found = inventory(&offers(session, day).await?, rules.currency.as_deref(), &rules.rates);
    }
    let (mut estimates, mut strangers) = (Estimates::default(), Vec::new());
    if let Some(day) = estimates_day {
        (estimates, strangers) = self::estimates(session, day, &cells, &found.nodes).await?;
    }
    notes.append(&mut found.notes);
    if !strangers.is_empty() {
        let names = strangers.iter().map(String::as_str).collect();
        notes.push(format!("nodes in the logs that no inventory names: {}", delivery::route::named(names)));
    }
    let problem = Problem { cells, nodes: found.nodes, estimates };
    Ok(Inputs { problem, currency: found.currency, notes })
}

pub fn texts<'a>(batch: &'a RecordBatch, column: usize) -> &'a StringArray {
    batch.column(column).as_string::<i32>()
}

pub fn cell_name(batch: &RecordBatch, row: usize) -> CellName {
    let text = |column: usize| texts(batch, column).value(row).to_owned();
    CellName { region: text(0), codec: text(1), content_class: text(2) }
}

/// Cells with demand, by name. The peak is each cell's own: nodes so have room for all hours.
async fn demand(session: &Session, dt: NaiveDate) -> Outcome<Vec<Cell>> {
    let query = format!(
        "SELECT region, codec, content_class, bytes, peak_hour_bytes FROM silver.route_demand \
         WHERE dt = DATE '{dt}' AND bytes > 0 ORDER BY 1, 2, 3"
    );
    let mut cells = Vec::new();
    each(session, &query, |batch| {
        let [bytes, peak] = [3, 4].map(|column| batch.column(column).as_primitive::<Int64Type>());
        cells.extend((0..batch.num_rows()).map(|row| {
            // Demand that has no hour is taken as even over the day.
            let hour = if peak.value(row) > 0 { peak.value(row) } else { (bytes.value(row) - 1) / 24 + 1 };
            let peak_bps = i64::try_from(i128::from(hour) * 8 / 3600).unwrap_or(i64::MAX).max(1);
            Cell { name: cell_name(batch, row), bytes: bytes.value(row), peak_bps }
        }));
    })
    .await?;
    Ok(cells)
}

async fn offers(session: &Session, dt: NaiveDate) -> Outcome<Vec<Offer>> {
    let query = format!(
        "SELECT node_id, provider, capabilities, capacity_gbps, cost_per_gb, currency, status FROM bronze.nodes \
         WHERE dt = DATE '{dt}' AND NOT conflict ORDER BY node_id"
    );
    let mut offers = Vec::new();
    each(session, &query, |batch| {
        let capacity = batch.column(3).as_primitive::<Float64Type>();
        let price = batch.column(4).as_primitive::<Decimal128Type>();
        let text = |column: usize, row: usize| {
            let texts = texts(batch, column);
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        offers.extend((0..batch.num_rows()).map(|row| Offer {
            node_id: text(0, row).unwrap_or_default(),
            provider: text(1, row),
            capabilities: list(batch.column(2).as_list::<i32>(), row),
            capacity_gbps: capacity.is_valid(row).then(|| capacity.value(row)),
            cost_per_gb: price.is_valid(row).then(|| price.value(row)),
            currency: text(5, row),
            is_available: text(6, row).as_deref() == Some("AVAILABLE"),
        }));
    })
    .await?;
    Ok(offers)
}

fn list(lists: &ListArray, row: usize) -> Vec<String> {
    if lists.is_null(row) {
        return Vec::new();
    }
    lists.value(row).as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

/// Estimates by cell and node, and the nodes among them that the inventory does not know.
async fn estimates(
    session: &Session,
    dt: NaiveDate,
    cells: &[Cell],
    nodes: &[Node],
) -> Outcome<(Estimates, Vec<String>)> {
    let query = format!(
        "SELECT region, codec, content_class, node_id, rtt_ms_mean, rtt_ms_p95, throughput_kbps_p10, samples, \
         is_known_node FROM silver.route_estimates WHERE dt = DATE '{dt}'"
    );
    let cell_places: HashMap<&CellName, usize> =
        cells.iter().enumerate().map(|(index, cell)| (&cell.name, index)).collect();
    let node_places: HashMap<&str, u32> =
        (0..).zip(nodes).map(|(index, node)| (node.node_id.as_str(), index)).collect();
    let mut pairs: Vec<Vec<(u32, Estimate)>> = vec![Vec::new(); cells.len()];
    let mut strangers = BTreeSet::new();
    each(session, &query, |batch| {
        let [mean, p95, throughput] =
            [4, 5, 6].map(|column| batch.column(column).as_primitive::<Float64Type>());
        let samples = batch.column(7).as_primitive::<Int64Type>();
        let is_known = batch.column(8).as_boolean();
        for row in 0..batch.num_rows() {
            if !is_known.value(row) {
                strangers.insert(texts(batch, 3).value(row).to_owned());
            }
            let cell = cell_places.get(&cell_name(batch, row));
            let node = node_places.get(texts(batch, 3).value(row));
            let (Some(cell), Some(node), true, true) = (cell, node, mean.is_valid(row), p95.is_valid(row))
            else {
                continue;
            };
            let estimate = Estimate {
                rtt_ms_mean: mean.value(row),
                rtt_ms_p95: p95.value(row),
                throughput_kbps_p10: if throughput.is_valid(row) { throughput.value(row) } else { f64::NAN },
                samples: samples.value(row),
            };
            pairs[*cell].push((*node, estimate));
        }
    })
    .await?;
    pairs.iter_mut().for_each(|pairs| pairs.sort_by_key(|(node, _)| *node));
    Ok((Estimates(pairs), strangers.into_iter().collect()))
}

/// The plan in force after a night, and the night that wrote it.
pub async fn standing(session: &Session, night: NaiveDate) -> Outcome<Standing> {
    let query = format!(
        "SELECT region, codec, content_class, node_id, role, for_node_id, weight FROM gold.route_plan \
         WHERE dt = DATE '{night}' ORDER BY 1, 2, 3, rank"
    );
    let mut cells: BTreeMap<CellName, StandingCell> = BTreeMap::new();
    each(session, &query, |batch| {
        let weights = batch.column(6).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let cell = cells.entry(cell_name(batch, row)).or_default();
            let node = texts(batch, 3).value(row).to_owned();
            let for_node = texts(batch, 5);
            match texts(batch, 4).value(row) {
                "PRIMARY" => cell.primaries.push((node, weights.value(row))),
                _ => {
                    let stands_for = for_node.is_valid(row).then(|| for_node.value(row).to_owned());
                    cell.fallbacks.push((node, stands_for, weights.value(row)));
                }
            }
        }
    })
    .await?;
    Ok(Standing(cells))
}

/// A night's plan as it was written, row for row: what is carried on.
pub async fn rows(session: &Session, night: NaiveDate) -> Outcome<Vec<RecordBatch>> {
    let query = format!(
        "SELECT region, codec, content_class, node_id, role, rank, weight, for_node_id, provider, rtt_ms_mean, \
         rtt_ms_p95, throughput_kbps_p10, cost_per_gb, currency, samples, true AS is_carried, planned_on \
         FROM gold.route_plan WHERE dt = DATE '{night}' ORDER BY region, codec, content_class, role DESC, rank"
    );
    let schema = schemas::routes_gold::ROUTE_PLAN.file_schema();
    let batches = session.sql(&query).await?.collect().await?;
    let named = |batch: RecordBatch| RecordBatch::try_new(schema.clone(), batch.columns().to_vec());
    batches.into_iter().map(named).collect::<Result<_, _>>().map_err(Failure::from)
}
