//! The verdicts of the nightly reconciliation, in the order in which the first hit wins.

use std::fmt;

/// What one escrow reads as on one night. The order is the precedence: a smaller class wins.
///
/// The names are stable; they stand in `silver.reconciliation.class`, in its `flags` and in `silver.breaks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// One source key arrived with two payloads.
    DuplicateConflict,
    /// The escrow's events are no legal life, or money moved without a release.
    IllegalState,
    /// Created or funded, nothing moved, within the age limit.
    Open,
    /// Created or funded, nothing moved, past the age limit.
    StuckEscrow,
    /// A side is absent whose source is not complete far enough to say that it is missing.
    TimingPending,
    /// Released, no effective transfer.
    MissingTransfer,
    /// Released and transferred, or refunded, and no ledger entry.
    MissingLedger,
    /// Transferred and entered, no escrow event.
    MissingEscrow,
    /// Only an effective transfer exists.
    OrphanTransfer,
    /// Only a ledger entry exists.
    OrphanLedger,
    /// Two effective transfers for one escrow.
    DuplicateTransfer,
    /// Two ledger entries for one escrow.
    DuplicateLedger,
    /// An entry's postings do not sum to zero per currency.
    UnbalancedPostings,
    /// The entry's type is not the escrow's.
    TypeMismatch,
    /// The sides' currencies differ.
    CurrencyMismatch,
    /// The sides' payers or creators differ.
    PartyMismatch,
    /// The sides' gross amounts differ.
    AmountMismatch,
    /// The transfer's and the ledger's fee differ.
    FeeDisagrees,
    /// The fee is what another rounding of the schedule gives.
    FeeRounding,
    /// The stated percentage is not the schedule's.
    FeeRate,
    /// Any other wrong, missing or unknown fee.
    FeeAmount,
    /// The net is not gross minus fees, or the creator got another sum.
    NetMismatch,
    /// Money agrees; release and ledger entry fall on different UTC days.
    DayBoundary,
    /// Money agrees; the visibility differs.
    MetadataMismatch,
    /// All agrees, released.
    Matched,
    /// All agrees, refunded.
    Refunded,
    /// All agrees, cancelled.
    Cancelled,
}

impl Class {
    /// Every class in the order of precedence, with its stable name.
    pub const ALL: [(Self, &'static str); 27] = [
        (Self::DuplicateConflict, "DUPLICATE_CONFLICT"),
        (Self::IllegalState, "ILLEGAL_STATE"),
        (Self::Open, "OPEN"),
        (Self::StuckEscrow, "STUCK_ESCROW"),
        (Self::TimingPending, "TIMING_PENDING"),
        (Self::MissingTransfer, "MISSING_TRANSFER"),
        (Self::MissingLedger, "MISSING_LEDGER"),
        (Self::MissingEscrow, "MISSING_ESCROW"),
        (Self::OrphanTransfer, "ORPHAN_TRANSFER"),
        (Self::OrphanLedger, "ORPHAN_LEDGER"),
        (Self::DuplicateTransfer, "DUPLICATE_TRANSFER"),
        (Self::DuplicateLedger, "DUPLICATE_LEDGER"),
        (Self::UnbalancedPostings, "UNBALANCED_POSTINGS"),
        (Self::TypeMismatch, "TYPE_MISMATCH"),
        (Self::CurrencyMismatch, "CURRENCY_MISMATCH"),
        (Self::PartyMismatch, "PARTY_MISMATCH"),
        (Self::AmountMismatch, "AMOUNT_MISMATCH"),
        (Self::FeeDisagrees, "FEE_DISAGREES"),
        (Self::FeeRounding, "FEE_ROUNDING"),
        (Self::FeeRate, "FEE_RATE"),
        (Self::FeeAmount, "FEE_AMOUNT"),
        (Self::NetMismatch, "NET_MISMATCH"),
        (Self::DayBoundary, "DAY_BOUNDARY"),
        (Self::MetadataMismatch, "METADATA_MISMATCH"),
        (Self::Matched, "MATCHED"),
        (Self::Refunded, "REFUNDED"),
        (Self::Cancelled, "CANCELLED"),
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The class of a stable name; none for any other text.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// Whether somebody must look at it: every class but OPEN, TIMING_PENDING, DAY_BOUNDARY, MATCHED,
    /// REFUNDED and CANCELLED.
    pub fn is_break(self) -> bool {
        !matches!(
            self,
            Self::Open
                | Self::TimingPending
                | Self::DayBoundary
                | Self::Matched
                | Self::Refunded
                | Self::Cancelled
        )
    }

    /// Whether the next night writes no row for it unless a new row lands: MATCHED, REFUNDED, CANCELLED,
    /// DAY_BOUNDARY and METADATA_MISMATCH. (METADATA_MISMATCH is a break all the same: it stays OPEN until
    /// it is resolved by hand.)
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Matched | Self::Refunded | Self::Cancelled | Self::DayBoundary | Self::MetadataMismatch
        )
    }

    /// Whether all sides are there and their money agrees: MATCHED, DAY_BOUNDARY and METADATA_MISMATCH.
    ///
    /// A refund that crossed midnight reads DAY_BOUNDARY too; its fees and net are null, so a sum over
    /// settled rows pays nothing out for it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Matched | Self::DayBoundary | Self::MetadataMismatch)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Findings about a batch and not about an escrow. They stand in `silver.breaks` only, with no escrow id and
/// the sequence or the source in `subcode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BatchClass {
    /// A sequence of the ledger that has not landed though a later one has.
    SequenceGap,
    /// A ledger entry that is not the one its hashes speak of.
    ChainBreak,
    /// A manifest's totals are not those of its rows.
    ControlTotal,
}

impl BatchClass {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SequenceGap => "SEQUENCE_GAP",
            Self::ChainBreak => "CHAIN_BREAK",
            Self::ControlTotal => "CONTROL_TOTAL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_precedence() {
        for (position, (class, name)) in Class::ALL.iter().enumerate() {
            assert_eq!(*class as usize, position, "{name}");
            assert_eq!(Class::parse(name), Some(*class));
        }
        assert_eq!(Class::parse("matched"), None);
    }

    #[test]
    fn the_three_sets_are_the_contracts() {
        let names = |holds: fn(Class) -> bool| {
            Class::ALL.iter().filter(|(class, _)| holds(*class)).map(|(_, name)| *name).collect::<Vec<_>>()
        };
        let quiet = ["OPEN", "TIMING_PENDING", "DAY_BOUNDARY", "MATCHED", "REFUNDED", "CANCELLED"];
        assert_eq!(names(|class| !class.is_break()), quiet);
        let last = ["DAY_BOUNDARY", "METADATA_MISMATCH", "MATCHED", "REFUNDED", "CANCELLED"];
        assert_eq!(names(Class::is_final), last);
        assert_eq!(names(Class::is_settled), ["DAY_BOUNDARY", "METADATA_MISMATCH", "MATCHED"]);
    }
}
