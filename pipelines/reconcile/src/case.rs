//! What the judge reads: all rows of one escrow from the three payment sources, and the night it judges on.
//!
//! Everything is borrowed, so that a batch can be judged out of its columns without copying. Amounts are
//! stored integers of 10⁻⁹ of their currency, times are microseconds since 1970-01-01T00:00:00Z.

use schemas::money::Rate;

/// Microseconds in a UTC day.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// The UTC day of a time, in days since 1970-01-01. Days are half-open.
pub fn day_of(micros: i64) -> i32 {
    // 2^63 microseconds are about 10^8 days: the quotient always fits.
    micros.div_euclid(DAY_MICROS) as i32
}

/// All rows that name one escrow and have landed so far, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The escrow they name.
    pub escrow_id: &'a str,
    /// Rows of `payments/escrow`.
    pub events: &'a [EscrowEvent<'a>],
    /// Rows of `payments/wallet`.
    pub transfers: &'a [Transfer<'a>],
    /// Rows of `payments/ledger`.
    pub entries: &'a [Entry<'a>],
}

/// The night on which a case is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// The end of the business day (`dt` + 1, 00:00 UTC): ages run to here.
    pub end_of_day: i64,
    /// Up to when each source is complete: its manifest's watermark, else `end_of_day`.
    pub watermarks: Watermarks,
}

/// Up to which time each payment source is complete, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermarks {
    /// `payments/escrow`.
    pub escrow: i64,
    /// `payments/wallet`.
    pub wallet: i64,
    /// `payments/ledger`.
    pub ledger: i64,
}

impl Night {
    /// A night on which every source is complete to the end of the day, as without manifests.
    pub fn complete(end_of_day: i64) -> Self {
        let watermarks = Watermarks { escrow: end_of_day, wallet: end_of_day, ledger: end_of_day };
        Self { end_of_day, watermarks }
    }
}

/// What a source's key says about a row.
///
/// The same key with another payload is a conflict: both rows carry `conflict`, and only the first of them
/// is `effective`. A row that is not effective contributes its conflict and nothing else. An escrow that
/// only the later payload names has just that row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The row's key arrived with two payloads.
    pub conflict: bool,
    /// The row is its key's first payload, the one that counts.
    pub effective: bool,
}

impl Standing {
    /// A row whose key arrived with one payload.
    pub const SOLE: Self = Self { conflict: false, effective: true };
    /// The first payload of a conflict.
    pub const FIRST: Self = Self { conflict: true, effective: true };
    /// A later payload of a conflict.
    pub const LATER: Self = Self { conflict: true, effective: false };
}

/// One state event of an escrow.
#[derive(Debug, Clone, Copy)]
pub struct EscrowEvent<'a> {
    /// The source key.
    pub event_id: &'a str,
    /// Counts within the escrow from 1.
    pub sequence: i64,
    /// What happened.
    pub event: EventKind,
    /// What is paid for.
    pub kind: PaymentKind,
    /// The payer's DID.
    pub from: &'a str,
    /// The creator's DID.
    pub to: &'a str,
    /// The escrow amount.
    pub amount: i128,
    /// Its currency.
    pub currency: &'a str,
    /// Who may see it, where stated.
    pub visibility: Option<Visibility>,
    /// When it happened.
    pub at: i64,
    /// What its key says about it.
    pub standing: Standing,
}

/// One attempt of a wallet transfer.
#[derive(Debug, Clone, Copy)]
pub struct Transfer<'a> {
    /// The source key.
    pub transaction_id: &'a str,
    /// The gross amount.
    pub amount: i128,
    /// The currency of gross, fees and net.
    pub currency: &'a str,
    /// The fees taken, in the payload's order.
    pub fees: &'a [Fee<'a>],
    /// The net as stated.
    pub net: i128,
    /// Whether it moved money.
    pub status: TransferStatus,
    /// The conversion that the gross came from, where there was one.
    pub fx: Option<Fx<'a>>,
    /// When it happened.
    pub at: i64,
    /// What its key says about it.
    pub standing: Standing,
}

/// One fee of a transfer.
#[derive(Debug, Clone, Copy)]
pub struct Fee<'a> {
    /// The fee type, an open set.
    pub kind: &'a str,
    /// The rate as stated, a fraction of the gross; none where not stated.
    pub percentage: Option<Rate>,
    /// The amount in the transfer's currency.
    pub amount: i128,
}

/// A currency conversion: the transfer's amount is round(`amount` × `rate`).
#[derive(Debug, Clone, Copy)]
pub struct Fx<'a> {
    /// What the escrow paid, before conversion.
    pub amount: i128,
    /// Its currency.
    pub currency: &'a str,
    /// Units of the transfer's currency for one unit of `currency`.
    pub rate: Rate,
}

/// One entry of the distributed ledger.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The source key.
    pub entry_id: &'a str,
    /// The entry's place in the whole ledger.
    pub sequence: i64,
    /// What is entered.
    pub kind: EntryKind,
    /// The transfer it enters; none for a refund.
    pub transaction: Option<&'a str>,
    /// The movements, in the payload's order.
    pub postings: &'a [Posting<'a>],
    /// When it was entered.
    pub timestamp: i64,
    /// Who may see it, where stated.
    pub visibility: Option<Visibility>,
    /// What its key says about it.
    pub standing: Standing,
}

/// One movement on one account.
#[derive(Debug, Clone, Copy)]
pub struct Posting<'a> {
    /// The account, an open set; `escrow`, `creator`, `payer` and the schedule's accounts are known.
    pub account: &'a str,
    /// Whose share it is, where stated.
    pub party: Option<&'a str>,
    /// Positive in, negative out.
    pub amount: i128,
    /// The amount's currency.
    pub currency: &'a str,
}

/// Closed enumerations of the sources: the variants and their texts, which are case-sensitive.
macro_rules! closed_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The text that stands in the logs.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the text of the logs; none for any other.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

closed_enum!(
    /// What happened to an escrow; the last one is the escrow's state.
    EventKind {
        /// It was opened.
        Created = "CREATED",
        /// The payer's money is in it.
        Funded = "FUNDED",
        /// The creator may be paid.
        Released = "RELEASED",
        /// The payer gets the money back.
        Refunded = "REFUNDED",
        /// It ended before any money came.
        Cancelled = "CANCELLED",
    }
);

closed_enum!(
    /// What an escrow pays for.
    PaymentKind {
        /// A tip.
        Tip = "TIP",
        /// A period of a subscription.
        Subscription = "SUBSCRIPTION",
    }
);

closed_enum!(
    /// What a ledger entry enters.
    EntryKind {
        /// A tip.
        Tip = "TIP",
        /// A period of a subscription.
        Subscription = "SUBSCRIPTION",
        /// Money going back to the payer.
        Refund = "REFUND",
    }
);

closed_enum!(
    /// How a transfer ended.
    TransferStatus {
        /// Money moved: the only effective one.
        Settled = "SETTLED",
        /// No money moved.
        Failed = "FAILED",
        /// The money went back.
        Reversed = "REVERSED",
    }
);

closed_enum!(
    /// Who may see a payment.
    Visibility {
        /// Everybody.
        Public = "PUBLIC",
        /// The two parties.
        Private = "PRIVATE",
        /// The creator does not learn who paid.
        Anonymous = "ANONYMOUS",
    }
);

impl From<PaymentKind> for EntryKind {
    fn from(kind: PaymentKind) -> Self {
        match kind {
            PaymentKind::Tip => Self::Tip,
            PaymentKind::Subscription => Self::Subscription,
        }
    }
}
