//! PostgreSQL's catalogue of a role, made once and frozen: ids stay what they are, and every table and column says what it means.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{
    ColumnarValue, ScalarUDF, Signature, SimpleScalarUDF, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;
use datafusion_postgres::datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_postgres::datafusion_pg_catalog::pg_catalog::setup_pg_catalog;
use schemas::disclosure;
use schemas::table::Table;

use super::DATABASE;
use super::mended;
use super::regclass::Names;
use crate::hollow;
use crate::role::Role;
use crate::view::{self, Pseudonym};

/// Tables that would be made anew, with new ids, each time they are read, and those that are mended.
const FROZEN: [&str; 8] = [
    "pg_class",
    "pg_attribute",
    "pg_namespace",
    "pg_database",
    "pg_type",
    "pg_proc",
    "pg_collation",
    "pg_tables",
];
/// The id of `pg_class` itself: what a description of a table is about.
const PG_CLASS: i32 = 1_259;

/// Descriptions by table and column, the table itself under column 0.
type Descriptions = HashMap<(i32, i32), String>;

/// Puts `pg_catalog` and `catalog` beside a role's views.
pub async fn install(
    context: &SessionContext,
    catalog: &dyn CatalogProvider,
    role: &Role,
    pseudonym: &Pseudonym,
) -> Result<()> {
    catalog.register_schema("catalog", Arc::new(documentation(role, pseudonym)?))?;
    setup_pg_catalog(context, DATABASE, EmptyContextProvider).map_err(|error| *error)?;
    let Some(made) = catalog.schema("pg_catalog") else { return Ok(()) };
    let mut frozen = HashMap::new();
    for name in FROZEN {
        let batches = context.sql(&format!("SELECT * FROM pg_catalog.{name}")).await?.collect().await?;
        if let Some(first) = batches.first() {
            frozen.insert(name, mended::mend(name, concat_batches(&first.schema(), &batches)?)?);
        }
    }
    for name in hollow::EMPTY {
        if let Some(table) = made.table(name).await? {
            frozen.insert(name, mended::mend(name, RecordBatch::new_empty(table.schema()))?);
        }
    }
    frozen.extend(mended::views());
    if let Some(table) = made.table("pg_settings").await? {
        frozen.insert("pg_settings", mended::settings(&table.schema())?);
    }
    let described = describe(role, pseudonym, &frozen)?;
    let names = Names::of(&frozen)?;
    if let (Some(attributes), Some(classes), Some(spaces)) =
        (frozen.get("pg_attribute"), frozen.get("pg_class"), frozen.get("pg_namespace"))
    {
        let typed = mended::with_types(attributes, classes, spaces, catalog).await?;
        frozen.insert("pg_attribute", typed);
    }
    let mut tables: HashMap<String, Arc<dyn TableProvider>> = HashMap::new();
    for (name, batch) in frozen {
        tables.insert(name.to_owned(), Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?));
    }
    let descriptions = description_table(&described)?;
    tables.insert(
        "pg_description".to_owned(),
        Arc::new(MemTable::try_new(descriptions.schema(), vec![vec![descriptions]])?),
    );
    catalog.register_schema("pg_catalog", Arc::new(Frozen { made, tables }))?;
    for function in functions(described).into_iter().chain(names.functions()) {
        context.register_udf(function);
    }
    Ok(())
}

/// A schema with some of its tables as they were at the start.
#[derive(Debug)]
pub struct Frozen {
    pub made: Arc<dyn SchemaProvider>,
    pub tables: HashMap<String, Arc<dyn TableProvider>>,
}

#[async_trait]
impl SchemaProvider for Frozen {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.made.table_names();
        names.extend(self.tables.keys().filter(|name| !self.made.table_exist(name)).cloned());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match self.tables.get(&name.to_ascii_lowercase()) {
            Some(table) => Ok(Some(table.clone())),
            None => self.made.table(name).await,
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(&name.to_ascii_lowercase()) || self.made.table_exist(name)
    }
}

/// What each table and column of a role means, by the ids that they have.
fn describe(role: &Role, pseudonym: &Pseudonym, frozen: &HashMap<&str, RecordBatch>) -> Result<Descriptions> {
    let mut described = Descriptions::new();
    let (Some(classes), Some(spaces)) = (frozen.get("pg_class"), frozen.get("pg_namespace")) else {
        return Ok(described);
    };
    let spaces: HashMap<i32, String> = ids(spaces)?.into_iter().zip(names(spaces, "nspname")?).collect();
    let within = integers(classes, "relnamespace")?;
    for ((oid, name), within) in ids(classes)?.into_iter().zip(names(classes, "relname")?).zip(within) {
        let layer = spaces.get(&within).map_or("", String::as_str);
        let Some(table) = schemas::table(&format!("{layer}.{name}")).filter(|table| role.sees(table)) else {
            continue;
        };
        described.insert((oid, 0), format!("{}; key: {}", table.grain, table.key.join(", ")));
        for (place, column) in view::columns(role, table, pseudonym).enumerate() {
            described.insert((oid, place as i32 + 1), column.meaning.to_owned());
        }
    }
    Ok(described)
}

