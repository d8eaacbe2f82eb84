//! What is said of parameters beside their plan: types that a client states where nothing else says them, and casts to
//! types of PostgreSQL's own, which the engine has as plain numbers.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, SelectItem, Statement, Value, VisitMut, VisitorMut, visit_expressions,
};
use pgwire::api::Type;

use crate::statement;

/// Types by the number of a parameter.
pub type Told = BTreeMap<usize, Type>;

/// Parameters that are cast to lists of object ids: a driver is told of these, and not of lists of integers.
pub fn told(statement: &Statement) -> Told {
    let mut told = Told::new();
    let _ = visit_expressions(statement, |expression: &Expr| {
        if let Expr::Cast { expr, data_type, .. } = expression
            && let Some(number) = number(expr)
            && ["oid[]", "pg_catalog.oid[]"].contains(&data_type.to_string().to_lowercase().as_str())
        {
            told.insert(number, Type::OID_ARRAY);
        }
        ControlFlow::<()>::Continue(())
    });
    told
}

/// Casts parameters to the types that their client states; whether there were any.
pub fn cast(statement: &mut Statement, numbers: &[usize], kinds: &[Option<Type>]) -> bool {
    let mut any = false;
    for number in numbers {
        let stated = kinds.get(number.wrapping_sub(1)).and_then(Option::as_ref).and_then(sql);
        let cast = stated.and_then(|sql| expression_of(&format!("CAST(${number} AS {sql})")));
        let Some(cast) = cast else { continue };
        any = true;
        let mut replacing = Replacing { number: *number, cast };
        let _ = statement.visit(&mut replacing);
    }
    any
}

struct Replacing {
    number: usize,
    cast: Expr,
}

impl VisitorMut for Replacing {
    type Break = ();

    // Behind what is inside: the cast itself is not looked at again.
    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if number(expression) == Some(self.number) {
            *expression = self.cast.clone();
        }
        ControlFlow::Continue(())
    }
}

/// The type in SQL; none where a text is as good.
fn sql(kind: &Type) -> Option<&'static str> {
    Some(match *kind {
        Type::BOOL => "BOOLEAN",
        Type::INT2 => "SMALLINT",
        Type::INT4 => "INT",
        Type::INT8 => "BIGINT",
        Type::FLOAT4 => "REAL",
        Type::FLOAT8 => "DOUBLE PRECISION",
        Type::NUMERIC => "DECIMAL(38, 18)",
        Type::DATE => "DATE",
        Type::TIMESTAMP => "TIMESTAMP",
        Type::TIMESTAMPTZ => "TIMESTAMP WITH TIME ZONE",
        Type::INTERVAL => "INTERVAL",
        _ => return None,
    })
}

/// The number of a parameter.
pub fn number(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix('$')?.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn expression_of(text: &str) -> Option<Expr> {
    let parsed = statement::parse(&format!("SELECT {text}")).ok()?.pop()?;
    let Statement::Query(query) = parsed else { return None };
    match query.body.as_select()?.projection.first().cloned()? {
        SelectItem::UnnamedExpr(expression) => Some(expression),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_types_are_cast_to() {
        let mut parsed = statement::parse("SELECT $1, $2, $3 + $1").unwrap().remove(0);
        let kinds = [Some(Type::INT8), Some(Type::TEXT), Some(Type::NUMERIC)];
        assert!(cast(&mut parsed, &[1, 2, 3], &kinds));
        assert_eq!(
            parsed.to_string(),
            "SELECT CAST($1 AS BIGINT), $2, CAST($3 AS DECIMAL(38,18)) + CAST($1 AS BIGINT)"
        );
        assert!(!cast(&mut parsed, &[2], &kinds) && !cast(&mut parsed, &[4], &kinds));
    }

    #[test]
    fn lists_of_ids_are_told() {
        let parsed =
            statement::parse("SELECT 1 WHERE array_has($2::oid[], 1) AND 1 = $1::int").unwrap().remove(0);
        assert_eq!(told(&parsed), Told::from([(2, Type::OID_ARRAY)]));
    }
}
