//! Hand-made nights for each class, one escrow a line: what landed, and what each night must say of it.

use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::{Alias, Audit, FeeRule, Mode, Row, Rules, audit};

/// The rows that the short names stand for; all agree with each other.
const ROWS: [(&str, &str, &str); 8] = [
    (
        "C",
        "escrow",
        r#"{"event_id":"e1","escrow_id":"es","sequence":1,"event":"CREATED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"metadata":{"message":null,"visibility":"PUBLIC"},"at":"2026-11-20T12:00:00Z"}"#,
    ),
    (
        "F",
        "escrow",
        r#"{"event_id":"e2","escrow_id":"es","sequence":2,"event":"FUNDED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"metadata":null,"at":"2026-11-20T12:10:00Z"}"#,
    ),
    (
        "R",
        "escrow",
        r#"{"event_id":"e3","escrow_id":"es","sequence":3,"event":"RELEASED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"at":"2026-11-20T12:20:00Z"}"#,
    ),
    (
        "X",
        "escrow",
        r#"{"event_id":"e4","escrow_id":"es","sequence":4,"event":"REFUNDED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"at":"2026-11-20T12:20:00Z"}"#,
    ),
    (
        "K",
        "escrow",
        r#"{"event_id":"e5","escrow_id":"es","sequence":5,"event":"CANCELLED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"at":"2026-11-20T12:20:00Z"}"#,
    ),
    (
        "T",
        "wallet",
        r#"{"transaction_id":"t1","escrow_id":"es","amount":{"value":"12.50","currency":"USD"},"fees":[{"type":"PLATFORM","percentage":"0.05","amount":"0.63"},{"type":"PROCESSING","percentage":"0.029","amount":"0.36"}],"net":"11.51","status":"SETTLED","at":"2026-11-20T12:34:57.100Z"}"#,
    ),
    (
        "L",
        "ledger",
        r#"{"entry_id":"l1","sequence":1,"type":"TIP","escrow_id":"es","transaction":"t1","postings":[{"account":"escrow","party":"did:key:a","amount":"-12.50","currency":"USD"},{"account":"creator","party":"did:key:b","amount":"11.51","currency":"USD"},{"account":"platform_fees","party":null,"amount":"0.63","currency":"USD"},{"account":"processing_fees","party":null,"amount":"0.36","currency":"USD"}],"metadata":{"timestamp":1795178097200,"visibility":"PUBLIC"},"prev_hash":"","hash":""}"#,
    ),
    (
        "B",
        "ledger",
        r#"{"entry_id":"l2","sequence":2,"type":"REFUND","escrow_id":"es","transaction":null,"postings":[{"account":"escrow","party":"did:key:a","amount":"-12.50","currency":"USD"},{"account":"payer","party":"did:key:a","amount":"12.50","currency":"USD"}],"metadata":{"timestamp":1795178097200,"visibility":"PUBLIC"},"prev_hash":"","hash":""}"#,
    ),
];

