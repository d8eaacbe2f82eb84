//! What a creator was paid on the day, by currency: exact, from the statement alone.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Decimal128Type;
use chrono::NaiveDate;
use insights::release::Row;
use schemas::insights::{METRICS, Making, Metric};
use warehouse::Session;

use crate::failure::Outcome;

/// Rows of money, by creator.
pub async fn revenue(session: &Session, dt: NaiveDate) -> Outcome<BTreeMap<String, Vec<Row>>> {
    let sum = |rule: &str, column: &str| {
        format!("CAST(coalesce(sum({column}) FILTER (WHERE {rule}), 0) AS DECIMAL(38, 9))")
    };
    let all = "true";
    // In the order of the metrics.
    let sums = [
        sum("type = 'TIP'", "gross"),
        sum("type = 'SUBSCRIPTION'", "gross"),
        sum(all, "platform_fee"),
        sum(all, "processing_fee"),
        sum(all, "other_fees"),
        sum(all, "net"),
    ];
    let query = format!(
        "SELECT creator, currency, {} FROM gold.creator_statement_daily \
         WHERE dt = DATE '{dt}' AND standing IN ('SETTLED', 'REVERSED') AND creator IS NOT NULL \
         AND currency IS NOT NULL GROUP BY creator, currency ORDER BY creator, currency",
        sums.join(", ")
    );
    let metrics: Vec<&'static Metric> =
        METRICS.iter().filter(|metric| metric.making == Making::Exact).collect();
    let mut revenue: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for batch in session.sql(&query).await?.collect().await? {
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
