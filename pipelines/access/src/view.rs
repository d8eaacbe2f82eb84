//! A role's view of each table: only the columns that it may see, pseudonyms for parties, only its own rows.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, Session, TableProvider,
};
use datafusion::common::{Result, internal_err};
use datafusion::datasource::{TableType, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ScalarUDF, col};
use datafusion::physical_plan::ExecutionPlan;
use schemas::disclosure;
use schemas::table::{Column, Kind, Layer, Table};

use crate::pinned::{Guard, Pinned};
use crate::role::{Role, Shown};

/// What makes a pseudonym of a party's name and a day, where there is one: it is offered to nobody, only used in views.
pub type Pseudonym = Option<Arc<ScalarUDF>>;

/// The column by whose month a party's pseudonym is made.
const DAY: &str = "dt";

/// One table as a role sees it.
#[derive(Debug)]
struct RoleTable {
    schema: SchemaRef,
    plan: LogicalPlan,
}

#[async_trait]
impl TableProvider for RoleTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// A table to whoever lists tables: that it is a view is nobody's concern.
    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        Some(Cow::Borrowed(&self.plan))
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        internal_err!("a view is planned as what it is made of")
    }
}

/// How a role sees a column of a table.
pub fn shown(role: &Role, table: &Table, column: &Column, pseudonym: &Pseudonym) -> Shown {
    match role.shows(disclosure::class(table, column)) {
        // Only a text can be replaced by another; and without a key, or a day that says which, there is none.
        Shown::Pseudonym if pseudonym.is_none() || !matches!(column.kind, Kind::Text) || !has_day(table) => {
            Shown::Hidden
        }
        shown => shown,
    }
}

/// Pseudonyms last a month: which, the row's day says.
fn has_day(table: &Table) -> bool {
    table.columns().any(|column| column.name == DAY && matches!(column.kind, Kind::Day))
}

/// The columns of a table that a role sees, in order.
pub fn columns<'a>(
    role: &'a Role,
    table: &'static Table,
    pseudonym: &'a Pseudonym,
) -> impl Iterator<Item = &'static Column> + 'a {
    table.columns().filter(move |column| shown(role, table, column, pseudonym) != Shown::Hidden)
}

/// The catalogue of a role: its views by layer, and a place for names without a layer, in which nothing is.
pub fn catalog(role: &Role, pseudonym: &Pseudonym) -> Result<Arc<MemoryCatalogProvider>> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema("public", Arc::new(MemorySchemaProvider::new()))?;
    for layer in Layer::ALL {
        let tables =
            schemas::tables().filter(|table| table.layer == layer && role.sees(table)).collect::<Vec<_>>();
        if tables.is_empty() {
            continue;
        }
        let schema = MemorySchemaProvider::new();
        for table in tables {
            if let Some(view) = view(role, table, pseudonym)? {
                schema.register_table(table.name.to_owned(), Arc::new(view))?;
            }
        }
        catalog.register_schema(layer.name(), Arc::new(schema))?;
    }
    Ok(Arc::new(catalog))
}

/// None where a role sees no column of it.
fn view(role: &Role, table: &'static Table, pseudonym: &Pseudonym) -> Result<Option<RoleTable>> {
    let expression = |column: &'static Column| {
        let plain = col(format!("\"{}\"", column.name));
        match (shown(role, table, column, pseudonym), pseudonym) {
            (Shown::Plain, _) => Some(plain),
            (Shown::Pseudonym, Some(function)) => {
                Some(function.call(vec![plain, col(DAY)]).alias(column.name))
            }
            _ => None,
        }
    };
    let shown = table.columns().filter_map(expression).collect::<Vec<_>>();
    if shown.is_empty() {
        return Ok(None);
    }
    let guard = role.only().map(|(column, value)| Guard { column, value: value.to_owned() });
    let source = provider_as_source(Arc::new(Pinned::new(table, guard)));
    let plan = LogicalPlanBuilder::scan(table.sql_name(), source, None)?.project(shown)?.build()?;
    Ok(Some(RoleTable { schema: Arc::new(plan.schema().as_arrow().clone()), plan }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(role: &Role, table: &str) -> Vec<String> {
        let catalog = catalog(role, &None).unwrap();
        let (layer, name) = table.split_once('.').unwrap();
        let found =
            catalog.schema(layer).and_then(|schema| futures::executor::block_on(schema.table(name)).unwrap());
        let fields =
            found.map(|table| table.schema().fields().iter().map(|field| field.name().clone()).collect());
        fields.unwrap_or_default()
    }

    #[test]
    fn without_a_key_analysts_see_no_party() {
        let columns = names(&Role::Analyst, "silver.reconciliation");
        assert!(
            columns.contains(&"gross".to_owned()) && !columns.contains(&"payer".to_owned()),
            "{columns:?}"
        );
        assert!(names(&Role::Finance, "silver.reconciliation").contains(&"payer".to_owned()));
        assert!(names(&Role::Analyst, "bronze.escrow_events").is_empty());
        assert!(!names(&Role::Finance, "bronze.escrow_events").contains(&"message".to_owned()));
        assert!(names(&Role::Operator, "bronze.quarantine").contains(&"raw".to_owned()));
        let creator = Role::Creator("did:key:z6MkB".to_owned());
        assert!(names(&creator, "gold.creator_statement_daily").contains(&"net".to_owned()));
        assert!(names(&creator, "silver.reconciliation").is_empty());
    }
}
