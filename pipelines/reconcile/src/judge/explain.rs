//! Why a case reads as it does: each finding with its rule in words and numbers, the sides field by field.
//!
//! Everything is computed anew from the rows; nothing is read out of a stored verdict. Amounts are texts with
//! the currency's digits, ready to be shown: nothing is computed from them again.

mod closing;
mod fee_rule;
mod fees;
mod fields;
mod rule;
mod words;

use serde::Serialize;

use super::sides::Sides;
use super::{find, moves_nothing, verdict};
use crate::case::{Case, Night};
use crate::schedule::Rules;
use crate::verdict::{Finding, Verdict};

/// All that can be said about one case on one night.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// None: nothing is known of it but transfers that moved no money.
    pub verdict: Option<Verdict<'a>>,
    /// What was found, by precedence; the first is the verdict's class.
    pub findings: Vec<Told>,
    /// The three sides next to each other.
    pub fields: Vec<Field>,
    /// The fees next to what the schedule asks for.
    pub fees: Vec<FeeLine>,
    /// The rows that stand for their sides.
    pub compared: Compared<'a>,
}

/// One finding: what was asked, what stands there, and what would end it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub class: &'static str,
    pub subcode: Option<String>,
    /// Place in the order of the classes, from 1: a smaller one wins.
    pub place: usize,
    /// Whether somebody must look at it.
    pub is_break: bool,
    pub currency: Option<String>,
    pub expected: Option<String>,
    pub actual: Option<String>,
    /// The rule with this case's numbers.
    pub rule: String,
    pub closes: Closing,
}

/// What would end a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closing {
    /// What would have to land or pass; none where nothing that lands can help.
    pub by: Option<String>,
    /// Whether a person may resolve it.
    pub by_hand: bool,
}

/// One property of the payment as each side has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub field: String,
    pub escrow: Option<String>,
    pub wallet: Option<String>,
    pub ledger: Option<String>,
    pub differs: bool,
}

/// One fee: what the schedule asks for, and what was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeLine {
    #[serde(rename = "type")]
    pub kind: String,
    /// The schedule's line in words; says so where there is none.
    pub rule: String,
    pub account: Option<String>,
    pub expected: Option<String>,
    pub wallet: Option<String>,
    /// The rate that the transfer states.
    pub stated_rate: Option<String>,
    pub ledger: Option<String>,
    pub differs: bool,
}

/// Keys of the rows that were compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared<'a> {
    /// Whose amount and parties are the escrow's.
    pub first_event: Option<&'a str>,
    /// Whose kind is the escrow's state.
    pub last_event: Option<&'a str>,
    pub transfer: Option<&'a str>,
    pub entry: Option<&'a str>,
}

/// What the sentences are made from.
struct Context<'a, 'b> {
    case: &'b Case<'a>,
    sides: &'b Sides<'a>,
    night: &'b Night,
    rules: &'a Rules,
}

/// Judges a case and says why it reads so.
pub fn explain<'a>(case: &'a Case<'a>, night: &Night, rules: &'a Rules) -> Explanation<'a> {
    let sides = Sides::of(case);
    let context = Context { case, sides: &sides, night, rules };
    let compared = Compared {
        first_event: sides.first().map(|event| event.event_id),
        last_event: sides.last().map(|event| event.event_id),
        transfer: sides.transfer.map(|transfer| transfer.transaction_id),
        entry: sides.entry().map(|entry| entry.entry_id),
    };
    let (fields, fees) = (fields::of(&context), fees::lines(&context));
    if moves_nothing(case) {
        return Explanation { verdict: None, findings: Vec::new(), fields, fees, compared };
    }
    let found = find(&sides, night, rules).in_precedence();
    let verdict = verdict(case, &sides, rules, &found);
    let findings = if found.is_empty() {
        vec![told(&Finding::of(verdict.class), &context, verdict.currency)]
    } else {
        found.iter().map(|finding| told(finding, &context, verdict.currency)).collect()
    };
    Explanation { verdict: Some(verdict), findings, fields, fees, compared }
}

fn told(finding: &Finding<'_>, context: &Context<'_, '_>, currency: Option<&str>) -> Told {
    let amount = |units: Option<i128>| units.map(|units| words::digits(units, currency.unwrap_or_default()));
    Told {
        class: finding.class.name(),
        subcode: finding.subcode.map(str::to_owned),
        place: finding.class as usize + 1,
        is_break: finding.class.is_break(),
        currency: currency.map(str::to_owned),
        expected: amount(finding.expected),
        actual: amount(finding.actual),
        rule: rule::sentence(finding, context),
        closes: Closing { by: closing::what_lands(finding, context), by_hand: finding.class.is_break() },
    }
}
