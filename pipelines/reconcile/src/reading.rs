//! Facts read back: the rows of one escrow, as the judge takes them.

use schemas::money::Rate;

use crate::case::{
    Entry, EntryKind, EscrowEvent, EventKind, Fee, Fx, PaymentKind, Posting, Standing, Transfer,
    TransferStatus, Visibility,
};
use crate::codec::{Fault, Reader};
use crate::facts::{CASE, CONTESTED, ESCROW, LEDGER, WALLET};

/// The facts of one escrow, read back; a case borrows from it.
#[derive(Default)]
pub struct Read<'a> {
    pub events: Vec<EscrowEvent<'a>>,
    transfers: Vec<(Transfer<'a>, std::ops::Range<usize>)>,
    entries: Vec<(Entry<'a>, std::ops::Range<usize>)>,
    fees: Vec<Fee<'a>>,
    postings: Vec<Posting<'a>>,
    /// The day on which each entry landed, in days since 1970-01-01.
    landed: Vec<i32>,
    /// The facts themselves.
    facts: Vec<&'a [u8]>,
}

impl<'a> Read<'a> {
    /// Reads all facts of a group.
    pub fn new(facts: impl Iterator<Item = &'a [u8]>) -> Result<Self, Fault> {
        let mut read = Self::default();
        let mut is_carried = false;
        for fact in facts {
            match fact.split_first() {
                Some((&CASE, case)) => {
                    is_carried = true;
                    let mut case = Reader(case);
                    while !case.0.is_empty() {
                        let length = u32::from_le_bytes(case.number()?);
                        read.facts.push(case.take(length as usize)?);
                    }
                }
                _ => read.facts.push(fact),
            }
        }
        if is_carried {
            // What a night has carried on may have been read again.
            read.facts.sort_unstable();
            read.facts.dedup();
        }
        let mut contested = Vec::new();
        for fact in std::mem::take(&mut read.facts) {
            read.take(fact, &mut contested)?;
            read.facts.push(fact);
        }
        read.mark(&contested);
        Ok(read)
    }

    /// All facts as one, for the next night.
    pub fn case(&self) -> Vec<u8> {
        let mut facts = self.facts.clone();
        facts.sort_unstable();
        let mut case = vec![CASE];
        for fact in facts {
            case.extend_from_slice(&(fact.len() as u32).to_le_bytes());
            case.extend_from_slice(fact);
        }
        case
    }

    /// Whether a row's key arrived with two payloads.
    pub fn has_conflict(&self) -> bool {
        let events = self.events.iter().map(|row| row.standing);
        let transfers = self.transfers.iter().map(|(row, _)| row.standing);
        let entries = self.entries.iter().map(|(row, _)| row.standing);
        events.chain(transfers).chain(entries).any(|standing| standing.conflict)
    }

    /// The day on which an entry landed, in days since 1970-01-01.
    pub fn landed(&self, entry_id: &str) -> Option<i32> {
        let place = self.entries.iter().position(|(entry, _)| entry.entry_id == entry_id)?;
        self.landed.get(place).copied()
    }

    fn take(&mut self, fact: &'a [u8], contested: &mut Vec<(u8, &'a str)>) -> Result<(), Fault> {
        let mut fact = Reader(fact);
        let tag = fact.byte()?;
        if tag == CONTESTED {
            let source = fact.byte()?;
            let key = std::str::from_utf8(fact.0).map_err(|error| error.to_string())?;
            contested.push((source, key));
            return Ok(());
        }
        let later = fact.byte()? == 1;
        let standing = Standing { conflict: later, effective: !later };
        let key = match tag {
            ESCROW => {
                self.events.push(event(&mut fact, standing)?);
                self.events.last().map(|row| row.event_id)
            }
            WALLET => {
                self.transfer(&mut fact, standing)?;
                self.transfers.last().map(|(row, _)| row.transaction_id)
            }
            LEDGER => {
                self.entry(&mut fact, standing)?;
                self.entries.last().map(|(row, _)| row.entry_id)
            }
            other => return Err(format!("no source has the tag {other}")),
        };
        contested.extend(key.filter(|_| later).map(|key| (tag, key)));
        Ok(())
    }

    /// Every row of a contested key is in conflict, the first one too.
    fn mark(&mut self, contested: &[(u8, &str)]) {
        let is_contested = |tag: u8, key: &str| contested.contains(&(tag, key));
        if contested.is_empty() {
            return;
        }
        for row in &mut self.events {
            row.standing.conflict |= is_contested(ESCROW, row.event_id);
        }
        for (row, _) in &mut self.transfers {
            row.standing.conflict |= is_contested(WALLET, row.transaction_id);
        }
        for (row, _) in &mut self.entries {
            row.standing.conflict |= is_contested(LEDGER, row.entry_id);
        }
    }

    /// The transfers with their fees.
    pub fn transfers(&self) -> Vec<Transfer<'_>> {
        let with_fees = |(transfer, fees): &(Transfer<'a>, std::ops::Range<usize>)| Transfer {
            fees: &self.fees[fees.clone()],
            ..*transfer
        };
        self.transfers.iter().map(with_fees).collect()
    }

    /// The entries with their postings.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let with_postings = |(entry, postings): &(Entry<'a>, std::ops::Range<usize>)| Entry {
            postings: &self.postings[postings.clone()],
            ..*entry
        };
        self.entries.iter().map(with_postings).collect()
    }

    fn transfer(&mut self, fact: &mut Reader<'a>, standing: Standing) -> Result<(), Fault> {
        let (transaction_id, amount, currency, net) =
            (fact.text()?, fact.amount()?, fact.text()?, fact.amount()?);
        let status = TransferStatus::parse(fact.text()?).ok_or("an unknown status")?;
        let at = fact.integer()?;
        let fx = match fact.byte()? {
            1 => Some(Fx { amount: fact.amount()?, currency: fact.text()?, rate: rate(fact.text()?)? }),
            _ => None,
        };
        let start = self.fees.len();
        while !fact.0.is_empty() {
            let kind = fact.text()?;
            let percentage = fact.maybe()?.map(rate).transpose()?;
            self.fees.push(Fee { kind, percentage, amount: fact.amount()? });
        }
        let transfer =
            Transfer { transaction_id, amount, currency, fees: &[], net, status, fx, at, standing };
        self.transfers.push((transfer, start..self.fees.len()));
        Ok(())
    }

    fn entry(&mut self, fact: &mut Reader<'a>, standing: Standing) -> Result<(), Fault> {
        let (entry_id, sequence) = (fact.text()?, fact.integer()?);
        let kind = EntryKind::parse(fact.text()?).ok_or("an unknown type")?;
        let (transaction, timestamp, visibility) = (fact.maybe()?, fact.integer()?, visible(fact.maybe()?)?);
        self.landed.push(fact.integer()? as i32);
        let start = self.postings.len();
        while !fact.0.is_empty() {
            let (account, party, amount) = (fact.text()?, fact.maybe()?, fact.amount()?);
            self.postings.push(Posting { account, party, amount, currency: fact.text()? });
        }
        let entry =
            Entry { entry_id, sequence, kind, transaction, postings: &[], timestamp, visibility, standing };
        self.entries.push((entry, start..self.postings.len()));
        Ok(())
    }
}

fn event<'a>(fact: &mut Reader<'a>, standing: Standing) -> Result<EscrowEvent<'a>, Fault> {
    let (event_id, sequence) = (fact.text()?, fact.integer()?);
    let event = EventKind::parse(fact.text()?).ok_or("an unknown event")?;
    let kind = PaymentKind::parse(fact.text()?).ok_or("an unknown type")?;
    let (from, to, amount, currency) = (fact.text()?, fact.text()?, fact.amount()?, fact.text()?);
    let (visibility, at) = (visible(fact.maybe()?)?, fact.integer()?);
    Ok(EscrowEvent { event_id, sequence, event, kind, from, to, amount, currency, visibility, at, standing })
}

fn visible(text: Option<&str>) -> Result<Option<Visibility>, Fault> {
    text.map(|text| Visibility::parse(text).ok_or_else(|| "an unknown visibility".to_owned())).transpose()
}

fn rate(text: &str) -> Result<Rate, Fault> {
    Rate::parse(text).map_err(|error| error.to_string())
}
