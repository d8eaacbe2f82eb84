//! The judges of a subscription's life: boundaries that are tedious to land as files.

use schemas::money::UNIT;
use schemas::time::{DAY, HOUR};

use super::entitlements::entitlements;
use super::findings::findings;
use super::life::*;
use super::movements::{Movement, monthly, movements};
use crate::schedule::{PartyAlias, Rules};

fn event<'a>(id: &'a str, kind: &str, at: i64, period: Option<(i64, i64)>) -> Event<'a> {
    Event {
        event_id: id,
        kind: EventKind::parse(kind).unwrap(),
        subscriber: "did:x:s",
        creator: "did:x:c",
        tier_id: "gold",
        tier_version: 1,
        period_start: period.map(|(start, _)| start),
        period_end: period.map(|(_, end)| end),
        escrow_id: None,
        at,
    }
}

fn tier(id: &'static str, interval: &'static str, price: i128) -> TierVersion<'static> {
    let benefit = |benefit_id| Benefit { benefit_id, kind: "CUSTOM_BADGE", method: "BADGE" };
    let benefits = vec![benefit("b"), benefit("b")];
    TierVersion { tier_id: id, version: 1, creator: "did:x:c", price, currency: "USD", interval, benefits }
}

fn attempt<'a>(benefit_id: &'a str, method: &'a str, delivered: bool, at: i64) -> Attempt<'a> {
    Attempt { delivery_id: "d", benefit_id, kind: "CUSTOM_BADGE", method, delivered, at }
}

/// A life of one period from 0 on.
fn life<'a>(end: i64, attempts: &[Attempt<'a>]) -> Life<'a> {
    Life {
        events: vec![event("e1", "STARTED", 0, Some((0, end)))],
        tiers: vec![tier("gold", "MONTH", UNIT)],
        attempts: attempts.to_vec(),
        ..Life::default()
    }
}

#[test]
fn what_became_of_a_benefit() {
    for (attempts, day, expected) in [
        (&[][..], 0, "b MISSING"), // the 24 hours end with the night
        (&[attempt("b", "BADGE", false, 5)], 0, "b FAILED"),
        (&[attempt("b", "BADGE", true, 24 * HOUR)], 1, "b DELIVERED"),
        (&[attempt("b", "BADGE", true, 24 * HOUR + 1)], 1, "b LATE"),
        (&[attempt("b", "BADGE", true, 10 * DAY - 1)], 20, "b LATE"),
        (&[attempt("b", "BADGE", true, 10 * DAY)], 20, "b MISSING; b NOT_ENTITLED nowhere"),
        (&[attempt("b", "BADGE", true, -1)], 0, "b MISSING; b NOT_ENTITLED nowhere"),
        (&[attempt("b", "MESSAGING", true, 5)], 0, "b WRONG_METHOD"),
        (&[attempt("b", "MESSAGING", true, 5), attempt("b", "BADGE", true, 6)], 0, "b DELIVERED"),
        (&[attempt("b", "BADGE", false, 5), attempt("b", "BADGE", true, 6)], 0, "b DELIVERED"),
        (&[attempt("c", "BADGE", false, 5)], 0, "b MISSING; c NOT_ENTITLED"),
    ] {
        let rows = entitlements(&life(10 * DAY, attempts), (day + 1) * DAY);
        let shown = rows.iter().map(|row| {
            let place = if row.period.is_none() { " nowhere" } else { "" };
            format!("{} {}{place}", row.benefit_id, row.class)
        });
        assert_eq!(shown.collect::<Vec<_>>().join("; "), expected, "{attempts:?}");
    }
    let mut later = life(10 * DAY, &[]);
    later.events[0].period_start = Some(1);
    assert_eq!(entitlements(&later, DAY)[0].class, "PENDING");
}

#[test]
fn a_delivery_belongs_to_the_latest_starting_period() {
    let mut life = life(10 * DAY, &[attempt("b", "BADGE", true, 3 * DAY)]);
    // The second covers the delivery, the third has begun later and ended before it.
    life.events.push(event("e2", "RENEWED", 1, Some((2 * DAY, 9 * DAY))));
    life.events.push(event("e3", "RENEWED", 2, Some((2 * DAY + 1, 3 * DAY))));
    let classes: Vec<_> = entitlements(&life, 31 * DAY).iter().map(|row| row.class).collect();
    assert_eq!(classes, ["MISSING", "DELIVERED", "MISSING"]);
}

