//! The catalogue for people: `ttt tables` in the terminal, `ttt docs` as a page, both from the vocabulary.

mod graph;
mod page;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use schemas::disclosure;
use schemas::lineage;
use schemas::table::{Column, Table};
use warehouse::Models;

use crate::aligned;
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::{ask, sql};

/// Show the tables, or one with its columns, their meaning, privacy and origin
#[derive(Debug, Args)]
pub struct TablesArguments {
    /// The table; its layer may be left out where only one has it
    pub name: Option<String>,
}

/// Write the catalogue as one page that needs no network: every table, column and question, with search and a graph
#[derive(Debug, Args)]
pub struct DocsArguments {
    /// Folder to write into
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// What is said of one table.
pub struct Described {
    pub table: &'static Table,
    /// The tables that it is made from, by name.
    pub inputs: Vec<String>,
    /// Where it comes from, in words.
    pub origin: String,
}

/// Every table with what it is made from.
pub fn described(config: &Config) -> Outcome<Vec<Described>> {
    let models = Models::load(&config.sql_folder()?)?;
    let mut by_model: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    for model in models.iter() {
        let inputs = model.inputs().iter().map(|table| table.sql_name()).collect::<Vec<_>>();
        let own = model.table.sql_name().replace('.', "/");
        for output in model.outputs() {
            by_model.insert(output.sql_name(), (inputs.clone(), format!("sql/{own}.sql")));
        }
    }
    let mut describe = |table: &'static Table| {
        let name = table.sql_name();
        let (inputs, origin) = match (by_model.remove(&name), lineage::source(table), lineage::inputs(table))
        {
            (Some(made), ..) => made,
            (_, Some(source), _) => (Vec::new(), format!("the logs of {}", source.folder())),
            (_, _, Some([])) => (Vec::new(), "by hand".to_owned()),
            (_, _, Some(inputs)) => {
                (inputs.iter().map(|name| (*name).to_owned()).collect(), "a program".to_owned())
            }
            _ => (Vec::new(), "the warehouse's own work".to_owned()),
        };
        // Reading its own nights before is no origin.
        let inputs = inputs.into_iter().filter(|input| *input != name && schemas::table(input).is_some());
        Described { table, inputs: inputs.collect(), origin }
    };
    Ok(schemas::tables().map(&mut describe).collect())
}

/// The name of a column's class of privacy.
pub fn privacy(table: &Table, column: &Column) -> &'static str {
    disclosure::class(table, column).map_or("hidden", |class| class.name())
}

/// `ttt tables`.
pub fn tables(config: &Config, global: &Global, arguments: &TablesArguments) -> Outcome<()> {
    let Some(name) = &arguments.name else {
        if global.json {
            let all = described(config)?;
            let all = serde_json::Value::from(all.iter().map(json).collect::<Vec<_>>());
            return aligned::print(&format!("{all}\n"));
        }
        return aligned::print(&format!("{}\n", sql::describe::tables()));
    };
    let table = sql::describe::find(name)?;
    let all = described(config)?;
    let missing = || Failure::other(format!("{} is not described", table.sql_name()));
    let of = all.iter().find(|of| std::ptr::eq(of.table, table)).ok_or_else(missing)?;
    if global.json {
        return aligned::print(&format!("{}\n", json(of)));
    }
    let described = sql::describe::table(&table.sql_name())?;
    let read_by = all.iter().filter(|other| other.inputs.contains(&table.sql_name()));
    let read_by = read_by.map(|other| other.table.sql_name()).collect::<Vec<_>>();
    let or_nothing =
        |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let (inputs, read_by) = (or_nothing(&of.inputs), or_nothing(&read_by));
    aligned::print(&format!("{described}\nmade by {}, from {inputs}\nread by {read_by}\n", of.origin))
}

/// `ttt docs`.
pub fn docs(config: &Config, global: &Global, arguments: &DocsArguments) -> Outcome<()> {
    let page = page::page(&described(config)?, &ask::load(config)?);
    let path = arguments.out.join("index.html");
    let wrong = |error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(&arguments.out).map_err(wrong)?;
    std::fs::write(&path, page).map_err(wrong)?;
    match global.json {
        true => println!("{}", serde_json::json!({"page": path.display().to_string()})),
        false => println!("{}", path.display()),
    }
    Ok(())
}

fn json(of: &Described) -> serde_json::Value {
    let columns = of.table.columns().map(|column| {
        let kind = sql::describe::type_name(&column.kind);
        let privacy = privacy(of.table, column);
        serde_json::json!({"name": column.name, "type": kind, "meaning": column.meaning, "privacy": privacy})
    });
    serde_json::json!({
        "table": of.table.sql_name(),
        "layer": of.table.layer.name(),
        "grain": of.table.grain,
        "key": of.table.key,
        "partition": of.table.partitioned.then_some("dt"),
        "made_by": of.origin,
        "inputs": of.inputs,
        "columns": columns.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is without a description, a class and an origin.
    #[test]
    fn every_table_says_where_it_comes_from() {
        let all = described(&Config::default()).unwrap();
        for of in &all {
            let name = of.table.sql_name();
            let known = !of.inputs.is_empty()
                || of.origin != "the warehouse's own work"
                || lineage::is_of_itself(of.table);
            assert!(known, "{name}: name what it is made from in schemas/src/lineage.rs");
            assert!(!of.table.grain.is_empty(), "{name}");
            for column in of.table.columns() {
                assert!(
                    !column.meaning.is_empty() && privacy(of.table, column) != "hidden",
                    "{name}.{}",
                    column.name
                );
            }
        }
    }
}
