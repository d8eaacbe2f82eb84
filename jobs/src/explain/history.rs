//! What the nights and people have said: readings of an escrow, breaks, their events and their resolutions.

use chrono::NaiveDate;
use schemas::money;
use serde::Serialize;
use warehouse::Session;

use super::subject;
use crate::answer::{Row, ask, quoted};
use crate::failure::Outcome;
use crate::rows;

/// One row of silver.reconciliation.
#[derive(Debug, Clone, Serialize)]
pub struct Reading {
    pub dt: NaiveDate,
    pub class: String,
    pub subcode: Option<String>,
    pub flags: Vec<String>,
}

/// One row of silver.breaks with what happened to it.
#[derive(Debug, Clone, Serialize)]
pub struct Break {
    pub break_id: String,
    pub class: String,
    pub subcode: Option<String>,
    pub escrow_id: Option<String>,
    pub currency: Option<String>,
    pub amount: Option<String>,
    pub expected: Option<String>,
    pub actual: Option<String>,
    pub first_seen: Option<NaiveDate>,
    pub last_seen: Option<NaiveDate>,
    pub closed_on: Option<NaiveDate>,
    pub closed_by: Option<String>,
    pub age_days: i64,
    pub age_bucket: String,
    pub status: String,
    pub events: Vec<Event>,
    pub resolutions: Vec<Resolution>,
}

/// One row of silver.break_events.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    pub dt: NaiveDate,
    pub event: String,
    pub status: Option<String>,
    pub status_before: Option<String>,
    pub subcode: Option<String>,
    pub currency: Option<String>,
    pub amount: Option<String>,
    pub closed_by: Option<String>,
    pub resolved_by: Option<String>,
    pub reason: Option<String>,
}

/// One row of silver.break_resolutions.
#[derive(Debug, Clone, Serialize)]
pub struct Resolution {
    pub at: String,
    pub action: String,
    pub resolved_by: Option<String>,
    pub reason: Option<String>,
}

/// Every night's row of an escrow, in order.
pub async fn readings(session: &Session, escrow_id: &str) -> Outcome<Vec<Reading>> {
    let query = format!(
        "SELECT dt, class, subcode, flags FROM silver.reconciliation \
         WHERE escrow_hash = {} AND escrow_id = {} ORDER BY dt",
        subject::hash(escrow_id),
        quoted(escrow_id)
    );
    let answer = ask(session, &query).await?;
    let reading = |row: Row<'_>| {
        let (class, subcode) = (row.owned("class"), row.maybe("subcode"));
        Some(Reading { dt: row.day("dt")?, class, subcode, flags: row.texts("flags") })
    };
    Ok(answer.rows().filter_map(reading).collect())
}

/// The break of an id.
pub async fn break_of(session: &Session, id: &str) -> Outcome<Option<Break>> {
    let mut found = breaks(session, &format!("break_id = {}", quoted(id))).await?;
    Ok(found.pop())
}

/// The breaks of an escrow, and those of the ledger at these sequences.
pub async fn breaks_of_escrow(session: &Session, escrow_id: &str, sequences: &[i64]) -> Outcome<Vec<Break>> {
    let sequences: Vec<_> = sequences.iter().map(|sequence| format!("'{sequence}'")).collect();
    let of_ledger = match sequences.is_empty() {
        true => String::new(),
        false => {
            let classes = "'CHAIN_BREAK', 'LEDGER_FORK', 'LEDGER_REWRITTEN'";
            format!(
                " OR (escrow_id IS NULL AND class IN ({classes}) AND subcode IN ({}))",
                sequences.join(", ")
            )
        }
    };
    breaks(session, &format!("escrow_id = {}{of_ledger}", quoted(escrow_id))).await
}

async fn breaks(session: &Session, condition: &str) -> Outcome<Vec<Break>> {
    let query = format!(
        "SELECT break_id, class, subcode, escrow_id, currency, amount, expected, actual, first_seen, last_seen, \
         closed_on, closed_by, age_days, age_bucket, status FROM silver.breaks WHERE {condition} \
         ORDER BY first_seen, class, break_id"
    );
    let answer = ask(session, &query).await?;
    let mut breaks: Vec<Break> = answer.rows().map(of_row).collect();
    for broken in &mut breaks {
        broken.events = events(session, &broken.break_id).await?;
        broken.resolutions = resolutions(session, &broken.break_id).await?;
    }
    Ok(breaks)
}

fn of_row(row: Row<'_>) -> Break {
    Break {
        break_id: row.owned("break_id"),
        class: row.owned("class"),
        subcode: row.maybe("subcode"),
        escrow_id: row.maybe("escrow_id"),
        currency: row.maybe("currency"),
        amount: amount(row, "amount"),
        expected: amount(row, "expected"),
        actual: amount(row, "actual"),
        first_seen: row.day("first_seen"),
        last_seen: row.day("last_seen"),
        closed_on: row.day("closed_on"),
        closed_by: row.maybe("closed_by"),
        age_days: row.count("age_days"),
        age_bucket: row.owned("age_bucket"),
        status: row.owned("status"),
        events: Vec::new(),
        resolutions: Vec::new(),
    }
}

/// An amount with the digits of the row's currency.
fn amount(row: Row<'_>, name: &str) -> Option<String> {
    let digits = row.text("currency").and_then(money::exponent).unwrap_or_default();
    row.units(name).map(|units| money::format(units, digits))
}

async fn events(session: &Session, break_id: &str) -> Outcome<Vec<Event>> {
    let query = format!(
        "SELECT dt, event, status, status_before, subcode, currency, amount, closed_by, resolved_by, reason \
         FROM silver.break_events WHERE break_id = {} ORDER BY dt",
        quoted(break_id)
    );
    let answer = ask(session, &query).await?;
    let event = |row: Row<'_>| {
        Some(Event {
            dt: row.day("dt")?,
            event: row.owned("event"),
            status: row.maybe("status"),
            status_before: row.maybe("status_before"),
            subcode: row.maybe("subcode"),
            currency: row.maybe("currency"),
            amount: amount(row, "amount"),
            closed_by: row.maybe("closed_by"),
            resolved_by: row.maybe("resolved_by"),
            reason: row.maybe("reason"),
        })
    };
    Ok(answer.rows().filter_map(event).collect())
}

async fn resolutions(session: &Session, break_id: &str) -> Outcome<Vec<Resolution>> {
    let query = format!(
        "SELECT at, action, resolved_by, reason FROM silver.break_resolutions WHERE break_id = {} \
         ORDER BY at, resolution_id",
        quoted(break_id)
    );
    let answer = ask(session, &query).await?;
    let resolution = |row: Row<'_>| Resolution {
        at: row.instant("at").map(rows::instant).unwrap_or_default(),
        action: row.owned("action"),
        resolved_by: row.maybe("resolved_by"),
        reason: row.maybe("reason"),
    };
    Ok(answer.rows().map(resolution).collect())
}