#[test]
fn faults_of_a_life() {
    let month = |from: i64| Some((from * DAY, (from + 30) * DAY));
    let mut life = Life {
        events: vec![
            event("a", "CANCELLED", 0, None),
            event("b", "STARTED", 1, month(0)),
            event("c", "RENEWED", 2, month(29)),
            event("d", "STARTED", 3, month(59)),
            event("e", "UPGRADED", 4, None),
            event("f", "RENEWED", 5, Some((DAY, DAY))),
            event("g", "EXPIRED", 6, None),
            event("h", "EXPIRED", 7, None),
        ],
        ..Life::default()
    };
    life.tiers.push(tier("gold", "MONTH", UNIT));
    let shown = |life: &Life<'_>| {
        let found = findings(life, &Rules::default());
        let told = found.iter().filter(|finding| finding.class != "NO_ESCROW");
        told.map(|finding| format!("{} {}", finding.event.event_id, finding.class)).collect::<Vec<_>>()
    };
    let expected = [
        "a NOT_STARTED",
        "c OVERLAPPING_PERIODS",
        "d STARTED_TWICE",
        "e INVALID_PERIOD",
        "f INVALID_PERIOD",
        "h EVENT_AFTER_EXPIRED",
    ];
    assert_eq!(shown(&life), expected);
    // One that begins with another overlaps it as well; the later event is named.
    life.events.truncate(2);
    life.events.push(event("c", "RENEWED", 2, month(0)));
    assert_eq!(shown(&life), ["a NOT_STARTED", "c OVERLAPPING_PERIODS"]);
    // A long period that began first still runs when the third begins.
    life.events.push(event("d", "RENEWED", 3, Some((2 * DAY, 3 * DAY))));
    life.events.push(event("e", "RENEWED", 4, month(29)));
    assert_eq!(shown(&life)[2..], ["d OVERLAPPING_PERIODS", "e OVERLAPPING_PERIODS"]);
}

#[test]
fn faults_of_a_payment() {
    let escrow = Escrow {
        kind: "SUBSCRIPTION",
        payer: "did:x:s",
        creator: "did:x:c",
        amount: UNIT,
        currency: "USD",
        at: 0,
    };
    let payment = Payment { escrow_id: "es", escrow: Some(escrow), class: None, named_first_by: Some("e1") };
    let alias = PartyAlias { from: "did:x:old".to_owned(), to: "did:x:s".to_owned(), effective_from: 0 };
    let rules = Rules { party_aliases: vec![alias], ..Rules::default() };
    let with = |change: &dyn Fn(&mut Escrow<'_>)| {
        let mut escrow = escrow;
        change(&mut escrow);
        Payment { escrow: Some(escrow), ..payment }
    };
    for (payment, expected) in [
        (payment, ""),
        (Payment { class: Some("OPEN"), ..payment }, ""),
        (Payment { class: Some("REFUNDED"), ..payment }, "PAYMENT_NOT_SETTLED"),
        (Payment { escrow: None, ..payment }, "NO_ESCROW"),
        (Payment { escrow_id: "other", ..payment }, "NO_ESCROW"),
        (Payment { named_first_by: Some("e0"), ..payment }, "ESCROW_REUSED"),
        (with(&|escrow| escrow.payer = "did:x:old"), ""),
        (with(&|escrow| escrow.payer = "did:x:new"), "ESCROW_DIFFERS"),
        (with(&|escrow| escrow.creator = "did:x:d"), "ESCROW_DIFFERS"),
        (with(&|escrow| escrow.kind = "TIP"), "ESCROW_DIFFERS"),
        (with(&|escrow| escrow.amount += 1), "PRICE_DIFFERS"),
        (with(&|escrow| escrow.currency = "EUR"), "PRICE_DIFFERS"),
    ] {
        let mut life = life(DAY, &[]);
        life.events[0].escrow_id = Some("es");
        life.payments.push(payment);
        let found: Vec<_> = findings(&life, &rules).iter().map(|finding| finding.class).collect();
        assert_eq!(found.join(" "), expected, "{payment:?}");
    }
}

