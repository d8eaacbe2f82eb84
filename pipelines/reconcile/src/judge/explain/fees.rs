//! Fees next to what the schedule asks for.

use schemas::money::{self, Rounding};

use super::super::fees::charged;
use super::super::sides::{CREATOR, ESCROW, PAYER, gross_of, posted};
use super::{Context, FeeLine, words};
use crate::case::{Entry, Transfer, day_of};
use crate::schedule::{FeeMode, FeeRule};

/// What fees are reckoned on: a gross amount on a day.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    pub gross: i128,
    pub currency: &'a str,
    pub day: i32,
}

impl<'a> Base<'a> {
    pub fn of_transfer(transfer: &Transfer<'a>) -> Self {
        Self { gross: transfer.amount, currency: transfer.currency, day: day_of(transfer.at) }
    }

    pub fn of_entry(entry: &Entry<'a>) -> Option<Self> {
        let (gross, currency) = gross_of(entry)?;
        Some(Self { gross, currency, day: day_of(entry.timestamp) })
    }

    /// That of the transfer, else of the entry, else of the escrow, as the payment would have it.
    pub fn of(context: &Context<'a, '_>) -> Option<Self> {
        let sides = context.sides;
        let entry = sides.entry().filter(|entry| !sides.is_refund(entry));
        let escrow = || {
            let (first, last) = (sides.first()?, sides.last()?);
            Some(Self { gross: first.amount, currency: first.currency, day: day_of(last.at) })
        };
        sides.transfer.map(Self::of_transfer).or_else(|| entry.and_then(Self::of_entry)).or_else(escrow)
    }

    /// What a rule asks for on it.
    pub fn expected(self, rule: &FeeRule) -> Option<i128> {
        let FeeMode::Computed { rate, fixed } = rule.mode else { return None };
        money::multiply(self.gross, rate, self.digits(), Rounding::HalfUp)?.checked_add(fixed)
    }

    pub fn digits(self) -> u8 {
        money::exponent(self.currency).unwrap_or(money::SCALE)
    }
}

/// A line of the schedule in words, with what it gives on a base.
pub fn in_words(rule: &FeeRule, base: Base<'_>) -> String {
    let since = words::day(rule.effective_from);
    let only = rule.currency.as_ref().map(|only| format!(" for {only}")).unwrap_or_default();
    let FeeMode::Computed { rate, fixed } = rule.mode else {
        return format!("{}{only} since {since}: recorded, no amount is expected", rule.kind);
    };
    let exact = words::product(base.gross, rate).map(|exact| format!(" = {exact}")).unwrap_or_default();
    let fixed_part =
        if fixed == 0 { String::new() } else { format!(" + {}", words::digits(fixed, base.currency)) };
    let gives = base.expected(rule).map_or_else(
        || "is too large to be an amount".to_owned(),
        |expected| format!("gives {}", words::amount(expected, base.currency)),
    );
    format!(
        "{}{only} since {since}: {} × {}{exact}, half away from zero to {} digits{fixed_part} {gives}",
        rule.kind,
        words::amount(base.gross, base.currency),
        words::rate(rate),
        base.digits(),
    )
}

/// A line a fee type of the schedule, and one a type or account that it does not list.
pub fn lines(context: &Context<'_, '_>) -> Vec<FeeLine> {
    let Some(base) = Base::of(context) else { return Vec::new() };
    let sides = context.sides;
    let entry = sides.entry().filter(|entry| !sides.is_refund(entry));
    if sides.transfer.is_none() && entry.is_none() {
        return Vec::new();
    }
    let schedule = &context.rules.schedule;
    let mut lines = Vec::new();
    for fee_type in schedule.types() {
        let Some(rule) = fee_type.in_force(base.currency, base.day) else { continue };
        let expected = base.expected(rule);
        let wallet = sides.transfer.map(|transfer| charged(transfer, |kind| kind == rule.kind));
        let ledger = entry.and_then(|entry| posted(entry, &rule.account, base.currency));
        let stated = sides.transfer.and_then(|transfer| {
            transfer.fees.iter().find(|fee| fee.kind == rule.kind).and_then(|fee| fee.percentage)
        });
        let wrong_rate =
            matches!((rule.mode, stated), (FeeMode::Computed { rate, .. }, Some(stated)) if stated != rate);
        let unlike =
            |amount: Option<i128>| matches!((expected, amount), (Some(asked), Some(is)) if asked != is);
        let text = |units: Option<i128>| units.map(|units| words::digits(units, base.currency));
        lines.push(FeeLine {
            kind: rule.kind.clone(),
            rule: in_words(rule, base),
            account: Some(rule.account.clone()),
            expected: text(expected),
            wallet: text(wallet),
            stated_rate: stated.map(words::rate),
            ledger: text(ledger),
            differs: wrong_rate
                || unlike(wallet)
                || unlike(ledger)
                || matches!((wallet, ledger), (Some(a), Some(b)) if a != b),
        });
    }
    lines.extend(unlisted_types(context, base));
    lines.extend(entry.into_iter().flat_map(|entry| unlisted_accounts(context, entry)));
    lines
}

fn unlisted_types(context: &Context<'_, '_>, base: Base<'_>) -> Vec<FeeLine> {
    let Some(transfer) = context.sides.transfer else { return Vec::new() };
    let schedule = &context.rules.schedule;
    let mut kinds: Vec<_> = transfer.fees.iter().map(|fee| fee.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.retain(|kind| schedule.rule(kind, base.currency, base.day).is_none());
    let line = |kind: &str| FeeLine {
        kind: kind.to_owned(),
        rule: format!(
            "no line of the schedule is for {kind} in {} on {}",
            base.currency,
            words::day(base.day)
        ),
        account: None,
        expected: None,
        wallet: Some(words::digits(charged(transfer, |other| other == kind), base.currency)),
        stated_rate: None,
        ledger: None,
        differs: true,
    };
    kinds.into_iter().map(line).collect()
}

fn unlisted_accounts(context: &Context<'_, '_>, entry: &Entry<'_>) -> Vec<FeeLine> {
    let schedule = &context.rules.schedule;
    let is_known =
        |account: &str| matches!(account, ESCROW | CREATOR | PAYER) || schedule.names_account(account);
    let postings = entry.postings.iter().filter(|posting| !is_known(posting.account));
    let line = |posting: &crate::case::Posting<'_>| FeeLine {
        kind: posting.account.to_owned(),
        rule: format!("no line of the schedule names the account {}", posting.account),
        account: Some(posting.account.to_owned()),
        expected: None,
        wallet: None,
        stated_rate: None,
        ledger: Some(words::amount(posting.amount, posting.currency)),
        differs: true,
    };
    postings.map(line).collect()
}
