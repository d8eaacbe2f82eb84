//! An escrow's life: its events replayed in order, the state they end in and the first offence on the way.

use crate::case::{EscrowEvent, EventKind};

/// What broke a legal life, for the subcode of `ILLEGAL_STATE`. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offence {
    /// Released while created.
    ReleaseBeforeFund,
    /// A second FUNDED, in whatever state.
    DoubleFund,
    /// Released while released.
    DoubleRelease,
    /// Refunded while refunded.
    DoubleRefund,
    /// Refunded while released.
    RefundAfterRelease,
    /// Released while refunded.
    ReleaseAfterRefund,
    /// Refunded while created.
    RefundBeforeFund,
    /// Cancelled once money had come.
    CancelAfterFund,
    /// A second CREATED before any cancellation.
    DoubleCreate,
    /// Anything once cancelled.
    EventAfterCancel,
    /// The first event is not CREATED.
    NotCreated,
    /// A legal step, but earlier than the step before it.
    TimeReversal,
    /// A transfer or an entry of an escrow that was not released. Not an offence of the events.
    SettledWithoutRelease,
}

impl Offence {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReleaseBeforeFund => "RELEASE_BEFORE_FUND",
            Self::DoubleFund => "DOUBLE_FUND",
            Self::DoubleRelease => "DOUBLE_RELEASE",
            Self::DoubleRefund => "DOUBLE_REFUND",
            Self::RefundAfterRelease => "REFUND_AFTER_RELEASE",
            Self::ReleaseAfterRefund => "RELEASE_AFTER_REFUND",
            Self::RefundBeforeFund => "REFUND_BEFORE_FUND",
            Self::CancelAfterFund => "CANCEL_AFTER_FUND",
            Self::DoubleCreate => "DOUBLE_CREATE",
            Self::EventAfterCancel => "EVENT_AFTER_CANCEL",
            Self::NotCreated => "NOT_CREATED",
            Self::TimeReversal => "TIME_REVERSAL",
            Self::SettledWithoutRelease => "SETTLED_WITHOUT_RELEASE",
        }
    }
}

/// The first offence of events that are in order of (`sequence`, `at`, `event_id`); none for a legal life
/// or for no events.
///
/// Legal are CREATED→FUNDED→RELEASED, CREATED→FUNDED→REFUNDED, CREATED→CANCELLED and their prefixes. At one
/// event the state's offence comes before TIME_REVERSAL; equal times are no reversal.
pub(crate) fn first_offence(events: &[&EscrowEvent<'_>]) -> Option<Offence> {
    first_offence_at(events).map(|(_, offence)| offence)
}

/// The same, with the place of the event that offends.
pub(crate) fn first_offence_at(events: &[&EscrowEvent<'_>]) -> Option<(usize, Offence)> {
    let (first, later) = events.split_first()?;
    if first.event != EventKind::Created {
        return Some((0, Offence::NotCreated));
    }
    let mut before = *first;
    for (place, event) in later.iter().enumerate() {
        if let Some(offence) = offence_of_step(before.event, event.event) {
            return Some((place + 1, offence));
        }
        if event.at < before.at {
            return Some((place + 1, Offence::TimeReversal));
        }
        before = event;
    }
    None
}

/// What is wrong with one event in the state that legal events before it led to.
fn offence_of_step(state: EventKind, event: EventKind) -> Option<Offence> {
    use EventKind::{Cancelled, Created, Funded, Refunded, Released};
    match (state, event) {
        (Created, Funded | Cancelled) | (Funded, Released | Refunded) => None,
        (Cancelled, _) => Some(Offence::EventAfterCancel),
        (_, Created) => Some(Offence::DoubleCreate),
        (_, Funded) => Some(Offence::DoubleFund),
        (_, Cancelled) => Some(Offence::CancelAfterFund),
        (Created, Released) => Some(Offence::ReleaseBeforeFund),
        (Created, Refunded) => Some(Offence::RefundBeforeFund),
        (Released, Released) => Some(Offence::DoubleRelease),
        (Released, Refunded) => Some(Offence::RefundAfterRelease),
        (Refunded, Released) => Some(Offence::ReleaseAfterRefund),
        (Refunded, Refunded) => Some(Offence::DoubleRefund),
    }
}
