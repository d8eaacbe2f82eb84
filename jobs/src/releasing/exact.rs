//! What a creator was paid on the day, by currency: exact, from the statement alone.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Decimal128Type;
use insights::release::Row;
use schemas::insights::{METRICS, Making, Metric};
use warehouse::Values;

use super::models;
use crate::failure::{Failure, Outcome};
use crate::steps::Night;

/// Rows of money, by creator. The query's columns stand in the order of the metrics.
pub async fn revenue(night: &Night) -> Outcome<BTreeMap<String, Vec<Row>>> {
    let sums = models::plan(&night.session, &night.sql, "revenue", &Values::of_day(night.dt)).await?;
    let metrics: Vec<&'static Metric> =
        METRICS.iter().filter(|metric| metric.making == Making::Exact).collect();
    let named = sums.schema().fields().iter().skip(2).map(|field| field.name().as_str());
    if !named.eq(metrics.iter().map(|metric| metric.metric)) {
        return Err(Failure::other("revenue.sql: its columns are not the exact metrics in their order"));
    }
    let mut revenue: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for batch in sums.collect().await? {
        let (creators, currencies) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let rows = revenue.entry(creators.value(row).to_owned()).or_default();
            for (place, metric) in metrics.iter().enumerate() {
                let amount = Some(batch.column(2 + place).as_primitive::<Decimal128Type>().value(row));
                rows.push(Row {
                    metric,
                    key: currencies.value(row).to_owned(),
                    unit: currencies.value(row).to_owned(),
                    value: amount,
                    sigma: Some(0),
                    low: amount,
                    high: amount,
                });
            }
        }
    }
    Ok(revenue)
}
