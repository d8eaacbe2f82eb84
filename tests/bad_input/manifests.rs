//! What a manifest says of a day: totals that are compared, and a watermark that is waited for.

use super::expected::DAY;
use super::packing::sha256;
use super::sample::{ESCROW, LEDGER, WALLET};
use crate::support::Place;

fn breaks(place: &Place) -> Vec<Vec<String>> {
    place.rows(
        "SELECT class, subcode, status FROM silver.breaks WHERE class = 'CONTROL_TOTAL' ORDER BY subcode",
    )
}

/// One row of 12.50 USD in each payment source; a ledger's total is of its escrow postings as written.
#[test]
fn totals_are_compared_over_every_well_formed_row() {
    let place = Place::new();
    let escrow = ESCROW.row("ee_1");
    // The replay counts; the refused line is a row of the file and part of no sum.
    let rows = format!("{escrow}\n{escrow}\n\n{}\n", escrow.replace("USD", "XXX"));
    let cases = [
        (ESCROW.source, rows, r#""rows":3"#, r#"{"currency":"USD","count":2,"sum":"25.00"}"#, true),
        (
            WALLET.source,
            WALLET.row("tx_1"),
            r#""rows":1"#,
            r#"{"currency":"USD","count":1,"sum":"12.50"}"#,
            false,
        ),
        (
            LEDGER.source,
            LEDGER.row("le_1"),
            r#""rows":1"#,
            r#"{"currency":"USD","count":1,"sum":"-12.50"},{"currency":"JPY","count":1,"sum":"5"}"#,
            false,
        ),
    ];
    for (source, text, rows, totals, _) in &cases {
        place.land(source, DAY, "a.ndjson", text);
        let file =
            format!(r#"{{"name":"a.ndjson",{rows},"sha256":"{}"}}"#, sha256(text.as_bytes()).to_uppercase());
        let manifest = format!(
            r#"{{"source":"{source}","dt":"{DAY}","watermark":"2026-11-21T00:00:00Z","files":[{file}],"totals":[{totals}]}}"#
        );
        place.land(source, DAY, "_manifest.json", manifest);
    }
    place.night("nightly", DAY);
    let query = "SELECT source, currency, count, sum, manifest_count, manifest_sum, holds FROM silver.control_totals \
                 ORDER BY source, currency";
    let expected = [
        ["payments/escrow", "USD", "2", "25.000000000", "2", "25.000000000", "true"],
        ["payments/ledger", "JPY", "0", "0.000000000", "1", "5.000000000", "false"],
        ["payments/ledger", "USD", "1", "-12.500000000", "1", "-12.500000000", "true"],
        ["payments/wallet", "USD", "1", "11.500000000", "1", "12.500000000", "false"],
    ];
    assert_eq!(place.rows(query), expected);
    let open = [["CONTROL_TOTAL", "payments/ledger", "OPEN"], ["CONTROL_TOTAL", "payments/wallet", "OPEN"]];
    assert_eq!(breaks(&place), open);
    // A total does not mend itself.
    place.night("nightly", "2026-11-21");
    assert_eq!(breaks(&place), open);
    assert_eq!(place.rows("SELECT source FROM silver.control_totals WHERE dt = '2026-11-21'").len(), 0);
}

/// An escrow released at one in the morning; its other sides are missing once the lag of a day has passed
/// before what their sources say they are complete up to.
#[test]
fn a_side_is_missing_only_after_its_watermark() {
    let place = Place::new();
    let event = |sequence: u32, event: &str| {
        let row = ESCROW.row(&format!("ee_{sequence}")).replace(&format!("es-ee_{sequence}"), "es_1");
        let row =
            row.replace("CREATED", event).replace(r#""sequence":1"#, &format!(r#""sequence":{sequence}"#));
        row.replace("12:34:56.789", &format!("0{}:00:00", sequence - 2)) + "\n"
    };
    let rows = [(2, "CREATED"), (3, "FUNDED"), (4, "RELEASED")].map(|(sequence, name)| event(sequence, name));
    place.land(ESCROW.source, DAY, "a.ndjson", rows.concat());
    let empty = |source: &str, day: &str, watermark: &str| {
        let text = format!(r#"{{"source":"{source}","dt":"{day}","watermark":"{watermark}","files":[]}}"#);
        place.land(source, day, "_manifest.json", text);
    };
    empty(WALLET.source, "2026-11-21", "2026-11-20T12:00:00Z");
    // Released at 02:00: this is just before the lag has passed, the next day's just when it has.
    empty(LEDGER.source, "2026-11-22", "2026-11-21T01:59:59.999999Z");
    empty(LEDGER.source, "2026-11-23", "2026-11-21T02:00:00Z");
    let ended = place.run(&["run", "nightly", "--from", DAY, "--to", "2026-11-23", "--quiet"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let expected = [
        ["2026-11-20", "TIMING_PENDING"],
        ["2026-11-21", "TIMING_PENDING"],
        ["2026-11-22", "TIMING_PENDING"],
        ["2026-11-23", "MISSING_TRANSFER"],
    ];
    assert_eq!(place.rows("SELECT dt, class FROM silver.reconciliation ORDER BY dt"), expected);
}
