//! `ttt solve` from outside: answers, exit codes, and what is said of files that are none.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, ttt};

const TWO_WAYS: &str = "c two ways\np min 4 4\nn 1 5\nn 4 -5\n\
    a 1 2 0 3 1\na 1 3 0 9 2\na 2 4 0 9 1\na 3 4 0 9 2\n";

fn solve(text: &str, flags: &[&str]) -> Ended {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("network.min");
    fs::write(&path, text).expect("a file");
    let name = path.to_str().expect("a name");
    Ended::of(ttt(&["solve", name]).args(flags).output().expect("the program starts"))
}

/// What a file holds, and what is answered: the exit code, all of stdout, and a part of stderr.
#[test]
fn every_file_has_its_answer() {
    let cases = [
        (TWO_WAYS, 0, "s 14\nf 1 2 3\nf 1 3 2\nf 2 4 3\nf 3 4 2\n", ""),
        ("p min 0 0\n", 0, "s 0\n", ""),
        ("p min 2 1\r\na 1 2 0 4 -3\r\na 2 1 0 -1 0\r\n", 3, "", "1 arcs are announced, and there are 2"),
        ("p min 2 2\r\na 1 2 0 4 -3\r\na 2 1 0 -1 0\r\n", 0, "s -12\nf 1 2 4\nf 2 1 4\n", ""),
        (
            "p min 2 1\nn 1 1000000000000\nn 2 -1000000000000\na 1 2 0 -1 1000000000\n",
            0,
            "s 1000000000000000000000\nf 1 2 1000000000000\n",
            "",
        ),
        (
            "p min 2 1\nn 1 5\nn 2 -5\na 1 2 0 3 1\n",
            4,
            "c infeasible: 2 units have no way; supply 5, room 3, of nodes 1\n",
            "infeasible",
        ),
        ("p min 2 1\nn 1 5\nn 2 -4\na 1 2 0 9 1\n", 4, "c infeasible: supplies sum to 1\n", "sum to zero"),
        (
            "p min 2 2\na 1 2 0 -1 -3\na 2 1 2 -1 1\n",
            4,
            "c unbounded: cost -2 a unit, no capacity, of the cycle through 1 2\n",
            "unbounded",
        ),
        ("p min 2 1\na 1 2 0 1 2305843009213693952\n", 3, "", "too large"),
        ("p min 2 1\na 1 2 0 -5 1\n", 3, "", "line 2: the capacity is -5"),
        ("p min 2 1\na 1 2 4 3 1\n", 3, "", "line 2: the capacity is 3; it must be from 4"),
        ("p min 2 1\na 1 7 0 3 1\n", 3, "", "line 2: a node is 7; it must be from 1 to 2"),
        ("p min 2 0\nn 1 0\nn 1 0\n", 3, "", "line 3: node 1 has its supply stated twice"),
        ("a 1 2 0 3 1\n", 3, "", "line 1: the p line must come before"),
        ("", 3, "", "without a p line"),
        ("p min 2 1\na 1 2 0 3 0.5\n", 3, "", "line 2: `0.5` is no integer of 64 bits"),
        (
            "p min 2 1\na 1 2 0 99999999999999999999 1\n",
            3,
            "",
            "line 2: `99999999999999999999` is no integer",
        ),
    ];
    for (text, code, stdout, stderr) in cases {
        let ended = solve(text, &[]);
        assert_eq!((ended.code, ended.stdout.as_str()), (code, stdout), "{text}\n{}", ended.stderr);
        assert!(ended.stderr.contains(stderr) && ended.stderr.is_empty() == stderr.is_empty(), "{ended:?}");
    }
}

/// The same for machines: a value for each name.
#[test]
fn answers_for_machines_are_proved_too() {
    let cases = [
        (TWO_WAYS, 0, r#"{"status":"OPTIMAL","objective":14,"lower_bound":14,"gap":0,"nodes":4,"arcs":4}"#),
        (
            "p min 2 1\nn 1 5\nn 2 -5\na 1 2 0 3 1\n",
            4,
            r#"{"status":"INFEASIBLE","unrouted":2,"cut_nodes":1,"cut":[1],"cut_supply":5,"cut_room":3}"#,
        ),
        ("p min 1 0\nn 1 5\n", 4, r#"{"status":"UNBALANCED","supplies_sum":5}"#),
        (
            "p min 1 1\na 1 1 0 -1 -3\n",
            4,
            r#"{"status":"UNBOUNDED","cycle_arcs":1,"cycle":[1],"cycle_cost":-3}"#,
        ),
        ("p min 1\n", 3, r#"{"exit_code":3}"#),
    ];
    for (text, code, expected) in cases {
        let ended = solve(text, &["--json"]);
        assert_eq!(ended.code, code, "{ended:?}");
        let found: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let expected: Value = serde_json::from_str(expected).expect("JSON");
        for (name, value) in expected.as_object().expect("names") {
            assert_eq!(&found[name], value, "{name} in {found}");
        }
        assert!(code != 0 || found["solve_seconds"].is_f64() && found["pivots"].is_u64(), "{found}");
    }
}

#[test]
fn standard_input_is_read_and_a_missing_file_is_wrong_use() {
    let mut child = ttt(&["solve", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(TWO_WAYS.as_bytes()).expect("it reads");
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    assert!(ended.code == 0 && ended.stdout.starts_with("s 14\n"), "{ended:?}");
    for arguments in [&["solve", "/nowhere/network.min"][..], &["solve", "/"], &["solve"]] {
        let ended = Ended::of(ttt(arguments).output().expect("the program starts"));
        assert!(ended.code == 2 && ended.stdout.is_empty() && !ended.stderr.is_empty(), "{ended:?}");
    }
}
