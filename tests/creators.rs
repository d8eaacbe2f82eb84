//! Creators' reports from outside: what they hold and whose, that the same input gives the same bytes, and what a real
//! browser makes of the page.

#[path = "creators/browser.rs"]
pub mod browser;
#[path = "creators/fixture.rs"]
mod fixture;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::Place;
use fixture::{ALICE, BOB, days, store};

/// Runs `ttt report creator` and gives its folder.
fn report(place: &Place, creator: &str, more: &[&str]) -> PathBuf {
    let out = place.folder.path().join(format!("out-{}", creator.len() + more.len()));
    let shown = out.display().to_string();
    let formats = "html,csv,json,parquet,pdf";
    let all = [&["report", "creator", creator, "--format", formats, "--out", &shown], more].concat();
    let ended = place.run(&all);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    out
}

/// The bytes of every file below a folder, by path.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push((path.clone(), fs::read(path).expect("a file"))),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_report_holds_one_creators_data_alone() {
    let place = Place::new();
    store(&place, &days(&[ALICE, BOB], "2026-11-16", 9));
    let span = ["--from", "2026-11-16", "--to", "2026-11-24"];
    let out = report(&place, ALICE, &span);
    let names: Vec<String> = files(&out)
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        names,
        ["manifest.json", "report.csv", "report.html", "report.json", "report.parquet", "report.pdf"]
    );
    let marks = [BOB, "co_bob", "Bob's secret title", "8888", "77.77"];
    for (path, bytes) in files(&out) {
        for mark in marks {
            let is_there = bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
            assert!(!is_there, "{mark} is in {}", path.display());
        }
    }
    let json: Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(json["creator"], ALICE);
    assert_eq!(json["days_released"].as_array().map(Vec::len), Some(9));
    // The files are what the manifest says, and it names what they were made from.
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    for file in manifest["files"].as_array().unwrap() {
        let bytes = fs::read(out.join(file["name"].as_str().unwrap())).unwrap();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (file["sha256"].as_str(), file["bytes"].as_u64()),
            (Some(&*hash), Some(bytes.len() as u64))
        );
    }
    assert_eq!(
        (manifest["policies"].as_array().map(Vec::len), manifest["releases"].as_array().map(Vec::len)),
        (Some(1), Some(9))
    );
}

#[test]
fn sums_are_those_of_the_released_days() {
    let place = Place::new();
    store(&place, &days(&[ALICE, BOB], "2026-11-16", 20));
    for by in ["day", "week", "month"] {
        let out = report(&place, ALICE, &["--from", "2026-11-18", "--to", "2026-12-02", "--by", by]);
        let json: Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
        let of = |query: &str| place.rows(query)[0][0].clone();
        let span = format!("creator = '{ALICE}' AND dt BETWEEN DATE '2026-11-18' AND DATE '2026-12-02'");
        let views = of(&format!(
            "SELECT CAST(sum(value) AS BIGINT) FROM gold.creator_insights_daily WHERE {span} AND metric = 'views' \
             AND dimension = 'total'"
        ));
        let net = of(&format!(
            "SELECT sum(net) FROM gold.creator_statement_daily WHERE {span} AND standing <> 'UNSETTLED'"
        ));
        let figures = json["figures"].as_array().unwrap();
        let whole = |metric: &str, dimension: Option<&str>| {
            let found = figures.iter().find(|figure| {
                figure["period"] == "whole"
                    && figure["metric"] == metric
                    && figure["dimension"].as_str() == dimension
            });
            found.unwrap()["value"].as_str().unwrap().to_owned()
        };
        assert_eq!(whole("views", None), views, "{by}");
        assert_eq!(whole("net", Some("currency")), net.trim_end_matches("0000000"), "{by}");
    }
}

