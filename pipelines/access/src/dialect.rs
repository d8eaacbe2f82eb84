//! What PostgreSQL understands and the engine does not, said in the engine's words.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName,
    Query, SetExpr, Statement, Value, VisitMut, VisitorMut, visit_relations,
};
use pgwire::api::Type;

use crate::failure::Refusal;
use crate::statement;

/// Columns of PostgreSQL's catalogue that hold functions: zero stands for none there, a dash in the engine's texts.
const OF_FUNCTIONS: [&str; 8] =
    ["typreceive", "typsend", "typinput", "typoutput", "typmodin", "typmodout", "typanalyze", "typsubscript"];

/// What stands in FROM and is no relation.
const FUNCTIONS: [&str; 4] = ["unnest", "generate_series", "pg_get_keywords", "generate_subscripts"];

/// Rewrites a statement; `kinds` are the types that a client states of its parameters.
pub fn adapt(statement: &mut Statement, kinds: &[Option<Type>]) -> Result<(), Refusal> {
    let mut adapting = Adapting { kinds, of_catalogue: is_of_catalogue(statement), failed: None };
    let _ = statement.visit(&mut adapting);
    adapting.failed.map_or(Ok(()), Err)
}

/// Whether it asks for nothing but what is there to ask for.
fn is_of_catalogue(statement: &Statement) -> bool {
    let mut any = false;
    let others = visit_relations(statement, |relation: &ObjectName| {
        let name = relation.to_string().to_lowercase();
        if FUNCTIONS.contains(&name.as_str()) {
            return ControlFlow::Continue(());
        }
        any = true;
        let of_catalogue =
            name.contains("pg_catalog.") || name.contains("information_schema.") || name.starts_with("pg_");
        if of_catalogue { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    any && others.is_continue()
}

struct Adapting<'a> {
    kinds: &'a [Option<Type>],
    of_catalogue: bool,
    failed: Option<Refusal>,
}

impl VisitorMut for Adapting<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(function) if name(&function.name) == "array" => {
                if let FunctionArguments::Subquery(query) = &function.args {
                    match self.array_of(query) {
                        Ok(array) => *expression = array,
                        Err(refusal) => self.failed = Some(refusal),
                    }
                }
            }
            Expr::Function(function) if name(&function.name) == "array_has" => {
                if let FunctionArguments::List(list) = &mut function.args
                    && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = list.args.first_mut()
                {
                    if let Some(number) = number(first) {
                        let stated = self.kinds.get(number.wrapping_sub(1)).cloned().flatten();
                        *first = cast(first.clone(), array_type(stated.as_ref()));
                    } else if let Some(items) = items(first) {
                        *first = items;
                    }
                }
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right }
                if self.of_catalogue =>
            {
                let is_zero = matches!(right.as_ref(), Expr::Value(value) if value.value.to_string() == "0");
                if is_zero && OF_FUNCTIONS.contains(&column(left).as_str()) {
                    **right = Expr::Value(Value::SingleQuotedString("-".to_owned()).into());
                }
            }
            // The engine knows one character that escapes others.
            Expr::Like { pattern, escape_char: escape @ Some(_), .. } if self.of_catalogue => {
                if let Some(Value::SingleQuotedString(escape)) = escape.take().map(|value| value.value) {
                    match escaped(pattern, &escape) {
                        Ok(again) => **pattern = again,
                        Err(refusal) => self.failed = Some(refusal),
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A pattern with a backslash in the place of another character that escapes.
fn escaped(pattern: &Expr, escape: &str) -> Result<Expr, Refusal> {
    let quoted = escape.replace('\'', "''");
    let parsed =
        statement::parse(&format!("SELECT replace(replace(({pattern}), '\\', '\\\\'), '{quoted}', '\\')"))?
            .pop();
    let Some(Statement::Query(parsed)) = parsed else { return Err(Refusal::syntax("LIKE takes a pattern")) };
    match parsed.body.as_select().and_then(|select| select.projection.first().cloned()) {
        Some(datafusion::sql::sqlparser::ast::SelectItem::UnnamedExpr(again)) => Ok(again),
        _ => Err(Refusal::syntax("LIKE takes a pattern")),
    }
}

/// `'{a,b}'` as a list, where its items are plain words.
fn items(expression: &Expr) -> Option<Expr> {
    let text = match expression {
        Expr::Value(value) => value.value.clone().into_string()?,
        Expr::Cast { expr, .. } => return items(expr),
        _ => return None,
    };
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    if inside.contains(['{', '\\']) {
        return None;
    }
    let word = |item: &str| {
        let bare = item.strip_prefix('"').and_then(|item| item.strip_suffix('"')).unwrap_or(item);
        (!bare.contains('"')).then(|| format!("'{}'", bare.replace('\'', "''")))
    };
    let words = inside.split(',').filter(|item| !item.is_empty()).map(word).collect::<Option<Vec<_>>>()?;
    let list = words.join(", ");
    let parsed = statement::parse(&format!("SELECT CAST(ARRAY[{list}] AS TEXT[])")).ok()?.pop()?;
    let Statement::Query(parsed) = parsed else { return None };
    match parsed.body.as_select()?.projection.first().cloned()? {
        datafusion::sql::sqlparser::ast::SelectItem::UnnamedExpr(list) => Some(list),
        _ => None,
    }
}

impl Adapting<'_> {
    /// `ARRAY(SELECT …)`. In questions on the catalogue it collects what there is none of here (privileges,
    /// policies, members), often row by row, which the engine cannot do: none.
    fn array_of(&self, query: &Query) -> Result<Expr, Refusal> {
        let text = match self.of_catalogue {
            true => "SELECT CAST(NULL AS TEXT[])".to_owned(),
            false => format!("SELECT (SELECT array_agg(x) FROM ({query}) AS s(x))"),
        };
        let parsed = statement::parse(&text)?.pop();
        let Some(Statement::Query(parsed)) = parsed else {
            return Err(Refusal::syntax("ARRAY takes a query"));
        };
        match *parsed.body {
            SetExpr::Select(mut select) => match select.projection.pop() {
                Some(datafusion::sql::sqlparser::ast::SelectItem::UnnamedExpr(array)) => Ok(array),
                _ => Err(Refusal::syntax("ARRAY takes a query")),
            },
            _ => Err(Refusal::syntax("ARRAY takes a query")),
        }
    }
}

/// Of a list that nothing is said of, texts.
fn array_type(stated: Option<&Type>) -> DataType {
    let item = match stated {
        Some(&Type::INT2_ARRAY | &Type::INT4_ARRAY | &Type::INT8_ARRAY | &Type::OID_ARRAY) => {
            DataType::BigInt(None)
        }
        Some(&Type::BOOL_ARRAY) => DataType::Boolean,
        Some(&Type::FLOAT4_ARRAY | &Type::FLOAT8_ARRAY) => DataType::DoublePrecision,
        Some(&Type::DATE_ARRAY) => DataType::Date,
        _ => DataType::Text,
    };
    DataType::Array(datafusion::sql::sqlparser::ast::ArrayElemTypeDef::SquareBracket(Box::new(item), None))
}

fn cast(expression: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expression), data_type, array: false, format: None }
}

fn name(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(String::new, |part| part.value.to_lowercase())
}

fn column(expression: &Expr) -> String {
    match expression {
        Expr::Identifier(word) => word.value.to_lowercase(),
        Expr::CompoundIdentifier(words) => {
            words.last().map_or_else(String::new, |word| word.value.to_lowercase())
        }
        _ => String::new(),
    }
}

/// The number of a parameter.
fn number(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix('$')?.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, kinds: &[Option<Type>], expected: &str) {
        let mut parsed = statement::parse(text).unwrap().remove(0);
        adapt(&mut parsed, kinds).unwrap();
        assert_eq!(parsed.to_string(), expected);
    }

    #[test]
    fn arrays_of_queries() {
        check(
            "SELECT ARRAY(SELECT a FROM silver.t)",
            &[],
            "SELECT (SELECT array_agg(x) FROM (SELECT a FROM silver.t) AS s (x))",
        );
        check(
            "SELECT ARRAY(SELECT a FROM pg_catalog.pg_roles) FROM pg_catalog.pg_class",
            &[],
            "SELECT CAST(NULL AS TEXT[]) FROM pg_catalog.pg_class",
        );
    }

    #[test]
    fn lists_as_parameters() {
        let told = [Some(Type::INT8_ARRAY)];
        check("SELECT array_has($1, a)", &told, "SELECT array_has(CAST($1 AS BIGINT[]), a)");
        check("SELECT array_has($1, a)", &[], "SELECT array_has(CAST($1 AS TEXT[]), a)");
        check("SELECT array_has(b, $1)", &[], "SELECT array_has(b, $1)");
    }

    #[test]
    fn lists_and_patterns_as_texts() {
        check("SELECT array_has('{r,p}', a)", &[], "SELECT array_has(CAST(ARRAY['r', 'p'] AS TEXT[]), a)");
        check("SELECT array_has('{\"r\"}', a)", &[], "SELECT array_has(CAST(ARRAY['r'] AS TEXT[]), a)");
        check("SELECT array_has('r', a)", &[], "SELECT array_has('r', a)");
        check(
            "SELECT 1 FROM pg_namespace WHERE a LIKE 'x/_' ESCAPE '/'",
            &[],
            r"SELECT 1 FROM pg_namespace WHERE a LIKE replace(replace(('x/_'), '\', '\\'), '/', '\')",
        );
    }

    #[test]
    fn functions_of_the_catalogue() {
        check(
            "SELECT 1 FROM pg_catalog.pg_type t WHERE t.typsend <> 0",
            &[],
            "SELECT 1 FROM pg_catalog.pg_type t WHERE t.typsend <> '-'",
        );
        check("SELECT 1 FROM silver.t WHERE typsend <> 0", &[], "SELECT 1 FROM silver.t WHERE typsend <> 0");
    }
}
