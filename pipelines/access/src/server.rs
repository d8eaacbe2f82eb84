//! The server: what all connections share, the door, and the end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;
use datafusion_postgres::datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use pgwire::api::auth::sasl::scram::random_nonce;
use pgwire::api::{RandomPidSecretKeyGenerator, Type};
use pgwire::messages::startup::SecretKey;
use pgwire::tokio::TlsAcceptor;
use tokio::net::TcpListener;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::connection;
use crate::cursor;
use crate::dialect;
use crate::failure::Refusal;
use crate::history::{Asked, History};
use crate::known;
use crate::memory;
use crate::pinned::OpenTables;
use crate::question::{Question, expand};
use crate::queue::Queue;
use crate::role::{Limits, Role};
use crate::room::Room;
use crate::statement::{self, Ask};
use crate::throttle::Throttle;
use crate::users::Users;
use crate::visit::Visit;

/// Places of roles that are kept; those of creators are many.
const ROOMS_MAX: usize = 64;
/// Records that may wait to be written.
const RECORDS_WAITING: usize = 10_000;
/// Deep trees are planned on deep stacks.
const STACK_BYTES: usize = 64 << 20;
/// Time for what runs to end when the server does.
const GRACE: Duration = Duration::from_secs(2);

/// Certificates and their key, in PEM files.
#[derive(Debug, Clone)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What a server is made of.
pub struct Options {
    pub address: SocketAddr,
    pub tls: Option<Tls>,
    pub connections_max: usize,
    /// Statements that run at once, of all users.
    pub statements_max: usize,
    /// Memory of the whole process, in bytes: beyond it what runs is stopped.
    pub resident_bytes: u64,
    /// Threads that statements run on.
    pub threads: usize,
    /// A session that has asked nothing for so long is ended; none is where there is none.
    pub idle: Option<Duration>,
    /// What each role may use.
    pub limits: Box<dyn Fn(&Role) -> Limits + Send + Sync>,
    /// Who may log in, asked at each login.
    pub users: Box<dyn Fn() -> Result<Users, String> + Send + Sync>,
    /// Stores, caches and a folder to spill to; its tables are not seen.
    pub engine: SessionContext,
    pub open: OpenTables,
    /// What makes a pseudonym of a party's name; without it, analysts see no parties.
    pub pseudonym: Option<Arc<ScalarUDF>>,
    pub questions: Vec<Question>,
}

/// What all connections share.
pub struct Hall {
    pub limits: Box<dyn Fn(&Role) -> Limits + Send + Sync>,
    pub users: Box<dyn Fn() -> Result<Users, String> + Send + Sync>,
    engine: SessionContext,
    open: OpenTables,
    pseudonym: Option<Arc<ScalarUDF>>,
    questions: Vec<Question>,
    parser: PostgresCompatibilityParser,
    rooms: tokio::sync::Mutex<HashMap<String, Room>>,
    pub queue: Queue,
    pub history: History,
    pub throttle: Throttle,
    pub keys: RandomPidSecretKeyGenerator,
    pub visitors: Visitors,
    /// Known to this process alone: by it those who are not there are answered like those who are.
    pub secret: Vec<u8>,
    pub runtime: Handle,
    pub pressure: watch::Sender<u64>,
    pub idle: Option<Duration>,
    pub connections_max: usize,
    pub connections: AtomicUsize,
}

impl Hall {
    /// A text's statements, each as what it asks.
    pub fn read(
        &self,
        text: &str,
        kinds: &[Option<Type>],
        role: &Role,
    ) -> Result<Vec<(Ask, Arc<str>)>, Refusal> {
        statement::check_size(text)?;
        if let Some(moved) = cursor::moved(text)? {
            return Ok(vec![(moved, text.into())]);
        }
        let parsed = self
            .parser
            .parse(known::replaced(text).unwrap_or(text))
            .map_err(|error| Refusal::syntax(sentence(&error.to_string())))?;
        let alone = parsed.len() == 1;
        let read = parsed.into_iter().map(|mut parsed| {
            dialect::adapt(&mut parsed, kinds)?;
            expand(&mut parsed, &self.questions)?;
            let said: Arc<str> = if alone { text.into() } else { parsed.to_string().into() };
            Ok((statement::check(parsed, role)?, said))
        });
        read.collect()
    }

