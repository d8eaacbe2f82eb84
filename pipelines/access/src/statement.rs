//! What may be asked: a list of statements, of relations and of functions, held against the parsed tree.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    self, CloseCursor, CopySource, CopyTarget, DeclareType, Expr, FetchDirection, Function, FunctionArg,
    FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, Reset, Select, SetExpr, Statement,
    TableFactor, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::copy::CopyFormat;
use crate::failure::Refusal;
use crate::role::Role;

/// Bytes of a statement.
const BYTES_MAX: usize = 1 << 20;
/// Operators, casts, joins and unions of a statement: a tree of them is as deep as they are many.
const OPERATORS_MAX: usize = 1_000;
/// Values that the functions of a statement may make of one.
const COPIES_MAX: u64 = 10_000;

/// Functions in FROM.
const TABLE_FUNCTIONS: [&str; 4] = ["generate_series", "range", "unnest", "pg_get_keywords"];
/// Functions whose results are as long as an argument says.
const AMPLIFIERS: [&str; 12] = [
    "repeat",
    "lpad",
    "rpad",
    "space",
    "array_repeat",
    "list_repeat",
    "array_resize",
    "list_resize",
    "range",
    "generate_series",
    "gen_series",
    "array_range",
];
/// Relations that tell of the machine, not of the data.
const HIDDEN_RELATIONS: [&str; 4] = ["df_settings", "pg_authid", "pg_shadow", "pg_hba_file_rules"];

/// A statement that may be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Rows: a query, or what EXPLAIN says of one.
    Rows(Statement),
    /// The value of a setting.
    Show(String),
    Set(String, Option<String>),
    ResetAll,
    Copy(Box<Query>, CopyFormat),
    /// A cursor, and whether it outlives its transaction.
    Declare(String, Box<Query>, bool),
    /// As many rows of a cursor; all of them without a number.
    Fetch(String, Option<u64>),
    /// Leaves out as many.
    Move(String, Option<u64>),
    /// One cursor, or all.
    Close(Option<String>),
    Begin,
    Commit,
    Rollback,
    /// Nothing is to be done, and this is what was done.
    Nothing(&'static str),
    /// Forgets a prepared statement, or all.
    Deallocate(Option<String>),
    DiscardAll,
}

/// Refuses a text before it is parsed that would take more than its worth to parse.
pub fn check_size(text: &str) -> Result<(), Refusal> {
    if text.len() > BYTES_MAX {
        return Err(Refusal::limited(format!("a statement has at most {BYTES_MAX} bytes")));
    }
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else { return Ok(()) };
    match tokens.iter().filter(|token| deepens(token)).count() > OPERATORS_MAX {
        true => Err(Refusal::limited(format!("a statement has at most {OPERATORS_MAX} operators"))
            .with_hint("a long list of values may stand in IN (…)")),
        false => Ok(()),
    }
}

fn deepens(token: &Token) -> bool {
    const WORDS: [&str; 14] = [
        "AND",
        "OR",
        "NOT",
        "IS",
        "IN",
        "LIKE",
        "ILIKE",
        "SIMILAR",
        "BETWEEN",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "JOIN",
        "COLLATE",
    ];
    match token {
        Token::Word(word) => {
            word.quote_style.is_none() && WORDS.iter().any(|known| known.eq_ignore_ascii_case(&word.value))
        }
        Token::Whitespace(_) | Token::Comma | Token::Period | Token::SemiColon | Token::EOF => false,
        Token::LParen | Token::RParen | Token::Number(..) | Token::Placeholder(_) => false,
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) | Token::EscapedStringLiteral(_) => {
            false
        }
        Token::DollarQuotedString(_) | Token::HexStringLiteral(_) | Token::UnicodeStringLiteral(_) => false,
        _ => true,
    }
}

