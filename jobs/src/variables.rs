//! `TTT_*` variables above the configuration's file, and whose fault it is if they do not fit.

use toml::{Table, Value};

use crate::failure::{Failure, Outcome};

const PREFIX: &str = "TTT_";

/// The file's sections: `TTT_RECONCILE_LAG_HOURS` is `lag_hours` in `[reconcile]`.
const SECTIONS: [&str; 7] = ["reconcile", "route", "cache", "quality", "reports", "pseudonyms", "serve"];

/// Keys outside of the sections. Any other variable is somebody else's.
const TEXTS: [&str; 6] = ["landing", "warehouse", "sql", "jobs", "privacy", "spill"];
const NUMBERS: [&str; 2] = ["memory_mib", "threads"];

/// A variable, by its name after the prefix, in small letters.
pub type Variable = (String, String);

/// Who is wrong.
#[derive(Debug)]
pub enum Fault {
    /// The file, whatever the variables say.
    OfFile(Failure),
    /// The variables that the message names.
    OfVariables(Failure),
}

/// The variables of the environment that configure something, by name.
pub fn given() -> Outcome<Vec<Variable>> {
    let mut variables = Vec::new();
    for (name, text) in std::env::vars_os() {
        let Some(key) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let key = key.to_ascii_lowercase();
        if place(&key).is_none() {
            continue;
        }
        match text.into_string() {
            Ok(text) => variables.push((key, text)),
            Err(_) => return Err(Failure::usage(format!("{}: is no UTF-8", named(&key)))),
        }
    }
    variables.sort_unstable();
    Ok(variables)
}

/// Reads the file's table with the variables above it. A fault is the file's if it is wrong alone, a variable's if
/// that one makes it wrong, and else that of all variables together.
pub fn above<T>(
    file: &Table,
    variables: &[Variable],
    read: &dyn Fn(Table) -> Outcome<T>,
) -> Result<T, Fault> {
    let mut all = file.clone();
    let mut at_fault = None;
    for (key, text) in variables {
        match chosen(file, key, text, read) {
            Ok(value) => set(&mut all, key, value),
            Err((value, failure)) => {
                set(&mut all, key, value);
                at_fault = at_fault.or(Some((named(key), failure)));
            }
        }
    }
    let failure = match read(all) {
        Ok(found) => return Ok(found),
        Err(failure) => failure,
    };
    if let Err(failure) = read(file.clone()) {
        return Err(Fault::OfFile(failure));
    }
    let every = || variables.iter().map(|(key, _)| named(key)).collect::<Vec<_>>().join(", ");
    let (names, failure) = at_fault.unwrap_or_else(|| (every(), failure));
    Err(Fault::OfVariables(Failure { message: format!("{names}: {}", failure.message), ..failure }))
}

fn named(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase())
}

/// The value that a text stands for: what it looks like, else the text itself, else a list divided by commas, whichever
/// fits first.
fn chosen<T>(
    file: &Table,
    key: &str,
    text: &str,
    read: &dyn Fn(Table) -> Outcome<T>,
) -> Result<Value, (Value, Failure)> {
    let with = |value: &Value| {
        let mut table = file.clone();
        set(&mut table, key, value.clone());
        read(table)
    };
    let list = text.split(',').map(|part| guessed(key, part.trim())).collect();
    let readings = [guessed(key, text), Value::String(text.to_owned()), Value::Array(list)];
    let mut failures = Vec::new();
    for value in &readings {
        match with(value) {
            Ok(_) => return Ok(value.clone()),
            Err(failure) => failures.push(failure),
        }
    }
    // What is wrong is told of the reading that was meant.
    let is_list = failures[0].message.contains("expected a sequence");
    let meant = if is_list { 2 } else { 0 };
    Err((readings[meant].clone(), failures.swap_remove(meant)))
}

fn guessed(key: &str, text: &str) -> Value {
    match (text.parse::<i64>(), text.parse::<f64>(), text.parse::<bool>()) {
        // A price is read by its digits, never through a float. Texts stay texts, even where they look like numbers.
        _ if key.ends_with("_price") || TEXTS.contains(&key) => Value::String(text.to_owned()),
        (Ok(number), _, _) => Value::Integer(number),
        (_, Ok(number), _) if text.contains('.') => Value::Float(number),
        (_, _, Ok(truth)) => Value::Boolean(truth),
        _ => Value::String(text.to_owned()),
    }
}

