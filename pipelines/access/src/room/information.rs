//! `information_schema`, with the types of columns under the names that PostgreSQL gives them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use datafusion::catalog::information_schema::InformationSchemaProvider;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, TableProvider,
};
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use pgwire::api::Type;

use super::DATABASE;
use super::catalogue::{Frozen, names};
use crate::cell::pg_type;

/// The schema as the engine makes it, in which `columns` is as it is now, with other names of types.
pub async fn install(context: &SessionContext, catalog: &dyn CatalogProvider) -> Result<()> {
    // Of a list of its own: it must not hold what holds it.
    let (catalogs, within) = (MemoryCatalogProviderList::new(), MemoryCatalogProvider::new());
    for name in catalog.schema_names() {
        if let Some(schema) = catalog.schema(&name) {
            within.register_schema(&name, schema)?;
        }
    }
    catalogs.register_catalog(DATABASE.to_owned(), Arc::new(within));
    let functions = context.state().table_functions().clone();
    let made = Arc::new(InformationSchemaProvider::new(Arc::new(catalogs)).with_table_functions(functions));
    let mut tables: HashMap<String, Arc<dyn TableProvider>> = HashMap::new();
    let batches = context.sql("SELECT * FROM information_schema.columns").await?.collect().await?;
    if let Some(first) = batches.first() {
        let columns = named(concat_batches(&first.schema(), &batches)?, catalog).await?;
        let columns = MemTable::try_new(columns.schema(), vec![vec![columns]])?;
        tables.insert("columns".to_owned(), Arc::new(columns));
    }
    catalog.register_schema("information_schema", Arc::new(Frozen { made, tables }))?;
    Ok(())
}

/// The same with PostgreSQL's types. The columns of a table stand together.
async fn named(columns: RecordBatch, catalog: &dyn CatalogProvider) -> Result<RecordBatch> {
    let schemas = names(&columns, "table_schema")?;
    let tables = names(&columns, "table_name")?;
    let fields = names(&columns, "column_name")?;
    let mut types = names(&columns, "data_type")?;
    let mut read = None;
    for (row, kind) in types.iter_mut().enumerate() {
        let place = (&schemas[row], &tables[row]);
        if read.as_ref().is_none_or(|(known, _)| *known != place) {
            let table = match catalog.schema(place.0) {
                Some(schema) => schema.table(place.1).await?,
                None => None,
            };
            read = Some((place, table.map(|table| table.schema())));
        }
        let schema = read.as_ref().and_then(|(_, schema)| schema.as_ref());
        if let Some((_, field)) = schema.and_then(|schema| schema.fields().find(&fields[row])) {
            *kind = sql_name(&pg_type(field)).to_owned();
        }
    }
    let place = columns.schema().index_of("data_type")?;
    let mut values = columns.columns().to_vec();
    values[place] = Arc::new(StringArray::from(types)) as ArrayRef;
    Ok(RecordBatch::try_new(columns.schema(), values)?)
}

/// What SQL calls a type.
fn sql_name(kind: &Type) -> &str {
    match *kind {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::VARCHAR => "character varying",
        Type::TIME => "time without time zone",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        _ if kind.name().starts_with('_') => "ARRAY",
        _ => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_the_standard() {
        let shown = [Type::NUMERIC, Type::TEXT, Type::INT8, Type::TIMESTAMPTZ, Type::DATE, Type::TEXT_ARRAY];
        let names = shown.iter().map(sql_name).collect::<Vec<_>>();
        assert_eq!(names, ["numeric", "text", "bigint", "timestamp with time zone", "date", "ARRAY"]);
    }
}
