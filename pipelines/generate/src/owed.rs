//! What is owed to subscribers after the last night, and what is found of their lives, payments and tiers:
//! `entitlements.csv` and `subscription_findings.csv` of the key.

use std::path::Path;

use crate::GenerateError;
use crate::key::Table;
use crate::life::Life;
use crate::sources::benefits;
use crate::stories::{Due, tiers};
use crate::subscriptions::Slot;
use crate::text::{TimeStyle, ascii, push_id, push_time};
use crate::world::World;

/// How many rows the two tables have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub entitlements: u64,
    pub findings: u64,
}

fn id(prefix: &str, number: u64) -> String {
    ascii(|out| push_id(out, prefix, number))
}

/// Writes both tables, by day and subscription.
pub fn write(world: &World, folder: &Path) -> Result<Counts, GenerateError> {
    let header = "subscription_id,benefit_id,period_start,class";
    let mut entitlements = Table::create(folder, "entitlements.csv", header)?;
    let header = "class,subscription_id,tier_id,tier_version,event_id";
    let mut findings = Table::create(folder, "subscription_findings.csv", header)?;
    let mut counts = Counts::default();
    let mut life = Life::default();
    for day in 0..world.options.days {
        for rank in 0..world.slots {
            let story = world.story(day, rank, &mut life);
            let slot = story.as_ref().map_or_else(|| Slot::new(world, day, rank), |story| story.slot);
            let subscription = id("su_", slot.subscription(world));
            let owed = story.as_ref().map_or_else(|| of_ordinary(world, &slot), |story| story.owed.clone());
            for Due { benefit, start_ms, class } in owed {
                let benefit = id("be_", slot.tier.benefit_number(benefit));
                let start = start_ms.map_or_else(String::new, |start_ms| {
                    ascii(|out| push_time(out, start_ms, TimeStyle::Zulu))
                });
                entitlements.line(format!("{subscription},{benefit},{start},{class}").as_bytes())?;
                counts.entitlements += 1;
            }
            for (class, mark) in story.iter().flat_map(|story| &story.findings) {
                let event = id("se_", slot.event_number(world, *mark));
                findings.line(format!("{class},{subscription},,,{event}").as_bytes())?;
                counts.findings += 1;
            }
        }
    }
    for (class, number, version) in tiers::findings(world) {
        findings.line(format!("{class},,{},{version},", id("ti_", number)).as_bytes())?;
        counts.findings += 1;
    }
    entitlements.finish()?;
    findings.finish()?;
    Ok(counts)
}

/// An ordinary period's benefits come within the day in which they are due; what comes after the area's last
/// night has until then not landed.
fn of_ordinary(world: &World, slot: &Slot) -> Vec<Due> {
    let end_ms = world.day_start_ms(world.options.days);
    let mut owed = Vec::new();
    benefits::ordinary(world, slot, |attempt| {
        if attempt.status == "DELIVERED" {
            let class = if attempt.at_ms < end_ms { "DELIVERED" } else { "PENDING" };
            owed.push(Due { benefit: attempt.benefit, start_ms: Some(slot.start_ms), class });
        }
    });
    owed
}