/// Whether a role may ask it, and what is asked.
pub fn check(statement: Statement, role: &Role) -> Result<Ask, Refusal> {
    if let ControlFlow::Break(refusal) = statement.visit(&mut Guard { copies: 1 }) {
        return Err(*refusal);
    }
    match statement {
        Statement::Query(_) => Ok(Ask::Rows(statement)),
        Statement::Explain { analyze, ref statement, .. } if !matches!(**statement, Statement::Query(_)) => {
            let what = if analyze { "EXPLAIN ANALYZE" } else { "EXPLAIN" };
            Err(Refusal::forbidden(format!("{what} is of a SELECT here")))
        }
        Statement::Explain { ref options, analyze, .. } => {
            let asked =
                options.iter().flatten().any(|option| option.name.value.eq_ignore_ascii_case("analyze"));
            match (analyze || asked) && !role.may_analyze() {
                true => Err(Refusal::forbidden("this role may not count what a statement reads")),
                false => Ok(Ask::Rows(statement)),
            }
        }
        Statement::ShowVariable { variable } => Ok(Ask::Show(show_name(&variable))),
        Statement::Set(set) => set_of(set),
        Statement::Reset(reset) => Ok(match reset.reset {
            Reset::ALL => Ask::ResetAll,
            Reset::ConfigurationParameter(name) => Ask::Set(last(&name), None),
        }),
        Statement::Copy { source, to: true, target: CopyTarget::Stdout, options, legacy_options, .. } => {
            Ok(Ask::Copy(copied(source, role)?, CopyFormat::new(&options, &legacy_options)?))
        }
        Statement::Copy { .. } => Err(Refusal::forbidden("COPY goes TO STDOUT here, and nowhere else")),
        Statement::Declare { stmts } => declared(stmts),
        Statement::Fetch { name, direction, into: None, .. } => {
            Ok(Ask::Fetch(folded(&name), rows(&direction)?))
        }
        Statement::Close { cursor: CloseCursor::All } => Ok(Ask::Close(None)),
        Statement::Close { cursor: CloseCursor::Specific { name } } => Ok(Ask::Close(Some(folded(&name)))),
        Statement::StartTransaction { statements, exception: None, .. } if statements.is_empty() => {
            Ok(Ask::Begin)
        }
        Statement::Commit { .. } => Ok(Ask::Commit),
        Statement::Rollback { savepoint: None, .. } => Ok(Ask::Rollback),
        Statement::Rollback { .. } => Ok(Ask::Nothing("ROLLBACK")),
        Statement::Savepoint { .. } => Ok(Ask::Nothing("SAVEPOINT")),
        Statement::ReleaseSavepoint { .. } => Ok(Ask::Nothing("RELEASE")),
        Statement::UNLISTEN { .. } => Ok(Ask::Nothing("UNLISTEN")),
        Statement::Deallocate { name, .. } => {
            let all = name.quote_style.is_none() && name.value.eq_ignore_ascii_case("all");
            Ok(Ask::Deallocate((!all).then(|| folded(&name))))
        }
        Statement::Discard { .. } => Ok(Ask::DiscardAll),
        Statement::Prepare { .. } | Statement::Execute { .. } => {
            Err(Refusal::unsupported("statements are prepared by the protocol, not in SQL"))
        }
        _ => Err(Refusal::forbidden("only queries are answered here")
            .with_hint("SELECT, EXPLAIN, SHOW, SET, COPY … TO STDOUT, cursors")),
    }
}

/// `COPY table (columns)` is a query of them.
fn copied(source: CopySource, role: &Role) -> Result<Box<Query>, Refusal> {
    let (name, columns) = match source {
        CopySource::Query(query) => return Ok(query),
        CopySource::Table { table_name, columns } => (table_name, columns),
    };
    let columns = columns.iter().map(Ident::to_string).collect::<Vec<_>>().join(", ");
    let text = format!("SELECT {} FROM {name}", if columns.is_empty() { "*" } else { &columns });
    match parse(&text)?.pop().map(|statement| check(statement, role)) {
        Some(Ok(Ask::Rows(Statement::Query(query)))) => Ok(query),
        Some(Err(refusal)) => Err(refusal),
        _ => Err(Refusal::syntax("COPY is of a table or a query")),
    }
}

