//! One session: who it is, what it has set, its cursors, and the answer to each thing that it asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ParamValues;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Query, Statement};
use pgwire::api::Type;

use crate::copy::{Copied, CopyFormat};
use crate::explained;
use crate::failure::Refusal;
use crate::history::Record;
use crate::role::{Limits, Role};
use crate::room::Room;
use crate::row::Rows;
use crate::run::{Canceller, Stop};
use crate::server::Hall;
use crate::settings::Settings;
use crate::statement::Ask;

/// Statements that a session may keep prepared, and cursors that it may keep open.
const KEPT_MAX: usize = 1_000;
const CURSORS_MAX: usize = 8;
/// Statements that wait for their turn, of all sessions.
const WAITING_MAX: usize = 1_000;

/// A cursor, shared with whoever fetches from it.
pub type Cursor = Arc<tokio::sync::Mutex<Rows>>;

/// One session.
pub struct Visit {
    pub hall: Arc<Hall>,
    user: String,
    role: Role,
    room: Room,
    limits: Limits,
    settings: Mutex<Settings>,
    canceller: Mutex<Option<Canceller>>,
    cursors: Mutex<HashMap<String, Cursor>>,
    prepared: AtomicUsize,
}

/// A statement that was found to be one that may be asked, and planned.
#[derive(Clone)]
pub struct Prepared {
    pub ask: Ask,
    pub plan: Option<Arc<LogicalPlan>>,
    text: Arc<str>,
}

/// What is answered.
pub enum Reply {
    Rows(Rows),
    Copy(Copied),
    /// As many rows of a cursor; all without a number.
    Fetch(Cursor, Option<u64>),
    Done {
        tag: &'static str,
        told: Option<(String, String)>,
        transaction: Option<bool>,
    },
}

impl Visit {
    pub fn new(hall: Arc<Hall>, user: &str, role: Role, room: Room, startup: Vec<(String, String)>) -> Self {
        let mut settings = Settings::default();
        for (name, value) in startup {
            // What a client brings and is not taken stays as it is: the server says how it is.
            let _ = settings.set(&name.to_lowercase(), Some(&value));
        }
        Self {
            limits: (hall.limits)(&role),
            hall,
            user: user.to_owned(),
            role,
            room,
            settings: Mutex::new(settings),
            canceller: Mutex::default(),
            cursors: Mutex::default(),
            prepared: AtomicUsize::new(0),
        }
    }

    /// Reads a text's statements, each as what it asks.
    pub async fn read(&self, text: &str, kinds: &[Option<Type>]) -> Result<Vec<(Ask, Arc<str>)>, Refusal> {
        let (hall, role, text) = (self.hall.clone(), self.role.clone(), Arc::<str>::from(text));
        let (whole, kinds) = (text.clone(), kinds.to_vec());
        let read = self.hall.runtime.spawn(async move { hall.read(&text, &kinds, &role) }).await;
        let read = read.unwrap_or_else(|_| Err(Refusal::internal("the statement could not be read")));
        read.inspect_err(|refusal| self.note(&whole, refusal))
    }

    /// Plans what is asked.
    pub async fn prepare(&self, ask: Ask, text: Arc<str>) -> Result<Prepared, Refusal> {
        let plan = match query(&ask) {
            Some(statement) => match self.room.plan(statement).await {
                Ok(plan) => Some(Arc::new(plan)),
                Err(refusal) => {
                    self.note(&text, &refusal);
                    return Err(refusal);
                }
            },
            None => None,
        };
        Ok(Prepared { ask, plan, text })
    }

    /// One more statement is kept, or one is not any more.
    pub fn keep(&self) -> Result<(), Refusal> {
        match self.prepared.fetch_add(1, Ordering::Relaxed) >= KEPT_MAX {
            true => {
                Err(Refusal::new("53400", format!("a session keeps at most {KEPT_MAX} prepared statements")))
            }
            false => Ok(()),
        }
    }

    pub fn forget(&self) {
        let _ =
            self.prepared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }

    /// The columns of an answer; none where there are none.
    pub fn schema(&self, prepared: &Prepared) -> Result<Option<SchemaRef>, Refusal> {
        match &prepared.ask {
            Ask::Rows(_) => Ok(prepared.plan.as_ref().map(|plan| Arc::new(plan.schema().as_arrow().clone()))),
            Ask::Show(name) => Ok(Some(shown_schema(name))),
            Ask::Fetch(name, _) => {
                Ok(Some(self.cursor(name)?.try_lock().map_err(|_| busy())?.schema().clone()))
            }
            _ => Ok(None),
        }
    }

