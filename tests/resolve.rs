//! Breaks that a person resolves and reopens, and what the following nights make of it.

use crate::support::Place;

const DAYS: [&str; 4] = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"];

/// An event of an escrow of 12.50 dollars.
fn event(escrow: &str, sequence: u32, event: &str, at: &str) -> String {
    format!(
        r#"{{"event_id":"{escrow}-{sequence}","escrow_id":"{escrow}","sequence":{sequence},"event":"{event}","type":"TIP","from":"did:key:z6MkA","to":"did:key:z6MkB","amount":{{"value":"12.50","currency":"USD"}},"metadata":null,"at":"{at}"}}"#
    ) + "\n"
}

/// Two escrows that were funded twice.
fn area() -> Place {
    let place = Place::new();
    let twice = |escrow: &str| {
        event(escrow, 1, "CREATED", "2026-11-20T10:00:00Z")
            + &event(escrow, 2, "FUNDED", "2026-11-20T10:00:01Z")
            + &event(escrow, 3, "FUNDED", "2026-11-20T10:00:02Z")
    };
    place.land("payments/escrow", DAYS[0], "a.ndjson", twice("es_1") + &twice("es_2"));
    place.night("nightly", DAYS[0]);
    place
}

fn break_of(place: &Place, escrow: &str) -> String {
    place.rows(&format!("SELECT break_id FROM silver.breaks WHERE escrow_id = '{escrow}'"))[0][0].clone()
}

/// Status, first and last night and closing of an escrow's break.
fn standing(place: &Place, escrow: &str) -> String {
    let query = format!(
        "SELECT class, subcode, status, first_seen, last_seen, closed_on FROM silver.breaks WHERE escrow_id = '{escrow}'"
    );
    place.rows(&query).iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("; ")
}

