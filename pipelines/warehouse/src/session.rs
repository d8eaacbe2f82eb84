//! A place to ask in SQL: every table of the vocabulary at one version, within limits of memory and threads.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use arrow::array::RecordBatch;
use async_trait::async_trait;
use chrono::NaiveDate;
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, TableReference};
use datafusion::datasource::MemTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, GreedyMemoryPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::{StreamExt, TryStreamExt};
use schemas::table::{Layer, Table};
use schemas::time;

use crate::lake::{DataFile, Lake};
use crate::scan::FileTable;
use crate::{Error, Result};

/// How many of the greatest users of memory an error names.
const CONSUMERS_NAMED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);

/// Logs that are read side by side.
const LOGS_AT_ONCE: usize = 4;

/// What a session may use.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Memory for sorting, joining and grouping, in bytes; beyond it they spill.
    pub memory_bytes: usize,
    /// How many partitions a query runs in.
    pub threads: usize,
    /// How the operators of a query share the memory.
    pub share: Share,
    /// Where to spill.
    pub spill_dir: PathBuf,
}

/// How the operators of a query share memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Each that can spill gets the same part: no query fails that could spill, but parts are small.
    Evenly,
    /// Whoever asks first gets it: for queries whose size is bounded by their shards.
    AsAsked,
}

/// A SQL session on a lake. Cheap to clone; clones share tables and functions.
#[derive(Clone)]
pub struct Session {
    lake: Lake,
    context: SessionContext,
    layers: Arc<HashMap<Layer, Arc<LayerTables>>>,
    threads: usize,
}

impl Session {
    /// A session with every table at its latest version.
    pub async fn new(lake: &Lake, limits: &Limits) -> Result<Self> {
        let layers = Layer::ALL.into_iter().map(|layer| (layer, Arc::new(LayerTables::default())));
        let session = Self::over(lake, limits, Arc::new(layers.collect()))?;
        session.refresh().await?;
        Ok(session)
    }

    /// A session on the same tables, now and later, with memory and functions of its own.
    pub fn beside(&self, limits: &Limits) -> Result<Self> {
        Self::over(&self.lake, limits, self.layers.clone())
    }

    /// The same session with every query in one partition: for work that is divided by hand, of which several
    /// parts run at once. What is registered later in one is not known to the other.
    pub fn undivided(&self) -> Self {
        let state = self.context.state();
        let config = state.config().clone().with_target_partitions(1);
        let state = SessionStateBuilder::new_from_existing(state).with_config(config).build();
        Self { context: SessionContext::new_with_state(state), ..self.clone() }
    }

    /// How many partitions a query may run in, or queries of one partition at once.
    pub fn threads(&self) -> usize {
        self.threads
    }

    fn over(lake: &Lake, limits: &Limits, layers: Arc<HashMap<Layer, Arc<LayerTables>>>) -> Result<Self> {
        let context = context(limits)?;
        context.runtime_env().register_object_store(FileTable::store_url(lake)?.as_ref(), lake.store());
        let catalog = MemoryCatalogProvider::new();
        for (layer, tables) in layers.iter() {
            catalog.register_schema(layer.name(), tables.clone())?;
        }
        // Where a caller puts tables of its own; a bare name means one of these.
        catalog.register_schema("work", Arc::new(MemorySchemaProvider::new()))?;
        context.register_catalog("warehouse", Arc::new(catalog));
        Ok(Self { lake: lake.clone(), context, layers, threads: limits.threads.max(1) })
    }

    /// Moves every table to its latest version; one that was not created yet is empty.
    pub async fn refresh(&self) -> Result<()> {
        // Few at once: reading a log takes megabytes, however short it is.
        futures::stream::iter(schemas::tables().map(|table| self.refresh_table(table)))
            .buffer_unordered(LOGS_AT_ONCE)
            .try_collect()
            .await
    }