#[test]
fn every_interval_as_a_month() {
    for (interval, price, expected) in
        [("DAY", 100, 304_167), ("WEEK", 100, 43_452), ("MONTH", 100, 10_000), ("YEAR", 100, 833)]
    {
        let cents = monthly(&tier("t", interval, price * UNIT)).unwrap() / (UNIT / 100);
        assert_eq!(cents, expected, "{interval}");
    }
    assert!(monthly(&tier("t", "CENTURY", UNIT)).is_err());
}

/// From 9 × DAY to 10 × DAY.
const TENTH: Night = Night { before: 9 * DAY, end: 10 * DAY };

/// A movement as `tier: active/before` and what is not zero beside.
fn shown(movement: &Movement<'_>) -> String {
    let (counts, revenue) = (movement.counts, movement.revenue);
    let named = [
        ("new", counts.new, revenue.new),
        ("reactivated", counts.reactivated, revenue.reactivated),
        ("expansion", counts.moved_in, revenue.expansion),
        ("contraction", counts.moved_out, revenue.contraction),
        ("churned", counts.churned, revenue.churned),
        ("due", counts.due, 0),
        ("renewed", counts.renewed, 0),
    ];
    let told = named.iter().filter(|(_, count, amount)| (*count, *amount) != (0, 0));
    let told = told.map(|(name, count, amount)| format!(" {name} {count} {}", amount / UNIT));
    format!("{}: {}/{}{}", movement.tier_id, counts.active, counts.before, told.collect::<String>())
}

#[test]
fn how_a_subscription_moves_over_a_day() {
    let (from, to) = (TENTH.before, TENTH.end);
    for (periods, expected) in [
        (&[("gold", 0, from)][..], "gold: 0/1 churned 1 3 due 1 0"),
        (&[("gold", 0, from - 1)], ""),
        (&[("gold", 0, to - 1)], "gold: 0/1 churned 1 3 due 1 0"),
        (&[("gold", 0, to)], "gold: 1/1"),
        (&[("gold", from, to + DAY)], "gold: 1/0 new 1 3"),
        (&[("gold", from - 1, to + DAY)], "gold: 1/1"),
        (&[("gold", to, to + DAY)], ""),
        (&[("gold", from, to - 1)], ""),
        (&[("gold", 0, from + 5), ("gold", from + 5, to + 5)], "gold: 1/1 due 1 0 renewed 1 0"),
        (&[("gold", 0, from - 5), ("gold", from + 5, to + 5)], "gold: 1/0 reactivated 1 3"),
        (
            &[("gold", 0, to + 5), ("silver", from + 5, to + 5)],
            "gold: 0/1 contraction 1 3; silver: 1/0 expansion 1 2",
        ),
        (
            &[("gold", 0, from + 5), ("silver", from + 5, to + 5)],
            "gold: 0/1 contraction 1 3 due 1 0 renewed 1 0; silver: 1/0 expansion 1 2",
        ),
        (&[("bronze", from, to)], "bronze: 1/0 new 1 0"), // a tier that has not landed
    ] {
        let mut life = life(0, &[]);
        life.events.clear();
        for (place, (tier, start, end)) in periods.iter().enumerate() {
            let id = ["e0", "e1"][place];
            let opening = event(id, "STARTED", *start, Some((*start, *end)));
            life.events.push(Event { tier_id: tier, ..opening });
        }
        life.tiers = vec![tier("gold", "MONTH", 3 * UNIT), tier("silver", "MONTH", 2 * UNIT)];
        let found: Vec<_> = movements(&life, &TENTH).unwrap().iter().map(shown).collect();
        assert_eq!(found.join("; "), expected, "{periods:?}");
    }
}

#[test]
fn a_dearer_version_of_a_tier_is_an_expansion() {
    let mut life = life(9 * DAY + 5, &[]);
    let renewed = event("e2", "RENEWED", 9 * DAY, Some((9 * DAY + 5, 30 * DAY)));
    life.events.push(Event { tier_version: 2, ..renewed });
    life.tiers.push(TierVersion { version: 2, ..tier("gold", "MONTH", 3 * UNIT) });
    let found: Vec<_> = movements(&life, &TENTH).unwrap().iter().map(shown).collect();
    assert_eq!(found, ["gold: 1/1 expansion 0 2 due 1 0 renewed 1 0"]);
}
