//! Rules on fees and on what is left of a transfer after them.
//!
//! Readings:
//! - A fee's rule is chosen by the UTC day of the transfer's own time: a rule for the transfer's currency
//!   before one for any, then the latest `effective_from`, then the last listed. A type that is listed but has
//!   no rule in force that day is unknown that day.
//! - Types stand in the order in which the schedule first names them, unknown ones as the transfers do.
//! - Types that share a ledger account are added up before transfer and ledger are compared.
//! - An account posted in other currencies alone is not compared; one not posted at all counts as zero,
//!   unless the entry's escrow postings are in another currency altogether. The creator's posting likewise.
//! - A refund's entry pays nobody out: it has no fees and no net that a transfer could be compared with.
//! - Each effective transfer is judged, also where another side is absent. For each type:
//!   a type twice is FEE_AMOUNT whatever its mode, and neither rounding nor amount are looked at further;
//!   zero or absent where a fee is expected is FEE_AMOUNT, whatever else holds;
//!   FEE_RATE goes by the stated percentage alone, even where the amount is the expected one;
//!   FEE_AMOUNT, "any other wrong fee", is not told of an amount that is FEE_ROUNDING or whose stated
//!   percentage already makes it FEE_RATE.
//! - For negative amounts down is toward zero and up away from it.

use super::case::Case;
use super::currencies::exponent;
use super::money::{self, Rounding, product};
use super::rows::{Entry, Fee, Transfer};
use super::rules::{FeeRule, Mode, Rules};
use super::sides::posted;
use super::time;

fn rule_in_force<'a>(rules: &'a Rules, kind: &str, transfer: &Transfer) -> Option<&'a FeeRule> {
    let day = time::day_of(transfer.at_us);
    let of_type = rules.fees.iter().filter(|rule| rule.fee_type == kind);
    let begun = of_type.filter(|rule| time::day_number(rule.effective_from) <= day);
    let fitting = begun.filter(|rule| rule.currency.as_ref().is_none_or(|c| *c == transfer.amount.currency));
    fitting.max_by_key(|rule| (rule.currency.is_some(), rule.effective_from))
}

/// The schedule's types in order, then the unknown ones in the order of the transfers.
fn types(case: &Case) -> Vec<String> {
    let listed = case.rules.fees.iter().map(|rule| &rule.fee_type);
    let carried = case.transfers.iter().flat_map(|transfer| transfer.fees.iter().map(|fee| &fee.kind));
    let mut types: Vec<String> = Vec::new();
    for kind in listed.chain(carried) {
        if !types.contains(kind) {
            types.push(kind.clone());
        }
    }
    // A type that no transfer finds in force goes to the unknown ones; the sort keeps the order otherwise.
    let known = |kind: &String| case.transfers.iter().any(|t| rule_in_force(case.rules, kind, t).is_some());
    types.sort_by_key(|kind| !known(kind));
    types
}

/// What `account` got by the entry in the transfer's currency; None where it cannot be compared.
fn comparable(entry: &Entry, account: &str, currency: &str) -> Option<i128> {
    if entry.kind == "REFUND" {
        return None;
    }
    let elsewhere = entry.postings.iter().any(|posting| posting.account == account);
    match posted(entry, account, currency) {
        Some(amount) => Some(amount),
        None if elsewhere => None,
        None => posted(entry, "escrow", currency).map(|_| 0),
    }
}

fn fee_differs(case: &Case, kind: &str, transfer: &Transfer, entry: &Entry) -> bool {
    let account_of = |kind: &str| rule_in_force(case.rules, kind, transfer).map(|rule| &rule.account);
    let Some(account) = account_of(kind) else { return false };
    let taken = transfer.fees.iter().filter(|fee| account_of(&fee.kind) == Some(account));
    let sum: i128 = taken.map(|fee| fee.amount).sum();
    comparable(entry, account, &transfer.amount.currency).is_some_and(|amount| amount != sum)
}

/// FEE_DISAGREES: the first type on which some transfer and some entry differ.
pub fn disagrees(case: &Case) -> Option<String> {
    let differs = |kind: &String| {
        case.transfers.iter().any(|t| case.entries.iter().any(|entry| fee_differs(case, kind, t, entry)))
    };
    types(case).into_iter().find(differs)
}

/// What is wrong with one type's fee in one transfer.
#[derive(Default)]
struct Faults {
    rounding: bool,
    rate: bool,
    amount: bool,
}

fn faults(case: &Case, kind: &str, transfer: &Transfer) -> Faults {
    let fees: Vec<&Fee> = transfer.fees.iter().filter(|fee| fee.kind == kind).collect();
    let twice = fees.len() > 1;
    let mode = rule_in_force(case.rules, kind, transfer).map(|rule| &rule.mode);
    let (rate, fixed) = match mode {
        None => return Faults { amount: !fees.is_empty(), ..Faults::default() },
        Some(Mode::Recorded) => return Faults { amount: twice, ..Faults::default() },
        Some(Mode::Computed { rate, fixed }) => (rate, fixed),
    };
    let stated = |fee: &&Fee| fee.percentage.as_ref().is_some_and(|stated| *stated != money::canonical(rate));
    let mut faults = Faults { rate: fees.iter().any(stated), amount: twice, ..Faults::default() };
    if twice {
        return faults;
    }
    let digits = exponent(&transfer.amount.currency).expect("a known currency");
    let fixed = money::read(fixed, money::SCALE).expect("a decimal in the schedule");
    let rounded = |how| product(transfer.amount.amount, rate, digits, how).map(|part| part + fixed);
    let actual = fees.first().map_or(0, |fee| fee.amount);
    let wrong = rounded(Rounding::HalfAway) != Some(actual);
    let others = [Rounding::HalfEven, Rounding::Down, Rounding::Up];
    if actual == 0 {
        faults.amount = wrong;
    } else if wrong && others.into_iter().any(|how| rounded(how) == Some(actual)) {
        faults.rounding = true;
    } else {
        faults.amount = wrong && !faults.rate;
    }
    faults
}

fn first_with(case: &Case, fault: impl Fn(Faults) -> bool) -> Option<String> {
    types(case).into_iter().find(|kind| case.transfers.iter().any(|t| fault(faults(case, kind, t))))
}

pub fn wrong_rounding(case: &Case) -> Option<String> {
    first_with(case, |faults| faults.rounding)
}

pub fn wrong_rate(case: &Case) -> Option<String> {
    first_with(case, |faults| faults.rate)
}

pub fn wrong_amount(case: &Case) -> Option<String> {
    first_with(case, |faults| faults.amount)
}

pub fn net_differs(case: &Case) -> bool {
    case.transfers.iter().any(|transfer| {
        let fees: i128 = transfer.fees.iter().map(|fee| fee.amount).sum();
        let currency = &transfer.amount.currency;
        let creator_differs = case
            .entries
            .iter()
            .any(|entry| comparable(entry, "creator", currency).is_some_and(|amount| amount != transfer.net));
        transfer.net != transfer.amount.amount - fees || creator_differs
    })
}