    /// Moves one table to its latest version.
    pub async fn refresh_table(&self, table: &'static Table) -> Result<()> {
        let snapshot = self.lake.snapshot(table).await?;
        let version = snapshot.as_ref().map(|snapshot| snapshot.version);
        let files = snapshot.map(|snapshot| snapshot.files).unwrap_or_default();
        let files = Arc::new(FileTable::new(&self.lake, table, files).at(version));
        let layer = self.layers.get(&table.layer).ok_or_else(|| Error::internal("a layer without tables"))?;
        layer.put(table.name, files);
        Ok(())
    }

    /// The files of a table as the session sees it.
    pub fn files(&self, table: &Table) -> Vec<DataFile> {
        let found = self.layers.get(&table.layer).and_then(|layer| layer.get(table.name));
        found.map(|found| found.files().to_vec()).unwrap_or_default()
    }

    /// The version of a table that the session sees, none where it was not created yet.
    pub fn version(&self, table: &Table) -> Option<u64> {
        self.layers
            .get(&table.layer)
            .and_then(|layer| layer.get(table.name))
            .and_then(|found| found.version())
    }

    /// The days of which a table has rows, as the session sees it.
    pub fn days(&self, table: &Table) -> BTreeSet<NaiveDate> {
        let found = self.layers.get(&table.layer).and_then(|layer| layer.get(table.name));
        found.iter().flat_map(|found| found.files()).filter_map(|file| file.dt).map(time::date).collect()
    }

    /// Puts rows of the caller's own into `work.<name>`, in the place of what was there.
    pub fn put_work(&self, name: &str, rows: RecordBatch) -> Result<()> {
        let table = MemTable::try_new(rows.schema(), vec![vec![rows]])?;
        let reference = TableReference::full("warehouse", "work", name);
        self.context.deregister_table(reference.clone())?;
        self.context.register_table(reference, Arc::new(table))?;
        Ok(())
    }

    /// Plans a query.
    pub async fn sql(&self, query: &str) -> Result<DataFrame> {
        Ok(self.context.sql(query).await?)
    }

    /// The session of the engine, for what this one has no words for.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }

    /// The lake that it reads.
    pub fn lake(&self) -> &Lake {
        &self.lake
    }
}

pub(crate) fn context(limits: &Limits) -> Result<SessionContext> {
    let mut config = SessionConfig::new()
        .with_target_partitions(limits.threads.max(1))
        .with_default_catalog_and_schema("warehouse", "work")
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true);
    let options = config.options_mut();
    // `0.029` is a decimal: no float may come near money.
    options.sql_parser.parse_float_as_decimal = true;
    // Text is one type everywhere, that of the tables.
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.time_zone = Some("UTC".to_owned());
    // Grouping in two steps pays only where the first one folds most rows away.
    options.execution.skip_partial_aggregation_probe_ratio_threshold = 0.1;
    options.execution.skip_partial_aggregation_probe_rows_threshold = 8_192;
    let disk =
        DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![limits.spill_dir.clone()]));
    std::fs::create_dir_all(&limits.spill_dir)
        .map_err(|error| Error::invalid(format!("{}: {error}", limits.spill_dir.display())))?;
    let pool: Arc<dyn MemoryPool> = match limits.share {
        Share::Evenly => {
            Arc::new(TrackConsumersPool::new(FairSpillPool::new(limits.memory_bytes), CONSUMERS_NAMED))
        }
        Share::AsAsked => {
            Arc::new(TrackConsumersPool::new(GreedyMemoryPool::new(limits.memory_bytes), CONSUMERS_NAMED))
        }
    };
    let runtime =
        RuntimeEnvBuilder::new().with_memory_pool(pool).with_disk_manager_builder(disk).build_arc()?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .build();
    Ok(SessionContext::new_with_state(state))
}

/// The tables of one layer.
#[derive(Debug, Default)]
struct LayerTables(RwLock<HashMap<&'static str, Arc<FileTable>>>);

impl LayerTables {
    fn put(&self, name: &'static str, table: Arc<FileTable>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, table);
    }

    fn get(&self, name: &str) -> Option<Arc<FileTable>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[async_trait]
impl SchemaProvider for LayerTables {
    fn table_names(&self) -> Vec<String> {
        let tables = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut names = tables.keys().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        names.sort_unstable();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.get(name).map(|table| table as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}
