//! A row that names a subscription as one binary fact, as for escrows: it lives within one query.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, PrimitiveArray, StringArray};
use arrow::datatypes::ArrowPrimitiveType;
use schemas::time::DAY;

use super::life::{Attempt, Benefit, Escrow, Event, EventKind, Life, Night, Payment, TierVersion};
use crate::codec::{Fault, Reader, Writer, amounts, columns, days, instants, integers, list, range, texts};

const EVENT: u8 = 1;
const TIER: u8 = 2;
const PAYMENT: u8 = 3;
const ATTEMPT: u8 = 4;

fn maybe_integer<T: ArrowPrimitiveType>(fact: &mut Writer, column: &PrimitiveArray<T>, row: usize)
where
    i64: From<T::Native>,
{
    fact.byte(u8::from(column.is_valid(row)));
    if column.is_valid(row) {
        fact.integer(i64::from(column.value(row)));
    }
}

fn read_integer(fact: &mut Reader<'_>) -> Result<Option<i64>, Fault> {
    if fact.byte()? == 1 { fact.integer().map(Some) } else { Ok(None) }
}

fn write(tag: u8, rows: usize, mut row: impl FnMut(&mut Writer, usize)) -> BinaryArray {
    let mut facts = BinaryBuilder::with_capacity(rows, rows * 200);
    let mut writer = Writer::default();
    for index in 0..rows {
        writer.0.clear();
        writer.byte(tag);
        row(&mut writer, index);
        facts.append_value(&writer.0);
    }
    facts.finish()
}

/// Facts of `bronze.subscription_events`: event_id, event, subscriber, creator, tier_id, tier_version,
/// period_start, period_end, escrow_id, at. Which night judges them is said by [`on_night`].
pub fn of_events(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, event, subscriber, creator, tier, version, start, end, escrow, at] = columns(arguments)?;
    let (id, event, subscriber) = (texts(id)?, texts(event)?, texts(subscriber)?);
    let (creator, tier, version, escrow) =
        (texts(creator)?, texts(tier)?, integers(version)?, texts(escrow)?);
    let (start, end, at) = (instants(start)?, instants(end)?, instants(at)?);
    Ok(write(EVENT, id.len(), |fact, row| {
        [id, event, subscriber, creator, tier].iter().for_each(|column| fact.text(column.value(row)));
        fact.integer(version.value(row));
        maybe_integer(fact, start, row);
        maybe_integer(fact, end, row);
        fact.maybe(escrow, row);
        fact.integer(at.value(row));
    }))
}

/// Facts with the night that judges them, behind each event: fact, the night before (null for the day before),
/// the night. Others stay as they are.
pub fn on_night(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [facts, before, night] = columns(arguments)?;
    let facts = facts.as_binary_opt::<i32>().ok_or("facts were expected")?;
    let (before, night) = (days(before)?, days(night)?);
    let mut judged = BinaryBuilder::with_capacity(facts.len(), facts.value_data().len() + facts.len() * 17);
    let mut writer = Writer::default();
    for row in 0..facts.len() {
        writer.0.clear();
        writer.0.extend_from_slice(facts.value(row));
        if writer.0.first() == Some(&EVENT) {
            maybe_integer(&mut writer, before, row);
            writer.integer(i64::from(night.value(row)));
        }
        judged.append_value(&writer.0);
    }
    Ok(judged.finish())
}

/// Facts of `bronze.tiers`: tier_id, version, creator, price, currency, interval, benefits.
pub fn of_tiers(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, version, creator, price, currency, interval, benefits] = columns(arguments)?;
    let (id, version, creator, price) = (texts(id)?, integers(version)?, texts(creator)?, amounts(price)?);
    let (currency, interval) = (texts(currency)?, texts(interval)?);
    let (benefits, benefit) = list(benefits)?;
    let [benefit_id, kind, _, method] = columns(benefit.columns())?;
    let (benefit_id, kind, method) = (texts(benefit_id)?, texts(kind)?, texts(method)?);
    Ok(write(TIER, id.len(), |fact, row| {
        fact.text(id.value(row));
        fact.integer(version.value(row));
        fact.text(creator.value(row));
        fact.amount(price.value(row));
        fact.text(currency.value(row));
        fact.text(interval.value(row));
        for item in range(benefits, row) {
            [benefit_id, kind, method].iter().for_each(|column| fact.text(column.value(item)));
        }
    }))
}

/// Facts of an escrow that an opening event names: escrow_id, the event that named it first; type, payer,
/// creator, amount, currency and at of its first event, null if none has landed; its class, null if unread.
pub fn of_payments(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, named_first_by, kind, payer, creator, amount, currency, at, class] = columns(arguments)?;
    let (id, named_first_by, kind, class) = (texts(id)?, texts(named_first_by)?, texts(kind)?, texts(class)?);
    let (payer, creator, currency) = (texts(payer)?, texts(creator)?, texts(currency)?);
    let (amount, at) = (amounts(amount)?, instants(at)?);
    Ok(write(PAYMENT, id.len(), |fact, row| {
        fact.text(id.value(row));
        fact.text(named_first_by.value(row));
        fact.maybe(class, row);
        if kind.is_valid(row) {
            [kind, payer, creator, currency].iter().for_each(|column| fact.text(column.value(row)));
            fact.amount(amount.value(row));
            fact.integer(at.value(row));
        }
    }))
}

