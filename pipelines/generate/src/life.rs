//! One escrow: what its rows have in common, the legal lives it can lead, what each night must say of it.

use crate::amounts::{Amount, FeeType};
use crate::parties::Party;
use crate::rows::{Entry, Event, Fee, Posting, Role, Tamper, Transfer};
use crate::text::TimeStyle;
use crate::verdicts::{Nights, Verdict};

/// What the escrow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tip,
    Subscription,
}

impl Kind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Tip => "TIP",
            Self::Subscription => "SUBSCRIPTION",
        }
    }
}

/// Which of the payment sources a caller wants; a life holds only what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Escrow,
    Wallet,
    Ledger,
}

/// Odd but valid ways of writing a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    pub time: TimeStyle,
    /// Amounts as JSON numbers, taken by their digits.
    pub number: bool,
    /// A key that nobody knows.
    pub unknown_key: bool,
    /// Fees of zero are written instead of left out.
    pub zero_fees: bool,
    /// The percentage of a fee is not stated.
    pub no_percentage: bool,
}

/// What is common to all rows of an escrow, and the times of its legal steps.
#[derive(Debug, Clone)]
pub struct Base {
    /// 60 bits of identity; escrow ids sort by it.
    pub stem: u64,
    pub kind: Kind,
    pub payer: Party,
    pub creator: Party,
    pub amount: Amount,
    pub message: &'static str,
    pub visibility: &'static str,
    pub created_ms: i64,
    pub funded_ms: i64,
    /// Released, refunded or cancelled.
    pub closed_ms: i64,
    pub settled_ms: i64,
    pub booked_ms: i64,
    pub style: Style,
}

impl Base {
    /// Moves every step by some milliseconds.
    pub fn shift(&mut self, by_ms: i64) {
        self.created_ms += by_ms;
        self.funded_ms += by_ms;
        self.shift_close(by_ms);
    }

    /// Moves the close, the transfer and the entry.
    pub fn shift_close(&mut self, by_ms: i64) {
        self.closed_ms += by_ms;
        self.settled_ms += by_ms;
        self.booked_ms += by_ms;
    }

    /// The event with a place in the life (from 1); its mark is that digit.
    pub fn event(&self, sequence: u32, event: &'static str, at_ms: i64) -> Event {
        Event {
            mark: b'0' + sequence as u8,
            names_other: false,
            sequence,
            event,
            from: self.payer,
            to: self.creator,
            amount: self.amount,
            message: self.message,
            visibility: self.visibility,
            at_ms,
            lands: 0,
            role: Role::Good,
        }
    }

    /// The settled transfer with its two fees.
    pub fn transfer(&self) -> Transfer {
        let fee = |fee: FeeType| Fee {
            code: fee.code(),
            percentage: (!self.style.no_percentage).then_some(fee.percentage()),
            units: fee.of(self.amount),
        };
        let mut transfer = Transfer {
            mark: b'1',
            names_other: false,
            amount: self.amount,
            fees: FeeType::ALL.map(fee).into(),
            net: 0,
            exchange: None,
            status: "SETTLED",
            at_ms: self.settled_ms,
            lands: 0,
            role: Role::Good,
        };
        transfer.settle_net();
        if !self.style.zero_fees {
            transfer.fees.retain(|fee| fee.units != 0);
        }
        transfer
    }

    /// The entry that books the released escrow.
    pub fn entry(&self) -> Entry {
        let [platform, processing] = FeeType::ALL.map(|fee| (fee, fee.of(self.amount)));
        let post = |account, party, amount| Posting { account, party, amount };
        let net = self.amount.with_units(self.amount.units - platform.1 - processing.1);
        let mut postings = vec![
            post("escrow", Some(self.payer), self.amount.negative()),
            post("creator", Some(self.creator), net),
        ];
        for (fee, units) in [platform, processing] {
            if units != 0 || self.style.zero_fees {
                postings.push(post(fee.account(), None, self.amount.with_units(units)));
            }
        }
        self.entry_of(self.kind.code(), Some(b'1'), postings)
    }

    /// The entry that books the refunded escrow.
    pub fn refund_entry(&self) -> Entry {
        let postings = vec![
            Posting { account: "escrow", party: Some(self.payer), amount: self.amount.negative() },
            Posting { account: "payer", party: Some(self.payer), amount: self.amount },
        ];
        self.entry_of("REFUND", None, postings)
    }

    fn entry_of(&self, entry_type: &'static str, transaction: Option<u8>, postings: Vec<Posting>) -> Entry {
        Entry {
            mark: b'1',
            names_other: false,
            entry_type,
            transaction,
            postings,
            timestamp_ms: self.booked_ms,
            visibility: self.visibility,
            born: 0,
            lands: Some(0),
            tamper: Tamper::None,
            role: Role::Good,
        }
    }
}

/// How a legal life ends on its own day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Released,
    Refunded,
    Cancelled,
}

/// The rows of one escrow. Made for reuse: clearing keeps the room.
#[derive(Debug, Default)]
pub struct Life {
    pub events: Vec<Event>,
    pub transfers: Vec<Transfer>,
    pub entries: Vec<Entry>,
    pub nights: Nights,
    /// Of the other escrow id: one that a conflicting transfer or a forking entry names, or a second escrow.
    pub other_nights: Nights,
}

impl Life {
    pub fn clear(&mut self) {
        self.events.clear();
        self.transfers.clear();
        self.entries.clear();
        self.nights.clear();
        self.other_nights.clear();
    }

    /// Writes a legal life. `part` leaves out what the caller does not want; `None` writes all.
    pub fn legal(&mut self, base: &Base, ending: Ending, part: Option<Part>) {
        let wants = |asked| part.is_none_or(|part| part == asked);
        if wants(Part::Escrow) {
            self.events.push(base.event(1, "CREATED", base.created_ms));
            if ending == Ending::Cancelled {
                self.events.push(base.event(2, "CANCELLED", base.closed_ms));
            } else {
                let closed = if ending == Ending::Released { "RELEASED" } else { "REFUNDED" };
                self.events.push(base.event(2, "FUNDED", base.funded_ms));
                self.events.push(base.event(3, closed, base.closed_ms));
            }
        }
        if wants(Part::Wallet) && ending == Ending::Released {
            self.transfers.push(base.transfer());
        }
        if wants(Part::Ledger) {
            match ending {
                Ending::Released => self.entries.push(base.entry()),
                Ending::Refunded => self.entries.push(base.refund_entry()),
                Ending::Cancelled => {}
            }
        }
    }

    /// Writes a second escrow under the life's other id, released like the first and after it.
    pub fn second(&mut self, base: &Base) {
        let steps = [("CREATED", base.created_ms), ("FUNDED", base.funded_ms), ("RELEASED", base.closed_ms)];
        for (place, (name, at_ms)) in steps.into_iter().enumerate() {
            let event = base.event(place as u32 + 1, name, at_ms);
            self.events.push(Event { mark: b'a' + place as u8, names_other: true, ..event });
        }
        self.transfers.push(Transfer { mark: b'2', names_other: true, ..base.transfer() });
        let entry = base.entry();
        self.entries.push(Entry { mark: b'2', names_other: true, transaction: Some(b'2'), ..entry });
        self.other_nights.from(0, Verdict::MATCHED);
    }
}
