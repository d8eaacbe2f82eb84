//! The ledger of what releases cost: what a run may do next, decided from what stands in it alone.
//!
//! A price counts from its intent on, whatever comes of it. From the storing mark on what was drawn may have been seen,
//! so that nothing is drawn again for that price. The one commit that says released names the files and settles the
//! price; putting these files into the released table afterwards can be repeated without end.

use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::accounting::femto_delta_day;
use crate::policy::Policy;

/// The units of privacy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// A viewer with one creator over a UTC month.
    ViewerCreatorMonth,
    /// A viewer over all creators in a UTC month.
    ViewerMonth,
}

impl Unit {
    pub const ALL: [Self; 2] = [Self::ViewerCreatorMonth, Self::ViewerMonth];

    pub fn name(self) -> &'static str {
        match self {
            Self::ViewerCreatorMonth => "viewer_creator_month",
            Self::ViewerMonth => "viewer_month",
        }
    }

    /// What the month may cost.
    pub fn budget(self, policy: &Policy) -> u64 {
        match self {
            Self::ViewerCreatorMonth => policy.nano_rho_viewer_creator,
            Self::ViewerMonth => policy.nano_rho_viewer,
        }
    }

    /// What a day costs.
    pub fn price(self, policy: &Policy) -> u64 {
        match self {
            Self::ViewerCreatorMonth => policy.nano_rho_day(),
            Self::ViewerMonth => policy.nano_rho_day_viewer(),
        }
    }

    /// What a day's thresholds cost in delta, in 10^-15.
    pub fn femto_delta(self, policy: &Policy) -> u64 {
        let (pair, viewer) = femto_delta_day(policy);
        match self {
            Self::ViewerCreatorMonth => pair,
            Self::ViewerMonth => viewer,
        }
    }
}

/// What happens to a release, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The price is reserved.
    Intent,
    /// What was drawn leaves memory.
    Storing,
    /// Price and files are settled.
    Released,
    /// The price is lost.
    Abandoned,
}

impl Event {
    pub const ALL: [Self; 4] = [Self::Intent, Self::Storing, Self::Released, Self::Abandoned];

    pub fn name(self) -> &'static str {
        match self {
            Self::Intent => "INTENT",
            Self::Storing => "STORING",
            Self::Released => "RELEASED",
            Self::Abandoned => "ABANDONED",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// A row of the ledger, as far as it decides anything. Days are texts that sort, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub release_id: String,
    pub unit: Unit,
    pub event: Event,
    pub day: String,
    pub nano_rho: u64,
    pub policy: String,
}

/// The month of a day.
pub fn month(day: &str) -> &str {
    day.get(..7).unwrap_or(day)
}

/// What a run has to do for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is released: put its files into the table, if they are not there.
    Keep { release_id: String },
    /// Draw for a price that is reserved and of which nothing was seen.
    Draw { release_id: String },
    /// Reserve a price and draw; first give up the prices of releases that may have been seen and never came to be.
    Reserve { release_id: String, abandon: Vec<String> },
    /// The budget does not suffice.
    Refuse { unit: Unit, spent: u64, price: u64, budget: u64 },
}

/// Decides what a run does for a day under a policy.
pub fn next(entries: &[Entry], day: &str, policy: &Policy) -> Result<Next, Error> {
    let mut releases: BTreeMap<&str, BTreeSet<Event>> = BTreeMap::new();
    let mut policies: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.day == day) {
        releases.entry(&entry.release_id).or_default().insert(entry.event);
        policies.insert(&entry.release_id, &entry.policy);
    }
    for (id, events) in &releases {
        let has = |event| events.contains(&event);
        let holds = has(Event::Intent)
            && (!has(Event::Released) || has(Event::Storing))
            && !(has(Event::Released) && has(Event::Abandoned));
        if !holds {
            return Err(Error::Ledger(format!("{id}: {events:?} is no life of a release")));
        }
    }
    let with = |wanted: fn(&BTreeSet<Event>) -> bool| {
        let found = releases.iter().filter(|(_, events)| wanted(events));
        found.map(|(id, _)| (*id).to_owned()).collect::<Vec<String>>()
    };
    match with(|events| events.contains(&Event::Released)).as_slice() {
        [] => {}
        [release_id] => return Ok(Next::Keep { release_id: release_id.clone() }),
        several => {
            return Err(Error::Ledger(format!("{day} is released {} times: {several:?}", several.len())));
        }
    }
    let is_unseen = |events: &BTreeSet<Event>| events.len() == 1;
    // A price that another policy reserved pays no noise of this one.
    let reserved =
        with(is_unseen).into_iter().find(|id| policies.get(id.as_str()) == Some(&policy.hash.as_str()));
    if let Some(release_id) = reserved {
        return Ok(Next::Draw { release_id });
    }
    for unit in Unit::ALL {
        let (spent, price, budget) =
            (spent(entries, month(day), unit), unit.price(policy), unit.budget(policy));
        if spent.saturating_add(price) > budget {
            return Ok(Next::Refuse { unit, spent, price, budget });
        }
    }
    let release_id = format!("{day}-{}-{}", releases.len() + 1, &policy.hash[..12]);
    let abandon = with(|events| !events.contains(&Event::Abandoned));
    Ok(Next::Reserve { release_id, abandon })
}

/// What a month has spent of a unit: every intent, whatever came of it.
pub fn spent(entries: &[Entry], of_month: &str, unit: Unit) -> u64 {
    let intents = entries.iter().filter(|entry| entry.event == Event::Intent && entry.unit == unit);
    intents.filter(|entry| month(&entry.day) == of_month).map(|entry| entry.nano_rho).sum()
}

/// From which day on returning viewers are looked for: so many days back, but into another month only where that was
/// released by the same policy, since its own budget set aside what shows in the month after.
pub fn window_start(entries: &[Entry], day: &str, window_start: &str, policy: &Policy) -> String {
    let of_month = month(day);
    let is_of_another_policy = |entry: &Entry| {
        month(&entry.day) < of_month
            && month(&entry.day) >= month(window_start)
            && entry.policy != policy.hash
    };
    match entries.iter().any(is_of_another_policy) {
        true => format!("{of_month}-01").max(window_start.to_owned()),
        false => window_start.to_owned(),
    }
}

#[cfg(test)]
mod tests;
