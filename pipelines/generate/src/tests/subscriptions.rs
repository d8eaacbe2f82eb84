//! The key of what is owed to subscribers against a second opinion.

mod rules;

use std::collections::BTreeSet;

use super::Area;
use crate::{Options, story_faults};
use rules::Facts;

fn texts<const N: usize>(rows: Vec<[String; N]>) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    rows.sort();
    rows
}

fn assert_as_the_rules_say(area: &Area, options: &Options) {
    let facts = Facts::of(area, options);
    let mut found = Vec::new();
    facts.events.values().for_each(|events| facts.of_life(events, &mut found));
    facts.of_tiers(&mut found);
    let mut stated = area.key("subscription_findings.csv");
    stated.sort();
    assert_eq!(stated, texts(found));
    let subscriptions: BTreeSet<&String> = facts.events.keys().chain(facts.attempts.keys()).collect();
    let owed = subscriptions.into_iter().flat_map(|subscription| facts.owed(subscription)).collect();
    let mut stated = area.key("entitlements.csv");
    stated.sort();
    assert_eq!(stated, texts(owed));
}

fn classes(area: &Area, table: &str, column: usize) -> BTreeSet<String> {
    area.key(table).into_iter().map(|row| row[column].clone()).collect()
}

#[test]
fn every_subscription_is_owed_what_the_rules_say() {
    let options = Options { escrows_per_day: 400, ..Options::default() };
    let area = Area::new(&options);
    assert_as_the_rules_say(&area, &options);
    let expected = ["DELIVERED", "FAILED", "LATE", "MISSING", "NOT_ENTITLED", "PENDING", "WRONG_METHOD"];
    assert!(classes(&area, "entitlements.csv", 3).iter().eq(expected));
    let expected = "ESCROW_DIFFERS ESCROW_REUSED EVENT_AFTER_EXPIRED INVALID_PERIOD NOT_STARTED NO_ESCROW \
        OVERLAPPING_PERIODS PAYMENT_NOT_SETTLED PRICE_CHANGED_WITHOUT_VERSION PRICE_DIFFERS STARTED_TWICE \
        TIER_VERSION_GAP TIER_VERSION_ORDER UNKNOWN_TIER";
    let found = classes(&area, "subscription_findings.csv", 0);
    assert!(found.iter().eq(expected.split_whitespace()), "{found:?}");
    let planted = classes(&area, "planted.csv", 1);
    for fault in story_faults() {
        assert!(planted.contains(fault.name), "{}", fault.name);
    }
}

/// Over a month periods to come are periods past, and what was open is stuck.
#[test]
fn what_is_owed_follows_the_last_night() {
    for (days, seed) in [(1, 5), (10, 6), (40, 7)] {
        let options = Options {
            seed,
            days,
            escrows_per_day: 60,
            subscriptions_per_day: 50,
            playbacks_per_day: 1,
            access_per_day: 1,
            subscription_faults: 0.6,
            late_rate: 0.2,
            nodes: 1,
            contents_per_day: 1,
            files_per_source: 2,
            ..Options::default()
        };
        assert_as_the_rules_say(&Area::new(&options), &options);
    }
}

#[test]
fn nothing_is_planted_in_a_clean_area() {
    let clean = Options { fault_rate: 0.0, escrows_per_day: 300, ..Options::default() };
    let area = Area::new(&clean);
    assert!(area.key("subscription_findings.csv").is_empty());
    assert!(classes(&area, "entitlements.csv", 3).iter().eq(["DELIVERED", "PENDING"]));
    // What lands late leaves a gap for a night, in a clean area too.
    assert!(classes(&area, "breaks.csv", 0).iter().eq(["SEQUENCE_GAP"]));
    assert_as_the_rules_say(&area, &clean);
}
