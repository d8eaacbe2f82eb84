//! Where the tables live: one root on one object store, and the state of a table's log.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::CommitProperties;
use deltalake_core::kernel::{EagerSnapshot, StructType};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::SaveMode;
use deltalake_core::table::state::DeltaTableState;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};
use schemas::table::Table;
use schemas::time;
use tokio::runtime::Handle;
use url::Url;

use crate::small::{Held, SMALL_BYTES, SmallFiles};
use crate::statistics;
use crate::{Error, Result};

/// A warehouse's root: the store it is on, and the folder in it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lake(Arc<Root>);

#[derive(Debug)]
struct Root {
    /// The root's URL, without a slash at its end.
    url: Url,
    store: Arc<dyn ObjectStore>,
    folder: Path,
    runtime: Handle,
    /// What was read of each table's log: going on from there takes no more than what came since.
    known: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>,
    /// What was read of small data files.
    held: Arc<Held>,
}

/// A table's log as far as it was read.
#[derive(Debug, Default)]
struct Known {
    state: Option<DeltaTableState>,
    snapshot: Option<Snapshot>,
    /// When its end was last looked for.
    read_at: Option<Instant>,
}

/// One version of a table: exactly the files that it consists of.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub version: u64,
    pub files: Vec<DataFile>,
    pub(crate) log: EagerSnapshot,
}

/// One active file of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Path below the table's folder.
    pub path: String,
    /// Its partition, in days since the epoch; `None` where the table has none.
    pub dt: Option<i32>,
    pub rows: u64,
    pub bytes: u64,
    /// Least and greatest value of its Int64 columns.
    pub ranges: BTreeMap<String, (i64, i64)>,
}

/// An object as its store lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub bytes: u64,
    pub modified_at: DateTime<Utc>,
}

impl Lake {
    /// Opens a root: `file://…`, a plain path, `memory://`, `s3://…`, `az://…` or `gs://…`.
    ///
    /// A local folder is created. Credentials and endpoints of the clouds come from the environment
    /// (`AWS_…`, `AZURE_…`, `GOOGLE_…`). Every `memory://` lake is a store of its own, shared by its clones.
    /// Must be called within a multi-threaded runtime, which then also carries the uploads of its writers.
    pub fn open(url: &str) -> Result<Self> {
        let runtime = Handle::try_current().map_err(Error::internal)?;
        let mut url = parse(url)?;
        let (store, folder) = object_store::parse_url_opts(&url, storage_options())
            .map_err(|error| Error::invalid(format!("{url}: {error}")))?;
        let trimmed = url.path().trim_end_matches('/').to_owned();
        url.set_path(&trimmed);
        Ok(Self(Arc::new(Root {
            url,
            store: store.into(),
            folder,
            runtime,
            known: Mutex::default(),
            held: Arc::default(),
        })))
    }

