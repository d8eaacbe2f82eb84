//! The table of planted money faults. Each makes one escrow and states, from how it was made, what every
//! night must say of it.

mod amounts;
mod chain;
mod conflicts;
mod fees;
mod nights;
mod sides;
mod states;

use crate::amounts::{Amount, Currency};
use crate::life::{Base, Ending, Life};
use crate::random::Random;
use crate::verdicts::Verdict;

/// A way in which an escrow can go wrong, or look as if it did.
pub struct Fault {
    /// Stands in `planted.csv`.
    pub name: &'static str,
    pub(crate) plant: fn(&mut Scene),
}

const GROUPS: [&[Fault]; 7] = [
    states::FAULTS,
    sides::FAULTS,
    amounts::FAULTS,
    fees::FAULTS,
    conflicts::FAULTS,
    chain::FAULTS,
    nights::FAULTS,
];

/// All faults, in the order in which they are planted.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    GROUPS.into_iter().flatten()
}

/// The fault that a tip gets; the table begins again at its end.
pub(crate) fn nth(order: u64) -> &'static Fault {
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

/// A tip about to be given its fault.
pub(crate) struct Scene<'a> {
    pub base: Base,
    pub life: &'a mut Life,
    pub random: Random,
    /// The start of the tip's own day.
    pub day_start_ms: i64,
}

impl Scene<'_> {
    /// A life by the rules, all three sides.
    pub fn legal(&mut self, ending: Ending) {
        self.life.legal(&self.base, ending, None);
    }

    pub fn released(&mut self) {
        self.legal(Ending::Released);
    }

    /// Gives the tip another amount of its currency. Comes before the rows are made.
    pub fn set_minor_units(&mut self, minor_units: i128) {
        self.base.amount = Amount::new(minor_units, self.base.amount.currency);
    }

    /// An amount of which 5 % and 2.9 % are whole minor units and not zero, and stay what they are when
    /// it grows by one.
    pub fn set_round_amount(&mut self) {
        let thousands = (self.base.amount.minor_units() / 1_000).max(1);
        self.set_minor_units(thousands * 1_000);
    }

    /// The same in dollars, which have a twin currency with as many digits.
    pub fn set_round_dollars(&mut self) {
        self.base.amount = Amount::new(1_000 * (1 + i128::from(self.random.below(20))), Currency::USD);
    }

    /// Writes the events anew: legal or not, one by one a second apart from the creation on. The last is
    /// at the time of the close.
    pub fn events(&mut self, names: &[&'static str]) {
        self.life.events.clear();
        let last = names.len();
        for (place, name) in names.iter().enumerate() {
            let at_ms = match place {
                0 => self.base.created_ms,
                _ if place + 1 == last => self.base.closed_ms,
                _ => self.base.funded_ms + place as i64 * 100,
            };
            self.life.events.push(self.base.event(place as u32 + 1, name, at_ms));
        }
    }

    /// One verdict on every night from the first.
    pub fn says(&mut self, verdict: Verdict) {
        self.life.nights.from(0, verdict);
    }

    /// Pending on the first night, the verdict after it.
    pub fn pending_then(&mut self, verdict: Verdict) {
        self.life.nights.from(0, Verdict::PENDING);
        self.life.nights.from(1, verdict);
    }
}
