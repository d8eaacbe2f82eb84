//! Rules about who, what and when: types, parties, the day of the entry and who may see it.

use super::sides::{CREATOR, ESCROW, Sides};
use crate::case::{Entry, EntryKind, EventKind, day_of};
use crate::class::Class;
use crate::schedule::Rules;
use crate::verdict::{Finding, Findings};

/// An entry's type is not that of the escrow's first event; for a refunded escrow, not REFUND.
pub(super) fn find_type<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    let Some(expected) = expected_type(sides) else { return };
    if sides.entries.iter().any(|entry| entry.kind != expected) {
        findings.add(Finding::of(Class::TypeMismatch));
    }
}

/// The type that the escrow asks of an entry.
pub(super) fn expected_type(sides: &Sides<'_>) -> Option<EntryKind> {
    let first = sides.first()?;
    Some(match sides.state() {
        Some(EventKind::Refunded) => EntryKind::Refund,
        _ => first.kind.into(),
    })
}

/// Another event's `from` or `to`, or the party of an `escrow` or `creator` posting, is not the first
/// event's. A party that is not stated there is another one: money must have an owner.
pub(super) fn find_parties<'a>(sides: &Sides<'a>, rules: &Rules, findings: &mut Findings<'a>) {
    let Some(first) = sides.first() else { return };
    let event = sides.events.iter().any(|event| {
        let day = day_of(event.at.max(first.at));
        !rules.same_party(first.from, event.from, day) || !rules.same_party(first.to, event.to, day)
    });
    let entry = || {
        sides.entries.iter().any(|entry| {
            let day = day_of(entry.timestamp.max(first.at));
            entry.postings.iter().any(|posting| {
                let expected = match posting.account {
                    ESCROW => first.from,
                    CREATOR => first.to,
                    _ => return false,
                };
                !posting.party.is_some_and(|party| rules.same_party(expected, party, day))
            })
        })
    };
    if event || entry() {
        findings.add(Finding::of(Class::PartyMismatch));
    }
}

/// The release, or the refund, and the entry fall on different UTC days; and the first event's visibility is
/// not the entry's. A visibility that one side alone states differs.
pub(super) fn find_day_and_visibility<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    let (Some(first), Some(last), Some(entry)) = (sides.first(), sides.last(), sides.entry()) else { return };
    if !matches!(last.event, EventKind::Released | EventKind::Refunded) {
        return;
    }
    if day_of(last.at) != day_of(entry.timestamp) {
        findings.add(Finding::of(Class::DayBoundary));
    }
    if first.visibility != entry.visibility {
        findings.add(Finding::of(Class::MetadataMismatch));
    }
}

/// The parties of the verdict: the escrow's, else those of the entry's `escrow` and `creator` postings.
pub(super) fn payer_and_creator<'a>(sides: &Sides<'a>) -> (Option<&'a str>, Option<&'a str>) {
    match (sides.first(), sides.entry()) {
        (Some(first), _) => (Some(first.from), Some(first.to)),
        (None, Some(entry)) => (party_of(entry, ESCROW), party_of(entry, CREATOR)),
        (None, None) => (None, None),
    }
}

fn party_of<'a>(entry: &Entry<'a>, account: &str) -> Option<&'a str> {
    entry
        .postings
        .iter()
        .filter(|posting| posting.account == account)
        .filter_map(|posting| posting.party)
        .min()
}
