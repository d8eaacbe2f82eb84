//! What a day's players measured and its nodes sent, read from the warehouse.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, ListArray};
use arrow::datatypes::{Float64Type, Int64Type};
use chrono::NaiveDate;
use delivery::estimates::histogram::middle;
use delivery::route::{CellName, Problem};
use warehouse::Session;

use super::reading::{cell_name, each, texts};
use crate::failure::Outcome;

/// The probes of a cell and node on a day, however the node was chosen.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub samples: i64,
    /// Of those, the ones for which the policy chose the node.
    pub policy_samples: i64,
    pub rtt_ms_sum: f64,
    /// Σ 1/p, Σ 1/p², Σ r/p, Σ r/p², Σ r²/p².
    pub weighted: [f64; 5],
    /// Round trips in ms with their counts, ascending.
    pub histogram: Vec<(f64, i64)>,
    /// Of those that the policy chose alone.
    pub policy_rtt_ms_sum: f64,
    pub policy_histogram: Vec<(f64, i64)>,
}

/// The probes of a day by cell and node.
pub type Probes = BTreeMap<(CellName, String), Measured>;

/// A day's probes by the cells and nodes of a problem, nodes ascending; those of others are left out.
pub fn by_place<'a>(problem: &Problem, probes: &'a Probes) -> Vec<Vec<(usize, &'a Measured)>> {
    let nodes: HashMap<&str, usize> =
        (0..).zip(&problem.nodes).map(|(index, node)| (node.node_id.as_str(), index)).collect();
    let cells: HashMap<&CellName, usize> =
        (0..).zip(&problem.cells).map(|(index, cell)| (&cell.name, index)).collect();
    let mut found: Vec<Vec<(usize, &Measured)>> = vec![Vec::new(); problem.cells.len()];
    for ((cell, node), measured) in probes {
        if let (Some(cell), Some(node)) = (cells.get(cell), nodes.get(node.as_str())) {
            found[*cell].push((*node, measured));
        }
    }
    found.iter_mut().for_each(|found| found.sort_by_key(|(node, _)| *node));
    found
}

/// The probes of a day.
pub async fn probes(session: &Session, dt: NaiveDate) -> Outcome<Probes> {
    let query = format!(
        "SELECT region, codec, content_class, node_id, chosen_by, samples, rtt_ms_sum, propensity_inverse_sum, \
         propensity_inverse_squared_sum, rtt_ms_weighted_sum, rtt_ms_weighted_twice_sum, \
         rtt_ms_squared_weighted_twice_sum, rtt_histogram FROM silver.route_probes WHERE dt = DATE '{dt}' \
         ORDER BY 1, 2, 3, 4, 5"
    );
    let mut probes = Probes::new();
    each(session, &query, |batch| {
        let samples = batch.column(5).as_primitive::<Int64Type>();
        let sums: Vec<_> =
            (6..=11).map(|column| batch.column(column).as_primitive::<Float64Type>()).collect();
        let histograms = batch.column(12).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let node = texts(batch, 3).value(row).to_owned();
            let found: &mut Measured = probes.entry((cell_name(batch, row), node)).or_default();
            let counted = histogram(histograms, row);
            found.samples += samples.value(row);
            found.rtt_ms_sum += sums[0].value(row);
            found.weighted.iter_mut().zip(&sums[1..]).for_each(|(sum, column)| *sum += column.value(row));
            if texts(batch, 4).value(row) == "POLICY" {
                found.policy_samples += samples.value(row);
                found.policy_rtt_ms_sum += sums[0].value(row);
                found.policy_histogram = counted.clone();
            }
            found.histogram.extend(counted);
        }
    })
    .await?;
    Ok(probes)
}

/// Round trips in ms with their counts.
fn histogram(lists: &ListArray, row: usize) -> Vec<(f64, i64)> {
    if lists.is_null(row) {
        return Vec::new();
    }
    let buckets = lists.value(row);
    let buckets = buckets.as_struct();
    let [numbers, counts] = [0, 1].map(|column| buckets.column(column).as_primitive::<Int64Type>());
    let bucket = |place: usize| u16::try_from(numbers.value(place)).unwrap_or(u16::MAX);
    (0..buckets.len()).map(|place| (middle(bucket(place)) / 1000.0, counts.value(place))).collect()
}

/// What the access log says that a node sent on a day: its bytes, and those of its busiest hour.
pub async fn sent(session: &Session, dt: NaiveDate) -> Outcome<BTreeMap<String, (i64, i64)>> {
    let most = delivery::estimates::demand::BYTES_MAX;
    let query = format!(
        "SELECT node_id, CAST(sum(bytes) AS BIGINT), CAST(max(bytes) AS BIGINT) FROM ( \
         SELECT node_id, date_trunc('hour', at) AS hour, sum(bytes_sent) AS bytes FROM bronze.cdn_requests \
         WHERE dt = DATE '{dt}' AND NOT conflict AND node_id IS NOT NULL AND bytes_sent BETWEEN 0 AND {most} \
         GROUP BY 1, 2) AS hours GROUP BY 1 ORDER BY 1"
    );
    let mut sent = BTreeMap::new();
    each(session, &query, |batch| {
        let [bytes, peak] = [1, 2].map(|column| batch.column(column).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            sent.insert(texts(batch, 0).value(row).to_owned(), (bytes.value(row), peak.value(row)));
        }
    })
    .await?;
    Ok(sent)
}
