//! Entries of the distributed ledger.

use std::borrow::Cow;

use arrow::array::{ArrayRef, Decimal128Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;

use super::{Rows, VISIBILITIES, finished, hash_of};
use crate::columns::{self, Lists};
use crate::field::{self, maybe, members, required};
use crate::json::Value;
use crate::reason::{Reason, Rejection};
use crate::texts::Texts;
use crate::totals::Totals;

const TYPES: &[&str] = &["TIP", "SUBSCRIPTION", "REFUND"];

pub struct LedgerRows {
    entry_id: Texts,
    sequence: Int64Builder,
    kind: Texts,
    escrow_id: Texts,
    escrow_hash: Int64Builder,
    transaction_id: Texts,
    postings: Lists,
    account: Texts,
    party: Texts,
    amount: Decimal128Builder,
    currency: Texts,
    written: Texts,
    at: TimestampMicrosecondBuilder,
    visibility: Texts,
    prev_hash: Texts,
    hash: Texts,
}

impl Default for LedgerRows {
    fn default() -> Self {
        Self {
            entry_id: Texts::new(),
            sequence: Int64Builder::new(),
            kind: Texts::new(),
            escrow_id: Texts::new(),
            escrow_hash: Int64Builder::new(),
            transaction_id: Texts::new(),
            postings: Lists::default(),
            account: Texts::new(),
            party: Texts::new(),
            amount: columns::money(),
            currency: Texts::new(),
            written: Texts::new(),
            at: columns::instants(),
            visibility: Texts::new(),
            prev_hash: Texts::new(),
            hash: Texts::new(),
        }
    }
}

struct Posting<'a> {
    account: Cow<'a, str>,
    party: Option<Cow<'a, str>>,
    units: i128,
    written: Cow<'a, str>,
    currency: &'static str,
}

fn posting(value: Value<'_>) -> Result<Posting<'_>, Rejection> {
    let value = field::object(value, "postings")?;
    members!(value => account = "account", party = "party", amount = "amount", currency = "currency");
    let account = field::text(required(account, "postings.account")?, "postings.account")?;
    let party = maybe(party, "postings.party", field::party)?;
    let (currency, exponent) =
        field::currency(required(currency, "postings.currency")?, "postings.currency")?;
    let (units, written) = field::decimal(required(amount, "postings.amount")?, "postings.amount", exponent)?;
    Ok(Posting { account, party, units, written, currency })
}

fn postings<'a>(value: Option<Value<'a>>) -> Result<Vec<Posting<'a>>, Rejection> {
    let refuse = |reason| Err(Rejection::new(reason, "postings".to_owned()));
    let Some(list) = field::optional(value) else { return refuse(Reason::PostingsMustBePresent) };
    let postings = field::array(list, "postings")?.items().map(posting).collect::<Result<Vec<_>, _>>()?;
    if postings.is_empty() {
        return refuse(Reason::PostingsMustBePresent);
    }
    if !postings.iter().any(|posting| posting.account == "escrow") {
        return refuse(Reason::PostingsMustHoldAnEscrow);
    }
    Ok(postings)
}

impl Rows for LedgerRows {
    fn push(&mut self, row: Value<'_>, totals: &mut Totals) -> Result<u64, Rejection> {
        members!(row => entry_id = "entry_id", sequence = "sequence", kind = "type", escrow_id = "escrow_id",
            transaction = "transaction", list = "postings", metadata = "metadata", prev_hash = "prev_hash",
            hash = "hash");
        let entry_id = field::text(required(entry_id, "entry_id")?, "entry_id")?;
        let sequence = field::integer(required(sequence, "sequence")?, "sequence")?;
        let kind = field::listed(required(kind, "type")?, "type", TYPES)?;
        let escrow_id = field::text(required(escrow_id, "escrow_id")?, "escrow_id")?;
        let transaction = maybe(transaction, "transaction", field::text)?;
        let postings = postings(list)?;
        let metadata = field::object(required(metadata, "metadata")?, "metadata")?;
        members!(metadata => timestamp = "timestamp", visibility = "visibility");
        let at = field::epoch_ms(required(timestamp, "metadata.timestamp")?, "metadata.timestamp")?;
        let list = |value, name: &str| field::listed(value, name, VISIBILITIES);
        let visibility = maybe(visibility, "metadata.visibility", list)?;
        let prev_hash = field::text(required(prev_hash, "prev_hash")?, "prev_hash")?;
        let hash = field::text(required(hash, "hash")?, "hash")?;

        let key = hash_of(&entry_id);
        self.entry_id.append_value(entry_id);
        self.sequence.append_value(sequence);
        self.kind.append_value(kind);
        self.escrow_hash.append_value(hash_of(&escrow_id) as i64);
        self.escrow_id.append_value(escrow_id);
        self.transaction_id.append_option(transaction);
        self.postings.push(postings.len());
        for posting in postings {
            if posting.account == "escrow" {
                totals.add(posting.currency, posting.units);
            }
            self.account.append_value(posting.account);
            self.party.append_option(posting.party);
            self.amount.append_value(posting.units);
            self.currency.append_value(posting.currency);
            self.written.append_value(posting.written);
        }
        self.at.append_value(at);
        self.visibility.append_option(visibility);
        self.prev_hash.append_value(prev_hash);
        self.hash.append_value(hash);
        Ok(key)
    }

    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let posting = finished![chunk; self.account, self.party, self.amount, self.currency, self.written];
        let names = ["account", "party", "amount", "currency", "written"];
        let postings = self.postings.finish(columns::structs(&names, posting, None));
        let mut columns = finished![
            chunk;
            self.entry_id,
            self.sequence,
            self.kind,
            self.escrow_id,
            self.escrow_hash,
            self.transaction_id
        ];
        columns.push(postings);
        columns.extend(finished![chunk; self.at, self.visibility, self.prev_hash, self.hash]);
        Ok(columns)
    }
}
