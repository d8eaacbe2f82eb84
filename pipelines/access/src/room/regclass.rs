//! Names of tables by their numbers, and numbers by their names, as PostgreSQL's type `regclass` has them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use super::catalogue::{ids, integers, names};

/// The function of a name, and the one of a number. Both are called by what `dialect` makes of a cast.
pub const NUMBER_OF: &str = "regclass_number";
pub const NAME_OF: &str = "regclass_name";

/// Every table of a catalogue.
pub struct Names {
    numbers: HashMap<String, i32>,
    names: HashMap<i32, String>,
}

impl Names {
    pub fn of(frozen: &HashMap<&str, RecordBatch>) -> Result<Self> {
        let mut all = Self { numbers: HashMap::new(), names: HashMap::new() };
        let (Some(classes), Some(spaces)) = (frozen.get("pg_class"), frozen.get("pg_namespace")) else {
            return Ok(all);
        };
        let spaces: HashMap<i32, String> = ids(spaces)?.into_iter().zip(names(spaces, "nspname")?).collect();
        let within = integers(classes, "relnamespace")?;
        for ((oid, name), within) in ids(classes)?.into_iter().zip(names(classes, "relname")?).zip(within) {
            let space = spaces.get(&within).map_or("", String::as_str);
            // What is found without its schema is named without it.
            let qualified = format!("{space}.{name}");
            if space == "pg_catalog" {
                all.numbers.insert(name.clone(), oid);
            }
            all.names.insert(oid, if space == "pg_catalog" { name } else { qualified.clone() });
            all.numbers.insert(qualified, oid);
        }
        // As PostgreSQL numbers the tables that descriptions are about.
        for (name, oid) in [
            ("pg_class", 1_259),
            ("pg_type", 1_247),
            ("pg_proc", 1_255),
            ("pg_constraint", 2_606),
            ("pg_namespace", 2_615),
            ("pg_database", 1_262),
        ] {
            all.numbers.insert(name.to_owned(), oid);
            all.numbers.insert(format!("pg_catalog.{name}"), oid);
        }
        Ok(all)
    }

    pub fn functions(self) -> Vec<ScalarUDF> {
        let (numbers, names) = (self.numbers, self.names);
        let number = move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let said = arrays[0].as_string::<i32>().iter().map(|name| numbers.get(&bare(name?)).copied());
            Ok(ColumnarValue::Array(Arc::new(said.collect::<Int32Array>()) as ArrayRef))
        };
        let name = move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let numbers = cast(&arrays[0], &DataType::Int32)?;
            // A number without a table is named by itself.
            let name = |number: i32| names.get(&number).cloned().unwrap_or_else(|| number.to_string());
            let said = numbers.as_primitive::<Int32Type>().iter().map(|number| number.map(name));
            Ok(ColumnarValue::Array(Arc::new(said.collect::<StringArray>()) as ArrayRef))
        };
        vec![
            create_udf(
                NUMBER_OF,
                vec![DataType::Utf8],
                DataType::Int32,
                Volatility::Stable,
                Arc::new(number),
            ),
            create_udf(NAME_OF, vec![DataType::Int32], DataType::Utf8, Volatility::Stable, Arc::new(name)),
        ]
    }
}

/// A name as PostgreSQL folds it: without the database, quotes taken off.
fn bare(name: &str) -> String {
    let parts =
        name.split('.').map(|part| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => part.to_lowercase(),
        });
    let parts = parts.collect::<Vec<_>>();
    match parts.as_slice() {
        [_, schema, table] => format!("{schema}.{table}"),
        _ => parts.join("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded() {
        for (written, expected) in [
            ("pg_class", "pg_class"),
            ("Silver.Breaks", "silver.breaks"),
            ("silver.\"Breaks\"", "silver.Breaks"),
            ("ttt.silver.breaks", "silver.breaks"),
        ] {
            assert_eq!(bare(written), expected, "{written}");
        }
    }
}
