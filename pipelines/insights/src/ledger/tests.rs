//! Runs that end at any step, in any order of days: nothing is overspent, nothing seen is drawn again.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::tests::{policy, policy_with};

fn entry(release_id: &str, event: Event, day: &str, nano_rho: u64, policy: &str) -> [Entry; 2] {
    Unit::ALL.map(|unit| Entry {
        release_id: release_id.to_owned(),
        unit,
        event,
        day: day.to_owned(),
        nano_rho,
        policy: policy.to_owned(),
    })
}

/// A warehouse as far as releases go: what is committed, what lies in storage, what readers see.
#[derive(Default)]
struct World {
    ledger: Vec<Entry>,
    /// Draws that left memory, by release.
    seen: BTreeMap<String, Vec<u64>>,
    /// What the released table shows, by day.
    table: BTreeMap<String, u64>,
    draws: u64,
}

impl World {
    fn commit(&mut self, policy: &Policy, release_id: &str, event: Event, day: &str) {
        for unit in Unit::ALL {
            let price = if event == Event::Intent { unit.price(policy) } else { 0 };
            let mut entries = entry(release_id, event, day, price, &policy.hash).to_vec();
            entries.retain(|entry| entry.unit == unit);
            self.ledger.extend(entries);
        }
    }

    /// The steps of a run, of which only so many are made; gives what it would have ended with.
    fn run(&mut self, policy: &Policy, day: &str, mut steps: u32) -> Option<Next> {
        let mut may_step = || {
            let may = steps > 0;
            steps = steps.saturating_sub(1);
            may.then_some(())
        };
        let next = next(&self.ledger, day, policy).expect("a ledger that holds");
        let release_id = match &next {
            Next::Refuse { .. } => return Some(next),
            Next::Keep { release_id } => {
                may_step()?;
                self.table.insert(day.to_owned(), self.seen[release_id][0]);
                return Some(next);
            }
            Next::Draw { release_id } => release_id.clone(),
            Next::Reserve { release_id, abandon } => {
                for lost in abandon {
                    may_step()?;
                    self.commit(policy, lost, Event::Abandoned, day);
                }
                may_step()?;
                self.commit(policy, release_id, Event::Intent, day);
                release_id.clone()
            }
        };
        self.draws += 1;
        let drawn = self.draws;
        may_step()?;
        self.commit(policy, &release_id, Event::Storing, day);
        may_step()?;
        self.seen.entry(release_id.clone()).or_default().push(drawn);
        may_step()?;
        self.commit(policy, &release_id, Event::Released, day);
        may_step()?;
        self.table.insert(day.to_owned(), drawn);
        Some(next)
    }

    fn check(&self, policy: &Policy) {
        for month in ["2026-10", "2026-11"] {
            for unit in Unit::ALL {
                assert!(spent(&self.ledger, month, unit) <= unit.budget(policy));
            }
        }
        for (release_id, drawn) in &self.seen {
            assert!(drawn.len() <= 1, "{release_id} was drawn {} times and seen", drawn.len());
            let paid = self.ledger.iter().any(|entry| {
                entry.release_id == *release_id && entry.event == Event::Intent && entry.nano_rho > 0
            });
            assert!(paid, "{release_id} was seen and not paid");
        }
    }
}

proptest! {
    #[test]
    fn ends_at_any_step_neither_overspend_nor_redraw(runs in proptest::collection::vec((1u32..=31, 0u32..8), 1..120)) {
        let policy = policy();
        let mut world = World::default();
        for (day, steps) in runs {
            let day = format!("2026-10-{day:02}");
            let shown = world.table.get(&day).copied();
            world.run(&policy, &day, steps);
            world.check(&policy);
            if shown.is_some() {
                prop_assert_eq!(world.table.get(&day).copied(), shown, "a released day has changed");
            }
        }
        // Whatever happened: a run that is not disturbed ends with a release, or says that there is no budget.
        for day in 1..=31 {
            let day = format!("2026-10-{day:02}");
            let ended = world.run(&policy, &day, u32::MAX);
            prop_assert!(ended.is_some());
            let is_refused = matches!(ended, Some(Next::Refuse { .. }));
            prop_assert_eq!(is_refused, !world.table.contains_key(&day));
        }
        world.check(&policy);
    }
}

#[test]
fn a_month_of_31_days_is_paid_and_not_one_release_more() {
    let policy = policy();
    let mut world = World::default();
    for day in 1..=31 {
        world.run(&policy, &format!("2026-10-{day:02}"), u32::MAX);
    }
    assert_eq!(world.table.len(), 31);
    // A lost price: of a day that was drawn, stored and never released.
    let mut world = World::default();
    world.run(&policy, "2026-10-01", 3);
    for day in 1..=30 {
        assert!(!matches!(
            world.run(&policy, &format!("2026-10-{day:02}"), u32::MAX),
            Some(Next::Refuse { .. })
        ));
    }
    let last = world.run(&policy, "2026-10-31", u32::MAX);
    assert!(matches!(last, Some(Next::Refuse { unit: Unit::ViewerCreatorMonth, .. })), "{last:?}");
    assert!(!world.table.contains_key("2026-10-31"));
    // The next month has a budget of its own.
    assert!(matches!(world.run(&policy, "2026-11-01", u32::MAX), Some(Next::Reserve { .. })));
}

#[test]
fn a_reserved_price_is_used_once() {
    let policy = policy();
    let mut world = World::default();
    // Killed before anything was drawn: the same price.
    world.run(&policy, "2026-10-05", 1);
    let again = next(&world.ledger, "2026-10-05", &policy).expect("a step");
    assert!(
        matches!(&again, Next::Draw { release_id } if release_id.starts_with("2026-10-05-1-")),
        "{again:?}"
    );
    // Under another policy that price pays nothing.
    let other = policy_with(&[("unique_viewers = 800", "unique_viewers = 700")]);
    let again = next(&world.ledger, "2026-10-05", &other).expect("a step");
    let Next::Reserve { release_id, abandon } = again else { panic!("{again:?}") };
    assert!(release_id.starts_with("2026-10-05-2-") && abandon.len() == 1);
    // Killed while storing: it may have been seen.
    world.run(&policy, "2026-10-05", 1);
    let again = next(&world.ledger, "2026-10-05", &policy).expect("a step");
    assert!(matches!(&again, Next::Reserve { abandon, .. } if abandon.len() == 1), "{again:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    let policy = policy();
    let released = entry("a", Event::Released, "2026-10-05", 0, &policy.hash);
    assert!(next(&released, "2026-10-05", &policy).is_err());
    let twice: Vec<Entry> = ["a", "b"]
        .into_iter()
        .flat_map(|id| {
            [Event::Intent, Event::Storing, Event::Released]
                .map(|event| entry(id, event, "2026-10-05", 1, &policy.hash))
        })
        .flatten()
        .collect();
    assert!(next(&twice, "2026-10-05", &policy).is_err());
}

#[test]
fn a_new_policy_does_not_look_into_the_month_before() {
    let policy = policy();
    let start = |entries: &[Entry]| window_start(entries, "2026-11-05", "2026-10-08", &policy);
    assert_eq!(start(&[]), "2026-10-08");
    assert_eq!(start(&entry("a", Event::Intent, "2026-10-20", 1, &policy.hash)), "2026-10-08");
    assert_eq!(start(&entry("a", Event::Intent, "2026-10-20", 1, "other")), "2026-11-01");
    assert_eq!(start(&entry("a", Event::Intent, "2026-11-02", 1, "other")), "2026-10-08");
}
