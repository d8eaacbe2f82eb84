//! Benefits that come in time, late, by another way, or not at all: every class of an entitlement, and no
//! finding.

use super::{HOUR_MS, NO_BENEFIT, Plot, StoryFault};
use crate::life::Ending;
use crate::text::DAY_MS;

pub(super) const FAULTS: &[StoryFault] = &[
    StoryFault { name: "benefits_land_days_later", plant: benefits_land_days_later },
    StoryFault { name: "start_lands_days_later", plant: start_lands_days_later },
    StoryFault { name: "benefits_at_the_limit", plant: |p| delivered(p, DAY_MS, "DELIVERED") },
    StoryFault { name: "benefits_after_the_limit", plant: |p| delivered(p, DAY_MS + 1, "LATE") },
    StoryFault { name: "benefits_by_another_method", plant: |p| misdelivered(p, None, "WRONG_METHOD") },
    StoryFault {
        name: "benefits_by_their_method_too",
        plant: |p| misdelivered(p, Some(2 * HOUR_MS), "DELIVERED"),
    },
    StoryFault {
        name: "benefits_by_their_method_too_late",
        plant: |p| misdelivered(p, Some(30 * HOUR_MS), "LATE"),
    },
    StoryFault { name: "benefits_failed", plant: |p| failed(p, None, "FAILED") },
    StoryFault { name: "benefits_failed_once", plant: |p| failed(p, Some(3 * HOUR_MS), "DELIVERED") },
    StoryFault { name: "benefits_failed_then_late", plant: |p| failed(p, Some(30 * HOUR_MS), "LATE") },
    StoryFault { name: "benefits_missing", plant: benefits_missing },
    StoryFault { name: "benefit_of_another_tier", plant: benefit_of_another_tier },
    StoryFault { name: "benefit_before_the_period", plant: benefit_before_the_period },
    StoryFault { name: "benefit_tried_after_the_end", plant: benefit_tried_after_the_end },
    StoryFault { name: "benefits_of_no_subscription", plant: benefits_of_no_subscription },
    StoryFault { name: "benefits_as_the_next_period_begins", plant: benefits_as_the_next_period_begins },
    StoryFault { name: "renewed_ahead", plant: renewed_ahead },
];

fn benefits_land_days_later(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    let late = plot.late(2);
    plot.story.attempts.iter_mut().for_each(|attempt| attempt.lands = late);
}

fn start_lands_days_later(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    plot.story.happenings[0].lands = plot.late(3);
}

fn delivered(plot: &mut Plot, after_ms: i64, class: &'static str) {
    plot.starts();
    plot.tries_all("DELIVERED", plot.first.start_ms + after_ms);
    plot.owes(plot.first, class);
}

fn misdelivered(plot: &mut Plot, then_ms: Option<i64>, class: &'static str) {
    plot.starts();
    plot.misdelivers_all(plot.first.start_ms + HOUR_MS);
    if let Some(after_ms) = then_ms {
        plot.tries_all("DELIVERED", plot.first.start_ms + after_ms);
    }
    plot.owes(plot.first, class);
}

fn failed(plot: &mut Plot, then_ms: Option<i64>, class: &'static str) {
    plot.starts();
    plot.tries_all("FAILED", plot.first.start_ms + HOUR_MS);
    if let Some(after_ms) = then_ms {
        plot.tries_all("DELIVERED", plot.first.start_ms + after_ms);
    }
    plot.owes(plot.first, class);
}

fn benefits_missing(plot: &mut Plot) {
    plot.starts();
    plot.owes(plot.first, "MISSING");
}

fn benefit_of_another_tier(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    plot.tries(NO_BENEFIT, 0, "DELIVERED", plot.first.start_ms + HOUR_MS);
    plot.is_not_entitled(NO_BENEFIT, Some(plot.first));
}

/// An hour too early: of no period, so that the period's own is still missing.
fn benefit_before_the_period(plot: &mut Plot) {
    plot.starts();
    plot.tries_all("DELIVERED", plot.first.start_ms - HOUR_MS);
    plot.owes(plot.first, "MISSING");
    for benefit in plot.story.slot.tier.benefits() {
        plot.is_not_entitled(benefit, None);
    }
}

/// At the very end, which is no part of the period.
fn benefit_tried_after_the_end(plot: &mut Plot) {
    plot.begin_a_period_earlier();
    plot.starts();
    plot.delivers_in_time();
    plot.tries_all("FAILED", plot.first.end_ms);
    for benefit in plot.story.slot.tier.benefits() {
        plot.is_not_entitled(benefit, None);
    }
}

/// The escrow is paid and the benefits come, but no event of the subscription ever lands.
fn benefits_of_no_subscription(plot: &mut Plot) {
    plot.pays(Ending::Released);
    plot.tries_all("DELIVERED", plot.first.start_ms + HOUR_MS);
    for benefit in plot.story.slot.tier.benefits() {
        plot.is_not_entitled(benefit, None);
    }
}

/// What is delivered as one period ends and the next begins belongs to the next.
fn benefits_as_the_next_period_begins(plot: &mut Plot) {
    plot.begin_a_period_earlier();
    plot.starts();
    let next = plot.after(plot.first);
    plot.pays_again("RENEWED", next, next.start_ms + 60_000);
    plot.tries_all("DELIVERED", next.start_ms);
    plot.owes(plot.first, "MISSING");
    plot.owes(next, "DELIVERED");
}

/// Renewed as soon as it was started: the period to come owes nothing yet.
fn renewed_ahead(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    let next = plot.after(plot.first);
    plot.pays_again("RENEWED", next, plot.first.start_ms + DAY_MS);
    plot.owes_nothing_done(next);
}
