//! `ttt explain`: every class of a planted area, and cases whose answer is written down by hand.

use generate::Options;
use serde_json::Value;

use crate::support::{Place, ttt};

const DAY: &str = "2026-11-20";
const NEXT_DAY: &str = "2026-11-21";

fn explained(place: &Place, id: &str) -> Value {
    let ended = place.run(&["explain", id, "--json"]);
    assert_eq!(ended.code, 0, "{id}: {}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{id}: {error}\n{}", ended.stdout))
}

fn text(place: &Place, id: &str) -> String {
    let ended = place.run(&["explain", id]);
    assert_eq!(ended.code, 0, "{id}: {}", ended.stderr);
    ended.stdout
}

/// An amount of nine digits as explain writes it.
fn same_amount(nine_digits: &str, shown: &Value) -> bool {
    let plain = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    plain(nine_digits) == plain(shown.as_str().unwrap_or_default())
}

fn planted() -> Place {
    let place = Place::generated(&Options {
        escrows_per_day: 500,
        subscriptions_per_day: 20,
        playbacks_per_day: 1,
        access_per_day: 1,
        contents_per_day: 1,
        nodes: 1,
        fault_rate: 0.6,
        late_rate: 0.05,
        ..Options::default()
    });
    let ended = place.run(&["run", "nightly", "--from", DAY, "--to", "2026-11-22", "--quiet"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    place
}

/// What is judged anew is what the night judged, of every class and status, and no payer's message is told.
#[test]
fn every_class_is_explained_as_the_night_judged_it() {
    let place = planted();
    let breaks = "SELECT break_id, class, coalesce(subcode, ''), coalesce(escrow_id, ''), \
        coalesce(CAST(expected AS VARCHAR), ''), coalesce(CAST(actual AS VARCHAR), ''), status FROM \
        (SELECT *, row_number() OVER (PARTITION BY class, subcode, status ORDER BY break_id) AS place FROM \
        silver.breaks WHERE class NOT IN ('SEQUENCE_GAP', 'CHAIN_BREAK', 'LEDGER_FORK')) AS placed \
        WHERE place = 1 ORDER BY class";
    let rows = place.rows(breaks);
    assert!(rows.len() > 30, "{rows:?}");
    for (index, row) in rows.iter().enumerate() {
        let [id, class, subcode, escrow_id, expected, actual, status] = row.as_slice() else {
            panic!("{row:?}")
        };
        let report = explained(&place, id);
        assert_eq!(report["break"]["class"], **class, "{id}");
        assert_eq!(report["break"]["status"], **status, "{id}");
        // Both forms are made from one report: the one for people is looked at now and then.
        if index % 4 == 0 {
            assert!(text(&place, id).contains("What would close it"), "{id}");
        }
        if escrow_id.is_empty() {
            continue;
        }
        assert_eq!(report["verdict"]["class"], **class, "{id} {:?}", report["notes"]);
        assert_eq!(report["verdict"]["subcode"].as_str().unwrap_or_default(), subcode, "{id}");
        assert_eq!(report["verdict"]["agrees"], true, "{id}");
        let first = &report["findings"][0];
        assert!(same_amount(expected, &first["expected"]), "{id} {expected} {first}");
        assert!(same_amount(actual, &first["actual"]), "{id} {actual} {first}");
        assert!(first["rule"].as_str().is_some_and(|rule| rule.len() > 20), "{id} {first}");
        let events = report["break"]["events"].as_array().map_or(0, Vec::len);
        assert!(events > 0, "{id}: no history");
    }
    every_other_class(&place);
    batches(&place);
    every_row_is_told(&place, &rows);
}

/// Escrows that are no break.
fn every_other_class(place: &Place) {
    let query = "SELECT min(escrow_id) AS escrow_id, class FROM silver.reconciliation WHERE dt = DATE '2026-11-22' \
        AND class IN ('OPEN', 'TIMING_PENDING', 'DAY_BOUNDARY', 'MATCHED', 'REFUNDED', 'CANCELLED') GROUP BY class";
    let rows = place.rows(query);
    assert_eq!(rows.len(), 6, "{rows:?}");
    for row in rows {
        let report = explained(place, &row[0]);
        assert_eq!(
            (&report["verdict"]["class"], &report["verdict"]["agrees"]),
            (&row[1].as_str().into(), &true.into())
        );
        // It may have had some, and the ledger may have one at its entry.
        let is_open = |broken: &&Value| broken["status"] == "OPEN" && broken["escrow_id"].is_string();
        assert!(
            !report["breaks"].as_array().is_some_and(|breaks| breaks.iter().any(|broken| is_open(&broken))),
            "{row:?}"
        );
        assert!(text(place, &row[0]).contains(&row[1]), "{row:?}");
    }
}

/// Breaks of the ledger and of the manifests.
fn batches(place: &Place) {
    let query = "SELECT min(break_id) AS break_id, class FROM silver.breaks WHERE escrow_id IS NULL AND status = 'OPEN' \
        AND class <> 'DUPLICATE_CONFLICT' GROUP BY class ORDER BY class";
    let rows = place.rows(query);
    let classes: Vec<_> = rows.iter().map(|row| row[1].as_str()).collect();
    for class in ["CHAIN_BREAK", "CONTROL_TOTAL", "SEQUENCE_GAP"] {
        assert!(classes.contains(&class), "{classes:?}");
    }
    for row in &rows {
        let batch = &explained(place, &row[0])["batch"];
        let filled = |name: &str| batch[name].as_array().is_some_and(|items| !items.is_empty());
        let parts: &[&str] = match row[1].as_str() {
            "CONTROL_TOTAL" => &["totals", "files"],
            _ => &["entries", "findings"],
        };
        assert!(parts.iter().all(|part| filled(part)), "{row:?} {batch}");
    }
}

/// As many rows as name the escrow, each with its place, and never a message.
fn every_row_is_told(place: &Place, breaks: &[Vec<String>]) {
    for row in breaks.iter().filter(|row| !row[3].is_empty()).step_by(7) {
        let escrow_id = &row[3];
        let counts = ["escrow_events", "wallet_transfers", "ledger_entries"].map(|table| {
            let query =
                format!("SELECT count(*) AS count FROM bronze.{table} WHERE escrow_id = '{escrow_id}'");
            place.rows(&query)[0][0].parse::<usize>().expect("a count")
        });
        let report = explained(place, escrow_id);
        let rows = report["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), counts.iter().sum::<usize>(), "{escrow_id}");
        assert!(
            rows.iter().all(|row| row["file"].is_string() && row["line"].as_i64() > Some(0)),
            "{escrow_id}"
        );
        let times: Vec<_> = rows.iter().map(|row| row["at"].as_str()).collect();
        assert!(times.is_sorted(), "{escrow_id} {times:?}");
    }
    let query = "SELECT message, escrow_id FROM bronze.escrow_events WHERE length(message) > 8 ORDER BY event_id LIMIT 3";
    let messages = place.rows(query);
    assert!(!messages.is_empty(), "the area has messages");
    for message in messages {
        for shown in [text(place, &message[1]), explained(place, &message[1]).to_string()] {
            assert!(!shown.contains(&message[0]), "{message:?}");
        }
    }
}

fn event(escrow: &str, sequence: u32, event: &str, amount: &str, at: &str) -> String {
    format!(
        r#"{{"event_id":"ee_{escrow}_{sequence}","escrow_id":"es_{escrow}","sequence":{sequence},"event":"{event}","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{amount},"metadata":{{"visibility":"PUBLIC","message":"a private word"}},"at":"{at}"}}"#
    )
}

/// A legal life that ends released.
fn released(escrow: &str, amount: &str) -> Vec<String> {
    let steps = ["CREATED", "FUNDED", "RELEASED"].into_iter().zip(1..);
    steps
        .map(|(name, place)| event(escrow, place, name, amount, &format!("2026-11-18T12:00:0{place}Z")))
        .collect()
}

fn transfer(escrow: &str, amount: &str, platform: &str, processing: &str, net: &str) -> String {
    format!(
        r#"{{"transaction_id":"tx_{escrow}","escrow_id":"es_{escrow}","amount":{amount},"fees":[{{"type":"PLATFORM","percentage":"0.05","amount":"{platform}"}},{{"type":"PROCESSING","percentage":"0.029","amount":"{processing}"}}],"net":"{net}","status":"SETTLED","at":"2026-11-18T12:00:04Z"}}"#
    )
}

/// An entry with gross, net and two fees; its hashes are of no content.
fn entry(
    escrow: &str,
    sequence: u32,
    currency: &str,
    [gross, net, platform, processing]: [&str; 4],
) -> String {
    let posting = |account: &str, party: &str, amount: &str| {
        format!(r#"{{"account":"{account}","party":{party},"amount":"{amount}","currency":"{currency}"}}"#)
    };
    let postings = [
        posting("escrow", "\"did:key:a\"", &format!("-{gross}")),
        posting("creator", "\"did:key:b\"", net),
        posting("platform_fees", "null", platform),
        posting("processing_fees", "null", processing),
    ];
    let zeros = "0".repeat(64);
    format!(
        r#"{{"entry_id":"le_{escrow}","sequence":{sequence},"type":"TIP","escrow_id":"es_{escrow}","transaction":"tx_{escrow}","postings":[{}],"metadata":{{"timestamp":1795003205000,"visibility":"PUBLIC"}},"prev_hash":"{zeros}","hash":"{zeros}"}}"#,
        postings.join(",")
    )
}

fn money(value: &str, currency: &str) -> String {
    format!(r#"{{"value":"{value}","currency":"{currency}"}}"#)
}

/// An area whose every break is known: its classes by escrow, a gap at sequence 2 and a wrong total in dollars.
fn hand_built() -> Place {
    let place = Place::new();
    let (usd, kwd) = (money("12.50", "USD"), money("14.500", "KWD"));
    let mut events = [released("amount", &usd), released("round", &kwd), released("noentry", &usd)].concat();
    events.extend([
        event("illegal", 1, "CREATED", &usd, "2026-11-18T12:00:01Z"),
        event("illegal", 3, "RELEASED", &usd, "2026-11-18T12:00:03Z"),
    ]);
    place.land("payments/escrow", DAY, "events.ndjson", events.join("\n"));
    let transfers = [
        transfer("amount", &usd, "0.63", "0.36", "11.51"),
        transfer("round", &kwd, "0.725", "0.420", "13.355"),
        transfer("noentry", &usd, "0.63", "0.36", "11.51"),
        transfer("illegal", &usd, "0.63", "0.36", "11.51"),
    ];
    place.land("payments/wallet", DAY, "transfers.ndjson", transfers.join("\n"));
    let totals =
        r#"[{"currency":"USD","count":3,"sum":"37.51"},{"currency":"KWD","count":1,"sum":"14.500"}]"#;
    let manifest = format!(
        r#"{{"source":"payments/wallet","dt":"{DAY}","watermark":"2026-11-21T00:00:00Z","files":[],"totals":{totals}}}"#
    );
    place.land("payments/wallet", DAY, "_manifest.json", manifest);
    let entries = [
        entry("amount", 1, "USD", ["12.51", "11.52", "0.63", "0.36"]),
        entry("round", 3, "KWD", ["14.500", "13.355", "0.725", "0.420"]),
        entry("illegal", 4, "USD", ["12.50", "11.51", "0.63", "0.36"]),
    ];
    place.land("payments/ledger", DAY, "entries.ndjson", entries.join("\n"));
    place.night("nightly", DAY);
    place
}

fn break_id(place: &Place, class: &str) -> String {
    let rows =
        place.rows(&format!("SELECT break_id FROM silver.breaks WHERE class = '{class}' ORDER BY subcode"));
    rows.first().unwrap_or_else(|| panic!("no {class}"))[0].clone()
}

/// A field of the sides: escrow, wallet, ledger, and whether they differ.
fn field(report: &Value, name: &str) -> [String; 4] {
    let fields = report["sides"].as_array().expect("sides");
    let found =
        fields.iter().find(|field| field["field"] == name).unwrap_or_else(|| panic!("no field {name}"));
    ["escrow", "wallet", "ledger", "differs"].map(|side| match &found[side] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

fn sentence(report: &Value, name: &str) -> String {
    let found = if name == "closes" { &report["closes"] } else { &report["findings"][0]["rule"] };
    found.as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn assert_says(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn hand_checked_cases_are_explained_field_by_field() {
    let place = hand_built();
    let report = explained(&place, &break_id(&place, "AMOUNT_MISMATCH"));
    assert_eq!(field(&report, "gross"), ["12.50", "12.50", "12.51", "true"]);
    assert_eq!(field(&report, "fee PLATFORM"), ["null", "0.63", "0.63", "false"]);
    assert_eq!(field(&report, "net"), ["null", "11.51", "11.52", "true"]);
    assert_eq!(
        field(&report, "file:line"),
        ["events.ndjson:3", "transfers.ndjson:1", "entries.ndjson:1", "false"]
    );
    assert_eq!(report["verdict"]["place"], 17);
    assert_eq!(report["verdict"]["flags"], serde_json::json!(["NET_MISMATCH"]));
    assert_says(
        &sentence(&report, "rule"),
        &["ee_amount_1 12.50 USD", "tx_amount 12.50 USD", "le_amount 12.51 USD"],
    );
    assert_says(&report["findings"][1]["rule"].to_string(), &["the ledger posts 11.52"]);
    assert_says(&sentence(&report, "closes"), &["nothing that lands", "ttt resolve br_", "--reason"]);

    let report = explained(&place, &break_id(&place, "FEE_ROUNDING"));
    let exact = "14.500 KWD × 0.029 = 0.4205, half away from zero to 3 digits gives 0.421 KWD";
    assert_says(
        &sentence(&report, "rule"),
        &["PROCESSING since 2015-01-01", exact, "taken is 0.420 KWD", "half to even or down"],
    );
    let fee = &report["fees"][1];
    assert_eq!(
        (&fee["expected"], &fee["wallet"], &fee["ledger"]),
        (&"0.421".into(), &"0.420".into(), &"0.420".into())
    );
    assert_eq!((&fee["differs"], &report["fees"][0]["differs"]), (&true.into(), &false.into()));

    let report = explained(&place, &break_id(&place, "MISSING_LEDGER"));
    let due = "due by 2026-11-19T12:00:04Z, at or before the ledger watermark 2026-11-21T00:00:00Z";
    assert_says(&sentence(&report, "rule"), &["asks for a ledger entry", due]);
    assert_says(
        &sentence(&report, "closes"),
        &["for escrow es_noentry that posts -12.50 USD on escrow and 11.51 on creator lands"],
    );
    assert_eq!(field(&report, "id"), ["es_noentry", "tx_noentry", "null", "false"]);

    let report = explained(&place, &break_id(&place, "ILLEGAL_STATE"));
    assert_eq!(report["verdict"]["subcode"], "RELEASE_BEFORE_FUND");
    assert_says(&sentence(&report, "rule"), &["CREATED→RELEASED", "ee_illegal_3, sequence 3"]);
    assert_says(
        &sentence(&report, "closes"),
        &["a FUNDED event of escrow es_illegal with a sequence between 1 and 3 lands"],
    );
    assert!(!text(&place, "es_illegal").contains("private word"), "a message is nobody's business");
}

#[test]
fn hand_checked_breaks_of_no_escrow_are_explained() {
    let place = hand_built();
    let report = explained(&place, &break_id(&place, "SEQUENCE_GAP"));
    let sequences: Vec<_> = report["batch"]["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| entry["sequence"].as_i64())
        .collect();
    assert_eq!(sequences, [Some(1), Some(3)]);
    assert_says(
        &sentence(&report, "closes"),
        &["an entry with sequence 2, whose prev_hash is 0000", "lands; or resolve"],
    );

    let report = explained(&place, &break_id(&place, "CHAIN_BREAK"));
    let entry = &report["batch"]["entries"][0];
    assert_eq!((&entry["entry_id"], &entry["content_holds"]), (&"le_amount".into(), &false.into()));
    assert_ne!(entry["computed"], entry["hash"]);
    assert_eq!(entry["computed"].as_str().map(str::len), Some(64));

    let report = explained(&place, &break_id(&place, "CONTROL_TOTAL"));
    let totals = &report["batch"]["totals"];
    let usd = totals
        .as_array()
        .and_then(|totals| totals.iter().find(|total| total["currency"] == "USD"))
        .expect("dollars");
    assert_eq!(
        (&usd["sum"], &usd["manifest_sum"], &usd["holds"]),
        (&"37.50".into(), &"37.51".into(), &false.into())
    );
    assert_eq!(totals.as_array().map(Vec::len), Some(2));
    assert_eq!(report["batch"]["files"][0]["name"], "transfers.ndjson");
    assert_says(&text(&place, &break_id(&place, "CONTROL_TOTAL")), &["≠ USD", "37.51", "mends the totals"]);
}

/// Any id of an escrow's rows leads to the same answer, and one that names nothing is told so.
#[test]
fn ids_are_found_and_unknown_ones_are_wrong_use() {
    let place = hand_built();
    for (id, kind) in [("es_amount", "ESCROW"), ("tx_amount", "TRANSACTION"), ("le_amount", "ENTRY")] {
        let report = explained(&place, id);
        assert_eq!((&report["kind"], &report["escrow_id"]), (&kind.into(), &"es_amount".into()));
        assert_eq!(report["verdict"]["class"], "AMOUNT_MISMATCH");
        // Its own break, and that of the ledger at its entry.
        assert_eq!(report["breaks"].as_array().map(Vec::len), Some(2), "{id} {}", report["breaks"]);
    }
    for arguments in [
        &["explain", "es_nobody"][..],
        &["explain", "it's"],
        &["explain", "es_amount", "--date", "2026-11-01"],
    ] {
        let ended = place.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert_says(&ended.stderr, &[arguments[arguments.len() - 1], "hint"]);
    }
    let mut command = ttt(&["explain", "es_1", "--warehouse"]);
    let output = command.arg(place.folder.path().join("nowhere")).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
}

/// A closed break is shown as it held, with the row that closed it; a resolved one with who said so.
#[test]
fn what_became_of_a_break_is_part_of_the_answer() {
    let place = hand_built();
    let (missing, rounding) = (break_id(&place, "MISSING_LEDGER"), break_id(&place, "FEE_ROUNDING"));
    let late = entry("noentry", 2, "USD", ["12.50", "11.51", "0.63", "0.36"]);
    place.land("payments/ledger", NEXT_DAY, "late.ndjson", late);
    let resolved = place.run(&["resolve", &rounding, "--reason", "agreed by phone", "--by", "Ada"]);
    assert_eq!(resolved.code, 0, "{}", resolved.stderr);
    place.night("nightly", NEXT_DAY);

    let report = explained(&place, &missing);
    assert_eq!((&report["night"], &report["break"]["status"]), (&DAY.into(), &"AUTO_CLOSED".into()));
    assert_eq!(report["verdict"]["class"], "MISSING_LEDGER");
    let closed_by = "payments/ledger/dt=2026-11-21/late.ndjson:1";
    assert_eq!(
        (&report["break"]["closed_on"], &report["break"]["closed_by"]),
        (&NEXT_DAY.into(), &closed_by.into())
    );
    assert_says(&sentence(&report, "closes"), &["it closed on 2026-11-21", closed_by]);
    let later: Vec<_> =
        report["rows"].as_array().expect("rows").iter().filter(|row| row["judged"] == false).collect();
    assert!(later.len() == 1 && later[0]["id"] == "le_noentry", "{later:?}");
    assert_eq!(explained(&place, "es_noentry")["verdict"]["class"], "MATCHED");

    let report = explained(&place, &rounding);
    assert_eq!(report["break"]["status"], "RESOLVED");
    let word = &report["break"]["resolutions"][0];
    assert_eq!((&word["resolved_by"], &word["reason"]), (&"Ada".into(), &"agreed by phone".into()));
    assert_says(&sentence(&report, "closes"), &["resolved by hand", "ttt reopen br_"]);
    assert_says(&text(&place, &rounding), &["RESOLVE by Ada: agreed by phone"]);
}
