//! The ledger as a journal in the format of hledger: written while it is read, so that memory does not grow
//! with it, and added up on the way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};

use chrono::{DateTime, Datelike, NaiveDate};
use futures::TryStreamExt;
use schemas::money;
use warehouse::Session;

use super::period::Period;
use super::postings::{self, Posting, encoded};
use super::trial_balance::{Line, SUSPENSE, TrialBalance};
use crate::answer::{self, Row};
use crate::failure::{Failure, Kind, Outcome};

/// Creators are named, payers are not.
const PARTY: &str = "CASE WHEN posting['account'] = 'creator' THEN posting['party'] END";

/// Unbalanced entries that are named; the rest are counted.
const NAMED: usize = 100;

/// What the journal came to.
#[derive(Debug, Default)]
pub struct Sums {
    pub entries: u64,
    pub unbalanced_entries: u64,
    /// Entries whose postings do not sum to zero: id, currency and what is missing. The first of them.
    pub unbalanced: Vec<(String, String, String)>,
    /// By currency and account as it is written there, opening included.
    closing: BTreeMap<(String, String), i128>,
    /// By currency, what was posted to the suspense account.
    suspense: BTreeMap<String, i128>,
}

/// Writes the journal of a period and proves it against the trial balance.
pub async fn write(session: &Session, period: &Period, balance: &TrialBalance, file: File) -> Outcome<Sums> {
    let mut journal = Journal { out: BufWriter::with_capacity(1 << 18, file), sums: Sums::default() };
    journal.head(period, balance)?;
    journal.opening(session, period).await?;
    journal.entries(session, period).await?;
    journal.out.flush().and_then(|()| journal.out.get_ref().sync_all()).map_err(unwritable)?;
    journal.sums.prove(balance)?;
    Ok(journal.sums)
}

struct Journal {
    out: BufWriter<File>,
    sums: Sums,
}

impl Journal {
    fn head(&mut self, period: &Period, balance: &TrialBalance) -> Outcome<()> {
        let mut head = format!(
            "; Entries of the ledger that landed from {} to {}, both days in it (UTC).\n\
             ; An account is the ledger's, then the creator, percent-encoded; payers are not named. Signs are the ledger's: positive in.\n\
             ; The date is the ledger's, the code its sequence. What does not balance is on {SUSPENSE}.\n\n",
            period.from, period.to
        );
        for currency in balance.currencies() {
            let digits = usize::from(money::exponent(currency).unwrap_or_default());
            head.push_str(&format!("commodity 1000.{} {currency}\n", "0".repeat(digits)));
        }
        self.push(&head)
    }

    /// What stood on each account and creator before the period, as one transaction on its first day.
    async fn opening(&mut self, session: &Session, period: &Period) -> Outcome<()> {
        let query = format!(
            "WITH postings AS (SELECT unnest(postings) AS posting FROM bronze.ledger_entries \
             WHERE dt < DATE '{}' AND NOT conflict), \
             sums AS (SELECT posting['currency'] AS currency, posting['account'] AS account, \
             {PARTY} AS party, CAST(sum(posting['amount']) AS DECIMAL(38, 9)) AS sum FROM postings \
             GROUP BY posting['currency'], posting['account'], {PARTY}) \
             SELECT currency, account, party, sum FROM sums WHERE sum <> 0 ORDER BY currency, account, party",
            period.from
        );
        let mut batches = session.sql(&query).await?.execute_stream().await?;
        let mut missing: BTreeMap<String, i128> = BTreeMap::new();
        let mut begun = false;
        while let Some(batch) = batches.try_next().await? {
            for row in answer::rows(&batch) {
                if !begun {
                    self.push(&format!("\n{} opening balances\n", period.from))?;
                    begun = true;
                }
                let account = encoded(row.text("account").unwrap_or_default());
                let (party, currency) = (row.text("party").map(encoded), row.owned("currency"));
                let units = row.units("sum").unwrap_or_default();
                *missing.entry(currency.clone()).or_default() -= units;
                self.post(&Posting {
                    account: &account,
                    party: party.as_deref(),
                    units,
                    currency: &currency,
                })?;
            }
        }
        missing.retain(|_, units| *units != 0);
        missing.iter().try_for_each(|(currency, units)| self.suspend(currency, *units))
    }

