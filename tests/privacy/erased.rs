//! A person is erased: nowhere is she found, nothing comes back, and what was proved before is proved after.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use arrow::array::RecordBatch;
use insights::bounding::{identity, pair_hash};
use insights::pseudonym::{Key, PairKey};
use schemas::bronze::LEDGER_ENTRIES;
use serde_json::Value;
use warehouse::{FileWriter, Lake, Limits, Session, Share};

use super::area::{ANN, CREATOR, D20, D21, MESSAGE, ZOE, classes, land, land_rest, playback};
use super::{done, dump, files, holds, keyed, make_keys};
use crate::support::Place;

fn json(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(place, arguments).stdout).expect("JSON")
}

/// Fails where she is found, in a row or in a file, and where a file lies about that no version names.
fn nowhere(place: &Place) {
    for table in schemas::tables().map(|table| table.sql_name()) {
        assert!(!dump(place, &table).contains(ANN), "she is in {table}");
    }
    // Packed facts are bytes, which a dump shows as digits.
    let digits: String = ANN.bytes().map(|byte| format!("{byte:02x}")).collect();
    for table in ["silver.open_cases", "silver.subscription_facts"] {
        assert!(!dump(place, table).contains(&digits), "she is in {table}");
    }
    for (path, bytes) in files(&place.warehouse()) {
        assert!(!holds(&bytes, ANN), "she is in {path}");
    }
}

/// A viewer with the creator, as the month's key of pairs has it.
fn pair(place: &Place, viewer: &str) -> i64 {
    let text = fs::read_to_string(place.folder.path().join("secret/keys.toml")).expect("the file of keys");
    let file: toml::Table = text.parse().expect("TOML");
    let key = Key::parse(file["pairs-2026-11"].as_str().expect("a text")).expect("a key");
    let (viewer, creator) = (identity(viewer), identity(CREATOR));
    let hash = PairKey::new(&key).hash(viewer, creator) as i64;
    assert_ne!(hash, pair_hash(viewer, creator) as i64, "it can be computed without the key");
    hash
}

fn pairs(place: &Place) -> Vec<i64> {
    let rows = place.rows("SELECT pair_hash FROM silver.viewer_presence ORDER BY pair_hash");
    rows.iter().map(|row| row[0].parse().expect("a number")).collect()
}

fn parquet(place: &Place, table: &str) -> Vec<String> {
    let all = files(&place.warehouse().join(table)).into_iter().map(|(path, _)| path);
    all.filter(|path| path.ends_with(".parquet") && !path.contains("_delta_log")).collect()
}

/// What must be the same before and after.
fn kept(place: &Place) -> [Vec<Vec<String>>; 5] {
    [
        "SELECT dt, escrow_id, class, subcode, gross, net, creator FROM silver.reconciliation ORDER BY 1, 2",
        "SELECT * FROM gold.creator_statement_daily ORDER BY 1, 2, 3, 4, 5, 6",
        "SELECT break_id, class, status, first_seen, last_seen FROM silver.breaks ORDER BY 1",
        "SELECT dt, source, currency, count, sum, holds FROM silver.control_totals ORDER BY 1, 2, 3",
        "SELECT creator, category, metric, dimension, key, value FROM gold.creator_insights_daily ORDER BY 1, 2, 3, 4, 5",
    ]
    .map(|query| place.rows(query))
}

fn night() -> (Place, super::area::Ledger) {
    let place = Place::new();
    make_keys(&place);
    let ledger = land(&place);
    done(&place, &["run", "nightly", "--date", D20, "--quiet"]);
    (place, ledger)
}