/// Parses statements in PostgreSQL's dialect.
pub fn parse(text: &str) -> Result<Vec<Statement>, Refusal> {
    ast_parser(text)
        .map_err(|error| Refusal::syntax(error.to_string().trim_start_matches("sql parser error: ")))
}

fn ast_parser(text: &str) -> Result<Vec<Statement>, datafusion::sql::sqlparser::parser::ParserError> {
    datafusion::sql::sqlparser::parser::Parser::parse_sql(&PostgreSqlDialect {}, text)
}

fn declared(mut stmts: Vec<ast::Declare>) -> Result<Ask, Refusal> {
    let (Some(mut cursor), true) = (stmts.pop(), stmts.is_empty()) else {
        return Err(Refusal::syntax("one cursor is declared at a time"));
    };
    if cursor.declare_type != Some(DeclareType::Cursor) {
        return Err(Refusal::forbidden("only cursors are declared here"));
    }
    if cursor.scroll == Some(true) {
        return Err(Refusal::unsupported("cursors go forward only"));
    }
    match (cursor.names.first().map(folded), cursor.for_query.take()) {
        (Some(name), Some(query)) => Ok(Ask::Declare(name, query, cursor.hold == Some(true))),
        _ => Err(Refusal::syntax("DECLARE name CURSOR FOR query")),
    }
}

fn rows(direction: &FetchDirection) -> Result<Option<u64>, Refusal> {
    let count = |value: &ast::ValueWithSpan| match &value.value {
        Value::Number(digits, _) => {
            digits.to_string().parse().map(Some).map_err(|_| Refusal::syntax("FETCH takes a count of rows"))
        }
        _ => Err(Refusal::syntax("FETCH takes a count of rows")),
    };
    match direction {
        FetchDirection::Next | FetchDirection::Forward { limit: None } => Ok(Some(1)),
        FetchDirection::Count { limit } | FetchDirection::Forward { limit: Some(limit) } => count(limit),
        FetchDirection::All | FetchDirection::ForwardAll => Ok(None),
        _ => Err(Refusal::unsupported("cursors go forward only")),
    }
}

fn set_of(set: ast::Set) -> Result<Ask, Refusal> {
    match set {
        ast::Set::SingleAssignment { hivevar: false, variable, values, .. } => {
            let words = values.iter().map(literal).collect::<Option<Vec<_>>>();
            let words = words.ok_or_else(|| Refusal::syntax("a setting's value is a literal"))?;
            let value = words.join(", ");
            Ok(Ask::Set(name_of(&variable), (!value.eq_ignore_ascii_case("default")).then_some(value)))
        }
        ast::Set::SetTimeZone { value, .. } => {
            let zone = literal(&value).ok_or_else(|| Refusal::syntax("a time zone is a literal"))?;
            Ok(Ask::Set("timezone".to_owned(), (!zone.eq_ignore_ascii_case("default")).then_some(zone)))
        }
        ast::Set::SetNames { charset_name, .. } => {
            Ok(Ask::Set("client_encoding".to_owned(), Some(charset_name.value)))
        }
        ast::Set::SetTransaction { .. } => Ok(Ask::Nothing("SET")),
        _ => Err(Refusal::forbidden("this is no setting of a session here")),
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Identifier(word) => Some(word.value.clone()),
        Expr::Value(value) => Some(match &value.value {
            Value::Number(digits, _) => digits.to_string(),
            Value::Boolean(truth) => if *truth { "on" } else { "off" }.to_owned(),
            other => other.clone().into_string()?,
        }),
        Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => {
            literal(expr).map(|digits| format!("-{digits}"))
        }
        _ => None,
    }
}

