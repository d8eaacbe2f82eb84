//! `subscriptions/events`: the beginning of every paid period, and what happens around it.

use crate::landing::LandingFile;
use crate::life::Kind;
use crate::payments::push_escrow_id;
use crate::rows::Role;
use crate::subscriptions::Slot;
use crate::text::{DAY_MS, TimeStyle, push_id, push_number, push_time};
use crate::world::World;

/// An event beside the one that opens the period.
struct Row {
    /// 0 opens the period; others are beside it.
    mark: u64,
    event: &'static str,
    /// Names the escrow that paid.
    paid: bool,
    /// Has a period.
    period: bool,
    at_ms: i64,
}

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let number = |day: u32, rank: u64| u64::from(day) * world.slots + rank;
    if day > 0 {
        let ranks = world.share(world.slots, world.origin_file(file, 1));
        let (from, to) = (number(day - 1, ranks.start), number(day - 1, ranks.end));
        for late in world.late_subscriptions.within(from, to) {
            let slot = Slot::new(world, day - 1, late - number(day - 1, 0));
            write_row(world, &slot, &opening(world, &slot), out);
        }
    }
    for rank in world.share(world.slots, file) {
        let slot = Slot::new(world, day, rank);
        if world.late_subscriptions.find(number(day, rank)).is_none() {
            write_row(world, &slot, &opening(world, &slot), out);
        }
        write_others(world, &slot, out);
    }
}

/// STARTED and its like, three seconds after the escrow was released.
fn opening(world: &World, slot: &Slot) -> Row {
    let at_ms = slot.base(world).closed_ms + 3_000;
    Row { mark: 0, event: slot.event, paid: true, period: true, at_ms }
}

fn write_others(world: &World, slot: &Slot, out: &mut LandingFile) {
    let mut random = slot.chance(world);
    let draw = random.below(16);
    if slot.event == "RENEWED" && draw == 0 {
        let at_ms = slot.start_ms + 900;
        let failed = Row { mark: 1, event: "PAYMENT_FAILED", paid: false, period: true, at_ms };
        write_row(world, slot, &failed, out);
    }
    if slot.event == "STARTED" && draw == 1 && slot.end_ms - slot.start_ms > DAY_MS {
        let midnight_ms = world.day_start_ms(slot.day + 1);
        let at_ms = (slot.start_ms + 3_600_000).min(midnight_ms - 1_000);
        write_row(world, slot, &Row { mark: 2, event: "CANCELLED", paid: false, period: false, at_ms }, out);
    }
    // A new daily subscription in the slot: the one before it has just ended.
    if slot.rank.is_multiple_of(8) && slot.event == "STARTED" && slot.day > 0 {
        let ended = Slot::new(world, slot.day - 1, slot.rank);
        let row = Row { mark: 3, event: "EXPIRED", paid: false, period: true, at_ms: ended.end_ms };
        write_row(world, &ended, &row, out);
    }
}

fn write_row(world: &World, slot: &Slot, row: &Row, out: &mut LandingFile) {
    push(out.line(), world, slot, row);
    out.row(Role::Good, &[]);
}

fn push(out: &mut Vec<u8>, world: &World, slot: &Slot, row: &Row) {
    out.extend_from_slice(b"{\"event_id\":\"");
    push_id(out, "se_", slot.number(world) * 4 + row.mark);
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
    push_number(out, u64::from(slot.tier.version));
    if row.period {
        out.extend_from_slice(b",\"period_start\":\"");
        push_time(out, slot.start_ms, TimeStyle::Zulu);
        out.extend_from_slice(b"\",\"period_end\":\"");
        push_time(out, slot.end_ms, TimeStyle::Zulu);
        out.push(b'"');
    } else {
        out.extend_from_slice(b",\"period_start\":null,\"period_end\":null");
    }
    if row.paid {
        out.extend_from_slice(b",\"escrow_id\":\"");
        push_escrow_id(out, world.stem(Kind::Subscription, slot.day, slot.rank), false);
        out.push(b'"');
    } else {
        out.extend_from_slice(b",\"escrow_id\":null");
    }
    out.extend_from_slice(b",\"at\":\"");
    push_time(out, row.at_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\"}");
}