#[test]
fn who_is_erased_is_nowhere_and_the_books_still_prove() {
    let (place, mut ledger) = night();
    assert!(
        dump(&place, "bronze.escrow_events").contains(ANN)
            && dump(&place, "silver.entitlements").contains(ANN)
    );
    // Who was with whom is written under a key: with it, and only with it, it can be said of whom it speaks.
    let mut both = vec![pair(&place, ANN), pair(&place, ZOE)];
    both.sort_unstable();
    assert_eq!(pairs(&place), both);
    let files_before = parquet(&place, "silver/viewer_presence");
    let (before, verified) = (kept(&place), json(&place, &["verify", "--json"]));
    let told = json(&place, &["erase", ANN, "--json"]);
    assert_eq!(told["rows_deleted"].as_u64().map(|rows| rows >= 2), Some(true), "{told}");
    assert!(
        told["rows_redacted"].as_u64() >= Some(10) && told["files_removed"].as_u64() >= Some(5),
        "{told}"
    );
    nowhere(&place);
    assert_eq!(pairs(&place), [pair(&place, ZOE)]);
    let files_after = parquet(&place, "silver/viewer_presence");
    assert!(files_after.len() == 1 && files_after.iter().all(|file| !files_before.contains(file)));
    assert_eq!(kept(&place), before);
    assert!(
        dump(&place, "bronze.playbacks").contains(ZOE) && dump(&place, "bronze.escrow_events").contains(ZOE)
    );
    // Her words and addresses are gone, those of others are not.
    let messages = place.rows("SELECT payer, message FROM bronze.escrow_events WHERE message IS NOT NULL");
    assert!(messages.iter().all(|row| row[0] == ZOE && row[1].contains(MESSAGE)), "{messages:?}");
    let requests = "SELECT request_id FROM bronze.cdn_requests WHERE client_address IS NOT NULL OR query IS NOT NULL \
                    OR user_agent IS NOT NULL OR forwarded_for IS NOT NULL OR session_id IS NOT NULL";
    assert_eq!(place.rows(requests), [["r3"]]);
    assert_eq!(place.rows("SELECT count(*), sum(bytes_sent) FROM bronze.cdn_requests"), [["3", "12000"]]);
    // The chain and the tree are what they were, and say what was taken out.
    let after = json(&place, &["verify", "--json"]);
    assert_eq!((&after["root"], &after["holds"]), (&verified["root"], &Value::Bool(true)), "{after}");
    assert_eq!((after["redacted"].as_u64(), verified["redacted"].as_u64()), (Some(3), Some(0)));
    let proof = json(&place, &["verify", "--proof", "le_public", "--json"]);
    assert_eq!(proof["redacted"], true);
    assert_eq!(json(&place, &["verify", "--proof", "le_zoe", "--json"])["redacted"], false);
    // It is recorded, without her.
    let events = place.rows("SELECT event, count(*) FROM ops.erasures GROUP BY event ORDER BY event");
    assert_eq!(events, [["ASKED", "1"], ["DONE", "1"], ["SESSION", "4"]]);
    // Again is nothing more.
    let again = json(&place, &["erase", ANN, "--json"]);
    assert_eq!(
        (again["rows_deleted"].as_u64(), again["rows_redacted"].as_u64()),
        (Some(0), Some(0)),
        "{again}"
    );
    assert_eq!(again["files_removed"].as_u64(), Some(0), "{again}");
    // No night is made anew for it.
    let said = done(&place, &["run", "reconcile", "--date", D20]);
    assert!(
        said.stderr.contains("silver.reconciliation: nothing it is made from has changed"),
        "{}",
        said.stderr
    );
    // What was unfinished ends as it would have, under the name that books have for her.
    land_rest(&place, &mut ledger);
    done(&place, &["run", "nightly", "--date", D21, "--quiet"]);
    assert_eq!(classes(&place, D21)["es_open"], "MATCHED 11.510000000");
    nowhere(&place);
    assert_eq!(json(&place, &["verify", "--json"])["redacted"].as_u64(), Some(4));
}

#[test]
fn nothing_brings_an_erased_person_back() {
    let (place, _) = night();
    let before = kept(&place);
    let playbacks = "SELECT count(*) FROM bronze.playbacks";
    done(&place, &["erase", ANN]);
    assert_eq!(place.rows(playbacks), [["1"]]);
    let landed = |source: &str, name: &str| place.landing().join(source).join(format!("dt={D20}")).join(name);
    // The same rows in new files, and an old file that has changed, so that its whole source is read again.
    for (source, name) in [
        ("delivery/playback", "playbacks.ndjson"),
        ("payments/escrow", "events.ndjson"),
        ("payments/ledger", "entries.ndjson"),
        ("subscriptions/events", "events.ndjson"),
    ] {
        let text = fs::read_to_string(landed(source, name)).unwrap();
        place.land(source, D20, &format!("again-{name}"), &text);
        place.land(source, D20, name, format!("{text}\n\n"));
    }
    let log = fs::read_to_string(landed("delivery/access", "edge.log")).unwrap();
    place.land("delivery/access", D20, "late.log", log.replace("\tr1\t", "\tr9\t"));
    done(&place, &["run", "nightly", "--date", D20, "--quiet"]);
    nowhere(&place);
    assert_eq!(place.rows(playbacks), [["1"]]);
    let refused = place
        .rows("SELECT count(*), max(raw) FROM bronze.quarantine WHERE reason = 'viewer_must_not_be_erased'");
    assert_eq!(refused, [["4", "[erased]"]]);
    assert_eq!(place.rows("SELECT count(*) FROM bronze.cdn_requests WHERE session_id LIKE '%ann%'"), [["0"]]);
    assert_eq!(json(&place, &["verify", "--json"])["holds"], true);
    let after = kept(&place);
    assert_eq!((&after[0], &after[1], &after[2]), (&before[0], &before[1], &before[2]));
    // Who comes back by herself is a viewer like any other.
    let later = playback("ps_ann_3", ANN).replace("2026-11-20T18", "2099-01-01T18");
    place.land("delivery/playback", D21, "later.ndjson", later);
    done(&place, &["run", "ingest", "--date", D21, "--quiet"]);
    assert_eq!(place.rows(playbacks), [["2"]]);
    // Without the key nobody could be told, and so nothing is read; what reads no logs needs none.
    assert_eq!(place.run(&["run", "reports", "--date", D20, "--quiet"]).code, 0);
    let blind = place.run(&["run", "ingest", "--date", D21, "--quiet"]);
    assert!(blind.code == 2 && blind.stderr.contains("the key of erasures is not there"), "{}", blind.stderr);
}

