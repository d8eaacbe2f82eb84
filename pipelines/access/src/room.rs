//! Where a role's statements are planned and run: its catalogue, frozen, and an engine without anything else.

mod catalogue;
mod functions;
mod information;
mod mended;
pub mod regclass;

use std::sync::Arc;

use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList, TableProvider};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{FunctionRegistry, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::Statement;
use tokio::runtime::Handle;

use crate::failure::Refusal;
use crate::pinned::{AsOf, OpenTables, Pins, tables_of};
use crate::queue::Ticket;
use crate::role::Role;
use crate::run::{Running, Stop};
use crate::view::{self, Pseudonym};

/// The name of the database.
pub const DATABASE: &str = "ttt";

/// A statement over tables of so few rows runs in one piece: handing rows from thread to thread would take longer.
const UNDIVIDED_ROWS_MAX: usize = 131_072;

/// How many of the greatest users of memory an error names.
const CONSUMERS_NAMED: std::num::NonZeroUsize = std::num::NonZeroUsize::MIN;

/// One role's place. Cheap to clone.
#[derive(Clone)]
pub struct Room {
    state: Arc<SessionState>,
    open: OpenTables,
    runtime: Handle,
    memory_bytes: usize,
}

impl Room {
    /// Builds the place of a role on what an engine brings: its stores, its caches, its folder to spill to.
    pub async fn new(
        engine: &SessionContext,
        role: &Role,
        pseudonym: &Pseudonym,
        open: OpenTables,
        runtime: Handle,
        memory_bytes: usize,
    ) -> Result<Self, Refusal> {
        let config = engine
            .copied_config()
            .with_default_catalog_and_schema(DATABASE, "public")
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        let catalogs = MemoryCatalogProviderList::new();
        let catalog = view::catalog(role, pseudonym)?;
        catalogs.register_catalog(DATABASE.to_owned(), catalog.clone());
        let state = SessionStateBuilder::new_from_existing(engine.state())
            .with_config(config)
            .with_catalog_list(Arc::new(catalogs))
            // Nothing is created or written here: neither by a table's factory nor by a file's format.
            .with_table_factories(Default::default())
            .with_file_formats(Vec::new())
            .build();
        let context = SessionContext::new_with_state(state);
        catalogue::install(&context, catalog.as_ref(), role, pseudonym).await?;
        functions::install(&context)?;
        information::install(&context, catalog.as_ref()).await?;
        let mut state = context.state();
        // That schema is one of the catalogue now; the engine would put its own before it.
        state.config_mut().options_mut().catalog.information_schema = false;
        let state = Arc::new(state);
        Ok(Self { state, open, runtime, memory_bytes })
    }

    /// The same for one user: functions say who it is.
    pub fn of_user(&self, user: &str) -> Result<Self, Refusal> {
        let mut state = self.state.as_ref().clone();
        for function in functions::of_user(user) {
            state.register_udf(Arc::new(function))?;
        }
        Ok(Self { state: Arc::new(state), ..self.clone() })
    }

    /// Plans a query that was found to be one, away from those who wait for the network: trees may be deep. Names
    /// without a schema are of the first one of `path` that there is.
    pub async fn plan(&self, statement: Statement, path: &[String]) -> Result<LogicalPlan, Refusal> {
        let mut state = self.state.as_ref().clone();
        if let Some(schema) = path.iter().find(|schema| self.has_schema(schema)) {
            state.config_mut().options_mut().catalog.default_schema.clone_from(schema);
        }
        let planned = self.runtime.spawn(async move {
            state.mark_start_execution();
            state.statement_to_plan(EngineStatement::Statement(Box::new(statement))).await
        });
        Ok(planned.await.map_err(|_| Refusal::internal("the statement could not be planned"))??)
    }

    fn has_schema(&self, name: &str) -> bool {
        let catalog = self.state.catalog_list().catalog(DATABASE);
        catalog.is_some_and(|catalog| catalog.schema(name).is_some())
    }

    /// Opens the tables of a plan, each at one version, and starts it.
    pub async fn start(
        &self,
        plan: LogicalPlan,
        as_of: AsOf,
        stop: Stop,
        ticket: Ticket,
    ) -> Result<Running, Refusal> {
        let tables = tables_of(&plan)?;
        let opened = (self.open)(tables.clone(), as_of).await?;
        let is_small = rows_of(&opened).is_some_and(|rows| rows <= UNDIVIDED_ROWS_MAX);
        let pins = tables.iter().map(|table| table.sql_name()).zip(opened).collect();
        let mut state = self.pinned(Pins(pins));
        let options = state.config_mut().options_mut();
        if is_small {
            options.execution.target_partitions = 1;
        }
        let passes = std::mem::replace(&mut options.optimizer.max_passes, 1);
        let (runtime, memory) = (self.runtime.clone(), self.memory()?);
        let started = self.runtime.spawn(async move {
            let context = Arc::new(TaskContext::from(&state).with_runtime(memory));
            // One pass over a plan finds nearly all that more would, in half the time. A plan that needs more, such as
            // one of subqueries in subqueries, gets them.
            let planned = match state.create_physical_plan(&plan).await {
                Ok(planned) => planned,
                Err(_) => {
                    state.config_mut().options_mut().optimizer.max_passes = passes;
                    state.create_physical_plan(&plan).await?
                }
            };
            Running::start(&runtime, planned, context, stop, ticket)
        });
        started.await.map_err(|_| Refusal::internal("the statement could not be planned"))?
    }

    /// The session of one statement: with its tables. What it runs with has memory of its own beside it.
    fn pinned(&self, pins: Pins) -> SessionState {
        let mut state = self.state.as_ref().clone();
        *state.config_mut() = state.config().clone().with_extension(Arc::new(pins));
        state.mark_start_execution();
        state
    }

    /// Memory of a statement's own, beside the stores and caches of all.
    fn memory(&self) -> Result<Arc<RuntimeEnv>, Refusal> {
        let pool = TrackConsumersPool::new(FairSpillPool::new(self.memory_bytes), CONSUMERS_NAMED);
        let pool: Arc<dyn MemoryPool> = Arc::new(pool);
        let builder = RuntimeEnvBuilder::from_runtime_env(self.state.runtime_env());
        Ok(builder.with_memory_pool(pool).build_arc()?)
    }
}

/// The rows of some tables together; none where one does not say.
fn rows_of(tables: &[Arc<dyn TableProvider>]) -> Option<usize> {
    let rows = |table: &Arc<dyn TableProvider>| table.statistics()?.num_rows.get_value().copied();
    tables.iter().map(rows).sum()
}
