//! What is judged of each subscription as a column of lists: what the folds return to SQL.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int64Builder, ListArray, StringBuilder, StructArray,
    TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};
use schemas::subscriptions::{ENTITLEMENTS, SUBSCRIPTION_FINDINGS};
use schemas::table::Kind;
use schemas::time::{DAY, day_of};

use super::entitlements::{Entitlement, entitlements};
use super::findings::{Finding, findings};
use super::life::{Life, Night};
use super::movements::{Movement, movements};
use crate::codec::Fault;
use crate::schedule::Rules;

/// The judges of a subscription's life, each a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// Rows of `silver.entitlements`, without the subscription.
    Entitlements,
    /// Rows of `silver.subscription_findings`, without the subscription and the id.
    Findings,
    /// What `gold.subscription_metrics_daily` adds up.
    Movements,
}

/// Columns of a movement.
const MOVEMENT: [(&str, Kind); 20] = [
    ("creator", Kind::Text),
    ("tier_id", Kind::Text),
    ("currency", Kind::Text),
    ("subscriber", Kind::Text),
    ("active", Kind::Integer),
    ("active_before", Kind::Integer),
    ("new", Kind::Integer),
    ("reactivated", Kind::Integer),
    ("moved_in", Kind::Integer),
    ("moved_out", Kind::Integer),
    ("churned", Kind::Integer),
    ("renewals_due", Kind::Integer),
    ("renewed", Kind::Integer),
    ("mrr", Kind::Total),
    ("mrr_before", Kind::Total),
    ("new_mrr", Kind::Total),
    ("reactivated_mrr", Kind::Total),
    ("expansion_mrr", Kind::Total),
    ("contraction_mrr", Kind::Total),
    ("churned_mrr", Kind::Total),
];

impl Judge {
    fn columns(self) -> Vec<(&'static str, Kind)> {
        let of = |table: &'static schemas::table::Table| {
            let given =
                table.columns().filter(|column| !matches!(column.name, "subscription_id" | "finding_id"));
            given.map(|column| (column.name, column.kind)).collect()
        };
        match self {
            Self::Entitlements => of(&ENTITLEMENTS),
            Self::Findings => of(&SUBSCRIPTION_FINDINGS),
            Self::Movements => MOVEMENT.to_vec(),
        }
    }

    fn item(self) -> Fields {
        self.columns().iter().map(|(name, kind)| Field::new(*name, kind.data_type(), true)).collect()
    }

    /// How many nights it judges by.
    pub fn nights(self) -> usize {
        match self {
            Self::Entitlements => 1,
            Self::Findings => 0,
            Self::Movements => 2,
        }
    }

    /// The type of its column: a list of structs.
    pub fn data_type(self) -> DataType {
        DataType::List(Arc::new(Field::new("element", DataType::Struct(self.item()), true)))
    }
}

/// One value on its way into a column.
enum Cell<'a> {
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Time(Option<i64>),
    Day(Option<i32>),
    Amount(Option<i128>),
}

enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Time(TimestampMicrosecondBuilder),
    Day(Date32Builder),
    Amount(Decimal128Builder),
}