    /// Postings are flat text before they are sorted: lists of structs do not spill well.
    async fn entries(&mut self, session: &Session, period: &Period) -> Outcome<()> {
        postings::register(session);
        let query = format!(
            "SELECT dt, sequence, entry_id, type, escrow_id, transaction_id, at, flat_postings(postings) AS postings \
             FROM bronze.ledger_entries WHERE dt BETWEEN DATE '{}' AND DATE '{}' AND NOT conflict ORDER BY sequence, entry_id",
            period.from, period.to
        );
        let mut batches = session.sql(&query).await?.execute_stream().await?;
        while let Some(batch) = batches.try_next().await? {
            for row in answer::rows(&batch) {
                self.entry(row)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, row: Row<'_>) -> Outcome<()> {
        let broken = || Failure::other("bronze.ledger_entries: a row without its day or postings");
        let landed = row.day("dt").ok_or_else(broken)?;
        let entry_id = row.owned("entry_id");
        let transaction =
            row.text("transaction_id").map(|id| format!(", transaction:{}", encoded(id))).unwrap_or_default();
        self.push(&format!(
            "\n{} ({}) {} {}  ; escrow:{}{transaction}, landed:{landed}\n",
            date(row.instant("at"), landed),
            row.count("sequence"),
            row.text("type").unwrap_or_default(),
            encoded(&entry_id),
            encoded(row.text("escrow_id").unwrap_or_default()),
        ))?;
        let mut missing: BTreeMap<&str, i128> = BTreeMap::new();
        for posting in postings::read(row.text("postings").ok_or_else(broken)?) {
            let posting = posting?;
            self.post(&posting)?;
            *missing.entry(posting.currency).or_default() -= posting.units;
        }
        missing.retain(|_, units| *units != 0);
        self.sums.entries += 1;
        self.sums.unbalanced_entries += u64::from(!missing.is_empty());
        for (currency, units) in missing {
            if self.sums.unbalanced.len() < NAMED {
                self.sums.unbalanced.push((entry_id.clone(), currency.to_owned(), amount(units, currency)));
            }
            self.suspend(currency, units)?;
        }
        Ok(())
    }

    fn post(&mut self, posting: &Posting<'_>) -> Outcome<()> {
        let key = (posting.currency.to_owned(), posting.account.to_owned());
        let sum = self.sums.closing.entry(key).or_default();
        *sum = sum.checked_add(posting.units).ok_or_else(|| Failure::other("a sum is too large"))?;
        let party = posting.party.map(|party| format!(":{party}")).unwrap_or_default();
        let amount = amount(posting.units, posting.currency);
        self.push(&format!("    {}{party}  {amount} {}\n", posting.account, posting.currency))
    }

    /// Posts what is missing to zero. hledger would otherwise refuse the transaction, or guess a price.
    fn suspend(&mut self, currency: &str, units: i128) -> Outcome<()> {
        *self.sums.suspense.entry(currency.to_owned()).or_default() += units;
        self.push(&format!("    {SUSPENSE}  {} {currency}\n", amount(units, currency)))
    }

    fn push(&mut self, text: &str) -> Outcome<()> {
        self.out.write_all(text.as_bytes()).map_err(unwritable)
    }
}

impl Sums {
    /// The journal's accounts are the trial balance's, to the last digit.
    fn prove(&self, balance: &TrialBalance) -> Outcome<()> {
        let line = |((currency, account), line): (&(String, String), &Line)| {
            ((currency.clone(), encoded(account)), line.closing)
        };
        let stated: BTreeMap<_, _> = balance.lines.iter().map(line).collect();
        for key in stated.keys().chain(self.closing.keys()) {
            if stated.get(key).copied().unwrap_or_default()
                != self.closing.get(key).copied().unwrap_or_default()
            {
                let message = format!("{} in {}: the journal is not the trial balance", key.1, key.0);
                return Err(Failure::new(Kind::Control, message).with_hint("nothing was written"));
            }
        }
        for currency in balance.currencies() {
            let stated = balance.unbalanced.get(currency).map(|line| line.closing).unwrap_or_default();
            if stated != self.suspense.get(currency).copied().unwrap_or_default() {
                let message = format!("{SUSPENSE} in {currency}: the journal is not the trial balance");
                return Err(Failure::new(Kind::Control, message).with_hint("nothing was written"));
            }
        }
        Ok(())
    }
}

/// The day of a ledger's timestamp; the landing day where the format has no such year.
fn date(at: Option<i64>, landed: NaiveDate) -> NaiveDate {
    let day = at.and_then(DateTime::from_timestamp_micros).map(|time| time.date_naive());
    day.filter(|day| (1..=9999).contains(&day.year())).unwrap_or(landed)
}

fn amount(units: i128, currency: &str) -> String {
    money::format(units, money::exponent(currency).unwrap_or_default())
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::other(format!("books.journal cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_the_format_does_not_know_is_the_landing_day() {
        let landed = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
        assert_eq!(date(Some(0), landed).to_string(), "1970-01-01");
        assert_eq!(date(Some(i64::MAX), landed), landed);
        assert_eq!(date(None, landed), landed);
    }
}
