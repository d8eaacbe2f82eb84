//! Names of columns in an answer, as PostgreSQL gives them: a function's own name, and no refusal of two that are alike.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Query, Select, SelectItem, SetExpr, Statement, VisitMut, VisitorMut,
};

use crate::hollow;

/// Names what an answer's columns are to be called.
pub fn name(statement: &mut Statement) {
    let _ = statement.visit(&mut Distinguishing);
    if let Statement::Query(query) = statement
        && let SetExpr::Select(select) = query.body.as_mut()
    {
        of_functions(select);
    }
}

struct Distinguishing;

impl VisitorMut for Distinguishing {
    type Break = ();

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            distinguish(select);
        }
        ControlFlow::Continue(())
    }
}

/// The engine has no two columns of one expression: the second and those after it are numbered.
fn distinguish(select: &mut Select) {
    let texts = select.projection.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (place, item) in select.projection.iter_mut().enumerate() {
        let before = texts[..place].iter().filter(|text| **text == texts[place]).count();
        if let (SelectItem::UnnamedExpr(expr), 1..) = (&*item, before) {
            let alias = quoted(&format!("{}_{}", hollow::name_of(expr), before + 1));
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}

/// `count(*)` is called `count`, where nothing else is.
fn of_functions(select: &mut Select) {
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) => hollow::name_of(expr),
        SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
        _ => "*".to_owned(),
    };
    let names = select.projection.iter().map(name).collect::<Vec<_>>();
    let is_alone = |name: &str| !name.is_empty() && names.iter().filter(|other| *other == name).count() == 1;
    if names.iter().any(|name| name == "*") {
        return;
    }
    for (item, name) in select.projection.iter_mut().zip(&names) {
        if let SelectItem::UnnamedExpr(expr @ Expr::Function(_)) = item
            && is_alone(name)
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: quoted(name) };
        }
    }
}

fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut parsed = statement::parse(text).unwrap().remove(0);
        name(&mut parsed);
        assert_eq!(parsed.to_string(), expected);
    }

    #[test]
    fn columns_are_named_as_postgres_does() {
        check("SELECT count(*), a FROM t", "SELECT count(*) AS \"count\", a FROM t");
        check("SELECT sum(a), sum(b) FROM t", "SELECT sum(a), sum(b) FROM t");
        check("SELECT count(*), * FROM t", "SELECT count(*), * FROM t");
        check("SELECT NULL, NULL, NULL", "SELECT NULL, NULL AS \"?column?_2\", NULL AS \"?column?_3\"");
        check("SELECT x FROM (SELECT a, a FROM t) x", "SELECT x FROM (SELECT a, a AS \"a_2\" FROM t) x");
        check("SELECT a.x, b.x FROM a, b", "SELECT a.x, b.x FROM a, b");
    }
}
