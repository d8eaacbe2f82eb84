//! What would end a finding: the row that would have to land, where one can.

use super::super::presence::{absent, earliest_unreleased};
use super::super::sides::gross_of;
use super::fees::Base;
use super::rule::source_name;
use super::{Context, words};
use crate::case::{EventKind, PaymentKind};
use crate::class::Class;
use crate::life::{self, Offence};
use crate::verdict::Finding;

/// What lands or passes and ends it; none where nothing that lands can.
pub fn what_lands(finding: &Finding<'_>, context: &Context<'_, '_>) -> Option<String> {
    let escrow_id = context.case.escrow_id;
    match finding.class {
        Class::IllegalState => illegal_state(finding, context),
        Class::Open | Class::StuckEscrow => Some(match context.sides.state() {
            Some(EventKind::Funded) => {
                format!("an event of escrow {escrow_id} that is RELEASED (with its transfer and entry) or REFUNDED lands")
            }
            _ => format!("an event of escrow {escrow_id} that is CANCELLED, or FUNDED and then RELEASED, lands"),
        }),
        Class::TimingPending => Some(pending(context)),
        Class::MissingTransfer => {
            let entry = context.sides.entries.is_empty().then(|| format!(", and {}", entry(context)));
            Some(format!("{}{} lands", transfer(context), entry.unwrap_or_default()))
        }
        Class::MissingLedger => Some(format!("{} lands", entry(context))),
        Class::MissingEscrow => Some(format!("{} land", events(context))),
        Class::OrphanTransfer => Some(format!("{}, and {} land", events(context), entry(context))),
        Class::OrphanLedger => {
            let refund = context.sides.entry().is_some_and(|entry| context.sides.is_refund(entry));
            let transfer = (!refund).then(|| format!(", and {}", transfer(context)));
            Some(format!("{}{} land", events(context), transfer.unwrap_or_default()))
        }
        Class::PartyMismatch => {
            Some("an entry in [[party_alias]] says that both names are one party, and a row of the escrow lands or the night is run again".to_owned())
        }
        _ => None,
    }
}

fn illegal_state(finding: &Finding<'_>, context: &Context<'_, '_>) -> Option<String> {
    let sides = context.sides;
    let escrow_id = context.case.escrow_id;
    let (place, offence) = match finding.subcode {
        Some(code) if code == Offence::SettledWithoutRelease.name() => {
            return match sides.state() {
                Some(EventKind::Funded) => Some(format!("a RELEASED event of escrow {escrow_id} lands")),
                Some(EventKind::Created) => {
                    Some(format!("a FUNDED and a RELEASED event of escrow {escrow_id} land"))
                }
                // Ended otherwise: no event may follow.
                _ => None,
            };
        }
        _ => life::first_offence_at(&sides.events)?,
    };
    let offender = sides.events[place].sequence;
    match offence {
        Offence::NotCreated => {
            Some(format!("a CREATED event of escrow {escrow_id} with a sequence below {offender} lands"))
        }
        // Only where the sequence has room for the event that is missing.
        Offence::ReleaseBeforeFund | Offence::RefundBeforeFund => {
            let before = sides.events[place - 1].sequence;
            (offender.saturating_sub(before) > 1).then(|| {
                format!("a FUNDED event of escrow {escrow_id} with a sequence between {before} and {offender} lands")
            })
        }
        _ => None,
    }
}

fn pending(context: &Context<'_, '_>) -> String {
    let (sides, lag) = (context.sides, context.rules.lag);
    let (missing, due, sources) = match absent(sides) {
        Some((_, sources)) => {
            let missing = match sources {
                [one] => format!("the {} row", source_name(*one)),
                _ => format!("the {} rows", words::list(sources.iter().map(|source| source_name(*source)))),
            };
            let due = sides.latest().unwrap_or_default().saturating_add(lag);
            (missing, due, words::list(sources.iter().map(|source| source_name(*source))))
        }
        None => {
            let at = earliest_unreleased(sides).unwrap_or_default();
            ("the release".to_owned(), at.saturating_add(lag), "escrow".to_owned())
        }
    };
    let escrow_id = context.case.escrow_id;
    format!(
        "{missing} of escrow {escrow_id} lands; it is missing once the {sources} watermark reaches {}",
        words::time(due)
    )
}

/// The transfer that is asked for.
fn transfer(context: &Context<'_, '_>) -> String {
    let gross = Base::of(context).map(|base| format!(" of {}", words::amount(base.gross, base.currency)));
    format!("a SETTLED transfer{} for escrow {}", gross.unwrap_or_default(), context.case.escrow_id)
}

/// The entry that is asked for, with what it posts.
fn entry(context: &Context<'_, '_>) -> String {
    let sides = context.sides;
    let escrow_id = context.case.escrow_id;
    let refund = sides.state() == Some(EventKind::Refunded);
    let base = Base::of(context);
    let taken = base.map(|base| words::amount(-base.gross, base.currency)).unwrap_or_default();
    if refund {
        let back = base.map(|base| words::digits(base.gross, base.currency)).unwrap_or_default();
        return format!(
            "an entry of type REFUND for escrow {escrow_id} that posts {taken} on escrow and {back} on payer"
        );
    }
    let kind = match sides.first().map(|event| event.kind) {
        Some(PaymentKind::Subscription) => " of type SUBSCRIPTION",
        Some(PaymentKind::Tip) => " of type TIP",
        None => "",
    };
    let net = sides
        .transfer
        .map(|transfer| format!(" and {} on creator", words::digits(transfer.net, transfer.currency)));
    format!("an entry{kind} for escrow {escrow_id} that posts {taken} on escrow{}", net.unwrap_or_default())
}

/// The escrow's events that are asked for.
fn events(context: &Context<'_, '_>) -> String {
    let sides = context.sides;
    let refund = sides.entry().is_some_and(|entry| sides.is_refund(entry)) && sides.transfer.is_none();
    let life = if refund { "CREATED, FUNDED, REFUNDED" } else { "CREATED, FUNDED, RELEASED" };
    let transfer = sides.transfer.map(|transfer| {
        transfer.fx.map_or((transfer.amount, transfer.currency), |fx| (fx.amount, fx.currency))
    });
    let gross = transfer.or_else(|| sides.entry().and_then(gross_of));
    let over = gross
        .map(|(units, currency)| format!(" over {}", words::amount(units, currency)))
        .unwrap_or_default();
    format!("the events of escrow {} ({life}){over}", context.case.escrow_id)
}