/// Opening, new, closed and closing count of a night.
fn totals(place: &Place, dt: &str) -> String {
    let query = format!(
        "SELECT opening_count, new_count, closed_count, closing_count, closing_sum, holds FROM silver.break_totals WHERE dt = '{dt}'"
    );
    place.rows(&query).iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_resolution_holds_until_the_facts_change() {
    let place = area();
    let id = break_of(&place, "es_1");
    assert_eq!(standing(&place, "es_1"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-20 ");
    let ended = place.run(&["resolve", &id, "--reason", "the bank confirmed one payment", "--by", "ada"]);
    assert_eq!((ended.code, ended.stdout.trim()), (0, "1 break now RESOLVED"), "{}", ended.stderr);
    assert_eq!(
        standing(&place, "es_1"),
        "ILLEGAL_STATE DOUBLE_FUND RESOLVED 2026-11-20 2026-11-20 2026-11-20"
    );
    // Said twice it is said once.
    let ended = place.run(&["resolve", &id, "--reason", "again", "--by", "ada"]);
    assert_eq!(ended.stdout.trim(), "0 breaks now RESOLVED\n1 break before", "{}", ended.stderr);

    place.night("nightly", DAYS[1]);
    assert_eq!(
        standing(&place, "es_1"),
        "ILLEGAL_STATE DOUBLE_FUND RESOLVED 2026-11-20 2026-11-21 2026-11-20"
    );
    assert_eq!(standing(&place, "es_2"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-21 ");
    assert_eq!(totals(&place, DAYS[0]), "0 2 0 2 25.000000000 true");
    assert_eq!(totals(&place, DAYS[1]), "2 0 1 1 12.500000000 true");

    // The money is released: the same class, but not the same facts.
    place.land("payments/escrow", DAYS[2], "a.ndjson", event("es_1", 4, "RELEASED", "2026-11-22T10:00:00Z"));
    place.night("nightly", DAYS[2]);
    assert_eq!(standing(&place, "es_1"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-22 ");
    assert_eq!(totals(&place, DAYS[2]), "1 1 0 2 25.000000000 true");
    let history = place.rows(&format!(
        "SELECT dt, event, status, resolved_by, reason FROM silver.break_events WHERE break_id = '{id}' ORDER BY dt"
    ));
    let history: Vec<_> = history.iter().map(|row| row.join(" ")).collect();
    let expected = [
        "2026-11-20 OPENED OPEN  ",
        "2026-11-21 RESOLVED RESOLVED ada the bank confirmed one payment",
        "2026-11-22 REOPENED OPEN  ",
    ];
    assert_eq!(history, expected);

    // Nights that run again end in the same books, whatever was said since.
    let before = place.rows("SELECT * FROM silver.break_totals ORDER BY dt, class");
    place.run(&["run", "nightly", "--from", DAYS[0], "--to", DAYS[2], "--quiet"]);
    assert_eq!(place.rows("SELECT * FROM silver.break_totals ORDER BY dt, class"), before);
}

#[test]
fn a_file_of_words_is_taken_whole_or_not_at_all() {
    let place = area();
    let (first, second) = (break_of(&place, "es_1"), break_of(&place, "es_2"));
    let file = place.folder.path().join("words.csv");
    let words = |lines: &str| std::fs::write(&file, format!("break_id,reason,by\n{lines}")).expect("a file");
    let resolve = || place.run(&["resolve", "--file", file.to_str().expect("a path")]);

    words(&format!("{first},\"checked, twice\",ada\nbr_unknown,why not,bob\n{second},,bob\n"));
    let ended = resolve();
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("words.csv:3: no break is named br_unknown"), "{}", ended.stderr);
    assert!(ended.stderr.contains("words.csv:4: the reason is missing"), "{}", ended.stderr);
    assert_eq!(standing(&place, "es_1"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-20 ");

    words(&format!("{first},\"checked, twice\",ada\n{second},checked,bob\n"));
    let ended = resolve();
    assert_eq!((ended.code, ended.stdout.trim()), (0, "2 breaks now RESOLVED"), "{}", ended.stderr);
    let said = place.rows("SELECT resolved_by, reason, dt FROM silver.break_resolutions ORDER BY 1");
    let said: Vec<_> = said.iter().map(|row| row.join("|")).collect();
    assert_eq!(said, ["ada|checked, twice|2026-11-20", "bob|checked|2026-11-20"]);

    // What was resolved can be reopened, before the next night and after it.
    let ended = place.run(&["reopen", &first, "--reason", "too early", "--by", "eve"]);
    assert_eq!((ended.code, ended.stdout.trim()), (0, "1 break now OPEN"), "{}", ended.stderr);
    place.night("nightly", DAYS[1]);
    assert_eq!(standing(&place, "es_1"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-21 ");
    assert_eq!(totals(&place, DAYS[1]), "2 0 1 1 12.500000000 true");
    place.run(&["reopen", &second, "--reason", "wrong one", "--by", "bob"]);
    assert_eq!(standing(&place, "es_2"), "ILLEGAL_STATE DOUBLE_FUND OPEN 2026-11-20 2026-11-21 ");
    place.night("nightly", DAYS[2]);
    assert_eq!(totals(&place, DAYS[2]), "1 1 0 2 25.000000000 true");
    let ended = place.run(&["reopen", &second, "--reason", "again", "--by", "bob"]);
    assert_eq!(ended.stdout.trim(), "0 breaks now OPEN\n1 break before", "{}", ended.stderr);
}

#[test]
fn what_arrives_late_closes_its_break_and_says_by_which_row() {
    let place = Place::new();
    let life = ["CREATED", "FUNDED", "RELEASED"].iter().zip(1..);
    let lines: String = life
        .map(|(name, place)| event("es_1", place, name, &format!("2026-11-20T10:00:0{place}Z")))
        .collect();
    place.land("payments/escrow", DAYS[0], "a.ndjson", lines);
    DAYS[..3].iter().for_each(|day| drop(place.night("nightly", day)));
    assert_eq!(standing(&place, "es_1"), "MISSING_TRANSFER  OPEN 2026-11-21 2026-11-22 ");
    let transfer = r#"{"transaction_id":"tx_1","escrow_id":"es_1","amount":{"value":"12.50","currency":"USD"},"fees":[{"type":"PLATFORM","percentage":"0.05","amount":"0.63"},{"type":"PROCESSING","percentage":"0.029","amount":"0.36"}],"net":"11.51","status":"SETTLED","at":"2026-11-20T10:00:04Z"}"#;
    place.land("payments/wallet", DAYS[3], "late.ndjson", format!("\n{transfer}\n"));
    place.night("nightly", DAYS[3]);
    let breaks = place.rows(
        "SELECT class, status, first_seen, last_seen, closed_on, closed_by, age_days, age_bucket FROM silver.breaks ORDER BY first_seen",
    );
    let breaks: Vec<_> = breaks.iter().map(|row| row.join(" ")).collect();
    let expected = [
        "MISSING_TRANSFER AUTO_CLOSED 2026-11-21 2026-11-22 2026-11-23 payments/wallet/dt=2026-11-23/late.ndjson:2 2 2-7",
        "MISSING_LEDGER OPEN 2026-11-23 2026-11-23   0 0-1",
    ];
    assert_eq!(breaks, expected);
}