fn show_name(words: &[Ident]) -> String {
    let name = words.iter().map(|word| word.value.to_lowercase()).collect::<Vec<_>>();
    match name.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["time", "zone"] => "timezone".to_owned(),
        ["transaction", "isolation", "level"] => "transaction_isolation".to_owned(),
        ["session", "authorization"] => "session_authorization".to_owned(),
        words => words.join("."),
    }
}

/// A name as PostgreSQL folds it.
fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

/// The last part of a name, folded.
fn last(name: &ObjectName) -> String {
    name_of(name)
}

fn name_of(name: &ObjectName) -> String {
    let parts = name.0.iter().filter_map(|part| part.as_ident());
    parts.map(|part| part.value.to_lowercase()).collect::<Vec<_>>().join(".")
}

/// The last word of a qualified name, in lower case: what a quoted or unicode identifier says counts, not how.
fn bare(name: &ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(String::new, |part| part.value.to_lowercase())
}

/// Looks at every query, relation and expression of a statement.
struct Guard {
    /// What its functions together may make of one.
    copies: u64,
}

impl Guard {
    fn refuse(refusal: Refusal) -> ControlFlow<Box<Refusal>> {
        ControlFlow::Break(Box::new(refusal))
    }
}

impl Visitor for Guard {
    type Break = Box<Refusal>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let changes = matches!(
            *query.body,
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
        );
        if changes || !query.locks.is_empty() {
            return Self::refuse(Refusal::forbidden("nothing is changed or locked here"));
        }
        let foreign = query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some();
        match foreign || !query.pipe_operators.is_empty() {
            true => Self::refuse(Refusal::unsupported("this clause is not answered here")),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        match select.into.is_some() || !select.connect_by.is_empty() {
            true => Self::refuse(Refusal::forbidden("a query goes INTO nothing here")),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        match HIDDEN_RELATIONS.contains(&bare(relation).as_str()) {
            true => Self::refuse(Refusal::forbidden("permission denied for this relation")),
            false => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let called = match factor {
            TableFactor::Table { version: Some(_), .. } => {
                return Self::refuse(Refusal::unsupported("tables are read as of a time by SET ttt.as_of"));
            }
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => bare(name),
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => return ControlFlow::Continue(()),
            _ => return Self::refuse(Refusal::unsupported("this does not stand in FROM here")),
        };
        match TABLE_FUNCTIONS.contains(&called.as_str()) {
            true => ControlFlow::Continue(()),
            false => Self::refuse(Refusal::forbidden(format!("no table function is named {called}"))),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Function(function) => {
                self.copies = self.copies.saturating_mul(copies(function));
                match self.copies > COPIES_MAX {
                    true => Self::refuse(Refusal::limited(format!(
                        "functions make at most {COPIES_MAX} of one in a statement, {} as a literal says",
                        bare(&function.name)
                    ))),
                    false => ControlFlow::Continue(()),
                }
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

/// How many a function may make of one: those that take how much say so in a literal, or may make any number.
fn copies(function: &Function) -> u64 {
    let name = bare(&function.name);
    if !AMPLIFIERS.contains(&name.as_str()) {
        return 1;
    }
    let FunctionArguments::List(list) = &function.args else { return u64::MAX };
    let number = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => {
            literal(expr).and_then(|text| text.parse::<i64>().ok()).map_or(u64::MAX, i64::unsigned_abs)
        }
        _ => u64::MAX,
    };
    match name.as_str() {
        // A range is at most as long as its ends are far from zero, together.
        "range" | "generate_series" | "gen_series" | "array_range" | "space" => {
            list.args.iter().map(number).fold(0, u64::saturating_add).max(1)
        }
        // The second says how much.
        _ => list.args.get(1).map_or(u64::MAX, number).max(1),
    }
}

#[cfg(test)]
mod tests;
