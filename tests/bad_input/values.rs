//! The values of a row: there or not, of their type, of their list, exact.

use serde_json::Value;

use super::expected::{Expected, KEPT};
use super::sample::{CONTENT, ESCROW, EVENTS, LEDGER, NODES, PLAYBACK, SAMPLES, Sample, TIERS, WALLET};

const ABSENT: &str = "value_must_be_present";
const TYPE: &str = "value_must_have_its_type";
const LISTED: &str = "value_must_be_listed";
const FITS: &str = "integer_must_be_below_2_63";
const PARTY: &str = "party_must_be_a_did";
const TIME: &str = "time_must_be_rfc3339";
const CURRENCY: &str = "currency_must_be_known";
const DECIMAL: &str = "amount_must_be_a_decimal";
const DIGITS: &str = "amount_must_not_exceed_the_currency_exponent";
const LIMIT: &str = "amount_must_be_below_the_limit";
const POSITIVE: &str = "amount_must_be_above_zero";
const SELF: &str = "payer_must_not_be_payee";
const POSTINGS: &str = "postings_must_be_present";
const ESCROW_POSTING: &str = "postings_must_hold_an_escrow";
const PRICE: &str = "price_must_be_above_zero";
const BENEFIT: &str = "tier_must_have_a_benefit";
const METHOD: &str = "benefit_must_have_its_method";

