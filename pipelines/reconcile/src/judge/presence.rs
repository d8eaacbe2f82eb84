//! Which sides are there: open and stuck escrows, settlement without release, missing and orphaned sides.

use super::sides::{Sides, gross_of};
use crate::case::{EntryKind, EventKind, Night, Watermarks};
use crate::class::Class;
use crate::life::Offence;
use crate::schedule::Rules;
use crate::verdict::{Finding, Findings};

/// A source that a case asks for and has no row of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Escrow,
    Wallet,
    Ledger,
}

impl Absent {
    /// Up to when the source is complete.
    pub fn watermark(self, watermarks: &Watermarks) -> i64 {
        match self {
            Self::Escrow => watermarks.escrow,
            Self::Wallet => watermarks.wallet,
            Self::Ledger => watermarks.ledger,
        }
    }
}

/// What a case lacks: the class that says so once it is due, and the sources whose row is absent.
///
/// Absent is every side that the escrow's state still asks for. Where there is no escrow, a transfer asks
/// for the escrow and an entry, an entry for the escrow and (unless it is a refund) a transfer.
pub(super) fn absent(sides: &Sides<'_>) -> Option<(Class, &'static [Absent])> {
    let (transferred, entered) = (!sides.transfers.is_empty(), !sides.entries.is_empty());
    let refunds = || sides.entries.iter().all(|entry| entry.kind == EntryKind::Refund);
    match sides.state() {
        Some(EventKind::Released) if !transferred && !entered => {
            Some((Class::MissingTransfer, &[Absent::Wallet, Absent::Ledger]))
        }
        Some(EventKind::Released) if !transferred => Some((Class::MissingTransfer, &[Absent::Wallet])),
        Some(EventKind::Released | EventKind::Refunded) if !entered => {
            Some((Class::MissingLedger, &[Absent::Ledger]))
        }
        None if transferred && entered => Some((Class::MissingEscrow, &[Absent::Escrow])),
        None if transferred => Some((Class::OrphanTransfer, &[Absent::Escrow, Absent::Ledger])),
        None if entered && refunds() => Some((Class::OrphanLedger, &[Absent::Escrow])),
        None if entered => Some((Class::OrphanLedger, &[Absent::Escrow, Absent::Wallet])),
        _ => None,
    }
}

/// Finds what is absent. `legal`: the events are a legal life, so that SETTLED_WITHOUT_RELEASE may hold.
pub(super) fn find<'a>(
    sides: &Sides<'a>,
    legal: bool,
    night: &Night,
    rules: &Rules,
    findings: &mut Findings<'a>,
) {
    if let Some((class, sources)) = absent(sides) {
        findings.add(missing(class, sides, sources, night, rules));
    }
    if is_unsettled(sides) {
        findings.add(unsettled(sides, night, rules));
    }
    if legal {
        find_settled_without_release(sides, night, rules, findings);
    }
}

/// Created or funded, and nothing moved.
fn is_unsettled(sides: &Sides<'_>) -> bool {
    let waits = matches!(sides.state(), Some(EventKind::Created | EventKind::Funded));
    waits && sides.transfers.is_empty() && sides.entries.is_empty()
}

/// OPEN or STUCK_ESCROW: at exactly the age limit it is still within it.
fn unsettled<'a>(sides: &Sides<'a>, night: &Night, rules: &Rules) -> Finding<'a> {
    let since = sides.last().map_or(night.end_of_day, |event| event.at);
    let stuck = night.end_of_day.saturating_sub(since) > rules.age_limit;
    Finding::of(if stuck { Class::StuckEscrow } else { Class::Open })
}

/// It holds where the time + lag of one of the offending rows is at or before the escrow's watermark; until
/// then the escrow's next event may still come, and it is pending.
fn find_settled_without_release<'a>(
    sides: &Sides<'a>,
    night: &Night,
    rules: &Rules,
    findings: &mut Findings<'a>,
) {
    let Some(earliest) = earliest_unreleased(sides) else { return };
    findings.add(if earliest.saturating_add(rules.lag) <= night.watermarks.escrow {
        Finding::of(Class::IllegalState).with_subcode(Offence::SettledWithoutRelease.name())
    } else {
        Finding::of(Class::TimingPending)
    });
}

/// The earliest time of an effective transfer or an entry whose escrow is CREATED, FUNDED or CANCELLED, or of
/// an effective transfer whose escrow is REFUNDED.
pub(super) fn earliest_unreleased(sides: &Sides<'_>) -> Option<i64> {
    let entries = match sides.state() {
        Some(EventKind::Released) | None => return None,
        Some(EventKind::Refunded) => &[][..],
        Some(EventKind::Created | EventKind::Funded | EventKind::Cancelled) => &sides.entries,
    };
    let transferred = sides.transfers.iter().map(|transfer| transfer.at);
    transferred.chain(entries.iter().map(|entry| entry.timestamp)).min()
}

/// A side that is absent: missing, or pending while the latest time of the sides present + lag is after the
/// watermark of a source whose row is absent.
fn missing<'a>(
    class: Class,
    sides: &Sides<'a>,
    absent: &[Absent],
    night: &Night,
    rules: &Rules,
) -> Finding<'a> {
    let due = sides.latest().unwrap_or(i64::MAX).saturating_add(rules.lag);
    if absent.iter().any(|source| due > source.watermark(&night.watermarks)) {
        return Finding::of(Class::TimingPending);
    }
    let gross = sides.transfer.map(|transfer| transfer.amount);
    let gross = gross.or(sides.entry().and_then(gross_of).map(|(gross, _)| gross));
    let gross = gross.or(sides.first().map(|event| event.amount));
    let orphaned = matches!(class, Class::OrphanTransfer | Class::OrphanLedger);
    let (expected, actual) = if orphaned { (None, gross) } else { (gross, None) };
    Finding::of(class).with_amounts(expected, actual)
}
