//! Tables of PostgreSQL's catalogue as this server means them: types of columns as they are sent, lists as lists, and
//! nothing in those in which nothing is here.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Int16Array, Int32Array, ListBuilder, PrimitiveBuilder, RecordBatch, StringArray,
    StringBuilder, new_null_array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Field, Int16Type, Int32Type, Schema, SchemaRef};
use datafusion::catalog::CatalogProvider;
use datafusion::common::Result;
use datafusion_postgres::arrow_pg::datatypes::{PG_CHAR_KEY, PG_OID_ALIAS_KEY};

use super::DATABASE;
use super::catalogue::{ids, integers, names};
use crate::cell::pg_type;
use crate::row;
use crate::settings::Settings;

/// Lists that are in PostgreSQL's catalogue and always empty here.
const EMPTY_LISTS: [(&str, &str); 8] = [
    ("pg_class", "relacl"),
    ("pg_class", "reloptions"),
    ("pg_namespace", "nspacl"),
    ("pg_database", "datacl"),
    ("pg_attribute", "attacl"),
    ("pg_attribute", "attoptions"),
    ("pg_attribute", "attfdwoptions"),
    ("pg_type", "typacl"),
];

/// Lists of numbers that are exported as texts.
const NUMBERS: [(&str, &str); 10] = [
    ("pg_index", "indkey"),
    ("pg_index", "indclass"),
    ("pg_index", "indcollation"),
    ("pg_index", "indoption"),
    ("pg_constraint", "conkey"),
    ("pg_constraint", "confkey"),
    ("pg_constraint", "conexclop"),
    ("pg_proc", "proargtypes"),
    ("pg_proc", "proallargtypes"),
    ("pg_policy", "polroles"),
];

/// Lists of words that are.
const WORDS: [(&str, &str); 4] = [
    ("pg_proc", "proargmodes"),
    ("pg_proc", "proargnames"),
    ("pg_proc", "proacl"),
    ("pg_statistic_ext", "stxkind"),
];

/// Views of PostgreSQL that the library does not have, and their columns. Nothing is in them here.
const VIEWS: [(&str, &[&str]); 6] = [
    ("pg_cursors", &["name", "statement", "is_holdable", "is_binary", "is_scrollable", "creation_time"]),
    ("pg_indexes", &["schemaname", "tablename", "indexname", "tablespace", "indexdef"]),
    (
        "pg_policies",
        &["schemaname", "tablename", "policyname", "permissive", "roles", "cmd", "qual", "with_check"],
    ),
    ("pg_rules", &["schemaname", "tablename", "rulename", "definition"]),
    (
        "pg_sequences",
        &["schemaname", "sequencename", "sequenceowner", "data_type", "start_value", "last_value"],
    ),
    ("pg_stat_activity", &["datid", "datname", "pid", "usename", "application_name", "state", "query"]),
];

/// Those views, each without rows.
pub fn views() -> impl Iterator<Item = (&'static str, RecordBatch)> {
    VIEWS.into_iter().map(|(name, columns)| {
        let fields = columns.iter().map(|column| Field::new(*column, DataType::Utf8, true));
        (name, RecordBatch::new_empty(Arc::new(Schema::new(fields.collect::<Vec<_>>()))))
    })
}

/// What the catalogue says otherwise than PostgreSQL does.
pub fn mend(table: &str, batch: RecordBatch) -> Result<RecordBatch> {
    let mut batch = batch;
    for (of, column) in EMPTY_LISTS {
        if of == table {
            batch = with_empty_list(&batch, column)?;
        }
    }
    for (of, column) in NUMBERS {
        if of == table {
            batch = replaced(&batch, column, |texts| Arc::new(lists_of_numbers::<Int32Type>(texts)))?;
        }
    }
    for (of, column) in WORDS {
        if of == table {
            batch = replaced(&batch, column, |texts| Arc::new(lists_of_words(texts)))?;
        }
    }
    if table == "pg_collation" {
        // As the version has it whose manners are followed.
        batch = renamed(&batch, "colllocale", "colliculocale")?;
    }
    if table == "pg_database" {
        // There is one, and no other that the library thinks every server has.
        let names = names(&batch, "datname")?;
        let place = names.iter().position(|name| name == DATABASE);
        batch = place.map_or_else(|| batch.clone(), |place| batch.slice(place, 1));
    }
    if table == "pg_namespace" {
        batch = with_information_schema(&batch)?;
    }
    batch = with_plain_ids(batch)?;
    // A letter that says what kind of type it is has a type of its own, by which drivers read it.
    if table == "pg_type" { with_metadata(&batch, "typtype", PG_CHAR_KEY, "char") } else { Ok(batch) }
}

