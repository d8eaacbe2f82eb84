//! `ttt report books`: the files add up, say what SQL says, and are accepted by the program they are for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use generate::Options;

use crate::support::{Ended, Place, assert_same, copy, counted, csv, root};

const DAYS: [&str; 3] = ["2026-11-20", "2026-11-21", "2026-11-22"];
const FILES: [&str; 6] = [
    "books.html",
    "books.journal",
    "fee_journal.csv",
    "open_breaks.csv",
    "roll_forward.csv",
    "trial_balance.csv",
];

fn planted() -> Place {
    Place::generated(&Options {
        escrows_per_day: 500,
        subscriptions_per_day: 20,
        playbacks_per_day: 1,
        access_per_day: 1,
        contents_per_day: 1,
        nodes: 1,
        fault_rate: 0.5,
        late_rate: 0.05,
        ..Options::default()
    })
}

fn all_nights(place: &Place) {
    let ended = place.run(&["run", "nightly", "--from", DAYS[0], "--to", DAYS[2], "--quiet"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

fn books(place: &Place, from: &str, to: &str, folder: &str) -> (Ended, PathBuf) {
    let out = place.folder.path().join(folder);
    let shown = out.display().to_string();
    (place.run(&["report", "books", "--from", from, "--to", to, "--out", &shown]), out)
}

/// The records of a file, without its header.
fn records(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    csv(&text).into_iter().skip(1).collect()
}

/// An exact decimal of at most nine digits, in integers of 10⁻⁹.
fn units(text: &str) -> i128 {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let units: i128 =
        format!("{whole}{fraction:0<9}").parse().unwrap_or_else(|_| panic!("{text:?} is no amount"));
    if negative { -units } else { units }
}

/// Rows with the columns from `first` on as integers, so that `1.00` is `1.000000000`.
fn plain(rows: Vec<Vec<String>>, first: usize) -> BTreeMap<Vec<String>, usize> {
    let number = |cell: &String| if cell.is_empty() { "0".to_owned() } else { units(cell).to_string() };
    counted(
        rows.into_iter()
            .map(|row| row[..first].iter().cloned().chain(row[first..].iter().map(number)).collect()),
    )
}

/// What hledger answers, where it is installed. The project's own check installs it, and fails without it.
fn hledger(journal: &Path, arguments: &[&str]) -> Option<String> {
    let output = match Command::new("hledger").arg("-f").arg(journal).args(arguments).output() {
        Ok(output) => output,
        Err(error) if std::env::var_os("CI").is_some() => {
            panic!("hledger is needed (apt-get install hledger): {error}")
        }
        Err(_) => return None,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "hledger {arguments:?}: {}", text(&output.stderr));
    Some(text(&output.stdout))
}

type Balances = BTreeMap<(String, String), i128>;

/// Adds an amount to an account of the ledger, parties added up.
fn add(sums: &mut Balances, account: &str, currency: &str, amount: i128) {
    let of_ledger = account.split(':').next().unwrap_or_default();
    let account = if account == "suspense:unbalanced" { account } else { of_ledger };
    *sums.entry((currency.to_owned(), account.to_owned())).or_default() += amount;
}

/// The balances as a plain reader of the format has them, which also sees that every transaction comes to zero.
fn read(journal: &Path) -> Balances {
    let text = fs::read_to_string(journal).expect("a journal");
    let (mut sums, mut open) = (Balances::new(), BTreeMap::<String, i128>::new());
    for line in text.lines().chain([""]) {
        let posting = line.strip_prefix("    ").filter(|line| !line.starts_with(';'));
        if let Some(posting) = posting {
            let posting = posting.split("  ;").next().unwrap_or_default();
            let (account, amount) =
                posting.trim_end().split_once("  ").expect("two spaces before the amount");
            let (amount, currency) = amount.trim().split_once(' ').expect("an amount and its currency");
            *open.entry(currency.to_owned()).or_default() += units(amount);
            add(&mut sums, account, currency, units(amount));
        } else if !line.trim_start().starts_with(';') {
            assert!(open.values().all(|sum| *sum == 0), "before {line:?}: {open:?}");
            open.clear();
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The same as hledger has them.
fn balances(journal: &Path) -> Option<Balances> {
    hledger(journal, &["check"])?;
    let text = hledger(journal, &["balance", "--flat", "--no-total", "--layout=bare", "-O", "csv"])?;
    let mut sums = Balances::new();
    for row in csv(&text).into_iter().skip(1) {
        let [account, currency, amount] = row.as_slice() else { panic!("{row:?}") };
        add(&mut sums, account, currency, units(amount));
    }
    sums.retain(|_, sum| *sum != 0);
    Some(sums)
}

#[test]
fn books_add_up_and_are_what_the_warehouse_says() {
    let place = planted();
    all_nights(&place);
    for (from, to) in [(DAYS[0], DAYS[2]), (DAYS[1], DAYS[1]), (DAYS[2], "2026-12-31")] {
        let (ended, folder) = books(&place, from, to, &format!("books-{from}-{to}"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let names: Vec<_> =
            fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").file_name()).collect();
        assert!(
            names.len() == FILES.len() && FILES.iter().all(|name| folder.join(name).is_file()),
            "{names:?}"
        );
        trial_balance_is_the_ledgers(&place, &folder, from, to);
        journal_is_the_trial_balance(&folder);
        fees_are_the_ledgers_and_the_statements(&place, &folder, from, to);
        breaks_carry_over(&place, &folder, from, to);
        page_stands_alone(&folder);
    }
    last_breaks_are_those_of_the_table(&place);
    machines_and_a_second_report(&place);
}

fn trial_balance_is_the_ledgers(place: &Place, folder: &Path, from: &str, to: &str) {
    let records = records(folder, "trial_balance.csv");
    let is_account = |row: &&Vec<String>| !matches!(row[1].as_str(), "total" | "suspense:unbalanced");
    let query = format!(
        "SELECT p['currency'] AS currency, p['account'] AS account, \
         CAST(sum(CASE WHEN dt < DATE '{from}' THEN p['amount'] ELSE 0 END) AS DECIMAL(38, 9)) AS opening, \
         CAST(sum(CASE WHEN dt >= DATE '{from}' THEN p['amount'] ELSE 0 END) AS DECIMAL(38, 9)) AS movement, \
         CAST(sum(p['amount']) AS DECIMAL(38, 9)) AS closing \
         FROM (SELECT dt, unnest(postings) AS p FROM bronze.ledger_entries WHERE dt <= DATE '{to}' AND NOT conflict) \
         GROUP BY p['currency'], p['account']"
    );
    let accounts = records.iter().filter(is_account).cloned().collect();
    assert_same("trial balance", &plain(accounts, 2), &plain(place.rows(&query), 2));
    // With what does not balance every currency comes to zero, in each column, and the total says so.
    let mut sums: BTreeMap<&str, [i128; 3]> = BTreeMap::new();
    for row in &records {
        let amounts: Vec<_> = row[2..].iter().map(|amount| units(amount)).collect();
        assert_eq!(amounts[0] + amounts[1], amounts[2], "{row:?}");
        if row[1] == "total" {
            assert_eq!(amounts, [0, 0, 0], "{row:?}");
        } else {
            let sum = sums.entry(&row[0]).or_default();
            sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
    }
    assert!(sums.len() >= 6 && sums.values().all(|sum| *sum == [0, 0, 0]), "{sums:?}");
    assert!(records.iter().any(|row| row[1] == "suspense:unbalanced"), "the area has unbalanced entries");
}

fn journal_is_the_trial_balance(folder: &Path) {
    let stated = records(folder, "trial_balance.csv").into_iter().filter(|row| row[1] != "total");
    let mut stated: BTreeMap<_, _> =
        stated.map(|row| ((row[0].clone(), row[1].clone()), units(&row[4]))).collect();
    stated.retain(|_, closing| *closing != 0);
    let journal = folder.join("books.journal");
    assert_eq!(read(&journal), stated);
    match balances(&journal) {
        Some(balances) => assert_eq!(balances, stated),
        None => eprintln!("passed over: hledger is not installed"),
    }
}

fn fees_are_the_ledgers_and_the_statements(place: &Place, folder: &Path, from: &str, to: &str) {
    let records = records(folder, "fee_journal.csv");
    let posted = format!(
        "SELECT dt, p['currency'] AS currency, CASE p['account'] WHEN 'platform_fees' THEN 'PLATFORM' \
         WHEN 'processing_fees' THEN 'PROCESSING' ELSE 'OTHER' END AS fee, count(*) AS count, sum(p['amount']) AS sum \
         FROM (SELECT dt, unnest(postings) AS p FROM bronze.ledger_entries \
         WHERE dt BETWEEN DATE '{from}' AND DATE '{to}' AND NOT conflict) \
         WHERE p['account'] NOT IN ('escrow', 'creator', 'payer') GROUP BY 1, 2, 3"
    );
    let pick = |row: &Vec<String>, columns: [usize; 5]| columns.map(|column| row[column].clone()).to_vec();
    let ours = records.iter().filter(|row| row[4] != "0").map(|row| pick(row, [1, 0, 2, 4, 5]));
    assert_same("posted fees", &plain(ours.collect(), 3), &plain(place.rows(&posted), 3));
    // From reconciled rows: what settled that night and had not before, less what had and no longer is.
    let settled = format!(
        "WITH readings AS (SELECT dt, escrow_id, currency, platform_fee, processing_fee, \
         class IN ('MATCHED', 'DAY_BOUNDARY', 'METADATA_MISMATCH') AND net IS NOT NULL AS settled FROM silver.reconciliation), \
         ordered AS (SELECT *, coalesce(lag(settled) OVER (PARTITION BY escrow_id ORDER BY dt), false) AS was_settled, \
         lag(currency) OVER (PARTITION BY escrow_id ORDER BY dt) AS currency_before, \
         lag(platform_fee) OVER (PARTITION BY escrow_id ORDER BY dt) AS platform_before, \
         lag(processing_fee) OVER (PARTITION BY escrow_id ORDER BY dt) AS processing_before FROM readings), \
         moves AS (SELECT dt, currency, 1 AS count, platform_fee, processing_fee FROM ordered \
         WHERE settled AND NOT was_settled UNION ALL \
         SELECT dt, currency_before, -1, -platform_before, -processing_before FROM ordered WHERE was_settled AND NOT settled), \
         fees AS (SELECT dt, currency, 'PLATFORM' AS fee, count, platform_fee AS amount FROM moves UNION ALL \
         SELECT dt, currency, 'PROCESSING', count, processing_fee FROM moves) \
         SELECT dt, currency, fee, sum(count) AS count, sum(amount) AS amount FROM fees \
         WHERE dt BETWEEN DATE '{from}' AND DATE '{to}' GROUP BY dt, currency, fee HAVING sum(count) <> 0 OR sum(amount) <> 0"
    );
    let is_settled = |row: &&Vec<String>| row[2] != "OTHER" && (row[6] != "0" || units(&row[7]) != 0);
    let ours = records.iter().filter(is_settled).map(|row| pick(row, [1, 0, 2, 6, 7]));
    assert_same("settled fees", &plain(ours.collect(), 3), &plain(place.rows(&settled), 3));
    for row in &records {
        assert_eq!(units(&row[5]) - units(&row[7]), units(&row[8]), "{row:?}");
    }
}

fn breaks_carry_over(place: &Place, folder: &Path, from: &str, to: &str) {
    let rows = records(folder, "roll_forward.csv");
    let sums = format!(
        "SELECT coalesce(currency, '') AS currency, class, \
         coalesce(sum(opening_count) FILTER (WHERE dt = first), 0) AS opening, coalesce(sum(opening_sum) FILTER (WHERE dt = first), 0) AS opening_sum, \
         sum(new_count) AS new, sum(new_sum) AS new_sum, sum(closed_count) AS closed, sum(closed_sum) AS closed_sum, \
         coalesce(sum(closing_count) FILTER (WHERE dt = last), 0) AS closing, coalesce(sum(closing_sum) FILTER (WHERE dt = last), 0) AS closing_sum \
         FROM silver.break_totals CROSS JOIN (SELECT min(dt) AS first, max(dt) AS last FROM silver.break_totals \
         WHERE dt BETWEEN DATE '{from}' AND DATE '{to}') AS span \
         WHERE dt BETWEEN DATE '{from}' AND DATE '{to}' GROUP BY currency, class"
    );
    assert!(rows.len() > 30, "{rows:?}");
    for row in &rows {
        for (opening, new, closed, closing) in [(2, 4, 6, 8), (3, 5, 7, 9)] {
            assert_eq!(
                units(&row[opening]) + units(&row[new]) - units(&row[closed]),
                units(&row[closing]),
                "{row:?}"
            );
        }
    }
    // What is open by age is what the roll-forward closes with.
    let mut open: BTreeMap<[String; 2], [i128; 2]> = BTreeMap::new();
    for row in records(folder, "open_breaks.csv") {
        let sum = open.entry([row[0].clone(), row[1].clone()]).or_default();
        sum[0] += units(&row[3]);
        sum[1] += units(&row[4]);
    }
    let closing = rows.iter().filter(|row| row[8] != "0");
    let closing = closing.map(|row| ([row[0].clone(), row[1].clone()], [units(&row[8]), units(&row[9])]));
    assert_eq!(open, closing.collect());
    assert_same("roll-forward", &plain(rows, 2), &plain(place.rows(&sums), 2));
}

fn last_breaks_are_those_of_the_table(place: &Place) {
    let folder = place.folder.path().join(format!("books-{}-{}", DAYS[0], DAYS[2]));
    let query = "SELECT coalesce(currency, '') AS currency, class, age_bucket, count(*) AS count, \
        coalesce(sum(amount), 0) AS amount FROM silver.breaks WHERE status = 'OPEN' GROUP BY 1, 2, 3";
    assert_same("open breaks", &plain(records(&folder, "open_breaks.csv"), 3), &plain(place.rows(query), 3));
}

/// Nothing is fetched, nothing runs, every element is closed.
fn page_stands_alone(folder: &Path) {
    let page = fs::read_to_string(folder.join("books.html")).expect("a page");
    for part in ["http", "src=", "url(", "@import", "<script", "<link", "<iframe"] {
        assert!(!page.contains(part), "{part} is in the page");
    }
    for part in [
        "<svg role=\"img\"",
        "<caption>Trial balance, USD</caption>",
        "scope=\"col\"",
        "scope=\"row\"",
        "Definitions",
    ] {
        assert!(page.contains(part), "{part} is not in the page");
    }
    for element in ["table", "tr", "td", "th", "section", "svg", "ul", "li", "main", "footer", "div", "text"]
    {
        let count = |mark: String| page.matches(&mark).count();
        let opened = count(format!("<{element}>")) + count(format!("<{element} "));
        assert_eq!(opened, count(format!("</{element}>")), "{element}");
    }
}

/// The summary for machines; and a folder that has files already is replaced by the new ones.
fn machines_and_a_second_report(place: &Place) {
    let out = place.folder.path().join(format!("books-{}-{}", DAYS[0], DAYS[2]));
    fs::write(out.join("notes.txt"), "ours").expect("a note");
    fs::write(out.join("books.html"), "old").expect("an old page");
    let shown = out.display().to_string();
    let ended =
        place.run(&["report", "books", "--from", DAYS[0], "--to", DAYS[2], "--out", &shown, "--json"]);
    let report: serde_json::Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} {ended:?}"));
    let entries = &place.rows("SELECT count(*) AS count FROM bronze.ledger_entries WHERE NOT conflict")[0][0];
    assert_eq!(report["entries"].to_string(), *entries);
    assert_eq!(report["files"].as_array().map(Vec::len), Some(FILES.len()));
    assert_eq!(fs::read_dir(&out).expect("a folder").count(), FILES.len() + 1);
    assert!(fs::read_to_string(out.join("books.html")).is_ok_and(|page| page.starts_with("<!DOCTYPE html>")));
}

/// Entries that no one planned for: accounts that look like markup and like the format's own signs, a posting
/// that does not balance, two currencies, and a time long before the period.
#[test]
fn names_stay_names_and_what_does_not_balance_is_shown() {
    let place = Place::new();
    let zeros = "0".repeat(64);
    let entry = |sequence: u32, id: &str, timestamp: i64, postings: &str| {
        format!(
            r#"{{"entry_id":{id},"sequence":{sequence},"type":"TIP","escrow_id":"es;1, a:b","transaction":null,"postings":[{postings}],"metadata":{{"timestamp":{timestamp},"visibility":"PUBLIC"}},"prev_hash":"{zeros}","hash":"{zeros}"}}"#
        )
    };
    let odd = r#"{"account":"escrow","party":"did:web:a.example%3A8443:u","amount":"-3.00","currency":"USD"},{"account":"<b>&\"x\"  ; y:z","party":null,"amount":"2.00","currency":"USD"},{"account":"(virtual)","party":null,"amount":"1.00","currency":"USD"}"#;
    let unbalanced = r#"{"account":"escrow","party":null,"amount":"-5","currency":"JPY"},{"account":"creator","party":null,"amount":"4","currency":"JPY"},{"account":"creator","party":null,"amount":"0.01","currency":"EUR"}"#;
    let first = entry(1, r#""le_<i>1</i>""#, -86_400_000, odd);
    place.land("payments/ledger", DAYS[0], "a.ndjson", first);
    let second = entry(2, r#""le\n2""#, 1_795_003_205_000, unbalanced);
    place.land("payments/ledger", DAYS[1], "a.ndjson", second);
    place.night("nightly", DAYS[0]);
    place.night("nightly", DAYS[1]);
    let (ended, folder) = books(&place, DAYS[1], DAYS[1], "books");
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let odd_account = "<b>&\"x\"  ; y:z";
    let expected = [
        ["EUR", "creator", "0.00", "0.01", "0.01"],
        ["EUR", "suspense:unbalanced", "0.00", "-0.01", "-0.01"],
        ["EUR", "total", "0.00", "0.00", "0.00"],
        ["JPY", "creator", "0", "4", "4"],
        ["JPY", "escrow", "0", "-5", "-5"],
        ["JPY", "suspense:unbalanced", "0", "1", "1"],
        ["JPY", "total", "0", "0", "0"],
        ["USD", "(virtual)", "1.00", "0.00", "1.00"],
        ["USD", odd_account, "2.00", "0.00", "2.00"],
        ["USD", "escrow", "-3.00", "0.00", "-3.00"],
        ["USD", "total", "0.00", "0.00", "0.00"],
    ];
    assert_eq!(records(&folder, "trial_balance.csv"), expected.map(|row| row.map(str::to_owned).to_vec()));

    let journal = folder.join("books.journal");
    let found = read(&journal);
    assert!(balances(&journal).is_none_or(|balances| balances == found), "hledger reads it otherwise");
    let of = |currency: &str, account: &str| found.get(&(currency.to_owned(), account.to_owned())).copied();
    assert_eq!(of("USD", "%3Cb%3E%26%22x%22%20%20%3B%20y%3Az"), Some(units("2.00")));
    assert_eq!(of("USD", "%28virtual%29"), Some(units("1.00")));
    assert_eq!(of("JPY", "suspense:unbalanced"), Some(units("1")));
    let text = fs::read_to_string(folder.join("books.journal")).expect("a journal");
    for part in [
        "2026-11-21 opening balances",
        "    escrow  -3.00 USD",
        "2026-11-18 (2) TIP le%0A2  ; escrow:es%3B1%2C%20a%3Ab, landed:2026-11-21",
        "commodity 1000. JPY",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let page = fs::read_to_string(folder.join("books.html")).expect("a page");
    assert!(
        page.contains("&lt;b&gt;&amp;&quot;x&quot;") && !page.contains("<b>") && !page.contains("<i>"),
        "{page}"
    );
    assert!(page.contains("Entries that do not balance"));
}

#[test]
fn wrong_use_writes_nothing() {
    let place = Place::new();
    let (ended, folder) = books(&place, DAYS[0], DAYS[1], "books");
    assert!(ended.code == 2 && ended.stderr.contains("no warehouse is there"), "{ended:?}");
    place.land("payments/escrow", DAYS[0], "a.ndjson", "no row\n");
    place.night("ingest", DAYS[0]);
    let (ended, _) = books(&place, DAYS[0], DAYS[1], "books");
    assert!(ended.code == 2 && ended.stderr.contains("ttt run nightly"), "{ended:?}");
    let event = r#"{"event_id":"ee_1","escrow_id":"es_1","sequence":1,"event":"CREATED","type":"TIP","from":"did:key:a","to":"did:key:b","amount":{"value":"1.00","currency":"USD"},"at":"2026-11-20T12:00:00Z"}"#;
    place.land("payments/escrow", DAYS[1], "a.ndjson", event);
    place.night("nightly", DAYS[1]);
    let (ended, _) = books(&place, DAYS[1], DAYS[0], "books");
    assert!(
        ended.code == 2 && ended.stderr.contains("--from 2026-11-21 is after --to 2026-11-20"),
        "{ended:?}"
    );
    let (ended, _) = books(&place, "2027-01-01", "2027-01-31", "books");
    assert!(ended.code == 2 && ended.stderr.contains("between 2026-11-21 and 2026-11-21"), "{ended:?}");
    assert!(!folder.exists(), "nothing was written");
    fs::write(&folder, "a file").expect("a file in the way");
    let (ended, _) = books(&place, DAYS[1], DAYS[1], "books");
    assert!(ended.code == 2 && ended.stderr.contains("--out"), "{ended:?}");
    fs::remove_file(&folder).expect("out of the way");
    // A night on which nothing was entered has books too.
    let (ended, folder) = books(&place, DAYS[1], DAYS[1], "books");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(read(&folder.join("books.journal")).is_empty());

    // Fees are taken from the statements: a night without any is told, and how to make them.
    let place = Place::new();
    place.land("payments/escrow", DAYS[1], "a.ndjson", event);
    place.night("ingest", DAYS[1]);
    place.night("reconcile", DAYS[1]);
    let (ended, folder) = books(&place, DAYS[1], DAYS[1], "books");
    assert!(ended.code == 2 && ended.stderr.contains("ttt run statements --date 2026-11-21"), "{ended:?}");
    assert!(!folder.exists());
}

/// A night whose model loses what was open before: the books do not carry over, and none are written.
#[test]
fn books_that_do_not_carry_over_are_not_written() {
    let place = planted();
    place.night("nightly", DAYS[0]);
    let sql = place.folder.path().join("sql");
    copy(&root().join("sql"), &sql);
    let model = sql.join("silver/break_totals.sql");
    let text = fs::read_to_string(&model).expect("a model");
    let forgetful =
        text.replace("WHERE dt = $night_before", "WHERE dt = $night_before AND class <> 'FEE_ROUNDING'");
    assert_ne!(text, forgetful);
    fs::write(&model, forgetful).expect("a model");
    place.night("ingest", DAYS[1]);
    let mut command = place.command(&["run", "reconcile", "--date", DAYS[1], "--quiet"]);
    let output = command.env("TTT_SQL", &sql).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (ended, folder) = books(&place, DAYS[0], DAYS[1], "books");
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("FEE_ROUNDING in") && ended.stderr.contains("nothing was written"),
        "{}",
        ended.stderr
    );
    assert!(!folder.exists(), "nothing was written");
    let (ended, _) = books(&place, DAYS[0], DAYS[0], "books");
    assert_eq!(ended.code, 0, "the first night's books stand: {}", ended.stderr);
}
