//! What one version of a table's log names, and whether it can be read here.

use std::collections::HashMap;

use deltalake_core::kernel::{EagerSnapshot, LogicalFileView};
use schemas::table::Table;
use schemas::time;

use crate::lake::{DataFile, Lake};
use crate::statistics::{self, FileStatistics};
use crate::{Error, Result};

impl Lake {
    /// The files of one version of a table's log. Those that were read of a version before it are as they were: a name
    /// is never given again.
    pub(crate) fn files_of(
        &self,
        table: &Table,
        log: &EagerSnapshot,
        before: Vec<DataFile>,
    ) -> Result<Vec<DataFile>> {
        check_readable(table, log)?;
        let mut before: HashMap<String, DataFile> =
            before.into_iter().map(|file| (file.path.clone(), file)).collect();
        log.log_data().iter().map(|view| data_file(table, &view, &mut before)).collect()
    }
}

/// Refuses what this crate's scans would read wrongly.
fn check_readable(table: &Table, log: &EagerSnapshot) -> Result<()> {
    let refuse = |what: &str| Err(Error::invalid(format!("{}: {what}", table.sql_name())));
    if log.metadata().configuration().get("delta.columnMapping.mode").is_some_and(|mode| mode != "none") {
        return refuse("the table uses column mapping, which is not read here");
    }
    let partition = if table.partitioned { &["dt"][..] } else { &[] };
    if log.metadata().partition_columns() != partition {
        return refuse("the table is partitioned otherwise than the vocabulary says");
    }
    let (stored, expected) = (log.arrow_schema(), table.schema());
    for field in expected.fields() {
        match stored.field_with_name(field.name()) {
            Ok(found) if found.data_type().equals_datatype(field.data_type()) => {}
            Ok(found) => {
                return refuse(&format!(
                    "column {} is {} in storage and {} in the vocabulary",
                    field.name(),
                    found.data_type(),
                    field.data_type()
                ));
            }
            Err(_) => return refuse(&format!("column {} is not in storage", field.name())),
        }
    }
    Ok(())
}

fn data_file(
    table: &Table,
    view: &LogicalFileView,
    before: &mut HashMap<String, DataFile>,
) -> Result<DataFile> {
    let path = view.path().into_owned();
    let refuse = |what: &str| Err(Error::invalid(format!("{}: {path}: {what}", table.sql_name())));
    if view.deletion_vector_descriptor().is_some() {
        return refuse("the file has a deletion vector, which is not read here");
    }
    if let Some(known) = before.remove(&path) {
        return Ok(known);
    }
    let dt = match view.partition_values_map().remove("dt").flatten() {
        Some(text) => match text.parse() {
            Ok(date) => Some(time::days(date)),
            Err(_) => return refuse("its partition is no date"),
        },
        None if table.partitioned => return refuse("it has no partition"),
        None => None,
    };
    let stats = view.stats().unwrap_or_default();
    let Some(FileStatistics { rows, ranges }) = statistics::parse(&stats) else {
        return refuse("the log does not say how many rows it has");
    };
    let bytes = u64::try_from(view.size()).map_err(Error::internal)?;
    Ok(DataFile { path, dt, rows, bytes, ranges })
}