#[test]
fn what_is_not_there_is_refused() {
    let place = Place::new();
    store(&place, &days(&[ALICE], "2026-11-20", 1));
    let ask = |creator: &str, from: &str, to: &str, more: &[&str]| {
        place.run(&[&["report", "creator", creator, "--from", from, "--to", to], more].concat())
    };
    let out = place.folder.path().join("none").display().to_string();
    let out = ["--out", out.as_str()];
    for (ended, said) in [
        (ask("alice", "2026-11-20", "2026-11-20", &out), "is no DID"),
        (ask(BOB, "2026-11-20", "2026-11-20", &out), "nothing of did:key:"),
        (ask(ALICE, "2026-11-21", "2026-11-20", &out), "is after"),
        (ask(ALICE, "2026-12-01", "2026-12-20", &out), "the days of any creator lie between 2026-11-20"),
    ] {
        assert!(ended.code == 2 && ended.stderr.contains(said), "{said}: {} {}", ended.code, ended.stderr);
        assert!(!ended.stderr.contains(BOB), "a DID is never shown whole");
    }
    assert_eq!(ask(ALICE, "2026-11-20", "2026-11-20", &["--format", "doc"]).code, 2);
    assert!(!Path::new(out[1]).exists());
}

#[test]
fn the_export_writes_what_has_changed_and_nothing_else() {
    let place = Place::new();
    let creators: Vec<String> = (0..7).map(|number| format!("did:key:z6MkCreator{number}")).collect();
    let names: Vec<&str> = creators.iter().map(String::as_str).collect();
    store(&place, &days(&names, "2026-11-16", 3));
    let export = |threads: &str, day: &str| {
        let mut command = place.command(&["run", "reports", "--date", day]);
        let output = command.env("TTT_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let folder = place.warehouse().join("reports");
    for day in ["2026-11-16", "2026-11-17", "2026-11-18"] {
        let said = export("2", day);
        assert!(said.contains(&format!("{day}: 7 reports written, 0 as they were")), "{said}");
        assert!(!said.contains("2026-11: "), "a month that is not over: {said}");
    }
    let before = files(&folder);
    assert_eq!(before.len(), 3 * 7 * 6);
    let times = |folder: &Path| -> BTreeSet<_> {
        files(folder)
            .into_iter()
            .map(|(path, _)| (fs::metadata(&path).unwrap().modified().unwrap(), path))
            .collect()
    };
    let written_at = times(&folder);
    // The same night again, an earlier one again: not a byte is written.
    for day in ["2026-11-18", "2026-11-16"] {
        assert!(export("1", day).contains("0 reports written, 7 as they were"));
        assert!(files(&folder) == before && times(&folder) == written_at);
    }
    // A file that is gone comes back, the same; by another number of threads all are the same.
    let lost = before.iter().find(|(path, _)| path.to_string_lossy().contains("2026-11-18")).unwrap();
    fs::remove_file(&lost.0).unwrap();
    assert!(export("1", "2026-11-18").contains("1 reports written, 6 as they were"));
    assert!(files(&folder) == before);
    fs::remove_dir_all(&folder).unwrap();
    for day in ["2026-11-18", "2026-11-17", "2026-11-16"] {
        assert!(export("1", day).contains("7 reports written"));
    }
    assert!(files(&folder) == before);
    // The month's last day makes the month's reports too, of those who are not in that day as well; a night of the
    // month that is run again then looks after them.
    store(&place, &days(&names[..2], "2026-11-30", 1));
    let said = export("2", "2026-11-30");
    assert!(
        said.contains("2026-11-30: 2 reports written") && said.contains("2026-11: 7 reports written"),
        "{said}"
    );
    let again = export("1", "2026-11-17");
    assert!(again.contains("2026-11: 0 reports written, 7 as they were"), "{again}");
    store(&place, &days(&names[..3], "2026-11-19", 1));
    let filled = export("2", "2026-11-19");
    assert!(
        filled.contains("2026-11-19: 3 reports") && filled.contains("2026-11: 3 reports written, 4 as"),
        "{filled}"
    );
}
