//! What is known of one subscription, and the periods that were paid for.

/// Microseconds within which a benefit is due after its period's start.
pub const DUE_WITHIN: i64 = 24 * schemas::time::HOUR;

/// Everything that names one subscription, borrowed from its facts.
#[derive(Debug, Default)]
pub struct Life<'a> {
    /// By (`at`, `event_id`): the order in which a life is replayed.
    pub events: Vec<Event<'a>>,
    /// The tier versions that its events name, as far as they have landed.
    pub tiers: Vec<TierVersion<'a>>,
    /// The escrows that its opening events name, by `escrow_id`.
    pub payments: Vec<Payment<'a>>,
    /// By (`at`, `delivery_id`).
    pub attempts: Vec<Attempt<'a>>,
}

/// The night that a life is judged on, and the one that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// End of the day before, or of the last night that was stated.
    pub before: i64,
    /// End of the day.
    pub end: i64,
}

/// What happened to a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Started,
    Renewed,
    PaymentFailed,
    Upgraded,
    Downgraded,
    Cancelled,
    Expired,
}

impl EventKind {
    /// Reads the text of the logs; none for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "STARTED" => Self::Started,
            "RENEWED" => Self::Renewed,
            "PAYMENT_FAILED" => Self::PaymentFailed,
            "UPGRADED" => Self::Upgraded,
            "DOWNGRADED" => Self::Downgraded,
            "CANCELLED" => Self::Cancelled,
            "EXPIRED" => Self::Expired,
            _ => return None,
        })
    }

    /// Whether it opens a paid period and names the escrow that paid.
    pub fn opens(self) -> bool {
        matches!(self, Self::Started | Self::Renewed | Self::Upgraded | Self::Downgraded)
    }
}

/// One event, effective.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    pub event_id: &'a str,
    pub kind: EventKind,
    pub subscriber: &'a str,
    pub creator: &'a str,
    pub tier_id: &'a str,
    pub tier_version: i64,
    pub period_start: Option<i64>,
    pub period_end: Option<i64>,
    pub escrow_id: Option<&'a str>,
    pub at: i64,
}

/// One version of a tier, effective.
#[derive(Debug, Clone)]
pub struct TierVersion<'a> {
    pub tier_id: &'a str,
    pub version: i64,
    pub creator: &'a str,
    pub price: i128,
    pub currency: &'a str,
    pub interval: &'a str,
    pub benefits: Vec<Benefit<'a>>,
}

/// What a tier version promises for each paid period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Benefit<'a> {
    pub benefit_id: &'a str,
    pub kind: &'a str,
    pub method: &'a str,
}

/// An escrow that an opening event names.
#[derive(Debug, Clone, Copy)]
pub struct Payment<'a> {
    pub escrow_id: &'a str,
    /// Its first event; none if no event has landed.
    pub escrow: Option<Escrow<'a>>,
    /// How it reads in the reconciliation; none if it was not read.
    pub class: Option<&'a str>,
    /// The opening event that named it first, of whatever subscription; none where no other event names it.
    pub named_first_by: Option<&'a str>,
}

/// What an escrow's first event says.
#[derive(Debug, Clone, Copy)]
pub struct Escrow<'a> {
    pub kind: &'a str,
    pub payer: &'a str,
    pub creator: &'a str,
    pub amount: i128,
    pub currency: &'a str,
    pub at: i64,
}

/// One attempt to deliver a benefit.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub delivery_id: &'a str,
    pub benefit_id: &'a str,
    pub kind: &'a str,
    pub method: &'a str,
    pub delivered: bool,
    pub at: i64,
}

/// A period that was paid for: from `start` up to and without `end`.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    pub event: Event<'a>,
    pub start: i64,
    pub end: i64,
}

impl<'a> Event<'a> {
    /// The paid period that it opens: only an opening event with a start and a later end opens one.
    pub fn period(&self) -> Option<Period<'a>> {
        let (start, end) = (self.period_start?, self.period_end?);
        (self.kind.opens() && start < end).then_some(Period { event: *self, start, end })
    }
}

impl<'a> Life<'a> {
    /// Its paid periods.
    pub fn periods(&self) -> Periods<'a> {
        let mut list: Vec<_> = self.events.iter().filter_map(Event::period).collect();
        // Events stand in order already, and the sort is stable.
        list.sort_by_key(|period| period.start);
        let furthest = |reach: &mut i64, period: &Period<'_>| {
            *reach = period.end.max(*reach);
            Some(*reach)
        };
        let reach = list.iter().scan(i64::MIN, furthest).collect();
        Periods { list, reach }
    }

    /// The tier version that an event names, if it has landed.
    pub fn tier(&self, event: &Event<'_>) -> Option<&TierVersion<'a>> {
        self.tiers.iter().find(|tier| tier.tier_id == event.tier_id && tier.version == event.tier_version)
    }

    /// What is known of the escrow that an event names. Payments stand in order of their escrows.
    pub fn payment(&self, event: &Event<'_>) -> Option<&Payment<'a>> {
        let escrow_id = event.escrow_id?;
        let place = self.payments.binary_search_by(|payment| payment.escrow_id.cmp(escrow_id)).ok()?;
        self.payments.get(place)
    }
}

/// Paid periods by (start, `at`, `event_id`).
#[derive(Debug)]
pub struct Periods<'a> {
    pub list: Vec<Period<'a>>,
    /// The latest end of each and all before it: beyond it there is nothing to look for.
    reach: Vec<i64>,
}

impl Periods<'_> {
    /// The place of the latest-starting period that covers an instant.
    pub fn at(&self, instant: i64) -> Option<usize> {
        let begun = self.list.partition_point(|period| period.start <= instant);
        let reaching = (0..begun).rev().take_while(|place| self.reach[*place] > instant);
        reaching.into_iter().find(|place| self.list[*place].end > instant)
    }
}
