//! The nodes of an inventory, and the plans that are in force.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use delivery::cache::{Admission, Plan, Policy};
use schemas::delivery::CACHE_PLAN;
use warehouse::Session;

use crate::failure::Outcome;

/// What is known of a node.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    pub cache_bytes: u64,
}

/// The nodes of a day's inventory by name, whatever their state: a drained one comes back. Of two rows of a node the
/// first counts.
pub async fn inventory(session: &Session, day: NaiveDate) -> Outcome<BTreeMap<String, Node>> {
    let query =
        format!("SELECT node_id, cache_bytes FROM bronze.nodes WHERE dt = DATE '{day}' AND NOT conflict");
    let mut nodes = BTreeMap::new();
    for batch in session.sql(&query).await?.collect().await? {
        let (names, sizes) =
            (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            let cache_bytes = u64::try_from(sizes.value(row)).unwrap_or_default();
            nodes.insert(names.value(row).to_owned(), Node { cache_bytes });
        }
    }
    Ok(nodes)
}

/// The plans of the last night before a day, by node.
pub async fn plans_before(session: &Session, dt: NaiveDate) -> Outcome<BTreeMap<String, Plan>> {
    let Some(last) = session.days(&CACHE_PLAN).range(..dt).next_back().copied() else {
        return Ok(BTreeMap::new());
    };
    let query = format!(
        "SELECT node_id, policy, admission, admission_bytes_max, ttl_seconds, pinned, prefetch \
         FROM gold.cache_plan WHERE dt = DATE '{last}'"
    );
    let mut plans = BTreeMap::new();
    for batch in session.sql(&query).await?.collect().await? {
        let names = batch.column(0).as_string::<i32>();
        plans.extend((0..batch.num_rows()).map(|row| (names.value(row).to_owned(), plan(&batch, row))));
    }
    Ok(plans)
}

fn plan(batch: &RecordBatch, row: usize) -> Plan {
    let [policies, admissions] = [1, 2].map(|column| batch.column(column).as_string::<i32>());
    let integer = |column: usize| {
        let values = batch.column(column).as_primitive::<Int64Type>();
        values.is_valid(row).then(|| values.value(row))
    };
    let texts = |column: usize| {
        let lists = batch.column(column).as_list::<i32>();
        match lists.is_valid(row) {
            true => lists.value(row).as_string::<i32>().iter().flatten().map(str::to_owned).collect(),
            false => Vec::new(),
        }
    };
    let admission = match (admissions.value(row), integer(3)) {
        ("SIZE", Some(bytes_max)) => Admission::Size(bytes_max.unsigned_abs()),
        ("SECOND_HIT", _) => Admission::SecondHit,
        _ => Admission::All,
    };
    Plan {
        policy: Policy::named(policies.value(row)).unwrap_or(Policy::Lru),
        admission,
        ttl_seconds: integer(4).and_then(|seconds| u32::try_from(seconds).ok()),
        pinned: texts(5),
        prefetch: texts(6),
    }
}
