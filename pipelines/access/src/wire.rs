//! PostgreSQL's messages: what is asked by one text, or step by step, and the rows in answer.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{Sink, SinkExt};
use pgwire::api::portal::Portal;
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler, send_ready_for_query};
use pgwire::api::results::{DescribePortalResponse, DescribeStatementResponse, FieldInfo, Response, Tag};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, PgWireConnectionState, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, PortalSuspended,
    Sync as SyncMessage, TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::simplequery::Query;

use crate::answer::{complete, copy_out, describe, finish, send};
use crate::cursor::{Cursor, missing};
use crate::failure::Refusal;
use crate::parameters;
use crate::portals::{Bound, Portals};
use crate::row::{Forms, fields};
use crate::statement::Ask;
use crate::visit::{Prepared, Reply, Visit, busy};

/// The handlers of one connection; what it is of a session stands with the client.
#[derive(Default)]
pub struct Wire {
    portals: Portals,
}

fn visit<C: ClientInfo + ?Sized>(client: &C) -> Result<Arc<Visit>, Refusal> {
    client.session_extensions().get::<Visit>().ok_or_else(|| Refusal::new("28000", "not logged in").fatal())
}

/// In a transaction that has failed nothing is answered but its end.
fn check_transaction<C: ClientInfo + ?Sized>(client: &C, ask: &Ask) -> Result<(), Refusal> {
    let failed = client.transaction_status() == TransactionStatus::Error;
    match failed && !matches!(ask, Ask::Commit | Ask::Rollback) {
        true => Err(Refusal::new(
            "25P02",
            "current transaction is aborted, commands ignored until end of transaction block",
        )),
        false => Ok(()),
    }
}

#[async_trait]
impl SimpleQueryHandler for Wire {
    async fn on_query<C>(&self, client: &mut C, query: Query) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !matches!(client.state(), PgWireConnectionState::ReadyForQuery) {
            return Err(PgWireError::NotReadyForQuery);
        }
        client.set_state(PgWireConnectionState::QueryInProgress);
        let visit = visit(client)?;
        let asked = visit.read(&query.query, &[]).await?;
        if asked.is_empty() {
            client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
        }
        // One after another: the next is not started before the last row of the one before is sent.
        for parsed in asked {
            check_transaction(client, parsed.ask())?;
            let prepared = visit.prepare(parsed, &[]).await?;
            let reply = visit.answer(&prepared, None).await?;
            match reply {
                Reply::Rows(mut rows) => {
                    let forms = Forms::text(rows.schema().fields().len());
                    describe(client, &fields(rows.schema(), &forms)).await?;
                    let (count, _) = send(client, &mut rows, &forms, None).await?;
                    complete(client, Tag::new("SELECT").with_rows(count)).await?;
                }
                Reply::Fetch(name, count) => {
                    let cursor = self.cursor(&visit, &name).await?;
                    let mut rows = cursor.lock().await;
                    let forms = Forms::text(rows.schema().fields().len());
                    describe(client, &fields(rows.schema(), &forms)).await?;
                    let (count, _) = send(client, &mut rows, &forms, count).await?;
                    complete(client, Tag::new("FETCH").with_rows(count)).await?;
                }
                Reply::Move(name, count) => {
                    let moved = self.cursor(&visit, &name).await?.lock().await.skip(count).await?;
                    complete(client, Tag::new("MOVE").with_rows(moved)).await?;
                }
                Reply::Copy(copied) => copy_out(client, copied).await?,
                Reply::Done { tag, told, transaction } => finish(client, tag, told, transaction).await?,
            }
        }
        client.set_state(PgWireConnectionState::ReadyForQuery);
        send_ready_for_query(client, client.transaction_status()).await
    }

    async fn do_query<C>(&self, _client: &mut C, _query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(Refusal::internal("queries are answered as they come in").into())
    }
}

/// Reads and plans what is prepared; the session that it is for stands with the client.
#[derive(Default)]
pub struct Reader;

#[async_trait]
impl QueryParser for Reader {
    type Statement = Prepared;

    async fn parse_sql<C>(
        &self,
        client: &C,
        sql: &str,
        kinds: &[Option<Type>],
    ) -> PgWireResult<Option<Prepared>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let visit = visit(client)?;
        let mut asked = visit.read(sql, kinds).await?;
        let Some(parsed) = asked.pop() else { return Ok(None) };
        if !asked.is_empty() {
            return Err(Refusal::syntax("cannot insert multiple commands into a prepared statement").into());
        }
        check_transaction(client, parsed.ask())?;
        Ok(Some(visit.prepare(parsed, kinds).await?))
    }

    fn get_parameter_types(&self, prepared: &Prepared) -> PgWireResult<Vec<Type>> {
        match &prepared.plan {
            Some(plan) => Ok(parameters::told(&parameters::expected(plan, &prepared.told)?)),
            None => Ok(Vec::new()),
        }
    }

    fn get_result_schema(
        &self,
        _prepared: &Prepared,
        _format: Option<&pgwire::api::portal::Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        Err(Refusal::internal("columns are described with the session at hand").into())
    }
}

