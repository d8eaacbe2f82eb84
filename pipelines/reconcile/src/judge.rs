//! From all rows of one escrow to its verdict: every rule on its own, then the first by precedence.
//!
//! Where the contract is silent, a rule reports whatever is true by itself:
//! - The escrow's state is its last event, in a legal life and in any other, so that an offence may stand
//!   beside what is missing for that state, and beside OPEN or STUCK_ESCROW.
//! - A row that is not effective is seen by DUPLICATE_CONFLICT alone. An id known only from FAILED or
//!   REVERSED transfers gets no row, even where two of them are in conflict.
//! - Where a side has several rows, each is judged by its own rules (balance, type, fees against the schedule,
//!   the transfer's own net) and against the escrow (currency, parties, amount); fees and net are compared
//!   between the entry and the transfer of the verdict alone.
//! - DAY_BOUNDARY and METADATA_MISMATCH are told beside DUPLICATE_CONFLICT, an illegal life and
//!   TYPE_MISMATCH, none of which is about amounts, and beside no other finding.

mod amounts;
pub mod explain;
mod fees;
mod parties;
mod presence;
mod schedule_fees;
mod sides;

use crate::case::{Case, EventKind, Night, Transfer, TransferStatus, day_of};
use crate::class::Class;
use crate::life::{self, Offence};
use crate::schedule::Rules;
use crate::verdict::{Finding, Findings, Flag, Verdict};
use sides::Sides;

/// Judges one escrow. None: nothing is known of it but transfers that moved no money.
///
/// The order of the case's rows, and of the fees and postings in them, never changes the verdict.
pub fn judge<'a>(case: &Case<'a>, night: &Night, rules: &'a Rules) -> Option<Verdict<'a>> {
    if moves_nothing(case) {
        return None;
    }
    let sides = Sides::of(case);
    let findings = find(&sides, night, rules).in_precedence();
    Some(verdict(case, &sides, rules, &findings))
}

/// Whether nothing is known but transfers that moved no money.
fn moves_nothing(case: &Case<'_>) -> bool {
    let unsettled = |transfer: &Transfer<'_>| transfer.status != TransferStatus::Settled;
    case.events.is_empty() && case.entries.is_empty() && case.transfers.iter().all(unsettled)
}

/// Asks every rule.
fn find<'a>(sides: &Sides<'a>, night: &Night, rules: &'a Rules) -> Findings<'a> {
    let mut findings = Findings::default();
    if sides.conflict {
        findings.add(Finding::of(Class::DuplicateConflict));
    }
    let offence = life::first_offence(&sides.events);
    if let Some(offence) = offence {
        findings.add(Finding::of(Class::IllegalState).with_subcode(offence.name()));
    }
    presence::find(sides, offence.is_none(), night, rules, &mut findings);
    amounts::find_duplicates(sides, &mut findings);
    amounts::find_unbalanced(sides, &mut findings);
    parties::find_type(sides, &mut findings);
    amounts::find_currencies(sides, rules, &mut findings);
    parties::find_parties(sides, rules, &mut findings);
    amounts::find_amounts(sides, &mut findings);
    fees::find_disagreement(sides, rules, &mut findings);
    schedule_fees::find(sides, rules, &mut findings);
    fees::find_net(sides, &mut findings);
    if money_agrees(&findings) {
        parties::find_day_and_visibility(sides, &mut findings);
    }
    findings
}

/// Whether nothing was found that is about money being there, or being the same, on all sides.
fn money_agrees(findings: &Findings<'_>) -> bool {
    findings.iter().all(|finding| match finding.class {
        Class::DuplicateConflict | Class::TypeMismatch => true,
        Class::IllegalState => finding.subcode != Some(Offence::SettledWithoutRelease.name()),
        _ => false,
    })
}

/// The first finding by precedence, or how the escrow ended where there is none; the rest are flags.
fn verdict<'a>(case: &Case<'a>, sides: &Sides<'a>, rules: &Rules, findings: &[Finding<'a>]) -> Verdict<'a> {
    let (first, rest) = match findings.split_first() {
        Some((first, rest)) => (*first, rest),
        None => (Finding::of(ending(sides)), &[][..]),
    };
    let money = fees::money(sides, rules);
    let (payer, creator) = parties::payer_and_creator(sides);
    Verdict {
        escrow_id: case.escrow_id,
        transaction_id: sides.transfer.map_or_else(
            || sides::conflicting_id(case.transfers.iter().map(|row| (row.standing, row.transaction_id))),
            |transfer| Some(transfer.transaction_id),
        ),
        entry_id: sides.entry().map_or_else(
            || sides::conflicting_id(case.entries.iter().map(|row| (row.standing, row.entry_id))),
            |entry| Some(entry.entry_id),
        ),
        kind: sides.first().map(|event| event.kind.into()).or(sides.entry().map(|entry| entry.kind)),
        payer,
        creator,
        currency: money.currency,
        gross: money.gross,
        platform_fee: money.platform_fee,
        processing_fee: money.processing_fee,
        other_fees: money.other_fees,
        net: money.net,
        class: first.class,
        subcode: first.subcode,
        flags: rest.iter().map(|finding| Flag { class: finding.class, subcode: finding.subcode }).collect(),
        event_day: day_of(sides.event_time(case)),
        amount: money.gross,
        expected: first.expected,
        actual: first.actual,
    }
}

/// The class of an escrow of which nothing is wrong, by how it ended.
///
/// CREATED and FUNDED never come here: alone they are OPEN or STUCK_ESCROW, with another side they are
/// SETTLED_WITHOUT_RELEASE or TIMING_PENDING. Nor does a case without an escrow, of which a side is missing.
fn ending(sides: &Sides<'_>) -> Class {
    match sides.state() {
        Some(EventKind::Cancelled) => Class::Cancelled,
        Some(EventKind::Refunded) => Class::Refunded,
        Some(EventKind::Released) => Class::Matched,
        Some(EventKind::Created | EventKind::Funded) | None => {
            debug_assert!(false, "an unended escrow always has a finding");
            Class::Open
        }
    }
}
