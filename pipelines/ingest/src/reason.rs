//! Why a line was refused: stable codes, each a statement that the line does not meet, all in this one place.

/// The rule that a refused line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    LineMustBeUtf8,
    LineMustBeJson,
    LineMustHoldAnObject,
    LineMustHoldOneObject,
    LineMustNotBeTooLong,
    KeysMustBeUnique,
    NestingMustNotExceed128,
    ValueMustBePresent,
    ValueMustHaveItsType,
    ValueMustBeListed,
    IntegerMustFit,
    PartyMustBeADid,
    TimeMustBeRfc3339,
    TimestampMustBeInRange,
    CurrencyMustBeKnown,
    AmountMustBeADecimal,
    AmountMustNotExceedTheExponent,
    AmountMustBeBelowTheLimit,
    AmountMustBeAboveZero,
    PayerMustNotBePayee,
    PostingsMustBePresent,
    PostingsMustHoldAnEscrow,
    PriceMustBeAboveZero,
    TierMustHaveABenefit,
    BenefitMustHaveItsMethod,
    FieldsMustComeFirst,
    ValuesMustNotExceedFields,
    NumberMustBeANumber,
}

impl Reason {
    /// The code in `bronze.quarantine.reason`.
    pub fn code(self) -> &'static str {
        match self {
            Self::LineMustBeUtf8 => "line_must_be_utf8",
            Self::LineMustBeJson => "line_must_be_json",
            Self::LineMustHoldAnObject => "line_must_hold_an_object",
            Self::LineMustHoldOneObject => "line_must_hold_one_object",
            Self::LineMustNotBeTooLong => "line_must_not_be_too_long",
            Self::KeysMustBeUnique => "keys_must_be_unique",
            Self::NestingMustNotExceed128 => "nesting_must_not_exceed_128",
            Self::ValueMustBePresent => "value_must_be_present",
            Self::ValueMustHaveItsType => "value_must_have_its_type",
            Self::ValueMustBeListed => "value_must_be_listed",
            Self::IntegerMustFit => "integer_must_be_below_2_63",
            Self::PartyMustBeADid => "party_must_be_a_did",
            Self::TimeMustBeRfc3339 => "time_must_be_rfc3339",
            Self::TimestampMustBeInRange => "timestamp_must_be_in_range",
            Self::CurrencyMustBeKnown => "currency_must_be_known",
            Self::AmountMustBeADecimal => "amount_must_be_a_decimal",
            Self::AmountMustNotExceedTheExponent => "amount_must_not_exceed_the_currency_exponent",
            Self::AmountMustBeBelowTheLimit => "amount_must_be_below_the_limit",
            Self::AmountMustBeAboveZero => "amount_must_be_above_zero",
            Self::PayerMustNotBePayee => "payer_must_not_be_payee",
            Self::PostingsMustBePresent => "postings_must_be_present",
            Self::PostingsMustHoldAnEscrow => "postings_must_hold_an_escrow",
            Self::PriceMustBeAboveZero => "price_must_be_above_zero",
            Self::TierMustHaveABenefit => "tier_must_have_a_benefit",
            Self::BenefitMustHaveItsMethod => "benefit_must_have_its_method",
            Self::FieldsMustComeFirst => "fields_must_come_first",
            Self::ValuesMustNotExceedFields => "values_must_not_exceed_fields",
            Self::NumberMustBeANumber => "number_must_be_a_number",
        }
    }
}

/// A refused line: the first rule it breaks, and every one with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: Reason,
    pub detail: String,
}

impl Rejection {
    pub fn new(reason: Reason, detail: String) -> Self {
        Self { reason, detail }
    }
}
