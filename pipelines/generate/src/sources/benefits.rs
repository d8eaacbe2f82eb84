//! `subscriptions/benefits`: every benefit of a paid period is delivered within the day, some at the second
//! attempt, some past midnight.

use crate::landing::LandingFile;
use crate::random::Random;
use crate::rows::Role;
use crate::subscriptions::{BENEFITS, Slot};
use crate::text::{TimeStyle, push_id, push_time};
use crate::world::World;

/// One attempt to deliver one benefit.
struct Attempt {
    benefit: usize,
    number: u64,
    status: &'static str,
    at_ms: i64,
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    for home in day.saturating_sub(1)..=day {
        for rank in world.share(world.slots, world.origin_file(file, day - home)) {
            let slot = Slot::new(world, home, rank);
            let mut random = slot.chance(world);
            // The first draw is the events'.
            random.next();
            for benefit in slot.tier.benefits() {
                for attempt in attempts(world, &slot, benefit, &mut random).into_iter().flatten() {
                    if (world.day_start_ms(day)..world.day_start_ms(day + 1)).contains(&attempt.at_ms) {
                        push(out.line(), world, &slot, &attempt);
                        out.row(Role::Good, &[]);
                    }
                }
            }
        }
    }
}

/// Mostly within two hours, always within twenty; one in twenty fails first.
fn attempts(world: &World, slot: &Slot, benefit: usize, random: &mut Random) -> [Option<Attempt>; 2] {
    let number = (slot.number(world) * 4 + benefit as u64) * 2;
    let hours = if random.one_in(7) { 20 } else { 2 };
    let delivered_ms = slot.start_ms + 120_000 + random.below(hours * 3_600_000 - 600_000) as i64;
    let failed_ms = delivered_ms - 60_000;
    let failed = random.one_in(20);
    [
        failed.then_some(Attempt { benefit, number, status: "FAILED", at_ms: failed_ms }),
        Some(Attempt { benefit, number: number + 1, status: "DELIVERED", at_ms: delivered_ms }),
    ]
}

fn push(out: &mut Vec<u8>, world: &World, slot: &Slot, attempt: &Attempt) {
    out.extend_from_slice(b"{\"delivery_id\":\"");
    push_id(out, "bd_", attempt.number);
    out.extend_from_slice(b"\",\"subscription_id\":\"");
    push_id(out, "su_", slot.subscription(world));
    out.extend_from_slice(b"\",\"benefit_id\":\"");
    push_id(out, "be_", slot.tier.benefit_number(attempt.benefit));
    out.extend_from_slice(b"\",\"type\":\"");
    out.extend_from_slice(BENEFITS[attempt.benefit].0.as_bytes());
    out.extend_from_slice(b"\",\"delivery_method\":\"");
    out.extend_from_slice(BENEFITS[attempt.benefit].1.as_bytes());
    out.extend_from_slice(b"\",\"status\":\"");
    out.extend_from_slice(attempt.status.as_bytes());
    out.extend_from_slice(b"\",\"at\":\"");
    push_time(out, attempt.at_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\"}");
}
