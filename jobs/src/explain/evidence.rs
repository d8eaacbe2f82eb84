//! Every row that names an escrow, from all three sources, with the file and line that it came from.

use chrono::NaiveDate;
use reconcile::case::{Entry, EscrowEvent, Transfer};
use reconcile::explain::{Compared, Field};
use reconcile::reading::Read;
use schemas::money;
use serde::Serialize;
use warehouse::Session;

use super::subject;
use crate::answer::{Row, ask, quoted};
use crate::failure::{Failure, Outcome};
use crate::{privacy, rows};

/// One landed row.
#[derive(Debug, Clone, Serialize)]
pub struct Landed {
    pub at: String,
    /// The source's folder.
    pub source: &'static str,
    pub id: String,
    /// What it says.
    pub says: String,
    /// Who pays whom, where the row says so.
    pub parties: Option<String>,
    pub dt: NaiveDate,
    pub file: String,
    pub line: i64,
    /// Whether it is the later payload of a key that had another one before: such a row does not count.
    pub conflict: bool,
    /// Whether it had landed by the night that is judged on.
    pub judged: bool,
    #[serde(skip)]
    at_micros: i64,
    #[serde(skip)]
    fact: Vec<u8>,
}

impl Landed {
    /// Where it came from, below the landing area.
    pub fn place(&self) -> String {
        format!("{}/dt={}/{}:{}", self.source, self.dt, self.file, self.line)
    }
}

/// All rows of an escrow, by time, then source, and which of their keys another payload has come for.
pub struct Evidence {
    pub landed: Vec<Landed>,
    contested: Vec<Vec<u8>>,
}

/// A source, its table, its key, and the function that makes a fact of a row.
const SIDES: [(&str, &str, &str, &str, &str); 3] = [
    (
        "payments/escrow",
        "escrow_events",
        "event_id",
        "escrow_fact",
        "sequence, event, type, payer, creator, amount, currency, visibility, at",
    ),
    (
        "payments/wallet",
        "wallet_transfers",
        "transaction_id",
        "transfer_fact",
        "amount, currency, fees, net, status, fx, at",
    ),
    (
        "payments/ledger",
        "ledger_entries",
        "entry_id",
        "entry_fact",
        "sequence, type, transaction_id, postings, at, visibility, dt",
    ),
];

impl Evidence {
    /// Reads what names an escrow. Which keys are contested is asked as of the night.
    pub async fn read(session: &Session, escrow_id: &str, night: NaiveDate) -> Outcome<Self> {
        let (mut landed, mut contested) = (Vec::new(), Vec::new());
        for (source, table, key, fact, columns) in SIDES {
            let named =
                format!("escrow_hash = {} AND escrow_id = {}", subject::hash(escrow_id), quoted(escrow_id));
            let query = format!(
                "SELECT {key} AS id, dt, source_file, source_line, at, conflict, {fact}({key}, {columns}, conflict) AS fact \
                 FROM bronze.{table} WHERE {named}"
            );
            for row in ask(session, &query).await?.rows() {
                landed.push(of_row(source, row, night)?);
            }
            // The other payload may name another escrow.
            let query = format!(
                "SELECT contested_fact('{source}', {key}) AS fact FROM bronze.{table} \
                 WHERE {named} AND NOT conflict AND key_hash IN \
                 (SELECT key_hash FROM bronze.{table} WHERE conflict AND dt <= DATE '{night}')"
            );
            contested.extend(
                ask(session, &query).await?.rows().filter_map(|row| row.bytes("fact")).map(<[u8]>::to_vec),
            );
        }
        landed.sort_by(|left, right| {
            let key = |row: &Landed| (row.at_micros, row.source, row.dt, row.file.clone(), row.line);
            key(left).cmp(&key(right))
        });
        Ok(Self { landed, contested })
    }

