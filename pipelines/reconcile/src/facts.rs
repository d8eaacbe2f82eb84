//! A payment row as one binary fact: what SQL hands from the tables to the judge, grouped by escrow.
//!
//! A fact is a tag for its source, its standing and its fields in the order in which they are written here;
//! texts are length-prefixed, numbers little-endian. It lives within one query and is never stored.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, Decimal128Array, Int64Array,
    ListArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Decimal128Type, Int64Type, TimestampMicrosecondType};

use crate::case::{
    Entry, EntryKind, EscrowEvent, EventKind, Fee, Fx, PaymentKind, Posting, Standing, Transfer,
    TransferStatus, Visibility,
};
use schemas::money::Rate;

const ESCROW: u8 = 1;
const WALLET: u8 = 2;
const LEDGER: u8 = 3;

/// What is wrong with columns or facts that are not what they should be.
pub type Fault = String;

#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.0.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.0.extend_from_slice(value.as_bytes());
    }

    pub(crate) fn maybe(&mut self, column: &StringArray, row: usize) {
        self.byte(u8::from(column.is_valid(row)));
        if column.is_valid(row) {
            self.text(column.value(row));
        }
    }

    pub(crate) fn integer(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn amount(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.0.split_at_checked(count).ok_or("a fact was cut")?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::from("a fact was cut"))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Fault> {
        let length = u32::from_le_bytes(self.number()?);
        std::str::from_utf8(self.take(length as usize)?).map_err(|error| error.to_string())
    }

    pub(crate) fn maybe(&mut self) -> Result<Option<&'a str>, Fault> {
        if self.byte()? == 1 { self.text().map(Some) } else { Ok(None) }
    }

    pub(crate) fn integer(&mut self) -> Result<i64, Fault> {
        Ok(i64::from_le_bytes(self.number()?))
    }

    pub(crate) fn amount(&mut self) -> Result<i128, Fault> {
        Ok(i128::from_le_bytes(self.number()?))
    }
}

pub(crate) fn texts(column: &ArrayRef) -> Result<&StringArray, Fault> {
    column.as_string_opt::<i32>().ok_or_else(|| "a text was expected".to_owned())
}

pub(crate) fn integers(column: &ArrayRef) -> Result<&Int64Array, Fault> {
    column.as_primitive_opt::<Int64Type>().ok_or_else(|| "an integer was expected".to_owned())
}

pub(crate) fn amounts(column: &ArrayRef) -> Result<&Decimal128Array, Fault> {
    column.as_primitive_opt::<Decimal128Type>().ok_or_else(|| "an amount was expected".to_owned())
}

pub(crate) fn instants(column: &ArrayRef) -> Result<&TimestampMicrosecondArray, Fault> {
    column.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| "a time was expected".to_owned())
}

fn flags(column: &ArrayRef) -> Result<&BooleanArray, Fault> {
    column.as_boolean_opt().ok_or_else(|| "a flag was expected".to_owned())
}

pub(crate) fn list(column: &ArrayRef) -> Result<(&ListArray, &StructArray), Fault> {
    let list = column.as_list_opt::<i32>().ok_or("a list was expected")?;
    Ok((list, list.values().as_struct_opt().ok_or("a list of structs was expected")?))
}

pub(crate) fn columns<const N: usize>(columns: &[ArrayRef]) -> Result<&[ArrayRef; N], Fault> {
    columns.try_into().map_err(|_| format!("{N} columns were expected, not {}", columns.len()))
}

/// Writes a fact for each row: the tag, whether its key is contested and whether it is effective, the rest.
fn write(
    tag: u8,
    contested: &ArrayRef,
    conflict: &ArrayRef,
    mut row: impl FnMut(&mut Writer, usize),
) -> Result<BinaryArray, Fault> {
    let (contested, conflict) = (flags(contested)?, flags(conflict)?);
    let mut facts = BinaryBuilder::with_capacity(contested.len(), contested.len() * 200);
    let mut writer = Writer::default();
    for index in 0..contested.len() {
        writer.0.clear();
        writer.byte(tag);
        writer.byte(u8::from(contested.is_valid(index) && contested.value(index)));
        writer.byte(u8::from(conflict.is_valid(index) && conflict.value(index)));
        row(&mut writer, index);
        facts.append_value(&writer.0);
    }
    Ok(facts.finish())
}