/// The schema that PostgreSQL has beside `pg_catalog`, under the number that its types know it by.
fn with_information_schema(spaces: &RecordBatch) -> Result<RecordBatch> {
    const NUMBER: i32 = 13_283;
    let known = names(spaces, "nspname")?;
    let Some(like) = known.iter().position(|name| name == "pg_catalog") else { return Ok(spaces.clone()) };
    if known.iter().any(|name| name == "information_schema") {
        return Ok(spaces.clone());
    }
    let row = spaces.slice(like, 1);
    let mut columns = row.columns().to_vec();
    columns[row.schema().index_of("oid")?] = Arc::new(Int32Array::from(vec![NUMBER]));
    columns[row.schema().index_of("nspname")?] = Arc::new(StringArray::from(vec!["information_schema"]));
    let row = RecordBatch::try_new(row.schema(), columns)?;
    Ok(concat_batches(&spaces.schema(), [spaces, &row])?)
}

/// Every number of an object is of the type `oid`, whatever it is a number of.
fn with_plain_ids(batch: RecordBatch) -> Result<RecordBatch> {
    let plain = |field: &Arc<Field>| match field.metadata().contains_key(PG_OID_ALIAS_KEY) {
        true if *field.data_type() == DataType::Int32 => {
            let metadata = HashMap::from([(PG_OID_ALIAS_KEY.to_owned(), "oid".to_owned())]);
            Arc::new(field.as_ref().clone().with_metadata(metadata))
        }
        _ => field.clone(),
    };
    let fields = batch.schema().fields().iter().map(plain).collect::<Vec<_>>();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())?)
}

/// The types of all columns, as they are sent over the wire.
pub async fn with_types(
    attributes: &RecordBatch,
    classes: &RecordBatch,
    spaces: &RecordBatch,
    catalog: &dyn CatalogProvider,
) -> Result<RecordBatch> {
    let spaces: HashMap<i32, String> = ids(spaces)?.into_iter().zip(names(spaces, "nspname")?).collect();
    let mut schemas: HashMap<i32, SchemaRef> = HashMap::new();
    let within = integers(classes, "relnamespace")?;
    for ((oid, name), within) in ids(classes)?.into_iter().zip(names(classes, "relname")?).zip(within) {
        let Some(schema) = spaces.get(&within).and_then(|space| catalog.schema(space)) else { continue };
        if let Some(table) = schema.table(&name).await? {
            schemas.insert(oid, table.schema());
        }
    }
    let tables = integers(attributes, "attrelid")?;
    let places =
        attributes.column(attributes.schema().index_of("attnum")?).as_primitive::<Int16Type>().clone();
    let field = |(table, place): (&i32, &i16)| {
        let schema = schemas.get(table)?;
        schema.fields().get(usize::try_from(*place - 1).ok()?).cloned()
    };
    let fields = tables.iter().zip(places.values()).map(field).collect::<Vec<_>>();
    let kinds = fields.iter().map(|field| field.as_ref().map(pg_type)).collect::<Vec<_>>();
    let types = integers(attributes, "atttypid")?;
    let types =
        kinds.iter().zip(types).map(|(kind, old)| kind.as_ref().map_or(old, |kind| kind.oid() as i32));
    let types: ArrayRef = Arc::new(Int32Array::from_iter_values(types));
    let modifiers = fields.iter().map(|field| field.as_ref().map_or(-1, |field| row::modifier(field)));
    let modifiers: ArrayRef = Arc::new(Int32Array::from_iter_values(modifiers));
    let sizes: ArrayRef =
        Arc::new(Int16Array::from_iter_values(kinds.iter().map(|kind| kind.as_ref().map_or(-1, row::size))));
    let lists = kinds.iter().map(|kind| kind.as_ref().is_some_and(|kind| kind.name().starts_with('_')));
    let lists: ArrayRef = Arc::new(Int32Array::from_iter_values(lists.map(i32::from)));
    let mut columns = attributes.columns().to_vec();
    for (name, values) in
        [("atttypid", types), ("atttypmod", modifiers), ("attlen", sizes), ("attndims", lists)]
    {
        columns[attributes.schema().index_of(name)?] = values;
    }
    Ok(RecordBatch::try_new(attributes.schema(), columns)?)
}