/// Facts of `bronze.benefit_deliveries`: delivery_id, benefit_id, type, delivery_method, status, at.
pub fn of_benefits(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, benefit, kind, method, status, at] = columns(arguments)?;
    let read: [&StringArray; 4] = [texts(id)?, texts(benefit)?, texts(kind)?, texts(method)?];
    let (status, at) = (texts(status)?, instants(at)?);
    Ok(write(ATTEMPT, at.len(), |fact, row| {
        read.iter().for_each(|column| fact.text(column.value(row)));
        fact.byte(u8::from(status.value(row) == "DELIVERED"));
        fact.integer(at.value(row));
    }))
}

/// A fact with its subscriber named as `other` says; `None` where it names none of them.
pub fn renamed(fact: &[u8], other: impl Fn(&str) -> Option<String>) -> Result<Option<Vec<u8>>, Fault> {
    let mut rest = Reader(fact);
    if rest.byte()? != EVENT {
        return Ok(None);
    }
    let (event_id, kind, subscriber) = (rest.text()?, rest.text()?, rest.text()?);
    let Some(name) = other(subscriber) else { return Ok(None) };
    let mut writer = Writer::default();
    writer.byte(EVENT);
    [event_id, kind, &name].iter().for_each(|text| writer.text(text));
    writer.0.extend_from_slice(rest.0);
    Ok(Some(writer.0))
}

impl<'a> Life<'a> {
    /// Reads all facts of a subscription, in whatever order they come.
    pub fn read(facts: impl Iterator<Item = &'a [u8]>) -> Result<Self, Fault> {
        let mut life = Self::default();
        for fact in facts {
            let mut fact = Reader(fact);
            match fact.byte()? {
                EVENT => life.event(&mut fact)?,
                TIER => life.tiers.push(tier(&mut fact)?),
                PAYMENT => life.payments.push(payment(&mut fact)?),
                ATTEMPT => life.attempts.push(attempt(&mut fact)?),
                other => return Err(format!("nothing of a subscription has the tag {other}")),
            }
        }
        life.events.sort_unstable_by_key(|event| (event.at, event.event_id));
        life.payments.sort_unstable_by_key(|payment| payment.escrow_id);
        life.attempts.sort_unstable_by_key(|attempt| (attempt.at, attempt.delivery_id));
        Ok(life)
    }

    fn event(&mut self, fact: &mut Reader<'a>) -> Result<(), Fault> {
        let (event_id, kind) = (fact.text()?, fact.text()?);
        self.events.push(Event {
            event_id,
            kind: EventKind::parse(kind).ok_or("an unknown event")?,
            subscriber: fact.text()?,
            creator: fact.text()?,
            tier_id: fact.text()?,
            tier_version: fact.integer()?,
            period_start: read_integer(fact)?,
            period_end: read_integer(fact)?,
            escrow_id: fact.maybe()?,
            at: fact.integer()?,
        });
        let (before, night) = (read_integer(fact)?, fact.integer()?);
        let end = |day: i64| (day + 1) * DAY;
        self.night = Some(Night { before: end(before.unwrap_or(night - 1)), end: end(night) });
        Ok(())
    }
}

fn tier<'a>(fact: &mut Reader<'a>) -> Result<TierVersion<'a>, Fault> {
    let mut tier = TierVersion {
        tier_id: fact.text()?,
        version: fact.integer()?,
        creator: fact.text()?,
        price: fact.amount()?,
        currency: fact.text()?,
        interval: fact.text()?,
        benefits: Vec::new(),
    };
    while !fact.0.is_empty() {
        tier.benefits.push(Benefit { benefit_id: fact.text()?, kind: fact.text()?, method: fact.text()? });
    }
    Ok(tier)
}

fn payment<'a>(fact: &mut Reader<'a>) -> Result<Payment<'a>, Fault> {
    let (escrow_id, named_first_by, class) = (fact.text()?, fact.text()?, fact.maybe()?);
    let mut payment = Payment { escrow_id, escrow: None, class, named_first_by };
    if !fact.0.is_empty() {
        let (kind, payer, creator, currency) = (fact.text()?, fact.text()?, fact.text()?, fact.text()?);
        let (amount, at) = (fact.amount()?, fact.integer()?);
        payment.escrow = Some(Escrow { kind, payer, creator, amount, currency, at });
    }
    Ok(payment)
}

fn attempt<'a>(fact: &mut Reader<'a>) -> Result<Attempt<'a>, Fault> {
    Ok(Attempt {
        delivery_id: fact.text()?,
        benefit_id: fact.text()?,
        kind: fact.text()?,
        method: fact.text()?,
        delivered: fact.byte()? == 1,
        at: fact.integer()?,
    })
}