    /// The longest time that a statement of any role may take.
    pub fn longest(&self) -> Duration {
        let of_creators = Role::Creator(String::new());
        let roles = [Role::Analyst, Role::Finance, Role::Operator, of_creators];
        roles.iter().map(|role| (self.limits)(role).time).max().unwrap_or_default()
    }

    /// The place of a role, built when it is first asked for.
    pub async fn room(&self, role: &Role) -> Result<Room, Refusal> {
        let mut rooms = self.rooms.lock().await;
        if let Some(room) = rooms.get(&role.to_string()) {
            return Ok(room.clone());
        }
        if rooms.len() >= ROOMS_MAX {
            rooms.clear();
        }
        let memory = (self.limits)(role).memory_bytes;
        let (open, runtime) = (self.open.clone(), self.runtime.clone());
        let room = Room::new(&self.engine, role, &self.pseudonym, open, runtime, memory).await?;
        rooms.insert(role.to_string(), room.clone());
        Ok(room)
    }
}

/// The sessions that are there, by the key with which each can be cancelled.
#[derive(Default)]
pub struct Visitors(Mutex<HashMap<i32, (SecretKey, Weak<Visit>)>>);

impl Visitors {
    pub fn enter(&self, pid: i32, secret: SecretKey, visit: &Arc<Visit>) {
        let mut visitors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        visitors.retain(|_, (_, visit)| visit.strong_count() > 0);
        visitors.insert(pid, (secret, Arc::downgrade(visit)));
    }

    pub fn cancel(&self, pid: i32, secret: &SecretKey) {
        let visitors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A request to cancel comes on a connection of its own, whose protocol decides how the same key is read.
        let found = visitors.get(&pid).filter(|(key, _)| key.eq_value(secret));
        let visit = found.and_then(|(_, visit)| visit.upgrade());
        visit.iter().for_each(|visit| visit.cancel());
    }
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    hall: Arc<Hall>,
    runtime: Runtime,
    dropped: Arc<AtomicU64>,
}

impl Server {
    /// Opens the door. Refuses to where anything but this machine could come in without encryption.
    pub async fn open(options: Options) -> Result<(Self, mpsc::Receiver<Asked>), String> {
        let tls = options.tls.as_ref().map(connection::acceptor).transpose()?;
        if tls.is_none() && !options.address.ip().is_loopback() {
            return Err(format!(
                "{} can be reached from elsewhere, and there are no keys to encrypt with",
                options.address
            ));
        }
        (options.users)()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("statement")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let listener = TcpListener::bind(options.address).await;
        let listener = listener.map_err(|error| format!("{}: {error}", options.address))?;
        let (sender, records) = mpsc::channel(RECORDS_WAITING);
        let pressure = watch::Sender::new(0);
        memory::yield_to_others();
        tokio::spawn(memory::watch(options.resident_bytes, pressure.clone()));
        let dropped = Arc::new(AtomicU64::new(0));
        let hall = Arc::new(Hall {
            limits: options.limits,
            users: options.users,
            engine: options.engine,
            open: options.open,
            pseudonym: options.pseudonym,
            questions: options.questions,
            parser: PostgresCompatibilityParser::new(),
            rooms: tokio::sync::Mutex::default(),
            queue: Queue::new(options.statements_max),
            history: History(sender, dropped.clone()),
            throttle: Throttle::default(),
            keys: RandomPidSecretKeyGenerator::default(),
            visitors: Visitors::default(),
            secret: random_nonce().into_bytes(),
            runtime: runtime.handle().clone(),
            pressure: pressure.clone(),
            idle: options.idle,
            connections_max: options.connections_max.max(1),
            connections: AtomicUsize::new(0),
        });
        Ok((Self { listener, tls, hall, runtime, dropped }, records))
    }

    /// The address at which it listens.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.listener.local_addr().map_err(|error| error.to_string())
    }

    /// Answers until it is told to end; then what runs has a moment to. Statements whose records found no room.
    pub async fn serve(self, end: impl Future<Output = ()>) -> u64 {
        let (ending, ended) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        let (hall, tls, ended) = (self.hall.clone(), self.tls.clone(), ended.clone());
                        connections.spawn(connection::serve(socket, tls, hall, ended));
                    }
                    // Out of files or the like: others may end soon.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.listener);
        let _ = ending.send(true);
        let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
        connections.shutdown().await;
        self.runtime.shutdown_background();
        self.dropped.load(Ordering::Relaxed)
    }
}

fn sentence(error: &str) -> String {
    error.trim_start_matches("sql parser error: ").to_owned()
}
