//! What analysts see of persons over the wire: pseudonyms of the month, nothing by which a guess could be tried, and
//! nothing at all once the key is destroyed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use insights::pseudonym::Key;
use serde_json::Value;

use super::area::{ANN, CREATOR, D20, PLANTED, ZOE, land};
use super::{done, make_keys};
use crate::support::{Ended, Place, python, root};

const PASSWORD: &str = "correct horse";

/// A server that ends with its test.
struct Served {
    child: Child,
    port: String,
}

impl Served {
    fn start(place: &Place) -> Self {
        let mut command = place.command(&["serve", "--json", "--address", "127.0.0.1:0"]);
        command.arg("--users").arg(users(place)).env("TTT_PSEUDONYMS_KEYS", keys(place));
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("an address");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let port = said["address"].as_str().and_then(|address| address.rsplit(':').next());
        Self { port: port.expect("a port").to_owned(), child }
    }

    /// What the client finds as an analyst.
    fn asked(&self) -> Value {
        let mut command = Command::new("timeout");
        command.arg("120").arg(python()).arg(root().join("tests/privacy/analyst_client.py"));
        command.env("TTT_PORT", &self.port).env("TTT_PASSWORD", PASSWORD).env("TTT_DID", ANN);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let ended = Ended::of(command.output().expect("the client starts"));
        assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
        serde_json::from_str(&ended.stdout).expect("JSON")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keys(place: &Place) -> PathBuf {
    place.folder.path().join("secret/keys.toml")
}

fn users(place: &Place) -> PathBuf {
    place.folder.path().join("users.ttt")
}

fn add_analyst(place: &Place) {
    let mut command = place.command(&["user", "add", "analyst", "analyst"]);
    command.arg("--users").arg(users(place));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(format!("{PASSWORD}\n").as_bytes()).expect("a password");
    drop(input);
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

fn has_client() -> bool {
    let mut probe = Command::new(python());
    probe.args(["-c", "import psycopg"]).stdout(Stdio::null()).stderr(Stdio::null());
    let found = probe.status().is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "psycopg is not installed, and a check needs it");
    if !found {
        eprintln!("skipped: psycopg is not installed");
    }
    found
}

/// The month's key as the file has it.
fn key(place: &Place) -> Key {
    let file: toml::Table = fs::read_to_string(keys(place)).expect("the file").parse().expect("TOML");
    Key::parse(file["2026-11"].as_str().expect("a text")).expect("a key")
}

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[test]
fn analysts_see_pseudonyms_and_cannot_try_a_guess() {
    if !has_client() {
        return;
    }
    let place = Place::new();
    make_keys(&place);
    land(&place);
    done(&place, &["run", "nightly", "--date", D20, "--quiet"]);
    add_analyst(&place);
    let key = key(&place);
    let found = Served::start(&place).asked();
    // The parties of reconciled payments, whatever the tip's visibility, by the names of the month.
    let (ann, zoe, creator) = (key.pseudonym(ANN), key.pseudonym(ZOE), key.pseudonym(CREATOR));
    assert_eq!(texts(&found["payers"]), BTreeSet::from([ann.as_str(), zoe.as_str()]));
    assert_eq!(texts(&found["creators"]), BTreeSet::from([creator.as_str()]));
    // Nothing that an analyst can read holds a name, a word or an address.
    let tables = found["tables"].as_object().expect("tables");
    assert!(
        tables.len() > 20 && tables.keys().all(|name| !name.starts_with("bronze.")),
        "{:?}",
        tables.keys()
    );
    for (table, rows) in tables {
        let text = rows.to_string();
        for mark in PLANTED {
            assert!(!text.contains(mark), "{mark} is in {table}");
        }
    }
    // No hash of a pair, and no way to make a pseudonym of a DID that is guessed.
    assert!(!texts(&found["columns_of_presence"]).contains("pair_hash"), "{found}");
    assert_eq!(texts(&found["guessed"]), BTreeSet::new());
    let refused = texts(&found["refused"]);
    assert!(refused.len() >= 3, "{refused:?}");
    // Once the key is destroyed there is no name any more.
    done(&place, &["keys", "destroy", "--date", "2026-12-08"]);
    let later = Served::start(&place).asked();
    assert!(texts(&later["payers"]).is_empty() && texts(&later["creators"]).is_empty(), "{later}");
}
