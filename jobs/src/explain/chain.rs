//! Ledger entries with the hash that their content asks for, beside the one that they state.

use arrow::array::{Array, AsArray};
use chrono::NaiveDate;
use reconcile::chain::{Link, WrittenPosting, content_hash};
use serde::Serialize;
use warehouse::Session;

use crate::answer::{Row, ask};
use crate::failure::{Failure, Outcome};
use crate::rows;

/// One entry of the chain.
#[derive(Debug, Clone, Serialize)]
pub struct ChainEntry {
    pub sequence: i64,
    pub entry_id: String,
    pub escrow_id: String,
    pub at: String,
    pub prev_hash: String,
    /// As stated.
    pub hash: String,
    /// As its content asks for.
    pub computed: String,
    pub content_holds: bool,
    pub dt: NaiveDate,
    pub file: String,
    pub line: i64,
}

impl ChainEntry {
    /// Where it came from, below the landing area.
    pub fn place(&self) -> String {
        format!("payments/ledger/dt={}/{}:{}", self.dt, self.file, self.line)
    }
}

/// The effective entries around a sequence that have landed by a night: the nearest one before it, all that
/// stand on it, and the nearest one after it.
pub async fn around(session: &Session, sequence: i64, night: NaiveDate) -> Outcome<Vec<ChainEntry>> {
    let landed = format!("NOT conflict AND dt <= DATE '{night}'");
    let near = format!(
        "SELECT (SELECT max(sequence) FROM bronze.ledger_entries WHERE {landed} AND sequence < {sequence}) AS before, \
         (SELECT min(sequence) FROM bronze.ledger_entries WHERE {landed} AND sequence > {sequence}) AS after"
    );
    let answer = ask(session, &near).await?;
    let neighbours = answer.first().map(|row| [row.integer("before"), row.integer("after")]);
    let wanted: Vec<_> =
        neighbours.into_iter().flatten().flatten().chain([sequence]).map(|n| n.to_string()).collect();
    let query = format!(
        "SELECT sequence, entry_id, type, escrow_id, transaction_id, at, visibility, postings, prev_hash, hash, dt, \
         source_file, source_line FROM bronze.ledger_entries WHERE {landed} AND sequence IN ({}) \
         ORDER BY sequence, entry_id",
        wanted.join(", ")
    );
    ask(session, &query).await?.rows().map(entry).collect()
}

fn entry(row: Row<'_>) -> Outcome<ChainEntry> {
    let broken = || Failure::other("a ledger entry without its day, time or postings");
    let (dt, at) = row.day("dt").zip(row.instant("at")).ok_or_else(broken)?;
    let postings =
        row.column("postings").and_then(|column| column.as_list_opt::<i32>()).ok_or_else(broken)?;
    let items = postings.value(row.place());
    let items = items.as_struct_opt().ok_or_else(broken)?;
    let column = |name: &str| items.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let columns = (column("account"), column("party"), column("written"), column("currency"));
    let (Some(account), Some(party), Some(written), Some(currency)) = columns else { return Err(broken()) };
    let postings: Vec<_> = (0..items.len())
        .map(|item| WrittenPosting {
            account: account.value(item),
            party: party.is_valid(item).then(|| party.value(item)),
            amount: written.value(item),
            currency: currency.value(item),
        })
        .collect();
    let (prev_hash, hash) = (row.owned("prev_hash"), row.owned("hash"));
    let computed = content_hash(&Link {
        entry_id: row.text("entry_id").unwrap_or_default(),
        sequence: row.count("sequence"),
        kind: row.text("type").unwrap_or_default(),
        escrow_id: row.text("escrow_id").unwrap_or_default(),
        transaction: row.text("transaction_id"),
        timestamp_ms: at.div_euclid(1000),
        visibility: row.text("visibility"),
        postings: &postings,
        prev_hash: &prev_hash,
        hash: &hash,
    });
    Ok(ChainEntry {
        sequence: row.count("sequence"),
        entry_id: row.owned("entry_id"),
        escrow_id: row.owned("escrow_id"),
        at: rows::instant(at),
        content_holds: computed.eq_ignore_ascii_case(&hash),
        prev_hash,
        hash,
        computed,
        dt,
        file: row.owned("source_file"),
        line: row.count("source_line"),
    })
}
