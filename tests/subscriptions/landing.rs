//! Landing areas of subscriptions, written as tables: a row a line, blanks between the columns.
//!
//! Times are `20T06`, `20T06:30:00.5` or `12-20T06`, all of November 2026 unless a month is given, `-` is
//! null. A party `ann` is `did:key:ann`.

use serde_json::{Value, json};

use crate::support::Place;

/// The rows of a table, as columns; `#` begins a comment.
pub fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim());
    lines.filter(|line| !line.is_empty()).map(|line| line.split_whitespace().collect()).collect()
}

/// An RFC 3339 time of a short one; null for `-`.
pub fn time(short: &str) -> Value {
    let Some((day, clock)) = short.split_once('T') else { return Value::Null };
    let day = if day.contains('-') { day.to_owned() } else { format!("11-{day}") };
    let clock = if clock.len() == 2 { format!("{clock}:00:00") } else { clock.to_owned() };
    json!(format!("2026-{day}T{clock}Z"))
}

fn maybe(text: &str) -> Value {
    if text == "-" { Value::Null } else { json!(text) }
}

fn party(name: &str) -> String {
    format!("did:key:{name}")
}

fn land(place: &Place, source: &str, day: &str, lines: Vec<Value>) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    place.land(source, &format!("2026-11-{day}"), "rows.ndjson", text);
}

fn columns<const N: usize>(row: Vec<&str>) -> [&str; N] {
    let shown = format!("{row:?}");
    row.try_into().unwrap_or_else(|_| panic!("{N} columns were expected: {shown}"))
}

/// `tier version creator price currency interval at benefits…`; a benefit is its type's first letter and its id,
/// such as `E:be_1`.
pub fn tiers(place: &Place, day: &str, table: &str) {
    let line = |mut row: Vec<&str>| {
        let benefits = row.split_off(7);
        let [tier, version, creator, price, currency, interval, at] = columns(row);
        let benefits: Vec<_> = benefits
            .iter()
            .map(|benefit| {
                let (kind, id) = benefit.split_once(':').expect("a kind and an id");
                let (kind, method) = kind_and_method(kind);
                json!({"benefit_id": id, "type": kind, "description": null, "delivery_method": method})
            })
            .collect();
        let version: i64 = version.parse().expect("a version");
        json!({"tier_id": tier, "version": version, "creator": party(creator), "name": null,
            "price": {"value": price, "currency": currency}, "interval": interval, "benefits": benefits,
            "at": time(at)})
    };
    land(place, "subscriptions/tiers", day, rows(table).into_iter().map(line).collect());
}

fn kind_and_method(letter: &str) -> (&'static str, &'static str) {
    match letter {
        "E" => ("EXCLUSIVE_CONTENT", "CONTENT_DELIVERY"),
        "D" => ("DIRECT_MESSAGE", "MESSAGING"),
        "C" => ("CUSTOM_BADGE", "BADGE"),
        other => panic!("no benefit begins with {other}"),
    }
}

/// `event subscription kind subscriber creator tier version period_start period_end escrow at`.
pub fn events(place: &Place, day: &str, table: &str) {
    let line = |row| {
        let [event, subscription, kind, subscriber, creator, tier, version, start, end, escrow, at] =
            columns(row);
        let version: i64 = version.parse().expect("a version");
        json!({"event_id": event, "subscription_id": subscription, "event": kind,
            "subscriber": party(subscriber), "creator": party(creator), "tier_id": tier,
            "tier_version": version, "period_start": time(start), "period_end": time(end),
            "escrow_id": maybe(escrow), "at": time(at)})
    };
    land(place, "subscriptions/events", day, rows(table).into_iter().map(line).collect());
}

/// `delivery subscription benefit by status at`; `by` is the first letter of the type that has the method.
pub fn benefits(place: &Place, day: &str, table: &str) {
    let line = |row| {
        let [delivery, subscription, benefit, by, status, at] = columns(row);
        let (kind, method) = kind_and_method(by);
        json!({"delivery_id": delivery, "subscription_id": subscription, "benefit_id": benefit,
            "type": kind, "delivery_method": method, "status": status, "at": time(at)})
    };
    land(place, "subscriptions/benefits", day, rows(table).into_iter().map(line).collect());
}

/// `escrow type payer creator amount currency at states…`: one event a state, a second apart.
pub fn escrows(place: &Place, day: &str, table: &str) {
    let mut lines = Vec::new();
    for mut row in rows(table) {
        let states = row.split_off(7);
        let [escrow, kind, payer, creator, amount, currency, at] = columns(row);
        for (place, state) in states.iter().enumerate() {
            let at = time(&format!("{at}:00:0{place}"));
            lines.push(json!({"event_id": format!("{escrow}_{state}"), "escrow_id": escrow,
                "sequence": place + 1, "event": state, "type": kind, "from": party(payer),
                "to": party(creator), "amount": {"value": amount, "currency": currency},
                "metadata": {}, "at": at}));
        }
    }
    land(place, "payments/escrow", day, lines);
}
