//! Wallet transfer attempts.

use std::borrow::Cow;

use arrow::array::{
    ArrayRef, Decimal128Builder, Int64Builder, NullBufferBuilder, TimestampMicrosecondBuilder,
};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{Rows, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::Rejection;
use crate::texts::Texts;
use crate::totals::Totals;

const STATUSES: &[&str] = &["SETTLED", "FAILED", "REVERSED"];

pub struct WalletRows {
    transaction_id: Texts,
    escrow_id: Texts,
    escrow_hash: Int64Builder,
    amount: Decimal128Builder,
    currency: Texts,
    fees: Lists,
    fee_type: Texts,
    fee_percentage: Texts,
    fee_amount: Decimal128Builder,
    net: Decimal128Builder,
    status: Texts,
    fx_present: NullBufferBuilder,
    fx_amount: Decimal128Builder,
    fx_currency: Texts,
    fx_rate: Texts,
    at: TimestampMicrosecondBuilder,
}

impl Default for WalletRows {
    fn default() -> Self {
        Self {
            transaction_id: Texts::new(),
            escrow_id: Texts::new(),
            escrow_hash: Int64Builder::new(),
            amount: columns::money(),
            currency: Texts::new(),
            fees: Lists::default(),
            fee_type: Texts::new(),
            fee_percentage: Texts::new(),
            fee_amount: columns::money(),
            net: columns::money(),
            status: Texts::new(),
            fx_present: NullBufferBuilder::new(1024),
            fx_amount: columns::money(),
            fx_currency: Texts::new(),
            fx_rate: Texts::new(),
            at: columns::instants(),
        }
    }
}

struct Fee<'a> {
    kind: Cow<'a, str>,
    percentage: Option<Cow<'a, str>>,
    units: i128,
}

fn fee<'a>(value: Value<'a>, exponent: u8) -> Result<Fee<'a>, Rejection> {
    let value = field::object(value, "fees")?;
    members!(value => kind = "type", percentage = "percentage", amount = "amount");
    let kind = field::text(required(kind, "fees.type")?, "fees.type")?;
    let percentage = maybe(percentage, "fees.percentage", field::rate)?;
    let (units, _) = field::decimal(required(amount, "fees.amount")?, "fees.amount", exponent)?;
    Ok(Fee { kind, percentage, units })
}

fn exchange<'a>(value: Value<'a>, name: &str) -> Result<(field::Amount, Cow<'a, str>), Rejection> {
    let value = field::object(value, name)?;
    members!(value => from = "from", rate = "rate");
    let from = field::amount(required(from, "fx.from")?, "fx.from")?;
    Ok((from, field::rate(required(rate, "fx.rate")?, "fx.rate")?))
}

impl Rows for WalletRows {
    fn push(&mut self, row: Value<'_>, totals: &mut Totals) -> Result<u64, Rejection> {
        members!(row => transaction_id = "transaction_id", escrow_id = "escrow_id", amount = "amount",
            fees = "fees", net = "net", status = "status", fx = "fx", at = "at");
        let transaction_id = field::text(required(transaction_id, "transaction_id")?, "transaction_id")?;
        let escrow_id = field::text(required(escrow_id, "escrow_id")?, "escrow_id")?;
        let amount = field::amount(required(amount, "amount")?, "amount")?;
        let list = field::array(required(fees, "fees")?, "fees")?;
        let fees = list.items().map(|item| fee(item, amount.exponent)).collect::<Result<Vec<_>, _>>()?;
        let (net, _) = field::decimal(required(net, "net")?, "net", amount.exponent)?;
        let status = field::listed(required(status, "status")?, "status", STATUSES)?;
        let fx = maybe(fx, "fx", exchange)?;
        let at = field::instant(required(at, "at")?, "at")?;

        totals.add(amount.currency, amount.units);
        let key = hash_of(&transaction_id);
        self.transaction_id.append_value(transaction_id);
        self.escrow_hash.append_value(hash_of(&escrow_id) as i64);
        self.escrow_id.append_value(escrow_id);
        self.amount.append_value(amount.units);
        self.currency.append_value(amount.currency);
        self.fees.push(fees.len());
        for fee in fees {
            self.fee_type.append_value(fee.kind);
            self.fee_percentage.append_option(fee.percentage);
            self.fee_amount.append_value(fee.units);
        }
        self.net.append_value(net);
        self.status.append_value(status);
        self.fx_present.append(fx.is_some());
        self.fx_amount.append_option(fx.as_ref().map(|(from, _)| from.units));
        self.fx_currency.append_option(fx.as_ref().map(|(from, _)| from.currency));
        self.fx_rate.append_option(fx.map(|(_, rate)| rate));
        self.at.append_value(at);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let fee = finished![chunk; self.fee_type, self.fee_percentage, self.fee_amount];
        let fees = self.fees.finish(columns::structs(&["type", "percentage", "amount"], fee, None));
        let fx = finished![chunk; self.fx_amount, self.fx_currency, self.fx_rate];
        let fx = columns::structs(&["amount", "currency", "rate"], fx, self.fx_present.finish());
        let mut columns = finished![chunk; self.transaction_id, self.escrow_id, self.escrow_hash, self.amount, self.currency];
        columns.push(fees);
        columns.extend(finished![chunk; self.net, self.status]);
        columns.push(fx);
        columns.extend(finished![chunk; self.at]);
        Ok(columns)
    }
}
