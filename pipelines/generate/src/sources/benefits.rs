//! `subscriptions/benefits`: every benefit of a paid period is delivered within the day, some at the second
//! attempt, some past midnight; planted subscriptions have attempts of their own.

use crate::landing::LandingFile;
use crate::life::Life;
use crate::rows::Role;
use crate::stories::{Attempt, STORY_REACH_DAYS};
use crate::subscriptions::{BENEFITS, Slot};
use crate::text::{TimeStyle, push_id, push_time};
use crate::world::World;

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let mut life = Life::default();
    for days_late in (0..=STORY_REACH_DAYS.min(day)).rev() {
        let ranks = world.share(world.slots, world.origin_file(file, days_late));
        for rank in world.stories(day - days_late, ranks) {
            if let Some(story) = world.story(day - days_late, rank, &mut life) {
                for attempt in story.attempts.iter().filter(|attempt| attempt.lands == days_late) {
                    write_row(world, &story.slot, attempt, out);
                }
            }
        }
    }
    let today = world.day_start_ms(day)..world.day_start_ms(day + 1);
    for home in day.saturating_sub(1)..=day {
        for rank in world.share(world.slots, world.origin_file(file, day - home)) {
            if !world.has_story(home, rank) {
                let slot = Slot::new(world, home, rank);
                ordinary(world, &slot, |attempt| {
                    if today.contains(&attempt.at_ms) {
                        write_row(world, &slot, &attempt, out);
                    }
                });
            }
        }
    }
}

/// The attempts of an ordinary period: mostly within two hours, always within twenty; one in twenty fails
/// first. All land on the day on which they are made.
pub fn ordinary(world: &World, slot: &Slot, mut visit: impl FnMut(Attempt)) {
    let mut random = slot.chance(world);
    // The first draw is the events'.
    random.next();
    for benefit in slot.tier.benefits() {
        let number = (slot.number(world) * 4 + benefit as u64) * 2;
        let hours = if random.one_in(7) { 20 } else { 2 };
        let at_ms = slot.start_ms + 120_000 + random.below(hours * 3_600_000 - 600_000) as i64;
        let delivered =
            Attempt { number: number + 1, benefit, method: benefit, status: "DELIVERED", at_ms, lands: 0 };
        if random.one_in(20) {
            visit(Attempt { number, status: "FAILED", at_ms: at_ms - 60_000, ..delivered });
        }
        visit(delivered);
    }
}

fn write_row(world: &World, slot: &Slot, attempt: &Attempt, out: &mut LandingFile) {
    push(out.line(), world, slot, attempt);
    out.row(Role::Good, &[]);
}

fn push(out: &mut Vec<u8>, world: &World, slot: &Slot, attempt: &Attempt) {
    out.extend_from_slice(b"{\"delivery_id\":\"");
    push_id(out, "bd_", attempt.number);
    out.extend_from_slice(b"\",\"subscription_id\":\"");
    push_id(out, "su_", slot.subscription(world));
    out.extend_from_slice(b"\",\"benefit_id\":\"");
    push_id(out, "be_", slot.tier.benefit_number(attempt.benefit));
    out.extend_from_slice(b"\",\"type\":\"");
    out.extend_from_slice(BENEFITS[attempt.benefit % BENEFITS.len()].0.as_bytes());
    out.extend_from_slice(b"\",\"delivery_method\":\"");
    out.extend_from_slice(BENEFITS[attempt.method].1.as_bytes());
    out.extend_from_slice(b"\",\"status\":\"");
    out.extend_from_slice(attempt.status.as_bytes());
    out.extend_from_slice(b"\",\"at\":\"");
    push_time(out, attempt.at_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\"}");
}
