//! Quality from outside: `ttt replay quality` on recorded networks, `ttt replay ladders` on distributions.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Ended, Place, root, ttt};

fn replay(network: &Path, movie: &Path, arguments: &[&str]) -> Ended {
    let mut command = ttt(&["replay", "quality"]);
    command.arg("--network").arg(network).arg("--movie").arg(movie).args(arguments);
    Ended::of(command.output().expect("the program starts"))
}

fn told(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

fn file(place: &Place, name: &str, value: &Value) -> PathBuf {
    let path = place.folder.path().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, value.to_string()).expect("a file");
    path
}

/// The published figures of the public simulator, where its network and movie are at hand.
#[test]
fn the_public_session_gives_its_published_bitrates() {
    let data = root().join("../shared/data/throughput");
    if !data.exists() {
        eprintln!("skipped: {} is not there", data.display());
        return;
    }
    let (network, movie) = (data.join("network.json"), data.join("movie.json"));
    let report = told(&replay(&network, &movie, &["--rule", "all", "--json"]));
    let sessions = report["sessions"].as_array().expect("sessions").iter().map(|session| {
        assert_eq!(session["rebuffer_ms"], 0.0, "{session}");
        let kbps = session["bitrate_kbps_mean"].as_f64().expect("a bitrate");
        (session["rule"].as_str().expect("a rule").to_owned(), format!("{kbps:.6}"))
    });
    let published = [
        ("throughput", "1963.813375"),
        ("bola", "2876.593494"),
        ("bolae", "2911.905206"),
        ("dynamic", "2905.420509"),
    ];
    let published = published.map(|(rule, kbps)| (rule.to_owned(), kbps.to_owned()));
    assert_eq!(sessions.collect::<Vec<_>>(), published);
    let report = told(&replay(&data.join("3G"), &movie, &["--rule", "hybrid", "--summary", "--json"]));
    assert_eq!(report["summaries"][0]["sessions"], 86);
    assert!(report.get("sessions").is_none());
}

#[test]
fn a_session_is_told_segment_by_segment() {
    let place = Place::new();
    let steady = json!([{"duration_ms": 1_000, "bandwidth_kbps": 2_000, "latency_ms": 100}]);
    file(&place, "networks/b.json", &steady);
    let network = file(&place, "networks/a.json", &steady);
    let sizes: Vec<Vec<u64>> = vec![vec![1_000_000, 2_000_000]; 5];
    let movie =
        json!({"segment_duration_ms": 2_000, "bitrates_kbps": [500, 1_000], "segment_sizes_bits": sizes});
    let movie = file(&place, "movie.json", &movie);
    let report = told(&replay(&network, &movie, &["--rule", "throughput", "--chunks", "--json"]));
    let session = &report["sessions"][0];
    // Half a second and the latency for the first segment, then a second each: nothing stalls.
    assert_eq!(
        (&session["startup_ms"], &session["rebuffer_ms"], &session["switches"]),
        (&json!(600.0), &json!(0.0), &json!(1))
    );
    assert_eq!(session["total_ms"], 10_600.0);
    let rungs: Vec<u64> = session["chunks"]
        .as_array()
        .expect("segments")
        .iter()
        .map(|chunk| chunk["rung"].as_u64().expect("a rung"))
        .collect();
    assert_eq!(rungs, [0, 1, 1, 1, 1]);
    let mean = (500.0 + 4.0 * 1_000.0) * 2_000.0 / 10_600.0;
    assert!((session["bitrate_kbps_mean"].as_f64().expect("a bitrate") - mean).abs() < 1e-9);
    // A folder is as many sessions as it has networks, times the multipliers.
    let folder = network.parent().expect("a folder");
    let report =
        told(&replay(folder, &movie, &["--rule", "bola,throughput", "--multiplier", "0.5,1", "--json"]));
    assert_eq!(report["sessions"].as_array().map(Vec::len), Some(8));
    let text = replay(folder, &movie, &["--rule", "all", "--start-rung", "1", "--chunks"]);
    assert!(text.code == 0 && text.stdout.contains("a.json by dynamic"), "{}", text.stdout);
}

