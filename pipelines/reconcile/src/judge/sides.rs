//! The three sides of a case in the contract's order: effective rows only, and which of them are compared.

use crate::case::{
    Case, Entry, EntryKind, EscrowEvent, EventKind, Posting, Standing, Transfer, TransferStatus,
};

/// The account that the payer's money leaves.
pub(super) const ESCROW: &str = "escrow";
/// The account of the creator's net.
pub(super) const CREATOR: &str = "creator";
/// The account that a refund goes to.
pub(super) const PAYER: &str = "payer";

/// The effective rows of a case, each side in its own order.
pub(super) struct Sides<'a> {
    /// By (`sequence`, `at`, `event_id`).
    pub events: Vec<&'a EscrowEvent<'a>>,
    /// SETTLED ones, by (`at`, `transaction_id`).
    pub transfers: Vec<&'a Transfer<'a>>,
    /// By (`sequence`, `entry_id`).
    pub entries: Vec<&'a Entry<'a>>,
    /// The transfer that is compared: the one that the first entry names, else the first.
    pub transfer: Option<&'a Transfer<'a>>,
    /// Whether any row's key arrived with two payloads.
    pub conflict: bool,
}

impl<'a> Sides<'a> {
    pub fn of(case: &Case<'a>) -> Self {
        let mut events: Vec<_> = case.events.iter().filter(|row| row.standing.effective).collect();
        let mut transfers: Vec<_> = case
            .transfers
            .iter()
            .filter(|row| row.standing.effective && row.status == TransferStatus::Settled)
            .collect();
        let mut entries: Vec<_> = case.entries.iter().filter(|row| row.standing.effective).collect();
        events.sort_unstable_by_key(|row| (row.sequence, row.at, row.event_id));
        transfers.sort_unstable_by_key(|row| (row.at, row.transaction_id));
        entries.sort_unstable_by_key(|row| (row.sequence, row.entry_id));
        let named = entries.first().and_then(|entry| entry.transaction);
        let transfer = transfers
            .iter()
            .find(|transfer| Some(transfer.transaction_id) == named)
            .or(transfers.first())
            .copied();
        let conflict = case.events.iter().any(|row| row.standing.conflict)
            || case.transfers.iter().any(|row| row.standing.conflict)
            || case.entries.iter().any(|row| row.standing.conflict);
        Self { events, transfers, entries, transfer, conflict }
    }

    /// The event whose amount, parties, type and visibility are the escrow's.
    pub fn first(&self) -> Option<&'a EscrowEvent<'a>> {
        self.events.first().copied()
    }

    /// The escrow's last event, which is its state.
    pub fn last(&self) -> Option<&'a EscrowEvent<'a>> {
        self.events.last().copied()
    }

    /// The escrow's state; none where no event is known.
    pub fn state(&self) -> Option<EventKind> {
        self.last().map(|event| event.event)
    }

    /// The entry that is compared: the first.
    pub fn entry(&self) -> Option<&'a Entry<'a>> {
        self.entries.first().copied()
    }

    /// The transfer whose amounts an entry should repeat: the compared one. A refund repeats none, unless
    /// the escrow was released, when REFUND is only a wrong type.
    pub fn transfer_of(&self, entry: &Entry<'_>) -> Option<&'a Transfer<'a>> {
        let refund = entry.kind == EntryKind::Refund && self.state() != Some(EventKind::Released);
        self.transfer.filter(|_| !refund)
    }

    /// Whether an entry is of money going back: a REFUND, or whatever was entered for a refunded escrow.
    pub fn is_refund(&self, entry: &Entry<'_>) -> bool {
        entry.kind == EntryKind::Refund || self.state() == Some(EventKind::Refunded)
    }

    /// The latest time of any side: the last event's `at`, the transfers' `at`, the entries' timestamps.
    pub fn latest(&self) -> Option<i64> {
        let event = self.last().map(|row| row.at);
        let transfers = self.transfers.iter().map(|row| row.at);
        let entries = self.entries.iter().map(|row| row.timestamp);
        event.into_iter().chain(transfers).chain(entries).max()
    }

    /// The time whose day is the verdict's `event_day`.
    pub fn event_time(&self, case: &Case<'_>) -> i64 {
        let side = self.last().map(|row| row.at).or(self.transfer.map(|row| row.at));
        side.or(self.entry().map(|row| row.timestamp)).unwrap_or_else(|| {
            let events = case.events.iter().map(|row| row.at);
            let transfers = case.transfers.iter().map(|row| row.at);
            let entries = case.entries.iter().map(|row| row.timestamp);
            events.chain(transfers).chain(entries).max().unwrap_or_default()
        })
    }
}

/// The currency an entry moves: that of its first `escrow` posting in the order of account and currency.
pub(super) fn currency_of<'a>(entry: &Entry<'a>) -> Option<&'a str> {
    entry.postings.iter().filter(|posting| posting.account == ESCROW).map(|posting| posting.currency).min()
}

/// The sum of an entry's postings on one account in one currency; none where the account is posted in
/// another currency too, which cannot be compared. An account that is not posted has a sum of zero.
pub(super) fn posted(entry: &Entry<'_>, account: &str, currency: &str) -> Option<i128> {
    let mut sum = 0_i128;
    for posting in entry.postings.iter().filter(|posting| posting.account == account) {
        if posting.currency != currency {
            return None;
        }
        sum = sum.saturating_add(posting.amount);
    }
    Some(sum)
}

/// What an entry takes out of the escrow, in its currency: minus its `escrow` postings.
pub(super) fn gross_of<'a>(entry: &Entry<'a>) -> Option<(i128, &'a str)> {
    let currency = currency_of(entry)?;
    let sum = sum_where(entry, |posting| posting.account == ESCROW && posting.currency == currency);
    Some((sum.saturating_neg(), currency))
}

/// The sum of the postings that hold a condition. An amount is below 10^28 units of 10⁻⁹ and an entry has
/// far fewer than 10^9 postings, so the sum never saturates.
pub(super) fn sum_where(entry: &Entry<'_>, holds: impl Fn(&Posting<'_>) -> bool) -> i128 {
    let kept = entry.postings.iter().filter(|posting| holds(posting));
    kept.fold(0_i128, |sum, posting| sum.saturating_add(posting.amount))
}

/// The least id of a side that has nothing but payloads that do not count, so that a break can name it.
pub(super) fn conflicting_id<'a>(rows: impl Iterator<Item = (Standing, &'a str)>) -> Option<&'a str> {
    rows.filter(|(standing, _)| standing.conflict).map(|(_, id)| id).min()
}
