//! The judges of subscriptions, offered to SQL with the rules.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use reconcile::schedule::Rules;
use reconcile::subscriptions::{Judge, Judged, facts};
use schemas::bronze::{BENEFIT_DELIVERIES, SUBSCRIPTION_EVENTS, TIERS};
use schemas::subscriptions::SUBSCRIPTION_PAYMENTS;
use schemas::table::Table;
use sha2::{Digest, Sha256};
use warehouse::{Groups, Session};

/// Columns of `bronze.subscription_events` that a fact holds.
const EVENT: [&str; 10] = [
    "event_id",
    "event",
    "subscriber",
    "creator",
    "tier_id",
    "tier_version",
    "period_start",
    "period_end",
    "escrow_id",
    "at",
];
const TIER: [&str; 7] = ["tier_id", "version", "creator", "price", "currency", "interval", "benefits"];
/// Of `silver.subscription_payments`, behind the escrow and the event that named it first.
const PAYMENT: [&str; 11] = [
    "event_id", "sequence", "type", "payer", "creator", "amount", "currency", "at", "class", "read_on", "dt",
];
const BENEFIT: [&str; 6] = ["delivery_id", "benefit_id", "type", "delivery_method", "status", "at"];

/// Registers `subscription_fact`, `tier_fact`, `payment_fact`, `benefit_fact`, the folds `entitlements(fact, night)`,
/// `subscription_findings(fact)` and `subscription_movements(fact, night before, night)`, and `finding_id`.
pub fn register(session: &Session, rules: &Arc<Rules>) {
    type Encode = fn(&[ArrayRef]) -> Result<BinaryArray, String>;
    let texts = |count| vec![DataType::Utf8; count];
    let payments = [texts(2), types(&SUBSCRIPTION_PAYMENTS, &PAYMENT)].concat();
    for (name, types, encode) in [
        ("subscription_fact", types(&SUBSCRIPTION_EVENTS, &EVENT), facts::of_events as Encode),
        ("tier_fact", types(&TIERS, &TIER), facts::of_tiers),
        ("payment_fact", payments, facts::of_payments),
        ("benefit_fact", types(&BENEFIT_DELIVERIES, &BENEFIT), facts::of_benefits),
    ] {
        let compute = move |columns: &[ArrayRef]| Ok(Arc::new(encode(columns)?) as _);
        session.register_scalar(name, types, DataType::Binary, Arc::new(compute));
    }
    for (name, judge) in [
        ("entitlements", Judge::Entitlements),
        ("subscription_findings", Judge::Findings),
        ("subscription_movements", Judge::Movements),
    ] {
        let rules = rules.clone();
        let evaluate = move |groups: &Groups<'_>, nights: &[ScalarValue]| {
            let mut judged = Judged::new(judge, &days(nights)?)?;
            groups.iter().try_for_each(|group| judged.judge(group, &rules))?;
            judged.finish()
        };
        let nights = vec![DataType::Date32; judge.nights()];
        session.register_fold(name, nights, judge.data_type(), Arc::new(evaluate));
    }
    session.register_scalar("finding_id", texts(1), DataType::Utf8, Arc::new(finding_id));
}

fn days(nights: &[ScalarValue]) -> Result<Vec<i32>, String> {
    let day = |night: &ScalarValue| match night {
        ScalarValue::Date32(Some(day)) => Ok(*day),
        other => Err(format!("{other} is no night")),
    };
    nights.iter().map(day).collect()
}

fn types(table: &Table, names: &[&str]) -> Vec<DataType> {
    let schema = table.schema();
    let named = |name: &&str| schema.field_with_name(name).map(|field| field.data_type().clone());
    names.iter().filter_map(|name| named(name).ok()).collect()
}

/// Names a finding by what makes it one: `sf_` and 80 bits of SHA-256 in hex.
fn finding_id(columns: &[ArrayRef]) -> Result<ArrayRef, String> {
    let texts =
        columns.first().and_then(|column| column.as_string_opt::<i32>()).ok_or("a text was expected")?;
    let name = |text: &str| {
        let hash = Sha256::digest(text.as_bytes());
        hash.iter().take(10).fold("sf_".to_owned(), |name, byte| format!("{name}{byte:02x}"))
    };
    Ok(Arc::new(texts.iter().map(|text| text.map(name)).collect::<StringArray>()))
}
