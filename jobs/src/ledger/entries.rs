//! Reading the ledger: all entries by day for the tree, or by sequence for the chain, one at a time.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type};
use chrono::{Duration, NaiveDate};
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use reconcile::chain::ChainFinding;
use reconcile::digest::{Digest, parse_hex};
use reconcile::head::State;
use reconcile::merkle::leaf;
use reconcile::walk::{End, Entry, Walk};
use warehouse::Session;

use super::content;
use crate::failure::{Failure, Outcome};

/// An entry on its way into the tree.
pub struct Leaf<'a> {
    pub dt: NaiveDate,
    pub sequence: i64,
    pub entry_id: &'a str,
    /// SHA-256 of its content.
    pub own: Digest,
    /// Whether its stated hash is that.
    pub content_holds: bool,
}

/// A text as SQL writes it.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The date in a day column.
pub fn date(batch: &RecordBatch, column: usize, row: usize) -> NaiveDate {
    let days = batch.column(column).as_primitive::<Date32Type>().value(row);
    NaiveDate::default() + Duration::days(i64::from(days))
}

/// All rows of a query.
pub async fn rows(session: &Session, query: &str) -> Outcome<Vec<RecordBatch>> {
    Ok(session.sql(query).await?.collect().await?)
}

fn digest(batch: &RecordBatch, column: usize, row: usize) -> Outcome<Digest> {
    let bytes = batch.column(column).as_binary::<i32>().value(row);
    bytes.try_into().map_err(|_| Failure::other("a digest has 32 bytes"))
}

