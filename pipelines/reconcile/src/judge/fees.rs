//! Rules that compare the transfer's fees and net with the ledger's, and the money columns of the verdict.

use super::sides::{CREATOR, ESCROW, PAYER, Sides, currency_of, gross_of, posted, sum_where};
use crate::case::{Entry, Transfer, day_of};
use crate::class::Class;
use crate::schedule::{PLATFORM, PROCESSING, Rules, Schedule};
use crate::verdict::{Finding, Findings};

/// The sum of a transfer's fees whose type holds a condition.
pub(super) fn charged(transfer: &Transfer<'_>, holds: impl Fn(&str) -> bool) -> i128 {
    let kept = transfer.fees.iter().filter(|fee| holds(fee.kind));
    kept.fold(0_i128, |sum, fee| sum.saturating_add(fee.amount))
}

/// The compared transfer and what is posted on the account of one of its fees differ.
///
/// An absent fee is a fee of zero, on either side. Types that share an account are compared as one sum, under
/// the first of them. A type that is not listed has no account; what it took is missed from the net. Amounts
/// in different currencies are not compared.
pub(super) fn find_disagreement<'a>(sides: &Sides<'a>, rules: &'a Rules, findings: &mut Findings<'a>) {
    let Some((transfer, entry)) = comparable(sides) else { return };
    let day = day_of(transfer.at);
    let account_of =
        |kind: &str| rules.schedule.rule(kind, transfer.currency, day).map(|(_, rule)| rule.account.as_str());
    for (rank, fee_type) in rules.schedule.types().iter().enumerate() {
        let Some(rule) = fee_type.in_force(transfer.currency, day) else { continue };
        let account = rule.account.as_str();
        let earlier = &rules.schedule.types()[..rank];
        if earlier.iter().any(|earlier| account_of(&earlier.name) == Some(account)) {
            continue;
        }
        let shared =
            rules.schedule.types()[rank + 1..].iter().any(|later| account_of(&later.name) == Some(account));
        let taken = if shared {
            charged(transfer, |kind| account_of(kind) == Some(account))
        } else {
            charged(transfer, |kind| kind == fee_type.name)
        };
        if let Some(entered) = posted(entry, account, transfer.currency)
            && entered != taken
        {
            findings.add(
                Finding::of(Class::FeeDisagrees)
                    .with_subcode(&fee_type.name)
                    .with_amounts(Some(taken), Some(entered)),
            );
            return;
        }
    }
}

/// A transfer's net is not gross minus fees, or the creator's postings are not the compared transfer's net.
pub(super) fn find_net<'a>(sides: &Sides<'a>, findings: &mut Findings<'a>) {
    let stated = sides.transfers.iter().find_map(|transfer| {
        let net = transfer.amount.saturating_sub(charged(transfer, |_| true));
        (net != transfer.net).then_some((net, transfer.net))
    });
    let difference = stated.or_else(|| {
        let (transfer, entry) = comparable(sides)?;
        let entered = posted(entry, CREATOR, transfer.currency)?;
        (entered != transfer.net).then_some((transfer.net, entered))
    });
    if let Some((expected, actual)) = difference {
        findings.add(Finding::of(Class::NetMismatch).with_amounts(Some(expected), Some(actual)));
    }
}

/// The entry and the transfer that it should repeat, where both are in one currency.
fn comparable<'a>(sides: &Sides<'a>) -> Option<(&'a Transfer<'a>, &'a Entry<'a>)> {
    let entry = sides.entry()?;
    let transfer = sides.transfer_of(entry)?;
    (currency_of(entry) == Some(transfer.currency)).then_some((transfer, entry))
}

/// The money columns of a verdict.
#[derive(Debug, Default)]
pub(super) struct Money<'a> {
    pub currency: Option<&'a str>,
    pub gross: Option<i128>,
    pub platform_fee: Option<i128>,
    pub processing_fee: Option<i128>,
    pub other_fees: Option<i128>,
    pub net: Option<i128>,
}

impl<'a> Money<'a> {
    fn gross(amount: i128, currency: &'a str) -> Self {
        Self { currency: Some(currency), gross: Some(amount), ..Self::default() }
    }

    fn with_fees(self, platform: i128, processing: i128, other: i128) -> Self {
        let fees = platform.saturating_add(processing).saturating_add(other);
        Self {
            platform_fee: Some(platform),
            processing_fee: Some(processing),
            other_fees: Some(other),
            net: self.gross.map(|gross| gross.saturating_sub(fees)),
            ..self
        }
    }
}

/// The transfer's money, else the entry's, else the escrow's amount.
pub(super) fn money<'a>(sides: &Sides<'a>, rules: &Rules) -> Money<'a> {
    if let Some(transfer) = sides.transfer {
        let (mut platform, mut processing, mut other) = (0_i128, 0_i128, 0_i128);
        for fee in transfer.fees {
            let sum = match fee.kind {
                PLATFORM => &mut platform,
                PROCESSING => &mut processing,
                _ => &mut other,
            };
            *sum = sum.saturating_add(fee.amount);
        }
        return Money::gross(transfer.amount, transfer.currency).with_fees(platform, processing, other);
    }
    let Some((entry, (gross, currency))) = sides.entry().and_then(|entry| Some((entry, gross_of(entry)?)))
    else {
        return sides.first().map_or_else(Money::default, |event| Money::gross(event.amount, event.currency));
    };
    let money = Money::gross(gross, currency);
    if sides.is_refund(entry) { money } else { entered_money(money, entry, &rules.schedule, currency) }
}

/// The fees of an entry in its own currency, by the accounts of the schedule on its day.
fn entered_money<'a>(money: Money<'a>, entry: &Entry<'_>, schedule: &Schedule, currency: &str) -> Money<'a> {
    let day = day_of(entry.timestamp);
    let account_of = |kind| schedule.rule(kind, currency, day).map(|(_, rule)| rule.account.as_str());
    let (platform_account, processing_account) = (account_of(PLATFORM), account_of(PROCESSING));
    let sum = |holds: &dyn Fn(&str) -> bool| {
        sum_where(entry, |posting| posting.currency == currency && holds(posting.account))
    };
    let is_platform = |account: &str| Some(account) == platform_account;
    let is_processing = |account: &str| Some(account) == processing_account && !is_platform(account);
    let is_side = |account: &str| matches!(account, ESCROW | CREATOR | PAYER);
    money.with_fees(
        sum(&is_platform),
        sum(&is_processing),
        sum(&|account| !is_platform(account) && !is_processing(account) && !is_side(account)),
    )
}
