//! Content steering as it is exported: the files, their index, and what a real player makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{D20, generated};
use crate::support::{Place, csv, root};

fn export(place: &Place, folder: &str, more: &[&str]) -> std::path::PathBuf {
    let out = place.folder.path().join(folder);
    let shown = out.display().to_string();
    let ended = place.run(&[&["report", "steering", "--out", &shown], more].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    out
}

fn pathways(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let body: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(body["VERSION"], 1);
    assert_eq!(body["TTL"], 120);
    let reload = body["RELOAD-URI"].as_str().expect("an address");
    let name = path.file_name().expect("a name").to_string_lossy();
    assert_eq!(reload, format!("https://steer.example/{name}"));
    let listed = body["PATHWAY-PRIORITY"].as_array().expect("a list");
    let listed: Vec<_> = listed.iter().map(|id| id.as_str().expect("a text").to_owned()).collect();
    let is_safe = |id: &String| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    assert!(listed.iter().all(is_safe), "{listed:?}");
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "{listed:?}");
    listed
}

/// What hls.js makes of a folder of manifests. The project's own check installs it, and fails without it.
fn player(folder: &Path) -> Option<Value> {
    let script = root().join("tests/steering/play.js");
    let needed = std::env::var_os("CI").is_some();
    if !root().join("tests/steering/node_modules/hls.js").exists() {
        assert!(!needed, "hls.js is needed (npm ci --prefix tests/steering)");
        eprintln!("no player is asked: npm ci --prefix tests/steering installs one");
        return None;
    }
    let output = match Command::new("node").arg(script).arg(folder).output() {
        Ok(output) => output,
        Err(error) if needed => panic!("node is needed (apt-get install nodejs): {error}"),
        Err(_) => {
            eprintln!("no player is asked: node is not installed");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn manifests_say_the_plan_and_a_player_follows_them() {
    let place = generated(2_000, &[D20]);
    let folder = export(&place, "steering", &["--ttl", "120", "--reload", "https://steer.example/"]);
    let mut planned: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    let query = "SELECT region || '.' || codec || '.' || content_class, role, node_id, weight FROM gold.route_plan \
        WHERE dt = (SELECT max(dt) FROM gold.route_plan) ORDER BY region, codec, content_class, rank";
    for row in place.rows(query) {
        planned.entry(row[0].clone()).or_default().push(row[1..].to_vec());
    }
    assert!(planned.len() > 20, "{} cells", planned.len());
    for (cell, rows) in &planned {
        // Primaries by weight, then fallbacks; a node that is both stands where it comes first.
        let mut expected: Vec<String> = Vec::new();
        for row in rows.iter().filter(|row| !expected.contains(&row[1])).cloned().collect::<Vec<_>>() {
            if !expected.contains(&row[1]) {
                expected.push(row[1].clone());
            }
        }
        assert_eq!(pathways(&folder.join(format!("{cell}.json"))), expected, "{cell}");
    }
    // The index divides all viewers of a cell, each primary by its weight.
    let index = csv(&fs::read_to_string(folder.join("index.csv")).expect("an index"));
    let mut ends: BTreeMap<String, f64> = BTreeMap::new();
    let mut begun: BTreeMap<(String, String), f64> = BTreeMap::new();
    for row in index.iter().skip(1) {
        let cell = row[..3].join(".");
        let [from, to]: [f64; 2] = [&row[3], &row[4]].map(|text| text.parse().expect("a share"));
        let end = ends.entry(cell.clone()).or_default();
        assert!((from - *end).abs() < 1e-9 && to > from, "{row:?}");
        *end = to;
        let first = pathways(&folder.join(&row[5])).remove(0);
        *begun.entry((cell, first)).or_default() += to - from;
    }
    assert!(ends.values().all(|end| (end - 1.0).abs() < 1e-9));
    for (cell, rows) in &planned {
        for row in rows.iter().filter(|row| row[0] == "PRIMARY") {
            let weight: f64 = row[2].parse().expect("a weight");
            let begun = begun.get(&(cell.clone(), row[1].clone())).copied().unwrap_or(0.0);
            assert!((begun - weight).abs() < 1e-6, "{cell} {row:?}: {begun}");
        }
    }
    let Some(played) = player(&folder) else { return };
    let files: Vec<_> = fs::read_dir(&folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    for path in &files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let expected = serde_json::json!(pathways(path));
        assert_eq!(played[&name]["priority"], expected, "{name}");
        assert_eq!(played[&name]["visited"], expected, "{name}: not the way it fails over");
    }
}

#[test]
fn an_unknown_night_is_wrong_use() {
    let place = generated(2_000, &[D20]);
    let out = place.folder.path().join("none").display().to_string();
    let ended = place.run(&["report", "steering", "--date", "2020-01-01", "--out", &out]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(!Path::new(&out).exists(), "nothing is left behind");
}
