//! `ttt sql` at a terminal, typed key by key.

use std::process::Command;

use super::DAY;
use crate::support::{Ended, Place, python, root};

#[test]
fn a_prompt_completes_remembers_and_stops() {
    let place = Place::new();
    place.night("nightly", DAY);
    let sql = place.command(&["sql"]);
    let mut typing = Command::new("timeout");
    typing.arg("120").arg(python()).arg(root().join("tests/command_line/prompt.py")).arg(place.folder.path());
    typing.arg(sql.get_program()).args(sql.get_args()).env("PYTHONDONTWRITEBYTECODE", "1");
    typing.envs(sql.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(root());
    let ended = Ended::of(typing.output().expect("python runs"));
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("a prompt to live in"), "{}", ended.stdout);
}