/// Gives the effective entries of some days, in the order of day, sequence and id.
pub async fn leaves(
    session: &Session,
    table: &str,
    days: &str,
    mut each: impl FnMut(Leaf<'_>, &str),
) -> Outcome<()> {
    let query = format!(
        "SELECT dt, sequence, entry_id, hash, {} AS own FROM {table} WHERE {days} AND NOT conflict \
         ORDER BY dt, sequence, entry_id",
        content::call("entry_hash")
    );
    let mut entries = session.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = entries.try_next().await? {
        let sequences = batch.column(1).as_primitive::<Int64Type>();
        let [ids, hashes] = [2, 3].map(|place| batch.column(place).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let own = digest(&batch, 4, row)?;
            let stated = hashes.value(row);
            let leaf = Leaf {
                dt: date(&batch, 0, row),
                sequence: sequences.value(row),
                entry_id: ids.value(row),
                own,
                content_holds: parse_hex(stated) == Some(own),
            };
            each(leaf, stated);
        }
    }
    Ok(())
}

/// The state after each of these nights, which must ascend; `each` sees every entry up to the last of them.
pub async fn states(
    session: &Session,
    table: &str,
    nights: &[NaiveDate],
    mut each: impl FnMut(&Leaf<'_>),
) -> Outcome<Vec<State>> {
    let Some(last) = nights.last() else { return Ok(Vec::new()) };
    let (mut found, mut state, mut top) = (Vec::new(), State::default(), Vec::new());
    leaves(session, table, &format!("dt <= DATE '{last}'"), |entry, stated| {
        while nights.get(found.len()).is_some_and(|night| *night < entry.dt) {
            found.push(ended(&state, &top));
        }
        each(&entry);
        state.tree.push(leaf(&entry.own));
        if entry.sequence > state.end.sequence {
            state.end.sequence = entry.sequence;
            top.clear();
        }
        if entry.sequence == state.end.sequence && entry.sequence > 0 {
            top.push((entry.entry_id.to_owned(), stated.to_owned()));
        }
    })
    .await?;
    found.resize_with(nights.len(), || ended(&state, &top));
    add_totals(session, table, nights, &mut found).await?;
    Ok(found)
}

/// The state with the hashes at its highest sequence in the order of entry ids, whatever day they landed on.
fn ended(state: &State, top: &[(String, String)]) -> State {
    let mut top: Vec<_> = top.iter().collect();
    top.sort();
    let hashes = top.into_iter().map(|(_, hash)| hash.clone()).collect();
    State { end: End { hashes, ..state.end.clone() }, ..state.clone() }
}

async fn add_totals(
    session: &Session,
    table: &str,
    nights: &[NaiveDate],
    states: &mut [State],
) -> Outcome<()> {
    let Some(last) = nights.last() else { return Ok(()) };
    for (dt, currency, count, sum) in totals(session, table, &format!("dt <= DATE '{last}'")).await? {
        for (_, state) in nights.iter().zip(&mut *states).filter(|(night, _)| **night >= dt) {
            add(state, &currency, count, sum)?;
        }
    }
    Ok(())
}

/// Adds a currency's escrow postings to a state.
pub fn add(state: &mut State, currency: &str, count: i64, sum: i128) -> Outcome<()> {
    let too_large = || Failure::other(format!("the ledger's {currency} adds up to more than 38 digits"));
    state.add(currency, count, sum).ok_or_else(too_large)
}

/// Number and sum of the escrow postings of some days, by day and currency.
pub async fn totals(
    session: &Session,
    table: &str,
    days: &str,
) -> Outcome<Vec<(NaiveDate, String, i64, i128)>> {
    let query = format!(
        "SELECT dt, posting['currency'] AS currency, count(*) AS count, sum(posting['amount']) AS sum \
         FROM (SELECT dt, unnest(postings) AS posting FROM {table} WHERE {days} AND NOT conflict) \
         WHERE posting['account'] = 'escrow' GROUP BY dt, posting['currency']"
    );
    let mut found = Vec::new();
    for batch in rows(session, &query).await? {
        let currencies = batch.column(1).as_string::<i32>();
        let counts = batch.column(2).as_primitive::<Int64Type>();
        let sums = batch.column(3).as_primitive::<Decimal128Type>();
        found.extend((0..batch.num_rows()).map(|row| {
            (date(&batch, 0, row), currencies.value(row).to_owned(), counts.value(row), sums.value(row))
        }));
    }
    Ok(found)
}

/// All effective entries from a sequence on, in the order of sequence and id.
pub struct Stretch {
    entries: SendableRecordBatchStream,
    hashed: bool,
}

impl Stretch {
    /// Begins at a sequence; unless they are `hashed`, contents are taken to hold.
    pub async fn from(session: &Session, table: &str, sequence: i64, hashed: bool) -> Outcome<Self> {
        let own = if hashed { content::call("entry_hash") } else { "NULL".to_owned() };
        let query = format!(
            "SELECT dt, sequence, entry_id, prev_hash, hash, {own} AS own FROM {table} \
             WHERE sequence >= {} AND NOT conflict ORDER BY sequence, entry_id",
            number(sequence),
        );
        Ok(Self { entries: session.sql(&query).await?.execute_stream().await?, hashed })
    }

    /// Takes a walk some entries further; gives their number and what it found, `None` at the end.
    ///
    /// `each` sees the day and content hash of every entry that is hashed.
    pub async fn step(
        &mut self,
        walk: &mut Walk,
        mut each: impl FnMut(NaiveDate, Digest),
    ) -> Outcome<Option<(u64, Vec<ChainFinding>)>> {
        let Some(batch) = self.entries.try_next().await? else { return Ok(None) };
        let sequences = batch.column(1).as_primitive::<Int64Type>();
        let [ids, previous, hashes] = [2, 3, 4].map(|place| batch.column(place).as_string::<i32>());
        let mut findings = Vec::new();
        for row in 0..batch.num_rows() {
            let own = if self.hashed { Some(digest(&batch, 5, row)?) } else { None };
            let hash = hashes.value(row);
            let entry = Entry {
                sequence: sequences.value(row),
                entry_id: ids.value(row),
                prev_hash: previous.value(row),
                hash,
                content_holds: own.is_none_or(|own| parse_hex(hash) == Some(own)),
            };
            walk.step(&entry, |finding| findings.push(finding));
            if let Some(own) = own {
                each(date(&batch, 0, row), own);
            }
        }
        Ok(Some((batch.num_rows() as u64, findings)))
    }
}

/// An integer as SQL reads it: the least one has no positive counterpart.
fn number(value: i64) -> String {
    if value == i64::MIN { format!("({} - 1)", value + 1) } else { value.to_string() }
}

/// The stated hashes at one sequence, in order of entry id.
pub async fn hashes_at(session: &Session, table: &str, sequence: i64) -> Outcome<Vec<String>> {
    let query = format!(
        "SELECT hash FROM {table} WHERE sequence = {} AND NOT conflict ORDER BY entry_id",
        number(sequence)
    );
    let batches = rows(session, &query).await?;
    let texts = |batch: &RecordBatch| {
        let column = batch.column(0).as_string::<i32>();
        column.iter().flatten().map(str::to_owned).collect::<Vec<_>>()
    };
    Ok(batches.iter().flat_map(texts).collect())
}

/// The days of which there are entries, each with its least sequence.
pub async fn landed(session: &Session, table: &str, days: &str) -> Outcome<BTreeMap<NaiveDate, i64>> {
    let query =
        format!("SELECT dt, min(sequence) AS least FROM {table} WHERE {days} AND NOT conflict GROUP BY dt");
    let mut found = BTreeMap::new();
    for batch in rows(session, &query).await? {
        let least = batch.column(1).as_primitive::<Int64Type>();
        found.extend((0..batch.num_rows()).map(|row| (date(&batch, 0, row), least.value(row))));
    }
    Ok(found)
}
