//! Tiers that nobody subscribes to, with versions that are out of order, left out, or told twice otherwise.

use crate::amounts::Amount;
use crate::rows::Role;
use crate::subscriptions::Tier;
use crate::text::DAY_MS;
use crate::world::World;

/// What is wrong with a tier's versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Version 3 follows version 1.
    Gap,
    /// Version 2 is a day older than version 1.
    Order,
    /// Version 1 comes again at another price.
    Price,
    /// Version 1 comes again under another name: nothing is found.
    Name,
}

/// In turn, so that eight tiers make a creator's.
const KINDS: [Kind; 4] = [Kind::Gap, Kind::Order, Kind::Price, Kind::Name];
const TIERS: u64 = 8;

/// A row of `subscriptions/tiers` as it is written.
pub struct Version {
    pub tier: Tier,
    pub price: Amount,
    /// A JSON value.
    pub name: &'static str,
    /// Days before the first day's moment of its number.
    pub age_days: i64,
    pub role: Role,
}

/// How many tiers are planted: they are numbered after those that are sold.
pub fn count(world: &World) -> u64 {
    if world.has_stories() { TIERS } else { 0 }
}

fn kind(place: u64) -> Kind {
    KINDS[(place % KINDS.len() as u64) as usize]
}

/// The day on which the second row of each lands.
fn second_day(world: &World) -> u32 {
    1.min(world.options.days - 1)
}

/// What lands of the planted tier at a place on a day.
pub fn landing(world: &World, place: u64, day: u32) -> Vec<Version> {
    let number = Tier::count(world) + place;
    let first = Tier::new(world, number, 1);
    let age_days = 40;
    let written =
        Version { tier: first, price: first.price(), name: first.name(), age_days, role: Role::Good };
    let mut versions = Vec::new();
    if day == 0 {
        versions.push(Version { ..written });
    }
    if day == second_day(world) {
        versions.push(match kind(place) {
            Kind::Gap => of_version(Tier::new(world, number, 3), 10),
            Kind::Order => of_version(Tier::new(world, number, 2), age_days + 1),
            Kind::Price => Version { price: first.price().plus(1), role: Role::Conflict, ..written },
            Kind::Name => Version { name: "\"Renamed\"", role: Role::Conflict, ..written },
        });
    }
    versions
}

fn of_version(tier: Tier, age_days: i64) -> Version {
    Version { tier, price: tier.price(), name: tier.name(), age_days, role: Role::Good }
}

/// What must be found: the class, and the tier and version at which.
pub fn findings(world: &World) -> impl Iterator<Item = (&'static str, u64, u32)> + '_ {
    (0..count(world)).filter_map(|place| {
        let number = Tier::count(world) + place;
        match kind(place) {
            Kind::Gap => Some(("TIER_VERSION_GAP", number, 3)),
            Kind::Order => Some(("TIER_VERSION_ORDER", number, 2)),
            Kind::Price => Some(("PRICE_CHANGED_WITHOUT_VERSION", number, 1)),
            Kind::Name => None,
        }
    })
}

/// When a version is from, in epoch milliseconds.
pub fn at_ms(world: &World, version: &Version) -> i64 {
    world.moment_ms(0, version.tier.number, Tier::count(world) + TIERS, 0) - version.age_days * DAY_MS
}
