//! The program from outside: its flags, its configuration, its exit codes, and what it writes where.

mod prompt;
mod queries;
mod schedule;

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;

use crate::support::{Ended, Place, ttt};

const DAY: &str = "2026-11-20";

/// One tip's first event, so that something has landed.
const EVENT: &str = r#"{"event_id":"ee_1","escrow_id":"es_1","sequence":1,"event":"CREATED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"1.00","currency":"USD"},"at":"2026-11-20T12:00:00Z"}"#;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn ended(command: &mut std::process::Command) -> Ended {
    Ended::of(command.output().expect("the program starts"))
}

/// Asserts that a command was used wrongly, and that its message says so.
fn assert_wrong(ended: &Ended, arguments: &[&str], named: &[&str]) {
    assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.stderr);
    for named in named {
        assert!(ended.stderr.contains(named), "{arguments:?}: {named} is not in\n{}", ended.stderr);
    }
}

/// Arguments, and what the message names: the mistake, and what there is instead.
#[test]
fn wrong_use_is_told_with_what_there_is() {
    let place = Place::new();
    place.land("payments/escrow", DAY, "a.ndjson", EVENT);
    let cases: &[(&[&str], &[&str])] = &[
        (&["frobnicate"], &["frobnicate", "--help"]),
        (&["rum"], &["rum", "run"]),
        (&["run"], &["<NAME>"]),
        (
            &["run", "nightli"],
            &[
                "nightli",
                "hint",
                "audit, cache, delivery, estimates, ingest, insights, nightly, quality, reconcile, reports, route",
            ],
        ),
        (&["run", "Cargo"], &["Cargo", "nightly"]),
        (&["run", "../jobs/nightly"], &["../jobs/nightly", "hint"]),
        (&["run", "nightly", "--dat", DAY], &["--dat", "--date"]),
        (&["run", "nightly", "--date", "2026-13-20"], &["2026-13-20"]),
        (&["run", "nightly", "--date", "yesterday"], &["yesterday"]),
        (&["run", "nightly", "--from", DAY], &["--to"]),
        (&["run", "nightly", "--to", DAY], &["--from"]),
        (&["run", "nightly", "--from", "2026-11-21", "--to", DAY], &["--from 2026-11-21", "--to 2026-11-20"]),
        (&["run", "nightly", "--date", DAY, "--from", DAY, "--to", DAY], &["--date", "--from"]),
        (&["sql", "--format", "xml", "SELECT 1"], &["xml", "table, csv, json, ndjson, parquet"]),
        (&["status"], &["no warehouse is there", "hint", "ttt run nightly"]),
        (&["sql", "SELECT 1"], &["no warehouse is there", "hint"]),
        (&["generate"], &["--out"]),
        (&["--config", "/nowhere/ttt.toml", "status"], &["/nowhere/ttt.toml"]),
    ];
    for (arguments, named) in cases {
        assert_wrong(&place.run(arguments), arguments, named);
    }
    assert_wrong(&ended(&mut ttt(&[])), &[], &["Usage", "run", "sql", "status", "generate"]);
    for arguments in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let ended = ended(&mut ttt(arguments));
        assert!(
            ended.code == 0 && !ended.stdout.is_empty() && ended.stderr.is_empty(),
            "{arguments:?} {ended:?}"
        );
    }
}

#[test]
fn a_landing_area_that_is_not_there_is_wrong_use_and_an_empty_one_is_not() {
    let place = Place::new();
    let nowhere = place.folder.path().join("nowhere");
    let warehouse = place.warehouse();
    let arguments = ["run", "nightly", "--date", DAY, "--landing", nowhere.to_str().unwrap(), "--warehouse"];
    let refused = ended(ttt(&arguments).arg(&warehouse));
    assert_wrong(&refused, &arguments, &[nowhere.to_str().unwrap(), "hint", "--landing"]);
    assert!(!warehouse.exists(), "a mistake leaves nothing behind");

    // Nothing has landed: without a day there is none to take, with one the night has nothing to do.
    assert_wrong(&place.run(&["run", "nightly"]), &["run", "nightly"], &["nothing has landed", "--date"]);
    place.night("nightly", DAY);
    let rows =
        place.rows("SELECT (SELECT count(*) FROM silver.reconciliation) AS rows, outcome FROM ops.runs");
    assert_eq!(rows, [["0", "DONE"]]);
    // A day that landed empty, then one that landed: the last of them is the one that runs.
    fs::create_dir_all(place.landing().join("payments/escrow/dt=2026-11-19")).expect("an empty day");
    place.land("payments/escrow", DAY, "a.ndjson", EVENT);
    assert_eq!(place.run(&["run", "nightly", "--quiet"]).code, 0);
    assert_eq!(place.rows("SELECT dt, class FROM silver.reconciliation"), [[DAY, "OPEN"]]);
}

