//! Hand-made lines and files: what is well-formed, what is folded, what a manifest and a chain must say.

use std::fs;
use std::io::Write;

use chrono::NaiveDate;

use super::cases::landing;
use super::json::Json;
use super::money::{self, Rounding, product};
use super::{Rules, audit, rows, time};

const EVENT: &str = r#"{"event_id":"e1","escrow_id":"es","sequence":1,"event":"CREATED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"12.50","currency":"USD"},"metadata":{"message":"hi","visibility":"PUBLIC"},"at":"2026-11-20T12:00:00Z"}"#;

/// Changes to the event above, and whether the line is still well-formed.
const CHANGES: [(&str, &str, bool); 36] = [
    (r#""TIP""#, r#""TIP","more":[1e999,{"a":null}]"#, true),
    (r#""TIP""#, r#""TIP","more":{"a":1,"\u0061":2}"#, false),
    (r#""TIP""#, r#""tip""#, false),
    (r#""PUBLIC""#, "null", true),
    (r#"{"message":"hi","visibility":"PUBLIC"}"#, "null", true),
    (r#"{"message":"hi","visibility":"PUBLIC"}"#, "7", false),
    (r#""hi""#, "7", false),
    ("hi", "\u{1}", false),
    ("hi", "\\u0001\u{7f}", true),
    ("hi", "\\ud83d\\ude00", true),
    ("hi", "\\ud83d", false),
    (r#""12.50""#, "12.50", true),
    (r#""12.50""#, "12.5e0", false),
    (r#""12.50""#, r#""12.500""#, false),
    (r#""12.50""#, r#""012.50""#, false),
    (r#""12.50""#, r#""-0.00""#, false),
    (r#""12.50""#, "NaN", false),
    (r#""12.50""#, r#""9999999999999999999.99""#, true),
    (r#""12.50""#, r#""10000000000000000000""#, false),
    ("USD", "JPY", false),
    ("USD", "XXX", false),
    ("USD", "SOL", true),
    ("did:key:b", "did:key:a", false),
    ("did:key:b", "did:key:", false),
    ("did:key:b", "did:Key:b", false),
    ("did:key:b", "did:web:b.example%3a80::u", true),
    ("did:key:b", "did:web:b%3", false),
    (":1,", ":1.0,", false),
    (":1,", ":9223372036854775808,", false),
    (r#""at":"#, r#""At":"#, false),
    ("T12:00:00Z", "t12:00:00.1234567z", true),
    ("T12:00:00Z", "T12:00:60Z", false),
    ("T12:00:00Z", " 12:00:00Z", false),
    ("T12:00:00Z", "T12:00:00", false),
    ("}}", "}} ", true),
    ("Z\"}", "Z\"}}", false),
];

#[test]
fn lines_are_read_by_the_contract() {
    for (old, new, good) in CHANGES {
        let line = EVENT.replace(old, new);
        let read = Json::parse(line.as_bytes()).ok().and_then(|json| rows::event(&json));
        assert_eq!(read.is_some(), good, "{old} to {new}");
    }
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Json::parse(nested(128).as_bytes()).is_ok());
    assert!(Json::parse(nested(129).as_bytes()).is_err());
    assert!(Json::parse(b"\"\xff\"").is_err());
    let same = |line: &str| Json::parse(line.as_bytes()).map(Json::without_nulls);
    assert_eq!(same(r#"{"a":1, "b":"\u0041","c":null}"#), same(r#"{"b":"A","a":1}"#));
    assert_ne!(same(r#"{"a":1}"#), same(r#"{"a":1.0}"#));
}

#[test]
fn money_is_rounded_by_hand() {
    let units = |text| money::read(text, 9).expect("an amount");
    for (gross, rate, digits, [away, even, down, up]) in [
        ("12.50", "0.05", 2, ["0.63", "0.62", "0.62", "0.63"]),
        ("-12.50", "0.05", 2, ["-0.63", "-0.62", "-0.62", "-0.63"]),
        ("13.50", "0.05", 2, ["0.68", "0.68", "0.67", "0.68"]),
        ("0.02", "0.05", 2, ["0.00", "0.00", "0.00", "0.01"]),
        ("100", "0.05", 0, ["5", "5", "5", "5"]),
        (
            "9999999999999999999.999999999",
            "1.000000000000000000000000000001",
            9,
            [
                "9999999999999999999.999999999",
                "9999999999999999999.999999999",
                "9999999999999999999.999999999",
                "10000000000000000000.000000000",
            ],
        ),
    ] {
        for (how, expected) in [
            (Rounding::HalfAway, away),
            (Rounding::HalfEven, even),
            (Rounding::Down, down),
            (Rounding::Up, up),
        ] {
            let expected = money::read_sum(expected).expect("a sum");
            assert_eq!(product(units(gross), rate, digits, how), Some(expected), "{gross} {rate} {how:?}");
        }
    }
    assert_eq!(money::show(units("-0.05")), "-0.050000000");
    assert_eq!(money::canonical("0.0500"), money::canonical("0.05"));
    assert_eq!(money::canonical("100"), "100");
    assert_eq!(time::read("2026-11-20T01:00:00+02:30"), time::read("2026-11-19T22:30:00z"));
    assert_eq!(time::read("1969-12-31T23:59:59.9999999Z"), Some(-1));
    assert_eq!(time::day_of(-1), -1);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn files_are_folded_and_held_against_manifests() {
    let other = EVENT.replace("hi", "ho");
    let (bad, second) = (EVENT.replace("TIP", "TAP"), EVENT.replace("e1", "e2").replace("\"es\"", "\"et\""));
    let plain = format!("\u{feff}\r\n \t\r\n{EVENT}\r\n{bad}\n{}", other.replace("\"es\"", "\"eu\""));
    let packed = [gzip(&format!("{other}\n{EVENT}\n")), gzip(&second)].concat();
    let zstd = zstd::encode_all(second.as_bytes(), 1).expect("memory");
    let frames = [zstd.clone(), zstd::encode_all(&b"\n"[..], 1).expect("memory"), zstd.clone()].concat();
    let manifest = |rows: u32, sum: &str| {
        let totals = format!(r#"[{{"currency":"USD","count":6,"sum":"{sum}"}}]"#);
        format!(r#"{{"watermark":null,"files":[{{"name":"a.ndjson","rows":{rows}}}],"totals":{totals}}}"#)
    };
    let night = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
    let run = |manifest: &str, packed: &[u8]| {
        let root = landing(
            "files",
            &[
                ("escrow", "dt=2026-11-20/_manifest.json", manifest.as_bytes()),
                ("escrow", "dt=2026-11-20/a.ndjson", plain.as_bytes()),
                ("escrow", "dt=2026-11-20/b.ndjson.gz", packed),
                ("escrow", "dt=2026-11-20/c.ndjson.zst", &frames),
                ("escrow", "dt=2026-11-20/d.ndjson.gz", b""),
            ],
        );
        let audit = audit(&root, &[night], &Rules::default()).remove(0);
        fs::remove_dir_all(root).expect("the test's own folder");
        audit
    };
    // The first file holds e1 of es, a bad line, and e1 of eu; the second e1 of es with another message, a
    // replay, and e2 of et; the third e2 of et twice.
    let found = run(&manifest(3, "87.5"), &packed);
    let counts = &found.counts[0];
    let numbers = (counts.good, counts.replays, counts.conflicts, counts.quarantined);
    assert_eq!(numbers, (4, 3, 2, 1));
    assert_eq!(found.quarantine, [("payments/escrow".into(), night, "a.ndjson".into(), 4)]);
    assert_eq!(found.control_totals[0].sum, "87.500000000");
    let ids = found.reconciliation.iter().map(|row| (row.escrow_id.as_str(), row.class.as_str()));
    let expected = [("es", "DUPLICATE_CONFLICT"), ("et", "OPEN"), ("eu", "DUPLICATE_CONFLICT")];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    assert_eq!(found.findings, [("CONTROL_TOTAL".to_string(), "payments/escrow".to_string())]);
    assert_eq!(run(&manifest(3, "87.50").replace(":6,", ":7,"), &packed).findings, []);
    // A wrong number of rows, a broken archive: nothing of that day.
    for refused in [run(&manifest(4, "87.50"), &packed), run(&manifest(3, "87.50"), &packed[..40])] {
        assert_eq!((refused.refused.len(), refused.counts.len(), refused.reconciliation.len()), (1, 0, 0));
    }
}

#[test]
fn the_chain_is_judged() {
    let entry = |sequence: u32, prev_hash: &str, hash: &str| {
        format!(
            concat!(
                r#"{{"entry_id":"l{0}","sequence":{0},"type":"TIP","escrow_id":"es{0}","transaction":null,"#,
                r#""postings":[{{"account":"escrow","party":null,"amount":"-1.50","currency":"USD"}},"#,
                r#"{{"account":"creator","party":"did:key:b","amount":1.50,"currency":"USD"}}],"#,
                r#""metadata":{{"timestamp":1795178097200,"visibility":null}},"prev_hash":"{1}","hash":"{2}"}}"#
            ),
            sequence, prev_hash, hash
        )
    };
    let sealed = |sequence: u32, prev_hash: &str| {
        let unsealed = Json::parse(entry(sequence, prev_hash, "").as_bytes()).expect("an entry");
        let hash = super::chain::own_hash(&rows::entry(&unsealed).expect("an entry"));
        (entry(sequence, prev_hash, &hash), hash)
    };
    let zeros = "0".repeat(64);
    let (first, first_hash) = sealed(1, &zeros);
    // The digest of the ten lines as the contract lists them, from another tool.
    assert_eq!(first_hash, "6c3f795416d16cecd0a41ab4e43d3c30d534a00c25b00f2c0a87a4faa36df066");
    let (second, second_hash) = sealed(2, &first_hash);
    let (third, _) = sealed(3, &second_hash);
    let (stranger, stranger_hash) = sealed(2, &zeros);
    let (after_stranger, _) = sealed(3, &stranger_hash);
    let forged = second.replace("-1.50", "-1.60");
    let finding = |class: &str, sequence: u32| (class.to_string(), sequence.to_string());
    for (landed, expected) in [
        (vec![&third, &first, &second], vec![]),
        (vec![&third], vec![finding("SEQUENCE_GAP", 1), finding("SEQUENCE_GAP", 2)]),
        (vec![&first, &third], vec![finding("SEQUENCE_GAP", 2)]),
        (vec![&first, &stranger, &after_stranger], vec![finding("CHAIN_BREAK", 2)]),
        (vec![&first, &forged, &third], vec![finding("CHAIN_BREAK", 2)]),
        (vec![&first, &stranger, &third], vec![finding("CHAIN_BREAK", 2), finding("CHAIN_BREAK", 3)]),
    ] {
        let text = landed.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        let root = landing("chain", &[("ledger", "dt=2026-11-20/a.ndjson", text.as_bytes())]);
        let night = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
        assert_eq!(audit(&root, &[night], &Rules::default())[0].findings, expected);
        fs::remove_dir_all(root).expect("the test's own folder");
    }
}
