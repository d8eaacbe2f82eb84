//! What a line may be, what its hash is of, and that a shape reads as the rules do.

use proptest::prelude::*;

use super::value::Token;
use super::*;
use crate::reason::Reason;

fn check(line: &str) -> Result<u64, Reason> {
    let mut tape = Tape::default();
    let outcome = tape.parse(line).map(|_| ()).map_err(|rejection| rejection.reason);
    outcome.map(|()| tape.payload_hash)
}

#[test]
fn refuses_what_is_no_single_object() {
    use Reason::*;
    let deep = |levels: usize| format!("{}{}{}", "{\"a\":".repeat(levels - 1), "{}", "}".repeat(levels - 1));
    assert!(check(&deep(128)).is_ok());
    assert_eq!(check(&deep(129)), Err(NestingMustNotExceed128));
    let many = (0..40).map(|i| format!("\"k{i}\":1")).collect::<Vec<_>>().join(",");
    assert!(check(&format!("{{{many}}}")).is_ok());
    assert_eq!(check(&format!("{{{many},\"k7\":2}}")), Err(KeysMustBeUnique));
    for (line, reason) in [
        ("", LineMustHoldAnObject),
        ("[1]", LineMustHoldAnObject),
        ("null", LineMustHoldAnObject),
        ("{", LineMustBeJson),
        ("{\"a\":1", LineMustBeJson),
        ("{\"a\":1,}", LineMustBeJson),
        ("{\"a\":[1,]}", LineMustBeJson),
        ("{\"a\":[1}", LineMustBeJson),
        ("{\"a\" 1}", LineMustBeJson),
        ("{a:1}", LineMustBeJson),
        ("{\"a\":NaN}", LineMustBeJson),
        ("{\"a\":-Infinity}", LineMustBeJson),
        ("{\"a\":01}", LineMustBeJson),
        ("{\"a\":1.}", LineMustBeJson),
        ("{\"a\":1e}", LineMustBeJson),
        ("{\"a\":-}", LineMustBeJson),
        ("{\"a\":+1}", LineMustBeJson),
        ("{\"a\":\"\u{1}\"}", LineMustBeJson),
        ("{\"a\":\"\t\"}", LineMustBeJson),
        ("{\"a\":\"\\x\"}", LineMustBeJson),
        ("{\"a\":\"\\ud800\"}", LineMustBeJson),
        ("{\"a\":\"\\", LineMustBeJson),
        ("{\"a\":tru}", LineMustBeJson),
        ("{} {}", LineMustHoldOneObject),
        ("{}x", LineMustHoldOneObject),
        ("{\"a\":1,\"a\":1}", KeysMustBeUnique),
        ("{\"b\":{\"a\":1,\"\\u0061\":2}}", KeysMustBeUnique),
    ] {
        assert_eq!(check(line), Err(reason), "{line}");
    }
}

#[test]
fn equal_as_parsed_json_is_equal_in_hash() {
    let base = check(r#"{"a":"x/y","b":[1,2,{"c":null}],"d":1.0}"#);
    assert_eq!(base, check(" { \"d\" : 1.0 , \"b\":[ 1,2, {\"\\u0063\":null}],\"a\":\"x\\/\\u0079\" } "));
    assert_eq!(base, check(r#"{"a":"x/y","b":[1,2,{}],"d":1.0,"e":null}"#), "absent equals null");
    for other in [
        r#"{"a":"x/y","b":[1,2,{"c":null}],"d":1.00}"#,
        r#"{"a":"x/y","b":[2,1,{"c":null}],"d":1.0}"#,
        r#"{"a":"x/y","b":[1,2,{"c":false}],"d":1.0}"#,
        r#"{"a":"x/y","b":[1,2,{"c":null}],"d":"1.0"}"#,
        r#"{"b":"x/y","a":[1,2,{"c":null}],"d":1.0}"#,
        r#"{"a":"x/y","b":[1,2,{"c":null}]}"#,
        r#"{"a":"x/y","b":[1,2,null],"d":1.0}"#,
    ] {
        assert_ne!(base, check(other), "{other}");
    }
}

#[test]
fn values_are_read_back() {
    let mut tape = Tape::default();
    let value = tape.parse("{\"a\":[1,-2.5],\"b\":\"\\ud83d\\ude00\\n\",\"c\":{}}").unwrap();
    let members: Vec<_> = value.members().collect();
    assert_eq!(members.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["a", "b", "c"]);
    let items: Vec<_> = members[0].1.items().map(|item| item.content().into_owned()).collect();
    assert_eq!(items, ["1", "-2.5"]);
    assert_eq!(members[1].1.content(), "😀\n");
    assert_eq!(members[2].1.members().count(), 0);
}

/// A tape, its line and the hash.
fn laid(tape: &mut Tape, line: &str) -> Result<(Vec<Token>, u64), Reason> {
    tape.parse(line).map_err(|rejection| rejection.reason)?;
    Ok((tape.tokens().to_vec(), tape.payload_hash))
}

/// A value's text: what lines of one log differ in, and what they do not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9:é]{0,40}".prop_map(|text| format!("\"{text}\"")),
        r#"[a-z]{0,3}(\\n|\\"|\\u00e9|\\q|"|\t)[a-z]{0,3}"#.prop_map(|text| format!("\"{text}\"")),
        r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?",
        prop_oneof![Just("true"), Just("false"), Just("null"), Just("nul"), Just("01"), Just("1.")]
            .prop_map(str::to_owned),
        "[0-9]{1,3}".prop_map(|number| format!("{{\"n\":{number}}}")),
        prop::collection::vec("[0-9]{1,2}", 0..3).prop_map(|items| format!("[{}]", items.join(","))),
    ]
}

/// A line of one of a few outlines: with blanks, with a key that stands twice, with more behind its end.
fn line() -> impl Strategy<Value = String> {
    let values = prop::collection::vec(value(), 4);
    (values, 0..8_u8).prop_map(|(values, outline)| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|place| &values[place]);
        match outline {
            0..4 => format!(r#"{{"a":{a},"b":{{"c":{b},"d":{c}}},"e":[{d}]}}"#),
            4 => format!(r#"{{"b":{{"c":{b},"d":{c}}},"e":[{d}],"a":{a}}}"#),
            5 => format!(r#"{{"a":{a}, "b":{{"c":{b},"d":{c}}},"e":[{d}]}} "#),
            6 => format!(r#"{{"a":{a},"b":{{"c":{b},"c":{c}}},"e":[{d}]}}"#),
            _ => format!(r#"{{"a":{a},"b":{{"c":{b},"d":{c}}},"e":[{d}]}},"#),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A tape that has read other lines reads a line as one that has read none, token for token.
    #[test]
    fn a_shape_reads_as_the_rules_do(lines in prop::collection::vec(line(), 2..24)) {
        let mut tape = Tape::default();
        for line in &lines {
            prop_assert_eq!(laid(&mut tape, line), laid(&mut Tape::default(), line), "{}", line);
        }
    }
}

#[test]
fn lines_of_one_shape_are_laid_by_it() {
    let mut tape = Tape::default();
    for (number, message) in [(1, "null"), (2, "\"hé\""), (3, "\"\""), (45, "null"), (6, "\"x\"")] {
        let line = format!("{{\"id\":\"e{number}\",\"metadata\":{{\"message\":{message}}},\"n\":{number}}}");
        tape.parse(&line).unwrap();
    }
    // Two were read by the rules, one with a message and one without.
    assert_eq!(tape.shapes_known(), 2);
}
