//! Rows that come again: kept once where they first landed, and kept twice where they say something else.

use super::expected::DAY;
use super::sample::{CONTENT, ESCROW, LEDGER, NODES, SAMPLES, Sample, TIERS, WALLET, table};
use crate::support::Place;

const NEXT: &str = "2026-11-21";

/// The rows of a source in bronze: day, file, line, and `!` where it is a later payload of its key.
fn kept(place: &Place, source: &str) -> Vec<String> {
    let query = format!(
        "SELECT dt, source_file, source_line, conflict FROM bronze.{} ORDER BY dt, source_file, source_line",
        table(source)
    );
    let rows = place.rows(&query).into_iter();
    let short = |row: Vec<String>| {
        let day = if row[0] == DAY { "" } else { "next/" };
        let file = row[1].trim_end_matches(".ndjson");
        format!("{day}{file}:{}{}", row[2], if row[3] == "true" { "!" } else { "" })
    };
    rows.map(short).collect()
}

fn counts(place: &Place, source: &str) -> Vec<String> {
    let query = format!(
        "SELECT sum(rows) AS rows, sum(good) AS good, sum(replays) AS replays, sum(conflicts) AS conflicts \
         FROM ops.ingested_files WHERE source = '{source}'"
    );
    place.rows(&query).concat()
}

/// The same payload, written otherwise: keys the other way round, spaces, escapes, a null that may be absent.
fn rewritten(row: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(row).expect("a row");
    let members = value.as_object().expect("an object");
    let escaped = |text: &str| text.replace('e', r"\u0065").replace('/', r"\/");
    let turned = members.iter().rev().map(|(key, value)| {
        let value = if value.is_string() {
            escaped(&value.to_string())
        } else {
            value.to_string().replace(',', " ,\t")
        };
        format!("\"{}\" :  {value}", escaped(key))
    });
    format!("  {{ {} , \"absent\":null }}", turned.collect::<Vec<_>>().join(" , "))
}

/// Letters stand for rows, the same letter for the same payload, upper and lower case for two payloads of one
/// key; `~` writes one otherwise. First the files of the first day, then those of the next; then what is kept.
const CASES: &[(&str, &[(&str, &str, &str)], &[&str])] = &[
    ("within a file", &[(DAY, "a", "xyxx")], &["a:1", "a:2"]),
    ("across files", &[(DAY, "a", "xy"), (DAY, "b", "yzx")], &["a:1", "a:2", "b:2"]),
    ("across days", &[(DAY, "a", "xy"), (NEXT, "a", "yz")], &["a:1", "a:2", "next/a:2"]),
    ("a file under another name", &[(DAY, "b", "xyz"), (DAY, "a", "xyz")], &["a:1", "a:2", "a:3"]),
    ("a file on the next day too", &[(DAY, "b", "xyz"), (NEXT, "a", "xyz")], &["b:1", "b:2", "b:3"]),
    (
        "written otherwise",
        &[(DAY, "a", "xy~x"), (DAY, "b", "~y"), (NEXT, "a", "~xz")],
        &["a:1", "a:2", "next/a:2"],
    ),
    ("a conflict within a file", &[(DAY, "a", "xXxX")], &["a:1", "a:2!"]),
    ("a conflict across files", &[(DAY, "b", "x"), (DAY, "a", "X")], &["a:1", "b:1!"]),
    ("a conflict across days", &[(DAY, "b", "x"), (NEXT, "a", "XxX")], &["b:1", "next/a:1!"]),
];

/// The row of a letter, with a key of its own in each case.
fn row(sample: &Sample, case: usize, letter: char) -> String {
    let row = sample.row(&format!("{case}-{}", letter.to_ascii_lowercase()));
    if letter.is_ascii_uppercase() { another(sample, &row) } else { row }
}

/// Another payload of the same key.
fn another(sample: &Sample, row: &str) -> String {
    let (from, to) = match sample.source {
        "delivery/nodes" => ("40.0", "41.0"),
        "delivery/playback" => ("14200", "14201"),
        "subscriptions/benefits" => ("DELIVERED", "FAILED"),
        _ => ("20", "19"),
    };
    let changed = row.replacen(from, to, 1);
    assert_ne!(changed, row, "{}", sample.source);
    changed
}

fn text(sample: &Sample, case: usize, letters: &str) -> String {
    let mut text = String::new();
    let mut otherwise = false;
    for letter in letters.chars() {
        if letter == '~' {
            otherwise = true;
            continue;
        }
        let row = row(sample, case, letter);
        text.push_str(&if std::mem::take(&mut otherwise) { rewritten(&row) } else { row });
        text.push('\n');
    }
    text
}

