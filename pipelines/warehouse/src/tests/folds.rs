//! Folds: whatever the plan does to the facts on the way, each group sees its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int64Array};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::MemTable;

use super::*;
use crate::Groups;

/// A digest of a group that does not depend on the facts' order: their number, bytes and sum of hashes.
fn digest<'a>(facts: impl Iterator<Item = &'a [u8]>) -> i64 {
    facts.fold(0, |sum: i64, fact| {
        let hash = fact.iter().fold(7i64, |hash, byte| hash.wrapping_mul(31).wrapping_add(i64::from(*byte)));
        sum.wrapping_add(hash).wrapping_add(fact.len() as i64 + 1)
    })
}

/// The digest of each group, with a constant added.
fn judge(groups: &Groups<'_>, constants: &[ScalarValue]) -> Result<ArrayRef, String> {
    let [ScalarValue::Int64(Some(more))] = constants else { return Err("one number".to_owned()) };
    let digests = groups.iter().map(|facts| Some(digest(facts).wrapping_add(*more)));
    Ok(Arc::new(digests.collect::<Int64Array>()))
}

/// Facts of so many groups in mixed order: some are empty, some long, some null.
fn facts(groups: i64) -> (RecordBatch, BTreeMap<i64, i64>) {
    let rows = (0..groups * 5).map(|i| {
        let group = i.wrapping_mul(7919) % groups;
        let fact = (i % 11 != 3).then(|| format!("fact {i} ").repeat((i % 9) as usize));
        (group, fact)
    });
    let (keys, values): (Vec<_>, Vec<_>) = rows.unzip();
    let mut expected = BTreeMap::new();
    for (key, value) in keys.iter().zip(&values) {
        let one = digest(value.iter().map(String::as_bytes));
        expected.entry(*key).and_modify(|sum: &mut i64| *sum = sum.wrapping_add(one)).or_insert(one);
    }
    let schema = Schema::new(vec![
        Field::new("key", DataType::Int64, false),
        Field::new("fact", DataType::Binary, true),
    ]);
    let values = values.iter().map(|value| value.as_ref().map(String::as_bytes)).collect::<BinaryArray>();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(keys)), Arc::new(values)];
    (RecordBatch::try_new(Arc::new(schema), columns).unwrap(), expected)
}

async fn check(memory_bytes: usize, groups: i64, spills: bool) {
    let (session, _spill) = session(&Lake::open("memory://").unwrap(), memory_bytes).await;
    session.register_fold("fact_digest", vec![DataType::Int64], DataType::Int64, Arc::new(judge));
    let (batch, expected) = facts(groups);
    let bounds = (0..=10).map(|i| i * batch.num_rows() / 10).collect::<Vec<_>>();
    let slices = bounds.windows(2).map(|pair| batch.slice(pair[0], pair[1] - pair[0])).collect::<Vec<_>>();
    let parts = slices.chunks(5).map(<[_]>::to_vec).collect();
    let table = MemTable::try_new(batch.schema(), parts).unwrap();
    session.context().register_table("facts", Arc::new(table)).unwrap();
    let frame =
        session.sql("SELECT key, fact_digest(fact, 1) - 1 AS value FROM facts GROUP BY key").await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let task = session.context().task_ctx();
    let found = datafusion::physical_plan::collect(plan.clone(), task).await.unwrap();
    let mut judged = BTreeMap::new();
    for batch in &found {
        let column = |i: usize| batch.column(i).as_any().downcast_ref::<Int64Array>().unwrap().clone();
        judged.extend(column(0).values().iter().copied().zip(column(1).values().iter().copied()));
    }
    assert_eq!(judged.len(), expected.len());
    assert!(judged == expected);
    assert_eq!(spill_count(&plan) > 0, spills);
}

fn spill_count(plan: &Arc<dyn datafusion::physical_plan::ExecutionPlan>) -> usize {
    let own = plan.metrics().and_then(|metrics| metrics.spill_count()).unwrap_or_default();
    own + plan.children().into_iter().map(spill_count).sum::<usize>()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_sees_every_fact_once() {
    check(1 << 28, 3, false).await;
    check(1 << 28, 40_000, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_spills() {
    check(24 << 20, 60_000, true).await;
}