impl Builder {
    fn new(kind: &Kind) -> Result<Self, Fault> {
        let data_type = kind.data_type();
        Ok(match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_data_type(data_type)),
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Money | Kind::Total => Self::Amount(Decimal128Builder::new().with_data_type(data_type)),
            other => return Err(format!("no column of a subscription is {other:?}")),
        })
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<(), Fault> {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(value)) => builder.append_option(value),
            (Self::Integer(builder), Cell::Integer(value)) => builder.append_option(value),
            (Self::Time(builder), Cell::Time(value)) => builder.append_option(value),
            (Self::Day(builder), Cell::Day(value)) => builder.append_option(value),
            (Self::Amount(builder), Cell::Amount(value)) => builder.append_option(value),
            _ => return Err("a value is not of its column's type".to_owned()),
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Day(builder) => Arc::new(builder.finish()),
            Self::Amount(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Judges subscriptions one after the other, and has their rows.
pub struct Judged {
    judge: Judge,
    night: Night,
    builders: Vec<Builder>,
    lengths: Vec<usize>,
}

impl Judged {
    /// Nothing judged yet. The nights are days since the epoch: of entitlements the night after which they stand, of
    /// movements the one before and the one over which they are.
    pub fn new(judge: Judge, nights: &[i32]) -> Result<Self, Fault> {
        if nights.len() != judge.nights() {
            return Err(format!("{judge:?} are judged by {} nights, not {}", judge.nights(), nights.len()));
        }
        let end = |day: Option<&i32>| day.map_or(0, |day| (i64::from(*day) + 1) * DAY);
        let night = Night { before: end(nights.first()), end: end(nights.last()) };
        let builders =
            judge.columns().iter().map(|(_, kind)| Builder::new(kind)).collect::<Result<_, _>>()?;
        Ok(Self { judge, night, builders, lengths: Vec::new() })
    }

    /// Judges one subscription's facts.
    pub fn judge<'a>(&mut self, facts: impl Iterator<Item = &'a [u8]>, rules: &Rules) -> Result<(), Fault> {
        let life = Life::read(facts)?;
        let rows: Vec<Vec<Cell<'_>>> = match self.judge {
            Judge::Entitlements => {
                let last = life.events.last();
                let parties = last.map(|event| (event.subscriber, event.creator));
                entitlements(&life, self.night.end).iter().map(|row| of_entitlement(row, parties)).collect()
            }
            Judge::Findings => {
                let found = findings(&life, rules);
                self.lengths.push(found.len());
                return found.iter().try_for_each(|row| self.push(of_finding(row)));
            }
            Judge::Movements => movements(&life, &self.night)?.iter().map(of_movement).collect(),
        };
        self.lengths.push(rows.len());
        rows.into_iter().try_for_each(|row| self.push(row))
    }

    fn push(&mut self, row: Vec<Cell<'_>>) -> Result<(), Fault> {
        if row.len() != self.builders.len() {
            return Err(format!("{} values for {} columns", row.len(), self.builders.len()));
        }
        self.builders.iter_mut().zip(row).try_for_each(|(builder, cell)| builder.push(cell))
    }

    /// The column: one list a subscription, in their order.
    pub fn finish(mut self) -> Result<ArrayRef, Fault> {
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let rows =
            StructArray::try_new(self.judge.item(), columns, None).map_err(|error| error.to_string())?;
        let field = Arc::new(Field::new("element", DataType::Struct(self.judge.item()), true));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        let lists = ListArray::try_new(field, offsets, Arc::new(rows), None);
        lists.map(|lists| Arc::new(lists) as ArrayRef).map_err(|error| error.to_string())
    }
}

/// A row that falls into no period has the parties of the last event, where there is one.
fn of_entitlement<'a>(row: &Entitlement<'a>, parties: Option<(&'a str, &'a str)>) -> Vec<Cell<'a>> {
    let event = row.period.map(|period| period.event);
    let parties = event.map(|event| (event.subscriber, event.creator)).or(parties);
    let delivered = row.attempt.filter(|attempt| attempt.delivered);
    vec![
        Cell::Text(Some(row.benefit_id)),
        Cell::Time(row.period.map(|period| period.start)),
        Cell::Time(row.period.map(|period| period.end)),
        Cell::Text(event.map(|event| event.event_id)),
        Cell::Text(parties.map(|(subscriber, _)| subscriber)),
        Cell::Text(parties.map(|(_, creator)| creator)),
        Cell::Text(event.map(|event| event.tier_id)),
        Cell::Integer(event.map(|event| event.tier_version)),
        Cell::Text(Some(row.kind)),
        Cell::Text(Some(row.class)),
        Cell::Time(row.due_by),
        Cell::Time(delivered.map(|attempt| attempt.at)),
        Cell::Text(row.attempt.map(|attempt| attempt.delivery_id)),
    ]
}

fn of_finding<'a>(row: &'a Finding<'_>) -> Vec<Cell<'a>> {
    vec![
        Cell::Text(Some(row.class)),
        Cell::Text(Some(row.event.tier_id)),
        Cell::Integer(Some(row.event.tier_version)),
        Cell::Text(Some(row.event.event_id)),
        Cell::Text(row.event.escrow_id),
        Cell::Text(Some(row.event.creator)),
        Cell::Text(row.currency),
        Cell::Amount(row.expected),
        Cell::Amount(row.actual),
        Cell::Text(Some(&row.detail)),
        Cell::Day(Some(day_of(row.event.at))),
    ]
}

fn of_movement<'a>(row: &Movement<'a>) -> Vec<Cell<'a>> {
    let (counts, revenue) = (row.counts, row.revenue);
    let texts = [Some(row.creator), Some(row.tier_id), row.currency, Some(row.subscriber)];
    let counts = [
        counts.active,
        counts.before,
        counts.new,
        counts.reactivated,
        counts.moved_in,
        counts.moved_out,
        counts.churned,
        counts.due,
        counts.renewed,
    ];
    let amounts = [
        revenue.active,
        revenue.before,
        revenue.new,
        revenue.reactivated,
        revenue.expansion,
        revenue.contraction,
        revenue.churned,
    ];
    let texts = texts.into_iter().map(Cell::Text);
    let counts = counts.into_iter().map(|count| Cell::Integer(Some(count)));
    let amounts = amounts.into_iter().map(|amount| Cell::Amount(Some(amount)));
    texts.chain(counts).chain(amounts).collect()
}
