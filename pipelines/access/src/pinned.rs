//! The leaves of every view: a table that is bound to one version only when a statement is about to run.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, Result, ScalarValue, exec_datafusion_err};
use datafusion::datasource::{TableType, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, TableProviderFilterPushDown, col, lit};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use futures::future::BoxFuture;
use schemas::table::{Table, with_views};

use crate::barrier::Barrier;
use crate::failure::Refusal;

/// As of when tables are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// The latest committed version of each.
    #[default]
    Latest,
    /// What was committed by then.
    Time(DateTime<Utc>),
    /// This version of each table that is read.
    Version(u64),
}

/// Opens tables as of a time, each at one version; a table that was not created by then is empty.
pub type OpenTables = Arc<
    dyn Fn(Vec<&'static Table>, AsOf) -> BoxFuture<'static, Result<Vec<Arc<dyn TableProvider>>, Refusal>>
        + Send
        + Sync,
>;

/// The tables of one statement, each at its version: what a session carries while the statement is planned.
#[derive(Default)]
pub struct Pins(pub HashMap<String, Arc<dyn TableProvider>>);

/// The only rows that may be seen: those with a value in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    pub column: &'static str,
    pub value: String,
}

/// A table that reads whatever version its statement is pinned to.
pub struct Pinned {
    pub table: &'static Table,
    schema: SchemaRef,
    guard: Option<Guard>,
}

impl Pinned {
    pub fn new(table: &'static Table, guard: Option<Guard>) -> Self {
        Self { table, schema: with_views(&table.schema()), guard }
    }

    /// Scans behind a barrier: what a statement filters by is never computed on rows of others.
    async fn guarded(
        &self,
        guard: &Guard,
        inner: Arc<dyn TableProvider>,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let at = self.schema.index_of(guard.column)?;
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut read = wanted.clone();
        if !read.contains(&at) {
            read.push(at);
        }
        let filter = col(guard.column).eq(lit(ScalarValue::Utf8View(Some(guard.value.clone()))));
        let scan = inner.scan(state, Some(&read), std::slice::from_ref(&filter), None).await?;
        let predicate =
            state.create_physical_expr(filter, &DFSchema::try_from(scan.schema().as_ref().clone())?)?;
        let kept: Arc<dyn ExecutionPlan> = Arc::new(FilterExec::try_new(predicate, scan)?);
        let shown = wanted.iter().enumerate().map(|(place, index)| {
            let name = self.schema.field(*index).name();
            (Arc::new(Column::new(name, place)) as Arc<dyn PhysicalExpr>, name.clone())
        });
        let shown = ProjectionExec::try_new(shown.collect::<Vec<_>>(), kept)?;
        Ok(Arc::new(Barrier::new(Arc::new(shown))))
    }
}

impl fmt::Debug for Pinned {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pinned({}.{})", self.table.layer.name(), self.table.name)
    }
}

#[async_trait]
impl TableProvider for Pinned {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = match self.guard {
            Some(_) => TableProviderFilterPushDown::Unsupported,
            None => TableProviderFilterPushDown::Inexact,
        };
        Ok(vec![support; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let pins = state.config().get_extension::<Pins>();
        let name = self.table.sql_name();
        let inner = pins.and_then(|pins| pins.0.get(&name).cloned());
        let inner = inner.ok_or_else(|| exec_datafusion_err!("{name} was not opened for this statement"))?;
        match &self.guard {
            Some(guard) => self.guarded(guard, inner, state, projection).await,
            None => inner.scan(state, projection, filters, limit).await,
        }
    }
}

/// The warehouse's tables that a plan reads, each once.
pub fn tables_of(plan: &LogicalPlan) -> Result<Vec<&'static Table>> {
    let mut tables: Vec<&'static Table> = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && let Some(pinned) = (provider.as_ref() as &dyn std::any::Any).downcast_ref::<Pinned>()
            && !tables.iter().any(|table| std::ptr::eq(*table, pinned.table))
        {
            tables.push(pinned.table);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(tables)
}

/// Reads `latest`, a version, a UTC day (as it ended) or an RFC 3339 time.
pub fn as_of(text: &str) -> Result<AsOf, Refusal> {
    let text = text.trim();
    let number = text.strip_prefix("version").map_or(text, str::trim);
    if text.is_empty() || text.eq_ignore_ascii_case("latest") {
        return Ok(AsOf::Latest);
    }
    if let Ok(version) = number.parse() {
        return Ok(AsOf::Version(version));
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0));
        // The last instant of the day, as precise as commits are.
        let last = next.map(|next| next.and_utc() - chrono::TimeDelta::milliseconds(1));
        return last.map(AsOf::Time).ok_or_else(|| wrong(text));
    }
    DateTime::parse_from_rfc3339(text).map(|time| AsOf::Time(time.to_utc())).map_err(|_| wrong(text))
}

fn wrong(text: &str) -> Refusal {
    Refusal::new("22007", format!("{text:?} is no time to read tables as of"))
        .with_hint("latest, a version such as 12, a day such as 2026-11-20, or an RFC 3339 time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_of_is_read() {
        let time = |text: &str| AsOf::Time(DateTime::parse_from_rfc3339(text).unwrap().to_utc());
        assert_eq!(as_of(""), Ok(AsOf::Latest));
        assert_eq!(as_of(" Latest "), Ok(AsOf::Latest));
        assert_eq!(as_of("12"), Ok(AsOf::Version(12)));
        assert_eq!(as_of("version 0"), Ok(AsOf::Version(0)));
        assert_eq!(as_of("2026-11-20"), Ok(time("2026-11-20T23:59:59.999Z")));
        assert_eq!(as_of("2026-11-20T04:00:00+02:00"), Ok(time("2026-11-20T02:00:00Z")));
        for wrong in ["yesterday", "-1", "2026-13-01", "version x", "2026-11-20T04:00:00"] {
            assert!(as_of(wrong).is_err(), "{wrong}");
        }
    }
}
