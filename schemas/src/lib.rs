//! The vocabulary: tables, sources, money, parties and times; knows no engine.

pub mod table;

pub mod bronze;
pub mod delivery;
pub mod delivery_models;
pub mod gold;
pub mod insights;
pub mod ops;
pub mod privacy;
pub mod quality;
pub mod routes;
pub mod routes_gold;
pub mod silver;
pub mod strategy;
pub mod subscriptions;

pub mod did;
pub mod disclosure;
pub mod lineage;
pub mod money;
pub mod source;
pub mod time;

use table::Table;

/// Every table of the warehouse, layer by layer.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    let bronze = source::Source::ALL.into_iter().map(source::Source::table);
    let derived = silver::TABLES.into_iter().chain(gold::TABLES).chain(ops::TABLES);
    let derived = derived.chain(delivery::TABLES).chain(delivery_models::TABLES);
    let derived = derived.chain(subscriptions::TABLES).chain(routes::TABLES).chain(routes_gold::TABLES);
    let derived = derived.chain(quality::TABLES).chain(strategy::TABLES);
    let derived = derived.chain(insights::TABLES).chain(privacy::TABLES);
    bronze.chain([&bronze::QUARANTINE]).chain(derived)
}

/// The table of an SQL name such as `silver.breaks`.
pub fn table(sql_name: &str) -> Option<&'static Table> {
    tables().find(|table| table.sql_name() == sql_name)
}
