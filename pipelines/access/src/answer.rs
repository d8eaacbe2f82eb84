//! What is sent in answer: columns, rows up to a number, what COPY gives, and the tag at the end.

use bytes::BytesMut;
use futures::{Sink, SinkExt};
use pgwire::api::ClientInfo;
use pgwire::api::results::{FieldInfo, Tag};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use pgwire::messages::response::{CommandComplete, TransactionStatus};
use pgwire::messages::startup::ParameterStatus;

use crate::copy::Copied;
use crate::failure::Refusal;
use crate::row::{Forms, Rows};

pub async fn describe<C>(client: &mut C, fields: &[FieldInfo]) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let described = RowDescription::new(fields.iter().map(FieldDescription::from).collect());
    Ok(client.feed(PgWireBackendMessage::RowDescription(described)).await?)
}

/// Sends rows up to a number of them; how many, and whether there may be more.
pub async fn send<C>(
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

pub async fn copy_out<C>(client: &mut C, mut copied: Copied) -> PgWireResult<()>
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

pub async fn finish<C>(
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

pub async fn complete<C>(client: &mut C, tag: Tag) -> PgWireResult<()>
where
    C: Sink<PgWireBackendMessage> + Unpin,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    Ok(client.feed(PgWireBackendMessage::CommandComplete(CommandComplete::from(tag))).await?)
}
