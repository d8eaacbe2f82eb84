//! Subscriptions as arithmetic: a day's paid periods are slots, and some slots renew the same slot of an
//! earlier day. Each has an escrow that pays for it.

use crate::amounts::{Amount, Currency};
use crate::clean;
use crate::life::{Base, Ending, Kind, Life, Part};
use crate::parties::Party;
use crate::random::{Random, Stream, hash};
use crate::text::DAY_MS;
use crate::world::World;

/// A creator's eight tiers, by how long a period is.
const INTERVALS: [&str; 8] = ["DAY", "WEEK", "MONTH", "MONTH", "MONTH", "YEAR", "DAY", "MONTH"];
const DAILY: u64 = 0;
const DAILY_PREMIUM: u64 = 6;
/// Prices in hundredths of a unit, however many digits the currency has; yen are taken whole.
const PRICES: [i128; 5] = [199, 299, 499, 999, 1_999];
const NAMES: [&str; 5] = ["\"Gold\"", "\"Silver \\u2b50\"", "\"VIP|club\"", "\"für Freunde\"", "null"];

/// What a tier promises: type and the method that delivers it.
pub const BENEFITS: [(&str, &str); 3] =
    [("EXCLUSIVE_CONTENT", "CONTENT_DELIVERY"), ("DIRECT_MESSAGE", "MESSAGING"), ("CUSTOM_BADGE", "BADGE")];

/// One version of a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Eight times the creator, plus the place among the creator's tiers.
    pub number: u64,
    pub version: u32,
    bits: u64,
}

impl Tier {
    pub fn new(world: &World, number: u64, version: u32) -> Self {
        Self { number, version, bits: hash(world.options.seed, Stream::Tier, number) }
    }

    /// How many tiers an area has.
    pub fn count(world: &World) -> u64 {
        if world.slots == 0 { 0 } else { 8 * (world.slots / 32).clamp(2, 4_000) }
    }

    /// The day on which the second version lands, for one tier in eight.
    fn second_lands(&self) -> Option<u32> {
        (self.bits >> 40 & 7 == 0).then_some(1 + (self.bits >> 44 & 1) as u32)
    }

    /// The version that landed on a day, if one did. The first all land on the first day.
    pub fn landing(world: &World, number: u64, day: u32) -> Option<Self> {
        let first = Self::new(world, number, 1);
        match day {
            0 => Some(first),
            _ if first.second_lands() == Some(day) => Some(Self { version: 2, ..first }),
            _ => None,
        }
    }

    /// The version that new periods of a day have: one that had landed before.
    fn current(world: &World, number: u64, day: u32) -> Self {
        let first = Self::new(world, number, 1);
        let version = if first.second_lands().is_some_and(|lands| lands < day) { 2 } else { 1 };
        Self { version, ..first }
    }

    pub fn creator(&self, world: &World) -> Party {
        Party::creator(world.options.seed, self.number / 8)
    }

    pub fn interval(&self) -> &'static str {
        INTERVALS[(self.number % 8) as usize]
    }

    /// A JSON value.
    pub fn name(&self) -> &'static str {
        NAMES[(self.bits % NAMES.len() as u64) as usize]
    }

    pub fn price(&self) -> Amount {
        let mut random = Random::new(self.bits, Stream::Tier, 0);
        let currency = Currency::draw(&mut random);
        let premium = if matches!(self.number % 8, 6 | 7) { 3 } else { 1 };
        let hundredths = random.pick(&PRICES) * premium + 100 * i128::from(self.version - 1);
        let minor_units = match currency.digits() {
            0 => hundredths,
            digits => hundredths * 10_i128.pow(u32::from(digits) - 2),
        };
        Amount::new(minor_units, currency)
    }

    /// Which of [`BENEFITS`] it promises, at least one, in ascending order.
    pub fn benefits(&self) -> impl Iterator<Item = usize> + use<> {
        let mask = self.bits >> 8 & 7;
        let mask = if mask == 0 { 7 } else { mask };
        (0..BENEFITS.len()).filter(move |benefit| mask >> benefit & 1 == 1)
    }

    /// The number behind a benefit's identifier; versions share it.
    pub fn benefit_number(&self, benefit: usize) -> u64 {
        self.number * 4 + benefit as u64
    }
}

/// One paid period.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    pub day: u32,
    pub rank: u64,
    /// The day on which the subscription began.
    pub origin: u32,
    /// STARTED, RENEWED, UPGRADED or DOWNGRADED.
    pub event: &'static str,
    pub tier: Tier,
    pub start_ms: i64,
    pub end_ms: i64,
    /// Of the subscription: the same in all its periods.
    bits: u64,
}

