//! Rules that hold the sides of one escrow next to each other: type, currency, party, amount, day, visibility.
//!
//! Readings:
//! - Where an escrow has several effective transfers or entries, each is compared: one that differs is enough.
//! - The escrow's type is its first event's; a later event of another type is nothing.
//! - A refunded escrow is one whose last event is REFUNDED. Any other state asks for the escrow's own type.
//! - The ledger's currency and amount are those of its `escrow` postings, added up per currency.
//! - The ledger is compared with the transfer and, where no transfer carries `fx`, also with the escrow.
//! - A wrong product of `fx` is CURRENCY_MISMATCH also where no escrow is known.
//! - Amounts in different currencies are never compared, so a CURRENCY_MISMATCH alone is no AMOUNT_MISMATCH.
//! - A posting to `escrow` or `creator` without a party differs from any party; an entry without a `creator`
//!   posting has no party to compare. A visibility that is null differs from one that is not.
//! - An alias holds from the later day of the two rows compared, and aliases may follow one another.
//! - Release and refund alike compare the first event's visibility.

use std::collections::BTreeMap;

use super::case::Case;
use super::currencies::exponent;
use super::money::{Rounding, product};
use super::rows::{Entry, Transfer};
use super::rules::Rules;
use super::time;

pub fn unbalanced(case: &Case) -> bool {
    case.entries.iter().any(|entry| {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for posting in &entry.postings {
            *sums.entry(&posting.currency).or_default() += posting.amount;
        }
        sums.values().any(|sum| *sum != 0)
    })
}

pub fn type_differs(case: &Case) -> bool {
    let Some(first) = case.first() else { return false };
    let wanted = if case.state_is(&["REFUNDED"]) { "REFUND" } else { first.kind.as_str() };
    case.entries.iter().any(|entry| entry.kind != wanted)
}

/// What an entry's postings to one account add up to in one currency; None where it has none there.
pub fn posted(entry: &Entry, account: &str, currency: &str) -> Option<i128> {
    let postings = entry.postings.iter();
    let there = postings.filter(|posting| posting.account == account && posting.currency == currency);
    there.map(|posting| posting.amount).reduce(|sum, amount| sum + amount)
}

fn escrow_in_other_currency(entry: &Entry, currency: &str) -> bool {
    entry.postings.iter().any(|posting| posting.account == "escrow" && posting.currency != currency)
}

fn any_exchange(case: &Case) -> bool {
    case.transfers.iter().any(|transfer| transfer.fx.is_some())
}

fn exchange_is_wrong(transfer: &Transfer) -> bool {
    transfer.fx.as_ref().is_some_and(|fx| {
        let digits = exponent(&transfer.amount.currency).expect("a known currency");
        product(fx.from.amount, &fx.rate, digits, Rounding::HalfAway) != Some(transfer.amount.amount)
    })
}

pub fn currency_differs(case: &Case) -> bool {
    let mut differs = case.transfers.iter().any(|transfer| exchange_is_wrong(transfer));
    for (transfer, entry) in case.transfers.iter().flat_map(|t| case.entries.iter().map(move |e| (t, e))) {
        differs |= escrow_in_other_currency(entry, &transfer.amount.currency);
    }
    let Some(first) = case.first() else { return differs };
    let currency = &first.amount.currency;
    differs |= case.events.iter().any(|event| event.amount.currency != *currency);
    for transfer in &case.transfers {
        let compared = transfer.fx.as_ref().map_or(&transfer.amount, |fx| &fx.from);
        differs |= compared.currency != *currency;
    }
    let with_escrow = !any_exchange(case);
    differs | (with_escrow && case.entries.iter().any(|entry| escrow_in_other_currency(entry, currency)))
}

pub fn amount_differs(case: &Case) -> bool {
    let mut differs = false;
    for (transfer, entry) in case.transfers.iter().flat_map(|t| case.entries.iter().map(move |e| (t, e))) {
        let ledger = posted(entry, "escrow", &transfer.amount.currency);
        differs |= ledger.is_some_and(|amount| -amount != transfer.amount.amount);
    }
    let Some(first) = case.first() else { return differs };
    let escrow = &first.amount;
    for event in &case.events {
        differs |= event.amount.currency == escrow.currency && event.amount.amount != escrow.amount;
    }
    for transfer in &case.transfers {
        let compared = transfer.fx.as_ref().map_or(&transfer.amount, |fx| &fx.from);
        differs |= compared.currency == escrow.currency && compared.amount != escrow.amount;
    }
    let with_escrow = !any_exchange(case);
    let ledger_differs = |entry: &&Entry| {
        posted(entry, "escrow", &escrow.currency).is_some_and(|amount| -amount != escrow.amount)
    };
    differs | (with_escrow && case.entries.iter().any(ledger_differs))
}

/// A party under the name it bears on `day`.
fn resolve<'a>(rules: &'a Rules, party: &'a str, day: i64) -> &'a str {
    let mut name = party;
    // As many steps as there are aliases: a ring of aliases comes to an end too.
    for _ in &rules.aliases {
        let known = rules.aliases.iter().filter(|alias| alias.from == name);
        let in_force = known.filter(|alias| time::day_number(alias.effective_from) <= day);
        name = in_force.max_by_key(|alias| alias.effective_from).map_or(name, |alias| &alias.to);
    }
    name
}

pub fn party_differs(case: &Case) -> bool {
    let Some(first) = case.first() else { return false };
    let same = |left: &str, right: &str, other_us: i64| {
        let day = time::day_of(first.at_us.max(other_us));
        resolve(case.rules, left, day) == resolve(case.rules, right, day)
    };
    let event_differs = case.events.iter().any(|event| {
        !same(&first.from, &event.from, event.at_us) || !same(&first.to, &event.to, event.at_us)
    });
    let entry_differs = case.entries.iter().any(|entry| {
        entry.postings.iter().any(|posting| {
            let wanted = match posting.account.as_str() {
                "escrow" => &first.from,
                "creator" => &first.to,
                _ => return false,
            };
            !posting.party.as_ref().is_some_and(|party| same(wanted, party, entry.at_us))
        })
    });
    event_differs || entry_differs
}

/// Whether release or refund and an entry fall on different days.
pub fn day_differs(case: &Case) -> bool {
    let Some(last) = case.events.last() else { return false };
    case.entries.iter().any(|entry| time::day_of(entry.at_us) != time::day_of(last.at_us))
}

pub fn visibility_differs(case: &Case) -> bool {
    let Some(first) = case.first() else { return false };
    case.entries.iter().any(|entry| entry.visibility != first.visibility)
}
