//! Saved questions: a SELECT with a name, a purpose and parameters, asked as if it were a table.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, Query, Statement, TableAlias, TableFactor, TableFunctionArgs,
    Value, VisitMut, VisitorMut, visit_expressions, visit_expressions_mut,
};

use crate::failure::Refusal;
use crate::statement;

/// One file `<name>.sql`. Its head is comment lines: `-- ask: …` says what it answers, `-- for: …` who asks it, and
/// each `-- $name: kind = default, what it is` is a parameter of the SELECT below, in order. A parameter without a
/// default must be given.
#[derive(Debug, Clone)]
pub struct Question {
    pub name: String,
    pub ask: String,
    pub asked_by: String,
    pub parameters: Vec<Parameter>,
    query: Query,
}

/// A parameter of a question.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub kind: Kind,
    /// An expression of SQL, as written.
    pub default: Option<String>,
    pub about: String,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Day,
    Text,
    Integer,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Text => "text",
            Self::Integer => "integer",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Day => "DATE",
            Self::Text => "VARCHAR",
            Self::Integer => "BIGINT",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Day, Self::Text, Self::Integer].into_iter().find(|kind| kind.name() == text)
    }

    /// A value as somebody writes it, as a literal.
    fn literal(self, text: &str) -> Result<Expr, String> {
        let holds = match self {
            Self::Day => text.parse::<chrono::NaiveDate>().is_ok(),
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Text => true,
        };
        match holds {
            true => Ok(Expr::Value(Value::SingleQuotedString(text.to_owned()).into())),
            false => Err(format!("{text:?} is no {}", self.name())),
        }
    }

    /// An expression as a value of this kind.
    fn cast(self, expression: Expr) -> Result<Expr, Refusal> {
        let mut cast = expression_of(&format!("CAST(NULL AS {})", self.sql()))?;
        if let Expr::Cast { expr, .. } = &mut cast {
            **expr = expression;
        }
        Ok(cast)
    }
}

impl Question {
    /// Reads every question of a folder, by name.
    pub fn load(folder: &Path) -> Result<Vec<Self>, String> {
        let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut paths = entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        paths.sort();
        let read = |path: &std::path::PathBuf| {
            let wrong = |error: String| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Self::parse(&name, &text).map_err(wrong)
        };
        paths.iter().map(read).collect()
    }

