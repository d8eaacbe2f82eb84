//! What each table is made from, where no SQL says so: by a program, a person or a log.

use crate::source::Source;
use crate::table::{Layer, Table};

/// Tables that programs make, with those that they read.
const MADE: &[(&str, &[&str])] = &[
    ("silver.ledger_findings", &["bronze.ledger_entries"]),
    ("silver.ledger_heads", &["bronze.ledger_entries"]),
    (
        "silver.subscription_facts",
        &["bronze.subscription_events", "bronze.tiers", "bronze.benefit_deliveries"],
    ),
    ("silver.route_demand", &["bronze.cdn_requests", "bronze.contents", "bronze.playbacks", "bronze.nodes"]),
    ("silver.route_probes", &["bronze.playbacks", "bronze.contents", "bronze.nodes"]),
    ("silver.route_exclusions", &["bronze.cdn_requests", "bronze.playbacks"]),
    ("silver.route_estimates", &["silver.route_probes"]),
    ("silver.viewing_sessions", &["bronze.cdn_requests", "bronze.playbacks", "bronze.contents"]),
    ("silver.quality_exclusions", &["bronze.cdn_requests", "bronze.playbacks", "silver.viewing_sessions"]),
    ("silver.quality_ladders", &["bronze.contents"]),
    ("silver.quality_cohorts", &["silver.viewing_sessions"]),
    ("gold.route_plan", &["silver.route_demand", "silver.route_estimates", "bronze.nodes"]),
    ("gold.route_summary", &["gold.route_plan", "silver.route_demand", "silver.route_probes"]),
    ("gold.route_losses", &["gold.route_plan"]),
    ("gold.route_scores", &["gold.route_plan", "silver.route_demand", "silver.route_estimates"]),
    ("gold.cache_plan", &["bronze.cdn_requests", "bronze.contents", "bronze.nodes"]),
    ("gold.cache_curves", &["bronze.cdn_requests", "bronze.nodes"]),
    ("gold.quality_plan", &["silver.quality_cohorts", "silver.quality_ladders", "silver.viewing_sessions"]),
    ("gold.creator_insights_daily", &["bronze.playbacks", "bronze.contents", "silver.reconciliation"]),
    ("silver.viewer_presence", &["bronze.playbacks"]),
    ("gold.delivery_strategy", &["gold.route_plan", "gold.cache_plan", "gold.quality_plan"]),
    // A person's word, from `ttt resolve`.
    ("silver.break_resolutions", &[]),
];

/// The source whose log a table holds.
pub fn source(table: &Table) -> Option<Source> {
    Source::ALL.into_iter().find(|source| std::ptr::eq(source.table(), table))
}

/// The tables that a program reads to make a table; none where its making stands elsewhere: in SQL, or nowhere.
pub fn inputs(table: &Table) -> Option<&'static [&'static str]> {
    let name = table.sql_name();
    MADE.iter().find(|(made, _)| *made == name).map(|(_, inputs)| *inputs)
}

/// Whether nothing but the warehouse's own work is told by it: there is no data that it is made from.
pub fn is_of_itself(table: &Table) -> bool {
    table.layer == Layer::Ops || table.sql_name() == "bronze.quarantine"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_there_where_what_is_made_is() {
        for (made, inputs) in MADE.iter().filter(|(made, _)| crate::table(made).is_some()) {
            let missing = inputs.iter().filter(|input| crate::table(input).is_none()).collect::<Vec<_>>();
            assert!(missing.is_empty(), "{made}: {missing:?}");
        }
    }
}