    /// The root's URL.
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// The store that the root is on; its paths start at the store's own root.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        self.0.store.clone()
    }

    /// The path in the store of a name below the root.
    pub fn path(&self, name: &str) -> Path {
        self.0.folder.clone().join(name)
    }

    /// Creates the table if it is not there.
    pub async fn ensure(&self, table: &Table) -> Result<()> {
        if self.is_there(table).await? {
            return Ok(());
        }
        let log_store = self.log_store(table);
        let created = self.create(table, log_store.clone()).await;
        // Somebody else may have created it at the same moment; then it is there.
        if created.is_err() && log_store.is_delta_table_location().await? {
            return Ok(());
        }
        created
    }

    /// The latest version of a table, `None` where it was not created yet.
    pub async fn snapshot(&self, table: &Table) -> Result<Option<Snapshot>> {
        let known = {
            let mut tables = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
            tables.entry(table.sql_name()).or_default().clone()
        };
        let mut known = known.lock().await;
        if let Some(snapshot) = self.still_last(table, &known).await? {
            return Ok(Some(snapshot));
        }
        let log_store = self.log_store(table);
        // A log that was read before is gone on with; should it fail, it is read from its beginning.
        let went_on = match known.state.as_mut() {
            Some(state) => state.update(log_store.as_ref(), None).await.is_ok(),
            None => false,
        };
        if !went_on {
            *known = Known::default();
            if !self.is_there(table).await? {
                return Ok(None);
            }
            known.state = Some(DeltaTableState::try_new(log_store.as_ref(), None).await?);
        }
        known.read_at = Some(Instant::now());
        let Known { state, snapshot: kept, .. } = &mut *known;
        let Some(log) = state.as_ref().map(|state| state.snapshot()) else { return Ok(None) };
        if let Some(snapshot) = kept.as_ref().filter(|snapshot| snapshot.version == log.version()) {
            return Ok(Some(snapshot.clone()));
        }
        let before = kept.take().map(|snapshot| snapshot.files).unwrap_or_default();
        let files = self.files_of(table, log, before)?;
        let snapshot = Snapshot { version: log.version(), files, log: log.clone() };
        *kept = Some(snapshot.clone());
        Ok(Some(snapshot))
    }

    /// The snapshot that is known, where no version follows it. Versions have no gaps, so that one request tells. It
    /// would not where old ones were taken away, or another warehouse was put in this one's place: after a while the
    /// log is read.
    async fn still_last(&self, table: &Table, known: &Known) -> Result<Option<Snapshot>> {
        let is_recent = known.read_at.is_some_and(|at| at.elapsed() < TRUSTED);
        let Some(snapshot) = known.snapshot.as_ref().filter(|_| is_recent) else { return Ok(None) };
        let next = format!("{:020}.json", snapshot.version + 1);
        match self.store().head(&self.folder(table).join("_delta_log").join(next)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(Some(snapshot.clone())),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(None),
        }
    }

    /// The objects in a table's folder that are data files by name, active or not, by their path in the store.
    pub async fn stored(&self, table: &Table) -> Result<HashMap<Path, Stored>> {
        let store = self.store();
        let mut listed = store.list(Some(&self.folder(table)));
        let mut stored = HashMap::new();
        while let Some(object) = listed.try_next().await? {
            if object.location.extension() == Some("parquet") {
                let found = Stored { bytes: object.size, modified_at: object.last_modified };
                stored.insert(object.location, found);
            }
        }
        Ok(stored)
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// The path of a table's folder in the store.
    pub(crate) fn folder(&self, table: &Table) -> Path {
        self.0.folder.clone().join(table.layer.name()).join(table.name)
    }

    /// The path of a data file in the store.
    pub fn file(&self, table: &Table, path: &str) -> Path {
        let folder = self.folder(table);
        path.split('/').fold(folder, |folder, part| folder.join(part))
    }

    /// Whether a table was created. Its first version or its last checkpoint says so in one request; a look through
    /// the whole log is for one that has neither.
    async fn is_there(&self, table: &Table) -> Result<bool> {
        let log = self.folder(table).join("_delta_log");
        for name in ["_last_checkpoint", "00000000000000000000.json"] {
            if self.store().head(&log.clone().join(name)).await.is_ok() {
                return Ok(true);
            }
        }
        Ok(self.log_store(table).is_delta_table_location().await?)
    }

    /// The store as a scan of these files reads it: small ones whole, and once.
    pub(crate) fn reading(&self, table: &Table, files: &[&DataFile]) -> Arc<dyn ObjectStore> {
        let small = files.iter().filter(|file| file.bytes <= SMALL_BYTES);
        let small = small.map(|file| self.file(table, &file.path)).collect();
        Arc::new(SmallFiles::new(self.store(), self.0.held.clone(), small))
    }

    pub(crate) fn log_store(&self, table: &Table) -> LogStoreRef {
        let mut url = self.0.url.clone();
        url.set_path(&format!("{}/{}", url.path().trim_end_matches('/'), table.folder()));
        let prefixed = Arc::new(PrefixStore::new(self.store(), self.folder(table)));
        default_logstore(prefixed, self.store(), &url, &StorageConfig::default())
    }

    async fn create(&self, table: &Table, log_store: LogStoreRef) -> Result<()> {
        let schema: StructType = table.schema().as_ref().try_into_kernel()?;
        let partition = table.partitioned.then_some("dt");
        CreateBuilder::new()
            .with_log_store(log_store)
            .with_table_name(table.sql_name())
            .with_comment(table.grain)
            .with_columns(schema.fields().cloned())
            .with_partition_columns(partition)
            .with_configuration(properties(table))
            .with_save_mode(SaveMode::Ignore)
            // A retry would write the table's definition once more, behind that of the one who was faster.
            .with_commit_properties(CommitProperties::default().with_max_retries(0))
            .await?;
        Ok(())
    }
}

