//! The SQL of a release: what is counted and what is paid, read from `sql/insights` when it runs.

use std::path::Path;

use datafusion::prelude::DataFrame;
use warehouse::{Session, Values};

use crate::failure::Outcome;

/// The folder of the queries.
const FOLDER: &str = "insights";

/// Plans one of them with its parameters.
pub async fn plan(session: &Session, sql: &Path, name: &str, values: &Values) -> Outcome<DataFrame> {
    let path = sql.join(FOLDER).join(name).with_extension("sql");
    Ok(warehouse::plan_file(session, &path, values).await?)
}
