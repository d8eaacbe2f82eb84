//! A configured fee schedule, aliases and limits change verdicts and exit codes, as the contract says.

use std::fs;

use schemas::money;

use super::DAY;
use crate::support::Place;

const NEXT: &str = "2026-11-21";

/// PLATFORM doubles on the second day, PROCESSING has a fixed part in dollars, GAS is what it is.
const CONFIGURATION: &str = r#"
[[fees]]
type = "PLATFORM"
effective_from = "2015-01-01"
mode = "computed"
rate = "0.05"
account = "platform_fees"

[[fees]]
type = "PLATFORM"
effective_from = "2026-11-21"
mode = "computed"
rate = "0.10"
account = "platform_fees"

[[fees]]
type = "PROCESSING"
effective_from = "2015-01-01"
mode = "computed"
rate = "0.029"
account = "processing_fees"

[[fees]]
type = "PROCESSING"
effective_from = "2015-01-01"
currency = "USD"
mode = "computed"
rate = "0.029"
fixed = "0.30"
account = "processing_fees"

[[fees]]
type = "GAS"
effective_from = "2015-01-01"
mode = "recorded"
account = "gas_fees"

[[party_alias]]
from = "did:key:creator"
to = "did:key:renamed"
effective_from = "2026-11-21"
"#;