/// What lands on 20 November 2026, each row by its short name and changes `old=>new`, and after `=` what the
/// nights of the 20th, 21st and 28th say: class, then flags; `-` where nothing is written.
const CASES: &str = r#"
C F R T L = MATCHED / - / -
C F X B = REFUNDED / - / -
C K = CANCELLED / - / -
C = OPEN / OPEN / STUCK_ESCROW
C F;12:10=>12:05 T;SETTLED=>FAILED = OPEN / OPEN / STUCK_ESCROW
T;SETTLED=>FAILED = - / - / -
T;SETTLED=>FAILED T;SETTLED=>REVERSED = - / - / -
C F R T L T;SETTLED=>FAILED = DUPLICATE_CONFLICT / DUPLICATE_CONFLICT / DUPLICATE_CONFLICT
R R;e3=>e6 T L;"PUBLIC"=>null = ILLEGAL_STATE:NOT_CREATED / ILLEGAL_STATE:NOT_CREATED / ILLEGAL_STATE:NOT_CREATED
C R T L = ILLEGAL_STATE:RELEASE_BEFORE_FUND / ILLEGAL_STATE:RELEASE_BEFORE_FUND / ILLEGAL_STATE:RELEASE_BEFORE_FUND
C F F;e2=>e6 R T L;PUBLIC=>PRIVATE = ILLEGAL_STATE:DOUBLE_FUND METADATA_MISMATCH / ILLEGAL_STATE:DOUBLE_FUND METADATA_MISMATCH / ILLEGAL_STATE:DOUBLE_FUND METADATA_MISMATCH
C F R F;e2=>e6;:2,=>:9, = ILLEGAL_STATE:DOUBLE_FUND OPEN / ILLEGAL_STATE:DOUBLE_FUND OPEN / ILLEGAL_STATE:DOUBLE_FUND STUCK_ESCROW
C F R R;e3=>e6 T L = ILLEGAL_STATE:DOUBLE_RELEASE / ILLEGAL_STATE:DOUBLE_RELEASE / ILLEGAL_STATE:DOUBLE_RELEASE
C F X X;e4=>e6 B = ILLEGAL_STATE:DOUBLE_REFUND / ILLEGAL_STATE:DOUBLE_REFUND / ILLEGAL_STATE:DOUBLE_REFUND
C F R X B = ILLEGAL_STATE:REFUND_AFTER_RELEASE / ILLEGAL_STATE:REFUND_AFTER_RELEASE / ILLEGAL_STATE:REFUND_AFTER_RELEASE
C F X R;:3,=>:5, = ILLEGAL_STATE:RELEASE_AFTER_REFUND TIMING_PENDING / ILLEGAL_STATE:RELEASE_AFTER_REFUND MISSING_TRANSFER / ILLEGAL_STATE:RELEASE_AFTER_REFUND MISSING_TRANSFER
C X B = ILLEGAL_STATE:REFUND_BEFORE_FUND / ILLEGAL_STATE:REFUND_BEFORE_FUND / ILLEGAL_STATE:REFUND_BEFORE_FUND
C F K = ILLEGAL_STATE:CANCEL_AFTER_FUND / ILLEGAL_STATE:CANCEL_AFTER_FUND / ILLEGAL_STATE:CANCEL_AFTER_FUND
C C;e1=>e6;12:00=>11:00 = ILLEGAL_STATE:DOUBLE_CREATE OPEN / ILLEGAL_STATE:DOUBLE_CREATE OPEN / ILLEGAL_STATE:DOUBLE_CREATE STUCK_ESCROW
C K K;e5=>e6 = ILLEGAL_STATE:EVENT_AFTER_CANCEL / ILLEGAL_STATE:EVENT_AFTER_CANCEL / ILLEGAL_STATE:EVENT_AFTER_CANCEL
C F;12:10=>11:10 R T L = ILLEGAL_STATE:TIME_REVERSAL / ILLEGAL_STATE:TIME_REVERSAL / ILLEGAL_STATE:TIME_REVERSAL
C F;12:10=>12:00 R T L = MATCHED / - / -
C F T = TIMING_PENDING / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE
C K L = TIMING_PENDING / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE
C F X T B = TIMING_PENDING / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE / ILLEGAL_STATE:SETTLED_WITHOUT_RELEASE
C F R = TIMING_PENDING / MISSING_TRANSFER / MISSING_TRANSFER
C F R L = TIMING_PENDING / MISSING_TRANSFER / MISSING_TRANSFER
C F R T = TIMING_PENDING / MISSING_LEDGER / MISSING_LEDGER
C F X = TIMING_PENDING / MISSING_LEDGER / MISSING_LEDGER
T L = TIMING_PENDING / MISSING_ESCROW / MISSING_ESCROW
T = TIMING_PENDING / ORPHAN_TRANSFER / ORPHAN_TRANSFER
L = TIMING_PENDING / ORPHAN_LEDGER / ORPHAN_LEDGER
T;11-20T=>11-19T = ORPHAN_TRANSFER / ORPHAN_TRANSFER / ORPHAN_TRANSFER
T;20T12:34:57.100Z=>20T00:00:00Z = ORPHAN_TRANSFER / ORPHAN_TRANSFER / ORPHAN_TRANSFER
C F R T T;t1=>t2 L = DUPLICATE_TRANSFER / DUPLICATE_TRANSFER / DUPLICATE_TRANSFER
C F R T L B = DUPLICATE_LEDGER TYPE_MISMATCH / DUPLICATE_LEDGER TYPE_MISMATCH / DUPLICATE_LEDGER TYPE_MISMATCH
C F X B;REFUND=>TIP = TYPE_MISMATCH / TYPE_MISMATCH / TYPE_MISMATCH
C F R T L;0.63=>0.62 = UNBALANCED_POSTINGS FEE_DISAGREES:PLATFORM / UNBALANCED_POSTINGS FEE_DISAGREES:PLATFORM / UNBALANCED_POSTINGS FEE_DISAGREES:PLATFORM
C F R T;USD=>EUR L = CURRENCY_MISMATCH / CURRENCY_MISMATCH / CURRENCY_MISMATCH
C F R;12.50=>12.51 T L = AMOUNT_MISMATCH / AMOUNT_MISMATCH / AMOUNT_MISMATCH
C F;did:key:b=>did:key:c R T L = PARTY_MISMATCH / PARTY_MISMATCH / PARTY_MISMATCH
C F R T L;did:key:b=>did:key:old = MATCHED / - / -
C F R T L;did:key:b=>did:key:late = PARTY_MISMATCH / PARTY_MISMATCH / PARTY_MISMATCH
C F R T;12.50=>12.51;11.51=>11.52 L = AMOUNT_MISMATCH NET_MISMATCH / AMOUNT_MISMATCH NET_MISMATCH / AMOUNT_MISMATCH NET_MISMATCH
C F R T;0.63=>0.62;11.51=>11.52 L;0.63=>0.62;11.51=>11.52 = FEE_ROUNDING:PLATFORM / FEE_ROUNDING:PLATFORM / FEE_ROUNDING:PLATFORM
C F R T;0.36=>0.37;11.51=>11.50 L = FEE_DISAGREES:PROCESSING FEE_ROUNDING:PROCESSING NET_MISMATCH / FEE_DISAGREES:PROCESSING FEE_ROUNDING:PROCESSING NET_MISMATCH / FEE_DISAGREES:PROCESSING FEE_ROUNDING:PROCESSING NET_MISMATCH
C F R T;0.05=>0.0500;0.029=>0.03 L = FEE_RATE:PROCESSING / FEE_RATE:PROCESSING / FEE_RATE:PROCESSING
C F R T;"0.05"=>null L = MATCHED / - / -
C F R T;"0.63"=>0.63;"0.36"=>0.36 L = MATCHED / - / -
C F R T;0.63=>0.60;11.51=>11.54 L;0.63=>0.60;11.51=>11.54 = FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM
C F R T;PROCESSING=>TAX L = FEE_DISAGREES:PROCESSING FEE_AMOUNT:PROCESSING / FEE_DISAGREES:PROCESSING FEE_AMOUNT:PROCESSING / FEE_DISAGREES:PROCESSING FEE_AMOUNT:PROCESSING
C F R T;PROCESSING=>PLATFORM L = FEE_DISAGREES:PLATFORM FEE_RATE:PLATFORM FEE_AMOUNT:PLATFORM / FEE_DISAGREES:PLATFORM FEE_RATE:PLATFORM FEE_AMOUNT:PLATFORM / FEE_DISAGREES:PLATFORM FEE_RATE:PLATFORM FEE_AMOUNT:PLATFORM
C F R T;PLATFORM=>NETWORK L;platform_fees=>network_fees = FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM
C;12.50=>0.02 F;12.50=>0.02 R;12.50=>0.02 T;12.50=>0.02;0.63=>0.01;0.36=>0.00;11.51=>0.01 L;12.50=>0.02;0.63=>0.01;0.36=>0.00;11.51=>0.01 = FEE_ROUNDING:PLATFORM / FEE_ROUNDING:PLATFORM / FEE_ROUNDING:PLATFORM
C;12.50=>0.10 F;12.50=>0.10 R;12.50=>0.10 T;12.50=>0.10;0.63=>0.00;0.36=>0.00;11.51=>0.10 L;12.50=>0.10;0.63=>0.00;0.36=>0.00;11.51=>0.10 = FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM / FEE_AMOUNT:PLATFORM
C F R T;11.51=>11.50 L = NET_MISMATCH / NET_MISMATCH / NET_MISMATCH
C F R T L;1795178097200=>1795250000000;PUBLIC=>PRIVATE = DAY_BOUNDARY METADATA_MISMATCH / - / -
C F R T L;PUBLIC=>PRIVATE = METADATA_MISMATCH / - / -
C F X B;1795178097200=>1795250000000 = DAY_BOUNDARY / - / -
C;12.50=>10.00;USD=>EUR F;12.50=>10.00;USD=>EUR R;12.50=>10.00;USD=>EUR T;"net"=>"fx":{"from":{"value":"10.00","currency":"EUR"},"rate":"1.2501"},"net" L = MATCHED / - / -
C;12.50=>10.00;USD=>EUR F;12.50=>10.00;USD=>EUR R;12.50=>10.00;USD=>EUR T;"net"=>"fx":{"from":{"value":"10.00","currency":"EUR"},"rate":"1.26"},"net" L = CURRENCY_MISMATCH / CURRENCY_MISMATCH / CURRENCY_MISMATCH
C F R T;"net"=>"fx":{"from":{"value":"10.00","currency":"EUR"},"rate":"1.25"},"net" L = CURRENCY_MISMATCH / CURRENCY_MISMATCH / CURRENCY_MISMATCH
"#;

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).expect("a day of November")
}

