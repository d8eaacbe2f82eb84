//! Breaks of no escrow: the ledger's sequence and chain, and the manifests' totals.

use chrono::NaiveDate;
use reconcile::chain::{FIRST_SEQUENCE, GENESIS};
use reconcile::explain::Closing;
use schemas::money;
use serde::Serialize;
use warehouse::Session;

use super::chain::{self, ChainEntry};
use super::history::Break;
use crate::answer::{Row, ask, quoted};
use crate::failure::Outcome;

/// What such a break is about.
#[derive(Debug, Serialize)]
pub struct Batch {
    /// The rule with this break's numbers.
    pub rule: String,
    /// What the nights wrote of it.
    pub findings: Vec<Finding>,
    /// The entry's sequence and those next to it.
    pub entries: Vec<ChainEntry>,
    /// The last heads that nights signed.
    pub heads: Vec<Head>,
    pub totals: Vec<ControlTotal>,
    pub files: Vec<File>,
    pub closes: Closing,
}

/// One row of silver.ledger_findings.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub dt: NaiveDate,
    pub entry_id: Option<String>,
    pub detail: Option<String>,
}

/// One row of silver.ledger_heads.
#[derive(Debug, Serialize)]
pub struct Head {
    pub dt: NaiveDate,
    pub sequence: i64,
    pub count: i64,
    pub merkle_root: Option<String>,
    pub head: Option<String>,
}

/// One row of silver.control_totals.
#[derive(Debug, Serialize)]
pub struct ControlTotal {
    pub currency: String,
    pub count: i64,
    pub sum: Option<String>,
    pub manifest_count: Option<i64>,
    pub manifest_sum: Option<String>,
    pub holds: bool,
}

/// One file that was ingested.
#[derive(Debug, Serialize)]
pub struct File {
    pub name: String,
    pub rows: i64,
    pub good: i64,
    pub replays: i64,
    pub quarantined: i64,
}

/// Reads what a break is about, as of a night.
pub async fn of(session: &Session, broken: &Break, night: NaiveDate) -> Outcome<Batch> {
    match broken.subcode.as_deref().map(str::parse::<i64>) {
        Some(Ok(sequence)) => of_ledger(session, broken, sequence, night).await,
        _ => of_totals(session, broken).await,
    }
}

async fn of_ledger(session: &Session, broken: &Break, sequence: i64, night: NaiveDate) -> Outcome<Batch> {
    let entries = chain::around(session, sequence, night).await?;
    let findings = findings(session, &broken.class, sequence, night).await?;
    let heads = if broken.class == "LEDGER_REWRITTEN" { heads(session, night).await? } else { Vec::new() };
    let here: Vec<_> = entries.iter().filter(|entry| entry.sequence == sequence).collect();
    let before = entries.iter().rfind(|entry| entry.sequence < sequence);
    let after = entries.iter().find(|entry| entry.sequence > sequence);
    let names = |entries: &[&ChainEntry]| {
        entries.iter().map(|entry| entry.entry_id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (rule, lands) = match broken.class.as_str() {
        "SEQUENCE_GAP" => {
            let lowest = before.map_or(FIRST_SEQUENCE, |entry| entry.sequence + 1);
            let highest = after.map_or(sequence, |entry| entry.sequence - 1);
            let span = match (here.is_empty(), lowest == highest) {
                (false, _) => format!("it has landed as {}", names(&here)),
                (true, true) => "no other is missing next to it".to_owned(),
                (true, false) => format!("missing are {lowest} to {highest}"),
            };
            let rule = format!("the ledger's sequence is contiguous from {FIRST_SEQUENCE}; a later entry has landed and {sequence} had not; {span}");
            let previous = before.filter(|entry| entry.sequence + 1 == sequence).map(|entry| format!(", whose prev_hash is {}", entry.hash));
            (rule, Some(format!("an entry with sequence {sequence}{} lands", previous.unwrap_or_default())))
        }
        "CHAIN_BREAK" => (chain_rule(sequence, &here, before), None),
        "LEDGER_FORK" => {
            (format!("one entry stands on each sequence; on {sequence} stand {}", names(&here)), None)
        }
        _ => (
            "entries that a night has signed for never change or go; what stands up to this sequence is not what was signed"
                .to_owned(),
            None,
        ),
    };
    let closes = Closing { by: lands, by_hand: true };
    Ok(Batch { rule, findings, entries, heads, totals: Vec::new(), files: Vec::new(), closes })
}

/// What of an entry's two hashes does not hold.
fn chain_rule(sequence: i64, here: &[&ChainEntry], before: Option<&ChainEntry>) -> String {
    let mut sentence = "an entry's hash is the SHA-256 of its content, and its prev_hash is the stated hash of the entry before".to_owned();
    let neighbour = match before {
        Some(before) if before.sequence + 1 == sequence => Some(before.hash.as_str()),
        None if sequence == FIRST_SEQUENCE => Some(GENESIS),
        _ => None,
    };
    for entry in here {
        if !entry.content_holds {
            sentence.push_str(&format!(
                "; {} states {} and its content gives {}",
                entry.entry_id, entry.hash, entry.computed
            ));
        }
        if let Some(neighbour) = neighbour.filter(|hash| !hash.eq_ignore_ascii_case(&entry.prev_hash)) {
            sentence.push_str(&format!(
                "; {} follows {} and the entry before states {neighbour}",
                entry.entry_id, entry.prev_hash
            ));
        }
    }
    sentence
}

async fn findings(session: &Session, class: &str, sequence: i64, night: NaiveDate) -> Outcome<Vec<Finding>> {
    let query = format!(
        "SELECT dt, entry_id, detail FROM silver.ledger_findings \
         WHERE class = {} AND sequence = {sequence} AND dt <= DATE '{night}' ORDER BY dt, entry_id",
        quoted(class)
    );
    let answer = ask(session, &query).await?;
    let finding = |row: Row<'_>| {
        Some(Finding { dt: row.day("dt")?, entry_id: row.maybe("entry_id"), detail: row.maybe("detail") })
    };
    Ok(answer.rows().filter_map(finding).collect())
}

async fn heads(session: &Session, night: NaiveDate) -> Outcome<Vec<Head>> {
    let query = format!(
        "SELECT dt, sequence, count, merkle_root, head FROM silver.ledger_heads WHERE dt <= DATE '{night}' \
         ORDER BY dt DESC LIMIT 5"
    );
    let answer = ask(session, &query).await?;
    let head = |row: Row<'_>| {
        let (sequence, count) = (row.count("sequence"), row.count("count"));
        Some(Head {
            dt: row.day("dt")?,
            sequence,
            count,
            merkle_root: row.maybe("merkle_root"),
            head: row.maybe("head"),
        })
    };
    Ok(answer.rows().filter_map(head).collect())
}

