//! The rows of the three payment sources before they are written, and where each lands.

use crate::amounts::{Amount, FeeType};
use crate::parties::Party;

/// How a row counts in bronze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The first of its key.
    Good,
    /// The same payload once more.
    Replay,
    /// The same key with another payload.
    Conflict,
}

/// A row of `payments/escrow`. Days of landing count from the escrow's own.
#[derive(Debug, Clone)]
pub struct Event {
    pub mark: u8,
    /// Is of the life's other escrow id.
    pub names_other: bool,
    pub sequence: u32,
    pub event: &'static str,
    pub from: Party,
    pub to: Party,
    pub amount: Amount,
    /// A JSON value.
    pub message: &'static str,
    pub visibility: &'static str,
    pub at_ms: i64,
    pub lands: u8,
    pub role: Role,
}

/// One fee of a transfer, in the transfer's currency.
#[derive(Debug, Clone)]
pub struct Fee {
    pub code: &'static str,
    pub percentage: Option<&'static str>,
    pub units: i128,
}

/// What a transfer was exchanged from.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    pub from: Amount,
    pub rate: &'static str,
}

/// A row of `payments/wallet`.
#[derive(Debug, Clone)]
pub struct Transfer {
    pub mark: u8,
    /// Names the life's other escrow id.
    pub names_other: bool,
    pub amount: Amount,
    pub fees: Vec<Fee>,
    pub net: i128,
    pub exchange: Option<Exchange>,
    pub status: &'static str,
    pub at_ms: i64,
    pub lands: u8,
    pub role: Role,
}

impl Transfer {
    /// The amount of a fee, zero where there is none.
    pub fn fee_mut(&mut self, fee: FeeType) -> Option<&mut Fee> {
        self.fees.iter_mut().find(|other| other.code == fee.code())
    }

    /// Gross minus all fees.
    pub fn settle_net(&mut self) {
        self.net = self.amount.units - self.fees.iter().map(|fee| fee.units).sum::<i128>();
    }
}

/// One posting of a ledger entry.
#[derive(Debug, Clone)]
pub struct Posting {
    pub account: &'static str,
    pub party: Option<Party>,
    pub amount: Amount,
}

/// What is wrong with an entry's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    None,
    /// The stated hash is not that of the content.
    Hash,
    /// The stated previous hash is not the neighbour's, while the entry's own hash is right.
    Previous,
    /// It has the sequence of the entry before it in its life, and right hashes. The chain goes on from the
    /// other.
    Fork,
    /// The same, and the chain goes on from this one. It lands on the day of the other.
    FollowedFork,
}

/// A row of `payments/ledger`.
#[derive(Debug, Clone)]
pub struct Entry {
    pub mark: u8,
    /// Names the life's other escrow id.
    pub names_other: bool,
    pub entry_type: &'static str,
    /// The mark of the transfer that it books.
    pub transaction: Option<u8>,
    pub postings: Vec<Posting>,
    pub timestamp_ms: i64,
    pub visibility: &'static str,
    /// The day on which it takes its place in the sequence.
    pub born: u8,
    /// `None`: it has a sequence number but the row is lost.
    pub lands: Option<u8>,
    pub tamper: Tamper,
    /// Any role but `Good` keeps the sequence number of the entry before it in this life, as a fork does.
    pub role: Role,
}

impl Entry {
    pub fn posting_mut(&mut self, account: &str) -> Option<&mut Posting> {
        self.postings.iter_mut().find(|posting| posting.account == account)
    }
}
