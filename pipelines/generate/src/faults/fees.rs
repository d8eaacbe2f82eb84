//! Wrong fees: rounded otherwise, stated otherwise, missing, unknown, or told differently by the two sides.

use schemas::money::Rounding;

use super::amounts::{move_posting, suspense};
use super::{Fault, Scene};
use crate::amounts::{Amount, FeeType};
use crate::rows::{Fee, Posting};
use crate::verdicts::Verdict;
use FeeType::{Platform, Processing};
use Rounding::{Down, HalfEven, Up};

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "platform_fee_half_even", plant: |s| rounded(s, Platform, HalfEven) },
    Fault { name: "platform_fee_down", plant: |s| rounded(s, Platform, Down) },
    Fault { name: "platform_fee_up", plant: |s| rounded(s, Platform, Up) },
    Fault { name: "processing_fee_half_even", plant: |s| rounded(s, Processing, HalfEven) },
    Fault { name: "processing_fee_down", plant: |s| rounded(s, Processing, Down) },
    Fault { name: "processing_fee_up", plant: |s| rounded(s, Processing, Up) },
    Fault { name: "platform_rate_misstated", plant: |s| misstated(s, Platform, "0.06") },
    Fault { name: "processing_rate_misstated", plant: |s| misstated(s, Processing, "0.03") },
    Fault { name: "platform_fee_wrong", plant: |s| charged(s, Platform, |units, minor| units + 7 * minor) },
    Fault {
        name: "processing_fee_wrong",
        plant: |s| charged(s, Processing, |units, minor| units + 5 * minor),
    },
    Fault { name: "platform_fee_zero", plant: |s| charged(s, Platform, |_, _| 0) },
    Fault { name: "processing_fee_zero", plant: |s| charged(s, Processing, |_, _| 0) },
    Fault { name: "platform_fee_missing", plant: |s| left_out(s, Platform) },
    Fault { name: "processing_fee_missing", plant: |s| left_out(s, Processing) },
    Fault { name: "platform_fee_twice", plant: platform_fee_twice },
    Fault { name: "unknown_fee", plant: |s| unknown(s, 7) },
    Fault { name: "unknown_fee_of_zero", plant: |s| unknown(s, 0) },
    Fault { name: "platform_fee_disagrees", plant: |s| disagrees(s, Platform) },
    Fault { name: "processing_fee_disagrees", plant: |s| disagrees(s, Processing) },
    Fault { name: "processing_fee_not_booked", plant: processing_fee_not_booked },
];

/// Sets a fee on both sides, and what the creator gets by it.
fn set_fee(scene: &mut Scene, fee: FeeType, units: i128) {
    let transfer = &mut scene.life.transfers[0];
    if let Some(charged) = transfer.fee_mut(fee) {
        charged.units = units;
    }
    transfer.settle_net();
    let net = transfer.net;
    let entry = &mut scene.life.entries[0];
    for (account, units) in [(fee.account(), units), ("creator", net)] {
        if let Some(posting) = entry.posting_mut(account) {
            posting.amount.units = units;
        }
    }
}

/// An amount at which the rounding differs from the platform's, and no other does except by intent.
/// 5 % of 20m + 10 and 2.9 % of 2000q + 500 minor units are exact halves over an even number.
fn rounded(scene: &mut Scene, fee: FeeType, rounding: Rounding) {
    let minor_units = scene.base.amount.minor_units();
    let m = (minor_units / 40).max(1) * 2;
    let q = minor_units / 2_000;
    scene.set_minor_units(match (fee, rounding) {
        (Platform, HalfEven) => 20 * m + 10,
        (Platform, Down) => 20 * m + 15,
        (Platform, _) => 20 * m + 25,
        (Processing, HalfEven) => 2_000 * q + 500,
        (Processing, Down) => 2_000 * q + 65,
        (Processing, _) => 2_000 * q + 40,
    });
    let units = fee.rounded(scene.base.amount, rounding);
    debug_assert_ne!(units, fee.of(scene.base.amount));
    scene.released();
    set_fee(scene, fee, units);
    scene.says(Verdict::coded("FEE_ROUNDING", fee.code()));
}

/// The right amount under a wrong percentage.
fn misstated(scene: &mut Scene, fee: FeeType, percentage: &'static str) {
    scene.set_round_amount();
    scene.released();
    if let Some(charged) = scene.life.transfers[0].fee_mut(fee) {
        charged.percentage = Some(percentage);
    }
    scene.says(Verdict::coded("FEE_RATE", fee.code()));
}

fn charged(scene: &mut Scene, fee: FeeType, change: fn(i128, i128) -> i128) {
    scene.set_round_amount();
    scene.released();
    let amount = scene.base.amount;
    set_fee(scene, fee, change(fee.of(amount), amount.currency.minor()));
    scene.says(Verdict::coded("FEE_AMOUNT", fee.code()));
}

fn left_out(scene: &mut Scene, fee: FeeType) {
    scene.set_round_amount();
    scene.released();
    set_fee(scene, fee, 0);
    scene.life.transfers[0].fees.retain(|charged| charged.code != fee.code());
    scene.life.entries[0].postings.retain(|posting| posting.account != fee.account());
    scene.says(Verdict::coded("FEE_AMOUNT", fee.code()));
}

/// The second is zero: whichever way they are added up, the sum is right.
fn platform_fee_twice(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    let transfer = &mut scene.life.transfers[0];
    let second = Fee { units: 0, ..transfer.fees[0].clone() };
    transfer.fees.push(second);
    scene.says(Verdict::coded("FEE_AMOUNT", "PLATFORM"));
}

/// A fee that the schedule does not list, booked to an account of its own.
fn unknown(scene: &mut Scene, minor_units: i128) {
    scene.set_round_amount();
    scene.released();
    let amount = Amount::new(minor_units, scene.base.amount.currency);
    let transfer = &mut scene.life.transfers[0];
    transfer.fees.push(Fee { code: "LOYALTY", percentage: None, units: amount.units });
    transfer.settle_net();
    if minor_units != 0 {
        move_posting(scene, "creator", -minor_units);
        scene.life.entries[0].postings.push(Posting { account: "loyalty_fees", party: None, amount });
    }
    scene.says(Verdict::coded("FEE_AMOUNT", "LOYALTY"));
}

/// One minor unit more in the ledger, out of suspense: the entry balances, the net is paid.
fn disagrees(scene: &mut Scene, fee: FeeType) {
    scene.set_round_amount();
    scene.released();
    move_posting(scene, fee.account(), 1);
    let amount = Amount::new(-1, scene.base.amount.currency);
    scene.life.entries[0].postings.push(suspense(amount));
    scene.says(Verdict::coded("FEE_DISAGREES", fee.code()));
}

fn processing_fee_not_booked(scene: &mut Scene) {
    scene.set_round_amount();
    scene.released();
    if let Some(posting) = scene.life.entries[0].posting_mut(Processing.account()) {
        posting.account = "suspense";
    }
    scene.says(Verdict::coded("FEE_DISAGREES", "PROCESSING"));
}
