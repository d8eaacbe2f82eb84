//! What PostgreSQL understands and the engine does not, said in the engine's words.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, GroupByExpr, Ident, ObjectName, Query, SelectItem, SetExpr, Statement, Value,
    VisitMut, VisitorMut, visit_expressions, visit_relations,
};
use pgwire::api::Type;

use crate::failure::Refusal;
use crate::hollow;
use crate::named;
use crate::room::regclass;
use crate::stated::number;
use crate::statement;

/// Columns of PostgreSQL's catalogue that hold functions: zero stands for none there, a dash in the engine's texts.
const OF_FUNCTIONS: [&str; 8] =
    ["typreceive", "typsend", "typinput", "typoutput", "typmodin", "typmodout", "typanalyze", "typsubscript"];

/// What stands in FROM and is no relation.
const FUNCTIONS: [&str; 4] = ["unnest", "generate_series", "pg_get_keywords", "generate_subscripts"];

/// Rewrites a statement; `kinds` are the types that a client states of its parameters.
pub fn adapt(statement: &mut Statement, kinds: &[Option<Type>]) -> Result<(), Refusal> {
    let of_catalogue = is_of_catalogue(statement);
    if of_catalogue {
        hollow::settle(statement);
    }
    let mut adapting = Adapting { kinds, of_catalogue, failed: None };
    let _ = statement.visit(&mut adapting);
    named::name(statement);
    adapting.failed.map_or(Ok(()), Err)
}

