//! One session: who it is, what it has set, its cursors, and the answer to each thing that it asks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ParamValues;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Query, Statement};
use pgwire::api::Type;

use crate::copy::{Copied, CopyFormat};
use crate::cursor::{Cursor, Cursors, missing};
use crate::explained;
use crate::failure::Refusal;
use crate::history::Record;
use crate::lately::{self, Key, Lately};
use crate::parameters;
use crate::role::{Limits, Role};
use crate::room::Room;
use crate::row::Rows;
use crate::run::{Canceller, Stop};
use crate::server::Hall;
use crate::settings::Settings;
use crate::stated::{self, Told};
use crate::statement::Ask;

/// Statements that a session may keep prepared.
const KEPT_MAX: usize = 1_000;
/// Statements that wait for their turn, of all sessions.
const WAITING_MAX: usize = 1_000;

/// One session.
pub struct Visit {
    pub hall: Arc<Hall>,
    user: String,
    role: Role,
    room: Room,
    limits: Limits,
    settings: Mutex<Settings>,
    canceller: Mutex<Option<Canceller>>,
    cursors: Mutex<Cursors>,
    prepared: AtomicUsize,
    lately: Lately,
}

/// A statement that was found to be one that may be asked, and planned.
#[derive(Clone)]
pub struct Prepared {
    pub ask: Arc<Ask>,
    pub plan: Option<Arc<LogicalPlan>>,
    /// What a client is told of parameters otherwise than the plan says.
    pub told: Told,
    pub text: Arc<str>,
}

/// A statement of a text.
pub enum Parsed {
    /// To be planned; whether it is the only one of its text.
    New { ask: Arc<Ask>, text: Arc<str>, is_only: bool },
    /// Planned when it was asked before.
    Known(Prepared),
}

impl Parsed {
    pub fn ask(&self) -> &Ask {
        match self {
            Self::New { ask, .. } | Self::Known(Prepared { ask, .. }) => ask,
        }
    }
}