    /// Answers what was prepared.
    pub async fn answer(&self, prepared: &Prepared, values: Option<ParamValues>) -> Result<Reply, Refusal> {
        match &prepared.ask {
            Ask::Rows(statement) => {
                let explains = matches!(statement, Statement::Explain { .. });
                let rows = self.start(prepared, values).await?;
                Ok(Reply::Rows(if explains { explained::hidden(rows, self.limits).await? } else { rows }))
            }
            Ask::Copy(_, format) => self.copy(prepared, format, values).await,
            Ask::Declare(name, _) => {
                if self.cursors().len() >= CURSORS_MAX {
                    return Err(Refusal::new(
                        "53400",
                        format!("a session has at most {CURSORS_MAX} cursors open"),
                    ));
                }
                if self.cursors().contains_key(name) {
                    return Err(Refusal::new("42P03", format!("cursor \"{name}\" already exists")));
                }
                let rows = self.start(prepared, values).await?;
                self.cursors().insert(name.clone(), Arc::new(tokio::sync::Mutex::new(rows)));
                Ok(done("DECLARE CURSOR"))
            }
            Ask::Fetch(name, count) => Ok(Reply::Fetch(self.cursor(name)?, *count)),
            Ask::Close(name) => self.close(name.as_deref()),
            Ask::Show(name) => {
                Ok(Reply::Rows(Rows::known(shown(name, &self.settings().get(name)?)?, self.limits)))
            }
            Ask::Set(name, value) => {
                let told = self.settings().set(name, value.as_deref())?;
                Ok(Reply::Done { tag: "SET", told, transaction: None })
            }
            Ask::ResetAll => {
                self.settings().reset();
                Ok(done("RESET"))
            }
            Ask::DiscardAll => {
                self.settings().reset();
                self.cursors().clear();
                Ok(done("DISCARD ALL"))
            }
            Ask::Begin => Ok(Reply::Done { tag: "BEGIN", told: None, transaction: Some(true) }),
            Ask::Commit => Ok(self.end("COMMIT")),
            Ask::Rollback => Ok(self.end("ROLLBACK")),
            Ask::Nothing(tag) => Ok(done(tag)),
            Ask::Deallocate(_) => Ok(done("DEALLOCATE")),
        }
    }

    /// Stops what runs now.
    pub fn cancel(&self) {
        let canceller = self.canceller.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(canceller) = canceller {
            // Nobody hears it where nothing runs any more.
            let _ = canceller.send(true);
        }
    }

    async fn copy(
        &self,
        prepared: &Prepared,
        format: &CopyFormat,
        values: Option<ParamValues>,
    ) -> Result<Reply, Refusal> {
        Ok(Reply::Copy(Copied::new(self.start(prepared, values).await?, format.clone())))
    }

    /// Waits for a turn, opens the tables and starts.
    async fn start(&self, prepared: &Prepared, values: Option<ParamValues>) -> Result<Rows, Refusal> {
        let plan =
            prepared.plan.as_deref().ok_or_else(|| Refusal::internal("the statement was not planned"))?;
        let mut record = Record::start(&self.hall.history, &self.user, self.role.kind(), &prepared.text);
        let (time, as_of) = {
            let settings = self.settings();
            (settings.timeout().unwrap_or(self.limits.time).min(self.limits.time), settings.as_of())
        };
        if self.hall.queue.load().1 >= WAITING_MAX {
            let refusal = Refusal::new("53300", "too many statements wait already");
            record.failed(&refusal);
            return Err(refusal);
        }
        let (canceller, stop) = Stop::new(time, self.hall.pressure.subscribe());
        *self.canceller.lock().unwrap_or_else(PoisonError::into_inner) = Some(canceller);
        let started = stop.or(async {
            let plan = match values {
                Some(values) => plan.clone().replace_params_with_values(&values)?,
                None => plan.clone(),
            };
            let ticket = self.hall.queue.enter(&self.user, self.limits.statements).await;
            record.entered();
            self.room.start(plan, as_of, stop.clone(), ticket).await
        });
        match started.await {
            Ok(running) => {
                let schema = Arc::new(plan.schema().as_arrow().clone());
                Ok(Rows::running(schema, running, self.limits, record))
            }
            Err(refusal) => {
                record.failed(&refusal);
                Err(refusal)
            }
        }
    }

    /// A transaction ends with its cursors.
    fn end(&self, tag: &'static str) -> Reply {
        self.cursors().clear();
        Reply::Done { tag, told: None, transaction: Some(false) }
    }

    fn close(&self, name: Option<&str>) -> Result<Reply, Refusal> {
        let Some(name) = name else {
            self.cursors().clear();
            return Ok(done("CLOSE CURSOR ALL"));
        };
        self.cursors().remove(name).map(|_| done("CLOSE CURSOR")).ok_or_else(|| missing(name))
    }

    fn cursor(&self, name: &str) -> Result<Cursor, Refusal> {
        self.cursors().get(name).cloned().ok_or_else(|| missing(name))
    }

    /// A statement that was refused before it ran is asked all the same.
    fn note(&self, text: &str, refusal: &Refusal) {
        Record::start(&self.hall.history, &self.user, self.role.kind(), text).failed(refusal);
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cursors(&self) -> MutexGuard<'_, HashMap<String, Cursor>> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The query whose plan a statement needs.
fn query(ask: &Ask) -> Option<Statement> {
    let of = |query: &Query| Some(Statement::Query(Box::new(query.clone())));
    match ask {
        Ask::Rows(statement) => Some(statement.clone()),
        Ask::Copy(query, _) | Ask::Declare(_, query) => of(query),
        _ => None,
    }
}

fn done(tag: &'static str) -> Reply {
    Reply::Done { tag, told: None, transaction: None }
}

fn missing(name: &str) -> Refusal {
    Refusal::new("34000", format!("cursor \"{name}\" does not exist"))
}

fn busy() -> Refusal {
    Refusal::new("55006", "the cursor is being read")
}

fn shown_schema(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, false)]))
}

fn shown(name: &str, value: &str) -> Result<RecordBatch, Refusal> {
    let column: ArrayRef = Arc::new(StringArray::from(vec![value]));
    RecordBatch::try_new(shown_schema(name), vec![column]).map_err(Refusal::internal)
}
