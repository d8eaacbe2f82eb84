//! Versions of subscription tiers; an invalid tier is refused with each rule that it breaks.

use std::borrow::Cow;

use arrow::array::{ArrayRef, Decimal128Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{BENEFIT_TYPES, DELIVERY_METHODS, Rows, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::{Reason, Rejection};
use crate::texts::Texts;
use crate::totals::Totals;

const INTERVALS: &[&str] = &["DAY", "WEEK", "MONTH", "YEAR"];

pub struct TierRows {
    tier_id: Texts,
    version: Int64Builder,
    creator: Texts,
    name: Texts,
    price: Decimal128Builder,
    currency: Texts,
    interval: Texts,
    benefits: Lists,
    benefit_id: Texts,
    benefit_type: Texts,
    description: Texts,
    delivery_method: Texts,
    at: TimestampMicrosecondBuilder,
}

impl Default for TierRows {
    fn default() -> Self {
        Self {
            tier_id: Texts::new(),
            version: Int64Builder::new(),
            creator: Texts::new(),
            name: Texts::new(),
            price: columns::money(),
            currency: Texts::new(),
            interval: Texts::new(),
            benefits: Lists::default(),
            benefit_id: Texts::new(),
            benefit_type: Texts::new(),
            description: Texts::new(),
            delivery_method: Texts::new(),
            at: columns::instants(),
        }
    }
}

struct Benefit<'a> {
    id: Cow<'a, str>,
    kind: &'static str,
    description: Option<Cow<'a, str>>,
    method: &'static str,
}

fn benefit(value: Value<'_>) -> Result<Benefit<'_>, Rejection> {
    let value = field::object(value, "benefits")?;
    members!(value => id = "benefit_id", kind = "type", description = "description", method = "delivery_method");
    let id = field::text(required(id, "benefits.benefit_id")?, "benefits.benefit_id")?;
    let kind = field::listed(required(kind, "benefits.type")?, "benefits.type", BENEFIT_TYPES)?;
    let description = maybe(description, "benefits.description", field::text)?;
    let method = required(method, "benefits.delivery_method")?;
    let method = field::listed(method, "benefits.delivery_method", DELIVERY_METHODS)?;
    Ok(Benefit { id, kind, description, method })
}

/// Each rule of a valid tier that this one breaks: the first as the reason, all in the detail.
fn judge(price: i128, benefits: &[Benefit<'_>]) -> Result<(), Rejection> {
    let mut broken = Vec::new();
    if price <= 0 {
        broken.push((Reason::PriceMustBeAboveZero, String::new()));
    }
    if benefits.is_empty() {
        broken.push((Reason::TierMustHaveABenefit, String::new()));
    }
    for benefit in benefits {
        let own = BENEFIT_TYPES.iter().zip(DELIVERY_METHODS).find(|(kind, _)| **kind == benefit.kind);
        if own.is_none_or(|(_, method)| *method != benefit.method) {
            let detail = format!(" ({}: {} by {})", benefit.id, benefit.kind, benefit.method);
            broken.push((Reason::BenefitMustHaveItsMethod, detail));
        }
    }
    let Some((first, _)) = broken.first() else { return Ok(()) };
    let details: Vec<_> =
        broken.iter().map(|(reason, detail)| format!("{}{detail}", reason.code())).collect();
    Err(Rejection::new(*first, details.join("; ")))
}

impl Rows for TierRows {
    fn push(&mut self, row: Value<'_>, _: &mut Totals) -> Result<u64, Rejection> {
        members!(row => tier_id = "tier_id", version = "version", creator = "creator", name = "name",
            price = "price", interval = "interval", benefits = "benefits", at = "at");
        let tier_id = field::text(required(tier_id, "tier_id")?, "tier_id")?;
        let version = field::integer(required(version, "version")?, "version")?;
        let creator = field::party(required(creator, "creator")?, "creator")?;
        let name = maybe(name, "name", field::text)?;
        let price = field::amount(required(price, "price")?, "price")?;
        let interval = field::listed(required(interval, "interval")?, "interval", INTERVALS)?;
        // A tier without benefits breaks a rule of its own, which is named with the others.
        let benefits = match maybe(benefits, "benefits", field::array)? {
            None => Vec::new(),
            Some(list) => list.items().map(benefit).collect::<Result<Vec<_>, _>>()?,
        };
        let at = field::instant(required(at, "at")?, "at")?;
        judge(price.units, &benefits)?;

        let key = hash_of(&format!("{tier_id}\0{version}"));
        self.tier_id.append_value(tier_id);
        self.version.append_value(version);
        self.creator.append_value(creator);
        self.name.append_option(name);
        self.price.append_value(price.units);
        self.currency.append_value(price.currency);
        self.interval.append_value(interval);
        self.benefits.push(benefits.len());
        for benefit in benefits {
            self.benefit_id.append_value(benefit.id);
            self.benefit_type.append_value(benefit.kind);
            self.description.append_option(benefit.description);
            self.delivery_method.append_value(benefit.method);
        }
        self.at.append_value(at);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let benefit =
            finished![chunk; self.benefit_id, self.benefit_type, self.description, self.delivery_method];
        let names = ["benefit_id", "type", "description", "delivery_method"];
        let benefits = self.benefits.finish(columns::structs(&names, benefit, None));
        let mut columns = finished![
            chunk;
            self.tier_id,
            self.version,
            self.creator,
            self.name,
            self.price,
            self.currency,
            self.interval
        ];
        columns.push(benefits);
        columns.extend(finished![chunk; self.at]);
        Ok(columns)
    }
}
