//! One SELECT in a file: its tables, its parameters, and its plan once they are bound.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use chrono::NaiveDate;
use datafusion::prelude::DataFrame;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Statement as SqlStatement, TypedString, Value, visit_expressions, visit_expressions_mut,
};
use schemas::table::Table;

use crate::{Error, Result, Session};

/// A parsed SELECT with parameters such as `$dt`.
#[derive(Debug, Clone)]
pub struct Query {
    statement: Statement,
    /// The tables that it reads.
    pub tables: Vec<&'static Table>,
    /// Its parameters, with their dollar sign.
    pub parameters: BTreeSet<String>,
}

/// A parameter's value.
#[derive(Debug, Clone)]
pub enum Parameter {
    Day(NaiveDate),
    Integer(i64),
    /// In `dt IN ($name)`: the days, which may be none.
    Days(Vec<NaiveDate>),
}

/// Values by the parameters' names, dollar sign included.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<&'static str, Parameter>);

impl Values {
    /// `$dt` alone.
    pub fn of_day(dt: NaiveDate) -> Self {
        Self::default().with("$dt", Parameter::Day(dt))
    }

    /// The same and one more.
    pub fn with(mut self, name: &'static str, value: Parameter) -> Self {
        self.0.insert(name, value);
        self
    }

    /// Those that are chosen by name.
    pub fn only(mut self, is_chosen: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|name, _| is_chosen(name));
        self
    }
}

impl Query {
    /// Parses exactly one SELECT over known tables.
    pub fn parse(sql: &str) -> Result<Self> {
        let mut statements = DFParserBuilder::new(sql).build()?.parse_statements()?;
        let (Some(statement), true) = (statements.pop_front(), statements.is_empty()) else {
            return Err(Error::invalid("exactly one SELECT is expected"));
        };
        let Statement::Statement(inner) = &statement else {
            return Err(Error::invalid("only a SELECT is allowed"));
        };
        if !matches!(inner.as_ref(), SqlStatement::Query(_)) {
            return Err(Error::invalid("only a SELECT is allowed"));
        }
        let mut parameters = BTreeSet::new();
        let _ = visit_expressions(inner.as_ref(), |expression| {
            parameters.extend(placeholder(expression).map(str::to_owned));
            ControlFlow::<()>::Continue(())
        });
        let (references, _) = resolve_table_references(&statement, true)?;
        let tables = references
            .iter()
            // What the caller puts beside the warehouse's tables for the time of a night.
            .filter(|reference| reference.schema() != Some("work"))
            .map(|reference| {
                let name = reference.to_string();
                let unknown =
                    || Error::invalid(format!("it reads {name}, which is no table of the warehouse"));
                schemas::table(&name).ok_or_else(unknown)
            })
            .collect::<Result<_>>()?;
        Ok(Self { statement, tables, parameters })
    }

    /// Plans it with its parameters bound as typed constants.
    pub async fn plan(&self, session: &Session, values: &Values) -> Result<DataFrame> {
        let named = |name: &String| !values.0.contains_key(name.as_str());
        if let Some(unknown) = self.parameters.iter().find(|name| named(name)) {
            let known = values.0.keys().copied().collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!("{unknown} is no parameter: there are {known}")));
        }
        let mut statement = self.statement.clone();
        if let Statement::Statement(inner) = &mut statement {
            let _ = visit_expressions_mut(inner.as_mut(), |expression| {
                bind(expression, &values.0);
                ControlFlow::<()>::Continue(())
            });
        }
        let state = session.context().state();
        let plan = state.statement_to_plan(statement).await?;
        Ok(DataFrame::new(state, plan))
    }
}

/// Plans the SELECT that a file holds. Messages name the file.
pub async fn plan_file(session: &Session, path: &Path, values: &Values) -> Result<DataFrame> {
    let named = |error| match error {
        Error::Invalid(message) => Error::Invalid(format!("{}: {message}", path.display())),
        other => other,
    };
    let sql = std::fs::read_to_string(path).map_err(|error| named(Error::invalid(error)))?;
    Query::parse(&sql).map_err(named)?.plan(session, values).await.map_err(named)
}

/// Puts a parameter's value in its place. A list takes the place of the one parameter in `x IN ($list)`; an
/// empty one makes it false, so that what it selects from is not even opened.
fn bind(expression: &mut Expr, values: &BTreeMap<&'static str, Parameter>) {
    let value = |expression: &Expr| placeholder(expression).and_then(|name| values.get(name));
    if let Expr::InList { list, negated: false, .. } = expression
        && let [only] = list.as_slice()
        && let Some(Parameter::Days(days)) = value(only)
    {
        match days.is_empty() {
            true => *expression = Expr::Value(Value::Boolean(false).into()),
            false => *list = days.iter().map(|day| typed(DataType::Date, day.to_string())).collect(),
        }
        return;
    }
    match value(expression) {
        Some(Parameter::Day(day)) => *expression = typed(DataType::Date, day.to_string()),
        Some(Parameter::Integer(number)) => *expression = typed(DataType::BigInt(None), number.to_string()),
        // A list elsewhere than in IN stays a placeholder, which is refused when it is planned.
        Some(Parameter::Days(_)) | None => {}
    }
}

fn typed(data_type: DataType, text: String) -> Expr {
    let value = Value::SingleQuotedString(text).into();
    Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })
}

fn placeholder(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}