/// Facts of `bronze.escrow_events`: event_id, sequence, event, type, payer, creator, amount, currency,
/// visibility, at, contested, conflict.
pub fn of_escrow(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, sequence, event, kind, payer, creator, amount, currency, visibility, at, contested, conflict] =
        columns(arguments)?;
    let (id, event, kind, currency) = (texts(id)?, texts(event)?, texts(kind)?, texts(currency)?);
    let (payer, creator, visibility) = (texts(payer)?, texts(creator)?, texts(visibility)?);
    let (sequence, amount, at) = (integers(sequence)?, amounts(amount)?, instants(at)?);
    write(ESCROW, contested, conflict, |fact, row| {
        fact.text(id.value(row));
        fact.integer(sequence.value(row));
        fact.text(event.value(row));
        fact.text(kind.value(row));
        fact.text(payer.value(row));
        fact.text(creator.value(row));
        fact.amount(amount.value(row));
        fact.text(currency.value(row));
        fact.maybe(visibility, row);
        fact.integer(at.value(row));
    })
}

/// Facts of `bronze.wallet_transfers`: transaction_id, amount, currency, fees, net, status, fx, at,
/// contested, conflict.
pub fn of_wallet(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, amount, currency, fees, net, status, fx, at, contested, conflict] = columns(arguments)?;
    let (id, currency, status) = (texts(id)?, texts(currency)?, texts(status)?);
    let (amount, net, at) = (amounts(amount)?, amounts(net)?, instants(at)?);
    let (fees, fee) = list(fees)?;
    let [fee_kind, fee_rate, fee_amount] = columns(fee.columns())?;
    let (fee_kind, fee_rate, fee_amount) = (texts(fee_kind)?, texts(fee_rate)?, amounts(fee_amount)?);
    let fx = fx.as_struct_opt().ok_or("a struct was expected")?;
    let [fx_amount, fx_currency, fx_rate] = columns(fx.columns())?;
    let (fx_amount, fx_currency, fx_rate) = (amounts(fx_amount)?, texts(fx_currency)?, texts(fx_rate)?);
    write(WALLET, contested, conflict, |fact, row| {
        fact.text(id.value(row));
        fact.amount(amount.value(row));
        fact.text(currency.value(row));
        fact.amount(net.value(row));
        fact.text(status.value(row));
        fact.integer(at.value(row));
        fact.byte(u8::from(fx.is_valid(row)));
        if fx.is_valid(row) {
            fact.amount(fx_amount.value(row));
            fact.text(fx_currency.value(row));
            fact.text(fx_rate.value(row));
        }
        for item in range(fees, row) {
            fact.text(fee_kind.value(item));
            fact.maybe(fee_rate, item);
            fact.amount(fee_amount.value(item));
        }
    })
}

/// Facts of `bronze.ledger_entries`: entry_id, sequence, type, transaction_id, postings, at, visibility,
/// contested, conflict.
pub fn of_ledger(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, sequence, kind, transaction, postings, at, visibility, contested, conflict] =
        columns(arguments)?;
    let (id, kind, transaction, visibility) =
        (texts(id)?, texts(kind)?, texts(transaction)?, texts(visibility)?);
    let (sequence, at) = (integers(sequence)?, instants(at)?);
    let (postings, posting) = list(postings)?;
    let [account, party, amount, currency, _] = columns(posting.columns())?;
    let (account, party, amount, currency) =
        (texts(account)?, texts(party)?, amounts(amount)?, texts(currency)?);
    write(LEDGER, contested, conflict, |fact, row| {
        fact.text(id.value(row));
        fact.integer(sequence.value(row));
        fact.text(kind.value(row));
        fact.maybe(transaction, row);
        fact.integer(at.value(row));
        fact.maybe(visibility, row);
        for item in range(postings, row) {
            fact.text(account.value(item));
            fact.maybe(party, item);
            fact.amount(amount.value(item));
            fact.text(currency.value(item));
        }
    })
}

