//! Rules that compare fees with the schedule: rounding, rate and amount.
//!
//! They read the transfers' fees. Where there is no effective transfer they read what the ledger took, of
//! which no percentage is known; a refund takes nothing and is not read.

use super::fees::charged;
use super::sides::{Sides, gross_of, posted};
use crate::case::{Entry, Transfer, day_of};
use crate::class::Class;
use crate::schedule::{FeeMode, FeeRule, Rules, Schedule};
use crate::verdict::{Finding, Findings};
use schemas::money::{self, Rate, Rounding};

/// Finds FEE_ROUNDING, FEE_RATE and FEE_AMOUNT, each for the first fee type in schedule order. Types that
/// are not listed, or not yet on that day, come after those of the schedule, by name.
///
/// A fee may hold two of them: a wrong percentage is FEE_RATE whatever the amount; a wrong amount beside it
/// is FEE_AMOUNT too, unless the wrong percentage gives just that amount. A computed fee of zero where one is
/// expected is always FEE_AMOUNT, as is a type twice in one transfer, recorded ones included.
pub(super) fn find<'a>(sides: &Sides<'a>, rules: &'a Rules, findings: &mut Findings<'a>) {
    let mut faults = Faults::default();
    for transfer in &sides.transfers {
        judge_transfer(transfer, &rules.schedule, &mut faults);
    }
    if sides.transfers.is_empty() {
        for entry in sides.entries.iter().filter(|entry| !sides.is_refund(entry)) {
            judge_entry(entry, &rules.schedule, &mut faults);
        }
    }
    let classes = [Class::FeeRounding, Class::FeeRate, Class::FeeAmount];
    for (class, fault) in classes.into_iter().zip([faults.rounding, faults.rate, faults.amount]) {
        if let Some(fault) = fault {
            let finding = Finding::of(class).with_subcode(fault.kind);
            findings.add(finding.with_amounts(fault.expected, Some(fault.actual)));
        }
    }
}

/// The first fault of each class so far.
#[derive(Default)]
struct Faults<'a> {
    rounding: Option<Fault<'a>>,
    rate: Option<Fault<'a>>,
    amount: Option<Fault<'a>>,
}

/// One wrong fee.
#[derive(Clone, Copy)]
struct Fault<'a> {
    /// The type's place in schedule order; `usize::MAX` where it is not listed.
    rank: usize,
    kind: &'a str,
    expected: Option<i128>,
    actual: i128,
}

impl<'a> Fault<'a> {
    fn note(self, slot: &mut Option<Fault<'a>>) {
        if slot.is_none_or(|known| (self.rank, self.kind) < (known.rank, known.kind)) {
            *slot = Some(self);
        }
    }
}

/// What a row says about one fee type.
struct Claim<'a> {
    gross: i128,
    currency: &'a str,
    /// How often the type is named.
    times: usize,
    actual: i128,
    /// A stated percentage that is not the schedule's.
    wrong_rate: Option<Rate>,
}

fn judge_transfer<'a>(transfer: &Transfer<'a>, schedule: &'a Schedule, faults: &mut Faults<'a>) {
    let day = day_of(transfer.at);
    let mut listed = 0;
    for (rank, fee_type) in schedule.types().iter().enumerate() {
        let Some(rule) = fee_type.in_force(transfer.currency, day) else { continue };
        let mut claim = Claim {
            gross: transfer.amount,
            currency: transfer.currency,
            times: 0,
            actual: 0,
            wrong_rate: None,
        };
        for fee in transfer.fees.iter().filter(|fee| fee.kind == fee_type.name) {
            claim.times += 1;
            claim.actual = claim.actual.saturating_add(fee.amount);
            if let (FeeMode::Computed { rate, .. }, Some(stated)) = (rule.mode, fee.percentage)
                && stated != rate
            {
                claim.wrong_rate = Some(stated);
            }
        }
        listed += claim.times;
        judge_claim(rank, rule, &claim, faults);
    }
    if listed == transfer.fees.len() {
        return;
    }
    for fee in transfer.fees {
        if schedule.rule(fee.kind, transfer.currency, day).is_none() {
            let actual = charged(transfer, |kind| kind == fee.kind);
            let fault = Fault { rank: usize::MAX, kind: fee.kind, expected: None, actual };
            fault.note(&mut faults.amount);
        }
    }
}

/// Types that share an account cannot be told apart in an entry and are not read.
fn judge_entry<'a>(entry: &Entry<'_>, schedule: &'a Schedule, faults: &mut Faults<'a>) {
    let Some((gross, currency)) = gross_of(entry) else { return };
    let day = day_of(entry.timestamp);
    let in_force = || schedule.types().iter().map(|fee_type| fee_type.in_force(currency, day));
    for (rank, rule) in in_force().enumerate() {
        let Some(rule) = rule else { continue };
        let takers = in_force().flatten().filter(|other| other.account == rule.account).count();
        let Some(actual) = posted(entry, &rule.account, currency).filter(|_| takers == 1) else { continue };
        judge_claim(rank, rule, &Claim { gross, currency, times: 1, actual, wrong_rate: None }, faults);
    }
}

fn judge_claim<'a>(rank: usize, rule: &'a FeeRule, claim: &Claim<'_>, faults: &mut Faults<'a>) {
    let fault = |expected| Fault { rank, kind: &rule.kind, expected, actual: claim.actual };
    let FeeMode::Computed { rate, fixed } = rule.mode else {
        if claim.times > 1 {
            fault(None).note(&mut faults.amount);
        }
        return;
    };
    let fee = |rate, rounding| computed(claim, rate, fixed, rounding);
    let expected = fee(rate, Rounding::HalfUp);
    if claim.wrong_rate.is_some() {
        fault(expected).note(&mut faults.rate);
    }
    if claim.times <= 1 && expected == Some(claim.actual) {
        return;
    }
    let gives = |rate| OTHER_ROUNDINGS.iter().any(|rounding| fee(rate, *rounding) == Some(claim.actual));
    let judgeable = claim.times <= 1 && claim.actual != 0;
    if judgeable && gives(rate) {
        fault(expected).note(&mut faults.rounding);
        return;
    }
    // Half away from zero is either down or up: the other roundings cover the wrong rate's own fee.
    let explained = claim.wrong_rate.is_some_and(gives);
    if !(judgeable && explained) {
        fault(expected).note(&mut faults.amount);
    }
}

const OTHER_ROUNDINGS: [Rounding; 3] = [Rounding::HalfEven, Rounding::Down, Rounding::Up];

/// round(gross × `rate`) to the currency's exponent, plus `fixed`; none where that is too large.
fn computed(claim: &Claim<'_>, rate: Rate, fixed: i128, rounding: Rounding) -> Option<i128> {
    let digits = money::exponent(claim.currency).unwrap_or(money::SCALE);
    money::multiply(claim.gross, rate, digits, rounding)?.checked_add(fixed)
}
