//! A row that names a subscription as one binary fact, as for escrows: it lives within one query.

use arrow::array::{Array, ArrayRef, BinaryArray, BinaryBuilder, PrimitiveArray, StringArray};
use arrow::datatypes::ArrowPrimitiveType;

use super::life::{Attempt, Benefit, Escrow, Event, EventKind, Life, Payment, TierVersion};
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
/// period_start, period_end, escrow_id, at.
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

/// Facts of an escrow that an opening event names: escrow_id, the event that named it first where there are more;
/// event_id, sequence, type, payer, creator, amount, currency and at of the first event that a night learned of, its id
/// null if there was none; its class, null if it was not read, the night on which it read so, and the night that
/// learned it. What several nights have learned are several facts.
pub fn of_payments(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, named_first_by, event, sequence, kind, payer, creator, amount, currency, at, class, read_on, dt] =
        columns(arguments)?;
    let (id, named_first_by, event, kind) = (texts(id)?, texts(named_first_by)?, texts(event)?, texts(kind)?);
    let (payer, creator, currency) = (texts(payer)?, texts(creator)?, texts(currency)?);
    let (sequence, amount, at) = (integers(sequence)?, amounts(amount)?, instants(at)?);
    let (class, read_on, dt) = (texts(class)?, days(read_on)?, days(dt)?);
    Ok(write(PAYMENT, id.len(), |fact, row| {
        fact.text(id.value(row));
        fact.maybe(named_first_by, row);
        fact.maybe(class, row);
        if class.is_valid(row) {
            fact.integer(i64::from(read_on.value(row)));
            fact.integer(i64::from(dt.value(row)));
        }
        if event.is_valid(row) {
            maybe_integer(fact, sequence, row);
            fact.integer(at.value(row));
            [event, kind, payer, creator, currency].iter().for_each(|column| fact.text(column.value(row)));
            fact.amount(amount.value(row));
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
        let mut learned = Vec::new();
        for fact in facts {
            let mut fact = Reader(fact);
            match fact.byte()? {
                EVENT => life.event(&mut fact)?,
                TIER => life.tiers.push(tier(&mut fact)?),
                PAYMENT => learned.push(Learned::read(&mut fact)?),
                ATTEMPT => life.attempts.push(attempt(&mut fact)?),
                other => return Err(format!("nothing of a subscription has the tag {other}")),
            }
        }
        life.events.sort_unstable_by_key(|event| (event.at, event.event_id));
        life.payments = payments(learned);
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

/// What one night learned of an escrow.
struct Learned<'a> {
    escrow_id: &'a str,
    named_first_by: Option<&'a str>,
    /// Its class, with the night on which it read so and the night that learned it.
    reading: Option<(i64, i64, &'a str)>,
    /// An event's sequence, time and id, and what it says.
    event: Option<((i64, i64, &'a str), Escrow<'a>)>,
}

impl<'a> Learned<'a> {
    fn read(fact: &mut Reader<'a>) -> Result<Self, Fault> {
        let (escrow_id, named_first_by) = (fact.text()?, fact.maybe()?);
        let reading = match fact.maybe()? {
            Some(class) => Some((fact.integer()?, fact.integer()?, class)),
            None => None,
        };
        let mut event = None;
        if !fact.0.is_empty() {
            let (sequence, at, event_id) = (read_integer(fact)?, fact.integer()?, fact.text()?);
            let (kind, payer, creator, currency) = (fact.text()?, fact.text()?, fact.text()?, fact.text()?);
            let escrow = Escrow { kind, payer, creator, amount: fact.amount()?, currency, at };
            // One without a place comes last.
            event = Some(((sequence.unwrap_or(i64::MAX), at, event_id), escrow));
        }
        Ok(Self { escrow_id, named_first_by, reading, event })
    }
}

/// Each escrow by its first event and its last reading, in order of the escrows.
fn payments<'a>(mut learned: Vec<Learned<'a>>) -> Vec<Payment<'a>> {
    learned.sort_unstable_by_key(|learned| learned.escrow_id);
    let of_escrow = learned.chunk_by(|one, other| one.escrow_id == other.escrow_id);
    let payment = |learned: &[Learned<'a>]| {
        let first =
            learned.iter().filter_map(|learned| learned.event.as_ref()).min_by_key(|(place, _)| *place);
        let reading = learned.iter().filter_map(|learned| learned.reading).max();
        Payment {
            escrow_id: learned[0].escrow_id,
            escrow: first.map(|(_, escrow)| *escrow),
            class: reading.map(|(.., class)| class),
            named_first_by: learned[0].named_first_by,
        }
    };
    of_escrow.map(payment).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn learned<'a>(
        escrow_id: &'a str,
        event: Option<(i64, &'a str, i128)>,
        reading: Option<(i64, i64, &'a str)>,
    ) -> Learned<'a> {
        let escrow =
            |amount| Escrow { kind: "TIP", payer: "p", creator: "c", amount, currency: "USD", at: 5 };
        let event = event.map(|(sequence, id, amount)| ((sequence, 5, id), escrow(amount)));
        Learned { escrow_id, named_first_by: None, reading, event }
    }

    #[test]
    fn an_escrow_is_its_first_event_and_its_last_reading() {
        let mut nights = vec![
            learned("b", Some((i64::MAX, "e0", 10)), Some((2, 2, "OPEN"))),
            learned("a", None, None),
            learned("b", Some((2, "e2", 20)), None),
            learned("b", Some((1, "e9", 30)), Some((3, 4, "MATCHED"))),
            learned("b", None, Some((3, 3, "OVERPAID"))),
            learned("b", Some((1, "e8", 40)), None),
        ];
        for _ in 0..nights.len() {
            nights.rotate_left(1);
            let again = nights.iter().map(|night| Learned { ..*night }).collect();
            let found = payments(again);
            let shown = found
                .iter()
                .map(|payment| (payment.escrow_id, payment.escrow.map(|e| e.amount), payment.class));
            assert_eq!(shown.collect::<Vec<_>>(), [("a", None, None), ("b", Some(40), Some("MATCHED"))]);
        }
    }
}
