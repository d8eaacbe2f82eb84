//! Verdicts as one column: what the fold of an escrow's facts returns to SQL.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, ListBuilder, NullBufferBuilder, StringBuilder, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use schemas::silver::RECONCILIATION;
use schemas::table::Kind;

use crate::case::{Case, Night};
use crate::facts::{Fault, Read};
use crate::judge::judge;
use crate::schedule::Rules;
use crate::verdict::Verdict;

/// Columns of `silver.reconciliation` that the judge gives: all but the escrow, its hash and the night.
fn fields() -> Fields {
    let given = RECONCILIATION.columns().filter(|column| !matches!(column.name, "escrow_id" | "escrow_hash" | "dt"));
    given.map(|column| Field::new(column.name, column.kind.data_type(), true)).collect()
}

/// The type of the verdict column: a struct, null where an id gets no row.
pub fn verdict_type() -> DataType {
    DataType::Struct(fields())
}

/// Builders for verdicts.
pub struct Verdicts {
    texts: [StringBuilder; 8],
    amounts: [Decimal128Builder; 8],
    flags: ListBuilder<StringBuilder>,
    event_day: Date32Builder,
    valid: NullBufferBuilder,
}

impl Default for Verdicts {
    fn default() -> Self {
        let element = Field::new("element", DataType::Utf8, true);
        Self {
            texts: std::array::from_fn(|_| StringBuilder::new()),
            amounts: std::array::from_fn(|_| {
                Decimal128Builder::new().with_data_type(Kind::Money.data_type())
            }),
            flags: ListBuilder::new(StringBuilder::new()).with_field(element),
            event_day: Date32Builder::new(),
            valid: NullBufferBuilder::new(1024),
        }
    }
}

impl Verdicts {
    /// Judges one escrow's facts.
    pub fn judge<'a>(
        &mut self,
        facts: impl Iterator<Item = &'a [u8]>,
        night: &Night,
        rules: &Rules,
    ) -> Result<(), Fault> {
        let read = Read::new(facts)?;
        let (transfers, entries) = (read.transfers(), read.entries());
        let case = Case { escrow_id: "", events: &read.events, transfers: &transfers, entries: &entries };
        self.push(judge(&case, night, rules).as_ref());
        Ok(())
    }

    fn push(&mut self, verdict: Option<&Verdict<'_>>) {
        self.valid.append(verdict.is_some());
        let texts = verdict.map_or([None; 8], |verdict| {
            [
                verdict.transaction_id,
                verdict.entry_id,
                verdict.kind.map(|kind| kind.name()),
                verdict.payer,
                verdict.creator,
                verdict.currency,
                Some(verdict.class.name()),
                verdict.subcode,
            ]
        });
        let amounts = verdict.map_or([None; 8], |verdict| {
            [
                verdict.gross,
                verdict.platform_fee,
                verdict.processing_fee,
                verdict.other_fees,
                verdict.net,
                verdict.amount,
                verdict.expected,
                verdict.actual,
            ]
        });
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        for (builder, amount) in self.amounts.iter_mut().zip(amounts) {
            builder.append_option(amount);
        }
        for flag in verdict.map_or(&[][..], |verdict| &verdict.flags) {
            self.flags.values().append_value(flag.to_string());
        }
        self.flags.append(true);
        self.event_day.append_option(verdict.map(|verdict| verdict.event_day));
    }

    /// The verdict column.
    pub fn finish(mut self) -> Result<ArrayRef, Fault> {
        let [transaction, entry, kind, payer, creator, currency, class, subcode] = self.texts.each_mut();
        let [gross, platform, processing, other, net, amount, expected, actual] = self.amounts.each_mut();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(transaction.finish()),
            Arc::new(entry.finish()),
            Arc::new(kind.finish()),
            Arc::new(payer.finish()),
            Arc::new(creator.finish()),
            Arc::new(currency.finish()),
            Arc::new(gross.finish()),
            Arc::new(platform.finish()),
            Arc::new(processing.finish()),
            Arc::new(other.finish()),
            Arc::new(net.finish()),
            Arc::new(class.finish()),
            Arc::new(subcode.finish()),
            Arc::new(self.flags.finish()),
            Arc::new(self.event_day.finish()),
            Arc::new(amount.finish()),
            Arc::new(expected.finish()),
            Arc::new(actual.finish()),
        ];
        let verdicts = StructArray::try_new(fields(), columns, self.valid.finish());
        verdicts.map(|verdicts| Arc::new(verdicts) as ArrayRef).map_err(|error| error.to_string())
    }
}