    /// Reads one question.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let head = text.lines().map_while(|line| line.strip_prefix("--")).map(str::trim).collect::<Vec<_>>();
        let entry = |key: &str| {
            let found = head.iter().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            found.map(|value| value.trim().to_owned()).ok_or_else(|| format!("its head has no `-- {key}: …`"))
        };
        let parameters = head.iter().filter_map(|line| line.strip_prefix('$')).map(Parameter::parse);
        let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
        let mut statements = statement::parse(text).map_err(|refusal| refusal.message)?;
        let (Some(Statement::Query(query)), true) = (statements.pop(), statements.is_empty()) else {
            return Err("it is not one SELECT".to_owned());
        };
        let question = Self {
            name: name.to_owned(),
            ask: entry("ask")?,
            asked_by: entry("for")?,
            parameters,
            query: *query,
        };
        question.check()?;
        Ok(question)
    }

    /// Every parameter is used, and every one that is used is declared.
    fn check(&self) -> Result<(), String> {
        let mut used = Vec::new();
        let _ = visit_expressions(&self.query, |expression| {
            used.extend(placeholder(expression).map(str::to_owned));
            ControlFlow::<()>::Continue(())
        });
        if let Some(unknown) = used.iter().find(|name| !self.parameters.iter().any(|of| of.name == **name)) {
            return Err(format!("${unknown} is not in its head"));
        }
        match self.parameters.iter().find(|of| !used.contains(&of.name)) {
            Some(unused) => Err(format!("${} is not used", unused.name)),
            None => Ok(()),
        }
    }

    /// Its SELECT with these values in the place of its parameters.
    pub fn with(&self, values: &BTreeMap<String, String>) -> Result<String, String> {
        if let Some(unknown) = values.keys().find(|name| !self.parameters.iter().any(|of| of.name == **name))
        {
            let known = self.parameters.iter().map(|of| of.name.as_str()).collect::<Vec<_>>();
            return Err(format!("{} has no parameter {unknown}: there are {}", self.name, known.join(", ")));
        }
        let literal = |of: &Parameter| values.get(&of.name).map(|text| of.kind.literal(text)).transpose();
        let given =
            self.parameters.iter().map(|of| literal(of).map_err(|wrong| format!("{}: {wrong}", of.name)));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        self.bound(given).map(|query| query.to_string()).map_err(|refusal| refusal.message)
    }

    /// Its SELECT with expressions in the place of its parameters, defaults where there are none.
    fn bound(&self, given: Vec<Option<Expr>>) -> Result<Query, Refusal> {
        let mut values = BTreeMap::new();
        for (of, given) in self.parameters.iter().zip(given) {
            let value = match (given, &of.default) {
                (Some(given), _) => given,
                (None, Some(default)) => expression_of(default)?,
                (None, None) => {
                    let message = format!("{} needs {}, {}", self.name, of.name, of.about);
                    return Err(Refusal::new("22023", message));
                }
            };
            values.insert(of.name.as_str(), of.kind.cast(value)?);
        }
        let mut query = self.query.clone();
        let _ = visit_expressions_mut(&mut query, |expression| {
            if let Some(value) = placeholder(expression).and_then(|name| values.get(name)) {
                *expression = value.clone();
            }
            ControlFlow::<()>::Continue(())
        });
        Ok(query)
    }

    /// The arguments of a call, in the order of the parameters.
    fn arguments(&self, call: TableFunctionArgs) -> Result<Vec<Option<Expr>>, Refusal> {
        let mut given = vec![None; self.parameters.len()];
        for (place, argument) in call.args.into_iter().enumerate() {
            let (place, expression) = match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => (place, expression),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expression), .. } => {
                    (self.place(&name.value)?, expression)
                }
                FunctionArg::ExprNamed {
                    name: Expr::Identifier(name),
                    arg: FunctionArgExpr::Expr(expression),
                    ..
                } => (self.place(&name.value)?, expression),
                _ => return Err(Refusal::syntax(format!("{} takes values", self.name))),
            };
            let slot = given.get_mut(place).ok_or_else(|| {
                Refusal::new("42883", format!("{} takes {} values", self.name, self.parameters.len()))
            })?;
            *slot = Some(expression);
        }
        Ok(given)
    }

    fn place(&self, name: &str) -> Result<usize, Refusal> {
        let place = self.parameters.iter().position(|of| of.name.eq_ignore_ascii_case(name));
        place.ok_or_else(|| Refusal::new("42883", format!("{} has no parameter {name}", self.name)))
    }
}

impl Parameter {
    /// `name: kind = default, what it is`, without the dollar sign.
    fn parse(line: &str) -> Result<Self, String> {
        let wrong = || format!("${line}: not `$name: kind = default, what it is`");
        let (name, rest) = line.split_once(':').ok_or_else(wrong)?;
        // A default may have commas in parentheses: what it is comes behind the last one outside of them.
        let mut depth = 0;
        let comma = rest.char_indices().filter(|(_, character)| {
            depth += match character {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            *character == ',' && depth == 0
        });
        let comma = comma.map(|(place, _)| place).next().ok_or_else(wrong)?;
        let (declared, about) = (rest[..comma].trim(), rest[comma + 1..].trim());
        let (kind, default) = match declared.split_once('=') {
            Some((kind, default)) => (kind.trim(), Some(default.trim().to_owned())),
            None => (declared, None),
        };
        let kind = Kind::parse(kind).ok_or_else(|| format!("{kind} is no kind: day, text or integer"))?;
        default
            .iter()
            .try_for_each(|text| expression_of(text).map(drop))
            .map_err(|refusal| refusal.message)?;
        Ok(Self { name: name.trim().to_owned(), kind, default, about: about.to_owned() })
    }
}

/// Puts each question that a statement calls in FROM into the place of its call.
pub fn expand(statement: &mut Statement, questions: &[Question]) -> Result<(), Refusal> {
    match statement.visit(&mut Expansion { questions }) {
        ControlFlow::Break(refusal) => Err(*refusal),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Expansion<'a> {
    questions: &'a [Question],
}

impl VisitorMut for Expansion<'_> {
    type Break = Box<Refusal>;

    // Behind the visit of what is inside: what a question reads is not looked at again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        let TableFactor::Table { name, alias, args: args @ Some(_), .. } = factor else {
            return ControlFlow::Continue(());
        };
        let called = name.0.last().and_then(|part| part.as_ident()).map(|part| part.value.to_lowercase());
        let Some(question) = self.questions.iter().find(|question| Some(&question.name) == called.as_ref())
        else {
            return ControlFlow::Continue(());
        };
        let alias = alias.take().unwrap_or_else(|| TableAlias {
            explicit: true,
            name: Ident::new(&question.name),
            columns: Vec::new(),
            at: None,
        });
        let Some(call) = args.take() else { return ControlFlow::Continue(()) };
        match question.arguments(call).and_then(|given| question.bound(given)) {
            Ok(query) => {
                let subquery = Box::new(query);
                *factor = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
                ControlFlow::Continue(())
            }
            Err(refusal) => ControlFlow::Break(Box::new(refusal)),
        }
    }
}

