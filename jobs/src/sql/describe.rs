//! What there is to ask: the tables layer by layer, and the columns of one with their meaning.

use schemas::disclosure;
use schemas::table::{Kind, Layer, Table};

use super::nearest::nearest_table;
use super::table::{Heading, aligned};
use crate::failure::{Failure, Outcome};

/// Every table with what one row of it is.
pub fn tables() -> String {
    let layers = Layer::ALL.map(|layer| {
        let of_layer = schemas::tables().filter(|table| table.layer == layer);
        let rows = of_layer.map(|table| vec![Some(table.sql_name()), Some(table.grain.to_owned())]);
        aligned(&[Heading::left(layer.name()), Heading::left("one row is")], &rows.collect::<Vec<_>>())
    });
    layers.join("\n")
}

/// One table's columns with type and meaning; its layer may be left out where only one has it.
pub fn table(name: &str) -> Outcome<String> {
    let table = find(name)?;
    let rows = table.columns().map(|column| {
        let privacy = disclosure::class(table, column).map_or("hidden", |class| class.name());
        let said =
            [column.name.to_owned(), type_name(&column.kind), privacy.to_owned(), column.meaning.to_owned()];
        said.map(Some).to_vec()
    });
    let headings = ["column", "type", "privacy", "meaning"].map(Heading::left);
    let partition = if table.partitioned { "; partitioned by dt" } else { "" };
    Ok(format!(
        "{}: one row is {}; key: {}{partition}\n\n{}",
        table.sql_name(),
        table.grain,
        table.key.join(", "),
        aligned(&headings, &rows.collect::<Vec<_>>())
    ))
}

/// A table by its name, with or without its layer.
pub fn find(name: &str) -> Outcome<&'static Table> {
    let name = name.trim_end_matches(';').to_lowercase();
    let (layer, bare) = name.rsplit_once('.').unwrap_or(("", &name));
    let found = schemas::tables()
        .filter(|table| table.name == bare && (layer.is_empty() || table.layer.name() == layer));
    match found.collect::<Vec<_>>().as_slice() {
        [table] => Ok(*table),
        [] => {
            let failure = Failure::usage(format!("there is no table `{name}`"));
            Err(match nearest_table(layer, bare) {
                Some(near) => failure.with_hint(format!("did you mean {near}?")),
                None => failure,
            })
        }
        several => {
            let names = several.iter().map(|table| table.sql_name()).collect::<Vec<_>>();
            Err(Failure::usage(format!("several layers have a table `{name}`")).with_hint(names.join(", ")))
        }
    }
}

/// A kind in the words of the catalogue.
pub fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Integer => "bigint".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Float => "double".to_owned(),
        Kind::Time => "timestamp, UTC".to_owned(),
        Kind::Day => "date".to_owned(),
        Kind::Money => "decimal(28, 9)".to_owned(),
        Kind::Total => "decimal(38, 9)".to_owned(),
        Kind::Bytes => "bytes".to_owned(),
        Kind::List(item) => format!("list of {}", type_name(item)),
        Kind::Struct(columns) => {
            let fields = columns.iter().map(|column| format!("{} {}", column.name, type_name(&column.kind)));
            format!("({})", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_listed_and_described() {
        let listed = tables();
        for one in schemas::tables() {
            assert!(listed.contains(&one.sql_name()) && listed.contains(one.grain));
            let described = table(&one.sql_name()).unwrap();
            assert!(one.columns().all(|column| described.contains(column.meaning)), "{}", one.sql_name());
        }
    }

    #[test]
    fn a_table_is_found_by_its_bare_name() {
        assert_eq!(find("breaks").map(Table::sql_name).ok().as_deref(), Some("silver.breaks"));
        assert_eq!(find("SILVER.breaks;").map(Table::sql_name).ok().as_deref(), Some("silver.breaks"));
        let hint = find("gold.breaks").err().and_then(|failure| failure.hint);
        assert_eq!(hint.as_deref(), Some("did you mean silver.breaks?"));
    }
}