/// The section, if it is in one, and the key in it.
fn place(key: &str) -> Option<(Option<&str>, &str)> {
    let in_section =
        |section: &&'static str| Some((Some(*section), key.strip_prefix(*section)?.strip_prefix('_')?));
    let outside = || (TEXTS.contains(&key) || NUMBERS.contains(&key)).then_some((None, key));
    SECTIONS.iter().find_map(in_section).or_else(outside)
}

fn set(table: &mut Table, key: &str, value: Value) {
    match place(key) {
        Some((Some(section), key)) => {
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(key.to_owned(), value);
            }
        }
        Some((None, key)) => {
            table.insert(key.to_owned(), value);
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(table: Table) -> Outcome<Config> {
        Config::read(table)
    }

    /// A file and variables as `key=text`; the configuration, or who is wrong.
    fn check(file: &str, variables: &[&str]) -> Result<Config, String> {
        let split = |text: &&str| text.split_once('=').map(|(key, text)| (key.to_owned(), text.to_owned()));
        let variables: Vec<_> = variables.iter().filter_map(split).collect();
        above(&file.parse().unwrap(), &variables, &read).map_err(|fault| match fault {
            Fault::OfFile(failure) => format!("file: {}", failure.message),
            Fault::OfVariables(failure) => failure.message,
        })
    }

    #[test]
    fn variables_are_above_the_file_and_typed_as_they_are_needed() {
        let file = "threads = 1\n[reconcile]\nlag_hours = 1\nbreaks_max = 3\n";
        let config =
            check(file, &["reconcile_lag_hours=2", "threads=3", "sql=7", "route_rtt_price=0.10"]).unwrap();
        assert_eq!((config.reconcile.lag_hours, config.reconcile.breaks_max), (2, Some(3)));
        assert_eq!((config.threads, config.sql), (Some(3), Some("7".into())));
        assert_eq!(config.route.rtt_price, "0.10");
        // A name in digits is a name.
        assert_eq!(check("", &["reports_out=2026"]).unwrap().reports.out.as_deref(), Some("2026"));
        assert_eq!(check("", &["somebody_elses=1", "fees=1"]).unwrap().fees.len(), 0);
        let config = check("", &["reports_formats=json, csv", "cache_ttl_seconds=60,3600"]).unwrap();
        assert_eq!((config.reports.formats.len(), config.cache.ttl_seconds), (2, vec![60, 3600]));
        assert_eq!(check("", &["cache_ttl_seconds=60"]).unwrap().cache.ttl_seconds, [60]);
    }

    #[test]
    fn the_fault_is_told_of_whose_it_is() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("", &["reconcile_lag_hours=soon"], &["TTT_RECONCILE_LAG_HOURS: ", "soon", "u32"]),
            ("", &["reconcile_lag_hours=-1"], &["TTT_RECONCILE_LAG_HOURS: ", "-1"]),
            ("", &["reconcile_lag=1"], &["TTT_RECONCILE_LAG: ", "unknown field"]),
            ("", &["reports_formats=json,doc"], &["TTT_REPORTS_FORMATS: ", "doc"]),
            ("", &["cache_pin_share=2.5"], &["TTT_CACHE_PIN_SHARE: ", "pin_share"]),
            ("", &["memory_mib=1", "threads=few"], &["TTT_THREADS: ", "few"]),
            ("threads = 2", &["route_rtt_price=cheap", "threads=1"], &["TTT_ROUTE_RTT_PRICE: "]),
            ("threads = \"few\"", &["memory_mib=1"], &["file: ", "few"]),
            (
                "",
                &["cache_pin_share=0.6", "cache_prefetch_share=0.6"],
                &["TTT_CACHE_PIN_SHARE, TTT_CACHE_PREFETCH_SHARE: "],
            ),
        ];
        for (file, variables, named) in cases {
            let message = check(file, variables).err().unwrap_or_else(|| panic!("{variables:?}"));
            for named in *named {
                assert!(message.contains(named), "{variables:?}: {named} is not in {message}");
            }
        }
        // What only both together make right is right.
        assert!(
            check("[cache]\npin_share = 0.9", &["cache_prefetch_share=0.5", "cache_pin_share=0.1"]).is_ok()
        );
        assert!(check("threads = \"few\"", &["threads=2"]).is_ok(), "a variable replaces what is wrong");
    }
}
