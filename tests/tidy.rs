//! The tree keeps its own rules: who imports whom, how long a file may be, what must not be written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use schemas::table::{Column, Kind};

use crate::support::root;

const LINES_MAX: usize = 500;

/// Folders that hold no text of ours.
const SKIPPED: [&str; 5] = ["target", "warehouse-data", "node_modules", "data-samples", "__pycache__"];

/// What a finished tree does not say, with the reason. Written in two parts, so that this file does not say it.
const BANNED: [(&str, &str, &str); 6] = [
    ("todo", "!", "what is not done is not committed"),
    ("unimplemented", "!", "what is not done is not committed"),
    ("#[ig", "nore", "a test that does not run proves nothing"),
    ("dbg", "!", "leftover of a search"),
    ("FIX", "ME", "mend it, or say in ARCHITECTURE.md why it stays"),
    ("XX", "X:", "mend it, or say in ARCHITECTURE.md why it stays"),
];

/// Every file of the tree, by its path below the root.
fn tree() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            // At the root `warehouse` is what a night wrote; the crate of that name lies below `pipelines`.
            let is_written = folder == root() && (name.starts_with("warehouse") || name == "data-samples");
            if path.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) && !is_written {
                folders.push(path);
            } else if path.is_file() {
                let below = path.strip_prefix(root()).expect("below the root").to_owned();
                // What is no text has no lines to judge.
                files.extend(fs::read_to_string(&path).ok().map(|text| (below, text)));
            }
        }
    }
    files.sort();
    files
}

fn with_ending(ending: &str) -> Vec<(PathBuf, String)> {
    tree().into_iter().filter(|(path, _)| path.extension().is_some_and(|found| found == ending)).collect()
}

fn assert_none(what: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what}: {}\n  {}", faults.len(), faults.join("\n  "));
}

/// Every member of the workspace with what it depends on, in all sections.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let manifests = with_ending("toml").into_iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    let mut members = BTreeMap::new();
    for (path, text) in manifests {
        let manifest: toml::Table =
            text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if !manifest.contains_key("package") {
            continue;
        }
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        let named = sections.iter().filter_map(|section| manifest.get(*section)?.as_table());
        let folder = path.parent().unwrap_or(Path::new("")).display().to_string();
        members.insert(folder, named.flat_map(|section| section.keys().cloned()).collect());
    }
    members
}

/// schemas ← pipelines ← jobs; an engine has one door.
#[test]
fn imports_run_one_way() {
    let engines =
        ["arrow", "datafusion", "parquet", "polars", "deltalake", "deltalake-core", "object_store", "tokio"];
    // What may be named only there.
    let doors = [
        ("deltalake", "pipelines/warehouse"),
        ("deltalake-core", "pipelines/warehouse"),
        ("polars", "pipelines/delivery"),
        ("opendp", "pipelines/insights"),
        ("clap", "jobs"),
    ];
    let members = dependencies();
    let pipelines: BTreeSet<&str> =
        members.keys().filter_map(|folder| folder.strip_prefix("pipelines/")).collect();
    assert!(pipelines.contains("warehouse") && members.contains_key("schemas"), "{members:?}");
    let mut faults = Vec::new();
    for (folder, named) in &members {
        for name in named {
            let is_pipeline = folder.starts_with("pipelines/");
            if is_pipeline && (pipelines.contains(name.as_str()) || name == "ttt") {
                faults.push(format!("{folder} imports its sibling {name}"));
            }
            if folder == "schemas" && (engines.contains(&name.as_str()) || pipelines.contains(name.as_str()))
            {
                faults.push(format!("schemas knows {name}, and should know no engine"));
            }
            if let Some((_, door)) = doors.iter().find(|(only, door)| only == name && door != folder) {
                faults.push(format!("{folder} imports {name}, which belongs to {door}"));
            }
        }
    }
    assert_none("imports against the layers", faults);
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let mut faults = Vec::new();
    for (path, text) in with_ending("rs") {
        let first: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        let ends = |line: &&str| line.ends_with(['.', ':', '?', '!']);
        if first.is_empty() {
            faults.push(format!("{}: begins without `//! `", path.display()));
        } else if !first.last().is_some_and(ends) || !first.join(" ").contains(' ') {
            faults.push(format!("{}: `{}` is no sentence", path.display(), first.join(" ")));
        } else if first.join(" ").starts_with("Being written") {
            faults.push(format!("{}: is still being written", path.display()));
        }
        if text.lines().count() > LINES_MAX {
            faults.push(format!(
                "{}: {} lines, {LINES_MAX} are allowed",
                path.display(),
                text.lines().count()
            ));
        }
    }
    assert_none("source files", faults);
}

/// A comment may speak of what the code must not do.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

