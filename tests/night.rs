//! Whole nights: over the samples, over a generated area against its key, and against the auditor.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use generate::Options;

use crate::auditor::{self, Audit, Rules};
use crate::support::{Place, assert_same, counted, key, root, ttt};

type Rows = BTreeMap<Vec<String>, usize>;

const RECONCILIATION: &str = "SELECT dt, escrow_id, class, coalesce(subcode, '') AS subcode, \
    coalesce(array_to_string(flags, ';'), '') AS flags FROM silver.reconciliation";
const MONEY: &str = "SELECT dt, escrow_id, currency, gross, platform_fee, processing_fee, other_fees, net \
    FROM silver.reconciliation WHERE class = 'MATCHED'";
const QUARANTINE: &str = "SELECT source, dt, source_file, source_line FROM bronze.quarantine";
const COUNTS: &str = "SELECT source, dt, sum(good) AS good, sum(replays) AS replays, \
    sum(conflicts) AS conflicts, sum(quarantined) AS quarantined FROM ops.ingested_files GROUP BY source, dt";
const TOTALS: &str =
    "SELECT source, dt, currency, count, CAST(sum AS VARCHAR) AS sum, holds FROM silver.control_totals";
const LEDGER: &str = "SELECT dt, class, CAST(sequence AS VARCHAR) AS subcode FROM silver.ledger_findings";
const FAILED_TOTALS: &str = "SELECT nights.dt, 'CONTROL_TOTAL' AS class, failed.source FROM \
    (SELECT DISTINCT source, dt FROM silver.control_totals WHERE NOT holds) AS failed \
    JOIN (SELECT DISTINCT dt FROM silver.reconciliation) AS nights ON nights.dt >= failed.dt";

fn rows(place: &Place, query: &str) -> Rows {
    counted(place.rows(query))
}

/// Amounts as the warehouse writes them, with nine digits.
fn nine_digits(mut row: Vec<String>, column: usize) -> Vec<String> {
    let (whole, fraction) = row[column].split_once('.').unwrap_or((&row[column], ""));
    row[column] = format!("{whole}.{fraction:0<9}");
    row
}