#[test]
fn an_erasure_that_was_killed_is_run_again() {
    let (place, _) = night();
    let (before, verified) = (kept(&place), json(&place, &["verify", "--json"]));
    let mut killed = 0;
    for delay_ms in [40, 90, 150, 220, 300, 400, 520] {
        let mut command = place.command(&["erase", ANN]);
        command.env("TTT_PSEUDONYMS_KEYS", place.folder.path().join("secret/keys.toml"));
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(delay_ms));
        killed += usize::from(child.try_wait().expect("a state").is_none());
        let _ = child.kill();
        child.wait().expect("an end");
        let now = json(&place, &["verify", "--json"]);
        assert_eq!(
            (&now["root"], &now["holds"]),
            (&verified["root"], &Value::Bool(true)),
            "after {delay_ms} ms"
        );
    }
    assert!(killed > 0, "none was killed on its way");
    done(&place, &["erase", ANN]);
    nowhere(&place);
    assert_eq!(kept(&place), before);
    assert_eq!(json(&place, &["verify", "--json"])["root"], verified["root"]);
}

#[test]
fn what_was_changed_beside_a_redaction_is_found() {
    let (place, _) = night();
    done(&place, &["erase", ANN]);
    assert_eq!(place.rows("SELECT count(*) FROM ops.redactions"), [["3"]]);
    // Something else in an entry that was redacted: its content is on no list.
    tamper(&place);
    let ended = keyed(&place, &["verify"]);
    assert_eq!(ended.code, 4, "{}", ended.stdout);
    assert!(ended.stdout.contains("le_public"), "{}", ended.stdout);
}

/// Changes the visibility that every ledger entry states, below the program's feet.
fn tamper(place: &Place) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let warehouse = place.warehouse().display().to_string();
    let limits = Limits {
        memory_bytes: 64 << 20,
        threads: 1,
        share: Share::Evenly,
        spill_dir: place.folder.path().join("spill"),
    };
    runtime.block_on(async {
        let lake = Lake::open(&warehouse).unwrap();
        let session = Session::new(&lake, &limits).await.unwrap();
        let schema = LEDGER_ENTRIES.file_schema();
        let columns: Vec<String> = schema
            .fields()
            .iter()
            .map(|field| match field.name().as_str() {
                "visibility" => {
                    "CASE WHEN entry_id = 'le_public' THEN 'PRIVATE' ELSE visibility END AS visibility".into()
                }
                name => format!("\"{name}\""),
            })
            .collect();
        let query = format!("SELECT {} FROM bronze.ledger_entries", columns.join(", "));
        let batches = session.sql(&query).await.unwrap().collect().await.unwrap();
        let dt = Some(D20.parse().unwrap());
        let mut writer = FileWriter::new(&lake, &LEDGER_ENTRIES, dt, "other").unwrap();
        let written = tokio::task::spawn_blocking(move || {
            for batch in batches {
                writer
                    .write(&RecordBatch::try_new(schema.clone(), batch.columns().to_vec()).unwrap())
                    .unwrap();
            }
            writer.finish().unwrap()
        });
        lake.replace(&LEDGER_ENTRIES, dt, written.await.unwrap(), "other").await.unwrap();
    });
}

#[test]
fn wrong_use_erases_nothing() {
    let (place, _) = night();
    let without = place.run(&["erase", ANN]);
    assert!(without.code == 2 && without.stderr.contains("keys make"), "{}", without.stderr);
    let wrong = keyed(&place, &["erase", "ann"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("is no DID"), "{}", wrong.stderr);
    let config = place.folder.path().join("alias.toml");
    let text =
        format!("[[party_alias]]\nfrom = \"{ANN}\"\nto = \"did:web:b\"\neffective_from = \"2020-01-01\"\n");
    fs::write(&config, text).unwrap();
    let aliased = keyed(&place, &["erase", ANN, "--config", &config.display().to_string()]);
    assert!(aliased.code == 2 && !aliased.stderr.contains(ANN), "{}", aliased.stderr);
    assert!(dump(&place, "bronze.escrow_events").contains(ANN));
    assert_eq!(place.rows("SELECT count(*) FROM ops.erasures"), [["0"]]);
}
