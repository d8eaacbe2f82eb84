//! Sides that are all there and do not agree: postings, types, currencies, parties, amounts, nets, days,
//! visibility, exchanges.

use super::{Fault, Scene};
use crate::amounts::{Amount, Currency};
use crate::life::Ending;
use crate::rows::{Exchange, Posting};
use crate::verdicts::Verdict;

const UNBALANCED: Verdict = Verdict::plain("UNBALANCED_POSTINGS");
const CURRENCY: Verdict = Verdict::plain("CURRENCY_MISMATCH");
const PARTY: Verdict = Verdict::plain("PARTY_MISMATCH");
const AMOUNT: Verdict = Verdict::plain("AMOUNT_MISMATCH");
const NET: Verdict = Verdict::plain("NET_MISMATCH");
const DAY_BOUNDARY: Verdict = Verdict::plain("DAY_BOUNDARY");

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "posting_too_many", plant: posting_too_many },
    Fault { name: "creator_posting_unbalanced", plant: |s| unbalanced(s, "creator", &["NET_MISMATCH"]) },
    Fault {
        name: "platform_posting_unbalanced",
        plant: |s| unbalanced(s, "platform_fees", &["FEE_DISAGREES:PLATFORM"]),
    },
    Fault { name: "entry_of_another_type", plant: |s| typed(s, Ending::Released, "SUBSCRIPTION") },
    Fault { name: "refund_booked_as_a_tip", plant: |s| typed(s, Ending::Refunded, "TIP") },
    Fault { name: "escrow_in_another_currency", plant: escrow_in_another_currency },
    Fault { name: "entry_in_another_currency", plant: entry_in_another_currency },
    Fault { name: "event_in_another_currency", plant: event_in_another_currency },
    Fault { name: "entry_of_another_payer", plant: |s| posted_to_another(s, "escrow") },
    Fault { name: "entry_of_another_creator", plant: |s| posted_to_another(s, "creator") },
    Fault { name: "release_to_another_creator", plant: release_to_another_creator },
    Fault { name: "entry_of_another_amount", plant: entry_of_another_amount },
    Fault { name: "entry_and_creator_of_another_amount", plant: entry_and_creator_of_another_amount },
    Fault { name: "escrow_of_another_amount", plant: escrow_of_another_amount },
    Fault { name: "transfer_of_another_amount", plant: transfer_of_another_amount },
    Fault { name: "event_of_another_amount", plant: event_of_another_amount },
    Fault { name: "exchange_agrees", plant: |s| exchanged(s, |_| {}, Verdict::MATCHED) },
    Fault { name: "exchange_of_another_product", plant: exchange_of_another_product },
    Fault { name: "exchange_from_another_currency", plant: exchange_from_another_currency },
    Fault { name: "exchange_from_another_amount", plant: exchange_from_another_amount },
    Fault { name: "net_not_gross_minus_fees", plant: net_not_gross_minus_fees },
    Fault { name: "creator_not_paid_the_net", plant: creator_not_paid_the_net },
    Fault { name: "entry_before_midnight", plant: entry_before_midnight },
    Fault { name: "entry_after_midnight", plant: entry_after_midnight },
    Fault { name: "refund_before_midnight", plant: refund_before_midnight },
    Fault { name: "entry_of_another_visibility", plant: |s| seen_otherwise(s, Ending::Released) },
    Fault { name: "refund_of_another_visibility", plant: |s| seen_otherwise(s, Ending::Refunded) },
];

/// A posting to an account that no rule knows: it moves the balance and nothing else.
pub(super) fn suspense(amount: Amount) -> Posting {
    Posting { account: "suspense", party: None, amount }
}

/// Moves one of the entry's postings by some minor units.
pub(super) fn move_posting(scene: &mut Scene, account: &str, minor_units: i128) {
    if let Some(posting) = scene.life.entries[0].posting_mut(account) {
        posting.amount = posting.amount.plus(minor_units);
    }
}

fn posting_too_many(scene: &mut Scene) {
    scene.released();
    let amount = Amount::new(1, scene.base.amount.currency);
    scene.life.entries[0].postings.push(suspense(amount));
    scene.says(UNBALANCED);
}

fn unbalanced(scene: &mut Scene, account: &str, flags: &'static [&'static str]) {
    scene.set_round_amount();
    scene.released();
    move_posting(scene, account, 1);
    scene.says(UNBALANCED.with(flags));
}

fn typed(scene: &mut Scene, ending: Ending, entry_type: &'static str) {
    scene.legal(ending);
    scene.life.entries[0].entry_type = entry_type;
    scene.says(Verdict::plain("TYPE_MISMATCH"));
}

/// The same number in another currency with as many digits: nothing but the currency differs.
fn escrow_in_another_currency(scene: &mut Scene) {
    scene.set_round_dollars();
    scene.released();
    scene.life.events.iter_mut().for_each(|event| event.amount.currency = Currency::EUR);
    scene.says(CURRENCY);
}

fn entry_in_another_currency(scene: &mut Scene) {
    scene.set_round_dollars();
    scene.released();
    let twin = scene.base.amount.currency.twin();
    scene.life.entries[0].postings.iter_mut().for_each(|posting| posting.amount.currency = twin);
    scene.says(CURRENCY);
}

