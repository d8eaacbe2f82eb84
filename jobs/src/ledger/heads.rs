//! `silver.ledger_heads`: what the nights signed, read back and added to.

use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use chrono::{Duration, NaiveDate};
use reconcile::digest::{hex, parse_hex};
use reconcile::head::{self, State};
use reconcile::merkle::Frontier;
use reconcile::walk::End;
use schemas::money;
use schemas::silver::LEDGER_HEADS;
use serde::Serialize;
use warehouse::Session;

use super::entries::{date, rows as rows_of};
use super::files::File;
use crate::failure::Outcome;
use crate::rows;

/// One signing.
#[derive(Debug, Clone)]
pub struct Head {
    pub number: i64,
    pub dt: NaiveDate,
    pub state: State,
    pub before: Option<String>,
    /// Its digest, as stored.
    pub digest: String,
    /// The root, as stored.
    pub root: String,
    /// Whether the frontier has as many roots as the count asks for.
    pub restored: bool,
}

impl Head {
    /// The signing of a state after those before it.
    pub fn sign(number: i64, dt: NaiveDate, before: Option<String>, state: State) -> Self {
        let digest = head::digest(number, dt, before.as_deref(), &state);
        let root = hex(&state.tree.root());
        Self { number, dt, state, before, digest, root, restored: true }
    }

    /// Whether it still says what was signed: its digest and its root are those of its columns.
    pub fn is_whole(&self) -> bool {
        let signed = head::digest(self.number, self.dt, self.before.as_deref(), &self.state);
        self.restored && self.digest == signed && self.root == hex(&self.state.tree.root())
    }

    /// How it is called in a sentence.
    pub fn name(&self) -> String {
        format!("head {} of {}", self.number, self.dt)
    }
}

/// Number and night of every head, in the order of signing.
pub async fn index(session: &Session) -> Outcome<Vec<(i64, NaiveDate)>> {
    let batches = rows_of(session, "SELECT number, dt FROM silver.ledger_heads ORDER BY number").await?;
    let each = batches.iter().flat_map(|batch| {
        let numbers = batch.column(0).as_primitive::<Int64Type>();
        (0..batch.num_rows()).map(|row| (numbers.value(row), date(batch, 1, row)))
    });
    Ok(each.collect())
}

/// The heads for which a condition holds, in the order of signing, without their files.
pub async fn load(session: &Session, condition: &str) -> Outcome<Vec<Head>> {
    let query = format!(
        "SELECT number, dt, sequence, hashes, count, totals, gaps, merkle_root, frontier, head_before, head \
         FROM silver.ledger_heads WHERE {condition} ORDER BY number"
    );
    let mut heads = Vec::new();
    for batch in rows_of(session, &query).await? {
        let [number, sequence, count] =
            [0, 2, 4].map(|column| batch.column(column).as_primitive::<Int64Type>());
        let [root, before, digest] = [7, 9, 10].map(|column| batch.column(column).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let roots: Option<Vec<_>> =
                texts(batch.column(8), row).iter().map(|root| parse_hex(root)).collect();
            let tree = roots.and_then(|roots| Frontier::restore(count.value(row) as u64, roots));
            let gaps =
                structs(batch.column(6), row, |gap, item| (integer(gap, 0, item), integer(gap, 1, item)));
            let end = End { sequence: sequence.value(row), hashes: texts(batch.column(3), row), gaps };
            let totals = structs(batch.column(5), row, |total, item| {
                let sum = total.column(2).as_primitive::<Decimal128Type>().value(item);
                (text(total, 0, item), (integer(total, 1, item), sum))
            });
            heads.push(Head {
                number: number.value(row),
                dt: date(&batch, 1, row),
                restored: tree.is_some(),
                state: State { end, totals: totals.into_iter().collect(), tree: tree.unwrap_or_default() },
                before: before.is_valid(row).then(|| before.value(row).to_owned()),
                digest: digest.value(row).to_owned(),
                root: root.value(row).to_owned(),
            });
        }
    }
    Ok(heads)
}