/// An area with every fault, ingested and reconciled over its three days.
fn planted() -> (Place, Vec<NaiveDate>) {
    let options = Options::default();
    let place = Place::generated(&options);
    let days: Vec<_> = options.from.iter_days().take(options.days as usize).collect();
    let (from, to) = (days[0].to_string(), days[days.len() - 1].to_string());
    let ended = place.run(&["run", "nightly", "--from", &from, "--to", &to, "--quiet"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    (place, days)
}

#[test]
fn planted_faults_are_found_exactly_and_the_auditor_agrees() {
    let (place, days) = planted();
    let folder = place.key();
    let asked = [RECONCILIATION, QUARANTINE, COUNTS, TOTALS, LEDGER, FAILED_TOTALS];
    let answers: [Vec<_>; 6] = place.answers(&asked).try_into().expect("an answer each");
    let [reconciliation, quarantined, counts, totals, ledger, failed] = answers;
    assert_same("reconciliation", &counted(reconciliation), &key(&folder, "reconciliation"));
    let quarantine = key(&folder, "quarantine").into_keys().map(|row| row[..4].to_vec());
    assert_same("quarantine", &counted(quarantined), &counted(quarantine));
    assert_same("counts", &counted(counts), &key(&folder, "counts"));
    let stated = key(&folder, "control_totals").into_keys().map(|row| nine_digits(row, 4));
    assert_same("control totals", &counted(totals), &counted(stated));
    let findings = counted(ledger.into_iter().chain(failed));
    assert_same("findings", &findings, &key(&folder, "findings"));
    agrees_with_the_auditor(&place, &days);
}

/// Flags without those that the contract says need not be told.
fn needed(flags: &str) -> String {
    let told = flags.split(';').filter(|flag| !matches!(*flag, "DAY_BOUNDARY" | "METADATA_MISMATCH"));
    told.collect::<Vec<_>>().join(";")
}

/// Compares every table that the auditor knows.
pub fn agrees_with_the_auditor(place: &Place, days: &[NaiveDate]) {
    let audits = auditor::audit(&place.landing(), days, &Rules::default());
    let all = |rows: &dyn Fn(&Audit) -> Vec<Vec<String>>| counted(audits.iter().flat_map(rows));
    let verdicts = all(&|audit| {
        let rows = audit.reconciliation.iter();
        rows.map(|row| {
            let subcode = row.subcode.clone().unwrap_or_default();
            let flags = needed(&row.flags.join(";"));
            vec![row.dt.to_string(), row.escrow_id.clone(), row.class.clone(), subcode, flags]
        })
        .collect()
    });
    let of_payments = format!("{QUARANTINE} WHERE source LIKE 'payments/%'");
    let answers: [Vec<_>; 4] =
        place.answers(&[RECONCILIATION, MONEY, &of_payments, TOTALS]).try_into().expect("an answer each");
    let [reconciliation, amounts, quarantined, stated] = answers;
    let ours = reconciliation.into_iter().map(|mut row| {
        row[4] = needed(&row[4]);
        row
    });
    assert_same("reconciliation and auditor", &counted(ours), &verdicts);
    // The auditor states money where a transfer moved some.
    let money = all(&|audit| {
        let rows = audit.reconciliation.iter().filter(|row| row.class == "MATCHED");
        rows.map(|row| {
            let amounts = [
                &row.currency,
                &row.gross,
                &row.platform_fee,
                &row.processing_fee,
                &row.other_fees,
                &row.net,
            ];
            let amounts = amounts.map(|amount| amount.clone().unwrap_or_default());
            [row.dt.to_string(), row.escrow_id.clone()].into_iter().chain(amounts).collect()
        })
        .collect()
    });
    assert_same("money and auditor", &counted(amounts), &money);
    let quarantine = all(&|audit| {
        let rows = audit.quarantine.iter();
        rows.map(|(source, dt, file, line)| {
            vec![source.clone(), dt.to_string(), file.clone(), line.to_string()]
        })
        .collect()
    });
    assert_same("quarantine and auditor", &counted(quarantined), &quarantine);
    let totals = all(&|audit| {
        let rows = audit.control_totals.iter();
        rows.map(|row| {
            let count = row.count.to_string();
            nine_digits(
                vec![row.source.clone(), row.dt.to_string(), row.currency.clone(), count, row.sum.clone()],
                4,
            )
        })
        .collect()
    });
    let ours = stated.into_iter().filter(|row| row[3] != "0").map(|row| row[..5].to_vec());
    assert_same("totals and auditor", &counted(ours), &totals);
}

#[test]
fn the_samples_run_without_configuration() {
    let place = Place::new();
    let mut command = ttt(&["run", "nightly", "--quiet", "--warehouse"]);
    command.arg(place.warehouse()).env("TTT_SPILL", place.folder.path());
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for heading in ["Rows in", "Quarantined by reason", "Escrows by class", "Open breaks by class", "Next"] {
        assert!(text.contains(heading), "no {heading:?} in\n{text}");
    }
}

/// Real data that is not part of the project: read where it is, else passed over.
#[test]
fn clean_days_of_another_hand_are_all_matched() {
    let data = root().join("../shared/data");
    let landing = data.join("landing-clean");
    if !landing.is_dir() {
        eprintln!("passed over: {} is not there", landing.display());
        return;
    }
    let place = Place::new();
    let mut command =
        ttt(&["run", "nightly", "--from", "2026-11-20", "--to", "2026-11-21", "--quiet", "--landing"]);
    command.arg(&landing).arg("--warehouse").arg(place.warehouse());
    assert_eq!(command.status().expect("the program starts").code(), Some(0));
    let classes = rows(&place, "SELECT class, count(*) AS count FROM silver.reconciliation GROUP BY class");
    let expected = [["CANCELLED", "35"], ["MATCHED", "1112"], ["REFUNDED", "53"]];
    assert_same("classes", &classes, &counted(expected.map(|row| row.map(str::to_owned).to_vec())));
    let folder: &Path = &data.join("landing-clean.key");
    assert_same("counts", &rows(&place, COUNTS), &key(folder, "counts"));
    let totals = key(folder, "control_totals").into_keys().map(|row| nine_digits(row, 4));
    assert_same("control totals", &rows(&place, TOTALS), &counted(totals));
}
