//! A second opinion on subscriptions: it reads the landed files and knows the contract's rules, but nothing of
//! what was planted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;

use super::super::{Area, payloads};
use crate::Options;

const OPENING: [&str; 4] = ["STARTED", "RENEWED", "UPGRADED", "DOWNGRADED"];
const DAY_MS: i64 = 86_400_000;

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or("")
}

fn time_ms(row: &Value, key: &str) -> Option<i64> {
    let text = row[key].as_str()?;
    Some(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

/// A source's payloads by key, the first first.
fn landed(area: &Area, source: &str, key: &dyn Fn(&Value) -> String) -> BTreeMap<String, Vec<Value>> {
    let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    payloads(area, source, key, &mut |key, _, row| rows.entry(key).or_default().push(row));
    rows
}

fn by(key: &'static str) -> impl Fn(&Value) -> String {
    move |row| text(row, key).to_owned()
}

/// All that the rules ask.
pub struct Facts {
    tiers: BTreeMap<(String, u64), Vec<Value>>,
    /// Each subscription's events by (at, event_id).
    pub events: BTreeMap<String, Vec<Value>>,
    pub attempts: BTreeMap<String, Vec<Value>>,
    /// The first event of each escrow.
    escrows: BTreeMap<String, Value>,
    /// The last class of each escrow.
    classes: BTreeMap<String, String>,
    end_ms: i64,
}

impl Facts {
    pub fn of(area: &Area, options: &Options) -> Self {
        let versioned = |row: &Value| format!("{}/{}", text(row, "tier_id"), row["version"]);
        let tiers = landed(area, "subscriptions/tiers", &versioned).into_values();
        let tier_key = |row: &Value| (text(row, "tier_id").to_owned(), row["version"].as_u64().unwrap());
        let grouped = |source: &str, key: &'static str| {
            let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for payloads in landed(area, source, &by(key)).into_values() {
                assert_eq!(payloads.len(), 1, "no conflict was planted: {payloads:?}");
                let row = payloads.into_iter().next().unwrap();
                groups.entry(text(&row, "subscription_id").to_owned()).or_default().push(row);
            }
            for group in groups.values_mut() {
                group.sort_by_key(|row| (time_ms(row, "at"), text(row, key).to_owned()));
            }
            groups
        };
        let mut escrows: BTreeMap<String, Value> = BTreeMap::new();
        for row in landed(area, "payments/escrow", &by("event_id")).into_values().map(|mut all| all.remove(0))
        {
            let first = escrows.entry(text(&row, "escrow_id").to_owned()).or_insert_with(|| row.clone());
            if row["sequence"].as_u64() < first["sequence"].as_u64() {
                *first = row;
            }
        }
        let end = options.from + chrono::TimeDelta::days(i64::from(options.days));
        Self {
            tiers: tiers.map(|payloads| (tier_key(&payloads[0]), payloads)).collect(),
            events: grouped("subscriptions/events", "event_id"),
            attempts: grouped("subscriptions/benefits", "delivery_id"),
            escrows,
            // Nights ascend in the key, so the last row of an escrow stays.
            classes: area
                .key("reconciliation.csv")
                .into_iter()
                .map(|row| (row[1].clone(), row[2].clone()))
                .collect(),
            end_ms: end.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis(),
        }
    }

    fn tier(&self, event: &Value) -> Option<&Value> {
        let key = (text(event, "tier_id").to_owned(), event["tier_version"].as_u64()?);
        self.tiers.get(&key).map(|payloads| &payloads[0])
    }

    pub fn of_life(&self, events: &[Value], found: &mut Vec<[String; 5]>) {
        let mut find = |class: &str, event: &Value| {
            let [subscription, id] = ["subscription_id", "event_id"].map(|key| text(event, key).to_owned());
            found.push([class.to_owned(), subscription, String::new(), String::new(), id]);
        };
        let started = events.iter().position(|event| event["event"] == "STARTED");
        let expired = events.iter().position(|event| event["event"] == "EXPIRED");
        let mut named = BTreeSet::new();
        for (place, event) in events.iter().enumerate() {
            if started.is_none_or(|started| place < started) {
                find("NOT_STARTED", event);
            }
            if event["event"] == "STARTED" && started.is_some_and(|started| place > started) {
                find("STARTED_TWICE", event);
            }
            if expired.is_some_and(|expired| place > expired) {
                find("EVENT_AFTER_EXPIRED", event);
            }
            if !OPENING.contains(&text(event, "event")) {
                continue;
            }
            let Some((start, _)) = period(event) else {
                find("INVALID_PERIOD", event);
                self.of_payment(event, &mut named, &mut find);
                continue;
            };
            let overlaps = events.iter().filter_map(opened).any(|(other, end)| other < start && start < end);
            if overlaps {
                find("OVERLAPPING_PERIODS", event);
            }
            self.of_payment(event, &mut named, &mut find);
        }
    }

    fn of_payment(&self, event: &Value, named: &mut BTreeSet<String>, find: &mut dyn FnMut(&str, &Value)) {
        let tier = self.tier(event);
        if tier.is_none() {
            find("UNKNOWN_TIER", event);
        }
        let Some(escrow) = self.escrows.get(text(event, "escrow_id")) else {
            return find("NO_ESCROW", event);
        };
        if !named.insert(text(event, "escrow_id").to_owned()) {
            find("ESCROW_REUSED", event);
        }
        let units = |amount: &Value| {
            let value = amount["value"].as_str().map_or_else(|| amount["value"].to_string(), str::to_owned);
            (schemas::money::parse(value.as_bytes(), 9).unwrap(), text(amount, "currency").to_owned())
        };
        if tier.is_some_and(|tier| units(&tier["price"]) != units(&escrow["amount"])) {
            find("PRICE_DIFFERS", event);
        }
        if escrow["type"] != "SUBSCRIPTION"
            || escrow["from"] != event["subscriber"]
            || escrow["to"] != event["creator"]
        {
            find("ESCROW_DIFFERS", event);
        }
        let well = ["MATCHED", "DAY_BOUNDARY", "METADATA_MISMATCH", "OPEN", "TIMING_PENDING"];
        if !well.contains(&&*self.classes[text(event, "escrow_id")]) {
            find("PAYMENT_NOT_SETTLED", event);
        }
    }

    pub fn of_tiers(&self, found: &mut Vec<[String; 5]>) {
        for ((id, version), payloads) in &self.tiers {
            let mut find = |class: &str| {
                let empty = String::new();
                found.push([class.to_owned(), empty.clone(), id.clone(), version.to_string(), empty]);
            };
            if payloads.iter().any(|payload| payload["price"] != payloads[0]["price"]) {
                find("PRICE_CHANGED_WITHOUT_VERSION");
            }
            match self.tiers.get(&(id.clone(), version - 1)) {
                None if *version > 1 => find("TIER_VERSION_GAP"),
                Some(before) if time_ms(&payloads[0], "at") < time_ms(&before[0], "at") => {
                    find("TIER_VERSION_ORDER");
                }
                _ => {}
            }
        }
    }

    /// Rows of `entitlements.csv` for one subscription.
    pub fn owed(&self, subscription: &str) -> Vec<[String; 4]> {
        let none = Vec::new();
        let attempts = self.attempts.get(subscription).unwrap_or(&none);
        let opening: Vec<&Value> = self.events.get(subscription).unwrap_or(&none).iter().collect();
        let periods: Vec<(&Value, i64, i64)> = opening
            .into_iter()
            .filter_map(|event| opened(event).map(|(start, end)| (event, start, end)))
            .collect();
        let of = |at: i64| {
            let holding = periods.iter().filter(|(_, start, end)| *start <= at && at < *end);
            holding.map(|(_, start, _)| *start).max()
        };
        let mut owed = Vec::new();
        let mut due = BTreeSet::new();
        for (event, start, _) in &periods {
            for benefit in self.tier(event).into_iter().flat_map(|tier| tier["benefits"].as_array().unwrap())
            {
                due.insert((*start, text(benefit, "benefit_id").to_owned()));
                let own: Vec<&Value> = attempts
                    .iter()
                    .filter(|row| row["benefit_id"] == benefit["benefit_id"] && of(at(row)) == Some(*start))
                    .collect();
                let delivered = own.iter().filter(|row| row["status"] == "DELIVERED");
                let right = |row: &&&Value| row["delivery_method"] == benefit["delivery_method"];
                let first = delivered.clone().filter(right).map(|row| at(row)).min();
                let class = match first {
                    Some(first) if first <= start + DAY_MS => "DELIVERED",
                    Some(_) => "LATE",
                    None if delivered.count() > 0 => "WRONG_METHOD",
                    None if start + DAY_MS > self.end_ms => "PENDING",
                    None if !own.is_empty() => "FAILED",
                    None => "MISSING",
                };
                let id = text(benefit, "benefit_id").to_owned();
                owed.push([
                    subscription.to_owned(),
                    id,
                    text(event, "period_start").to_owned(),
                    class.to_owned(),
                ]);
            }
        }
        let mut extra = BTreeSet::new();
        for row in attempts {
            let (start, benefit) = (of(at(row)), text(row, "benefit_id").to_owned());
            if start.is_none_or(|start| !due.contains(&(start, benefit.clone()))) {
                let written = periods.iter().find(|(_, from, _)| Some(*from) == start);
                let written = written.map_or("", |(event, ..)| text(event, "period_start"));
                extra.insert([
                    subscription.to_owned(),
                    benefit,
                    written.to_owned(),
                    "NOT_ENTITLED".to_owned(),
                ]);
            }
        }
        owed.extend(extra);
        owed
    }
}

fn at(row: &Value) -> i64 {
    time_ms(row, "at").unwrap()
}

/// The period that an event states, if it is one.
fn period(event: &Value) -> Option<(i64, i64)> {
    let (start, end) = (time_ms(event, "period_start")?, time_ms(event, "period_end")?);
    (start < end).then_some((start, end))
}

/// The period that an event opens.
fn opened(event: &Value) -> Option<(i64, i64)> {
    OPENING.contains(&text(event, "event")).then(|| period(event)).flatten()
}
