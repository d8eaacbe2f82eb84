//! Caches from outside: `ttt replay cache` on traces, and the plans of a night against a replay of the test's own.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::PathBuf;

use crate::support::{Ended, Place, assert_same, counted, root, ttt};

const DAY: &str = "2026-11-20";
const NEXT: &str = "2026-11-21";

/// Requests of (id, bytes) as a trace, with next accesses that hold.
fn trace(requests: &[(u64, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (place, (id, size)) in requests.iter().enumerate() {
        let later = requests.iter().skip(place + 1).position(|(other, _)| other == id);
        let next = later.map_or(-1, |after| (place + after + 2) as i64);
        bytes.extend((place as u32).to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(next.to_le_bytes());
    }
    bytes
}

fn replay(file: &PathBuf, arguments: &[&str]) -> Ended {
    let mut command = ttt(&["replay", "cache", "--trace"]);
    Ended::of(command.arg(file).args(arguments).output().expect("the program starts"))
}

/// Policy, cache and byte miss ratio, each as it is printed.
fn ratios(ended: &Ended) -> Vec<(String, u64, String)> {
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let found = report["results"].as_array().expect("results").iter().map(|found| {
        let missed = found["byte_miss_ratio"].as_f64().expect("a ratio");
        let policy = found["policy"].as_str().expect("a policy").to_owned();
        (policy, found["cache_bytes"].as_u64().expect("a size"), format!("{missed:.4}"))
    });
    found.collect()
}

/// The public figures of a public trace, where it is at hand.
#[test]
fn the_public_trace_gives_its_published_ratios() {
    let file = root().join("../shared/data/cache/cloudPhysicsIO.oracleGeneral.bin");
    if !file.exists() {
        eprintln!("skipped: {} is not there", file.display());
        return;
    }
    let sizes = ["--bytes", "128MiB,256MiB,512MiB,1GiB", "--json"];
    let ended = replay(&file, &[&["--policy", "LRU,FIFO,Belady,bound"], &sizes[..]].concat());
    let expected = [
        ("LRU", ["0.9648", "0.9298", "0.8380", "0.7009"]),
        ("FIFO", ["0.9645", "0.9278", "0.8717", "0.7046"]),
        ("Belady", ["0.7950", "0.6857", "0.5810", "0.4647"]),
        ("BOUND", ["0.7949", "0.6857", "0.5809", "0.4647"]),
    ];
    let mut rows = Vec::new();
    for (policy, missed) in expected {
        let at = |(power, missed): (u32, &str)| (policy.to_owned(), 1u64 << power, missed.to_owned());
        rows.extend((27..31).zip(missed).map(at));
    }
    assert_eq!(ratios(&ended), rows);
    assert!(ended.stdout.contains("\"requests\": 113872") && ended.stdout.contains("\"objects\": 48974"));
}

#[test]
fn traces_are_read_packed_or_plain() {
    use std::io::Write;
    let place = Place::new();
    let bytes = trace(&[(7, 4), (8, 4), (7, 4), (9, 4), (7, 4)]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).expect("gzip");
    let files = [
        ("plain.bin", bytes.clone()),
        ("packed.bin.gz", gzip.finish().expect("gzip")),
        ("packed.bin.zst", zstd::encode_all(&bytes[..], 1).expect("zstd")),
    ];
    for (name, stored) in files {
        let file = place.folder.path().join(name);
        fs::write(&file, stored).expect("a trace");
        let found = ratios(&replay(&file, &["--policy", "lru,belady", "--bytes", "8", "--json"]));
        // 7 is found twice of five.
        let missed = |policy: &str| (policy.to_owned(), 8, "0.6000".to_owned());
        assert_eq!(found, [missed("LRU"), missed("Belady")], "{name}");
    }
}

#[test]
fn what_is_no_trace_is_refused_and_wrong_use_is_named() {
    let place = Place::new();
    let write = |name: &str, bytes: &[u8]| {
        let file = place.folder.path().join(name);
        fs::write(&file, bytes).expect("a file");
        file
    };
    let whole = trace(&[(7, 4), (8, 4), (7, 4)]);
    let good = write("good.bin", &whole);
    let cut = write("cut.bin", &whole[..60]);
    let empty = write("empty.bin", &[]);
    let broken = write("broken.bin.zst", b"no zstd");
    let sizeless = write("sizeless.bin", &trace(&[(7, 0), (8, 0)]));
    let mut wrong = trace(&[(7, 4), (8, 4), (7, 4)]);
    wrong[16..24].copy_from_slice(&(-1i64).to_le_bytes());
    let wrong = write("wrong.bin", &wrong);
    let missing = place.folder.path().join("missing.bin");
    let folder = place.folder.path().to_owned();
    for (file, policy, bytes, code, says) in [
        (&good, "LRU", "1KiB", 0, ""),
        (&good, "nothing", "1KiB", 2, "no such policy"),
        (&good, "LRU", "0", 2, "at least one byte"),
        (&good, "LRU", "many", 2, "no size"),
        (&missing, "LRU", "1KiB", 2, "No such file"),
        (&folder, "LRU", "1KiB", 2, "folder"),
        (&cut, "LRU", "1KiB", 3, "60 bytes are 2 records"),
        (&empty, "LRU", "1KiB", 3, "holds no record"),
        (&broken, "LRU", "1KiB", 3, "broken.bin.zst"),
        (&sizeless, "LRU", "1KiB", 3, "no bytes"),
        (&wrong, "Belady", "1KiB", 3, "object 7"),
        (&wrong, "bound", "1KiB", 3, "object 7"),
        (&wrong, "LRU", "1KiB", 0, "do not read next accesses"),
    ] {
        let ended = replay(file, &["--policy", policy, "--bytes", bytes]);
        assert_eq!(ended.code, code, "{}: {}", file.display(), ended.stderr);
        assert!(ended.stderr.contains(says), "{}: {}", file.display(), ended.stderr);
        assert_eq!(ended.stdout.is_empty(), code != 0, "{}", file.display());
    }
    let ended =
        replay(&write("some.bin", &trace(&[(1, 0), (2, 5), (2, 5)])), &["--policy", "LRU", "--bytes", "9"]);
    assert!(
        ended.stdout.contains("2 requests, 2 objects, 10 bytes, 1 requests of no bytes left out"),
        "{}",
        ended.stdout
    );
}

/// An access log of (seconds, node, path, status, bytes, result) by its fields.
fn log(day: &str, requests: &[(u32, &str, &str, u16, u64, &str)]) -> String {
    let fields = "date time x-edge-location sc-bytes cs-method cs-uri-stem sc-status cs-uri-query \
        x-edge-result-type x-edge-request-id x-edge-response-result-type sc-content-len";
    let mut text = format!("#Version: 1.0\n#Fields: {fields}\n");
    for (number, (second, node, path, status, bytes, result)) in requests.iter().enumerate() {
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let clock = format!("{hour:02}:{minute:02}:{second:02}");
        text += &format!(
            "{day}\t{clock}\t{node}\t{bytes}\tGET\t{path}\t{status}\tCMCD=br%3D{number}\t{result}\t{day}-{number}\t{result}\t{bytes}\n"
        );
    }
    text
}

fn node(name: &str, cache_bytes: u64, status: &str) -> String {
    format!(
        "{{\"node_id\":\"{name}\",\"provider\":\"p1\",\"region\":\"r1\",\"capabilities\":[\"AVC\"],\
         \"capacity_gbps\":1.0,\"cost_per_gb\":{{\"value\":\"0.01\",\"currency\":\"USD\"}},\
         \"cache_bytes\":{cache_bytes},\"status\":\"{status}\"}}\n"
    )
}

/// Bytes found and asked for under LRU in a cache that has seen the first requests already; what is served is counted
/// behind them.
fn lru(requests: &[(String, u64)], warm: usize, capacity: u64) -> (u64, u64) {
    let mut queue: VecDeque<(String, u64)> = VecDeque::new();
    let (mut found, mut asked) = (0, 0);
    for (place, (object, bytes)) in requests.iter().enumerate() {
        let held = queue.iter().position(|(other, _)| other == object).and_then(|at| queue.remove(at));
        if place >= warm {
            asked += bytes;
            found += if held.is_some() { *bytes } else { 0 };
        }
        if held.is_none() && *bytes > capacity {
            continue;
        }
        queue.push_front((object.clone(), *bytes));
        while queue.iter().map(|(_, bytes)| bytes).sum::<u64>() > capacity {
            queue.pop_back();
        }
    }
    (found, asked)
}

fn ratio(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no ratio"))
}

#[test]
fn a_small_day_by_hand() {
    let place = Place::new();
    let path = |content: &str, segment: u32| format!("/v/{content}/AVC/720/{segment:05}.m4s");
    let (a, b, c) = (path("co_a", 1), path("co_b", 1), path("co_c", 1));
    // The cache of n1 holds two of three objects; c is asked for once each round, and LRU loses all to it.
    let mut requests = Vec::new();
    for round in 0..40 {
        for (step, object) in [&a, &b, &c].into_iter().enumerate() {
            requests.push((round * 100 + step as u32, "n1", object.as_str(), 200, 1_000, "Miss"));
        }
    }
    requests.push((9_000, "n2", &a, 200, 500, "Hit"));
    requests.push((9_001, "n2", &a, 503, 500, "Error"));
    requests.push((9_002, "unlisted", &a, 200, 500, "Miss"));
    requests.push((9_003, "n3", &a, 200, 700, "Miss"));
    requests.push((9_004, "n3", &a, 200, 700, "Hit"));
    place.land("delivery/access", DAY, "a.log", log(DAY, &requests));
    let inventory = [
        node("n1", 2_000, "AVAILABLE"),
        node("n2", 2_000, "DRAINED"),
        node("n3", 0, "AVAILABLE"),
        node("n4", 2_000, "AVAILABLE"),
    ];
    place.land("delivery/nodes", DAY, "n.ndjson", inventory.concat());
    let ended = place.run(&["run", "nightly", "--date", DAY]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for note in [
        "1 nodes in the logs stand in no inventory and get no plan: unlisted",
        "1 requests to them were not replayed",
        "1 nodes had no requests of the day",
        "1 nodes have a cache of no bytes",
        "1 without a body",
    ] {
        assert!(ended.stderr.contains(note), "{note}\n{}", ended.stderr);
    }
    let rows = place.rows(
        "SELECT node_id, basis, requests, bytes, byte_hit_ratio_actual, byte_hit_ratio_lru, byte_hit_ratio_bound, \
         policy <> 'LRU' OR admission <> 'ALL', byte_hit_ratio_planned > byte_hit_ratio_lru, \
         coalesce(distance_closed > 0 AND distance_closed <= 1, false), byte_hit_ratio_held_out \
         FROM gold.cache_plan ORDER BY node_id",
    );
    let bound = rows[0][6].clone();
    let no = "false";
    let expected: [[&str; 11]; 4] = [
        ["n1", "REQUESTS", "120", "120000", "0.0", "0.0", &bound, "true", "true", "true", ""],
        ["n2", "REQUESTS", "1", "500", "1.0", "0.0", "0.0", no, no, no, ""],
        ["n3", "REQUESTS", "2", "1400", "0.5", "0.0", "0.0", no, no, no, ""],
        ["n4", "DEFAULT", "0", "0", "", "", "", no, "", no, ""],
    ];
    assert_eq!(rows, expected.map(|row| row.map(str::to_owned).to_vec()));
    // Of three objects in turn, two places find at best one of two: every object is kept every other time.
    assert!((0.48..0.67).contains(&ratio(&bound)), "{bound}");

    // The same inputs again: nothing is made anew.
    let again = place.run(&["run", "cache", "--date", DAY]);
    assert!(
        again.stderr.contains("gold.cache_plan: nothing it is made from has changed"),
        "{}",
        again.stderr
    );

    // A day on which nothing lands: what was planned stays in force.
    place.night("nightly", NEXT);
    let carried = place.rows(&format!(
        "SELECT node_id, policy, admission, basis FROM gold.cache_plan WHERE dt = '{NEXT}' ORDER BY node_id"
    ));
    let before = place.rows(&format!(
        "SELECT node_id, policy, admission, 'CARRIED' FROM gold.cache_plan WHERE dt = '{DAY}' ORDER BY node_id"
    ));
    assert_eq!(carried, before);
}

#[test]
fn a_night_without_delivery_data_is_no_failure() {
    let place = Place::new();
    let row = "{\"tier_id\":\"ti_1\",\"version\":1,\"creator\":\"did:key:z6MkB\",\"name\":\"Gold\",\
        \"price\":{\"value\":\"4.99\",\"currency\":\"USD\"},\"interval\":\"MONTH\",\"benefits\":[{\"benefit_id\":\"b\",\
        \"type\":\"CUSTOM_BADGE\",\"description\":\"d\",\"delivery_method\":\"BADGE\"}],\"at\":\"2026-10-01T00:00:00Z\"}\n";
    place.land("subscriptions/tiers", DAY, "t.ndjson", row);
    let ended = place.run(&["run", "nightly", "--date", DAY]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("no inventory of nodes has landed"), "{}", ended.stderr);
}

/// Generated days with caches small enough to matter: LRU's ratio is that of a replay of the test's own, warmed by
/// the day before, and nothing planned loses to LRU or beats the bound.
#[test]
fn generated_nights_are_those_of_an_independent_replay() {
    let place = Place::new();
    let out = place.landing();
    let sizes =
        ["--escrows", "40", "--playbacks", "600", "--requests", "9000", "--nodes", "6", "--contents", "20"];
    let plain = ["--days", "2", "--seed", "5", "--compression", "plain", "--no-manifests"];
    let mut generate = ttt(&["generate", "--quiet"]);
    generate.arg("--out").arg(&out).arg("--key").arg(place.folder.path().join("key")).args(sizes).args(plain);
    assert!(generate.status().expect("the program starts").success());
    for dt in [DAY, NEXT] {
        let folder = out.join(format!("delivery/nodes/dt={dt}"));
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let text = fs::read_to_string(entry.path()).expect("text");
            let small = text.replace("000000000000,\"status\"", "0000000,\"status\"");
            fs::write(entry.path(), small).expect("an edited file");
        }
        place.night("nightly", dt);
    }
    let requests = place.rows(
        "SELECT node_id, path, range_start, range_end, coalesce(content_length, bytes_sent), at < TIMESTAMP '2026-11-21T00:00:00Z', \
         dt FROM bronze.cdn_requests WHERE NOT conflict AND status IN (200, 206) AND node_id IS NOT NULL AND path IS NOT NULL \
         AND coalesce(method, 'GET') = 'GET' ORDER BY node_id, at, key_hash, payload_hash",
    );
    let caches = place.rows(
        "SELECT node_id, dt, cache_bytes, byte_hit_ratio_lru, byte_hit_ratio_planned, byte_hit_ratio_bound, \
        byte_hit_ratio_held_out FROM gold.cache_plan WHERE basis = 'REQUESTS' ORDER BY node_id, dt",
    );
    assert!(caches.len() >= 8, "{caches:?}");
    let mut gained = 0;
    for row in &caches {
        let [node, dt, cache_bytes, ratios @ ..] = &row[..] else { panic!("{row:?}") };
        let is_first = dt == DAY;
        // Landed by the night, and of its day or the one before.
        let known: Vec<_> = requests
            .iter()
            .filter(|r| &r[0] == node && (!is_first || (r[5] == "true" && r[6] == DAY)))
            .collect();
        let mut largest: BTreeMap<String, u64> = BTreeMap::new();
        let object = |r: &[String]| format!("{} {}-{}", r[1], r[2], r[3]);
        for r in &known {
            let bytes = largest.entry(object(r)).or_default();
            *bytes = (*bytes).max(r[4].parse().expect("a size"));
        }
        let sized: Vec<(String, u64)> = known.iter().map(|r| (object(r), largest[&object(r)])).collect();
        let warm = if is_first { 0 } else { known.iter().filter(|r| r[5] == "true").count() };
        let (found, asked) = lru(&sized, warm, cache_bytes.parse().expect("a size"));
        let [lru, planned, bound] = [0, 1, 2].map(|at| ratio(&ratios[at]));
        assert!((lru - found as f64 / asked as f64).abs() < 1e-9, "{row:?}: {found} of {asked}");
        assert!(planned >= lru && planned <= bound + 1e-9 && lru <= bound + 1e-9, "{row:?}");
        gained += usize::from(planned > lru);
        assert_eq!(ratios[3].is_empty(), is_first, "{row:?}");
    }
    assert!(gained > 0, "{caches:?}");
    is_the_same_on_one_thread(&place);
    let curves = place.rows(
        "SELECT node_id, policy, dt, count(*), bool_and(byte_hit_ratio >= 0 AND byte_hit_ratio <= 1) \
        FROM gold.cache_curves GROUP BY ALL",
    );
    assert_eq!(curves.len(), caches.len() * 7);
    assert!(
        curves.iter().all(|row| row[4] == "true" && row[3].parse::<u32>().is_ok_and(|points| points >= 6)),
        "{curves:?}"
    );
}

/// Nodes that are planned one after the other give what they give side by side.
fn is_the_same_on_one_thread(place: &Place) {
    let other = Place::new();
    let mut command = ttt(&["run", "nightly", "--quiet", "--from", DAY, "--to", NEXT, "--landing"]);
    command.arg(place.landing()).arg("--warehouse").arg(other.warehouse());
    command.env("TTT_SPILL", other.folder.path().join("spill")).env("TTT_THREADS", "1");
    assert!(command.output().expect("the program starts").status.success());
    for table in ["cache_plan", "cache_curves"] {
        let rows = |place: &Place| counted(place.rows(&format!("SELECT * FROM gold.{table}")));
        assert_same(table, &rows(place), &rows(&other));
    }
}
