//! One query into a stream of its rows; whatever is no query is refused before it runs.

use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use warehouse::Session;

use super::mistake::explain;
use super::nearest::nearest;
use super::statement::split;
use crate::failure::{Failure, Outcome};

/// The words with which a query starts.
const FIRST_WORDS: [&str; 9] = ["SELECT", "WITH", "VALUES", "FROM", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"];

/// Plans and starts one query.
pub async fn stream(session: &Session, query: &str) -> Outcome<SendableRecordBatchStream> {
    check_first_word(query)?;
    let context = session.context();
    let plan = context.state().create_logical_plan(query).await.map_err(explain)?;
    // A query may hide behind its first word: WITH … INSERT, EXPLAIN ANALYZE COPY.
    let queries_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    queries_only.verify_plan(&plan).map_err(|_| refused("it changes something"))?;
    let frame = context.execute_logical_plan(plan).await.map_err(explain)?;
    frame.execute_stream().await.map_err(explain)
}

fn check_first_word(query: &str) -> Outcome<()> {
    let script = split(query);
    let Some(first) = script.statements.first() else { return Err(Failure::usage("there is no query in it")) };
    let word = first.first_word();
    if word == "(" || FIRST_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    let failure = refused(&format!("it starts with {word}"));
    Err(match nearest(word, FIRST_WORDS) {
        Some(known) => failure.with_hint(format!("did you mean {known}?")),
        None => failure.with_hint("SELECT, WITH, VALUES, EXPLAIN, SHOW and DESCRIBE are answered"),
    })
}

fn refused(why: &str) -> Failure {
    Failure::usage(format!("only queries are answered here: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queries_pass() {
        for query in ["select 1", "-- a\n(select 1)", "WITH a AS (SELECT 1) TABLE a", "describe silver.breaks"] {
            assert!(check_first_word(query).is_ok(), "{query}");
        }
        for query in ["drop table a", "set a = 1", "copy a to 'b'", "/* select */ insert into a select 1", "-- no"] {
            assert!(check_first_word(query).is_err(), "{query}");
        }
        let hint = check_first_word("selct 1").err().and_then(|failure| failure.hint);
        assert_eq!(hint.as_deref(), Some("did you mean SELECT?"));
    }
}
