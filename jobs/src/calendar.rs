//! Which nights there are, and which of them are stale.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use schemas::bronze::NODES;
use schemas::silver::{OPEN_CASES, RECONCILIATION};
use schemas::subscriptions::SUBSCRIPTION_METRICS_DAILY;
use schemas::table::Table;
use warehouse::{Parameter, Session, Values};

use crate::failure::Outcome;
use crate::lineage;

/// Before any night.
pub const NEVER: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();

/// The last night before a day, if there was one.
pub fn night_before(session: &Session, dt: NaiveDate) -> Option<NaiveDate> {
    session.days(&RECONCILIATION).range(..dt).next_back().copied()
}

/// The nights after a day, in order: those of which a table has rows.
pub fn nights_after(session: &Session, table: &Table, dt: NaiveDate) -> Vec<NaiveDate> {
    session.days(table).into_iter().filter(|night| *night > dt).collect()
}

/// The nights before a day that were made from files that are not those of now, in order: what they hand on is
/// not what it would be. A night that is up to date has been made from nights that are.
pub async fn stale_before(session: &Session, dt: NaiveDate) -> Outcome<Vec<NaiveDate>> {
    let mut stale = Vec::new();
    let mut night = night_before(session, dt);
    while let Some(found) = night {
        if lineage::is_current(session, &[&RECONCILIATION, &OPEN_CASES], found).await? {
            break;
        }
        stale.push(found);
        night = night_before(session, found);
    }
    stale.reverse();
    Ok(stale)
}

/// What a night's models may ask for, beside the days that they must read again: `$dt`, `$night_before` (a day
/// before all others where there was none) and `$last_night`; of subscriptions, which may be run alone,
/// `$stated_before` (the day before where none was stated) and `$last_stated`; `$inventory_day`, the last up to the day
/// that brought an inventory of nodes. Nights are read off the logs: no
/// model needs to open a file for them.
pub fn values(session: &Session, dt: NaiveDate) -> Values {
    let stated = session.days(&SUBSCRIPTION_METRICS_DAILY);
    let latest = |days: &BTreeSet<NaiveDate>| days.last().copied().unwrap_or(dt).max(dt);
    let last = latest(&session.days(&RECONCILIATION));
    let days = [
        ("$night_before", night_before(session, dt).unwrap_or(NEVER)),
        ("$last_night", last),
        ("$stated_before", stated.range(..dt).next_back().copied().unwrap_or(dt - Days::new(1))),
        ("$last_stated", latest(&stated).max(last)),
        ("$inventory_day", session.days(&NODES).range(..=dt).next_back().copied().unwrap_or(NEVER)),
    ];
    days.into_iter().fold(Values::of_day(dt), |values, (name, day)| values.with(name, Parameter::Day(day)))
}
