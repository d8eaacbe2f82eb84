//! One SELECT in a file: its tables, its parameters, and its plan once they are bound.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

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
#[derive(Debug, Clone, Copy)]
pub enum Parameter {
    Day(NaiveDate),
    Integer(i64),
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
    pub async fn plan(&self, session: &Session, values: &[(&str, Parameter)]) -> Result<DataFrame> {
        let mut statement = self.statement.clone();
        if let Statement::Statement(inner) = &mut statement {
            let _ = visit_expressions_mut(inner.as_mut(), |expression| {
                let value =
                    placeholder(expression).and_then(|name| values.iter().find(|(known, _)| *known == name));
                if let Some((_, value)) = value {
                    *expression = value.to_expression();
                }
                ControlFlow::<()>::Continue(())
            });
        }
        let state = session.context().state();
        let plan = state.statement_to_plan(statement).await?;
        Ok(DataFrame::new(state, plan))
    }
}

impl Parameter {
    fn to_expression(self) -> Expr {
        let (data_type, text) = match self {
            Self::Day(day) => (DataType::Date, day.to_string()),
            Self::Integer(number) => (DataType::BigInt(None), number.to_string()),
        };
        let value = Value::SingleQuotedString(text).into();
        Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax: false })
    }
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