fn holds_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[test]
fn money_never_meets_a_float() {
    let is_money = |path: &Path| {
        path == Path::new("schemas/src/money.rs") || path.starts_with("pipelines/reconcile/src")
    };
    let mut faults = Vec::new();
    for (path, text) in with_ending("rs").into_iter().filter(|(path, _)| is_money(path)) {
        for (number, line) in text.lines().enumerate() {
            let floats = ["f32", "f64", "Float32", "Float64", "Float64Array", "to_f64", "as_f64"];
            if let Some(word) = floats.into_iter().find(|word| holds_word(code(line), word)) {
                faults.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert_none("floats near money", faults);
}

#[test]
fn nothing_is_left_undone() {
    let endings = ["rs", "sql", "toml", "py", "md", "yml", "sh"];
    let is_ours =
        |path: &Path| path.extension().and_then(|end| end.to_str()).is_some_and(|end| endings.contains(&end));
    let mut faults = Vec::new();
    for (path, text) in tree().into_iter().filter(|(path, _)| is_ours(path)) {
        for (number, line) in text.lines().enumerate() {
            for (begin, end, why) in BANNED {
                if line.contains(&format!("{begin}{end}")) {
                    faults.push(format!("{}:{}: {begin}{end} ({why})", path.display(), number + 1));
                }
            }
        }
    }
    assert_none("banned words", faults);
}

#[test]
fn every_model_states_its_grain_and_key() {
    let mut faults = Vec::new();
    for (path, text) in with_ending("sql") {
        let shown = path.display();
        if path.starts_with("sql/silver") || path.starts_with("sql/gold") {
            let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("--")).collect();
            for part in ["-- grain: ", "-- key: "] {
                let stated = header.iter().find_map(|line| line.strip_prefix(part));
                if stated.is_none_or(|stated| stated.trim().is_empty()) {
                    faults.push(format!("{shown}: no `{part}…` in its header"));
                }
            }
            let stem = path
                .with_extension("")
                .components()
                .skip(1)
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join(".");
            if schemas::table(&stem).is_none() {
                faults.push(format!("{shown}: {stem} is no table of the schemas"));
            }
        } else if path.starts_with("sql") && !text.starts_with("-- ") {
            faults.push(format!("{shown}: begins without a sentence"));
        }
    }
    assert_none("models", faults);
}

fn check_columns(table: &str, columns: &[Column], faults: &mut Vec<String>) {
    for column in columns {
        let place = format!("{table}.{}", column.name);
        if column.meaning.trim().is_empty() {
            faults.push(format!("{place}: no meaning"));
        }
        let words = column
            .name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !words || column.name.is_empty() {
            faults.push(format!("{place}: not in lower_case"));
        }
        match column.kind {
            Kind::Struct(inner) => check_columns(&place, inner, faults),
            Kind::List(Kind::Struct(inner)) => check_columns(&place, inner, faults),
            _ => {}
        }
    }
}

#[test]
fn every_column_has_a_meaning() {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    for table in schemas::tables() {
        let name = table.sql_name();
        if table.grain.trim().is_empty() {
            faults.push(format!("{name}: no grain"));
        }
        if !names.insert(name.clone()) {
            faults.push(format!("{name}: declared twice"));
        }
        let columns: Vec<Column> = table.columns().copied().collect();
        check_columns(&name, &columns, &mut faults);
        let held: BTreeSet<&str> = columns.iter().map(|column| column.name).collect();
        if held.len() < columns.len() {
            faults.push(format!("{name}: a column twice"));
        }
        let unknown = table.key.iter().filter(|key| !held.contains(*key));
        faults.extend(unknown.map(|key| format!("{name}: its key names {key}, which is no column")));
        if table.partitioned && !held.contains("dt") {
            faults.push(format!("{name}: partitioned without dt"));
        }
    }
    assert_none("tables", faults);
}

/// Two versions of one of these would be two of every type that crosses a crate's boundary.
#[test]
fn one_version_of_each_engine() {
    let text = fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
    let lock: toml::Table = text.parse().expect("TOML");
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("packages") {
        let (name, version) = (package["name"].as_str(), package["version"].as_str());
        versions.entry(name.expect("a name")).or_default().push(version.expect("a version"));
    }
    let engines =
        ["arrow", "arrow-schema", "arrow-array", "parquet", "datafusion", "deltalake-core", "object_store"];
    let faults = engines.into_iter().filter(|name| versions.get(name).map_or(0, Vec::len) != 1);
    assert_none("engines", faults.map(|name| format!("{name}: {:?}", versions.get(name))).collect());
}

/// Every job is one file, and a newcomer finds it in the README.
#[test]
fn the_readme_names_every_job() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    let mut faults = Vec::new();
    for (path, text) in with_ending("toml").into_iter().filter(|(path, _)| path.starts_with("jobs")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem == "Cargo" || path.components().count() != 2 {
            continue;
        }
        let job: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if job.get("name").and_then(|name| name.as_str()) != Some(stem.as_str()) {
            faults.push(format!("{}: is not named {stem}", path.display()));
        }
        if job.get("about").and_then(|about| about.as_str()).is_none_or(str::is_empty) {
            faults.push(format!("{}: says not what it is about", path.display()));
        }
        if !holds_word(&readme, &stem) {
            faults.push(format!("README.md does not mention the job {stem}"));
        }
    }
    assert_none("jobs", faults);
}
