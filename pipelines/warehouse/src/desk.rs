//! For those who bring a session of their own: one table at one version, and an engine that knows no table.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::prelude::SessionContext;
use deltalake_core::table::state::DeltaTableState;
use futures::TryStreamExt;
use schemas::table::Table;

use crate::lake::Lake;
use crate::scan::FileTable;
use crate::session::{Limits, context};
use crate::{Error, Result};

/// Which version of a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Latest,
    Version(u64),
    /// The last version that was committed by then.
    Time(DateTime<Utc>),
}

impl Lake {
    /// A table at one version, its texts as views. One that was not created yet, or not by then, is empty.
    pub async fn table_at(&self, table: &'static Table, at: At) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(self.files_at(table, at).await?.with_views()))
    }

    async fn files_at(&self, table: &'static Table, at: At) -> Result<FileTable> {
        let version = match at {
            At::Latest => {
                let snapshot = self.snapshot(table).await?;
                let version = snapshot.as_ref().map(|snapshot| snapshot.version);
                let files = snapshot.map(|snapshot| snapshot.files).unwrap_or_default();
                return Ok(FileTable::new(self, table, files).at(version));
            }
            At::Version(version) => Some(version),
            At::Time(time) => self.version_by(table, time).await?,
        };
        let Some(version) = version else { return Ok(FileTable::new(self, table, Vec::new())) };
        let latest = self.snapshot(table).await?.map(|snapshot| snapshot.version);
        if latest.is_none_or(|latest| version > latest) {
            let latest = latest.map_or("none yet".to_owned(), |latest| format!("{latest} at the most"));
            return Err(Error::Invalid(format!(
                "{} has no version {version}: it has {latest}",
                table.sql_name()
            )));
        }
        let state = DeltaTableState::try_new(self.log_store(table).as_ref(), Some(version)).await?;
        let files = self.files_of(table, state.snapshot(), Vec::new())?;
        Ok(FileTable::new(self, table, files).at(Some(version)))
    }

    /// An engine with this lake's store, and without its tables.
    pub fn engine(&self, limits: &Limits) -> Result<SessionContext> {
        let context = context(limits)?;
        context.runtime_env().register_object_store(FileTable::store_url(self)?.as_ref(), self.store());
        Ok(context)
    }

    /// The last version of a table that its log held by a time; none before the first.
    async fn version_by(&self, table: &Table, time: DateTime<Utc>) -> Result<Option<u64>> {
        let store = self.store();
        let mut listed = store.list(Some(&self.folder(table).join("_delta_log")));
        let mut commits = BTreeMap::new();
        while let Some(object) = listed.try_next().await? {
            let name = object.location.filename().and_then(|name| name.strip_suffix(".json"));
            if let Some(version) = name.and_then(|name| name.parse::<u64>().ok()) {
                commits.insert(version, object.last_modified);
            }
        }
        Ok(commits.into_iter().take_while(|(_, at)| *at <= time).last().map(|(version, _)| version))
    }
}
