//! Names, words and addresses are planted wherever logs can hold them, and looked for in every output.

use super::area::{ANN, CREATOR, D20, PLANTED, land};
use super::{done, dump, files, holds, keyed, make_keys};
use crate::support::{Ended, Place, csv};

/// Fails where an output holds what was planted.
fn clean(what: &str, ended: &Ended) {
    for mark in PLANTED {
        assert!(!ended.stdout.contains(mark), "{what}: {mark} is in\n{}", ended.stdout);
        assert!(!ended.stderr.contains(mark), "{what}: {mark} is told in\n{}", ended.stderr);
    }
}

#[test]
fn nobody_is_found_in_any_output() {
    let place = Place::new();
    make_keys(&place);
    land(&place);
    let out = |name: &str| place.folder.path().join("out").join(name).display().to_string();
    // Not quiet: what the night says on its way counts too.
    clean("the night", &done(&place, &["run", "nightly", "--date", D20]));
    clean("the same as JSON", &done(&place, &["run", "nightly", "--date", D20, "--json"]));
    let (books, creator, delivery, steering) =
        (out("books"), out("creator"), out("delivery.html"), out("steering"));
    let formats = "html,csv,json,parquet,pdf";
    for arguments in [
        &["status"][..],
        &["status", "--json"],
        &["verify"],
        &["verify", "--json"],
        &["keys", "list"],
        &["report", "books", "--from", D20, "--to", D20, "--out", &books],
        &["report", "creator", CREATOR, "--from", D20, "--to", D20, "--format", formats, "--out", &creator],
        &["report", "delivery", "--out", &delivery],
        &["report", "steering", "--out", &steering],
        &["run", "reports", "--date", D20],
    ] {
        clean(&format!("{arguments:?}"), &done(&place, arguments));
    }
    // What is explained, by every name that it has, and what is refused.
    let breaks = place.rows("SELECT break_id FROM silver.breaks");
    assert!(!breaks.is_empty(), "something is to be explained");
    let escrows = ["es_public", "es_anonymous", "es_private", "es_mismatch", "tx_public", "le_anonymous"];
    for id in breaks.iter().map(|row| row[0].as_str()).chain(escrows) {
        for more in [&["explain", id][..], &["explain", id, "--json"]] {
            clean(&format!("{more:?}"), &done(&place, more));
        }
    }
    for arguments in [
        &["erase", "nobody"][..],
        &["report", "creator", ANN, "--from", D20, "--to", D20],
        &["explain", "es_none"],
        &["sql", "SELECT payer + 1 FROM bronze.escrow_events"],
    ] {
        let ended = keyed(&place, arguments);
        assert_ne!(ended.code, 0, "{arguments:?}");
        clean(&format!("{arguments:?}"), &ended);
    }
    // Gold and ops: their rows, and their files as they lie there; reports that were exported; files that were written.
    for table in schemas::tables().map(|table| table.sql_name()) {
        if table.starts_with("gold.") || table.starts_with("ops.") {
            let rows = dump(&place, &table);
            PLANTED.iter().for_each(|mark| assert!(!rows.contains(mark), "{mark} is in {table}"));
        }
    }
    let warehouse = place.warehouse();
    let folders = [
        warehouse.join("gold"),
        warehouse.join("ops"),
        warehouse.join("reports"),
        place.folder.path().join("out"),
    ];
    for (path, bytes) in folders.iter().flat_map(|folder| files(folder)) {
        PLANTED.iter().for_each(|mark| assert!(!holds(&bytes, mark), "{mark} is in {path}"));
    }
    // The payer of an anonymous tip is not told by a part of the name either.
    let told = done(&place, &["explain", "es_anonymous"]);
    assert!(told.stdout.contains("an anonymous payer") && !told.stdout.contains("…"), "{}", told.stdout);
}

#[test]
fn pseudonyms_change_with_the_month_and_end_with_their_key() {
    let place = Place::new();
    make_keys(&place);
    land(&place);
    done(&place, &["run", "ingest", "--date", D20, "--quiet"]);
    let of = |day: &str| {
        let query = format!(
            "SELECT DISTINCT pseudonym(viewer, DATE '{day}') AS name FROM bronze.playbacks ORDER BY 1"
        );
        let ended = done(&place, &["sql", "--format", "csv", &query]);
        csv(&ended.stdout).into_iter().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let november = of(D20);
    assert_eq!(november.len(), 2);
    assert!(november.iter().all(|name| name.len() == 64 && !name.contains("did")), "{november:?}");
    assert_eq!(of("2026-11-30"), november, "the same all month");
    done(&place, &["keys", "make", "--date", "2026-12-01"]);
    let december = of("2026-12-01");
    assert!(december.len() == 2 && december.iter().all(|name| !november.contains(name)));
    // Late data is waited for, and then nobody can say any more who was who.
    done(&place, &["keys", "destroy", "--date", "2026-12-07"]);
    assert_eq!(of(D20), november);
    let said = done(&place, &["keys", "destroy", "--date", "2026-12-08"]);
    assert!(said.stdout.contains("2026-11: destroyed"), "{}", said.stdout);
    assert_eq!(of(D20), [""]);
    done(&place, &["keys", "make", "--date", D20]);
    assert_eq!(of(D20), [""], "a key that was destroyed is not made again");
    for (path, _) in files(&place.warehouse()) {
        let is_key = path.split('/').any(|part| part == "keys" || part.ends_with(".key"));
        assert!(!is_key, "{path}: keys lie apart from the data");
    }
}
