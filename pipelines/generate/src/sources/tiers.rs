//! `subscriptions/tiers`: every tier's first version on the first day, a few second versions later, and those
//! whose versions are planted wrong.

use crate::amounts::Amount;
use crate::landing::LandingFile;
use crate::payments::push_money;
use crate::rows::Role;
use crate::stories::tiers as planted;
use crate::subscriptions::{BENEFITS, Tier};
use crate::text::{DAY_MS, TimeStyle, push_id, push_number, push_time};
use crate::world::World;

pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    for number in world.share(Tier::count(world), file) {
        if let Some(tier) = Tier::landing(world, number, day) {
            // The first versions are older than the area by a month or more; second ones are of their day.
            let age_days = if day == 0 { 30 + (tier.number % 40) as i64 } else { 0 };
            let at_ms = world.moment_ms(day, tier.number, Tier::count(world), 0) - age_days * DAY_MS;
            push(out.line(), world, &tier, tier.price(), tier.name(), at_ms);
            out.row(Role::Good, &[]);
        }
    }
    for place in world.share(planted::count(world), file) {
        for version in planted::landing(world, place, day) {
            let at_ms = planted::at_ms(world, &version);
            push(out.line(), world, &version.tier, version.price, version.name, at_ms);
            out.row(version.role, &[]);
        }
    }
}

fn push(out: &mut Vec<u8>, world: &World, tier: &Tier, price: Amount, name: &str, at_ms: i64) {
    out.extend_from_slice(b"{\"tier_id\":\"");
    push_id(out, "ti_", tier.number);
    out.extend_from_slice(b"\",\"version\":");
    push_number(out, u64::from(tier.version));
    out.extend_from_slice(b",\"creator\":\"");
    tier.creator(world).push(out);
    out.extend_from_slice(b"\",\"name\":");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b",\"price\":");
    push_money(out, price, Default::default());
    out.extend_from_slice(b",\"interval\":\"");
    out.extend_from_slice(tier.interval().as_bytes());
    out.extend_from_slice(b"\",\"benefits\":[");
    for (place, benefit) in tier.benefits().enumerate() {
        out.extend_from_slice(if place == 0 { b"{\"benefit_id\":\"" } else { b",{\"benefit_id\":\"" });
        push_id(out, "be_", tier.benefit_number(benefit));
        out.extend_from_slice(b"\",\"type\":\"");
        out.extend_from_slice(BENEFITS[benefit].0.as_bytes());
        out.extend_from_slice(b"\",\"description\":\"members' \\u2b50\",\"delivery_method\":\"");
        out.extend_from_slice(BENEFITS[benefit].1.as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"],\"at\":\"");
    push_time(out, at_ms, TimeStyle::Zulu);
    out.extend_from_slice(b"\"}");
}