/// A tip that was created, funded, released, transferred and booked within the hour.
struct Tip {
    name: &'static str,
    day: &'static str,
    currency: &'static str,
    gross: &'static str,
    /// `TYPE=amount`, then `@percentage` where one is stated, then `/amount` where the ledger's differs.
    fees: &'static str,
    /// The creator as the ledger names it.
    booked: &'static str,
    /// The verdict by the default rules, and by the configured ones.
    verdicts: [&'static str; 2],
}

const fn tip(
    name: &'static str,
    day: &'static str,
    [currency, gross]: [&'static str; 2],
    fees: &'static str,
    verdicts: [&'static str; 2],
) -> Tip {
    Tip { name, day, currency, gross, fees, booked: "creator", verdicts }
}

const USD: [&str; 2] = ["USD", "10.00"];
const EUR: [&str; 2] = ["EUR", "10.00"];
const MATCHED: &str = "MATCHED";
const PROCESSING: &str = "FEE_AMOUNT:PROCESSING";
const PLATFORM: &str = "FEE_AMOUNT:PLATFORM";

#[rustfmt::skip]
const TIPS: &[Tip] = &[
    tip("plain", DAY, EUR, "PLATFORM=0.50@0.05 PROCESSING=0.29@0.029", [MATCHED, MATCHED]),
    tip("fixed", DAY, USD, "PLATFORM=0.50 PROCESSING=0.59", [PROCESSING, MATCHED]),
    tip("fixed-left-out", DAY, USD, "PLATFORM=0.50 PROCESSING=0.29", [MATCHED, PROCESSING]),
    tip("fixed-in-euros", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.59", [PROCESSING, PROCESSING]),
    // 5.00 × 0.029 is 0.145: away from zero 0.15, to even 0.14, each plus 0.30.
    tip("half-away", DAY, ["USD", "5.00"], "PLATFORM=0.25 PROCESSING=0.45", [PROCESSING, MATCHED]),
    tip("half-even", DAY, ["USD", "5.00"], "PLATFORM=0.25 PROCESSING=0.44", [PROCESSING, "FEE_ROUNDING:PROCESSING"]),
    tip("recorded", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.29 GAS=0.12", ["FEE_AMOUNT:GAS", MATCHED]),
    tip("recorded-zero", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.29 GAS=0.00", ["FEE_AMOUNT:GAS", MATCHED]),
    tip("recorded-twice", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.29 GAS=0.12/0.13", ["FEE_AMOUNT:GAS", "FEE_DISAGREES:GAS"]),
    tip("unlisted", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.29 TAX=0.10", ["FEE_AMOUNT:TAX", "FEE_AMOUNT:TAX"]),
    tip("computed-absent", DAY, EUR, "PROCESSING=0.29", [PLATFORM, PLATFORM]),
    tip("next-rate-early", DAY, EUR, "PLATFORM=1.00@0.10 PROCESSING=0.29", ["FEE_RATE:PLATFORM", "FEE_RATE:PLATFORM"]),
    tip("next-rate", NEXT, EUR, "PLATFORM=1.00@0.10 PROCESSING=0.29", ["FEE_RATE:PLATFORM", MATCHED]),
    tip("old-rate", NEXT, EUR, "PLATFORM=0.50@0.05 PROCESSING=0.29", [MATCHED, "FEE_RATE:PLATFORM"]),
    tip("old-amount", NEXT, EUR, "PLATFORM=0.50 PROCESSING=0.29", [MATCHED, PLATFORM]),
    Tip { booked: "renamed", ..tip("alias-early", DAY, EUR, "PLATFORM=0.50 PROCESSING=0.29", ["PARTY_MISMATCH", "PARTY_MISMATCH"]) },
    Tip { booked: "renamed", ..tip("alias", NEXT, EUR, "PLATFORM=1.00 PROCESSING=0.29", ["PARTY_MISMATCH", MATCHED]) },
];

fn units(text: &str) -> i128 {
    money::parse(text.as_bytes(), money::SCALE).unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Tip {
    /// Type, stated percentage, the transfer's amount, the ledger's.
    fn fees(&self) -> impl Iterator<Item = (&str, Option<&str>, &str, &str)> {
        self.fees.split_whitespace().map(|fee| {
            let (kind, rest) = fee.split_once('=').expect("TYPE=amount");
            let (rest, booked) =
                rest.split_once('/').map_or((rest, None), |(rest, booked)| (rest, Some(booked)));
            let (amount, percentage) =
                rest.split_once('@').map_or((rest, None), |(rest, stated)| (rest, Some(stated)));
            (kind, percentage, amount, booked.unwrap_or(amount))
        })
    }

    /// What is left of the gross.
    fn less(&self, fees: impl Iterator<Item = i128>) -> String {
        money::format(units(self.gross) - fees.sum::<i128>(), 2)
    }

    fn events(&self) -> String {
        let Self { name, day, currency, gross, .. } = self;
        let events = ["CREATED", "FUNDED", "RELEASED"].iter().enumerate();
        let line = |(number, event): (usize, &&str)| {
            format!(
                r#"{{"event_id":"ee-{name}-{number}","escrow_id":"{name}","sequence":{},"event":"{event}","type":"TIP","from":"did:key:payer","to":"did:key:creator","amount":{{"value":"{gross}","currency":"{currency}"}},"metadata":{{"visibility":"PUBLIC"}},"at":"{day}T12:0{number}:00Z"}}"#,
                number + 1
            ) + "\n"
        };
        events.map(line).collect()
    }

    fn transfer(&self) -> String {
        let Self { name, day, currency, gross, .. } = self;
        let net = self.less(self.fees().map(|(_, _, amount, _)| units(amount)));
        let fee = |(kind, percentage, amount, _): (&str, Option<&str>, &str, &str)| {
            let percentage = percentage.map_or("null".to_owned(), |stated| format!("{stated:?}"));
            format!(r#"{{"type":"{kind}","percentage":{percentage},"amount":"{amount}"}}"#)
        };
        let fees = self.fees().map(fee).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"transaction_id":"tx-{name}","escrow_id":"{name}","amount":{{"value":"{gross}","currency":"{currency}"}},"fees":[{fees}],"net":"{net}","status":"SETTLED","at":"{day}T12:03:00Z"}}"#
        ) + "\n"
    }

    fn entry(&self, sequence: usize) -> String {
        let Self { name, day, currency, gross, booked, .. } = self;
        let creator = self.less(self.fees().map(|(.., booked)| units(booked)));
        let posting = |account: &str, party: &str, amount: &str| {
            format!(
                r#"{{"account":"{account}","party":{party},"amount":"{amount}","currency":"{currency}"}}"#
            )
        };
        let payer = posting("escrow", r#""did:key:payer""#, &format!("-{gross}"));
        let creator = posting("creator", &format!(r#""did:key:{booked}""#), &creator);
        let fees = self.fees().map(|(kind, _, _, amount)| {
            posting(&format!("{}_fees", kind.to_ascii_lowercase()), "null", amount)
        });
        let postings = [payer, creator].into_iter().chain(fees).collect::<Vec<_>>().join(",");
        let noon = chrono::DateTime::parse_from_rfc3339(&format!("{day}T12:04:00Z")).expect("a time");
        format!(
            r#"{{"entry_id":"le-{name}","sequence":{sequence},"type":"TIP","escrow_id":"{name}","transaction":"tx-{name}","postings":[{postings}],"metadata":{{"timestamp":{},"visibility":"PUBLIC"}},"prev_hash":"","hash":""}}"#,
            noon.timestamp_millis()
        ) + "\n"
    }
}

fn land(place: &Place) {
    for day in [DAY, NEXT] {
        let tips = || TIPS.iter().enumerate().filter(|(_, tip)| tip.day == day);
        let events: String = tips().map(|(_, tip)| tip.events()).collect();
        let transfers: String = tips().map(|(_, tip)| tip.transfer()).collect();
        let entries: String = tips().map(|(number, tip)| tip.entry(number + 1)).collect();
        place.land("payments/escrow", day, "a.ndjson", events);
        place.land("payments/wallet", day, "a.ndjson", transfers);
        place.land("payments/ledger", day, "a.ndjson", entries);
    }
}

#[test]
fn a_schedule_and_aliases_change_the_verdicts() {
    for (rules, configuration) in ["", CONFIGURATION].iter().enumerate() {
        let place = Place::new();
        land(&place);
        let file = place.folder.path().join("ttt.toml");
        fs::write(&file, configuration).expect("a configuration");
        let config = file.to_str().expect("a path");
        let arguments = ["run", "nightly", "--config", config, "--from", DAY, "--to", NEXT, "--quiet"];
        let ended = place.run(&arguments);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let query = "SELECT escrow_id, class || coalesce(':' || subcode, '') AS verdict, other_fees \
                     FROM silver.reconciliation WHERE dt = CAST(event_day AS DATE)";
        let rows = place.rows(query);
        let mut faults = Vec::new();
        for tip in TIPS {
            let row =
                rows.iter().find(|row| row[0] == tip.name).unwrap_or_else(|| panic!("{}: no row", tip.name));
            if row[1] != tip.verdicts[rules] {
                faults.push(format!("{}: {}, not {}", tip.name, row[1], tip.verdicts[rules]));
            }
        }
        assert!(faults.is_empty(), "rules {rules}:\n  {}", faults.join("\n  "));
        let other = rows.iter().find(|row| row[0] == "recorded").map(|row| row[2].as_str());
        assert_eq!(other, Some("0.120000000"));
        assert_eq!(rows.len(), TIPS.len());
    }
}

/// The limit on open breaks: it is no limit where there is none, and met is not exceeded.
#[test]
fn more_breaks_than_are_allowed_fail_the_night() {
    let place = Place::new();
    land(&place);
    place.night("nightly", DAY);
    let open: u64 =
        place.rows("SELECT count(*) AS open FROM silver.breaks WHERE status = 'OPEN'")[0][0].parse().unwrap();
    assert!(open > 1);
    let arguments = ["run", "nightly", "--date", DAY, "--quiet"];
    for (limit, code) in [(0, 4), (open - 1, 4), (open, 0)] {
        let mut command = place.command(&arguments);
        let ended = super::ended(command.env("TTT_RECONCILE_BREAKS_MAX", limit.to_string()));
        assert_eq!(ended.code, code, "{limit}: {}", ended.stderr);
        assert_eq!(
            ended.stderr.contains(&format!("{open} breaks are open, {limit} are allowed")),
            code == 4,
            "{}",
            ended.stderr
        );
    }
}
