//! `ttt report quality` from outside: the page, and manifests that players' own parsers read as what was planned.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use generate::{Compression, Options};

use crate::support::{Place, csv, python, root};

const DAY: &str = "2026-11-20";

/// A day of few sessions: some cohorts, and a plan for each.
fn planned() -> Place {
    let place = Place::new();
    let options = Options {
        days: 1,
        escrows_per_day: 10,
        subscriptions_per_day: 0,
        playbacks_per_day: 1_500,
        access_per_day: 12_000,
        nodes: 16,
        contents_per_day: 100,
        compression: Compression::Plain,
        fault_rate: 0.0,
        ..Options::default()
    };
    let key = place.folder.path().join("key");
    generate::generate(&place.landing(), &key, &options, &|_, _| {}).expect("an area");
    place.night("ingest", DAY);
    place.night("quality", DAY);
    place
}

/// A manifest's renditions: bandwidth, width, height, name.
type Renditions = Vec<(u64, u64, u64, String)>;

/// Every manifest as the parsers read it, where they are installed. The project's own check installs them.
fn read(folder: &Path) -> Option<BTreeMap<String, Renditions>> {
    let script = root().join("tests/manifests/read.py");
    let output = Command::new(python()).arg(script).arg(folder).output();
    let needed = std::env::var_os("CI").is_some();
    let output = match output {
        Ok(output) if output.status.code() != Some(77) => output,
        _ if needed => panic!("m3u8 and mpegdash are needed (pip install m3u8 mpegdash)"),
        _ => {
            eprintln!("passed over: m3u8 and mpegdash are not installed");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn every_cohort_has_manifests_of_what_is_planned() {
    let place = planned();
    let out = place.folder.path().join("quality");
    let ended = place.run(&["report", "quality", "--date", DAY, "--out", out.to_str().expect("a path")]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let mut planned: BTreeMap<Vec<String>, Renditions> = BTreeMap::new();
    for row in place.rows(
        "SELECT region, network, device_class, data_saver, rung['peak_kbps'], rung['width'], rung['height'], \
         rung['codec'], cap_kbps FROM (SELECT *, unnest(ladder) AS rung FROM gold.quality_plan)",
    ) {
        let number = |place: usize| row[place].parse::<u64>().expect("a number");
        let name = format!("{}/{}/{}/index.m3u8", row[7], number(6), number(4));
        let rungs = planned.entry(row[..4].to_vec()).or_default();
        if number(4) <= number(8) {
            rungs.push((number(4) * 1_000, number(5), number(6), name));
        }
    }
    let index = csv(&fs::read_to_string(out.join("index.csv")).expect("an index"));
    assert_eq!(index.len() - 1, planned.len(), "every cohort stands in the index");
    assert!(planned.len() > 20, "{}", planned.len());

    let page = fs::read_to_string(out.join("quality.html")).expect("a page");
    for part in
        ["Decisions", "Ladders before and after", "Refused candidates", "<svg", "Bandwidth", "FEW_VIEWERS"]
    {
        assert!(page.contains(part), "{part} is not on the page");
    }
    for word in ["http:", "https:", "<script", "src="] {
        assert!(!page.contains(word), "{word} stands in the page");
    }

    let Some(mut found) = read(&out) else { return };
    found.values_mut().for_each(|renditions| renditions.sort());
    for row in index.iter().skip(1) {
        let mut expected = planned[&row[..4]].clone();
        expected.sort();
        assert!(!expected.is_empty(), "{row:?}");
        assert_eq!(found[&row[5]], expected, "{row:?}");
        assert_eq!(found[&row[6]], expected, "{row:?}");
    }
}

#[test]
fn a_night_without_a_plan_is_named() {
    let place = Place::new();
    place.landing();
    let out = place.folder.path().join("quality");
    let ended = place.run(&["report", "quality", "--out", out.to_str().expect("a path")]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("ttt run nightly") && !out.exists(), "{}", ended.stderr);
}
