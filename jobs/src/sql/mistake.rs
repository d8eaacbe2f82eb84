//! The engine's complaint in few words, and the name that was probably meant.

use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::sql::sqlparser::parser::ParserError;

use super::nearest::{nearest, nearest_table};
use crate::failure::{Failure, Kind};

/// Characters of a message.
const MESSAGE_MAX: usize = 400;
/// Columns that a hint lists.
const COLUMNS_MAX: usize = 12;

/// A failed query as a failure: what is wrong with it, and a hint where a name is unknown.
pub fn explain(error: DataFusionError) -> Failure {
    let found = match error.find_root() {
        DataFusionError::SchemaError(error, _) => column_mistake(error),
        DataFusionError::Plan(message) => Some(plan_mistake(message)),
        DataFusionError::SQL(error, _) => Some((syntax_mistake(error), None)),
        _ => None,
    };
    let root = first_line(&error.find_root().strip_backtrace());
    let mut failure = Failure::from(error);
    match found {
        Some((message, hint)) => (failure.message, failure.hint) = (message, hint),
        None if failure.kind == Kind::Usage => failure.message = root,
        None => {}
    }
    failure
}

fn column_mistake(error: &SchemaError) -> Option<(String, Option<String>)> {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            Some((format!("there is no column `{}`", field.flat_name()), column_hint(field, valid_fields)))
        }
        SchemaError::AmbiguousReference { field } => Some((
            format!("`{}` is a column of several tables", field.name()),
            Some(format!("name its table, as in table.{}", field.name())),
        )),
        _ => None,
    }
}

fn column_hint(field: &Column, valid: &[Column]) -> Option<String> {
    if let Some(near) = nearest(&field.name, valid.iter().map(|column| column.name.as_str())) {
        // A right name behind a wrong table is shown with the right one.
        let same = valid.iter().find(|column| column.name == field.name);
        return Some(format!("did you mean {}?", same.map_or(near.to_owned(), short_name)));
    }
    let mut names = valid.iter().take(COLUMNS_MAX).map(|column| column.name.as_str()).collect::<Vec<_>>();
    if valid.len() > COLUMNS_MAX {
        names.push("…");
    }
    (!names.is_empty()).then(|| format!("there are {}", names.join(", ")))
}

fn short_name(column: &Column) -> String {
    column.flat_name().trim_start_matches("warehouse.").to_owned()
}

fn plan_mistake(message: &str) -> (String, Option<String>) {
    let table = message.strip_prefix("table '").and_then(|rest| rest.strip_suffix("' not found"));
    if let Some(table) = table {
        let full = table.trim_start_matches("warehouse.");
        let (layer, name) = full.split_once('.').unwrap_or(("", full));
        // A bare name comes back with the session's own place, which nobody wrote.
        let short = if layer == "work" { name } else { full };
        let hint = nearest_table(layer, name).map(|near| format!("did you mean {near}?"));
        return (format!("there is no table `{short}`"), hint);
    }
    let suggestion = message.lines().find(|line| line.starts_with("Did you mean"));
    (first_line(message), suggestion.map(|line| line.replacen("Did", "did", 1)))
}

fn syntax_mistake(error: &ParserError) -> String {
    match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            format!("the SQL cannot be read: {}", first_line(message))
        }
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
    }
}

/// The first line without the engine's classification, cut where it is long.
fn first_line(message: &str) -> String {
    let mut rest = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    for prefix in ["Error during planning: ", "Execution error: ", "Arrow error: ", "Cast error: "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    match rest.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(table: &str, name: &str) -> Column {
        Column::new(Some(format!("warehouse.{table}")), name)
    }

    #[test]
    fn unknown_tables() {
        for (table, short) in [("gold.breaks", "gold.breaks"), ("work.breaks", "breaks")] {
            let (message, hint) = plan_mistake(&format!("table 'warehouse.{table}' not found"));
            assert_eq!(message, format!("there is no table `{short}`"));
            assert_eq!(hint.as_deref(), Some("did you mean silver.breaks?"));
        }
        assert_eq!(plan_mistake("table 'warehouse.gold.weather' not found").1, None);
    }

    #[test]
    fn unknown_columns() {
        let valid = [column("silver.breaks", "class"), column("silver.breaks", "amount")];
        let hint = |table: &str, name| column_hint(&column(table, name), &valid);
        assert_eq!(hint("silver.breaks", "amunt").as_deref(), Some("did you mean amount?"));
        assert_eq!(hint("b", "class").as_deref(), Some("did you mean silver.breaks.class?"));
        assert_eq!(hint("b", "weather").as_deref(), Some("there are class, amount"));
    }

    #[test]
    fn functions_and_long_messages() {
        let (message, hint) = plan_mistake("Invalid function 'summ'.\nDid you mean 'sum'?");
        assert_eq!(
            (message.as_str(), hint.as_deref()),
            ("Invalid function 'summ'.", Some("did you mean 'sum'?"))
        );
        assert_eq!(first_line(&"é".repeat(500)).chars().count(), MESSAGE_MAX + 1);
    }
}