    /// The rows that the night judged.
    pub fn judged(&self) -> Outcome<Read<'_>> {
        let facts = self.landed.iter().filter(|row| row.judged).map(|row| row.fact.as_slice());
        Read::new(facts.chain(self.contested.iter().map(Vec::as_slice))).map_err(Failure::other)
    }

    /// The ledger sequences of its entries.
    pub fn sequences(&self) -> Outcome<Vec<i64>> {
        let facts = self.landed.iter().filter(|row| row.source == "payments/ledger");
        let read = Read::new(facts.map(|row| row.fact.as_slice())).map_err(Failure::other)?;
        Ok(read.entries().iter().map(|entry| entry.sequence).collect())
    }

    /// File and line of the rows that were compared, as fields of the sides.
    pub fn places(&self, compared: &Compared<'_>) -> Vec<Field> {
        let place = |source: &str, id: Option<&str>| {
            let is_it = |row: &&Landed| row.source == source && Some(row.id.as_str()) == id && !row.conflict;
            self.landed
                .iter()
                .find(is_it)
                .map(|row| (format!("{}:{}", row.file, row.line), row.dt.to_string()))
        };
        let sides = [
            place("payments/escrow", compared.last_event.or(compared.first_event)),
            place("payments/wallet", compared.transfer),
            place("payments/ledger", compared.entry),
        ];
        if sides.iter().all(Option::is_none) {
            return Vec::new();
        }
        let field = |name: &str, of: fn(&(String, String)) -> &String| {
            let [escrow, wallet, ledger] =
                sides.each_ref().map(|side| side.as_ref().map(|side| of(side).clone()));
            Field { field: name.to_owned(), escrow, wallet, ledger, differs: false }
        };
        vec![field("landed", |place| &place.1), field("file:line", |place| &place.0)]
    }
}

fn of_row(source: &'static str, row: Row<'_>, night: NaiveDate) -> Outcome<Landed> {
    let broken = || Failure::other(format!("{source}: a row without its day, time or content"));
    let (dt, at) = row.day("dt").zip(row.instant("at")).ok_or_else(broken)?;
    let fact = row.bytes("fact").ok_or_else(broken)?.to_vec();
    let (says, parties) = {
        let read = Read::new(std::iter::once(fact.as_slice())).map_err(Failure::other)?;
        match (read.events.first(), read.transfers().first(), read.entries().first()) {
            (Some(event), _, _) => event_says(event),
            (_, Some(transfer), _) => (transfer_says(transfer), None),
            (_, _, Some(entry)) => (entry_says(entry), None),
            _ => return Err(broken()),
        }
    };
    Ok(Landed {
        at: rows::instant(at),
        source,
        id: row.owned("id"),
        says,
        parties,
        dt,
        file: row.owned("source_file"),
        line: row.count("source_line"),
        conflict: row.flag("conflict").unwrap_or_default(),
        judged: dt <= night,
        at_micros: at,
        fact,
    })
}

fn amount(units: i128, currency: &str) -> String {
    money::format(units, money::exponent(currency).unwrap_or_default())
}

fn event_says(event: &EscrowEvent<'_>) -> (String, Option<String>) {
    let visibility = event.visibility.map(|known| format!(" {}", known.name())).unwrap_or_default();
    let says = format!(
        "{} (sequence {}), {} of {} {}{visibility}",
        event.event.name(),
        event.sequence,
        event.kind.name(),
        amount(event.amount, event.currency),
        event.currency,
    );
    (says, Some(format!("{} to {}", privacy::shown(event.from, event.visibility), event.to)))
}

fn transfer_says(transfer: &Transfer<'_>) -> String {
    let text = |units| amount(units, transfer.currency);
    let fees: String =
        transfer.fees.iter().map(|fee| format!(", {} {}", fee.kind, text(fee.amount))).collect();
    let from = transfer.fx.map(|fx| format!(" from {} {}", amount(fx.amount, fx.currency), fx.currency));
    let (status, gross, net) = (transfer.status.name(), text(transfer.amount), text(transfer.net));
    format!("{status} {gross} {}{}{fees}, net {net}", transfer.currency, from.unwrap_or_default())
}

fn entry_says(entry: &Entry<'_>) -> String {
    let postings = entry.postings.iter().map(|posting| {
        format!("{} {} {}", posting.account, amount(posting.amount, posting.currency), posting.currency)
    });
    let postings: Vec<_> = postings.collect();
    format!("{} (sequence {}): {}", entry.kind.name(), entry.sequence, postings.join(", "))
}
