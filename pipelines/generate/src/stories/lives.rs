//! Lives that no subscription may lead: periods that overlap or are none, a start that is missing or there
//! twice, events after the end.

use super::{HOUR_MS, Payment, Period, Plot, StoryFault};
use crate::life::Ending;
use crate::text::DAY_MS;

pub(super) const FAULTS: &[StoryFault] = &[
    StoryFault { name: "periods_overlap", plant: periods_overlap },
    StoryFault { name: "period_not_stated", plant: |p| without_period(p, |_| None) },
    StoryFault {
        name: "period_of_no_time",
        plant: |p| without_period(p, |first| Some(Period { end_ms: first.start_ms, ..first })),
    },
    StoryFault {
        name: "period_runs_back",
        plant: |p| without_period(p, |first| Some(Period { end_ms: first.start_ms - DAY_MS, ..first })),
    },
    StoryFault { name: "cancelled_before_its_start", plant: cancelled_before_its_start },
    StoryFault { name: "renewed_without_a_start", plant: renewed_without_a_start },
    StoryFault { name: "started_twice", plant: started_twice },
    StoryFault { name: "renewed_after_it_expired", plant: renewed_after_it_expired },
    StoryFault { name: "expiry_lands_days_later", plant: expiry_lands_days_later },
];

/// Renewed a day after it began. What is delivered then belongs to the period that started later.
fn periods_overlap(plot: &mut Plot) {
    plot.starts();
    let second = plot.from(plot.first.start_ms + DAY_MS);
    plot.pays_again("RENEWED", second, second.start_ms + 60_000);
    plot.tries_all("DELIVERED", second.start_ms + HOUR_MS);
    plot.owes(plot.first, "MISSING");
    plot.owes(second, "DELIVERED");
    plot.finds("OVERLAPPING_PERIODS", 1);
}

/// Paid for a period that is none: nothing is owed.
fn without_period(plot: &mut Plot, period: fn(Period) -> Option<Period>) {
    plot.pays(Ending::Released);
    let first = plot.first;
    plot.at("STARTED", Payment::Own, period(first), first.start_ms + 60_000);
    plot.finds("INVALID_PERIOD", 0);
}

fn cancelled_before_its_start(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    plot.at("CANCELLED", Payment::None, None, plot.first.start_ms - HOUR_MS);
    plot.finds("NOT_STARTED", 1);
}

fn renewed_without_a_start(plot: &mut Plot) {
    plot.pays(Ending::Released);
    plot.happens("RENEWED", Payment::Own, plot.first);
    plot.delivers_in_time();
    plot.at("CANCELLED", Payment::None, None, plot.first.start_ms + DAY_MS);
    plot.finds("NOT_STARTED", 0);
    plot.finds("NOT_STARTED", 1);
}

/// The second start is for the period after the first, so that nothing overlaps.
fn started_twice(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    let next = plot.after(plot.first);
    plot.pays_again("STARTED", next, plot.first.start_ms + DAY_MS);
    plot.owes_nothing_done(next);
    plot.finds("STARTED_TWICE", 1);
}

/// The period after the expiry is paid for, so it is owed.
fn renewed_after_it_expired(plot: &mut Plot) {
    plot.begin_a_period_earlier();
    plot.starts();
    plot.delivers_in_time();
    let end_ms = plot.first.end_ms;
    plot.at("EXPIRED", Payment::None, Some(plot.first), end_ms);
    let next = plot.from(end_ms + HOUR_MS);
    plot.pays_again("RENEWED", next, next.start_ms + 60_000);
    plot.tries_all("DELIVERED", next.start_ms + HOUR_MS);
    plot.owes(next, "DELIVERED");
    plot.at("CANCELLED", Payment::None, None, next.start_ms + 2 * HOUR_MS);
    plot.finds("EVENT_AFTER_EXPIRED", 2);
    plot.finds("EVENT_AFTER_EXPIRED", 3);
}

/// The order is that of the events' own times: what landed first came after.
fn expiry_lands_days_later(plot: &mut Plot) {
    plot.begin_a_period_earlier();
    plot.starts();
    plot.delivers_in_time();
    let end_ms = plot.first.end_ms;
    let lands = plot.late(2);
    plot.at("EXPIRED", Payment::None, Some(plot.first), end_ms).lands = lands;
    plot.at("PAYMENT_FAILED", Payment::None, None, end_ms + HOUR_MS);
    plot.finds("EVENT_AFTER_EXPIRED", 2);
}