/// A CONTROL_TOTAL: what was read of its source on its day, beside what the manifest states.
async fn of_totals(session: &Session, broken: &Break) -> Outcome<Batch> {
    let source = broken.subcode.clone().unwrap_or_default();
    let day = broken.first_seen.unwrap_or_default();
    let of_day = format!("source = {} AND dt = DATE '{day}'", quoted(&source));
    let query = format!(
        "SELECT currency, count, sum, manifest_count, manifest_sum, holds FROM silver.control_totals \
         WHERE {of_day} ORDER BY holds, currency"
    );
    let answer = ask(session, &query).await?;
    let totals: Vec<_> = answer.rows().map(total).collect();
    let query = format!(
        "SELECT source_file, rows, good, replays, quarantined FROM ops.ingested_files WHERE {of_day} ORDER BY source_file"
    );
    let answer = ask(session, &query).await?;
    let files = answer.rows().map(|row| File {
        name: row.owned("source_file"),
        rows: row.count("rows"),
        good: row.count("good"),
        replays: row.count("replays"),
        quarantined: row.count("quarantined"),
    });
    let wrong: Vec<_> =
        totals.iter().filter(|total| !total.holds).map(|total| total.currency.as_str()).collect();
    let wrong = if wrong.is_empty() {
        "now all hold".to_owned()
    } else {
        format!("those in {} do not hold", wrong.join(", "))
    };
    Ok(Batch {
        rule: format!(
            "the manifest's totals of {source} on {day} are count and sum over every well-formed row, replays included; {wrong}"
        ),
        findings: Vec::new(),
        entries: Vec::new(),
        heads: Vec::new(),
        totals,
        files: files.collect(),
        closes: Closing {
            by: Some(format!(
                "a manifest or a file of {source}/dt={day} that mends the totals lands, and the night of {day} is run again"
            )),
            by_hand: true,
        },
    })
}

fn total(row: Row<'_>) -> ControlTotal {
    let digits = row.text("currency").and_then(money::exponent).unwrap_or_default();
    let text = |name: &str| row.units(name).map(|units| money::format(units, digits));
    ControlTotal {
        currency: row.owned("currency"),
        count: row.count("count"),
        sum: text("sum"),
        manifest_count: row.integer("manifest_count"),
        manifest_sum: text("manifest_sum"),
        holds: row.flag("holds").unwrap_or_default(),
    }
}
