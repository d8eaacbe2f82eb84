//! PostgreSQL's messages: what is asked by one text, or step by step, and the rows in answer.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::BytesMut;
use futures::{Sink, SinkExt};
use pgwire::api::portal::Portal;
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler, send_ready_for_query};
use pgwire::api::results::{DescribePortalResponse, DescribeStatementResponse, FieldInfo, Response, Tag};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, PgWireConnectionState, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use pgwire::messages::extendedquery::{
    Close, CloseComplete, Execute, Parse, ParseComplete, PortalSuspended, Sync as SyncMessage,
    TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::simplequery::Query;
use pgwire::messages::startup::ParameterStatus;

use crate::copy::Copied;
use crate::failure::Refusal;
use crate::parameters;
use crate::row::{Forms, Rows, fields};
use crate::statement::Ask;
use crate::visit::{Prepared, Reply, Visit};

/// Portals whose rows are taken in parts, by name.
#[derive(Default)]
pub struct Portals(std::sync::Mutex<std::collections::HashMap<String, Suspended>>);

struct Suspended {
    portal: Arc<Portal<Prepared>>,
    rows: Rows,
}

impl Portals {
    fn with<T>(&self, work: impl FnOnce(&mut std::collections::HashMap<String, Suspended>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

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
        for (ask, text) in asked {
            check_transaction(client, &ask)?;
            let prepared = visit.prepare(ask, text).await?;
            let reply = visit.answer(&prepared, None).await?;
            match reply {
                Reply::Rows(mut rows) => {
                    let forms = Forms::text(rows.schema().fields().len());
                    describe(client, &fields(rows.schema(), &forms)).await?;
                    let (count, _) = send(client, &mut rows, &forms, None).await?;
                    complete(client, Tag::new("SELECT").with_rows(count)).await?;
                }
                Reply::Fetch(cursor, count) => {
                    let mut rows = cursor.lock().await;
                    let forms = Forms::text(rows.schema().fields().len());
                    describe(client, &fields(rows.schema(), &forms)).await?;
                    let (count, _) = send(client, &mut rows, &forms, count).await?;
                    complete(client, Tag::new("FETCH").with_rows(count)).await?;
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
        let Some((ask, text)) = asked.pop() else { return Ok(None) };
        if !asked.is_empty() {
            return Err(Refusal::syntax("cannot insert multiple commands into a prepared statement").into());
        }
        check_transaction(client, &ask)?;
        Ok(Some(visit.prepare(ask, text).await?))
    }

    fn get_parameter_types(&self, prepared: &Prepared) -> PgWireResult<Vec<Type>> {
        match &prepared.plan {
            Some(plan) => Ok(parameters::told(&parameters::expected(plan)?)),
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
            self.portals.with(std::collections::HashMap::clear);
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
                self.portals.with(|portals| portals.remove(name));
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
    /// Starts a portal, or goes on with one that was suspended.
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
        let prepared = &portal.statement.statement;
        check_transaction(client, &prepared.ask)?;
        let suspended = self.portals.with(|portals| portals.remove(name));
        let suspended = suspended.filter(|suspended| Arc::ptr_eq(&suspended.portal, &portal));
        let reply = match suspended {
            Some(suspended) => Reply::Rows(suspended.rows),
            None => {
                let values = match &prepared.plan {
                    Some(plan) => Some(parameters::read(&portal, &parameters::expected(plan)?)?),
                    None => None,
                };
                visit(client)?.answer(prepared, values.filter(|_| portal.parameter_len() > 0)).await?
            }
        };
        match reply {
            Reply::Rows(mut rows) => {
                let forms = Forms::asked(&portal.result_column_format, rows.schema().fields().len())?;
                let (count, more) = send(client, &mut rows, &forms, rows_max).await?;
                if more {
                    self.portals.with(|portals| portals.insert(name.to_owned(), Suspended { portal, rows }));
                    client.feed(PgWireBackendMessage::PortalSuspended(PortalSuspended::new())).await?;
                } else {
                    complete(client, Tag::new("SELECT").with_rows(count)).await?;
                }
            }
            Reply::Fetch(cursor, count) => {
                let mut rows = cursor.lock().await;
                let forms = Forms::asked(&portal.result_column_format, rows.schema().fields().len())?;
                let (count, _) = send(client, &mut rows, &forms, count).await?;
                complete(client, Tag::new("FETCH").with_rows(count)).await?;
            }
            Reply::Copy(copied) => copy_out(client, copied).await?,
            Reply::Done { tag, told, transaction } => {
                if transaction == Some(false) {
                    self.portals.with(std::collections::HashMap::clear);
                }
                finish(client, tag, told, transaction).await?;
            }
        }
        Ok(())
    }
}

async fn describe<C>(client: &mut C, fields: &[FieldInfo]) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let described = RowDescription::new(fields.iter().map(FieldDescription::from).collect());
    Ok(client.feed(PgWireBackendMessage::RowDescription(described)).await?)
}

/// Sends rows up to a number of them; how many, and whether there may be more.
async fn send<C>(
    client: &mut C,
    rows: &mut Rows,
    forms: &Forms,
    rows_max: Option<u64>,
) -> PgWireResult<(usize, bool)>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let (mut buffer, mut count) = (BytesMut::with_capacity(4_096), 0);
    let columns =
        i16::try_from(rows.schema().fields().len()).map_err(|_| Refusal::limited("too many columns"))?;
    while rows_max.is_none_or(|most| (count as u64) < most) {
        match rows.next(forms, &mut buffer).await? {
            Some(row) => client.feed(PgWireBackendMessage::DataRow(DataRow::new(row, columns))).await?,
            None => return Ok((count, false)),
        }
        count += 1;
    }
    Ok((count, true))
}

async fn copy_out<C>(client: &mut C, mut copied: Copied) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let forms = copied.forms();
    let columns = i16::try_from(forms.len()).map_err(|_| Refusal::limited("too many columns"))?;
    let response = CopyOutResponse::new(i8::from(copied.is_binary()), columns, forms);
    client.feed(PgWireBackendMessage::CopyOutResponse(response)).await?;
    while let Some(data) = copied.next().await? {
        client.feed(PgWireBackendMessage::CopyData(CopyData::new(data))).await?;
    }
    client.feed(PgWireBackendMessage::CopyDone(CopyDone::new())).await?;
    complete(client, Tag::new("COPY").with_rows(copied.count)).await
}

async fn finish<C>(
    client: &mut C,
    tag: &'static str,
    told: Option<(String, String)>,
    transaction: Option<bool>,
) -> PgWireResult<()>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let failed = client.transaction_status() == TransactionStatus::Error;
    if let Some((name, value)) = told {
        client.feed(PgWireBackendMessage::ParameterStatus(ParameterStatus::new(name, value))).await?;
    }
    // What has failed is not committed, and its client is told so.
    let tag = if failed && tag == "COMMIT" { "ROLLBACK" } else { tag };
    complete(client, Tag::new(tag)).await?;
    match transaction {
        Some(true) => client.set_transaction_status(TransactionStatus::Transaction),
        Some(false) => client.set_transaction_status(TransactionStatus::Idle),
        None => {}
    }
    Ok(())
}

async fn complete<C>(client: &mut C, tag: Tag) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    Ok(client.feed(PgWireBackendMessage::CommandComplete(CommandComplete::from(tag))).await?)
}