impl Snapshot {
    /// The files of one day.
    pub fn of_day(&self, dt: NaiveDate) -> impl Iterator<Item = &DataFile> {
        let day = time::days(dt);
        self.files.iter().filter(move |file| file.dt == Some(day))
    }
}

impl DataFile {
    /// The partition as it stands in the log and in paths.
    pub(crate) fn partition_values(&self) -> HashMap<String, Option<String>> {
        self.dt.map(|day| ("dt".to_owned(), Some(time::date(day).to_string()))).into_iter().collect()
    }
}

/// The stores on which a commit is atomic: they create an object only if it is not there.
const SCHEMES: [&str; 9] = ["memory", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"];

fn parse(text: &str) -> Result<Url> {
    let local = match Url::parse(text) {
        Ok(url) if url.scheme() == "file" => {
            url.to_file_path().map_err(|()| Error::invalid(format!("{text}: no local path")))?
        }
        Ok(url) if SCHEMES.contains(&url.scheme()) => return Ok(url),
        Ok(url) if text.contains("://") => {
            return Err(Error::invalid(format!("{}: no warehouse can be on such a store", url.scheme())));
        }
        _ => std::path::absolute(text).map_err(|error| Error::invalid(format!("{text}: {error}")))?,
    };
    if local.is_file() {
        return Err(Error::invalid(format!("{}: is a file, and a warehouse is a folder", local.display())));
    }
    std::fs::create_dir_all(&local)
        .map_err(|error| Error::invalid(format!("{}: {error}", local.display())))?;
    Url::from_directory_path(&local).map_err(|()| Error::invalid(format!("{text}: no local path")))
}

/// What the environment says of stores: credentials, endpoints, and the rest that their variables may hold.
pub fn storage_options() -> impl Iterator<Item = (String, String)> {
    let is_option = |key: &str| {
        let key = key.to_ascii_uppercase();
        ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| key.starts_with(prefix)) || key == "ALLOW_HTTP"
    };
    // Whatever else is in the environment may be no UTF-8.
    let texts =
        |(key, value): (OsString, OsString)| Some((key.into_string().ok()?, value.into_string().ok()?));
    std::env::vars_os().filter_map(texts).filter(move |(key, _)| is_option(key))
}

/// How long what follows a version is told by the next one's name alone: within it a run asks for a table many times.
const TRUSTED: Duration = Duration::from_secs(60);

/// A log is read from its last checkpoint on: so many versions of it at most.
pub(crate) const CHECKPOINT_EVERY: u64 = 10;

/// Delta's own statistics pass through floats, which would hide rows of decimal columns: only columns that
/// survive that are listed.
fn properties(table: &Table) -> Vec<(&'static str, Option<String>)> {
    let columns = statistics::columns(table).collect::<Vec<_>>();
    let statistics = if columns.is_empty() {
        ("delta.dataSkippingNumIndexedCols", Some("0".to_owned()))
    } else {
        ("delta.dataSkippingStatsColumns", Some(columns.join(",")))
    };
    vec![statistics, ("delta.checkpointInterval", Some(CHECKPOINT_EVERY.to_string()))]
}
