//! Periods that nobody paid for, or not rightly: by no escrow, at another price, by or to another, twice by
//! one, by one that did not end well; and a tier that nobody knows.

use super::{Payment, Plot, StoryFault};
use crate::life::{Ending, Kind};
use crate::text::DAY_MS;
use crate::verdicts::Verdict;

pub(super) const FAULTS: &[StoryFault] = &[
    StoryFault { name: "escrow_not_named", plant: |p| named(p, Payment::None) },
    StoryFault { name: "escrow_not_known", plant: |p| named(p, Payment::Other) },
    StoryFault { name: "price_of_another_amount", plant: price_of_another_amount },
    StoryFault { name: "price_in_another_currency", plant: price_in_another_currency },
    StoryFault { name: "paid_by_a_tip", plant: paid_by_a_tip },
    StoryFault { name: "paid_by_another", plant: paid_by_another },
    StoryFault { name: "paid_to_another", plant: paid_to_another },
    StoryFault { name: "escrow_pays_twice", plant: escrow_pays_twice },
    StoryFault { name: "payment_refunded", plant: |p| ended(p, Ending::Refunded) },
    StoryFault { name: "payment_cancelled", plant: |p| ended(p, Ending::Cancelled) },
    StoryFault { name: "payment_transferred_twice", plant: payment_transferred_twice },
    StoryFault { name: "payment_without_transfer", plant: payment_without_transfer },
    StoryFault { name: "payment_stays_open", plant: payment_stays_open },
    StoryFault { name: "payment_seen_otherwise", plant: payment_seen_otherwise },
    StoryFault { name: "tier_not_known", plant: tier_not_known },
];

/// The slot's escrow is as it should be, and the event names another or none.
fn named(plot: &mut Plot, payment: Payment) {
    plot.pays(Ending::Released);
    plot.happens("STARTED", payment, plot.first);
    plot.delivers_in_time();
    plot.finds("NO_ESCROW", 0);
}

fn price_of_another_amount(plot: &mut Plot) {
    plot.story.base.amount = plot.story.base.amount.plus(1);
    plot.starts();
    plot.delivers_in_time();
    plot.finds("PRICE_DIFFERS", 0);
}

/// The same number: prices are whole hundredths, which every twin can hold.
fn price_in_another_currency(plot: &mut Plot) {
    plot.story.base.amount.currency = plot.story.base.amount.currency.twin();
    plot.starts();
    plot.delivers_in_time();
    plot.finds("PRICE_DIFFERS", 0);
}

fn differs(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    plot.finds("ESCROW_DIFFERS", 0);
}

fn paid_by_a_tip(plot: &mut Plot) {
    plot.story.base.kind = Kind::Tip;
    differs(plot);
}

fn paid_by_another(plot: &mut Plot) {
    plot.story.base.payer = plot.story.base.payer.other();
    differs(plot);
}

fn paid_to_another(plot: &mut Plot) {
    plot.story.base.creator = plot.story.base.creator.other();
    differs(plot);
}

fn escrow_pays_twice(plot: &mut Plot) {
    plot.starts();
    plot.delivers_in_time();
    let next = plot.after(plot.first);
    plot.at("RENEWED", Payment::Own, Some(next), plot.first.start_ms + DAY_MS);
    plot.owes_nothing_done(next);
    plot.finds("ESCROW_REUSED", 1);
}

/// The rest of a story whose escrow is planted: whatever came of the money, the benefits were delivered.
fn paid_somehow(plot: &mut Plot) {
    plot.happens("STARTED", Payment::Own, plot.first);
    plot.delivers_in_time();
    if plot.is_unsettled() {
        plot.finds("PAYMENT_NOT_SETTLED", 0);
    }
}

fn ended(plot: &mut Plot, ending: Ending) {
    plot.pays(ending);
    paid_somehow(plot);
}

fn payment_transferred_twice(plot: &mut Plot) {
    plot.life.legal(&plot.story.base, Ending::Released, None);
    let mut second = plot.life.transfers[0].clone();
    (second.mark, second.at_ms) = (b'2', second.at_ms + 900);
    plot.life.transfers.push(second);
    plot.life.nights.from(0, Verdict::plain("DUPLICATE_TRANSFER"));
    paid_somehow(plot);
}

/// Released today, so that the transfer has until tomorrow to come.
fn payment_without_transfer(plot: &mut Plot) {
    plot.story.base.shift(3 * DAY_MS);
    plot.life.legal(&plot.story.base, Ending::Released, None);
    plot.life.transfers.clear();
    plot.life.nights.from(0, Verdict::PENDING);
    plot.life.nights.from(1, Verdict::plain("MISSING_TRANSFER"));
    paid_somehow(plot);
}

/// Funded today and nothing more: open for seven nights, stuck after them.
fn payment_stays_open(plot: &mut Plot) {
    plot.story.base.shift(3 * DAY_MS);
    plot.life.legal(&plot.story.base, Ending::Released, None);
    plot.life.transfers.clear();
    plot.life.entries.clear();
    plot.life.events.truncate(2);
    plot.life.nights.from(0, Verdict::OPEN);
    plot.life.nights.from(7, Verdict::plain("STUCK_ESCROW"));
    paid_somehow(plot);
}

/// Money agrees: the payment is settled, though its break stays open.
fn payment_seen_otherwise(plot: &mut Plot) {
    plot.life.legal(&plot.story.base, Ending::Released, None);
    let entry = &mut plot.life.entries[0];
    entry.visibility = if entry.visibility == "PRIVATE" { "PUBLIC" } else { "PRIVATE" };
    plot.life.nights.from(0, Verdict::plain("METADATA_MISMATCH"));
    paid_somehow(plot);
}

/// A version that never lands: nobody can say what it promises, so nothing is owed.
fn tier_not_known(plot: &mut Plot) {
    plot.pays(Ending::Released);
    plot.happens("STARTED", Payment::Own, plot.first).tier_version = 9;
    plot.finds("UNKNOWN_TIER", 0);
}
