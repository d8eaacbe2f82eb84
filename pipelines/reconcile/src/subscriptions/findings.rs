//! What is wrong with a subscription's life: each rule reports what is true by itself.

use std::collections::BTreeMap;

use schemas::time::day_of;

use super::life::{Escrow, Event, EventKind, Life, Period, TierVersion};
use crate::schedule::Rules;

/// How an escrow reads where its payment ended well, or may still.
const SETTLED: [&str; 5] = ["MATCHED", "DAY_BOUNDARY", "METADATA_MISMATCH", "OPEN", "TIMING_PENDING"];

/// One fault, named at one event.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    pub class: &'static str,
    pub event: Event<'a>,
    pub currency: Option<&'a str>,
    /// The tier version's price.
    pub expected: Option<i128>,
    /// What the escrow holds, where it is in the same currency.
    pub actual: Option<i128>,
    pub detail: String,
}

/// Every fault of a life, in the order of its events.
pub fn findings<'a>(life: &Life<'a>, rules: &Rules) -> Vec<Finding<'a>> {
    let overlaps = overlaps(&life.periods().list);
    let mut found = Vec::new();
    let (mut started, mut expired) = (None, None);
    for event in &life.events {
        let mut say = |class, detail: String| {
            let (currency, expected, actual) = (None, None, None);
            found.push(Finding { class, event: *event, currency, expected, actual, detail });
        };
        match (event.kind, started) {
            (EventKind::Started, None) => started = Some(event.event_id),
            (EventKind::Started, Some(first)) => say("STARTED_TWICE", format!("{first} started it")),
            (_, None) => say("NOT_STARTED", "no STARTED comes before it".to_owned()),
            (_, Some(_)) => {}
        }
        if let Some(last) = expired {
            say("EVENT_AFTER_EXPIRED", format!("{last} ended it"));
        }
        if event.kind == EventKind::Expired && expired.is_none() {
            expired = Some(event.event_id);
        }
        if !event.kind.opens() {
            continue;
        }
        if event.period().is_none() {
            say("INVALID_PERIOD", invalid(event).to_owned());
        }
        if let Some(earlier) = overlaps.get(event.event_id) {
            say("OVERLAPPING_PERIODS", format!("the period of {earlier} has not ended"));
        }
        found.extend(of_payment(life, event, rules));
    }
    found
}

fn invalid(event: &Event<'_>) -> &'static str {
    match (event.period_start, event.period_end) {
        (Some(_), Some(_)) => "its period ends before it has begun",
        _ => "it states no period",
    }
}

/// Periods that begin before one that began earlier has ended: the event of each, and that of the other.
fn overlaps<'a>(periods: &[Period<'a>]) -> BTreeMap<&'a str, &'a str> {
    let mut overlaps = BTreeMap::new();
    let mut longest: Option<&Period<'a>> = None;
    for period in periods {
        match longest {
            Some(earlier) if period.start < earlier.end => {
                overlaps.insert(period.event.event_id, earlier.event.event_id);
            }
            _ => {}
        }
        if longest.is_none_or(|earlier| earlier.end < period.end) {
            longest = Some(period);
        }
    }
    overlaps
}

/// What is wrong between an opening event, its tier version and the escrow that paid.
fn of_payment<'a>(life: &Life<'a>, event: &Event<'a>, rules: &Rules) -> Vec<Finding<'a>> {
    let tier = life.tier(event);
    let payment = life.payment(event);
    let escrow = payment.and_then(|payment| payment.escrow.as_ref());
    let mut faults = Vec::new();
    if let Some(fault) = unknown_tier(event, tier, rules) {
        faults.push(("UNKNOWN_TIER", fault));
    }
    match (event.escrow_id, escrow) {
        (None, _) => faults.push(("NO_ESCROW", "it names no escrow".to_owned())),
        (_, None) => faults.push(("NO_ESCROW", "no event of its escrow has landed".to_owned())),
        (_, Some(escrow)) => {
            if let Some(fault) = differs(event, escrow, rules) {
                faults.push(("ESCROW_DIFFERS", fault));
            }
            if let Some(fault) = tier.and_then(|tier| price_differs(tier, escrow)) {
                faults.push(("PRICE_DIFFERS", fault));
            }
        }
    }
    if let Some(payment) = payment {
        if let Some(first) = payment.named_first_by.filter(|first| *first != event.event_id) {
            faults.push(("ESCROW_REUSED", format!("{first} named it before")));
        }
        if let Some(class) = payment.class.filter(|class| !SETTLED.contains(class)) {
            faults.push(("PAYMENT_NOT_SETTLED", class.to_owned()));
        }
    }
    let currency = tier.map(|tier| tier.currency).or(escrow.map(|escrow| escrow.currency));
    let actual = escrow.filter(|escrow| Some(escrow.currency) == currency).map(|escrow| escrow.amount);
    let expected = tier.map(|tier| tier.price);
    let finding = |(class, detail)| Finding { class, event: *event, currency, expected, actual, detail };
    faults.into_iter().map(finding).collect()
}

fn unknown_tier(event: &Event<'_>, tier: Option<&TierVersion<'_>>, rules: &Rules) -> Option<String> {
    let Some(tier) = tier else { return Some("the tier version has not landed".to_owned()) };
    let same = rules.same_party(tier.creator, event.creator, day_of(event.at));
    (!same).then(|| "the tier is another creator's".to_owned())
}

/// The escrow is not one that this subscriber pays to this creator for a subscription.
fn differs(event: &Event<'_>, escrow: &Escrow<'_>, rules: &Rules) -> Option<String> {
    let day = day_of(event.at.max(escrow.at));
    let mut faults = Vec::new();
    if escrow.kind != "SUBSCRIPTION" {
        faults.push("its type is not SUBSCRIPTION");
    }
    if !rules.same_party(escrow.payer, event.subscriber, day) {
        faults.push("its payer is not the subscriber");
    }
    if !rules.same_party(escrow.creator, event.creator, day) {
        faults.push("its creator is another one");
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

fn price_differs(tier: &TierVersion<'_>, escrow: &Escrow<'_>) -> Option<String> {
    match (tier.currency == escrow.currency, tier.price == escrow.amount) {
        (true, true) => None,
        (true, false) => Some("the amount is not the price".to_owned()),
        (false, _) => Some(format!("it was paid in {}", escrow.currency)),
    }
}