#[async_trait]
impl ExtendedQueryHandler for Wire {
    type Statement = Prepared;
    type QueryParser = Reader;

    fn query_parser(&self) -> Arc<Reader> {
        Arc::new(Reader)
    }

    async fn on_parse<C>(&self, client: &mut C, message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.clone().unwrap_or_else(|| DEFAULT_NAME.to_owned());
        match StoredStatement::parse(client, &message, self.query_parser()).await? {
            Some(statement) => {
                if client.portal_store().get_statement(&name).is_none() {
                    visit(client)?.keep()?;
                }
                client.portal_store().put_statement(Arc::new(statement));
            }
            None => client.portal_store().put_empty_statement(&name),
        }
        client.feed(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statement = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let name = message.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
        match client.portal_store().get_statement(statement) {
            Some(Entry::Value(statement)) => {
                let portal = Arc::new(Portal::try_new(&message, statement)?);
                self.portals.bind(name, &portal)?;
                client.portal_store().put_portal(portal);
            }
            Some(Entry::Empty) => client.portal_store().put_empty_portal(name),
            None => return Err(PgWireError::StatementNotFound(statement.to_owned())),
        }
        client.feed(PgWireBackendMessage::BindComplete(BindComplete::new())).await?;
        Ok(())
    }

    // A cursor that was declared in SQL is described by its name like a portal.
    async fn on_describe<C>(&self, client: &mut C, message: Describe) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let named = message.name.as_deref().filter(|_| message.target_type == TARGET_TYPE_BYTE_PORTAL);
        let cursor = match named {
            Some(name) => visit(client)?.cursor(name),
            None => None,
        };
        match cursor {
            Some(cursor) => {
                let schema = cursor.try_lock().map_err(|_| busy())?.schema().clone();
                describe(client, &fields(&schema, &Forms::text(schema.fields().len()))).await
            }
            None => self._on_describe(client, message).await,
        }
    }

    async fn on_execute<C>(&self, client: &mut C, message: Execute) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !matches!(client.state(), PgWireConnectionState::ReadyForQuery) {
            return Err(PgWireError::NotReadyForQuery);
        }
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let portal = match client.portal_store().get_portal(name) {
            Some(Entry::Value(portal)) => portal,
            Some(Entry::Empty) => {
                client.feed(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new())).await?;
                return Ok(());
            }
            None => return Err(PgWireError::PortalNotFound(name.to_owned())),
        };
        client.set_state(PgWireConnectionState::QueryInProgress);
        self.execute(client, name, portal, u64::try_from(message.max_rows).ok().filter(|rows| *rows > 0))
            .await?;
        client.set_state(PgWireConnectionState::ReadyForQuery);
        Ok(())
    }

    async fn on_sync<C>(&self, client: &mut C, _message: SyncMessage) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // Outside of a transaction no portal lives on.
        if client.transaction_status() == TransactionStatus::Idle {
            self.portals.clear();
            client.portal_store().rm_portal(DEFAULT_NAME);
        }
        let status = client.transaction_status();
        client.send(PgWireBackendMessage::ReadyForQuery(ReadyForQuery::new(status))).await?;
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        match message.target_type {
            TARGET_TYPE_BYTE_STATEMENT => {
                if client.portal_store().get_statement(name).is_some() {
                    visit(client)?.forget();
                }
                client.portal_store().rm_statement(name);
            }
            TARGET_TYPE_BYTE_PORTAL => {
                self.portals.close(name);
                client.portal_store().rm_portal(name);
            }
            _ => {}
        }
        client.feed(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?;
        Ok(())
    }

    async fn do_describe_statement<C>(
        &self,
        client: &mut C,
        target: &StoredStatement<Prepared>,
    ) -> PgWireResult<DescribeStatementResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let expected = Reader.get_parameter_types(&target.statement)?;
        let count = expected.len().max(target.parameter_types.len());
        let kind = |place: usize| {
            let stated = target.parameter_types.get(place).cloned().flatten();
            stated.filter(|stated| *stated != Type::UNKNOWN).or_else(|| expected.get(place).cloned())
        };
        let kinds = (0..count).map(|place| kind(place).unwrap_or(Type::TEXT)).collect();
        let schema = visit(client)?.schema(&target.statement)?;
        let fields = schema.map(|schema| fields(&schema, &Forms::text(schema.fields().len())));
        Ok(DescribeStatementResponse::new(kinds, fields.unwrap_or_default()))
    }

    async fn do_describe_portal<C>(
        &self,
        client: &mut C,
        target: &Portal<Prepared>,
    ) -> PgWireResult<DescribePortalResponse>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let Some(schema) = visit(client)?.schema(&target.statement.statement)? else {
            return Ok(DescribePortalResponse::new(Vec::new()));
        };
        let forms = Forms::asked(&target.result_column_format, schema.fields().len())?;
        Ok(DescribePortalResponse::new(fields(&schema, &forms)))
    }

    async fn do_query<C>(
        &self,
        _client: &mut C,
        _portal: &Portal<Prepared>,
        _max_rows: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        Err(Refusal::internal("portals are answered as they are executed").into())
    }
}