/// The files that a head sealed, by path.
pub async fn files(session: &Session, number: i64) -> Outcome<Vec<File>> {
    let query = format!("SELECT files FROM silver.ledger_heads WHERE number = {number}");
    let mut found = Vec::new();
    for batch in rows_of(session, &query).await? {
        for row in 0..batch.num_rows() {
            found.extend(structs(batch.column(0), row, |file, item| {
                let days = file.column(1).as_primitive::<Date32Type>().value(item);
                File {
                    path: text(file, 0, item),
                    dt: NaiveDate::default() + Duration::days(i64::from(days)),
                    rows: integer(file, 2, item) as u64,
                    bytes: integer(file, 3, item) as u64,
                    modified_at: file.column(4).as_primitive::<TimestampMicrosecondType>().value(item),
                }
            }));
        }
    }
    found.sort();
    Ok(found)
}

fn texts(column: &ArrayRef, row: usize) -> Vec<String> {
    column.as_list::<i32>().value(row).as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

fn structs<T>(column: &ArrayRef, row: usize, of: impl Fn(&StructArray, usize) -> T) -> Vec<T> {
    let items = column.as_list::<i32>().value(row);
    let items = items.as_struct();
    (0..items.len()).map(|item| of(items, item)).collect()
}

fn text(items: &StructArray, column: usize, item: usize) -> String {
    items.column(column).as_string::<i32>().value(item).to_owned()
}

fn integer(items: &StructArray, column: usize, item: usize) -> i64 {
    items.column(column).as_primitive::<Int64Type>().value(item)
}

#[derive(Serialize)]
struct TotalRow<'a> {
    currency: &'a str,
    count: i64,
    sum: String,
}

#[derive(Serialize)]
struct GapRow {
    first: i64,
    last: i64,
}

#[derive(Serialize)]
struct FileRow<'a> {
    path: &'a str,
    dt: NaiveDate,
    rows: u64,
    bytes: u64,
    modified_at: String,
}

#[derive(Serialize)]
struct HeadRow<'a> {
    number: i64,
    sequence: i64,
    hashes: &'a [String],
    count: u64,
    totals: Vec<TotalRow<'a>>,
    gaps: Vec<GapRow>,
    merkle_root: &'a str,
    frontier: Vec<String>,
    files: Vec<FileRow<'a>>,
    head_before: Option<&'a str>,
    head: &'a str,
}

/// Adds a head to those before it; gives the table's version.
pub async fn append<'a>(session: &Session, head: &'a Head, files: &'a [File]) -> Outcome<u64> {
    let State { end, totals, tree } = &head.state;
    let total = |(currency, (count, sum)): (&'a String, &(i64, i128))| TotalRow {
        currency,
        count: *count,
        sum: money::format(*sum, money::SCALE),
    };
    let file = |file: &'a File| FileRow {
        path: &file.path,
        dt: file.dt,
        rows: file.rows,
        bytes: file.bytes,
        modified_at: rows::instant(file.modified_at),
    };
    let row = HeadRow {
        number: head.number,
        sequence: end.sequence,
        hashes: &end.hashes,
        count: tree.size(),
        totals: totals.iter().map(total).collect(),
        gaps: end.gaps.iter().map(|(first, last)| GapRow { first: *first, last: *last }).collect(),
        merkle_root: &head.root,
        frontier: tree.roots().iter().map(hex).collect(),
        files: files.iter().map(file).collect(),
        head_before: head.before.as_deref(),
        head: &head.digest,
    };
    let batch = rows::batch(LEDGER_HEADS.file_schema(), &[row])?;
    let version = session.lake().append(&LEDGER_HEADS, Some(head.dt), vec![batch], "ledger").await?;
    session.refresh_table(&LEDGER_HEADS).await?;
    Ok(version)
}