/// Every case for every source, all in two nights: the files of a case bear its number.
#[test]
fn a_replay_is_kept_once_and_a_conflict_twice() {
    let place = Place::new();
    // Contents have versions and no conflicts, a node's key holds its day.
    let sources =
        || SAMPLES.iter().filter(|sample| !["delivery/content", "delivery/nodes"].contains(&sample.source));
    for sample in sources() {
        for (case, (_, files, _)) in CASES.iter().enumerate() {
            for (day, name, letters) in *files {
                place.land(sample.source, day, &format!("{case}{name}.ndjson"), text(sample, case, letters));
            }
        }
    }
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    for sample in sources() {
        let kept = kept(&place, sample.source);
        for (case, (about, _, expected)) in CASES.iter().enumerate() {
            let own = kept.iter().filter_map(|row| {
                let (day, row) = row.strip_prefix("next/").map_or(("", row.as_str()), |row| ("next/", row));
                row.strip_prefix(&case.to_string()).map(|row| format!("{day}{row}"))
            });
            assert_eq!(own.collect::<Vec<_>>(), *expected, "{}: {about}", sample.source);
        }
        let letters = CASES
            .iter()
            .flat_map(|(_, files, _)| *files)
            .map(|(_, _, letters)| letters.replace('~', "").len());
        let rows: usize = letters.sum();
        let good: usize = CASES.iter().map(|(_, _, expected)| expected.len()).sum();
        assert_eq!(
            counts(&place, sample.source),
            [rows.to_string(), good.to_string(), (rows - good).to_string(), "3".to_owned()],
            "{}",
            sample.source
        );
    }
}

/// A conflict is a class of every escrow that either payload names, in each payment source.
#[test]
fn a_conflict_is_a_break_of_every_escrow_it_names() {
    let place = Place::new();
    for sample in [&ESCROW, &WALLET, &LEDGER] {
        let name = sample.source.rsplit('/').next().unwrap_or_default();
        let first = sample.row(name);
        let second = first.replace(&format!("es-{name}"), &format!("es-{name}-other"));
        place.land(sample.source, DAY, "a.ndjson", first);
        place.land(sample.source, NEXT, "a.ndjson", second);
    }
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    let query = "SELECT escrow_id FROM silver.breaks WHERE class = 'DUPLICATE_CONFLICT' AND status = 'OPEN' \
                 AND first_seen = '2026-11-21' ORDER BY escrow_id";
    let expected = ["escrow", "escrow-other", "ledger", "ledger-other", "wallet", "wallet-other"];
    assert_eq!(place.rows(query).concat(), expected.map(|name| format!("es-{name}")));
}

/// The later day was read first: what came on the earlier one is the first copy, and the other goes or is marked.
#[test]
fn an_earlier_day_that_comes_late_holds_the_first_copy() {
    let place = Place::new();
    let samples = [&ESCROW, &WALLET, &LEDGER, &TIERS];
    for sample in samples {
        place.land(sample.source, NEXT, "a.ndjson", text(sample, 0, "xyzu"));
    }
    place.night("nightly", NEXT);
    for sample in samples {
        assert_eq!(kept(&place, sample.source), ["next/a:1", "next/a:2", "next/a:3", "next/a:4"]);
        // x comes again, y in other words, z with another payload.
        place.land(sample.source, DAY, "b.ndjson", text(sample, 0, "x~yZw"));
    }
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    for sample in samples {
        assert_eq!(
            kept(&place, sample.source),
            ["b:1", "b:2", "b:3", "b:4", "next/a:3!", "next/a:4"],
            "{}",
            sample.source
        );
    }
    // An earlier file of the same day comes before, too: its X is first, and x the conflict.
    for sample in samples {
        place.land(sample.source, DAY, "a.ndjson", text(sample, 0, "Xw"));
    }
    place.night("nightly", DAY);
    for sample in samples {
        let expected = ["a:1", "a:2", "b:1!", "b:2", "b:3", "next/a:3!", "next/a:4"];
        assert_eq!(kept(&place, sample.source), expected, "{}", sample.source);
    }
}

/// A node has a state each day, a content has versions: neither is a conflict.
#[test]
fn nodes_are_daily_and_contents_have_versions() {
    let place = Place::new();
    for sample in [&NODES, &CONTENT] {
        place.land(sample.source, DAY, "a.ndjson", text(sample, 0, "xxXy"));
        place.land(sample.source, NEXT, "a.ndjson", text(sample, 0, "xyY"));
    }
    for dt in [DAY, NEXT] {
        place.night("nightly", dt);
    }
    let nodes = ["a:1", "a:3!", "a:4", "next/a:1", "next/a:2", "next/a:3!"];
    assert_eq!(kept(&place, NODES.source), nodes, "two states of a node on one day contradict each other");
    assert_eq!(kept(&place, CONTENT.source), ["a:1", "a:3", "a:4", "next/a:3"]);
}

/// A request is the same whatever the order of its log's fields; a dash is as good as a missing value.
#[test]
fn requests_are_replays_by_their_values() {
    let place = Place::new();
    let first = "#Fields: date time x-edge-request-id sc-status sc-bytes\n2026-11-20\t12:00:00\tr1\t200\t-\n\
                 2026-11-20\t12:00:00\tr2\t200\t5\n";
    let again = "#Fields: x-edge-request-id time date sc-status\nr1\t12:00:00\t2026-11-20\t200\nr2\t12:00:00\t2026-11-20\t200\n";
    place.land("delivery/access", DAY, "a.log", first);
    place.land("delivery/access", NEXT, "b.log", again);
    for dt in [DAY, NEXT] {
        place.night("ingest", dt);
    }
    assert_eq!(kept(&place, "delivery/access"), ["a.log:2", "a.log:3", "next/b.log:3!"]);
}