/// An escrow's amount as written and its currency: what is stored, or why it is refused.
const AMOUNTS: &[(&str, &str, Result<&str, &str>)] = &[
    (r#""12.50""#, "USD", Ok("12.500000000")),
    (r#""12.5""#, "USD", Ok("12.500000000")),
    (r#""12""#, "USD", Ok("12.000000000")),
    ("12.5", "USD", Ok("12.500000000")),
    ("12.50", "USD", Ok("12.500000000")),
    ("12", "USD", Ok("12.000000000")),
    ("0.1", "USD", Ok("0.100000000")),
    ("9007199254740993", "JPY", Ok("9007199254740993.000000000")),
    ("1234567890123456.78", "USD", Ok("1234567890123456.780000000")),
    (r#""\u0031\u0032.5""#, "USD", Ok("12.500000000")),
    (r#""7""#, "JPY", Ok("7.000000000")),
    (r#""1.234""#, "KWD", Ok("1.234000000")),
    (r#""0.000001""#, "USDC", Ok("0.000001000")),
    (r#""0.000001""#, "EURC", Ok("0.000001000")),
    (r#""0.000000001""#, "SOL", Ok("0.000000001")),
    (r#""9999999999999999999.999999999""#, "ETH", Ok("9999999999999999999.999999999")),
    (r#""9999999999999999999.99""#, "USD", Ok("9999999999999999999.990000000")),
    ("9999999999999999999.99", "USD", Ok("9999999999999999999.990000000")),
    ("12.505", "USD", Err(DIGITS)),
    (r#""12.505""#, "USD", Err(DIGITS)),
    (r#""12.500""#, "USD", Err(DIGITS)),
    ("12.500", "USD", Err(DIGITS)),
    (r#""7.0""#, "JPY", Err(DIGITS)),
    (r#""1.2345""#, "KWD", Err(DIGITS)),
    (r#""0.0000001""#, "USDC", Err(DIGITS)),
    (r#""0.0000000001""#, "ETH", Err(DIGITS)),
    ("1e2", "USD", Err(DECIMAL)),
    ("1.25E1", "USD", Err(DECIMAL)),
    (r#""1e2""#, "USD", Err(DECIMAL)),
    (r#""""#, "USD", Err(DECIMAL)),
    (r#"" 12.50""#, "USD", Err(DECIMAL)),
    (r#""12.50 ""#, "USD", Err(DECIMAL)),
    (r#""+12.50""#, "USD", Err(DECIMAL)),
    (r#""12,50""#, "USD", Err(DECIMAL)),
    (r#""012.50""#, "USD", Err(DECIMAL)),
    (r#""12.""#, "USD", Err(DECIMAL)),
    (r#"".50""#, "USD", Err(DECIMAL)),
    (r#""-""#, "USD", Err(DECIMAL)),
    (r#""--1""#, "USD", Err(DECIMAL)),
    (r#""1.2.3""#, "USD", Err(DECIMAL)),
    (r#""0x10""#, "USD", Err(DECIMAL)),
    (r#""NaN""#, "USD", Err(DECIMAL)),
    (r#""Infinity""#, "USD", Err(DECIMAL)),
    (r#""١٢""#, "USD", Err(DECIMAL)),
    (r#""10000000000000000000""#, "USD", Err(LIMIT)),
    ("10000000000000000000", "JPY", Err(LIMIT)),
    (r#""10000000000000000000.00""#, "USD", Err(LIMIT)),
    (r#""-10000000000000000000""#, "USD", Err(LIMIT)),
    (r#""340282366920938463463374607431768211457""#, "JPY", Err(LIMIT)),
    (r#""99999999999999999999999999999999999999999999999999""#, "ETH", Err(LIMIT)),
    (r#""0""#, "USD", Err(POSITIVE)),
    (r#""0.00""#, "USD", Err(POSITIVE)),
    (r#""-0.00""#, "USD", Err(POSITIVE)),
    ("-0", "JPY", Err(POSITIVE)),
    (r#""-12.50""#, "USD", Err(POSITIVE)),
    ("-0.01", "USD", Err(POSITIVE)),
    ("true", "USD", Err(TYPE)),
    ("[12]", "USD", Err(TYPE)),
    (r#""1.00""#, "XXX", Err(CURRENCY)),
    (r#""1.00""#, "XAU", Err(CURRENCY)),
    (r#""1.00""#, "usd", Err(CURRENCY)),
    (r#""1.00""#, "USD ", Err(CURRENCY)),
    (r#""1.00""#, "", Err(CURRENCY)),
    (r#""1.00""#, "840", Err(CURRENCY)),
];

/// An escrow event's time: what is stored, or why it is refused.
const TIMES: &[(&str, Result<&str, &str>)] = &[
    (r#""2026-11-20T12:34:56Z""#, Ok("2026-11-20T12:34:56Z")),
    (r#""2026-11-20t12:34:56z""#, Ok("2026-11-20T12:34:56Z")),
    (r#""2026-11-20T12:34:56.7Z""#, Ok("2026-11-20T12:34:56.700Z")),
    (r#""2026-11-20T12:34:56.1234569999Z""#, Ok("2026-11-20T12:34:56.123456Z")),
    (r#""2026-11-21T01:34:56+14:00""#, Ok("2026-11-20T11:34:56Z")),
    (r#""2026-11-20T00:00:00-00:00""#, Ok("2026-11-20T00:00:00Z")),
    (r#""1969-12-31T23:59:59.999999Z""#, Ok("1969-12-31T23:59:59.999999Z")),
    (r#""2024-02-29T00:00:00Z""#, Ok("2024-02-29T00:00:00Z")),
    (r#""9999-12-31T23:59:59Z""#, Ok("9999-12-31T23:59:59Z")),
    (r#""2026-11-20T12:34:60Z""#, Err(TIME)),
    (r#""2016-12-31T23:59:60Z""#, Err(TIME)),
    (r#""2026-11-20T24:00:00Z""#, Err(TIME)),
    (r#""2026-02-29T00:00:00Z""#, Err(TIME)),
    (r#""2026-00-10T00:00:00Z""#, Err(TIME)),
    (r#""2026-11-20T12:34:56""#, Err(TIME)),
    (r#""2026-11-20T12:34Z""#, Err(TIME)),
    (r#""2026-11-20 12:34:56Z""#, Err(TIME)),
    (r#""2026-11-20T12:34:56.Z""#, Err(TIME)),
    (r#""2026-11-20T12:34:56,5Z""#, Err(TIME)),
    (r#""2026-11-20T12:34:56+0100""#, Err(TIME)),
    (r#""2026-11-20T12:34:56+01:60""#, Err(TIME)),
    (r#""2026-11-20T12:34:56+24:00""#, Err(TIME)),
    (r#""2026-11-20T12:34:56Z ""#, Err(TIME)),
    (r#""2026-11-20""#, Err(TIME)),
    (r#""20261120T123456Z""#, Err(TIME)),
    (r#""-026-11-20T12:34:56Z""#, Err(TIME)),
    (r#""""#, Err(TIME)),
    (r#""1795178096789""#, Err(TIME)),
    ("1795178096789", Err(TYPE)),
];

/// A source's row, a part of it, what stands there instead, and the outcome.
#[rustfmt::skip]
const CHANGES: &[(&Sample, &str, &str, &str)] = &[
    // Integers are JSON integers below 2^63.
    (&ESCROW, r#""sequence":1"#, r#""sequence":9223372036854775807"#, KEPT),
    (&ESCROW, r#""sequence":1"#, r#""sequence":9223372036854775808"#, FITS),
    (&ESCROW, r#""sequence":1"#, r#""sequence":100000000000000000000000"#, FITS),
    (&ESCROW, r#""sequence":1"#, r#""sequence":1.0"#, TYPE),
    (&ESCROW, r#""sequence":1"#, r#""sequence":1e0"#, TYPE),
    (&ESCROW, r#""sequence":1"#, r#""sequence":true"#, TYPE),
    // Parties.
    (&ESCROW, "did:key:z6MkA", "did:web:a.example%3A8443:users:u1", KEPT),
    (&ESCROW, "did:key:z6MkA", "did:key:", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:a:", PARTY),
    (&ESCROW, "did:key:z6MkA", "DID:key:a", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:Key:a", PARTY),
    (&ESCROW, "did:key:z6MkA", "did::a", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:a b", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:a%2", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:a#key-1", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:é", PARTY),
    (&ESCROW, "did:key:z6MkA", " did:key:a", PARTY),
    (&ESCROW, "did:key:z6MkA", "z6MkA", PARTY),
    (&ESCROW, "did:key:z6MkA", "", PARTY),
    (&ESCROW, "did:key:z6MkA", "did:key:z6MkB", SELF),
    (&ESCROW, "did:key:z6MkA", r"did:key:z6Mk\u0042", SELF),
    // Lists are closed and case-sensitive.
    (&ESCROW, "CREATED", "RELEASED", KEPT),
    (&ESCROW, "CREATED", "Created", LISTED),
    (&ESCROW, "CREATED", "CREATED ", LISTED),
    (&ESCROW, "CREATED", "", LISTED),
    (&ESCROW, "CREATED", "DISPUTED", LISTED),
    (&ESCROW, "TIP", "REFUND", LISTED),
    (&ESCROW, "PUBLIC", "FRIENDS", LISTED),
    (&ESCROW, r#""PUBLIC""#, "1", TYPE),
    (&ESCROW, r#"{"message":"great video","visibility":"PUBLIC"}"#, "{}", KEPT),
    (&ESCROW, r#"{"message":"great video","visibility":"PUBLIC"}"#, "[]", TYPE),
    (&ESCROW, r#"{"value":"12.50","currency":"USD"}"#, r#""12.50""#, TYPE),
    (&ESCROW, r#"{"value":"12.50","currency":"USD"}"#, "12.50", TYPE),
    (&ESCROW, r#""USD"}"#, r#""USD","note":["any",{"thing":null}]}"#, KEPT),
    // Of a transfer only an escrow's amount must be above zero.
    (&WALLET, r#""11.50""#, r#""0.00""#, KEPT),
    (&WALLET, r#""11.50""#, r#""-11.50""#, KEPT),
    (&WALLET, r#""11.50""#, r#""11.505""#, DIGITS),
    (&WALLET, r#""10.92""#, r#""-1.00""#, KEPT),
    (&WALLET, r#""10.92""#, "10.92", KEPT),
    (&WALLET, r#""10.92""#, r#""10.920""#, DIGITS),
    (&WALLET, r#""10.92""#, r#""1e1""#, DECIMAL),
    (&WALLET, r#""0.58""#, "0.58", KEPT),
    (&WALLET, r#""0.58""#, r#""0.580""#, DIGITS),
    (&WALLET, r#""0.58""#, r#""10000000000000000000""#, LIMIT),
    (&WALLET, r#""0.05""#, "0.05", KEPT),
    (&WALLET, r#""0.05""#, "5e-2", DECIMAL),
    (&WALLET, r#""0.05""#, r#""5%""#, DECIMAL),
    (&WALLET, "PLATFORM", "ANY_OTHER", KEPT),
    (&WALLET, "SETTLED", "FAILED", KEPT),
    (&WALLET, "SETTLED", "PENDING", LISTED),
    (&WALLET, r#""1.15""#, "1.15", KEPT),
    (&WALLET, r#""1.15""#, r#""about""#, DECIMAL),
    (&WALLET, "EUR", "EURO", CURRENCY),
    (&WALLET, r#"[{"type":"PLATFORM","percentage":"0.05","amount":"0.58"}]"#, "[]", KEPT),
    (&WALLET, r#"[{"type":"PLATFORM","percentage":"0.05","amount":"0.58"}]"#, "{}", TYPE),
    // A fee obeys the exponent of its transfer's currency.
    (&WALLET, r#"{"value":"11.50","currency":"USD"}"#, r#"{"value":"11","currency":"JPY"}"#, DIGITS),
    (&LEDGER, r#""account":"escrow""#, r#""account":"Escrow""#, ESCROW_POSTING),
    (&LEDGER, r#"{"account":"escrow","party":"did:key:z6MkA","amount":"-12.50","currency":"USD"},"#, "", ESCROW_POSTING),
    (&LEDGER, r#""account":"creator""#, r#""account":"any_other""#, KEPT),
    (&LEDGER, r#""-12.50""#, "-12.50", KEPT),
    (&LEDGER, r#""-12.50""#, r#""12.50""#, KEPT),
    (&LEDGER, r#""-12.50""#, r#""-12.500""#, DIGITS),
    (&LEDGER, r#""-12.50""#, r#""-1.25e1""#, DECIMAL),
    (&LEDGER, r#""TIP""#, r#""REFUND""#, KEPT),
    (&LEDGER, r#""TIP""#, r#""TRANSFER""#, LISTED),
    (&LEDGER, "did:key:z6MkA", "nobody", PARTY),
    (&LEDGER, "1795178097200", "0", KEPT),
    (&LEDGER, "1795178097200", "-1", KEPT),
    (&LEDGER, "1795178097200", "1795178097200.5", TYPE),
    (&LEDGER, "1795178097200", r#""2026-11-20T12:34:56Z""#, TYPE),
    (&LEDGER, "1795178097200", "8000000000000000", KEPT),
    // No calendar reaches these: a table that held one could not be read.
    (&LEDGER, "1795178097200", "9000000000000000", "timestamp_must_be_in_range"),
    (&LEDGER, "1795178097200", "-9000000000000000", "timestamp_must_be_in_range"),
    (&LEDGER, "1795178097200", "9223372036854775807", "timestamp_must_be_in_range"),
    (&TIERS, r#""4.99""#, r#""0.00""#, PRICE),
    (&TIERS, r#""4.99""#, r#""-4.99""#, PRICE),
    (&TIERS, "CONTENT_DELIVERY", "MESSAGING", METHOD),
    (&TIERS, "CONTENT_DELIVERY", "EMAIL", LISTED),
    (&TIERS, "EXCLUSIVE_CONTENT", "DIRECT_MESSAGE", METHOD),
    (&TIERS, "MONTH", "month", LISTED),
    (&TIERS, r#"[{"benefit_id":"be_1","type":"EXCLUSIVE_CONTENT","description":"members' videos","delivery_method":"CONTENT_DELIVERY"}]"#, "[]", BENEFIT),
    (&EVENTS, "STARTED", "PAUSED", LISTED),
    (&EVENTS, "2026-12-20T00:00:00Z", "2026-12-20", TIME),
    (&PLAYBACK, r#"["LIKE","SHARE"]"#, "[]", KEPT),
    (&PLAYBACK, r#"["LIKE","SHARE"]"#, r#"["like"]"#, LISTED),
    (&PLAYBACK, r#"["LIKE","SHARE"]"#, "[null]", TYPE),
    (&PLAYBACK, r#"["LIKE","SHARE"]"#, r#""LIKE""#, TYPE),
    (&PLAYBACK, "14200", "14200.0", TYPE),
    (&PLAYBACK, "14200", "-1", KEPT),
    (&PLAYBACK, "false,\"inter", "0,\"inter", TYPE),
    (&PLAYBACK, "false,\"inter", "\"false\",\"inter", TYPE),
    (&PLAYBACK, "23.4", "0.234e2", KEPT),
    (&PLAYBACK, "23.4", "1e999", "number_must_be_a_number"),
    (&PLAYBACK, r#""max_framerate":60"#, r#""max_framerate":59.94"#, KEPT),
    (&PLAYBACK, r#"["AVC","HEVC"]"#, r#"["AVC","H264"]"#, LISTED),
    (&PLAYBACK, r#""4G""#, r#""2G""#, LISTED),
    (&PLAYBACK, "PHONE", "WATCH", LISTED),
    (&PLAYBACK, "FOR_YOU", "for_you", LISTED),
    (&PLAYBACK, "POLICY", "CHANCE", LISTED),
    (&PLAYBACK, "eu-central", "anywhere", KEPT),
    (&PLAYBACK, r#"[{"node_id":"fra1-p1","rtt_ms":23.4,"throughput_kbps":5400,"chosen_by":"POLICY","propensity":0.98}]"#, "[{}]", KEPT),
    (&NODES, "0.008500000", "9999999999999999999.999999999", KEPT),
    (&NODES, "0.008500000", "0.0085000000", DIGITS),
    (&NODES, r#""value":"0.008500000","currency":"USD""#, r#""value":"0.000000001","currency":"JPY""#, KEPT),
    (&NODES, r#"["AVC","HEVC","AV1","H3"]"#, r#"["ANYTHING"]"#, KEPT),
    (&NODES, "AVAILABLE", "available", LISTED),
    (&NODES, "40.0", "40", KEPT),
    (&NODES, "2000000000000", "2e12", TYPE),
    (&CONTENT, r#"[{"codec":"AVC","width":720,"height":1280,"framerate":30,"peak_kbps":2400,"bytes":6300000}]"#, "[]", KEPT),
    (&CONTENT, r#""AVC""#, r#""avc""#, LISTED),
    (&CONTENT, "21000", r#""21000""#, TYPE),
];

/// A tier that breaks several rules: its price and benefits, and its detail, which begins with the reason.
const TIER_RULES: &[(&str, &str, &str)] = &[
    ("0.00", "[]", "price_must_be_above_zero; tier_must_have_a_benefit"),
    ("-1.00", "null", "price_must_be_above_zero; tier_must_have_a_benefit"),
    (
        "-1.00",
        r#"[{"benefit_id":"b1","type":"CUSTOM_BADGE","delivery_method":"BADGE"},{"benefit_id":"b2","type":"CUSTOM_BADGE","delivery_method":"MESSAGING"},{"benefit_id":"b3","type":"DIRECT_MESSAGE","delivery_method":"BADGE"}]"#,
        "price_must_be_above_zero; benefit_must_have_its_method (b2: CUSTOM_BADGE by MESSAGING); \
         benefit_must_have_its_method (b3: DIRECT_MESSAGE by BADGE)",
    ),
];

type Case = (String, String, String);

fn owned(about: String, row: String, outcome: &str) -> Case {
    (about, row, outcome.to_owned())
}

/// Takes a value away from its object or list.
fn remove(row: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match row.pointer_mut(parent).expect("its parent") {
        Value::Object(members) => drop(members.remove(name).expect("a member")),
        Value::Array(items) => drop(items.remove(name.parse().expect("an index"))),
        other => panic!("{other} holds nothing"),
    }
}

/// What stands for null or absence where no value may be: most rows say so, two say it in their own words.
fn absence(source: &str, pointer: &str) -> &'static str {
    match (source, pointer) {
        ("payments/ledger", "/postings") => POSTINGS,
        ("subscriptions/tiers", "/benefits") => BENEFIT,
        _ => ABSENT,
    }
}

/// Every value of a row: null, absent, of another type.
fn presence(sample: &Sample) -> Vec<Case> {
    let row: Value = serde_json::from_str(sample.row).expect("a row");
    let mut cases = vec![owned("as it is".to_owned(), sample.row.to_owned(), KEPT)];
    let places = sample.required.iter().map(|pointer| (*pointer, false));
    for (pointer, nullable) in places.chain(sample.nullable.iter().map(|pointer| (*pointer, true))) {
        let outcome = if nullable { KEPT } else { absence(sample.source, pointer) };
        let is_item = pointer.ends_with(|last: char| last.is_ascii_digit());
        let mut change = |about: &str, outcome: &str, change: &dyn Fn(&mut Value)| {
            let mut changed = row.clone();
            change(&mut changed);
            cases.push(owned(format!("{pointer} {about}"), changed.to_string(), outcome));
        };
        let put =
            |value: Value| move |row: &mut Value| *row.pointer_mut(pointer).expect("a place") = value.clone();
        // A list's item that is null is of a wrong type, whatever the list holds.
        change("null", if is_item { TYPE } else { outcome }, &put(Value::Null));
        if !is_item {
            change("absent", outcome, &|row| remove(row, pointer));
        }
        let found = row.pointer(pointer).unwrap_or_else(|| panic!("{pointer}: no such place"));
        let other = if found.is_object() { Value::from(Vec::<Value>::new()) } else { serde_json::json!({}) };
        change("of another type", TYPE, &put(other));
        let is_decimal =
            ["/value", "/amount", "/net", "/percentage", "/rate"].iter().any(|end| pointer.ends_with(end));
        if found.is_string() && !is_decimal {
            change("a number instead of a text", TYPE, &put(7.into()));
        } else if found.is_number() {
            change("a text instead of a number", TYPE, &put(found.to_string().into()));
        }
    }
    cases
}

fn amount(written: &str, currency: &str) -> String {
    ESCROW.row.replace(r#""12.50","currency":"USD""#, &format!(r#"{written},"currency":"{currency}""#))
}

fn outcome_of(outcome: &Result<&str, &'static str>) -> &'static str {
    outcome.err().unwrap_or(KEPT)
}

fn changed(sample: &Sample, from: &str, to: &str) -> String {
    assert!(sample.row.contains(from), "{from} is not in {}", sample.row);
    sample.row.replacen(from, to, 1)
}

fn tier(price: &str, benefits: &str) -> String {
    let mut row: Value = serde_json::from_str(TIERS.row).expect("a row");
    row["price"]["value"] = price.into();
    row["benefits"] = serde_json::from_str(benefits).expect("benefits");
    row.to_string()
}

pub fn land(expected: &mut Expected) {
    for sample in SAMPLES {
        expected.cases(sample.source, "presence.ndjson", presence(sample));
        let own = CHANGES.iter().filter(|(of, ..)| of.source == sample.source);
        let case = |(of, from, to, outcome): &(&Sample, &str, &str, &str)| {
            owned(format!("{from} → {to}"), changed(of, from, to), outcome)
        };
        expected.cases(sample.source, "changes.ndjson", own.map(case));
    }
    let case = |(written, currency, outcome): &(&str, &str, Result<&str, &'static str>)| {
        owned(format!("{written} {currency}"), amount(written, currency), outcome_of(outcome))
    };
    expected.cases(ESCROW.source, "amounts.ndjson", AMOUNTS.iter().map(case));
    let case = |(written, outcome): &(&str, Result<&str, &'static str>)| {
        let row = changed(&ESCROW, r#""2026-11-20T12:34:56.789Z""#, written);
        owned((*written).to_owned(), row, outcome_of(outcome))
    };
    expected.cases(ESCROW.source, "times.ndjson", TIMES.iter().map(case));
    let case = |(price, benefits, detail): &(&str, &str, &str)| {
        let reason = detail.split([';', ' ']).next().unwrap_or_default();
        owned(format!("{price} {benefits}"), tier(price, benefits), reason)
    };
    expected.cases(TIERS.source, "rules.ndjson", TIER_RULES.iter().map(case));
}

/// What was kept is kept exactly, and a detail names every rule.
pub fn check(expected: &Expected) {
    let stored = expected.column("amount", "escrow_events", "amounts.ndjson");
    assert_eq!(stored, AMOUNTS.iter().filter_map(|(_, _, outcome)| outcome.ok()).collect::<Vec<_>>());
    let stored = expected.column("at", "escrow_events", "times.ndjson");
    assert_eq!(stored, TIMES.iter().filter_map(|(_, outcome)| outcome.ok()).collect::<Vec<_>>());
    let details = expected.column("detail", "quarantine", "rules.ndjson");
    assert_eq!(details, TIER_RULES.iter().map(|(_, _, detail)| *detail).collect::<Vec<_>>());
}
