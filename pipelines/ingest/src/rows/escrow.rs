//! Escrow state events.

use arrow::array::{ArrayRef, Decimal128Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{PAYMENT_TYPES, Rows, VISIBILITIES, finished, hash_of};
use crate::columns;
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::{Reason, Rejection};
use crate::texts::Texts;
use crate::totals::Totals;

const EVENTS: &[&str] = &["CREATED", "FUNDED", "RELEASED", "REFUNDED", "CANCELLED"];

pub struct EscrowRows {
    event_id: Texts,
    escrow_id: Texts,
    escrow_hash: Int64Builder,
    sequence: Int64Builder,
    event: Texts,
    kind: Texts,
    payer: Texts,
    creator: Texts,
    amount: Decimal128Builder,
    currency: Texts,
    message: Texts,
    visibility: Texts,
    at: TimestampMicrosecondBuilder,
}

impl Default for EscrowRows {
    fn default() -> Self {
        Self {
            event_id: Texts::new(),
            escrow_id: Texts::new(),
            escrow_hash: Int64Builder::new(),
            sequence: Int64Builder::new(),
            event: Texts::new(),
            kind: Texts::new(),
            payer: Texts::new(),
            creator: Texts::new(),
            amount: columns::money(),
            currency: Texts::new(),
            message: Texts::new(),
            visibility: Texts::new(),
            at: columns::instants(),
        }
    }
}

impl Rows for EscrowRows {
    fn push(&mut self, row: Value<'_>, totals: &mut Totals) -> Result<u64, Rejection> {
        members!(row => event_id = "event_id", escrow_id = "escrow_id", sequence = "sequence", event = "event",
            kind = "type", from = "from", to = "to", amount = "amount", metadata = "metadata", at = "at");
        let event_id = field::text(required(event_id, "event_id")?, "event_id")?;
        let escrow_id = field::text(required(escrow_id, "escrow_id")?, "escrow_id")?;
        let sequence = field::integer(required(sequence, "sequence")?, "sequence")?;
        let event = field::listed(required(event, "event")?, "event", EVENTS)?;
        let kind = field::listed(required(kind, "type")?, "type", PAYMENT_TYPES)?;
        let payer = field::party(required(from, "from")?, "from")?;
        let creator = field::party(required(to, "to")?, "to")?;
        let amount = field::amount(required(amount, "amount")?, "amount")?;
        let (message, visibility) = match maybe(metadata, "metadata", field::object)? {
            None => (None, None),
            Some(metadata) => {
                members!(metadata => message = "message", visibility = "visibility");
                let list = |value, name: &str| field::listed(value, name, VISIBILITIES);
                let message = maybe(message, "metadata.message", field::text)?;
                (message, maybe(visibility, "metadata.visibility", list)?)
            }
        };
        let at = field::instant(required(at, "at")?, "at")?;
        if amount.units <= 0 {
            return Err(Rejection::new(Reason::AmountMustBeAboveZero, "amount".to_owned()));
        }
        if payer == creator {
            return Err(Rejection::new(Reason::PayerMustNotBePayee, "from, to".to_owned()));
        }
        totals.add(amount.currency, amount.units);
        let key = hash_of(&event_id);
        self.event_id.append_value(event_id);
        self.escrow_hash.append_value(hash_of(&escrow_id) as i64);
        self.escrow_id.append_value(escrow_id);
        self.sequence.append_value(sequence);
        self.event.append_value(event);
        self.kind.append_value(kind);
        self.payer.append_value(payer);
        self.creator.append_value(creator);
        self.amount.append_value(amount.units);
        self.currency.append_value(amount.currency);
        self.message.append_option(message);
        self.visibility.append_option(visibility);
        self.at.append_value(at);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(finished![
            chunk;
            self.event_id,
            self.escrow_id,
            self.escrow_hash,
            self.sequence,
            self.event,
            self.kind,
            self.payer,
            self.creator,
            self.amount,
            self.currency,
            self.message,
            self.visibility,
            self.at
        ])
    }
}