/// What is answered.
pub enum Reply {
    Rows(Rows),
    Copy(Copied),
    /// As many rows of the cursor or portal of that name are wanted, or left out; all without a number.
    Fetch(String, Option<u64>),
    Move(String, Option<u64>),
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
            lately: Lately::default(),
        }
    }

    /// Reads a text's statements, each as what it asks; `kinds` are the types that a client states of its parameters.
    pub async fn read(&self, text: &str, kinds: &[Option<Type>]) -> Result<Vec<Parsed>, Refusal> {
        if let Some(prepared) = self.key(text, kinds).and_then(|key| self.lately.find(&key)) {
            return Ok(vec![Parsed::Known(prepared)]);
        }
        let (hall, role, text) = (self.hall.clone(), self.role.clone(), Arc::<str>::from(text));
        let (whole, kinds) = (text.clone(), kinds.to_vec());
        let read = self.hall.runtime.spawn(async move { hall.read(&text, &kinds, &role) }).await;
        let read = read.unwrap_or_else(|_| Err(Refusal::internal("the statement could not be read")));
        let read = read.inspect_err(|refusal| self.note(&whole, refusal))?;
        let is_only = read.len() == 1;
        let parsed = read.into_iter().map(|(ask, text)| Parsed::New { ask: Arc::new(ask), text, is_only });
        Ok(parsed.collect())
    }

    /// Plans what is asked.
    pub async fn prepare(&self, parsed: Parsed, kinds: &[Option<Type>]) -> Result<Prepared, Refusal> {
        let (ask, text, is_only) = match parsed {
            Parsed::Known(prepared) => return Ok(prepared),
            Parsed::New { ask, text, is_only } => (ask, text, is_only),
        };
        let Some(statement) = query(&ask) else {
            return Ok(Prepared { ask, plan: None, told: Told::new(), text });
        };
        let told = stated::told(&statement);
        let is_kept = is_only && lately::is_lasting(&statement);
        let plan = self.plan(statement, kinds).await.inspect_err(|refusal| self.note(&text, refusal))?;
        let prepared = Prepared { ask, plan: Some(Arc::new(plan)), told, text };
        if let Some(key) = self.key(&prepared.text, kinds).filter(|_| is_kept) {
            self.lately.keep(key, &prepared);
        }
        Ok(prepared)
    }

    fn key(&self, text: &str, kinds: &[Option<Type>]) -> Option<Key> {
        Key::of(text, kinds, || self.settings().schemas())
    }

    /// Where nothing in a query says what a parameter is, its client does.
    async fn plan(&self, mut statement: Statement, kinds: &[Option<Type>]) -> Result<LogicalPlan, Refusal> {
        let path = self.settings().schemas();
        let plan = self.room.plan(statement.clone(), &path).await?;
        if kinds.iter().all(Option::is_none) {
            return Ok(plan);
        }
        let untyped = parameters::untyped(&plan)?;
        match stated::cast(&mut statement, &untyped, kinds) {
            true => self.room.plan(statement, &path).await,
            false => Ok(plan),
        }
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
        match prepared.ask.as_ref() {
            Ask::Rows(_) => Ok(prepared.plan.as_ref().map(|plan| Arc::new(plan.schema().as_arrow().clone()))),
            Ask::Show(name) => Ok(Some(shown_schema(name))),
            Ask::Fetch(name, _) => {
                let cursor = self.cursor(name).ok_or_else(|| missing(name))?;
                Ok(Some(cursor.try_lock().map_err(|_| busy())?.schema().clone()))
            }
            _ => Ok(None),
        }
    }

    /// Answers what was prepared.
    pub async fn answer(&self, prepared: &Prepared, values: Option<ParamValues>) -> Result<Reply, Refusal> {
        match prepared.ask.as_ref() {
            Ask::Rows(statement) => {
                let explains = matches!(statement, Statement::Explain { .. });
                let rows = self.start(prepared, values).await?;
                Ok(Reply::Rows(if explains { explained::hidden(rows, self.limits).await? } else { rows }))
            }
            Ask::Copy(_, format) => self.copy(prepared, format, values).await,
            Ask::Declare(name, _, hold) => {
                self.cursors().check(name)?;
                let rows = self.start(prepared, values).await?;
                self.cursors().open(name, rows, *hold);
                Ok(done("DECLARE CURSOR"))
            }
            Ask::Fetch(name, count) => Ok(Reply::Fetch(name.clone(), *count)),
            Ask::Move(name, count) => Ok(Reply::Move(name.clone(), *count)),
            Ask::Close(Some(name)) => self.cursors().close(Some(name)).map(|()| done("CLOSE CURSOR")),
            Ask::Close(None) => self.cursors().close(None).map(|()| done("CLOSE CURSOR ALL")),
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
                self.cursors().close(None)?;
                self.lately.clear();
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
        self.cursors().end();
        Reply::Done { tag, told: None, transaction: Some(false) }
    }

    /// A cursor that was declared.
    pub fn cursor(&self, name: &str) -> Option<Cursor> {
        self.cursors().get(name)
    }

    /// A statement that was refused before it ran is asked all the same.
    fn note(&self, text: &str, refusal: &Refusal) {
        Record::start(&self.hall.history, &self.user, self.role.kind(), text).failed(refusal);
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cursors(&self) -> MutexGuard<'_, Cursors> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The query whose plan a statement needs.
fn query(ask: &Ask) -> Option<Statement> {
    let of = |query: &Query| Some(Statement::Query(Box::new(query.clone())));
    match ask {
        Ask::Rows(statement) => Some(statement.clone()),
        Ask::Copy(query, _) | Ask::Declare(_, query, _) => of(query),
        _ => None,
    }
}

fn done(tag: &'static str) -> Reply {
    Reply::Done { tag, told: None, transaction: None }
}

pub fn busy() -> Refusal {
    Refusal::new("55006", "the cursor is being read")
}

fn shown_schema(name: &str) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, false)]))
}

fn shown(name: &str, value: &str) -> Result<RecordBatch, Refusal> {
    let column: ArrayRef = Arc::new(StringArray::from(vec![value]));
    RecordBatch::try_new(shown_schema(name), vec![column]).map_err(Refusal::internal)
}