impl Slot {
    pub fn new(world: &World, day: u32, rank: u64) -> Self {
        let seed = world.options.seed;
        let column = hash(seed, Stream::Slot, rank);
        let origin = origin(column, day, rank);
        let bits = hash(seed, Stream::Slot, 1 << 60 | u64::from(origin) << 32 | rank);
        let group = Random::new(bits, Stream::Tier, 1).popular(Tier::count(world) / 8);
        let periods = day - origin;
        let place = match rank % 8 {
            DAILY if bits & 3 == 0 && (periods == 2 || (periods > 2 && bits & 4 == 0)) => DAILY_PREMIUM,
            place => place,
        };
        let event = match (rank % 8, periods) {
            (_, 0) => "STARTED",
            (DAILY, 2) if bits & 3 == 0 => "UPGRADED",
            (DAILY, 3) if bits & 7 == 4 => "DOWNGRADED",
            _ => "RENEWED",
        };
        let tier = Tier::current(world, group * 8 + place, day);
        // The time of day is the column's, so that a renewal begins where the period before it ends.
        let start_ms = world.moment_ms(day, rank, world.slots, column);
        let end_ms = end_ms(start_ms, tier.interval());
        Self { day, rank, origin, event, tier, start_ms, end_ms, bits }
    }

    /// The number behind the subscription's identifier.
    pub fn subscription(&self, world: &World) -> u64 {
        u64::from(self.origin) * world.slots + self.rank
    }

    /// The number behind the identifier of one of the period's events, by its mark below four.
    pub fn event_number(&self, world: &World, mark: u64) -> u64 {
        self.number(world) * 4 + mark
    }

    /// A number of this period alone.
    pub fn number(&self, world: &World) -> u64 {
        u64::from(self.day) * world.slots + self.rank
    }

    /// 64 bits of this period alone.
    pub fn chance(&self, world: &World) -> Random {
        Random::new(world.options.seed, Stream::Benefit, self.number(world))
    }

    pub fn subscriber(&self, world: &World) -> Party {
        Party::viewer(world.options.seed, Random::new(self.bits, Stream::Party, 0).below(world.viewers))
    }

    /// What is common to the rows of the escrow that paid.
    pub fn base(&self, world: &World) -> Base {
        let seed = world.options.seed;
        let mut random = Random::new(seed, Stream::Slot, 1 << 61 | u64::from(self.day) << 32 | self.rank);
        let mut base = Base {
            stem: world.stem(Kind::Subscription, self.day, self.rank),
            kind: Kind::Subscription,
            payer: self.subscriber(world),
            creator: self.tier.creator(world),
            amount: self.tier.price(),
            message: "null",
            visibility: if random.one_in(4) { "PRIVATE" } else { "PUBLIC" },
            created_ms: self.start_ms,
            funded_ms: 0,
            closed_ms: 0,
            settled_ms: 0,
            booked_ms: 0,
            style: clean::style(random.next()),
        };
        clean::steps(&mut base, &mut random);
        base
    }

    /// The escrow that paid: always released on its day.
    pub fn escrow(&self, world: &World, part: Part, life: &mut Life) -> Base {
        let base = self.base(world);
        life.legal(&base, Ending::Released, Some(part));
        base
    }
}

/// The day on which the subscription of a slot began: daily ones last two to five days, weekly ones two
/// weeks, the others begin on each day anew. None began before the area.
fn origin(column: u64, day: u32, rank: u64) -> u32 {
    match rank % 8 {
        DAILY => {
            let days = 2 + (column & 3) as u32;
            let passed = (day + (column >> 8) as u32 % days) % days;
            day.saturating_sub(passed)
        }
        1 => {
            let passed = (day + (column >> 8) as u32 % 14) % 14;
            if passed >= 7 && day >= 7 { day - 7 } else { day }
        }
        _ => day,
    }
}

/// Of eight slots, those whose subscriptions have one long period: the places of the monthly and yearly tiers.
const LONG: [u64; 5] = [2, 3, 4, 5, 7];

/// How many of the first `ranks` slots of a day are long.
pub fn long_slots(ranks: u64) -> u64 {
    ranks / 8 * 5 + LONG.iter().filter(|place| **place < ranks % 8).count() as u64
}

/// Which of a day's long slots a rank is, if it is one.
pub fn long_place(rank: u64) -> Option<u64> {
    LONG.contains(&(rank % 8)).then(|| long_slots(rank))
}

/// The rank of a day's long slot.
pub fn long_rank(place: u64) -> u64 {
    place / 5 * 8 + LONG[(place % 5) as usize]
}

/// The end of a period: calendar months keep the day of the month as far as there is one.
pub fn end_ms(start_ms: i64, interval: &str) -> i64 {
    let months = match interval {
        "DAY" => return start_ms + DAY_MS,
        "WEEK" => return start_ms + 7 * DAY_MS,
        "MONTH" => 1,
        _ => 12,
    };
    chrono::DateTime::from_timestamp_millis(start_ms)
        .and_then(|start| start.checked_add_months(chrono::Months::new(months)))
        .map_or(start_ms, |end| end.timestamp_millis())
}
