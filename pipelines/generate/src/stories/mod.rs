//! The table of planted subscription faults. Each makes one subscription with the escrows that pay for it,
//! and states what is owed of it after the area's last night and what is found.

mod deliveries;
mod lives;
mod payments;
pub mod tiers;

use crate::life::{Base, Ending, Life};
use crate::subscriptions::{Slot, end_ms};
use crate::text::DAY_MS;
use crate::world::World;

/// The most days after a subscription's own on which a row of it lands.
pub const STORY_REACH_DAYS: u32 = 3;

pub const HOUR_MS: i64 = 3_600_000;

/// A way in which a subscription can go wrong, or look as if it did.
pub struct StoryFault {
    /// Stands in `planted.csv`.
    pub name: &'static str,
    pub(crate) plant: fn(&mut Plot),
}

const GROUPS: [&[StoryFault]; 3] = [deliveries::FAULTS, lives::FAULTS, payments::FAULTS];

/// All faults of subscriptions, in the order in which they are planted.
pub fn story_faults() -> impl Iterator<Item = &'static StoryFault> {
    GROUPS.into_iter().flatten()
}

/// The fault that a subscription gets; the table begins again at its end.
pub(crate) fn nth(order: u64) -> &'static StoryFault {
    let count: usize = GROUPS.iter().map(|group| group.len()).sum();
    let mut at = (order % count as u64) as usize;
    for group in GROUPS {
        if at < group.len() {
            return &group[at];
        }
        at -= group.len();
    }
    unreachable!("an index below the count is in a group")
}

/// A paid period, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub start_ms: i64,
    pub end_ms: i64,
}

/// Which escrow an event names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    None,
    /// That of the slot.
    Own,
    /// The other one of the slot's life, or one that nobody knows.
    Other,
}

/// A row of `subscriptions/events`.
#[derive(Debug, Clone, Copy)]
pub struct Happening {
    /// 0 to 3: its id is the slot's number with this mark.
    pub mark: u64,
    pub event: &'static str,
    pub tier_version: u32,
    pub period: Option<Period>,
    pub payment: Payment,
    pub at_ms: i64,
    /// Days after the slot's own.
    pub lands: u32,
}

/// A row of `subscriptions/benefits`.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// The number behind its id.
    pub number: u64,
    /// A place in the tier's benefits; [`NO_BENEFIT`] is one that no tier has.
    pub benefit: usize,
    /// Whose method it was delivered by.
    pub method: usize,
    pub status: &'static str,
    pub at_ms: i64,
    /// Days after the slot's own.
    pub lands: u32,
}

/// The place of a benefit that no tier promises.
pub const NO_BENEFIT: usize = 3;

/// A row of the key's `entitlements.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub benefit: usize,
    /// None where no period was paid for.
    pub start_ms: Option<i64>,
    pub class: &'static str,
}

/// A subscription with a fault: all of its rows but those of its escrows, and what must come of them.
pub struct Story {
    pub slot: Slot,
    pub base: Base,
    pub happenings: Vec<Happening>,
    pub attempts: Vec<Attempt>,
    pub owed: Vec<Due>,
    /// Each at the event with this mark.
    pub findings: Vec<(&'static str, u64)>,
}

/// A subscription about to be given its fault. It begins three days before its slot, so that what it owes for
/// its first period is past the day in which it is due.
pub(crate) struct Plot<'a> {
    pub story: Story,
    pub life: &'a mut Life,
    /// The first period.
    pub first: Period,
    /// How many nights come after the slot's own.
    nights_left: u32,
    /// The end of the area's last night.
    end_ms: i64,
    attempts_base: u64,
}

/// Plants the fault whose turn it is.
pub(crate) fn plant(world: &World, slot: Slot, order: u64, life: &mut Life) -> Story {
    life.clear();
    let base = slot.base(world);
    let first = Period { start_ms: slot.start_ms, end_ms: slot.end_ms };
    let story = Story { slot, base, happenings: vec![], attempts: vec![], owed: vec![], findings: vec![] };
    let mut plot = Plot {
        story,
        life,
        first,
        nights_left: world.options.days - 1 - slot.day,
        end_ms: world.day_start_ms(world.options.days),
        attempts_base: (1 << 48) + slot.number(world) * 16,
    };
    plot.begin_earlier(3 * DAY_MS);
    (nth(order).plant)(&mut plot);
    plot.story
}