fn placeholder(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix('$'),
            _ => None,
        },
        _ => None,
    }
}

fn expression_of(text: &str) -> Result<Expr, Refusal> {
    let parsed = statement::parse(&format!("SELECT {text}"))?.pop();
    let Some(Statement::Query(query)) = parsed else {
        return Err(Refusal::syntax(format!("{text} is no value")));
    };
    let select = query.body.as_select().and_then(|select| select.projection.first().cloned());
    match select {
        Some(datafusion::sql::sqlparser::ast::SelectItem::UnnamedExpr(expression)) => Ok(expression),
        _ => Err(Refusal::syntax(format!("{text} is no value"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "-- ask: Which breaks are open?\n-- for: finance\n-- $class: text, the class\n\
        -- $day: day = (SELECT max(a, b) FROM t), the night\nSELECT * FROM silver.breaks WHERE class = $class AND last_seen <= $day";

    fn expanded(text: &str) -> Result<String, Refusal> {
        let question = Question::parse("open", TEXT).unwrap();
        let mut statement = statement::parse(text)?.remove(0);
        expand(&mut statement, &[question])?;
        Ok(statement.to_string())
    }

    #[test]
    fn a_question_is_read_and_bound() {
        let question = Question::parse("open", TEXT).unwrap();
        assert_eq!((question.ask.as_str(), question.parameters.len()), ("Which breaks are open?", 2));
        let with = |pairs: &[(&str, &str)]| {
            question.with(&pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
        };
        let sql = with(&[("class", "it's"), ("day", "2026-11-20")]).unwrap();
        assert!(
            sql.contains("CAST('it''s' AS VARCHAR)") && sql.contains("CAST('2026-11-20' AS DATE)"),
            "{sql}"
        );
        assert!(with(&[("class", "x")]).unwrap().contains("max(a, b)"));
        for wrong in [&[][..], &[("class", "x"), ("day", "soon")], &[("class", "x"), ("clas", "x")]] {
            assert!(with(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_call_becomes_its_query() {
        for text in [
            "SELECT * FROM open('X')",
            "SELECT * FROM open(class => 'X')",
            "SELECT * FROM OPEN('X', '2026-11-20') o",
        ] {
            let sql = expanded(text).unwrap();
            assert!(sql.contains("FROM silver.breaks") && sql.contains("CAST('X' AS VARCHAR)"), "{sql}");
        }
        for text in
            ["SELECT * FROM open()", "SELECT * FROM open('X', NULL, 1)", "SELECT * FROM open(klass => 'X')"]
        {
            assert!(expanded(text).is_err(), "{text}");
        }
        assert_eq!(expanded("SELECT * FROM open").unwrap(), "SELECT * FROM open");
    }

    #[test]
    fn a_head_that_does_not_fit_is_refused() {
        for text in [
            "SELECT 1",
            "-- ask: a\n-- for: b\nSELECT $x",
            "-- ask: a\n-- for: b\n-- $x: day, it\nSELECT 1",
            "-- ask: a\n-- for: b\n-- $x: float, it\nSELECT $x",
            "-- ask: a\n-- for: b\nDROP TABLE x",
            "-- ask: a\n-- for: b\nSELECT 1; SELECT 2",
        ] {
            assert!(Question::parse("x", text).is_err(), "{text}");
        }
    }
}
