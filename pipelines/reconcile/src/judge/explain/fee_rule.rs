//! The rules about fees and net as sentences with the case's own numbers.

use schemas::money::{self, Rounding};

use super::super::fees::charged;
use super::super::sides::{CREATOR, currency_of, posted};
use super::fees::{Base, in_words};
use super::{Context, words};
use crate::class::Class;
use crate::schedule::{FeeMode, FeeRule};
use crate::verdict::Finding;

/// FEE_DISAGREES: what the transfer took, and what the ledger posted.
pub fn disagreement(finding: &Finding<'_>, context: &Context<'_, '_>) -> String {
    let kind = finding.subcode.unwrap_or_default();
    let Some(transfer) = context.sides.transfer else {
        return "transfer and ledger take the same fees".to_owned();
    };
    let rule = context.rules.schedule.rule(kind, transfer.currency, crate::case::day_of(transfer.at));
    let account = rule.map_or("its account", |(_, rule)| rule.account.as_str());
    let text = |units: Option<i128>| {
        units.map_or_else(|| "nothing".to_owned(), |units| words::amount(units, transfer.currency))
    };
    format!(
        "what the transfer takes as {kind} is what the ledger posts on {account}; {} against {}",
        text(finding.expected),
        text(finding.actual),
    )
}

/// FEE_ROUNDING, FEE_RATE and FEE_AMOUNT: the schedule's line, what it gives, and what was taken instead.
pub fn fee(finding: &Finding<'_>, context: &Context<'_, '_>) -> String {
    let (kind, actual) = (finding.subcode.unwrap_or_default(), finding.actual.unwrap_or_default());
    let sides = context.sides;
    let charging = sides.transfers.iter().find(|transfer| charged(transfer, |other| other == kind) == actual);
    let base = charging.map(|transfer| Base::of_transfer(transfer)).or_else(|| Base::of(context));
    let Some(base) = base else { return "fees are those of the schedule".to_owned() };
    let taken = words::amount(actual, base.currency);
    let Some((_, rule)) = context.rules.schedule.rule(kind, base.currency, base.day) else {
        let day = words::day(base.day);
        return format!(
            "every fee is of a type that the schedule lists; {kind} is not for {} on {day}, and took {taken}",
            base.currency
        );
    };
    let asked = in_words(rule, base);
    let times = charging.map_or(1, |transfer| transfer.fees.iter().filter(|fee| fee.kind == kind).count());
    let stated = charging.and_then(|transfer| transfer.fees.iter().find(|fee| fee.kind == kind)?.percentage);
    match finding.class {
        Class::FeeRounding => {
            format!("{asked}; taken is {taken}, as rounding {} gives", roundings(rule, base, actual))
        }
        Class::FeeRate => {
            let stated = stated.map_or_else(|| "none".to_owned(), words::rate);
            format!("{asked}; the transfer states a rate of {stated} and took {taken}")
        }
        _ if times > 1 => format!("{asked}; the transfer names it {times} times, {taken} in all"),
        _ => format!("{asked}; taken is {taken}"),
    }
}

/// The other roundings that give an amount.
fn roundings(rule: &FeeRule, base: Base<'_>, actual: i128) -> String {
    let FeeMode::Computed { rate, fixed } = rule.mode else { return "of no kind".to_owned() };
    let others = [(Rounding::HalfEven, "half to even"), (Rounding::Down, "down"), (Rounding::Up, "up")];
    let gives = |rounding| money::multiply(base.gross, rate, base.digits(), rounding)?.checked_add(fixed);
    let names =
        others.into_iter().filter(|(rounding, _)| gives(*rounding) == Some(actual)).map(|(_, name)| name);
    names.collect::<Vec<_>>().join(" or ")
}

/// NET_MISMATCH: the subtraction, or the creator's posting.
pub fn net(context: &Context<'_, '_>) -> String {
    let sides = context.sides;
    let stated = sides.transfers.iter().find_map(|transfer| {
        let fees = charged(transfer, |_| true);
        let net = transfer.amount.saturating_sub(fees);
        (net != transfer.net).then_some((transfer, fees, net))
    });
    if let Some((transfer, fees, net)) = stated {
        let text = |units| words::digits(units, transfer.currency);
        return format!(
            "net is gross minus all fees: {} − {} is {}; {} states {}",
            words::amount(transfer.amount, transfer.currency),
            text(fees),
            text(net),
            transfer.transaction_id,
            text(transfer.net),
        );
    }
    let posted = sides.entry().and_then(|entry| posted(entry, CREATOR, currency_of(entry)?));
    let (Some(transfer), Some(posted)) = (sides.transfer, posted) else {
        return "the creator is posted the transfer's net".to_owned();
    };
    format!(
        "the creator is posted the transfer's net, {}; the ledger posts {}",
        words::amount(transfer.net, transfer.currency),
        words::digits(posted, transfer.currency),
    )
}