/// The default schedule, a recorded network fee, and two names of one creator.
fn rules() -> Rules {
    let mut rules = Rules::default();
    let effective_from = date(1);
    rules.fees.push(FeeRule {
        fee_type: "NETWORK".to_string(),
        effective_from,
        currency: None,
        account: "network_fees".to_string(),
        mode: Mode::Recorded,
    });
    let alias =
        |from: &str, day| Alias { from: from.into(), to: "did:key:b".into(), effective_from: date(day) };
    rules.aliases = vec![alias("did:key:old", 1), alias("did:key:late", 21)];
    rules
}

/// A row by its short name, each `old=>new` after it applied everywhere.
fn written(item: &str) -> (&'static str, String) {
    let mut parts = item.split(';');
    let name = parts.next().unwrap_or_default();
    let (_, source, row) = ROWS.iter().find(|(known, ..)| *known == name).expect("a known row");
    let mut line = row.to_string();
    for change in parts {
        let (old, new) = change.split_once("=>").expect("old=>new");
        assert!(line.contains(old), "{old} is not in {name}");
        line = line.replace(old, new);
    }
    (source, line)
}

fn verdict(row: &Row) -> String {
    let subcode = row.subcode.as_ref().map(|subcode| format!(":{subcode}")).unwrap_or_default();
    [vec![format!("{}{subcode}", row.class)], row.flags.clone()].concat().join(" ")
}