impl Wire {
    /// The rows of a cursor that was declared, or of a portal that was bound, by the one name.
    async fn cursor(&self, visit: &Visit, name: &str) -> PgWireResult<Cursor> {
        if let Some(cursor) = visit.cursor(name) {
            return Ok(cursor);
        }
        match self.portals.get(name) {
            Some(Bound { rows: Some(rows), .. }) => Ok(rows),
            Some(Bound { portal, rows: None }) => match begin(visit, &portal).await? {
                Reply::Rows(rows) => {
                    let cursor = Arc::new(tokio::sync::Mutex::new(rows));
                    self.portals.keep(name, &portal, cursor.clone());
                    Ok(cursor)
                }
                _ => Err(missing(name).into()),
            },
            None => Err(missing(name).into()),
        }
    }

    /// Begins a portal, or goes on with one that was suspended.
    async fn execute<C>(
        &self,
        client: &mut C,
        name: &str,
        portal: Arc<Portal<Prepared>>,
        rows_max: Option<u64>,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let visit = visit(client)?;
        check_transaction(client, &portal.statement.statement.ask)?;
        let begun = self.portals.get(name).filter(|bound| Arc::ptr_eq(&bound.portal, &portal));
        let reply = match begun.and_then(|bound| bound.rows) {
            Some(cursor) => return self.go_on(client, name, &portal, cursor, rows_max).await,
            None => begin(&visit, &portal).await?,
        };
        match reply {
            Reply::Rows(rows) => {
                let cursor = Arc::new(tokio::sync::Mutex::new(rows));
                self.go_on(client, name, &portal, cursor, rows_max).await?;
            }
            Reply::Fetch(name, count) => {
                let cursor = self.cursor(&visit, &name).await?;
                let mut rows = cursor.lock().await;
                let forms = Forms::asked(&portal.result_column_format, rows.schema().fields().len())?;
                let (count, _) = send(client, &mut rows, &forms, count).await?;
                complete(client, Tag::new("FETCH").with_rows(count)).await?;
            }
            Reply::Move(name, count) => {
                let moved = self.cursor(&visit, &name).await?.lock().await.skip(count).await?;
                complete(client, Tag::new("MOVE").with_rows(moved)).await?;
            }
            Reply::Copy(copied) => copy_out(client, copied).await?,
            Reply::Done { tag, told, transaction } => {
                if transaction == Some(false) {
                    self.portals.clear();
                }
                finish(client, tag, told, transaction).await?;
            }
        }
        Ok(())
    }

    /// Sends the next rows of a portal, and keeps it where there may be more.
    async fn go_on<C>(
        &self,
        client: &mut C,
        name: &str,
        portal: &Arc<Portal<Prepared>>,
        cursor: Cursor,
        rows_max: Option<u64>,
    ) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let mut rows = cursor.try_lock().map_err(|_| busy())?;
        let forms = Forms::asked(&portal.result_column_format, rows.schema().fields().len())?;
        let (count, more) = send(client, &mut rows, &forms, rows_max).await?;
        drop(rows);
        if more {
            self.portals.keep(name, portal, cursor);
            client.feed(PgWireBackendMessage::PortalSuspended(PortalSuspended::new())).await?;
            return Ok(());
        }
        self.portals.end(name);
        complete(client, Tag::new("SELECT").with_rows(count)).await
    }
}

/// Starts what a portal asks.
async fn begin(visit: &Visit, portal: &Portal<Prepared>) -> PgWireResult<Reply> {
    let prepared = &portal.statement.statement;
    let values = match &prepared.plan {
        Some(plan) => Some(parameters::read(portal, &parameters::expected(plan, &prepared.told)?)?),
        None => None,
    };
    Ok(visit.answer(prepared, values.filter(|_| portal.parameter_len() > 0)).await?)
}