/// `pg_settings`: what a session has before it sets anything.
pub fn settings(schema: &SchemaRef) -> Result<RecordBatch> {
    let all = Settings::default().all();
    let values = |of: &dyn Fn(&(String, String)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(all.iter().map(of)))
    };
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "name" => values(&|(name, _)| name.clone()),
        "setting" | "reset_val" => values(&|(_, value)| value.clone()),
        // Who may set it; clients list what is theirs.
        "context" => values(&|_| "user".to_owned()),
        _ => new_null_array(field.data_type(), all.len()),
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect())?)
}

fn with_empty_list(batch: &RecordBatch, column: &str) -> Result<RecordBatch> {
    let kind = DataType::new_list(DataType::Utf8, true);
    let (field, empty) =
        (Arc::new(Field::new(column, kind.clone(), true)), new_null_array(&kind, batch.num_rows()));
    let (mut fields, mut columns) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
    match batch.schema().index_of(column) {
        Ok(place) => (fields[place], columns[place]) = (field, empty),
        Err(_) => {
            fields.push(field);
            columns.push(empty);
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// A column of texts as something else.
fn replaced(
    batch: &RecordBatch,
    column: &str,
    make: impl Fn(&StringArray) -> ArrayRef,
) -> Result<RecordBatch> {
    let Ok(place) = batch.schema().index_of(column) else { return Ok(batch.clone()) };
    let Some(texts) = batch.column(place).as_string_opt::<i32>() else { return Ok(batch.clone()) };
    let made = make(texts);
    let (mut fields, mut columns) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
    fields[place] = Arc::new(Field::new(column, made.data_type().clone(), true));
    columns[place] = made;
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn renamed(batch: &RecordBatch, from: &str, to: &str) -> Result<RecordBatch> {
    let name = |field: &Arc<Field>| match field.name() == from {
        true => Arc::new(field.as_ref().clone().with_name(to)),
        false => field.clone(),
    };
    let fields = batch.schema().fields().iter().map(name).collect::<Vec<_>>();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())?)
}

fn with_metadata(batch: &RecordBatch, column: &str, key: &str, value: &str) -> Result<RecordBatch> {
    let mut fields = batch.schema().fields().to_vec();
    let place = batch.schema().index_of(column)?;
    let metadata = HashMap::from([(key.to_owned(), value.to_owned())]);
    fields[place] = Arc::new(fields[place].as_ref().clone().with_metadata(metadata));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec())?)
}

/// The items of `{a,b}`, or of `a b`.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.trim_matches(['{', '}']).split([',', ' ']).filter(|item| !item.is_empty())
}

fn lists_of_numbers<T>(texts: &StringArray) -> arrow::array::ListArray
where
    T: ArrowPrimitiveType,
    T::Native: std::str::FromStr,
{
    let mut lists = ListBuilder::new(PrimitiveBuilder::<T>::new());
    for text in texts {
        for item in text.into_iter().flat_map(items) {
            lists.values().append_option(item.parse().ok());
        }
        lists.append(text.is_some());
    }
    lists.finish()
}

fn lists_of_words(texts: &StringArray) -> arrow::array::ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for text in texts {
        for item in text.into_iter().flat_map(items) {
            lists.values().append_value(item.trim_matches('"'));
        }
        lists.append(text.is_some());
    }
    lists.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_lists() {
        let batch = RecordBatch::try_from_iter([
            ("proargtypes", Arc::new(StringArray::from(vec!["25 26", ""])) as ArrayRef),
            ("proargmodes", Arc::new(StringArray::from(vec![Some("{i,o}"), None])) as ArrayRef),
        ])
        .unwrap();
        let mended = mend("pg_proc", batch).unwrap();
        let numbers = mended.column(0).as_list::<i32>();
        assert_eq!(numbers.value(0).as_primitive::<Int32Type>().values().to_vec(), [25, 26]);
        assert_eq!(numbers.value(1).len(), 0);
        let words = mended.column(1).as_list::<i32>();
        assert_eq!(words.value(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["i", "o"]);
        assert!(arrow::array::Array::is_null(words, 1));
    }
}