/// An empty landing area of its own for one test; the files are named by source, day and name.
pub fn landing(test: &str, files: &[(&str, &str, &[u8])]) -> PathBuf {
    let root = std::env::temp_dir().join(format!("auditor-{}-{test}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for (source, name, bytes) in files {
        let path = root.join("payments").join(source).join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a landing folder");
        fs::write(path, bytes).expect("a landed file");
    }
    root
}

#[test]
fn every_class_is_told() {
    let mut wrong = Vec::new();
    for case in CASES.lines().filter(|line| !line.is_empty()) {
        let (items, expected) = case.split_once(" = ").expect("rows = verdicts");
        let rows: Vec<(&str, String)> = items.split(' ').map(written).collect();
        let source = |name: &str| {
            let lines = rows.iter().filter(|(source, _)| *source == name).map(|(_, line)| line.as_str());
            lines.collect::<Vec<_>>().join("\n")
        };
        let file = "dt=2026-11-20/a.ndjson";
        let contents = ["escrow", "wallet", "ledger"].map(|name| (name, source(name)));
        let files = contents.each_ref().map(|(name, text)| (*name, file, text.as_bytes()));
        let root = landing("classes", &files);
        let audits = audit(&root, &[date(20), date(21), date(28)], &rules());
        assert!(audits.iter().all(|night: &Audit| night.quarantine.is_empty()), "{case}");
        let told = audits.iter().map(|night| night.reconciliation.first().map_or("-".to_string(), verdict));
        let told = told.collect::<Vec<_>>().join(" / ");
        if told != expected {
            wrong.push(format!("{items}\n  expected {expected}\n  told     {told}"));
        }
        fs::remove_dir_all(root).expect("the test's own folder");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