/// Whether it asks for nothing but what is there to ask for.
fn is_of_catalogue(statement: &Statement) -> bool {
    let (mut any, own) = (false, hollow::own_names(statement));
    let others = visit_relations(statement, |relation: &ObjectName| {
        let name = relation.to_string().to_lowercase();
        if FUNCTIONS.contains(&name.as_str()) || own.contains(&name) {
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
            Expr::Function(function)
                if ["to_date", "to_timestamp"].contains(&name(&function.name).as_str()) =>
            {
                time_format(function);
            }
            Expr::Function(function)
                if ["array_has", "array_contains"].contains(&name(&function.name).as_str()) =>
            {
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
            // Which table a row is of, nothing here says.
            Expr::CompoundIdentifier(words)
                if self.of_catalogue && words.last().is_some_and(|word| word.value == "tableoid") =>
            {
                *expression = Expr::Value(Value::Null.into());
            }
            Expr::Subquery(query) if self.of_catalogue && regclass_name(query).is_some() => {
                if let Some(name) = regclass_name(query) {
                    *expression = call(regclass::NUMBER_OF, name);
                }
            }
            // Two of PostgreSQL's own types, which are texts.
            Expr::Cast { data_type, .. }
                if ["name", "\"char\""].contains(&data_type.to_string().to_lowercase().as_str()) =>
            {
                *data_type = DataType::Text;
            }
            Expr::Cast { expr, data_type, .. } if is_text(data_type) => {
                if let Some(named) = named(expr) {
                    *expression = named;
                }
            }
            // Row by row the engine answers only what is one value by its form.
            Expr::Subquery(query) if self.of_catalogue && query.limit_clause.is_none() => single(query),
            Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right }
                if self.of_catalogue =>
            {
                if !OF_FUNCTIONS.contains(&column(left).as_str()) {
                    return ControlFlow::Continue(());
                }
                let is_zero = matches!(right.as_ref(), Expr::Value(value) if value.value.to_string() == "0");
                let name = if is_zero { Some("-".to_owned()) } else { function_name(right) };
                if let Some(name) = name {
                    **right = Expr::Value(Value::SingleQuotedString(name).into());
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

/// How times are written, in PostgreSQL's letters and in the engine's. Longer ones come first.
const TIME_LETTERS: [(&str, &str); 10] = [
    ("YYYY", "%Y"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("MI", "%M"),
    ("SS", "%S"),
    ("US", "%6f"),
    ("MS", "%3f"),
    ("AM", "%p"),
];

/// `to_date('…', 'YYYY-MM-DD')` in the engine's letters.
fn time_format(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))] = list.args.as_mut_slice()
        && let Value::SingleQuotedString(format) = &mut value.value
        && !format.contains('%')
    {
        let mut translated = format.clone();
        for (theirs, ours) in TIME_LETTERS {
            translated = translated.replace(theirs, ours);
        }
        *format = translated;
    }
}

/// The name that the library looks for where `'…'::regclass` was asked: it looks in one schema only.
fn regclass_name(query: &Query) -> Option<Expr> {
    let mut found = None;
    let _ = visit_expressions(query, |expression: &Expr| {
        if let Expr::Function(function) = expression
            && name(&function.name) == "parse_ident"
            && let FunctionArguments::List(list) = &function.args
            && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Cast { expr, .. }))) =
                list.args.first()
        {
            found = Some(expr.as_ref().clone());
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

/// The name of a function where `'…'::regproc` was asked, without its schema.
fn function_name(expression: &Expr) -> Option<String> {
    let Expr::Subquery(query) = expression else { return None };
    let of_functions = query.to_string();
    let name = of_functions.split_once("FROM pg_catalog.pg_proc WHERE proname = '")?.1.split('\'').next()?;
    Some(name.trim_start_matches("pg_catalog.").to_owned())
}

/// A number of the catalogue as the text that PostgreSQL writes for it: the name of a type or of a table.
fn named(expression: &Expr) -> Option<Expr> {
    let Expr::Cast { expr, data_type, .. } = expression else { return None };
    let kind = data_type.to_string().to_lowercase();
    match kind.trim_start_matches("pg_catalog.") {
        "regtype" => {
            let text = format!("SELECT format_type({expr}, -1)");
            let parsed = statement::parse(&text).ok()?.pop()?;
            let Statement::Query(parsed) = parsed else { return None };
            match parsed.body.as_select()?.projection.first().cloned()? {
                SelectItem::UnnamedExpr(call) => Some(call),
                _ => None,
            }
        }
        "regclass" => Some(call(regclass::NAME_OF, expr.as_ref().clone())),
        _ => None,
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Text | DataType::Varchar(None)) || kind.to_string() == "pg_catalog.text"
}

fn call(function: &str, argument: Expr) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(function)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Makes one value of a query that gives one by what it asks, such as a name by its number: the greatest of one.
fn single(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let plain = matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    if !plain || select.from.is_empty() || select.projection.len() != 1 || hollow::aggregates(select) {
        return;
    }
    let Some(SelectItem::UnnamedExpr(one) | SelectItem::ExprWithAlias { expr: one, .. }) =
        select.projection.first_mut()
    else {
        return;
    };
    *one = call("max", one.clone());
}

/// A pattern with a backslash in the place of another character that escapes.
fn escaped(pattern: &Expr, escape: &str) -> Result<Expr, Refusal> {
    let quoted = escape.replace('\'', "''");
    let parsed =
        statement::parse(&format!("SELECT replace(replace(({pattern}), '\\', '\\\\'), '{quoted}', '\\')"))?
            .pop();
    let Some(Statement::Query(parsed)) = parsed else { return Err(Refusal::syntax("LIKE takes a pattern")) };
    match parsed.body.as_select().and_then(|select| select.projection.first().cloned()) {
        Some(SelectItem::UnnamedExpr(again)) => Ok(again),
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
        SelectItem::UnnamedExpr(list) => Some(list),
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
                Some(SelectItem::UnnamedExpr(array)) => Ok(array),
                _ => Err(Refusal::syntax("ARRAY takes a query")),
            },
            _ => Err(Refusal::syntax("ARRAY takes a query")),
        }
    }
}

/// Of a list that nothing is said of, texts.
fn array_type(stated: Option<&Type>) -> DataType {
    let item = match stated {
        Some(&Type::INT2_ARRAY | &Type::INT8_ARRAY) => DataType::BigInt(None),
        // PostgreSQL's own numbers are integers in its catalogue.
        Some(&Type::INT4_ARRAY | &Type::OID_ARRAY) => DataType::Int(None),
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
        check("SELECT 1 WHERE array_has($1, a)", &told, "SELECT 1 WHERE array_has(CAST($1 AS BIGINT[]), a)");
        check(
            "SELECT 1 WHERE array_contains($1, a)",
            &[],
            "SELECT 1 WHERE array_contains(CAST($1 AS TEXT[]), a)",
        );
        let oids = [Some(Type::OID_ARRAY)];
        check(
            "SELECT 1 WHERE array_contains($1, a)",
            &oids,
            "SELECT 1 WHERE array_contains(CAST($1 AS INT[]), a)",
        );
        check("SELECT 1 WHERE array_has(b, $1)", &[], "SELECT 1 WHERE array_has(b, $1)");
    }

    #[test]
    fn lists_and_patterns_as_texts() {
        check(
            "SELECT 1 WHERE array_has('{r,p}', a)",
            &[],
            "SELECT 1 WHERE array_has(CAST(ARRAY['r', 'p'] AS TEXT[]), a)",
        );
        check(
            "SELECT 1 WHERE array_has('{\"r\"}', a)",
            &[],
            "SELECT 1 WHERE array_has(CAST(ARRAY['r'] AS TEXT[]), a)",
        );
        check("SELECT 1 WHERE array_has('r', a)", &[], "SELECT 1 WHERE array_has('r', a)");
        check(
            "SELECT 1 FROM pg_namespace WHERE a LIKE 'x/_' ESCAPE '/'",
            &[],
            r"SELECT 1 FROM pg_namespace WHERE a LIKE replace(replace(('x/_'), '\', '\\'), '/', '\')",
        );
    }

    #[test]
    fn types_of_the_catalogue() {
        check("SELECT 'x'::name, 'r'::\"char\"", &[], "SELECT 'x'::TEXT, 'r'::TEXT");
        check(
            "SELECT atttypid::regtype::text FROM pg_catalog.pg_attribute",
            &[],
            "SELECT format_type(atttypid, -1) AS \"format_type\" FROM pg_catalog.pg_attribute",
        );
        check(
            "SELECT 1 FROM pg_class c WHERE c.oid::regclass::text = 'silver.breaks'",
            &[],
            "SELECT 1 FROM pg_class c WHERE regclass_name(c.oid) = 'silver.breaks'",
        );
    }

    #[test]
    fn formats_of_times() {
        check(
            "SELECT a FROM t WHERE b >= to_timestamp('x', 'YYYY-MM-DD HH24:MI:SS.US')",
            &[],
            "SELECT a FROM t WHERE b >= to_timestamp('x', '%Y-%m-%d %H:%M:%S.%6f')",
        );
        check(
            "SELECT a FROM t WHERE b = to_date('x', '%d.%m.%Y')",
            &[],
            "SELECT a FROM t WHERE b = to_date('x', '%d.%m.%Y')",
        );
    }

    #[test]
    fn one_value_row_by_row() {
        check(
            "SELECT 1 FROM pg_type t WHERE (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)",
            &[],
            "SELECT 1 FROM pg_type t WHERE (SELECT max(c.relkind = 'c') FROM pg_class c WHERE c.oid = t.typrelid)",
        );
        check("SELECT (SELECT a FROM silver.t)", &[], "SELECT (SELECT a FROM silver.t)");
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
