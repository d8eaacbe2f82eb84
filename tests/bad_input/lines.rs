//! How a file falls into lines, and which lines are one JSON object.

use super::expected::{Expected, KEPT};
use super::packing::gzip;
use super::sample::ESCROW;

const JSON: &str = "line_must_be_json";
const OBJECT: &str = "line_must_hold_an_object";
const ONE: &str = "line_must_hold_one_object";
const UTF8: &str = "line_must_be_utf8";
const UNIQUE: &str = "keys_must_be_unique";
const DEEP: &str = "nesting_must_not_exceed_128";

/// Name, bytes, outcomes by line. `@1` is a good row with a key of its own.
const FILES: &[(&str, &[u8], &[(i64, &str)])] = &[
    ("no-line-end", b"@1\n@2", &[(1, KEPT), (2, KEPT)]),
    ("cut-last-line", b"@1\n{\"event_id\":\"ee_2\",\"esc", &[(1, KEPT), (2, JSON)]),
    ("crlf", b"@1\r\n@2\r\n", &[(1, KEPT), (2, KEPT)]),
    ("crlf-and-no-line-end", b"@1\r\n@2", &[(1, KEPT), (2, KEPT)]),
    ("bom", b"\xef\xbb\xbf@1\n@2\n", &[(1, KEPT), (2, KEPT)]),
    ("bom-alone", b"\xef\xbb\xbf", &[]),
    ("bom-and-blank", b"\xef\xbb\xbf\r\n@1\n", &[(2, KEPT)]),
    ("bom-later", b"@1\n\xef\xbb\xbf@2\n", &[(1, KEPT), (2, OBJECT)]),
    ("empty", b"", &[]),
    ("blank-alone", b"\n \n\t\r\n \t", &[]),
    ("blank-between", b"\n \t\n@1\n\r\n\t\t\r\nx\n\n@2\n\n", &[(3, KEPT), (6, OBJECT), (8, KEPT)]),
    ("form-feed", b"\x0c\n@1\n", &[(1, OBJECT), (2, KEPT)]),
    ("spaces-around", b" \t@1\t \n", &[(1, KEPT)]),
    ("no-utf8", b"\xff\xfe\n@1\n{\"a\":\"\xc3(\"}\n", &[(1, UTF8), (2, KEPT), (3, UTF8)]),
    ("surrogate-in-utf8", b"{\"a\":\"\xed\xa0\x80\"}\n@1\n", &[(1, UTF8), (2, KEPT)]),
    ("overlong-utf8", b"{\"a\":\"\xc0\xaf\"}\n@1\n", &[(1, UTF8), (2, KEPT)]),
    ("nul-bytes", b"\0\0\0\0\n@1\n", &[(1, OBJECT), (2, KEPT)]),
    ("two-objects", b"@1 @2\n@3@4\n@5,\n@6 x\n", &[(1, ONE), (2, ONE), (3, ONE), (4, ONE)]),
    (
        "no-object",
        b"[@1]\nnull\n\"{}\"\n1\n@2\n",
        &[(1, OBJECT), (2, OBJECT), (3, OBJECT), (4, OBJECT), (5, KEPT)],
    ),
    ("one-object-on-two-lines", b"{\"event_id\":\n\"ee_1\"}\n", &[(1, JSON), (2, OBJECT)]),
];