pub(crate) fn range(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

/// The facts of one escrow, read back; a case borrows from it.
#[derive(Default)]
pub struct Read<'a> {
    pub events: Vec<EscrowEvent<'a>>,
    transfers: Vec<(Transfer<'a>, std::ops::Range<usize>)>,
    entries: Vec<(Entry<'a>, std::ops::Range<usize>)>,
    fees: Vec<Fee<'a>>,
    postings: Vec<Posting<'a>>,
}

impl<'a> Read<'a> {
    /// Reads all facts of a group.
    pub fn new(facts: impl Iterator<Item = &'a [u8]>) -> Result<Self, Fault> {
        let mut read = Self::default();
        for fact in facts {
            let mut fact = Reader(fact);
            let tag = fact.byte()?;
            let (contested, later) = (fact.byte()? == 1, fact.byte()? == 1);
            let standing = Standing { conflict: contested || later, effective: !later };
            match tag {
                ESCROW => read.events.push(event(&mut fact, standing)?),
                WALLET => read.transfer(&mut fact, standing)?,
                LEDGER => read.entry(&mut fact, standing)?,
                other => return Err(format!("no source has the tag {other}")),
            }
        }
        Ok(read)
    }

    /// The transfers with their fees.
    pub fn transfers(&self) -> Vec<Transfer<'_>> {
        let with_fees = |(transfer, fees): &(Transfer<'a>, std::ops::Range<usize>)| Transfer {
            fees: &self.fees[fees.clone()],
            ..*transfer
        };
        self.transfers.iter().map(with_fees).collect()
    }

    /// The entries with their postings.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let with_postings = |(entry, postings): &(Entry<'a>, std::ops::Range<usize>)| Entry {
            postings: &self.postings[postings.clone()],
            ..*entry
        };
        self.entries.iter().map(with_postings).collect()
    }

    fn transfer(&mut self, fact: &mut Reader<'a>, standing: Standing) -> Result<(), Fault> {
        let (transaction_id, amount, currency, net) =
            (fact.text()?, fact.amount()?, fact.text()?, fact.amount()?);
        let status = TransferStatus::parse(fact.text()?).ok_or("an unknown status")?;
        let at = fact.integer()?;
        let fx = match fact.byte()? {
            1 => Some(Fx { amount: fact.amount()?, currency: fact.text()?, rate: rate(fact.text()?)? }),
            _ => None,
        };
        let start = self.fees.len();
        while !fact.0.is_empty() {
            let kind = fact.text()?;
            let percentage = fact.maybe()?.map(rate).transpose()?;
            self.fees.push(Fee { kind, percentage, amount: fact.amount()? });
        }
        let transfer =
            Transfer { transaction_id, amount, currency, fees: &[], net, status, fx, at, standing };
        self.transfers.push((transfer, start..self.fees.len()));
        Ok(())
    }

    fn entry(&mut self, fact: &mut Reader<'a>, standing: Standing) -> Result<(), Fault> {
        let (entry_id, sequence) = (fact.text()?, fact.integer()?);
        let kind = EntryKind::parse(fact.text()?).ok_or("an unknown type")?;
        let (transaction, timestamp, visibility) = (fact.maybe()?, fact.integer()?, visible(fact.maybe()?)?);
        let start = self.postings.len();
        while !fact.0.is_empty() {
            let (account, party, amount) = (fact.text()?, fact.maybe()?, fact.amount()?);
            self.postings.push(Posting { account, party, amount, currency: fact.text()? });
        }
        let entry =
            Entry { entry_id, sequence, kind, transaction, postings: &[], timestamp, visibility, standing };
        self.entries.push((entry, start..self.postings.len()));
        Ok(())
    }
}

fn event<'a>(fact: &mut Reader<'a>, standing: Standing) -> Result<EscrowEvent<'a>, Fault> {
    let (event_id, sequence) = (fact.text()?, fact.integer()?);
    let event = EventKind::parse(fact.text()?).ok_or("an unknown event")?;
    let kind = PaymentKind::parse(fact.text()?).ok_or("an unknown type")?;
    let (from, to, amount, currency) = (fact.text()?, fact.text()?, fact.amount()?, fact.text()?);
    let (visibility, at) = (visible(fact.maybe()?)?, fact.integer()?);
    Ok(EscrowEvent { event_id, sequence, event, kind, from, to, amount, currency, visibility, at, standing })
}

fn visible(text: Option<&str>) -> Result<Option<Visibility>, Fault> {
    text.map(|text| Visibility::parse(text).ok_or_else(|| "an unknown visibility".to_owned())).transpose()
}

fn rate(text: &str) -> Result<Rate, Fault> {
    Rate::parse(text).map_err(|error| error.to_string())
}