fn event_in_another_currency(scene: &mut Scene) {
    scene.set_round_dollars();
    scene.released();
    scene.life.events[1].amount.currency = Currency::GBP;
    scene.says(CURRENCY);
}

fn posted_to_another(scene: &mut Scene, account: &str) {
    scene.released();
    let party = if account == "escrow" { scene.base.payer } else { scene.base.creator };
    if let Some(posting) = scene.life.entries[0].posting_mut(account) {
        posting.party = Some(party.other());
    }
    scene.says(PARTY);
}

fn release_to_another_creator(scene: &mut Scene) {
    scene.released();
    scene.life.events[2].to = scene.base.creator.other();
    scene.says(PARTY);
}

/// One minor unit more, kept in suspense so that creator and fees are what they were.
fn entry_of_another_amount(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    move_posting(scene, "escrow", -1);
    let amount = Amount::new(1, scene.base.amount.currency);
    scene.life.entries[0].postings.push(suspense(amount));
    scene.says(AMOUNT);
}

fn entry_and_creator_of_another_amount(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    move_posting(scene, "escrow", -1);
    move_posting(scene, "creator", 1);
    scene.says(AMOUNT.with(&["NET_MISMATCH"]));
}

fn escrow_of_another_amount(scene: &mut Scene) {
    scene.released();
    scene.life.events.iter_mut().for_each(|event| event.amount = event.amount.plus(1));
    scene.says(AMOUNT);
}

/// Its own fees and net are right for its own gross; the creator is paid by the entry's.
fn transfer_of_another_amount(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    let transfer = &mut scene.life.transfers[0];
    transfer.amount = transfer.amount.plus(1);
    transfer.settle_net();
    scene.says(AMOUNT.with(&["NET_MISMATCH"]));
}

fn event_of_another_amount(scene: &mut Scene) {
    scene.released();
    let event = &mut scene.life.events[1];
    event.amount = event.amount.plus(1);
    scene.says(AMOUNT);
}

/// Escrow in dollars, transfer and entry in euros at a rate whose product is exact.
fn exchanged(scene: &mut Scene, change: impl Fn(&mut Scene), verdict: Verdict) {
    scene.set_round_dollars();
    let from = scene.base.amount;
    scene.base.amount = Amount::new(from.minor_units() * 92 / 100, Currency::EUR);
    scene.released();
    scene.life.events.iter_mut().for_each(|event| event.amount = from);
    scene.life.transfers[0].exchange = Some(Exchange { from, rate: "0.92" });
    change(scene);
    scene.says(verdict);
}

/// Stated at a rate that does not give the amount.
fn exchange_of_another_product(scene: &mut Scene) {
    exchanged(scene, |scene| set_exchange(scene, |exchange| exchange.rate = "0.93"), CURRENCY);
}

fn exchange_from_another_currency(scene: &mut Scene) {
    let change = |exchange: &mut Exchange| exchange.from.currency = Currency::GBP;
    exchanged(scene, |scene| set_exchange(scene, change), CURRENCY);
}

/// One cent less escrowed than exchanged.
fn exchange_from_another_amount(scene: &mut Scene) {
    let change = |scene: &mut Scene| {
        scene.life.events.iter_mut().for_each(|event| event.amount = event.amount.plus(-1));
    };
    exchanged(scene, change, AMOUNT);
}

fn set_exchange(scene: &mut Scene, change: impl Fn(&mut Exchange)) {
    if let Some(exchange) = &mut scene.life.transfers[0].exchange {
        change(exchange);
    }
}

fn net_not_gross_minus_fees(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    scene.life.transfers[0].net -= scene.base.amount.currency.minor();
    scene.says(NET);
}

fn creator_not_paid_the_net(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    move_posting(scene, "creator", -1);
    let amount = Amount::new(1, scene.base.amount.currency);
    scene.life.entries[0].postings.push(suspense(amount));
    scene.says(NET);
}

/// Moves the close to just after the midnight with which the day begins, the entry to just before it.
fn over_midnight(scene: &mut Scene) {
    scene.base.shift(scene.day_start_ms + 400 - scene.base.closed_ms);
    scene.base.booked_ms = scene.day_start_ms - 200;
}

fn entry_before_midnight(scene: &mut Scene) {
    over_midnight(scene);
    scene.released();
    scene.says(DAY_BOUNDARY);
}

fn refund_before_midnight(scene: &mut Scene) {
    over_midnight(scene);
    scene.legal(Ending::Refunded);
    scene.says(DAY_BOUNDARY);
}

/// Released just before the midnight with which the day ends; the entry is of the next day and lands on it.
fn entry_after_midnight(scene: &mut Scene) {
    let midnight_ms = scene.day_start_ms + crate::text::DAY_MS;
    scene.base.shift(midnight_ms - 300 - scene.base.closed_ms);
    (scene.base.settled_ms, scene.base.booked_ms) = (midnight_ms - 100, midnight_ms + 200);
    scene.released();
    let entry = &mut scene.life.entries[0];
    (entry.born, entry.lands) = (1, Some(1));
    scene.pending_then(DAY_BOUNDARY);
}

fn seen_otherwise(scene: &mut Scene, ending: Ending) {
    scene.legal(ending);
    let entry = &mut scene.life.entries[0];
    entry.visibility = if entry.visibility == "PRIVATE" { "PUBLIC" } else { "PRIVATE" };
    scene.says(Verdict::plain("METADATA_MISMATCH"));
}