/// A member put into a good row, and the outcome. Under unknown keys any value is fine.
const MEMBERS: &[(&str, &str)] = &[
    (r#""x":1e400"#, KEPT),
    (r#""x":[null,{"y":-0.0E-7}]"#, KEPT),
    (r#""x":"\u0000\ud83d\ude00\/""#, KEPT),
    (r#""":0"#, KEPT),
    (r#""EVENT_ID":1,"Event_id":2"#, KEPT),
    (r#""x":{"a":1},"y":{"a":1}"#, KEPT),
    (r#""x":1,"x":1"#, UNIQUE),
    (r#""x":1,"\u0078":2"#, UNIQUE),
    (r#""event_id":"ee""#, UNIQUE),
    (r#""\u0065vent_id":"ee""#, UNIQUE),
    (r#""x":{"a":1,"a":2}"#, UNIQUE),
    (r#""x":{"a":1,"\u0061":2}"#, UNIQUE),
    (r#""x":[{"y":[{"a":1,"b":2,"a":1}]}]"#, UNIQUE),
    (r#""":1,"":2"#, UNIQUE),
    (r#""x":NaN"#, JSON),
    (r#""x":Infinity"#, JSON),
    (r#""x":-Infinity"#, JSON),
    (r#""x":nan"#, JSON),
    (r#""x":01"#, JSON),
    (r#""x":+1"#, JSON),
    (r#""x":.5"#, JSON),
    (r#""x":5."#, JSON),
    (r#""x":0x1"#, JSON),
    (r#""x":1_000"#, JSON),
    (r#""x":True"#, JSON),
    (r#""x":undefined"#, JSON),
    (r#""x":'a'"#, JSON),
    (r#"x:1"#, JSON),
    (r#""x":[1,]"#, JSON),
    (r#""x":1,"#, JSON),
    (r#""x":1 /* why */"#, JSON),
    (r#""x" 1"#, JSON),
    (r#""x":"\x""#, JSON),
    (r#""x":"\ud800""#, JSON),
    (r#""x":"\udc00\ud800""#, JSON),
    (r#""x":"\u12g4""#, JSON),
    ("\"x\":\"a\tb\"", JSON),
    ("\"x\":\"a\u{1}b\"", JSON),
    ("\"x\":\"a\u{1f}\"", JSON),
    ("\"x\":\"a\u{7f}b\u{85}\u{2028}\"", KEPT),
    ("\"x\":\u{a0}1", JSON),
];

/// A row in which one member was added at its end.
fn with_member(member: &str) -> String {
    format!("{},{member}}}", ESCROW.row.strip_suffix('}').expect("an object"))
}

/// Levels of arrays and of objects, the row itself being the first.
fn nested() -> Vec<(String, String, String)> {
    let mut cases = Vec::new();
    for (levels, outcome) in [(2, KEPT), (128, KEPT), (129, DEEP), (100_000, DEEP)] {
        let inner = levels - 1;
        let arrays = format!("\"x\":{}{}", "[".repeat(inner), "]".repeat(inner));
        let objects = format!("\"x\":{}{{}}{}", "{\"x\":".repeat(inner - 1), "}".repeat(inner - 1));
        for member in [arrays, objects] {
            cases.push((format!("{levels} levels"), with_member(&member), outcome.to_owned()));
        }
    }
    cases
}

/// A template with its good rows.
fn filled(name: &str, template: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut parts = template.split(|byte| *byte == b'@');
    bytes.extend_from_slice(parts.next().unwrap_or_default());
    for part in parts {
        let (digit, rest) = part.split_first().expect("a digit after @");
        bytes.extend_from_slice(ESCROW.row(&format!("{name}-{}", *digit as char)).as_bytes());
        bytes.extend_from_slice(rest);
    }
    bytes
}

/// Megabytes of two-byte characters in one message.
const LONG: usize = 5_000_000;

fn long_lines() -> Vec<u8> {
    let message = "é".repeat(LONG / 2);
    let good = ESCROW.row("long-2").replace("great video", &message);
    let cut_message = good.replace("long-2", "long-3").replace("\",\"visibility\"", ",\"visibility\"");
    filled("long", format!("@1\n{good}\n{cut_message}\n@4\n").as_bytes())
}

pub fn land(expected: &mut Expected) {
    let escrow = ESCROW.source;
    for (name, template, outcomes) in FILES {
        expected.file(escrow, &format!("{name}.ndjson"), &filled(name, template), outcomes);
    }
    let member =
        |(member, outcome): &(&str, &str)| ((*member).to_owned(), with_member(member), (*outcome).to_owned());
    expected.cases(escrow, "members.ndjson", MEMBERS.iter().map(member));
    expected.cases(escrow, "nested.ndjson", nested());
    expected.file(escrow, "long.ndjson", &long_lines(), &[(1, KEPT), (2, KEPT), (3, JSON), (4, KEPT)]);
    // A line far beyond 64 MiB is never held whole.
    let endless = [vec![b'x'; 70 << 20], filled("endless", b"\n@2\n")].concat();
    expected.file(
        escrow,
        "endless.ndjson.gz",
        &gzip(&endless),
        &[(1, "line_must_not_be_too_long"), (2, KEPT)],
    );
}

/// A refused line is kept as it was, as far as text can hold it; a long one to its first 64 KiB.
pub fn check(expected: &Expected) {
    let raw = |file: &str| expected.column("raw", "quarantine", file);
    assert_eq!(raw("no-utf8.ndjson"), [r"\xFF\xFE", r#"{"a":"\xC3("}"#]);
    assert_eq!(raw("cut-last-line.ndjson"), [r#"{"event_id":"ee_2","esc"#]);
    assert_eq!(raw("nul-bytes.ndjson"), ["\0\0\0\0"]);
    let lengths = expected.column("octet_length(message)", "escrow_events", "long.ndjson");
    assert_eq!(lengths, ["11", &LONG.to_string(), "11"], "a long message is kept whole");
    for (file, cut) in [("long.ndjson", true), ("endless.ndjson.gz", true), ("cut-last-line.ndjson", false)] {
        assert_eq!(expected.column("raw_cut", "quarantine", file), [cut.to_string()], "{file}");
        let length = raw(file)[0].len();
        // A character that the cut would halve is left out whole.
        assert!(!cut || (65_535..=65_536).contains(&length), "{file}: {length} bytes");
    }
    assert!(!raw("long.ndjson")[0].contains("\\x"));
}
