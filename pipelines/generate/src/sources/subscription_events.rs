//! `subscriptions/events`: the beginning of every paid period, and what happens around it.

use crate::landing::LandingFile;
use crate::life::{Kind, Life};
use crate::payments::push_escrow_id;
use crate::rows::Role;
use crate::stories::{Happening, Payment, Period, STORY_REACH_DAYS};
use crate::subscriptions::Slot;
use crate::text::{DAY_MS, TimeStyle, push_id, push_number, push_time};
use crate::world::World;

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    write_planted(world, day, file, out);
    let number = |day: u32, rank: u64| u64::from(day) * world.slots + rank;
    if day > 0 {
        let ranks = world.share(world.slots, world.origin_file(file, 1));
        let (from, to) = (number(day - 1, ranks.start), number(day - 1, ranks.end));
        for late in world.late_subscriptions.within(from, to) {
            let rank = late - number(day - 1, 0);
            if !world.has_story(day - 1, rank) {
                let slot = Slot::new(world, day - 1, rank);
                write_row(world, &slot, &opening(world, &slot), out);
            }
        }
    }
    // What begins on the last day is not late: it would never land.
    let is_last = day + 1 == world.options.days;
    for rank in world.share(world.slots, file).filter(|rank| !world.has_story(day, *rank)) {
        let slot = Slot::new(world, day, rank);
        if is_last || world.late_subscriptions.find(number(day, rank)).is_none() {
            write_row(world, &slot, &opening(world, &slot), out);
        }
        write_others(world, &slot, out);
    }
}

/// What lands of planted subscriptions, today's and those of the days before.
fn write_planted(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let mut life = Life::default();
    for days_late in (0..=STORY_REACH_DAYS.min(day)).rev() {
        let ranks = world.share(world.slots, world.origin_file(file, days_late));
        for rank in world.stories(day - days_late, ranks) {
            if let Some(story) = world.story(day - days_late, rank, &mut life) {
                for happening in story.happenings.iter().filter(|happening| happening.lands == days_late) {
                    write_row(world, &story.slot, happening, out);
                }
            }
        }
    }
}

/// An event of an ordinary period.
fn happening(slot: &Slot, mark: u64, event: &'static str, at_ms: i64) -> Happening {
    let period = Some(Period { start_ms: slot.start_ms, end_ms: slot.end_ms });
    let tier_version = slot.tier.version;
    Happening { mark, event, tier_version, period, payment: Payment::None, at_ms, lands: 0 }
}

/// STARTED and its like, three seconds after the escrow was released.
fn opening(world: &World, slot: &Slot) -> Happening {
    let at_ms = slot.base(world).closed_ms + 3_000;
    Happening { payment: Payment::Own, ..happening(slot, 0, slot.event, at_ms) }
}

fn write_others(world: &World, slot: &Slot, out: &mut LandingFile) {
    let mut random = slot.chance(world);
    let draw = random.below(16);
    if slot.event == "RENEWED" && draw == 0 {
        let failed = happening(slot, 1, "PAYMENT_FAILED", slot.start_ms + 900);
        write_row(world, slot, &failed, out);
    }
    if slot.event == "STARTED" && draw == 1 && slot.end_ms - slot.start_ms > DAY_MS {
        let midnight_ms = world.day_start_ms(slot.day + 1);
        let at_ms = (slot.start_ms + 3_600_000).min(midnight_ms - 1_000);
        let cancelled = Happening { period: None, ..happening(slot, 2, "CANCELLED", at_ms) };
        write_row(world, slot, &cancelled, out);
    }
    // A new daily subscription in the slot: the one before it has just ended.
    if slot.rank.is_multiple_of(8) && slot.event == "STARTED" && slot.day > 0 {
        let ended = Slot::new(world, slot.day - 1, slot.rank);
        write_row(world, &ended, &happening(&ended, 3, "EXPIRED", ended.end_ms), out);
    }
}

fn write_row(world: &World, slot: &Slot, row: &Happening, out: &mut LandingFile) {
    push(out.line(), world, slot, row);
    out.row(Role::Good, &[]);
}

fn push(out: &mut Vec<u8>, world: &World, slot: &Slot, row: &Happening) {
    out.extend_from_slice(b"{\"event_id\":\"");
    push_id(out, "se_", slot.event_number(world, row.mark));
    out.extend_from_slice(b"\",\"subscription_id\":\"");
    push_id(out, "su_", slot.subscription(world));
    out.extend_from_slice(b"\",\"event\":\"");
    out.extend_from_slice(row.event.as_bytes());
    out.extend_from_slice(b"\",\"subscriber\":\"");
    slot.subscriber(world).push(out);
    out.extend_from_slice(b"\",\"creator\":\"");
    slot.tier.creator(world).push(out);
    out.extend_from_slice(b"\",\"tier_id\":\"");
    push_id(out, "ti_", slot.tier.number);
    out.extend_from_slice(b"\",\"tier_version\":");
    push_number(out, u64::from(row.tier_version));
    match row.period {
        Some(period) => {
            out.extend_from_slice(b",\"period_start\":\"");
            push_time(out, period.start_ms, TimeStyle::Zulu);
            out.extend_from_slice(b"\",\"period_end\":\"");
            push_time(out, period.end_ms, TimeStyle::Zulu);
            out.push(b'"');
        }
        None => out.extend_from_slice(b",\"period_start\":null,\"period_end\":null"),
    }
    let stem = world.stem(Kind::Subscription, slot.day, slot.rank);
    match row.payment {
        Payment::None => out.extend_from_slice(b",\"escrow_id\":null"),
        Payment::Own | Payment::Other => {
            out.extend_from_slice(b",\"escrow_id\":\"");
            push_escrow_id(out, stem, row.payment == Payment::Other);
            out.push(b'"');
        }
    }
    out.extend_from_slice(b",\"at\":\"");
    push_time(out, row.at_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\"}");
}
