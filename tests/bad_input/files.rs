//! Files that cannot be read to their end, that are packed in parts, or that change under the reader.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::expected::{DAY, Expected, KEPT};
use super::packing::{cut, gzip, sha256, zstandard};
use super::sample::{
    BENEFITS, CONTENT, ESCROW, EVENTS, LEDGER, NODES, PLAYBACK, Sample, TIERS, WALLET, table,
};
use crate::support::{Ended, Place};

/// Many rows of a source, so that half of the packed bytes is no whole file.
fn many(sample: &Sample, count: usize) -> Vec<u8> {
    let lines = (0..count).map(|number| sample.row(&format!("{}-{number}", sample.source)) + "\n");
    lines.collect::<String>().into_bytes()
}

fn count(place: &Place, source: &str) -> usize {
    place.rows(&format!("SELECT source_file FROM bronze.{}", table(source))).len()
}

fn quarantined(place: &Place, source: &str) -> usize {
    place.rows(&format!("SELECT reason FROM bronze.quarantine WHERE source = '{source}'")).len()
}

#[test]
fn packed_in_parts_or_not_at_all() {
    let mut expected = Expected::new();
    let rows: Vec<Vec<u8>> =
        (0..4).map(|number| format!("{}\n", ESCROW.row(&format!("$-{number}"))).into_bytes()).collect();
    // A row that begins in one part and ends in the next.
    let halves = |row: &[u8]| (row[..100].to_vec(), row[100..].to_vec());
    type Pack = fn(&[u8]) -> Vec<u8>;
    for (ending, pack) in [("gz", gzip as Pack), ("zst", zstandard)] {
        let named = |name: &str| format!("{name}.ndjson.{ending}");
        let own = |name: &str, number: usize| {
            String::from_utf8_lossy(&rows[number]).replace('$', &format!("{name}-{ending}")).into_bytes()
        };
        let (begin, end) = halves(&own("parts", 1));
        let parts = [own("parts", 0), begin, end, Vec::new(), own("parts", 2)];
        let packed: Vec<u8> = parts.iter().flat_map(|part| pack(part)).collect();
        expected.file(ESCROW.source, &named("parts"), &packed, &[(1, KEPT), (2, KEPT), (3, KEPT)]);
        expected.file(ESCROW.source, &named("zero-bytes"), b"", &[]);
        expected.file(ESCROW.source, &named("empty-text"), &pack(b""), &[]);
        expected.file(ESCROW.source, &named("one"), &pack(&own("one", 3)), &[(1, KEPT)]);
    }
    expected.file(ESCROW.source, "zero-bytes.ndjson", b"", &[]);
    // What is no log is left alone, whatever it holds.
    for name in ["README.txt", "rows.ndjson.tmp", "_SUCCESS", ".part.ndjson", "_part.ndjson", "log.json"] {
        expected.file(ESCROW.source, name, b"no log\n", &[]);
    }
    fs::create_dir_all(expected.place.landing().join(format!("{}/dt={DAY}", WALLET.source)))
        .expect("an empty day");
    let ended = expected.place.run(&["run", "ingest", "--date", DAY, "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    expected.check();
    assert!(ended.stdout.contains(r#""files_read":9"#), "{}", ended.stdout);
}

/// A damage done to one source's only day, and what the message must name.
struct Damage {
    sample: &'static Sample,
    file: &'static str,
    bytes: Vec<u8>,
    manifest: Option<String>,
    named: &'static str,
}

fn manifest(source: &str, day: &str, files: &str) -> Option<String> {
    Some(format!(r#"{{"source":"{source}","dt":"{day}","files":[{files}]}}"#))
}

fn damages() -> Vec<Damage> {
    let plain = |sample: &'static Sample, manifest, named| Damage {
        sample,
        file: "a.ndjson",
        bytes: many(sample, 3),
        manifest,
        named,
    };
    let packed = |sample, file, bytes, named| Damage { sample, file, bytes, manifest: None, named };
    let wrong_hash = format!(r#"{{"name":"a.ndjson","rows":3,"sha256":"{}"}}"#, sha256(b"another"));
    let wrong_rows = format!(r#"{{"name":"a.ndjson","rows":4,"sha256":"{}"}}"#, sha256(&many(&TIERS, 3)));
    let listed = r#"{"name":"a.ndjson"}"#;
    vec![
        packed(
            &ESCROW,
            "a.ndjson.gz",
            cut(gzip(&many(&ESCROW, 500))),
            "payments/escrow/dt=2026-11-20/a.ndjson.gz",
        ),
        packed(
            &WALLET,
            "a.ndjson.zst",
            cut(zstandard(&many(&WALLET, 500))),
            "payments/wallet/dt=2026-11-20/a.ndjson.zst",
        ),
        packed(&LEDGER, "a.ndjson.gz", many(&LEDGER, 3), "payments/ledger/dt=2026-11-20/a.ndjson.gz"),
        plain(
            &TIERS,
            manifest(TIERS.source, DAY, &wrong_rows),
            "subscriptions/tiers/dt=2026-11-20/a.ndjson: it has 3 rows, the manifest says 4",
        ),
        plain(
            &EVENTS,
            manifest(EVENTS.source, DAY, &wrong_hash),
            "subscriptions/events/dt=2026-11-20/a.ndjson: its SHA-256",
        ),
        plain(
            &BENEFITS,
            manifest(BENEFITS.source, DAY, &format!(r#"{listed},{{"name":"b.ndjson"}}"#)),
            "subscriptions/benefits/dt=2026-11-20/b.ndjson",
        ),
        plain(&PLAYBACK, Some("{\"source\":".to_owned()), "delivery/playback/dt=2026-11-20/_manifest.json"),
        plain(
            &NODES,
            manifest(NODES.source, "2026-11-19", listed),
            "delivery/nodes/dt=2026-11-20/_manifest.json",
        ),
        plain(&CONTENT, manifest(NODES.source, DAY, listed), "delivery/content/dt=2026-11-20/_manifest.json"),
    ]
}

/// Nine sources are refused, each for its own reason, and the tenth is ingested; mended, all are.
#[test]
fn a_damaged_source_is_refused_alone() {
    let place = Place::new();
    for Damage { sample, file, bytes, manifest, .. } in damages() {
        place.land(sample.source, DAY, file, bytes);
        place.land(sample.source, DAY, "good.ndjson", many(sample, 2).to_ascii_lowercase());
        manifest.map(|manifest| place.land(sample.source, DAY, "_manifest.json", manifest));
    }
    let log = "#Fields: date time x-edge-request-id\n2026-11-20\t12:00:00\tr1\n";
    place.land("delivery/access", DAY, "a.log", log);
    for _ in 0..2 {
        let ended = place.run(&["run", "ingest", "--date", DAY, "--quiet"]);
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        for Damage { sample, named, .. } in damages() {
            assert!(ended.stderr.contains(named), "{named}\n{}", ended.stderr);
            assert_eq!((count(&place, sample.source), quarantined(&place, sample.source)), (0, 0), "{named}");
        }
        assert_eq!(count(&place, "delivery/access"), 1);
    }
    for Damage { sample, file, .. } in damages() {
        let mended = if file.ends_with(".gz") {
            gzip(&many(sample, 500))
        } else if file.ends_with(".zst") {
            zstandard(&many(sample, 500))
        } else {
            many(sample, 500)
        };
        place.land(sample.source, DAY, file, mended);
        let _ = fs::remove_file(place.landing().join(format!("{}/dt={DAY}/_manifest.json", sample.source)));
    }
    place.night("ingest", DAY);
    for Damage { sample, .. } in damages() {
        assert_eq!(
            (count(&place, sample.source), quarantined(&place, sample.source)),
            (500, 2),
            "{}",
            sample.source
        );
    }
}

/// Starts a run and waits until it has a file open.
#[cfg(target_os = "linux")]
fn run_until_open(place: &Place, path: &Path) -> Child {
    let mut command = place.command(&["run", "ingest", "--date", DAY, "--quiet"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let descriptors = format!("/proc/{}/fd", child.id());
    let clock = Instant::now();
    let is_open = || {
        let entries = fs::read_dir(&descriptors).into_iter().flatten().flatten();
        entries.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|target| target == path)
    };
    while !is_open() {
        assert!(clock.elapsed() < Duration::from_secs(60), "{} was never opened", path.display());
        std::thread::sleep(Duration::from_micros(200));
    }
    child
}

#[cfg(target_os = "linux")]
fn append(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).open(path).expect("the file");
    file.write_all(bytes).expect("a longer file");
}

/// What happens to a file while it is read; nothing of it may count until a later run finds it whole.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let rows = many(&ESCROW, 40_000);
    let more = (ESCROW.row("one-more") + "\n").into_bytes();
    type Act<'a> = &'a dyn Fn(&Path);
    let grows: Act<'_> = &|path| append(path, &more);
    let vanishes: Act<'_> = &|path| fs::remove_file(path).expect("the file");
    let shrinks: Act<'_> = &|path| fs::write(path, &rows[..more.len()]).expect("a shorter file");
    for (what, act, mended) in
        [("grows", grows, 40_001), ("vanishes", vanishes, 40_000), ("shrinks", shrinks, 40_000)]
    {
        let place = Place::new();
        let path = place.land(ESCROW.source, DAY, "big.ndjson", &rows);
        let path = fs::canonicalize(path).expect("the file's path");
        place.land(WALLET.source, DAY, "a.ndjson", many(&WALLET, 3));
        let child = run_until_open(&place, &path);
        act(&path);
        let ended = Ended::of(child.wait_with_output().expect("the run ends"));
        assert_eq!(ended.code, 3, "{what}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("payments/escrow/dt=2026-11-20/big.ndjson"),
            "{what}: {}",
            ended.stderr
        );
        assert_eq!((count(&place, ESCROW.source), count(&place, WALLET.source)), (0, 3), "{what}");
        if what != "grows" {
            fs::write(&path, &rows).expect("the file again");
        }
        place.night("ingest", DAY);
        assert_eq!(count(&place, ESCROW.source), mended, "{what}");
    }
}

/// A folder and a file that may not be read, tried by a user who is not root, whom permissions do not bind.
#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let permit =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    let place = Place::new();
    place.land(ESCROW.source, DAY, "a.ndjson", many(&ESCROW, 3));
    let closed_file = place.land(LEDGER.source, DAY, "a.ndjson", many(&LEDGER, 3));
    place.land(WALLET.source, DAY, "a.ndjson", many(&WALLET, 3));
    let closed_folder = place.landing().join(format!("{}/dt={DAY}", ESCROW.source));
    let Some(mut command) = unprivileged(&place) else {
        eprintln!("not tried: this machine cannot run the program as another user");
        return;
    };
    permit(&closed_folder, 0o000);
    permit(&closed_file, 0o000);
    let ended = Ended::of(command.output().expect("the program starts"));
    permit(&closed_folder, 0o755);
    permit(&closed_file, 0o644);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    for named in ["payments/escrow/dt=2026-11-20", "payments/ledger/dt=2026-11-20/a.ndjson"] {
        assert!(ended.stderr.contains(named), "{named}: {}", ended.stderr);
    }
    let counts = [ESCROW.source, LEDGER.source, WALLET.source].map(|source| count(&place, source));
    assert_eq!(counts, [0, 0, 3]);
    place.night("ingest", DAY);
    assert_eq!(count(&place, ESCROW.source), 3);
}

/// The ingest of the day as a user whom permissions bind, if that can be had.
#[cfg(unix)]
fn unprivileged(place: &Place) -> Option<std::process::Command> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let command = place.command(&["run", "ingest", "--date", DAY, "--quiet"]);
    if fs::metadata(place.folder.path()).expect("the place").uid() != 0 {
        return Some(command);
    }
    // Everything that the program needs, where anyone may read it.
    let shared = place.folder.path().join("shared");
    for folder in ["sql/silver", "sql/gold", "sql/audits", "jobs"] {
        fs::create_dir_all(shared.join(folder)).expect("a folder");
        for entry in fs::read_dir(crate::support::root().join(folder)).expect("a folder").flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), shared.join(folder).join(entry.file_name())).expect("a copy");
            }
        }
    }
    let program = shared.join("ttt");
    fs::copy(env!("CARGO_BIN_EXE_ttt"), &program).expect("a copy of the program");
    for folder in [place.folder.path().to_owned(), place.warehouse(), place.folder.path().join("spill")] {
        fs::create_dir_all(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("a mode");
    }
    let mut other = std::process::Command::new("setpriv");
    other.args(["--reuid=65534", "--clear-groups"]).arg(&program).args(command.get_args());
    other.env("TTT_SQL", shared.join("sql")).env("TTT_JOBS", shared.join("jobs"));
    other.env("TTT_SPILL", place.folder.path().join("spill")).current_dir(&shared);
    let mut probe = std::process::Command::new("setpriv");
    let works = probe.args(["--reuid=65534", "--clear-groups"]).arg(&program).arg("--version").output();
    works.is_ok_and(|output| output.status.success()).then_some(other)
}