/// A configuration's text, and what the message names beside the file.
#[test]
fn a_wrong_configuration_is_refused_by_its_name() {
    let place = Place::new();
    let fee = "[[fees]]\ntype = \"A\"\neffective_from = \"2015-01-01\"\naccount = \"a\"\n";
    let alias = "[[party_alias]]\nfrom = \"did:web:a\"\neffective_from = \"2015-01-01\"\n";
    let cases: &[(&str, &str)] = &[
        ("lnding = \"a\"", "lnding"),
        ("landing = 1", "landing"),
        ("landing = ", "landing"),
        ("threads = \"many\"", "threads"),
        ("[reconcile]\nlag = 1", "lag"),
        ("[reconcile]\nlag_hours = -1", "lag_hours"),
        (&format!("{fee}mode = \"guessed\""), "mode"),
        (&format!("{fee}mode = \"computed\""), "rate"),
        (&format!("{fee}mode = \"computed\"\nrate = \"5 %\""), "rate"),
        (&format!("{fee}mode = \"computed\"\nrate = \"0.05\"\nfixed = \"a lot\""), "fixed"),
        (
            &format!("{fee}mode = \"computed\"\nrate = \"0.05\"\nfixed = \"0.001\"\ncurrency = \"USD\""),
            "fixed",
        ),
        (&format!("{fee}mode = \"computed\"\nrate = \"0.05\"\ncurrency = \"XXX\""), "currency"),
        (&format!("{fee}mode = \"recorded\"\nrates = \"0.05\""), "rates"),
        (&fee.replace("2015-01-01", "2015"), "mode"),
        (&format!("{}mode = \"recorded\"", fee.replace("2015-01-01", "2015-13-01")), "effective_from"),
        (&format!("{alias}to = \"b\""), "DID"),
        (&format!("{}to = \"did:web:b\"", alias.replace("2015-01-01", "soon")), "effective_from"),
    ];
    let file = place.folder.path().join("ours.toml");
    for (text, named) in cases {
        fs::write(&file, text).expect("a configuration");
        let arguments = ["--config", file.to_str().unwrap(), "run", "nightly", "--date", DAY];
        assert_wrong(&place.run(&arguments), &[text], &["ours.toml", named]);
    }
    assert!(!place.warehouse().exists());
}

/// A variable that does not fit is named itself, not the file; the file stays to blame for its own.
#[test]
fn a_wrong_variable_is_refused_by_its_name() {
    let place = Place::new();
    let cases: &[(&str, &str, &str)] = &[
        ("TTT_RECONCILE_LAG_HOURS", "soon", "lag_hours"),
        ("TTT_RECONCILE_LAG", "1", "unknown field"),
        ("TTT_ROUTE_RTT_PRICE", "cheap", "rtt_price"),
        ("TTT_CACHE_PIN_SHARE", "2", "pin_share"),
        ("TTT_THREADS", "few", "threads"),
    ];
    let file = place.folder.path().join("ttt.toml");
    fs::write(&file, "memory_mib = 256\n").expect("a configuration");
    let arguments = ["run", "nightly", "--date", DAY];
    for (name, text, named) in cases {
        let ended = ended(place.command(&arguments).env("TTT_CONFIG", &file).env(name, text));
        assert_wrong(&ended, &[name], &[&format!("ttt: {name}: "), named]);
        assert!(!ended.stderr.contains("ttt.toml"), "{}", ended.stderr);
    }
    fs::write(&file, "threads = \"few\"\n").expect("a configuration");
    let ended = ended(place.command(&arguments).env("TTT_CONFIG", &file).env("TTT_MEMORY_MIB", "256"));
    assert_wrong(&ended, &arguments, &["ttt.toml: ", "threads"]);
    assert!(!ended.stderr.contains("TTT_"), "{}", ended.stderr);
    assert!(!place.warehouse().exists());
}

