//! One query into a stream of its rows; whatever is no query is refused before it runs.

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{SetExpr, Statement as SqlStatement};
use futures::StreamExt;
use warehouse::Session;

use super::mistake::explain;
use super::nearest::nearest;
use super::statement::split;
use crate::failure::{Failure, Outcome};

/// The words with which a query starts.
const FIRST_WORDS: [&str; 9] =
    ["SELECT", "WITH", "VALUES", "FROM", "TABLE", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"];

/// Batches that may wait for their reader.
const BATCHES_WAITING: usize = 2;

/// Plans and starts one query. Dropping its rows stops it.
pub async fn stream(session: &Session, query: &str) -> Outcome<SendableRecordBatchStream> {
    check_first_word(query)?;
    let context = session.context();
    let state = context.state();
    let dialect = state.config_options().sql_parser.dialect;
    let statement = state.sql_to_statement(query, &dialect).map_err(explain)?;
    if is_change(&statement) {
        return Err(changes());
    }
    let plan = state.statement_to_plan(statement).await.map_err(explain)?;
    // A change may hide in a query: EXPLAIN ANALYZE COPY.
    let queries_only =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    queries_only.verify_plan(&plan).map_err(|_| changes())?;
    let frame = context.execute_logical_plan(plan).await.map_err(explain)?;
    let tasks = Arc::new(frame.task_ctx());
    let plan = frame.create_physical_plan().await.and_then(pausing).map_err(explain)?;
    let rows = execute_stream(plan, tasks).map_err(explain)?;
    Ok(apart(rows))
}

/// Runs a stream in a task of its own: whoever waits for its rows can be interrupted while it computes.
fn apart(mut rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let mut stream = RecordBatchReceiverStream::builder(rows.schema(), BATCHES_WAITING);
    let sender = stream.tx();
    stream.spawn(async move {
        while let Some(batch) = rows.next().await {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    stream.build()
}

/// Joins that multiply rows make them without a pause, and a task can only be stopped in one: they get some.
fn pausing(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let pause = |plan: Arc<dyn ExecutionPlan>| {
        let multiplies = plan.is::<CrossJoinExec>() || plan.is::<NestedLoopJoinExec>();
        Ok(if multiplies {
            Transformed::yes(Arc::new(CooperativeExec::new(plan)) as _)
        } else {
            Transformed::no(plan)
        })
    };
    plan.transform_up(pause).data()
}

/// WITH … INSERT and its kind are queries to the parser.
fn is_change(statement: &Statement) -> bool {
    let Statement::Statement(statement) = statement else { return false };
    let SqlStatement::Query(query) = statement.as_ref() else { return false };
    matches!(*query.body, SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_))
}

fn check_first_word(query: &str) -> Outcome<()> {
    let script = split(query);
    let Some(first) = script.statements.first() else {
        return Err(Failure::usage("there is no query in it"));
    };
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

fn changes() -> Failure {
    refused("it changes something")
}

fn refused(why: &str) -> Failure {
    Failure::usage(format!("only queries are answered here: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queries_pass() {
        for query in
            ["select 1", "-- a\n(select 1)", "WITH a AS (SELECT 1) TABLE a", "describe silver.breaks"]
        {
            assert!(check_first_word(query).is_ok(), "{query}");
        }
        for query in
            ["drop table a", "set a = 1", "copy a to 'b'", "/* select */ insert into a select 1", "-- no"]
        {
            assert!(check_first_word(query).is_err(), "{query}");
        }
        let hint = check_first_word("selct 1").err().and_then(|failure| failure.hint);
        assert_eq!(hint.as_deref(), Some("did you mean SELECT?"));
    }
}
