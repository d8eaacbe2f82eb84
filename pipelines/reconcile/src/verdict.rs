//! What the judge says of one escrow on one night: the class, what else was found, and the money.

use std::fmt;

use crate::case::EntryKind;
use crate::class::Class;

/// One row of `silver.reconciliation`. Amounts are stored integers of 10⁻⁹ of `currency`.
///
/// Which side a value is from, where several could give it:
/// - `transaction_id`, `transfer` columns: the effective transfer that the first ledger entry (by `sequence`,
///   `entry_id`) names, else the first effective transfer by (`at`, `transaction_id`). `entry_id`: that first
///   entry. Where a side has only the later payload of a conflict, its id is still told.
/// - `kind`, `payer`, `creator`: the escrow's first event, else the first entry (the parties of its `escrow`
///   and `creator` postings). They stand as written, aliases are not applied.
/// - `gross` and `currency`: the transfer, else the entry (minus its `escrow` postings), else the escrow.
/// - fees and `net`: the transfer, else the entry (the schedule's accounts; `other_fees` is every account but
///   `escrow`, `creator` and `payer`). `net` is gross minus all fees, by subtraction, so that
///   gross = net + fees holds in every row; a stated net that differs is the `actual` of a NET_MISMATCH.
///   Null where neither side exists, and for a refund, which pays nothing out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The escrow.
    pub escrow_id: &'a str,
    /// The transfer that was compared.
    pub transaction_id: Option<&'a str>,
    /// The entry that was compared.
    pub entry_id: Option<&'a str>,
    /// What was paid for; REFUND only where nothing but a refund's entry is known.
    pub kind: Option<EntryKind>,
    /// The payer's DID.
    pub payer: Option<&'a str>,
    /// The creator's DID.
    pub creator: Option<&'a str>,
    /// The currency of all amounts of the row.
    pub currency: Option<&'a str>,
    /// What was paid.
    pub gross: Option<i128>,
    /// The fee of type PLATFORM.
    pub platform_fee: Option<i128>,
    /// The fee of type PROCESSING.
    pub processing_fee: Option<i128>,
    /// All other fees.
    pub other_fees: Option<i128>,
    /// What is the creator's.
    pub net: Option<i128>,
    /// The first hit by precedence.
    pub class: Class,
    /// Which of the class it is: an offence or a fee type.
    pub subcode: Option<&'a str>,
    /// Everything else found, in order of precedence, each class once.
    pub flags: Vec<Flag<'a>>,
    /// The UTC day of the escrow's last event in `sequence` order, else of the transfer, else of the entry,
    /// else the last day of any row, in days since 1970-01-01.
    pub event_day: i32,
    /// For a break: the money at stake, which is `gross`.
    pub amount: Option<i128>,
    /// For a break of two amounts: what should stand there (see [`Finding`]).
    pub expected: Option<i128>,
    /// For a break of two amounts: what stands there.
    pub actual: Option<i128>,
}

/// Something found beside the class. Written `CLASS` or `CLASS:SUBCODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag<'a> {
    /// The class that would hold alone.
    pub class: Class,
    /// Its subcode.
    pub subcode: Option<&'a str>,
}

impl fmt::Display for Flag<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.class.name())?;
        match self.subcode {
            Some(subcode) => write!(out, ":{subcode}"),
            None => Ok(()),
        }
    }
}

/// What one rule found.
///
/// `expected` and `actual` are, where the rule is about amounts: a missing or an orphaned side, the gross as
/// the one and null as the other; a duplicate, one gross and the sum of all; unbalanced postings, zero and
/// the sum; an amount, the escrow's (else the transfer's) and the one that differs; FEE_DISAGREES, the
/// transfer's fee and the ledger's; other fees, the schedule's fee and the stated one; a net, what it should
/// be and what it is; a conversion, its product and the transfer's gross.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding<'a> {
    pub class: Class,
    pub subcode: Option<&'a str>,
    pub expected: Option<i128>,
    pub actual: Option<i128>,
}

impl<'a> Finding<'a> {
    pub fn of(class: Class) -> Self {
        Self { class, subcode: None, expected: None, actual: None }
    }

    pub fn with_subcode(self, subcode: &'a str) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    pub fn with_amounts(self, expected: Option<i128>, actual: Option<i128>) -> Self {
        Self { expected, actual, ..self }
    }
}

/// What all rules found: at most one finding a class, the first that was added.
#[derive(Debug, Default)]
pub(crate) struct Findings<'a>(Vec<Finding<'a>>);

impl<'a> Findings<'a> {
    pub fn add(&mut self, finding: Finding<'a>) {
        if !self.contains(finding.class) {
            self.0.push(finding);
        }
    }

    pub fn contains(&self, class: Class) -> bool {
        self.0.iter().any(|known| known.class == class)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Finding<'a>> {
        self.0.iter()
    }

    /// The findings by precedence.
    pub fn in_precedence(mut self) -> Vec<Finding<'a>> {
        self.0.sort_unstable_by_key(|finding| finding.class);
        self.0
    }
}
