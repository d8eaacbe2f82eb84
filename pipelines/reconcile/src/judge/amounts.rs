//! Rules about rows and gross amounts: duplicates, balance, currencies, and that all sides name one amount.

use super::sides::{CREATOR, ESCROW, PAYER, Sides, currency_of, gross_of, sum_where};
use crate::case::{Entry, EntryKind, EventKind, Transfer};
use crate::class::Class;
use crate::schedule::Rules;
use crate::verdict::{Finding, Findings};
use schemas::money::{self, Rounding};

/// Two effective transfers or two entries with different ids, whatever their types.
pub(super) fn find_duplicates<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    if let [first, rest @ ..] = sides.transfers.as_slice()
        && rest.iter().any(|other| other.transaction_id != first.transaction_id)
    {
        let same = rest.iter().all(|other| other.currency == first.currency);
        let sum = sides.transfers.iter().fold(0_i128, |sum, transfer| sum.saturating_add(transfer.amount));
        let one = sides.transfer.map(|transfer| transfer.amount);
        findings.add(Finding::of(Class::DuplicateTransfer).with_amounts(one, same.then_some(sum)));
    }
    if let [first, rest @ ..] = sides.entries.as_slice()
        && rest.iter().any(|other| other.entry_id != first.entry_id)
    {
        let one = gross_of(first);
        let sum = sides.entries.iter().try_fold(0_i128, |sum, entry| {
            let (gross, currency) = gross_of(entry)?;
            one.is_some_and(|(_, other)| other == currency).then(|| sum.saturating_add(gross))
        });
        findings.add(Finding::of(Class::DuplicateLedger).with_amounts(one.map(|(gross, _)| gross), sum));
    }
}

/// An entry whose postings do not sum to zero in each currency. `actual` is the first sum that is not zero,
/// in the order of the currencies' codes.
pub(super) fn find_unbalanced<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    if let Some((excess, _)) = sides.entries.iter().find_map(|entry| imbalance(entry)) {
        findings.add(Finding::of(Class::UnbalancedPostings).with_amounts(Some(0), Some(excess)));
    }
}

/// The first sum of an entry's postings that is not zero, in the order of the currencies' codes.
pub(super) fn imbalance<'a>(entry: &Entry<'a>) -> Option<(i128, &'a str)> {
    let currency = entry.postings.first()?.currency;
    if entry.postings.iter().all(|posting| posting.currency == currency) {
        let sum = sum_where(entry, |_| true);
        return (sum != 0).then_some((sum, currency));
    }
    let mut postings: Vec<_> = entry.postings.iter().collect();
    postings.sort_unstable_by_key(|posting| posting.currency);
    postings
        .chunk_by(|left, right| left.currency == right.currency)
        .map(|same| {
            (same.iter().fold(0_i128, |sum, posting| sum.saturating_add(posting.amount)), same[0].currency)
        })
        .find(|(sum, _)| *sum != 0)
}

/// The sides' currencies differ: another event's from the first's; a transfer's (with a conversion, the one
/// it came from) from the escrow's; a known account's posting from the transfer's, or from the escrow's where
/// there is no transfer. And a conversion's product is not the transfer's amount.
pub(super) fn find_currencies<'a>(sides: &Sides<'a>, rules: &Rules, findings: &mut Findings<'a>) {
    let escrow = sides.first().map(|event| event.currency);
    let differs = |currency: &str| escrow.is_some_and(|escrow| escrow != currency);
    let event = sides.events.iter().any(|event| differs(event.currency));
    let transfer = sides.transfers.iter().any(|transfer| differs(paid(transfer).1));
    let entry = sides.entries.iter().any(|entry| posts_another_currency(entry, sides, rules));
    let product = sides.transfers.iter().find_map(|transfer| wrong_product(transfer));
    if event || transfer || entry || product.is_some() {
        let (expected, actual) = product.unwrap_or_default();
        findings.add(Finding::of(Class::CurrencyMismatch).with_amounts(expected, actual));
    }
}

/// What a transfer took from the escrow: what it converted, or its own amount.
fn paid<'a>(transfer: &Transfer<'a>) -> (i128, &'a str) {
    transfer.fx.map_or((transfer.amount, transfer.currency), |fx| (fx.amount, fx.currency))
}

/// The product and the amount of a conversion, where they differ. The product is rounded half away from zero
/// to the exponent of the transfer's currency; one that is too large to be an amount is none.
fn wrong_product(transfer: &Transfer<'_>) -> Option<(Option<i128>, Option<i128>)> {
    let fx = transfer.fx?;
    let digits = money::exponent(transfer.currency).unwrap_or(money::SCALE);
    let product = money::multiply(fx.amount, fx.rate, digits, Rounding::HalfUp);
    (product != Some(transfer.amount)).then_some((product, Some(transfer.amount)))
}

fn posts_another_currency(entry: &Entry<'_>, sides: &Sides<'_>, rules: &Rules) -> bool {
    let transfer = sides.transfer_of(entry).map(|transfer| transfer.currency);
    let Some(expected) = transfer.or(sides.first().map(|event| event.currency)) else { return false };
    entry.postings.iter().any(|posting| {
        posting.currency != expected
            && (matches!(posting.account, ESCROW | CREATOR | PAYER)
                || rules.schedule.names_account(posting.account))
    })
}

/// Escrow amount, transfer gross and ledger escrow posting are not all equal, as far as they are in one
/// currency; or a refund that balances gives the payer another sum than it takes from the escrow. (What a
/// refund that does not balance gives is told by UNBALANCED_POSTINGS.)
pub(super) fn find_amounts<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    let escrow = sides.first().map(|event| (event.amount, event.currency));
    let difference = sides
        .events
        .iter()
        .find_map(|event| differ(escrow, Some((event.amount, event.currency))))
        .or_else(|| sides.transfers.iter().find_map(|transfer| differ(escrow, Some(paid(transfer)))))
        .or_else(|| sides.entries.iter().find_map(|entry| entry_differs(entry, sides)));
    if let Some((expected, actual)) = difference {
        findings.add(Finding::of(Class::AmountMismatch).with_amounts(Some(expected), Some(actual)));
    }
}

fn entry_differs(entry: &Entry<'_>, sides: &Sides<'_>) -> Option<(i128, i128)> {
    let gross = gross_of(entry);
    let transfer = sides.transfer_of(entry);
    let converted = transfer.is_some_and(|transfer| transfer.fx.is_some());
    let escrow = sides.first().filter(|_| !converted).map(|event| (event.amount, event.currency));
    differ(escrow, gross)
        .or_else(|| differ(transfer.map(|transfer| (transfer.amount, transfer.currency)), gross))
        .or_else(|| refund_differs(entry, sides))
}

fn refund_differs(entry: &Entry<'_>, sides: &Sides<'_>) -> Option<(i128, i128)> {
    let refund = entry.kind == EntryKind::Refund;
    if !refund || !matches!(sides.state(), Some(EventKind::Refunded) | None) || imbalance(entry).is_some() {
        return None;
    }
    let currency = currency_of(entry);
    let paid_back =
        sum_where(entry, |posting| posting.account == PAYER && Some(posting.currency) == currency);
    differ(gross_of(entry), currency.map(|currency| (paid_back, currency)))
}

/// Two amounts of one currency that are not equal.
fn differ(expected: Option<(i128, &str)>, actual: Option<(i128, &str)>) -> Option<(i128, i128)> {
    let ((expected, expected_currency), (actual, actual_currency)) = expected.zip(actual)?;
    (expected_currency == actual_currency && expected != actual).then_some((expected, actual))
}
