//! Attempts to deliver a benefit.

use arrow::array::{ArrayRef, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{BENEFIT_TYPES, DELIVERY_METHODS, Rows, finished, hash_of};
use crate::columns;
use crate::field::{self, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

const STATUSES: &[&str] = &["DELIVERED", "FAILED"];

pub struct BenefitRows {
    delivery_id: Texts,
    subscription_id: Texts,
    benefit_id: Texts,
    kind: Texts,
    delivery_method: Texts,
    status: Texts,
    at: TimestampMicrosecondBuilder,
}

impl Default for BenefitRows {
    fn default() -> Self {
        Self {
            delivery_id: Texts::new(),
            subscription_id: Texts::new(),
            benefit_id: Texts::new(),
            kind: Texts::new(),
            delivery_method: Texts::new(),
            status: Texts::new(),
            at: columns::instants(),
        }
    }
}

impl Rows for BenefitRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => delivery_id = "delivery_id", subscription_id = "subscription_id",
            benefit_id = "benefit_id", kind = "type", method = "delivery_method", status = "status", at = "at");
        let delivery_id = field::text(required(delivery_id, "delivery_id")?, "delivery_id")?;
        let subscription_id = field::text(required(subscription_id, "subscription_id")?, "subscription_id")?;
        let benefit_id = field::text(required(benefit_id, "benefit_id")?, "benefit_id")?;
        let kind = field::listed(required(kind, "type")?, "type", BENEFIT_TYPES)?;
        let method =
            field::listed(required(method, "delivery_method")?, "delivery_method", DELIVERY_METHODS)?;
        let status = field::listed(required(status, "status")?, "status", STATUSES)?;
        let at = field::instant(required(at, "at")?, "at")?;

        let key = hash_of(&delivery_id);
        self.delivery_id.append_value(delivery_id);
        self.subscription_id.append_value(subscription_id);
        self.benefit_id.append_value(benefit_id);
        self.kind.append_value(kind);
        self.delivery_method.append_value(method);
        self.status.append_value(status);
        self.at.append_value(at);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        Ok(finished![
            chunk;
            self.delivery_id,
            self.subscription_id,
            self.benefit_id,
            self.kind,
            self.delivery_method,
            self.status,
            self.at
        ])
    }
}
