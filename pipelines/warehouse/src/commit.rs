//! One atomic change of a table: files removed and files added in one version of its log.

use std::collections::{HashMap, HashSet};

use arrow::array::RecordBatch;
use chrono::{NaiveDate, Utc};
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, Remove};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use schemas::table::Table;

use crate::lake::{CHECKPOINT_EVERY, DataFile, Lake, Snapshot};
use crate::write::{FileWriter, NewFile};
use crate::{Error, Result};

/// How often a change is planned anew because another one came first.
const ATTEMPTS: usize = 10;

impl Lake {
    /// Removes and adds files in one version, which it returns; the table is created if need be.
    ///
    /// `operation` says in the table's history who did it. With nothing to do there is no new version.
    /// Files that somebody else removed meanwhile are a [`Error::Conflict`].
    pub async fn commit(
        &self,
        table: &Table,
        added: Vec<NewFile>,
        removed: &[DataFile],
        operation: &str,
    ) -> Result<u64> {
        self.change(table, added, operation, |snapshot| {
            let active = snapshot.files.iter().map(|file| file.path.as_str()).collect::<HashSet<_>>();
            match removed.iter().find(|file| !active.contains(file.path.as_str())) {
                Some(gone) => {
                    let message = format!("{}: {} was removed meanwhile", table.sql_name(), gone.path);
                    Err(Error::Conflict(message))
                }
                None => Ok(removed.to_vec()),
            }
        })
        .await
    }

    /// Puts the added files in the place of all that the day holds, or the whole table where `dt` is `None`.
    pub async fn replace(
        &self,
        table: &Table,
        dt: Option<NaiveDate>,
        added: Vec<NewFile>,
        operation: &str,
    ) -> Result<u64> {
        self.change(table, added, operation, |snapshot| {
            Ok(match dt {
                Some(dt) => snapshot.of_day(dt).cloned().collect(),
                None => snapshot.files.clone(),
            })
        })
        .await
    }

    /// Adds a few batches to a table (of one day, where it is partitioned), in files of their own.
    pub async fn append(
        &self,
        table: &'static Table,
        dt: Option<NaiveDate>,
        batches: Vec<RecordBatch>,
        operation: &str,
    ) -> Result<u64> {
        let mut writer = FileWriter::new(self, table, dt, "append")?;
        let added = tokio::task::spawn_blocking(move || {
            batches.iter().try_for_each(|batch| writer.write(batch))?;
            writer.finish()
        });
        self.commit(table, added.await??, &[], operation).await
    }

    /// Puts the added files in the place of those that are named for the version on which it commits; where another
    /// version came first they are named anew.
    pub(crate) async fn change(
        &self,
        table: &Table,
        added: Vec<NewFile>,
        operation: &str,
        removed: impl Fn(&Snapshot) -> Result<Vec<DataFile>>,
    ) -> Result<u64> {
        let mut conflict = None;
        for _ in 0..ATTEMPTS {
            let snapshot = match self.snapshot(table).await? {
                Some(snapshot) => snapshot,
                None => {
                    self.ensure(table).await?;
                    let missing = || Error::NotFound(format!("{} after its creation", table.sql_name()));
                    self.snapshot(table).await?.ok_or_else(missing)?
                }
            };
            if !added.is_empty() && is_done(&snapshot, &added) {
                return Ok(snapshot.version);
            }
            let removed = removed(&snapshot)?;
            if added.is_empty() && removed.is_empty() {
                return Ok(snapshot.version);
            }
            match self.try_commit(table, &snapshot, &added, &removed, operation).await {
                Err(Error::Conflict(message)) => conflict = Some(message),
                other => return other,
            }
        }
        Err(Error::Conflict(conflict.unwrap_or_default()))
    }

    async fn try_commit(
        &self,
        table: &Table,
        snapshot: &Snapshot,
        added: &[NewFile],
        removed: &[DataFile],
        operation: &str,
    ) -> Result<u64> {
        let now = Utc::now().timestamp_millis();
        let adds = added.iter().map(|file| Action::Add(add(file, now)));
        let removes = removed.iter().map(|file| Action::Remove(remove(file, now)));
        let write = DeltaOperation::Write {
            mode: if removed.is_empty() { SaveMode::Append } else { SaveMode::Overwrite },
            partition_by: table.partitioned.then(|| vec!["dt".to_owned()]),
            predicate: None,
        };
        let by = HashMap::from([("step".to_owned(), serde_json::Value::from(operation))]);
        // What was planned on this version holds for this version alone: on another one it is planned anew.
        // Expired versions are looked for where a checkpoint is made: that takes a look through the whole log.
        let cleanup = (snapshot.version + 2).is_multiple_of(CHECKPOINT_EVERY);
        let properties = CommitProperties::default()
            .with_metadata(by)
            .with_max_retries(0)
            .with_cleanup_expired_logs(if cleanup { None } else { Some(false) });
        let committed = CommitBuilder::from(properties)
            .with_actions(removes.chain(adds).collect())
            .build(Some(&snapshot.log), self.log_store(table), write)
            .into_prepared_commit_future()
            .await?
            .await?;
        let version = committed.version;
        // From here on the change has happened. A checkpoint that fails is made by a later commit.
        let _ = committed.await;
        Ok(version)
    }
}

/// Whether an attempt that seemed to fail has succeeded: stores repeat requests whose answer was lost.
fn is_done(snapshot: &Snapshot, added: &[NewFile]) -> bool {
    let active = snapshot.files.iter().map(|file| file.path.as_str()).collect::<HashSet<_>>();
    added.iter().all(|file| active.contains(file.path.as_str()))
}

fn add(file: &NewFile, now: i64) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: file.to_data_file().partition_values(),
        size: file.bytes as i64,
        modification_time: now,
        data_change: true,
        stats: Some(file.stats.clone()),
        ..Default::default()
    }
}

fn remove(file: &DataFile, now: i64) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change: true,
        deletion_timestamp: Some(now),
        extended_file_metadata: Some(true),
        partition_values: Some(file.partition_values()),
        size: Some(file.bytes as i64),
        ..Default::default()
    }
}