impl Plot<'_> {
    /// Moves the first period and its payment back.
    pub fn begin_earlier(&mut self, by_ms: i64) {
        self.story.base.shift(-by_ms);
        let start_ms = self.first.start_ms - by_ms;
        self.first = Period { start_ms, end_ms: end_ms(start_ms, self.story.slot.tier.interval()) };
    }

    /// Moves them so far back that the first period is over for two days.
    pub fn begin_a_period_earlier(&mut self) {
        self.begin_earlier(self.first.end_ms - self.first.start_ms + 2 * DAY_MS);
    }

    /// The period that begins with the end of another.
    pub fn after(&self, period: Period) -> Period {
        self.from(period.end_ms)
    }

    /// A period of the tier's interval.
    pub fn from(&self, start_ms: i64) -> Period {
        Period { start_ms, end_ms: end_ms(start_ms, self.story.slot.tier.interval()) }
    }

    /// The slot's escrow, as it ends; the night says what it must.
    pub fn pays(&mut self, ending: Ending) {
        self.life.legal(&self.story.base, ending, None);
        self.life.nights.from(0, crate::clean::verdict(ending));
    }

    /// An event with the next mark, about its period, a minute after what it is about.
    pub fn happens(&mut self, event: &'static str, payment: Payment, period: Period) -> &mut Happening {
        self.at(event, payment, Some(period), period.start_ms + 60_000)
    }

    /// An event with the next mark.
    pub fn at(
        &mut self,
        event: &'static str,
        payment: Payment,
        period: Option<Period>,
        at_ms: i64,
    ) -> &mut Happening {
        let mark = self.story.happenings.len() as u64;
        let tier_version = self.story.slot.tier.version;
        let happening = Happening { mark, event, tier_version, period, payment, at_ms, lands: 0 };
        self.story.happenings.push(happening);
        self.story.happenings.last_mut().expect("just pushed")
    }

    /// STARTED with its first period, paid by the slot's own escrow.
    pub fn starts(&mut self) {
        self.pays(Ending::Released);
        self.happens("STARTED", Payment::Own, self.first);
    }

    /// A second escrow pays for another period.
    pub fn pays_again(&mut self, event: &'static str, period: Period, at_ms: i64) {
        self.life.second(&self.story.base);
        self.at(event, Payment::Other, Some(period), at_ms);
    }

    /// What was found at the event of a mark.
    pub fn finds(&mut self, class: &'static str, mark: u64) {
        self.story.findings.push((class, mark));
    }

    /// Every benefit of the tier is tried at a time.
    pub fn tries_all(&mut self, status: &'static str, at_ms: i64) {
        for benefit in self.story.slot.tier.benefits() {
            self.tries(benefit, benefit, status, at_ms);
        }
    }

    /// Every benefit is delivered by the method of another type.
    pub fn misdelivers_all(&mut self, at_ms: i64) {
        for benefit in self.story.slot.tier.benefits() {
            self.tries(benefit, (benefit + 1) % 3, "DELIVERED", at_ms);
        }
    }

    pub fn tries(&mut self, benefit: usize, method: usize, status: &'static str, at_ms: i64) {
        let number = self.attempts_base + self.story.attempts.len() as u64;
        self.story.attempts.push(Attempt { number, benefit, method, status, at_ms, lands: 0 });
    }

    /// Every benefit of a period is in this class.
    pub fn owes(&mut self, period: Period, class: &'static str) {
        for benefit in self.story.slot.tier.benefits() {
            self.story.owed.push(Due { benefit, start_ms: Some(period.start_ms), class });
        }
    }

    /// Nothing was tried in a period: pending while its first day runs past the last night.
    pub fn owes_nothing_done(&mut self, period: Period) {
        let is_running = period.start_ms + DAY_MS > self.end_ms;
        self.owes(period, if is_running { "PENDING" } else { "MISSING" });
    }

    /// A benefit that was tried, or delivered, for nothing.
    pub fn is_not_entitled(&mut self, benefit: usize, period: Option<Period>) {
        let start_ms = period.map(|period| period.start_ms);
        self.story.owed.push(Due { benefit, start_ms, class: "NOT_ENTITLED" });
    }

    /// Delivers the first period in time and says so.
    pub fn delivers_in_time(&mut self) {
        self.tries_all("DELIVERED", self.first.start_ms + HOUR_MS);
        self.owes(self.first, "DELIVERED");
    }

    /// Days after the slot's own, but no more than the area has.
    pub fn late(&self, days: u32) -> u32 {
        days.min(STORY_REACH_DAYS).min(self.nights_left)
    }

    /// Whether the slot's escrow did not end well, as of the last night: for PAYMENT_NOT_SETTLED.
    pub fn is_unsettled(&self) -> bool {
        let well = ["MATCHED", "DAY_BOUNDARY", "METADATA_MISMATCH", "OPEN", "TIMING_PENDING"];
        self.life.nights.standing(self.nights_left).is_some_and(|verdict| !well.contains(&verdict.class))
    }
}
