//! Questions on the parts of PostgreSQL's catalogue in which nothing is here: answered by no rows, whatever they make
//! of them.
//!
//! Tools ask for indexes, constraints, defaults and the like in PostgreSQL's richest SQL: set-returning functions in
//! SELECT, subscripts of vectors, subqueries row by row. Where what a query reads is empty by its nature, the query
//! is, and need not be understood.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, GroupByExpr, JoinOperator, Query, Select, SelectItem, SetExpr, Statement, TableFactor,
    TableWithJoins, Value, Visit, VisitMut, Visitor, VisitorMut,
};

use crate::statement;

/// Relations of `pg_catalog` that hold nothing here: tables are read only, and nothing enforces or derives anything.
pub const EMPTY: [&str; 32] = [
    "pg_attrdef",
    "pg_constraint",
    "pg_db_role_setting",
    "pg_default_acl",
    "pg_depend",
    "pg_enum",
    "pg_event_trigger",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_index",
    "pg_inherits",
    "pg_largeobject",
    "pg_largeobject_metadata",
    "pg_partitioned_table",
    "pg_policy",
    "pg_publication",
    "pg_publication_namespace",
    "pg_publication_rel",
    "pg_replication_origin",
    "pg_rewrite",
    "pg_seclabel",
    "pg_sequence",
    "pg_shdepend",
    "pg_shseclabel",
    "pg_statistic",
    "pg_statistic_ext",
    "pg_statistic_ext_data",
    "pg_subscription",
    "pg_subscription_rel",
    "pg_trigger",
    "pg_user_mapping",
];

/// The names that a statement gives to queries of its own.
pub fn own_names(statement: &Statement) -> Vec<String> {
    struct Finding(Vec<String>);
    impl Visitor for Finding {
        type Break = ();
        fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
            let tables = query.with.iter().flat_map(|with| &with.cte_tables);
            self.0.extend(tables.map(|table| table.alias.name.value.to_lowercase()));
            ControlFlow::Continue(())
        }
    }
    let mut finding = Finding(Vec::new());
    let _ = statement.visit(&mut finding);
    finding.0
}

/// Functions that make a row of none.
const AGGREGATES: [&str; 14] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "bool_and",
    "bool_or",
    "every",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
];

/// Puts an answer without rows in the place of each query that can have none.
pub fn settle(statement: &mut Statement) {
    let _ = statement.visit(&mut Settling);
}

struct Settling;

impl VisitorMut for Settling {
    type Break = ();

