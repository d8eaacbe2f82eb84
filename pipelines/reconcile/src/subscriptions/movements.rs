//! How one subscription moves a night's recurring revenue: where it stood, where it stands.

use schemas::money;

use super::life::{Life, Night, Period, Periods, TierVersion};
use crate::codec::Fault;

/// What one subscription adds to one creator, tier and currency on one night.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Movement<'a> {
    pub creator: &'a str,
    pub tier_id: &'a str,
    /// None while the tier version is not known; its revenue is nothing until then.
    pub currency: Option<&'a str>,
    pub subscriber: &'a str,
    pub counts: Counts,
    pub revenue: Revenue,
}

/// Of subscriptions: each is 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub active: i64,
    /// Active at the end of the night before, by all that is known tonight.
    pub before: i64,
    pub new: i64,
    pub reactivated: i64,
    pub moved_in: i64,
    pub moved_out: i64,
    pub churned: i64,
    pub due: i64,
    pub renewed: i64,
}

/// Of monthly amounts; contraction and churn are above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revenue {
    pub active: i128,
    pub before: i128,
    pub new: i128,
    pub reactivated: i128,
    pub expansion: i128,
    pub contraction: i128,
    pub churned: i128,
}

/// Where a subscription stands at an instant: in the latest-starting paid period that covers it.
#[derive(Debug, Clone, Copy)]
struct Standing<'a> {
    period: Period<'a>,
    currency: Option<&'a str>,
    monthly: i128,
}

impl<'a> Standing<'a> {
    fn is_beside(&self, other: &Self) -> bool {
        let of = |standing: &Self| {
            let event = standing.period.event;
            (event.creator, event.tier_id, standing.currency)
        };
        of(self) == of(other)
    }

    fn movement(&self) -> Movement<'a> {
        let event = self.period.event;
        Movement {
            creator: event.creator,
            tier_id: event.tier_id,
            currency: self.currency,
            subscriber: event.subscriber,
            ..Movement::default()
        }
    }
}

/// A price as a month's: years have 365 days and twelve months, weeks seven days.
///
/// DAY × 365/12, WEEK × 365/84, MONTH × 1, YEAR × 1/12, rounded once to the currency's exponent.
pub fn monthly(tier: &TierVersion<'_>) -> Result<i128, Fault> {
    let (numerator, denominator) = match tier.interval {
        "DAY" => (365, 12),
        "WEEK" => (365, 7 * 12),
        "MONTH" => (1, 1),
        "YEAR" => (1, 12),
        other => return Err(format!("no interval is named {other}")),
    };
    let digits =
        money::exponent(tier.currency).ok_or_else(|| format!("no currency is named {}", tier.currency))?;
    money::proportion(tier.price, numerator, denominator, digits)
        .ok_or_else(|| format!("{} version {} has a price beyond all bounds", tier.tier_id, tier.version))
}

/// The movements of one subscription between the night before and tonight: none, one, or two where it went
/// from one tier to another.
pub fn movements<'a>(life: &Life<'a>, night: &Night) -> Result<Vec<Movement<'a>>, Fault> {
    let periods = life.periods();
    let before = standing(life, &periods, night.before)?;
    let after = standing(life, &periods, night.end)?;
    Ok(match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => vec![came(&after, &periods, night)],
        (Some(before), None) => vec![left(&before, night)],
        (Some(before), Some(after)) if before.is_beside(&after) => vec![stayed(&before, &after, night)],
        (Some(before), Some(after)) => moved(&before, &after, night).into(),
    })
}

/// Where it stands in the last microsecond of a day: a period that ends with the day still counts.
fn standing<'a>(life: &Life<'a>, periods: &Periods<'a>, day_end: i64) -> Result<Option<Standing<'a>>, Fault> {
    let Some(period) = periods.at(day_end - 1).map(|place| periods.list[place]) else { return Ok(None) };
    let tier = life.tier(&period.event);
    let (currency, monthly) = (tier.map(|tier| tier.currency), tier.map_or(Ok(0), monthly)?);
    Ok(Some(Standing { period, currency, monthly }))
}

fn came<'a>(after: &Standing<'a>, periods: &Periods<'a>, night: &Night) -> Movement<'a> {
    let mut movement = after.movement();
    (movement.counts.active, movement.revenue.active) = (1, after.monthly);
    // What began before and does not cover the night before has ended: it comes back.
    if periods.list.first().is_some_and(|first| first.start < night.before) {
        (movement.counts.reactivated, movement.revenue.reactivated) = (1, after.monthly);
    } else {
        (movement.counts.new, movement.revenue.new) = (1, after.monthly);
    }
    movement
}

fn left<'a>(before: &Standing<'a>, night: &Night) -> Movement<'a> {
    let mut movement = before.movement();
    (movement.counts.before, movement.revenue.before) = (1, before.monthly);
    (movement.counts.churned, movement.revenue.churned) = (1, before.monthly);
    movement.counts.due = is_due(before, night);
    movement
}

fn stayed<'a>(before: &Standing<'a>, after: &Standing<'a>, night: &Night) -> Movement<'a> {
    let mut movement = after.movement();
    (movement.counts.active, movement.counts.before) = (1, 1);
    (movement.revenue.active, movement.revenue.before) = (after.monthly, before.monthly);
    movement.revenue.expansion = (after.monthly - before.monthly).max(0);
    movement.revenue.contraction = (before.monthly - after.monthly).max(0);
    movement.counts.due = is_due(before, night);
    movement.counts.renewed = movement.counts.due;
    movement
}

/// It leaves one tier and comes to another: of a creator's tiers together only the difference is left.
fn moved<'a>(before: &Standing<'a>, after: &Standing<'a>, night: &Night) -> [Movement<'a>; 2] {
    let (mut from, mut to) = (before.movement(), after.movement());
    (from.counts.before, from.revenue.before) = (1, before.monthly);
    (from.counts.moved_out, from.revenue.contraction) = (1, before.monthly);
    from.counts.due = is_due(before, night);
    from.counts.renewed = from.counts.due;
    (to.counts.active, to.revenue.active) = (1, after.monthly);
    (to.counts.moved_in, to.revenue.expansion) = (1, after.monthly);
    [from, to]
}

/// Whether its period ends on the day: days are half-open, so one that ends with the day is due on the next.
fn is_due(before: &Standing<'_>, night: &Night) -> i64 {
    i64::from(before.period.end < night.end)
}