#[test]
fn what_cannot_be_played_is_refused_and_wrong_use_is_named() {
    let place = Place::new();
    let steady = |kbps: f64| json!([{"duration_ms": 1_000, "bandwidth_kbps": kbps, "latency_ms": 10}]);
    let movie = |bitrates: &[f64], sizes: Value| json!({"segment_duration_ms": 2_000, "bitrates_kbps": bitrates, "segment_sizes_bits": sizes});
    let good = (
        file(&place, "good.json", &steady(1_000.0)),
        file(&place, "movie.json", &movie(&[500.0], json!([[1]]))),
    );
    let dead = file(&place, "dead.json", &steady(0.0));
    let nothing = file(&place, "nothing.json", &json!([]));
    let words = file(&place, "words.json", &json!({"a": 1}));
    let falling = file(&place, "falling.json", &movie(&[500.0, 400.0], json!([[1, 1]])));
    let ragged = file(&place, "ragged.json", &movie(&[500.0, 900.0], json!([[1, 1], [1]])));
    let missing = place.folder.path().join("missing.json");
    let rule = ["--rule", "bola"];
    for (network, movie, arguments, code, says) in [
        (&good.0, &good.1, &rule[..], 0, ""),
        (&dead, &good.1, &rule[..], 3, "cannot be played over"),
        (&nothing, &good.1, &rule[..], 3, "cannot be played over"),
        (&words, &good.1, &rule[..], 3, "words.json"),
        (&good.0, &words, &rule[..], 3, "segment_duration_ms"),
        (&good.0, &falling, &rule[..], 3, "do not ascend"),
        (&good.0, &ragged, &rule[..], 3, "segment 1"),
        (&missing, &good.1, &rule[..], 2, "missing.json"),
        (&good.0, &missing, &rule[..], 2, "missing.json"),
        (&good.0, &good.1, &["--rule", "fastest"], 2, "no such rule"),
        (&good.0, &good.1, &["--rule", "bola", "--buffer", "3"], 2, "--buffer"),
        (&good.0, &good.1, &["--rule", "bola", "--multiplier", "0"], 2, "--multiplier"),
        (&good.0, &good.1, &["--rule", "bola", "--start-rung", "1"], 2, "--start-rung"),
    ] {
        let ended = replay(network, movie, arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn ladders_suit_their_distributions() {
    let place = Place::new();
    let ladders = |text: &str, arguments: &[&str]| {
        let path = place.folder.path().join("distributions.csv");
        fs::write(&path, text).expect("a file");
        let mut command = ttt(&["replay", "ladders", "--json", "--distributions"]);
        Ended::of(command.arg(&path).args(arguments).output().expect("the program starts"))
    };
    let report = told(&ladders("100,200,400,800\n0,1,0,1\n0,0,0,3\n", &["--rungs", "2"]));
    assert_eq!(report["ladders"][0]["bitrates_kbps"], json!([200.0, 800.0]));
    assert_eq!(report["ladders"][1]["bitrates_kbps"], json!([800.0]));
    assert_eq!(report["distributions"], 2);
    for (text, says) in [
        ("", ":1:"),
        ("200,100\n1,1\n", ":1:"),
        ("100,200\n1\n", ":2:"),
        ("100,200\n0,0\n", ":2:"),
        ("100,200\n1,1\n1,x\n", ":3:"),
        ("100,200\n-1,1\n", ":2:"),
    ] {
        let ended = ladders(text, &[]);
        assert_eq!(ended.code, 3, "{text:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{text:?}: {}", ended.stderr);
    }
    assert_eq!(ladders("100\n1\n", &["--step-min", "3", "--step-max", "2"]).code, 2);
}
