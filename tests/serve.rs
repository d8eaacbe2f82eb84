//! `ttt serve` from outside: real clients against a real server on loopback, each as it is used.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::creators::browser;
use crate::support::{Ended, python, root, ttt};

const DAY: &str = "2026-11-20";
const PASSWORD: &str = "correct horse";

/// A night over the samples, and those who may ask about it.
struct Area {
    folder: TempDir,
    creator: String,
}

impl Area {
    fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    fn users(&self) -> PathBuf {
        self.folder.path().join("users.ttt")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ttt(arguments);
        command.arg("--warehouse").arg(self.warehouse());
        command.env("TTT_SPILL", self.folder.path().join("spill")).env("TTT_SERVE_HISTORY_SECONDS", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program starts"))
    }

    fn add(&self, name: &str, role: &str) -> Ended {
        let mut command = self.command(&["user", "add", name, role]);
        command
            .arg("--users")
            .arg(self.users())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        child
            .stdin
            .take()
            .expect("its input")
            .write_all(format!("{PASSWORD}\n").as_bytes())
            .expect("a password");
        Ended::of(child.wait_with_output().expect("it ends"))
    }
}

/// One area for all tests: a night takes seconds.
fn area() -> &'static Area {
    static AREA: OnceLock<Area> = OnceLock::new();
    AREA.get_or_init(|| {
        let mut area =
            Area { folder: tempfile::tempdir().expect("a temporary folder"), creator: String::new() };
        let ended = area.run(&["run", "nightly", "--date", DAY, "--quiet"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let query = "SELECT creator FROM gold.creator_statement_daily ORDER BY creator LIMIT 1";
        let found = area.run(&["sql", "--format", "csv", query]);
        area.creator = found.stdout.lines().nth(1).expect("a creator").to_owned();
        for (name, role) in [("analyst", "analyst"), ("finance", "finance"), ("operator", "operator")] {
            assert_eq!(area.add(name, role).code, 0);
        }
        assert_eq!(area.add("creator", &format!("creator:{}", area.creator)).code, 0);
        area
    })
}

/// A server of its own, which ends with its test.
struct Served {
    child: Child,
    port: u16,
}

impl Served {
    fn start(area: &Area, settings: &[(&str, &str)]) -> Self {
        Self::at(area, Some("127.0.0.1:0"), settings)
    }

    /// At an address, or where the settings say.
    fn at(area: &Area, address: Option<&str>, settings: &[(&str, &str)]) -> Self {
        let mut command = area.command(&["serve", "--json"]);
        command.args(address.iter().flat_map(|address| ["--address", *address]));
        command.arg("--users").arg(area.users()).envs(settings.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("an address");
        let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let port = said["address"].as_str().and_then(|address| address.rsplit(':').next()?.parse().ok());
        Self { child, port: port.expect("a port") }
    }

    fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a client is there; where it must be and is not, the test fails.
fn has(client: &str, probe: &mut Command) -> bool {
    let found =
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "{client} is not installed, and a check needs it");
    if !found {
        eprintln!("skipped: {client} is not installed");
    }
    found
}

fn has_module(module: &str) -> bool {
    has(module, Command::new(python()).args(["-c", &format!("import {module}")]))
}

/// Runs a client's script against a server, and gives what it prints.
fn client(script: &str, served: &Served, area: &Area) -> String {
    client_with(script, served, area, &[])
}

fn client_with(script: &str, served: &Served, area: &Area, settings: &[(&str, &str)]) -> String {
    let query = "SELECT dt, class, currency, opening_count, closing_count, closing_sum, holds FROM silver.break_totals \
                 ORDER BY dt, class, currency";
    let expected = area.folder.path().join(format!("{script}.json"));
    let written = area.run(&["sql", query, "--format", "json", "--output", &expected.display().to_string()]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    let mut command = Command::new("timeout");
    command.arg("120").arg(python()).arg(root().join("tests/wire").join(script));
    command
        .env("TTT_HOST", "127.0.0.1")
        .env("TTT_PORT", served.port.to_string())
        .env("TTT_PASSWORD", PASSWORD);
    command
        .env("TTT_CREATOR", &area.creator)
        .env("TTT_EXPECTED", expected)
        .env("TTT_WAREHOUSE", area.warehouse());
    command.env("PYTHONDONTWRITEBYTECODE", "1").envs(settings.iter().copied());
    let ended = Ended::of(command.output().expect("the client starts"));
    assert_eq!(ended.code, 0, "{script}: {}\n{}", ended.stdout, ended.stderr);
    ended.stdout
}

#[track_caller]
fn check(module: &str, script: &str) {
    if has_module(module) {
        let area = area();
        let served = Served::start(area, &[]);
        client(script, &served, area);
        assert_eq!(served.stop(), 0);
    }
}

/// Clients in Python, each with the module that it cannot do without.
const CLIENTS: [(&str, &str); 7] = [
    ("pty", "psql_client.py"),
    ("psycopg", "psycopg_client.py"),
    ("asyncpg", "asyncpg_client.py"),
    ("adbc_driver_postgresql", "adbc_client.py"),
    ("sqlalchemy, psycopg2", "sqlalchemy_client.py"),
    ("pgcli", "pgcli_client.py"),
    ("psycopg", "dbeaver_client.py"),
];

/// Where Debian puts the driver.
const JDBC: &str = "/usr/share/java/postgresql.jar";

/// Real clients as they are used, one after another on one server: what each does takes its turn and its time.
#[test]
fn every_client_is_answered() {
    let area = area();
    let served = Served::start(area, &[]);
    let has_psql = has("psql", Command::new("psql").arg("--version"));
    for (module, script) in CLIENTS {
        if has_module(module) && (has_psql || script != "psql_client.py") {
            println!("{}", client(script, &served, area));
        }
    }
    let mut probe = Command::new("java");
    probe.args(["--add-modules", "jdk.compiler", "-cp", JDBC, "-version"]);
    if has("java with its compiler", &mut probe)
        && has("the JDBC driver", Command::new("test").args(["-e", JDBC]))
    {
        let mut java = Command::new("timeout");
        java.args(["120", "java", "-cp", JDBC]).arg(root().join("tests/wire/JdbcClient.java"));
        java.env("TTT_HOST", "127.0.0.1")
            .env("TTT_PORT", served.port.to_string())
            .env("TTT_PASSWORD", PASSWORD);
        let ended = Ended::of(java.output().expect("java starts"));
        assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
        println!("{}", ended.stdout);
    }
    assert_eq!(served.stop(), 0);
}

#[test]
fn no_way_around_is_found() {
    check("psycopg", "attacks_client.py");
}

#[test]
fn what_was_asked_is_written_down_without_its_literals() {
    if !has("psql", Command::new("psql").arg("--version")) {
        return;
    }
    let area = area();
    let served = Served::start(area, &[]);
    let mut command = Command::new("psql");
    command.args([
        "-X",
        "-q",
        "-h",
        "127.0.0.1",
        "-U",
        "finance",
        "-d",
        "ttt",
        "-p",
        &served.port.to_string(),
    ]);
    command.args([
        "-c",
        "SELECT 'a secret word' AS said /* and another */ LIMIT 7",
        "-c",
        "DROP TABLE silver.breaks",
    ]);
    command.env("PGPASSWORD", PASSWORD).output().expect("psql runs");
    assert_eq!(served.stop(), 0);
    let query = "SELECT user, role, statement, rows, outcome FROM ops.queries \
                 WHERE statement LIKE '% AS said%' OR statement LIKE 'DROP%' ORDER BY started_at";
    let found = area.run(&["sql", "--format", "csv", query]).stdout;
    let expected = "finance,finance,SELECT ? AS said LIMIT ?,1,DONE\nfinance,finance,DROP TABLE silver.breaks,0,REFUSED\n";
    assert_eq!(found.split_once('\n').map(|(_, rows)| rows), Some(expected));
    assert!(!found.contains("secret"));
}

#[test]
fn beyond_its_connections_a_server_says_so() {
    if !has_module("psycopg") {
        return;
    }
    let area = area();
    let served = Served::start(area, &[("TTT_SERVE_CONNECTIONS_MAX", "1")]);
    let held = TcpStream::connect(("127.0.0.1", served.port)).expect("a connection");
    // The place is taken once the server has seen the connection.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let script = format!(
        "import psycopg\ntry:\n  psycopg.connect('host=127.0.0.1 port={} user=analyst dbname=ttt password=x')\n\
         except psycopg.OperationalError as error:\n  print(error)",
        served.port
    );
    let said = Ended::of(Command::new(python()).args(["-c", &script]).output().expect("python runs")).stdout;
    assert!(said.contains("too many clients"), "{said}");
    drop(held);
}

#[test]
fn limits_hold_while_rows_stream() {
    if !has_module("psycopg") {
        return;
    }
    let area = area();
    let config = area.folder.path().join("limits.toml");
    std::fs::write(&config, "[serve.analyst]\nrows = 1000\nmib = 1\nseconds = 2\nstatements = 1\n")
        .expect("a file");
    let served = Served::start(area, &[("TTT_CONFIG", &config.display().to_string())]);
    client("limits_client.py", &served, area);
    assert_eq!(served.stop(), 0);
}

#[test]
fn analysts_see_pseudonyms_and_no_person() {
    if !has_module("psycopg") {
        return;
    }
    let area = area();
    let (config, keys) = (area.folder.path().join("keys.toml"), area.folder.path().join("keyring.toml"));
    std::fs::write(&config, format!("[pseudonyms]\nkeys = \"{}\"\n", keys.display())).expect("a file");
    let config = config.display().to_string();
    let made = area.run(&["keys", "make", "--date", DAY, "--config", &config]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let served = Served::start(area, &[("TTT_CONFIG", &config)]);
    client("pseudonyms_client.py", &served, area);
    assert_eq!(served.stop(), 0);
}

#[test]
fn from_elsewhere_only_encrypted_connections_are_taken() {
    if !has_module("psycopg") || !has("openssl", Command::new("openssl").arg("version")) {
        return;
    }
    let area = area();
    let (certificate, key) = (area.folder.path().join("server.crt"), area.folder.path().join("server.key"));
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let mut make = Command::new("openssl");
    make.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    make.args(["-addext", "subjectAltName=DNS:localhost", "-keyout", &key, "-out", &certificate]);
    let made = Ended::of(make.output().expect("openssl runs"));
    assert_eq!(made.code, 0, "{}", made.stderr);
    let settings = [
        ("TTT_SERVE_ADDRESS", "0.0.0.0:0"),
        ("TTT_SERVE_CERTIFICATE", certificate.as_str()),
        ("TTT_SERVE_KEY", key.as_str()),
    ];
    let served = Served::at(area, None, &settings);
    println!("{}", client_with("tls_client.py", &served, area, &[("TTT_CERTIFICATE", &certificate)]));
    assert_eq!(served.stop(), 0);
}

#[test]
fn a_server_refuses_to_be_open_to_others_without_keys() {
    let area = area();
    let users = area.users().display().to_string();
    let open = area.run(&["serve", "--address", "0.0.0.0:0", "--users", &users]);
    assert_eq!(open.code, 2, "{}", open.stderr);
    assert!(open.stderr.contains("no keys to encrypt with"), "{}", open.stderr);
    let broken =
        ["serve", "--address", "127.0.0.1:0", "--users", &users, "--certificate", &users, "--key", &users];
    let ended = area.run(&broken);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("no certificate"), "{}", ended.stderr);
    let missing = area.run(&["serve", "--users", "/nowhere/users.ttt"]);
    assert_eq!(missing.code, 2, "{}", missing.stderr);
}

#[test]
fn every_question_is_answered() {
    let area = area();
    let listed: serde_json::Value = serde_json::from_str(&area.run(&["ask", "--json"]).stdout).expect("JSON");
    let listed = listed.as_array().expect("questions");
    assert!(listed.len() >= 20, "{}", listed.len());
    let mut rows = 0;
    for question in listed {
        let name = question["name"].as_str().expect("a name");
        let ended = area.run(&["ask", name, "--format", "csv"]);
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        rows += usize::from(ended.stdout.lines().count() > 1);
    }
    assert!(rows >= 15, "of {} questions {rows} have rows", listed.len());
    assert_eq!(area.run(&["ask", "fees_by_day", "from=2030-01-01"]).stdout.lines().count(), 1);
    assert_eq!(area.run(&["ask", "fees_by_day", "from=soon"]).code, 2);
    let typo = area.run(&["ask", "fees_by_dya"]);
    assert!(typo.code == 2 && typo.stderr.contains("did you mean fees_by_day?"), "{}", typo.stderr);
}

#[test]
fn the_catalogue_is_one_page_without_a_network() {
    let area = area();
    let out = area.folder.path().join("docs");
    assert_eq!(area.run(&["docs", "--out", &out.display().to_string()]).code, 0);
    let page = std::fs::read_to_string(out.join("index.html")).expect("a page");
    for part in ["silver.reconciliation", "money at stake", "fees_by_day", "<svg", "id=\"search\""] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("http://") && !page.contains("https://"), "the page asks for nothing else");
    let page = browser::address(&out.join("index.html"));
    if let Some(found) = browser::browse(std::slice::from_ref(&page)) {
        for (view, seen) in found[&page].as_object().expect("views") {
            for list in ["said", "asked", "violations"] {
                let found = seen[list].as_array().map_or(&[][..], Vec::as_slice);
                assert!(found.is_empty(), "{view}: {list}: {found:#?}");
            }
            assert!(
                seen["overflow"].as_f64().is_some_and(|width| width <= 0.0),
                "{view}: wider than the window"
            );
        }
    }
    let shown = area.run(&["tables", "breaks"]);
    assert!(shown.stdout.contains("made by sql/silver/breaks.sql"), "{}", shown.stdout);
}

#[test]
fn users_are_added_once_and_removed() {
    let area = Area { folder: tempfile::tempdir().expect("a temporary folder"), creator: String::new() };
    assert_eq!(area.add("anna", "analyst").code, 0);
    assert_eq!(area.add("anna", "finance").code, 2);
    assert_eq!(area.add("ben", "root").code, 2);
    assert_eq!(area.add("b n", "analyst").code, 2);
    let text = std::fs::read_to_string(area.users()).expect("a file");
    assert!(text.contains("anna analyst SCRAM-SHA-256$4096:") && !text.contains("horse"), "{text}");
    let users = area.users().display().to_string();
    assert_eq!(area.run(&["user", "list", "--users", &users]).stdout, "anna  analyst\n");
    assert_eq!(area.run(&["user", "rm", "anna", "--users", &users]).code, 0);
    assert_eq!(area.run(&["user", "rm", "anna", "--users", &users]).code, 2);
}
