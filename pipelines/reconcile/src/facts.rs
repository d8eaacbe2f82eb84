//! A payment row as one binary fact: what SQL hands from the tables to the judge, grouped by escrow.
//!
//! A fact is a tag for its source, whether it is a later payload of its key, and its fields in the order in
//! which they are written here; texts are length-prefixed, numbers little-endian. Beside rows there are two
//! other facts: that a key is contested, and all facts of an escrow as a night left them. Facts are a set: one
//! that is said twice counts once.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder};

use crate::codec::{Fault, Writer, amounts, columns, days, flags, instants, integers, list, range, texts};

pub(crate) const ESCROW: u8 = 1;
pub(crate) const WALLET: u8 = 2;
pub(crate) const LEDGER: u8 = 3;
/// A key of which two payloads have landed: the source's tag and the key.
pub(crate) const CONTESTED: u8 = 4;
/// All facts of an escrow, each behind its length.
pub(crate) const CASE: u8 = 5;

/// Writes a fact for each row: the tag, whether it is a later payload of its key, the rest.
fn write(
    tag: u8,
    conflict: &ArrayRef,
    mut row: impl FnMut(&mut Writer, usize),
) -> Result<BinaryArray, Fault> {
    let conflict = flags(conflict)?;
    let mut facts = BinaryBuilder::with_capacity(conflict.len(), conflict.len() * 200);
    let mut writer = Writer::default();
    for index in 0..conflict.len() {
        writer.0.clear();
        writer.byte(tag);
        writer.byte(u8::from(conflict.is_valid(index) && conflict.value(index)));
        row(&mut writer, index);
        facts.append_value(&writer.0);
    }
    Ok(facts.finish())
}

/// Facts that keys are contested: the source's folder and the key.
pub fn of_contested(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [source, key] = columns(arguments)?;
    let (source, key) = (texts(source)?, texts(key)?);
    let mut facts = BinaryBuilder::new();
    let mut writer = Writer::default();
    for row in 0..key.len() {
        writer.0.clear();
        writer.byte(CONTESTED);
        writer.byte(match source.value(row) {
            "payments/escrow" => ESCROW,
            "payments/wallet" => WALLET,
            "payments/ledger" => LEDGER,
            other => return Err(format!("{other} is no payment source")),
        });
        writer.0.extend_from_slice(key.value(row).as_bytes());
        facts.append_value(&writer.0);
    }
    Ok(facts.finish())
}

/// Facts of `bronze.escrow_events`: event_id, sequence, event, type, payer, creator, amount, currency,
/// visibility, at, conflict.
pub fn of_escrow(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, sequence, event, kind, payer, creator, amount, currency, visibility, at, conflict] =
        columns(arguments)?;
    let (id, event, kind, currency) = (texts(id)?, texts(event)?, texts(kind)?, texts(currency)?);
    let (payer, creator, visibility) = (texts(payer)?, texts(creator)?, texts(visibility)?);
    let (sequence, amount, at) = (integers(sequence)?, amounts(amount)?, instants(at)?);
    write(ESCROW, conflict, |fact, row| {
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
/// conflict.
pub fn of_wallet(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, amount, currency, fees, net, status, fx, at, conflict] = columns(arguments)?;
    let (id, currency, status) = (texts(id)?, texts(currency)?, texts(status)?);
    let (amount, net, at) = (amounts(amount)?, amounts(net)?, instants(at)?);
    let (fees, fee) = list(fees)?;
    let [fee_kind, fee_rate, fee_amount] = columns(fee.columns())?;
    let (fee_kind, fee_rate, fee_amount) = (texts(fee_kind)?, texts(fee_rate)?, amounts(fee_amount)?);
    let fx = fx.as_struct_opt().ok_or("a struct was expected")?;
    let [fx_amount, fx_currency, fx_rate] = columns(fx.columns())?;
    let (fx_amount, fx_currency, fx_rate) = (amounts(fx_amount)?, texts(fx_currency)?, texts(fx_rate)?);
    write(WALLET, conflict, |fact, row| {
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
/// dt, conflict.
pub fn of_ledger(arguments: &[ArrayRef]) -> Result<BinaryArray, Fault> {
    let [id, sequence, kind, transaction, postings, at, visibility, dt, conflict] = columns(arguments)?;
    let (id, kind, transaction, visibility) =
        (texts(id)?, texts(kind)?, texts(transaction)?, texts(visibility)?);
    let (sequence, at, dt) = (integers(sequence)?, instants(at)?, days(dt)?);
    let (postings, posting) = list(postings)?;
    let [account, party, amount, currency, _] = columns(posting.columns())?;
    let (account, party, amount, currency) =
        (texts(account)?, texts(party)?, amounts(amount)?, texts(currency)?);
    write(LEDGER, conflict, |fact, row| {
        fact.text(id.value(row));
        fact.integer(sequence.value(row));
        fact.text(kind.value(row));
        fact.maybe(transaction, row);
        fact.integer(at.value(row));
        fact.maybe(visibility, row);
        fact.integer(i64::from(dt.value(row)));
        for item in range(postings, row) {
            fact.text(account.value(item));
            fact.maybe(party, item);
            fact.amount(amount.value(item));
            fact.text(currency.value(item));
        }
    })
}
