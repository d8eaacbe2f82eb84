//! Persons: in no output are they found, and once erased they are nowhere, while the books go on proving.

#[path = "privacy/analyst.rs"]
mod analyst;
#[path = "privacy/area.rs"]
mod area;
#[path = "privacy/erased.rs"]
mod erased;
#[path = "privacy/planted.rs"]
mod planted;

use std::fs;
use std::path::Path;

use crate::support::{Ended, Place};

/// Runs the program with the place's file of keys, which lies apart from the warehouse.
fn keyed(place: &Place, arguments: &[&str]) -> Ended {
    let mut command = place.command(arguments);
    command.env("TTT_PSEUDONYMS_KEYS", place.folder.path().join("secret/keys.toml"));
    Ended::of(command.output().expect("the program starts"))
}

/// The same, which must end with 0.
fn done(place: &Place, arguments: &[&str]) -> Ended {
    let ended = keyed(place, arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    ended
}

fn make_keys(place: &Place) {
    fs::create_dir_all(place.folder.path().join("secret")).expect("a folder");
    done(place, &["keys", "make", "--date", "2026-11-20"]);
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

fn holds(bytes: &[u8], mark: &str) -> bool {
    bytes.windows(mark.len()).any(|part| part == mark.as_bytes())
}

/// All rows of a table as text.
fn dump(place: &Place, table: &str) -> String {
    let ended = place.run(&["sql", "--format", "json", &format!("SELECT * FROM {table}")]);
    assert_eq!(ended.code, 0, "{table}: {}", ended.stderr);
    ended.stdout
}