/// What cannot be read or written is told by its path and what to do about it.
#[test]
fn folders_that_cannot_be_used_are_named() {
    let place = Place::new();
    let in_the_way = place.folder.path().join("a-file");
    fs::write(&in_the_way, "no folder").expect("a file");
    let shown = in_the_way.to_str().expect("a path");
    let arguments = ["run", "nightly", "--date", DAY, "--landing"];
    let refused = ended(ttt(&arguments).arg(&in_the_way).arg("--warehouse").arg(place.warehouse()));
    assert_wrong(&refused, &arguments, &[shown, "hint"]);
    let arguments = ["run", "nightly", "--date", DAY, "--warehouse"];
    let refused = ended(ttt(&arguments).arg(&in_the_way).arg("--landing").arg(place.landing()));
    assert_wrong(&refused, &arguments, &[shown]);
}

/// The warehouse that is used, by what each level names: the message says which one is not there.
#[test]
fn flags_are_above_variables_and_those_above_the_file() {
    let place = Place::new();
    let file = place.folder.path().join("ttt.toml");
    let named = |name: &str| place.folder.path().join(name).display().to_string();
    fs::write(&file, format!("warehouse = {:?}\n", named("of-file"))).expect("a configuration");
    type Add<'a> = &'a dyn Fn(&mut std::process::Command);
    let levels: [(&str, Add<'_>); 4] = [
        ("of-file", &|command| {
            command.env("TTT_CONFIG", &file);
        }),
        ("of-flagged-file", &|command| {
            let other = place.folder.path().join("other.toml");
            fs::write(&other, format!("warehouse = {:?}\n", named("of-flagged-file")))
                .expect("a configuration");
            command.arg("--config").arg(other);
        }),
        ("of-variable", &|command| {
            command.env("TTT_WAREHOUSE", named("of-variable"));
        }),
        ("of-flag", &|command| {
            command.args(["--warehouse", &named("of-flag")]);
        }),
    ];
    // Each level is added to those before it.
    let mut command = ttt(&["sql", "SELECT 1"]);
    for (expected, add) in levels {
        add(&mut command);
        assert_wrong(&ended(&mut command), &[expected], &[&format!("{}: no warehouse", named(expected))]);
    }
    // A file in the working folder needs no flag, and a name that looks like a number is a name.
    let arguments = ["sql", "SELECT 1"];
    let found = ended(ttt(&arguments).current_dir(place.folder.path()));
    assert_wrong(&found, &arguments, &["of-file: no warehouse"]);
    assert_wrong(&ended(ttt(&arguments).env("TTT_WAREHOUSE", "2026")), &arguments, &["2026: no warehouse"]);
}

fn locked(warehouse: &Path) -> File {
    fs::create_dir_all(warehouse).expect("a warehouse");
    let file = File::options().create(true).append(true).open(warehouse.join("_run.lock")).expect("a lock");
    file.lock().expect("the lock");
    file
}

#[test]
fn one_run_at_a_time_on_a_warehouse() {
    let place = Place::new();
    place.land("payments/escrow", DAY, "a.ndjson", EVENT);
    place.night("ingest", DAY);
    let lock = locked(&place.warehouse());
    for arguments in [&["run", "nightly", "--date", DAY][..], &["run", "audit", "--date", DAY, "--json"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 5, "{}", ended.stderr);
        assert!(ended.stderr.contains("another run") && ended.stderr.contains("hint"), "{}", ended.stderr);
    }
    // Who only reads need not wait, and a run that could not begin is no run.
    assert_eq!(place.rows("SELECT job FROM ops.runs"), [["ingest"]]);
    assert_eq!(place.run(&["status"]).code, 0);
    drop(lock);
    place.night("nightly", DAY);
}

#[test]
fn output_for_machines_is_json_alone() {
    let place = Place::new();
    place.land("payments/escrow", DAY, "a.ndjson", format!("{EVENT}\nno row\n"));
    let ended = place.run(&["run", "nightly", "--date", DAY, "--json"]);
    let report = parsed(&ended.stdout);
    assert_eq!((ended.code, &report["run"]["outcome"]), (0, &"DONE".into()));
    let run = report["run"]["run_id"].as_str().expect("a run").to_owned();
    let sources = report["ingested"].as_array().expect("sources");
    let escrow = sources.iter().find(|found| found["source"] == "payments/escrow").expect("the source");
    for (name, count) in [("rows", 2), ("good", 1), ("quarantined", 1), ("replays", 0), ("files_read", 1)] {
        assert_eq!(escrow[name], count, "{name}");
    }
    assert_eq!(report["failures"], serde_json::json!([]));

    let runs = parsed(&place.run(&["status", "--json"]).stdout);
    assert_eq!(
        (&runs[0]["run_id"], &runs[0]["exit"], &runs[0]["quarantined"]),
        (&run.as_str().into(), &0.into(), &1.into())
    );
    let steps = parsed(&place.run(&["status", "--json", &run]).stdout);
    let names: Vec<_> =
        steps.as_array().expect("steps").iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert!(names.contains(&"ingest-payments") && names.contains(&"audit"), "{names:?}");

    // A refusal is told in the run's report, a mistake in a report of its own.
    place.land("payments/wallet", DAY, "_manifest.json", "{");
    let refused = place.run(&["run", "nightly", "--date", DAY, "--json"]);
    let report = parsed(&refused.stdout);
    assert_eq!(
        (refused.code, &report["run"]["outcome"], &report["run"]["exit_code"]),
        (3, &"REFUSED".into(), &3.into())
    );
    assert!(report["failures"][0].as_str().unwrap().contains("payments/wallet"), "{report}");
    let wrong = parsed(&place.run(&["run", "nightli", "--json"]).stdout);
    assert_eq!(wrong["exit_code"], 2);
    assert!(wrong["error"].as_str().unwrap().contains("nightli"));
}

#[test]
fn status_shows_the_runs_and_the_steps_of_one() {
    let place = Place::new();
    place.land("payments/escrow", DAY, "a.ndjson", EVENT);
    place.night("nightly", DAY);
    place.land("payments/wallet", DAY, "_manifest.json", "{");
    assert_eq!(place.run(&["run", "ingest", "--date", DAY, "--quiet"]).code, 3);
    let ids = place.rows("SELECT run_id, outcome FROM ops.runs ORDER BY started_at");
    assert_eq!(ids.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["DONE", "REFUSED"]);

    let all = place.run(&["status"]).stdout;
    let place_of = |text: &str| all.find(text).unwrap_or_else(|| panic!("{text} is not in\n{all}"));
    assert!(place_of(&ids[1][0]) < place_of(&ids[0][0]), "the latest first");
    assert!(all.contains("REFUSED") && all.contains("payments/wallet/dt=2026-11-20/_manifest.json"), "{all}");
    let last = place.run(&["status", "--limit", "1"]).stdout;
    assert!(last.contains(&ids[1][0]) && !last.contains(&ids[0][0]), "{last}");
    let steps = place.run(&["status", &ids[0][0]]).stdout;
    for step in ["ingest-payments", "ledger", "reconcile", "statements", "audit"] {
        assert!(steps.contains(step), "{step} is not in\n{steps}");
    }
    for unknown in ["nobody", "' OR 1 = 1 --", ""] {
        assert_wrong(&place.run(&["status", unknown]), &["status", unknown], &["no run is named", "hint"]);
    }
}

/// Files below a folder, with their bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").display().to_string();
                found.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn generate_writes_the_same_again_and_nothing_over_another() {
    let place = Place::new();
    let generate = |name: &str, more: &[&str]| {
        let out = place.folder.path().join(name);
        let small =
            ["--days", "1", "--escrows", "20", "--playbacks", "5", "--requests", "5", "--json", "--quiet"];
        ended(ttt(&["generate", "--out", out.to_str().unwrap()]).args(small).args(more))
    };
    let read = |name: &str| files(&place.folder.path().join(name));
    let first = generate("a", &[]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let report = parsed(&first.stdout);
    let logs = read("a").iter().filter(|(name, _)| !name.ends_with("_manifest.json")).count();
    assert_eq!(report["files"].as_u64(), Some(logs as u64), "{report}");
    assert!(!read("a.key").is_empty());
    generate("b", &[]);
    generate("c", &["--seed", "8"]);
    assert!(read("a") == read("b") && read("a") != read("c"));
    let before = read("a");
    assert_wrong(&generate("a", &["--seed", "8"]), &["generate"], &["not empty", "hint"]);
    assert!(read("a") == before, "nothing was written over it");
    for (wrong, named) in
        [(["--days", "0"], "days"), (["--faults", "3"], "between 0 and 1"), (["--late", "-1"], "-1")]
    {
        assert_wrong(&generate("d", &wrong), &wrong, &[named]);
    }
    assert!(!place.folder.path().join("d").exists());
}