fn description_table(described: &Descriptions) -> Result<RecordBatch> {
    let mut rows = described.iter().collect::<Vec<_>>();
    rows.sort_unstable();
    let integer = |name: &str| Field::new(name, DataType::Int32, false);
    let fields = vec![
        integer("objoid"),
        integer("classoid"),
        integer("objsubid"),
        Field::new("description", DataType::Utf8, true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|((oid, _), _)| *oid))),
        Arc::new(Int32Array::from(vec![PG_CLASS; rows.len()])),
        Arc::new(Int32Array::from_iter_values(rows.iter().map(|((_, place), _)| *place))),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, text)| text.as_str()))),
    ];
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// `obj_description` and `col_description`, which psql asks.
fn functions(described: Descriptions) -> Vec<ScalarUDF> {
    let described = Arc::new(described);
    let of_columns = described.clone();
    let column = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let (tables, places) = (arrays[0].as_primitive::<Int32Type>(), arrays[1].as_primitive::<Int32Type>());
        let said = tables.iter().zip(places.iter()).map(|(table, place)| of_columns.get(&(table?, place?)));
        Ok(ColumnarValue::Array(Arc::new(said.collect::<StringArray>()) as ArrayRef))
    };
    let table = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let tables = cast(&arrays[0], &DataType::Int32)?;
        let tables = tables.as_primitive::<Int32Type>();
        let said = tables.iter().map(|table| described.get(&(table?, 0)));
        Ok(ColumnarValue::Array(Arc::new(said.collect::<StringArray>()) as ArrayRef))
    };
    // Of databases, roles and the like nothing is said.
    let shared = |_: &[ColumnarValue]| Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
    // With the catalogue that an object is of, and without; by its number, or by a name of which nothing is said.
    let forms = vec![TypeSignature::Any(1), TypeSignature::Any(2)];
    let of_objects = || Signature::one_of(forms.clone(), Volatility::Stable);
    let of_columns = Signature::exact(vec![DataType::Int32, DataType::Int32], Volatility::Stable);
    let made = |name: &str, signature, work| {
        ScalarUDF::from(SimpleScalarUDF::new_with_signature(name, signature, DataType::Utf8, work))
    };
    vec![
        made("col_description", of_columns, Arc::new(column)),
        made("obj_description", of_objects(), Arc::new(table)),
        made("shobj_description", of_objects(), Arc::new(shared)),
    ]
}

/// `catalog.tables` and `catalog.columns`: what a role sees, in words.
fn documentation(role: &Role, pseudonym: &Pseudonym) -> Result<MemorySchemaProvider> {
    let seen = schemas::tables().filter(|table| role.sees(table)).collect::<Vec<&'static Table>>();
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let column = |values: Vec<String>| Arc::new(StringArray::from(values)) as ArrayRef;
    let of_tables =
        |value: &dyn Fn(&Table) -> String| column(seen.iter().map(|table| value(table)).collect());
    let tables = RecordBatch::try_new(
        Arc::new(Schema::new(["table", "layer", "grain", "key", "partition"].map(text).to_vec())),
        vec![
            of_tables(&Table::sql_name),
            of_tables(&|table| table.layer.name().to_owned()),
            of_tables(&|table| table.grain.to_owned()),
            of_tables(&|table| table.key.join(", ")),
            of_tables(&|table| if table.partitioned { "dt" } else { "" }.to_owned()),
        ],
    )?;
    let shown = seen
        .iter()
        .flat_map(|table| view::columns(role, table, pseudonym).map(move |column| (*table, column)));
    let shown = shown.collect::<Vec<_>>();
    let class =
        |table: &Table, column| disclosure::class(table, column).map_or("", |class| class.name()).to_owned();
    let columns = RecordBatch::try_new(
        Arc::new(Schema::new(["table", "column", "meaning", "privacy"].map(text).to_vec())),
        vec![
            column(shown.iter().map(|(table, _)| table.sql_name()).collect()),
            column(shown.iter().map(|(_, column)| column.name.to_owned()).collect()),
            column(shown.iter().map(|(_, column)| column.meaning.to_owned()).collect()),
            column(shown.iter().map(|(table, column)| class(table, column)).collect()),
        ],
    )?;
    let schema = MemorySchemaProvider::new();
    for (name, batch) in [("tables", tables), ("columns", columns)] {
        schema.register_table(
            name.to_owned(),
            Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?),
        )?;
    }
    Ok(schema)
}

pub fn ids(batch: &RecordBatch) -> Result<Vec<i32>> {
    integers(batch, "oid")
}

pub fn integers(batch: &RecordBatch, name: &str) -> Result<Vec<i32>> {
    let column = batch.column(batch.schema().index_of(name)?);
    Ok(column.as_primitive::<Int32Type>().values().to_vec())
}

pub fn names(batch: &RecordBatch, name: &str) -> Result<Vec<String>> {
    let column = batch.column(batch.schema().index_of(name)?);
    Ok(column.as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}