    // What is inside comes first: a query of a query without rows has none either.
    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let mut named = Vec::new();
        for table in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            settle_body(&mut table.query.body, &named);
            if has_no_rows(&table.query) {
                named.push(table.alias.name.value.to_lowercase());
            }
        }
        if settle_body(&mut query.body, &named) {
            (query.with, query.order_by, query.limit_clause, query.fetch) = (None, None, None, None);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        match expression {
            Expr::Subquery(query) if has_no_rows(query) => *expression = Expr::Value(Value::Null.into()),
            Expr::Exists { subquery, negated } if has_no_rows(subquery) => {
                *expression = Expr::Value(Value::Boolean(*negated).into());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether the whole body is one without rows now; `named` are the queries beside it that have none.
fn settle_body(body: &mut SetExpr, named: &[String]) -> bool {
    match body {
        SetExpr::Select(select) => {
            if !is_hollow(select, named) {
                return false;
            }
            let Some(settled) = without_rows(select) else { return false };
            *body = settled;
            true
        }
        SetExpr::SetOperation { left, right, .. } => {
            let (left, right) = (settle_body(left, named), settle_body(right, named));
            left && right
        }
        _ => false,
    }
}

fn is_hollow(select: &Select, named: &[String]) -> bool {
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    select.from.iter().any(|joined| joins_nothing(joined, named)) && (grouped || !aggregates(select))
}

/// Whether what is joined has no rows: one side is enough, but for the side that an outer join fills up.
fn joins_nothing(joined: &TableWithJoins, named: &[String]) -> bool {
    let holds_nothing = |factor: &TableFactor| holds_nothing(factor, named);
    joined.joins.iter().fold(holds_nothing(&joined.relation), |empty, join| match &join.join_operator {
        JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => {
            empty || holds_nothing(&join.relation)
        }
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) => holds_nothing(&join.relation),
        JoinOperator::FullOuter(_) => empty && holds_nothing(&join.relation),
        _ => empty,
    })
}

fn holds_nothing(factor: &TableFactor, named: &[String]) -> bool {
    match factor {
        TableFactor::Table { name, args: None, .. } => {
            let words = name.0.iter().filter_map(|part| part.as_ident());
            let words = words.map(|word| word.value.to_lowercase()).collect::<Vec<_>>();
            match words.as_slice() {
                [table] => EMPTY.contains(&table.as_str()) || named.contains(table),
                [.., schema, table] => schema == "pg_catalog" && EMPTY.contains(&table.as_str()),
                [] => false,
            }
        }
        TableFactor::Derived { subquery, .. } => has_no_rows(subquery),
        TableFactor::NestedJoin { table_with_joins, .. } => joins_nothing(table_with_joins, named),
        _ => false,
    }
}

/// `SELECT … WHERE false`, of nothing.
fn has_no_rows(query: &Query) -> bool {
    query.body.as_select().is_some_and(|select| {
        let never = select.selection.as_ref();
        select.from.is_empty()
            && never.is_some_and(
                |never| matches!(never, Expr::Value(value) if value.value == Value::Boolean(false)),
            )
    })
}

/// Whether it makes a row of however many, and of none.
pub fn aggregates(select: &Select) -> bool {
    struct Finding;
    impl Visitor for Finding {
        type Break = ();
        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            match expression {
                Expr::Function(function)
                    if function.over.is_none() && AGGREGATES.contains(&called(function).as_str()) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    select.projection.visit(&mut Finding).is_break()
}

fn called(function: &Function) -> String {
    let last = function.name.0.last().and_then(|part| part.as_ident());
    last.map_or_else(String::new, |word| word.value.to_lowercase())
}

/// The same columns of no rows; none where there is a star, whose columns are not known here.
fn without_rows(select: &Select) -> Option<SetExpr> {
    let mut names: Vec<String> = Vec::new();
    let mut items = Vec::new();
    for item in &select.projection {
        let (name, expression) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
            SelectItem::UnnamedExpr(expr) => (name_of(expr), expr),
            _ => return None,
        };
        // Where PostgreSQL has two columns of one name, the engine has none.
        let again = names.iter().filter(|known| **known == name).count();
        let shown = if again == 0 { name.clone() } else { format!("{name}_{}", again + 1) };
        names.push(name);
        let value = match expression {
            Expr::Cast { data_type, .. } => format!("CAST(NULL AS {data_type})"),
            _ => "NULL".to_owned(),
        };
        items.push(format!("{value} AS \"{}\"", shown.replace('"', "\"\"")));
    }
    let parsed = statement::parse(&format!("SELECT {} WHERE false", items.join(", "))).ok()?.pop()?;
    match parsed {
        Statement::Query(query) => Some(*query.body),
        _ => None,
    }
}

/// The name that PostgreSQL gives a column.
pub fn name_of(expression: &Expr) -> String {
    match expression {
        Expr::Identifier(word) => word.value.clone(),
        Expr::CompoundIdentifier(words) => words.last().map_or_else(String::new, |word| word.value.clone()),
        Expr::Function(function) => called(function),
        Expr::Cast { expr, .. } | Expr::Nested(expr) => name_of(expr),
        Expr::Case { .. } => "case".to_owned(),
        _ => "?column?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut parsed = statement::parse(text).unwrap().remove(0);
        settle(&mut parsed);
        assert_eq!(parsed.to_string(), expected);
    }

    #[test]
    fn what_reads_nothing_has_no_rows() {
        check(
            "SELECT i.indexrelid, unnest(i.indkey) AS k, x::text FROM pg_catalog.pg_index i JOIN pg_class c ON true ORDER BY 1",
            "SELECT NULL AS \"indexrelid\", NULL AS \"k\", CAST(NULL AS TEXT) AS \"x\" WHERE false",
        );
        check(
            "SELECT r.a, (r.k).n FROM (SELECT f(indkey) AS k, 1 AS a FROM pg_class, pg_index) r WHERE (r.k).x = 1",
            "SELECT NULL AS \"a\", NULL AS \"?column?\" WHERE false",
        );
        check(
            "SELECT NULL, NULL FROM pg_trigger",
            "SELECT NULL AS \"?column?\", NULL AS \"?column?_2\" WHERE false",
        );
        check(
            "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM pg_policy) OR b = (SELECT adbin FROM pg_attrdef LIMIT 1)",
            "SELECT a FROM t WHERE false OR b = NULL",
        );
        check(
            "SELECT array_agg(a ORDER BY b) AS a FROM (SELECT 1 AS a, 2 AS b FROM pg_index) x GROUP BY b",
            "SELECT NULL AS \"a\" WHERE false",
        );
    }

    #[test]
    fn queries_by_name_count() {
        check(
            "WITH a AS (SELECT unnest(conkey) AS k FROM pg_constraint), b AS (SELECT k FROM a JOIN pg_class ON true) \
             SELECT array_agg(k) AS k FROM b GROUP BY k ORDER BY 1",
            "SELECT NULL AS \"k\" WHERE false",
        );
        check(
            "WITH a AS (SELECT k FROM pg_constraint) SELECT c.x, a.k FROM pg_class c LEFT JOIN a ON true",
            "WITH a AS (SELECT NULL AS \"k\" WHERE false) SELECT c.x, a.k FROM pg_class c LEFT JOIN a ON true",
        );
    }

    #[test]
    fn what_reads_something_stays() {
        for text in [
            "SELECT count(*) FROM pg_index",
            "SELECT * FROM pg_index",
            "SELECT c.relname, i.indisprimary FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid",
            "SELECT a FROM silver.pg_index",
            "SELECT a FROM pg_class UNION SELECT b FROM pg_type",
        ] {
            check(text, text);
        }
        check(
            "SELECT a FROM pg_index UNION SELECT b FROM pg_type ORDER BY 1",
            "SELECT NULL AS \"a\" WHERE false UNION SELECT b FROM pg_type ORDER BY 1",
        );
    }
}
