//! Tips without a fault: those that end on their day, those that stay open for days, and late rows.

use crate::amounts::Amount;
use crate::life::{Base, Ending, Kind, Life, Part, Style};
use crate::parties::Party;
use crate::random::{Random, Stream, hash};
use crate::rows::Role;
use crate::text::{DAY_MS, TimeStyle};
use crate::verdicts::Verdict;
use crate::world::World;

/// The most days between an escrow's first row and its last, over clean and faulty lives.
pub const REACH_DAYS: u32 = 5;

const MESSAGES: [&str; 6] = [
    "null",
    "\"great video\"",
    "\"a|b\\tc\"",
    "\"\\u2b50 \\ud83d\\ude80 thanks\"",
    "\"für dich – 你好\"",
    "\"say \\\"hi\\\"\"",
];
const VISIBILITIES: [&str; 5] = ["PUBLIC", "PUBLIC", "PUBLIC", "PRIVATE", "ANONYMOUS"];

/// 60 bits that name an escrow: its day, whether it is a subscription's, its rank and 15 drawn bits.
pub fn stem(world: &World, kind: Kind, day: u32, rank: u64) -> u64 {
    let place = u64::from(day) << 33 | u64::from(kind == Kind::Subscription) << 32 | rank;
    place << 15 | hash(world.options.seed, Stream::Stem, place) >> 49
}

/// The chance of one tip, from its first draw on.
pub fn random(world: &World, day: u32, rank: u64) -> Random {
    Random::new(world.options.seed, Stream::Tip, u64::from(day) << 32 | rank)
}

/// How an ordinary tip ends; always the tip's first draw.
pub fn ending(random: &mut Random) -> Ending {
    match random.below(1_000) {
        0..35 => Ending::Cancelled,
        35..80 => Ending::Refunded,
        _ => Ending::Released,
    }
}

/// What a tip is, drawn after its ending.
pub fn base(world: &World, day: u32, rank: u64, random: &mut Random) -> Base {
    let seed = world.options.seed;
    let payer = Party::viewer(seed, random.below(world.viewers));
    let creator = Party::creator(seed, random.popular(world.creators));
    let amount = Amount::draw(random);
    let odd = random.next();
    let mut base = Base {
        stem: stem(world, Kind::Tip, day, rank),
        kind: Kind::Tip,
        payer,
        creator,
        amount,
        message: if odd & 3 == 0 { random.pick(&MESSAGES) } else { "null" },
        visibility: random.pick(&VISIBILITIES),
        created_ms: world.moment_ms(day, rank, world.tips, random.next()),
        funded_ms: 0,
        closed_ms: 0,
        settled_ms: 0,
        booked_ms: 0,
        style: style(odd),
    };
    steps(&mut base, random);
    base
}

/// Odd but valid writing, each about once in 64 rows.
pub fn style(odd: u64) -> Style {
    Style {
        time: match odd >> 8 & 127 {
            0 => TimeStyle::Offset,
            1 => TimeStyle::Lower,
            _ => TimeStyle::Zulu,
        },
        number: odd >> 16 & 63 == 0,
        unknown_key: odd >> 24 & 63 == 0,
        zero_fees: odd >> 32 & 1 == 0,
        no_percentage: odd >> 40 & 63 == 0,
    }
}

/// The legal steps after the creation, seconds to minutes apart.
pub fn steps(base: &mut Base, random: &mut Random) {
    base.funded_ms = base.created_ms + 300 + random.below(20_000) as i64;
    base.closed_ms = base.funded_ms + 500 + random.below(90_000) as i64;
    base.settled_ms = base.closed_ms + 100 + random.below(1_500) as i64;
    base.booked_ms = base.settled_ms + 20 + random.below(800) as i64;
}

/// A tip that begins and ends on its day.
pub fn ordinary(world: &World, day: u32, rank: u64, part: Part, life: &mut Life) -> Base {
    let mut random = random(world, day, rank);
    let ending = ending(&mut random);
    let base = base(world, day, rank, &mut random);
    life.legal(&base, ending, Some(part));
    if part == Part::Wallet && ending == Ending::Released && random.one_in(60) {
        failed_first(&base, life);
    }
    base
}

/// A first attempt that moved nothing, before the one that settled.
fn failed_first(base: &Base, life: &mut Life) {
    let mut failed = base.transfer();
    failed.mark = b'0';
    failed.status = "FAILED";
    failed.at_ms -= 50;
    life.transfers.insert(0, failed);
}

/// What the night says of an ordinary tip.
pub fn verdict(ending: Ending) -> Verdict {
    match ending {
        Ending::Released => Verdict::MATCHED,
        Ending::Refunded => Verdict::REFUNDED,
        Ending::Cancelled => Verdict::CANCELLED,
    }
}

/// A tip that stays open for one to five days before it ends well. Its first row arrives once more on a
/// night on which it is still open.
pub fn slow(mut base: Base, mut random: Random, life: &mut Life) -> Base {
    let days = 1 + random.below(u64::from(REACH_DAYS)) as u8;
    let ending = random.pick(&[Ending::Released, Ending::Released, Ending::Refunded, Ending::Cancelled]);
    base.shift_close(i64::from(days) * DAY_MS);
    life.legal(&base, ending, None);
    if let Some(last) = life.events.last_mut() {
        last.lands = days;
    }
    life.transfers.iter_mut().for_each(|transfer| transfer.lands = days);
    for entry in &mut life.entries {
        (entry.born, entry.lands) = (days, Some(days));
    }
    if days >= 2 {
        let mut replay = life.events[0].clone();
        (replay.lands, replay.role) = (1, Role::Replay);
        life.events.push(replay);
    }
    life.nights.from(0, Verdict::OPEN);
    life.nights.from(days, verdict(ending));
    base
}

/// A tip of which something lands a day late: pending for a night, then all is well.
pub fn late(base: Base, mut random: Random, life: &mut Life) -> Base {
    let case = random.below(8);
    let ending = match case {
        0 => Ending::Cancelled,
        1 => Ending::Refunded,
        _ => Ending::Released,
    };
    life.legal(&base, ending, None);
    let Life { events, transfers, entries, .. } = life;
    match case {
        0 => events[1].lands = 1,
        1 | 2 => entries[0].lands = Some(1),
        3 => (transfers[0].lands, entries[0].lands) = (1, Some(1)),
        4 => events.iter_mut().for_each(|event| event.lands = 1),
        5 => events[2].lands = 1,
        _ => transfers[0].lands = 1,
    }
    life.nights.from(0, if case == 0 { Verdict::OPEN } else { Verdict::PENDING });
    life.nights.from(1, verdict(ending));
    base
}
