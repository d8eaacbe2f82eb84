//! Events in a subscription's life.

use arrow::array::{ArrayRef, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{Rows, finished, hash_of};
use crate::columns;
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

const EVENTS: &[&str] =
    &["STARTED", "RENEWED", "PAYMENT_FAILED", "UPGRADED", "DOWNGRADED", "CANCELLED", "EXPIRED"];

pub struct SubscriptionEventRows {
    event_id: Texts,
    subscription_id: Texts,
    event: Texts,
    subscriber: Texts,
    creator: Texts,
    tier_id: Texts,
    tier_version: Int64Builder,
    period_start: TimestampMicrosecondBuilder,
    period_end: TimestampMicrosecondBuilder,
    escrow_id: Texts,
    at: TimestampMicrosecondBuilder,
}

impl Default for SubscriptionEventRows {
    fn default() -> Self {
        Self {
            event_id: Texts::new(),
            subscription_id: Texts::new(),
            event: Texts::new(),
            subscriber: Texts::new(),
            creator: Texts::new(),
            tier_id: Texts::new(),
            tier_version: Int64Builder::new(),
            period_start: columns::instants(),
            period_end: columns::instants(),
            escrow_id: Texts::new(),
            at: columns::instants(),
        }
    }
}

impl Rows for SubscriptionEventRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => event_id = "event_id", subscription_id = "subscription_id", event = "event",
            subscriber = "subscriber", creator = "creator", tier_id = "tier_id", tier_version = "tier_version",
            period_start = "period_start", period_end = "period_end", escrow_id = "escrow_id", at = "at");
        let event_id = field::text(required(event_id, "event_id")?, "event_id")?;
        let subscription_id = field::text(required(subscription_id, "subscription_id")?, "subscription_id")?;
        let event = field::listed(required(event, "event")?, "event", EVENTS)?;
        let subscriber = field::party(required(subscriber, "subscriber")?, "subscriber")?;
        let creator = field::party(required(creator, "creator")?, "creator")?;
        let tier_id = field::text(required(tier_id, "tier_id")?, "tier_id")?;
        let tier_version = field::integer(required(tier_version, "tier_version")?, "tier_version")?;
        let period_start = maybe(period_start, "period_start", field::instant)?;
        let period_end = maybe(period_end, "period_end", field::instant)?;
        let escrow_id = maybe(escrow_id, "escrow_id", field::text)?;
        let at = field::instant(required(at, "at")?, "at")?;

        let key = hash_of(&event_id);
        self.event_id.append_value(event_id);
        self.subscription_id.append_value(subscription_id);
        self.event.append_value(event);
        self.subscriber.append_value(subscriber);
        self.creator.append_value(creator);
        self.tier_id.append_value(tier_id);
        self.tier_version.append_value(tier_version);
        self.period_start.append_option(period_start);
        self.period_end.append_option(period_end);
        self.escrow_id.append_option(escrow_id);
        self.at.append_value(at);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(finished![
            chunk;
            self.event_id,
            self.subscription_id,
            self.event,
            self.subscriber,
            self.creator,
            self.tier_id,
            self.tier_version,
            self.period_start,
            self.period_end,
            self.escrow_id,
            self.at
        ])
    }
}
