//! Which sides are there: open and stuck escrows, settlement without release, missing and orphaned sides.

use super::sides::{Sides, gross_of};
use crate::case::{EntryKind, EventKind, Night};
use crate::class::Class;
use crate::life::Offence;
use crate::schedule::Rules;
use crate::verdict::{Finding, Findings};

/// Finds what is absent. `legal`: the events are a legal life, so that SETTLED_WITHOUT_RELEASE may hold.
///
/// Absent is every side that the escrow's state still asks for. Where there is no escrow, a transfer asks
/// for the escrow and an entry, an entry for the escrow and (unless it is a refund) a transfer.
pub(super) fn find<'a>(
    sides: &Sides<'a>,
    legal: bool,
    night: &Night,
    rules: &Rules,
    findings: &mut Findings<'a>,
) {
    let watermarks = &night.watermarks;
    let (transferred, entered) = (!sides.transfers.is_empty(), !sides.entries.is_empty());
    let mut miss = |class, absent: &[i64]| findings.add(missing(class, sides, absent, rules));
    match sides.state() {
        Some(EventKind::Released) if !transferred && !entered => {
            miss(Class::MissingTransfer, &[watermarks.wallet, watermarks.ledger]);
        }
        Some(EventKind::Released) if !transferred => miss(Class::MissingTransfer, &[watermarks.wallet]),
        Some(EventKind::Released | EventKind::Refunded) if !entered => {
            miss(Class::MissingLedger, &[watermarks.ledger]);
        }
        None if transferred && entered => miss(Class::MissingEscrow, &[watermarks.escrow]),
        None if transferred => miss(Class::OrphanTransfer, &[watermarks.escrow, watermarks.ledger]),
        None if entered && sides.entries.iter().all(|entry| entry.kind == EntryKind::Refund) => {
            miss(Class::OrphanLedger, &[watermarks.escrow]);
        }
        None if entered => miss(Class::OrphanLedger, &[watermarks.escrow, watermarks.wallet]),
        Some(EventKind::Created | EventKind::Funded) if !transferred && !entered => {
            findings.add(unsettled(sides, night, rules));
        }
        _ => {}
    }
    if legal {
        find_settled_without_release(sides, night, rules, findings);
    }
}

/// OPEN or STUCK_ESCROW: at exactly the age limit it is still within it.
fn unsettled<'a>(sides: &Sides<'a>, night: &Night, rules: &Rules) -> Finding<'a> {
    let since = sides.last().map_or(night.end_of_day, |event| event.at);
    let stuck = night.end_of_day.saturating_sub(since) > rules.age_limit;
    Finding::of(if stuck { Class::StuckEscrow } else { Class::Open })
}

/// An effective transfer or an entry whose escrow is CREATED, FUNDED or CANCELLED, or an effective transfer
/// whose escrow is REFUNDED. It holds where the time + lag of one of these rows is at or before the escrow's
/// watermark; until then the escrow's next event may still come, and it is pending.
fn find_settled_without_release<'a>(
    sides: &Sides<'a>,
    night: &Night,
    rules: &Rules,
    findings: &mut Findings<'a>,
) {
    let entries = match sides.state() {
        Some(EventKind::Released) | None => return,
        Some(EventKind::Refunded) => &[][..],
        Some(EventKind::Created | EventKind::Funded | EventKind::Cancelled) => &sides.entries,
    };
    let transferred = sides.transfers.iter().map(|transfer| transfer.at);
    let earliest = transferred.chain(entries.iter().map(|entry| entry.timestamp)).min();
    let Some(earliest) = earliest else { return };
    findings.add(if earliest.saturating_add(rules.lag) <= night.watermarks.escrow {
        Finding::of(Class::IllegalState).with_subcode(Offence::SettledWithoutRelease.name())
    } else {
        Finding::of(Class::TimingPending)
    });
}

/// A side that is absent: missing, or pending while the latest time of the sides present + lag is after the
/// watermark of a source whose row is absent.
fn missing<'a>(class: Class, sides: &Sides<'a>, absent: &[i64], rules: &Rules) -> Finding<'a> {
    let due = sides.latest().unwrap_or(i64::MAX).saturating_add(rules.lag);
    if absent.iter().any(|watermark| due > *watermark) {
        return Finding::of(Class::TimingPending);
    }
    let gross = sides.transfer.map(|transfer| transfer.amount);
    let gross = gross.or(sides.entry().and_then(gross_of).map(|(gross, _)| gross));
    let gross = gross.or(sides.first().map(|event| event.amount));
    let orphaned = matches!(class, Class::OrphanTransfer | Class::OrphanLedger);
    let (expected, actual) = if orphaned { (None, gross) } else { (gross, None) };
    Finding::of(class).with_amounts(expected, actual)
}
