//! What an id names: a break, else an escrow, else a transaction, else a ledger entry.

use warehouse::Session;

use super::history::{self, Break};
use crate::answer::{ask, quoted};
use crate::failure::{Failure, Outcome};

/// What is to be explained.
#[derive(Debug)]
pub struct Subject {
    pub kind: &'static str,
    /// None for a break of no escrow.
    pub escrow_id: Option<String>,
    pub broken: Option<Break>,
    pub notes: Vec<String>,
}

/// Finds what an id names.
pub async fn find(session: &Session, id: &str) -> Outcome<Subject> {
    if let Some(broken) = history::break_of(session, id).await? {
        let escrow_id = broken.escrow_id.clone();
        return Ok(Subject { kind: "BREAK", escrow_id, broken: Some(broken), notes: Vec::new() });
    }
    if is_escrow(session, id).await? {
        let escrow_id = Some(id.to_owned());
        return Ok(Subject { kind: "ESCROW", escrow_id, broken: None, notes: Vec::new() });
    }
    let keys = [
        ("TRANSACTION", "bronze.wallet_transfers", "transaction_id"),
        ("TRANSACTION", "bronze.ledger_entries", "transaction_id"),
        ("ENTRY", "bronze.ledger_entries", "entry_id"),
    ];
    for (kind, table, column) in keys {
        let query = format!(
            "SELECT escrow_id, min(conflict) AS later FROM (SELECT escrow_id, CAST(conflict AS INT) AS conflict \
             FROM {table} WHERE {column} = {}) AS named GROUP BY escrow_id ORDER BY later, escrow_id",
            quoted(id)
        );
        let answer = ask(session, &query).await?;
        let mut named = answer.rows().map(|row| row.owned("escrow_id"));
        if let Some(escrow_id) = named.next() {
            let others: Vec<_> = named.collect();
            let note = || format!("{id} names other escrows as well: {}", others.join(", "));
            let notes = if others.is_empty() { Vec::new() } else { vec![note()] };
            return Ok(Subject { kind, escrow_id: Some(escrow_id), broken: None, notes });
        }
    }
    Err(Failure::usage(format!("no break, escrow, transaction or ledger entry is named {id}")).with_hint(
        "ttt sql \"SELECT break_id, class, escrow_id FROM silver.breaks WHERE status = 'OPEN'\" lists breaks",
    ))
}

/// Whether a row of any side names it.
async fn is_escrow(session: &Session, id: &str) -> Outcome<bool> {
    let named = format!("escrow_hash = {} AND escrow_id = {}", hash(id), quoted(id));
    for table in ["escrow_events", "wallet_transfers", "ledger_entries"] {
        let query = format!("SELECT escrow_id FROM bronze.{table} WHERE {named} LIMIT 1");
        if ask(session, &query).await?.first().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// By which files know what they hold of an escrow.
pub fn hash(escrow_id: &str) -> i64 {
    ingest::key_hash(escrow_id) as i64
}
