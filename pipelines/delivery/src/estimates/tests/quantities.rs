//! Fixed points, frames, histograms and distributions against plain arithmetic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::estimates::distribution::{Distribution, Part, quantile};
use crate::estimates::fixed::{TERM_MAX, TERMS_MAX, fixed, float, halves, whole};
use crate::estimates::frames::Sums;
use crate::estimates::histogram::{Histogram, bucket, middle};
use crate::estimates::index::Index;

#[test]
fn halves_of_the_greatest_terms_do_not_pass_an_integer() {
    let [high, low] = halves(TERM_MAX);
    let terms = TERMS_MAX as i64;
    assert!(high.checked_mul(terms).is_some() && ((1_i64 << 46) - 1).checked_mul(terms).is_some());
    assert_eq!(whole(i128::from(high), i128::from(low)), fixed(TERM_MAX));
}

#[test]
fn buckets_follow_each_other_and_are_narrow() {
    let mut before = 0;
    for value in 0..200_000_u64 {
        let found = bucket(value);
        assert!(found == before || found == before + 1, "{value}");
        before = found;
        let error = (middle(found) - value as f64).abs();
        assert!(error <= value as f64 / 128.0, "{value}: {error}");
    }
    for value in [1_u64 << 20, 60_000_000, 100_000_000_000, u64::MAX >> 1] {
        let error = (middle(bucket(value)) - value as f64).abs();
        assert!(error <= value as f64 / 128.0, "{value}: {error}");
    }
}

#[test]
fn a_mixture_jumps_where_its_parts_do() {
    let of = |values: &[u64]| {
        let mut histogram = Histogram::default();
        values.iter().for_each(|value| histogram.add(*value));
        Distribution::new(&histogram, 1.0)
    };
    let (low, high) = (of(&[1, 2, 3, 4]), of(&[10, 20]));
    assert_eq!(low.quantile(0.5), Some(2.0));
    assert_eq!(low.quantile(0.51), Some(3.0));
    assert_eq!(low.quantile(1.0), Some(4.0));
    let mixed = |share, of| {
        let parts = [
            Part { distribution: &low, scale: 1.0, share },
            Part { distribution: &high, scale: 0.5, share: 1.0 - share },
        ];
        quantile(&parts, of)
    };
    // Half of the weight on 1 to 4, half on 5 and 10.
    assert_eq!(mixed(0.5, 0.5), Some(4.0));
    assert_eq!(mixed(0.5, 0.75), Some(5.0));
    assert_eq!(mixed(0.5, 0.76), Some(10.0));
    assert_eq!(mixed(1.0, 0.95), Some(4.0));
    assert_eq!(mixed(0.0, 0.5), Some(5.0));
    assert_eq!(quantile(&[], 0.5), None);
}

proptest! {
    #[test]
    fn sums_are_exact_in_any_order(
        rows in prop::collection::vec((0..6_u64, -1e9..1e9_f64, any::<i32>()), 0..300), turn in 0..300_usize
    ) {
        let sum = |rows: &[(u64, f64, i32)]| {
            let mut sums = Sums::new(3);
            for (key, value, number) in rows {
                let [high, low] = halves(*value);
                sums.push(*key, &[high, low, i64::from(*number)]).expect("a row");
            }
            sums.finish().expect("sums")
        };
        let mut turned = rows.clone();
        turned.rotate_left(turn.min(rows.len()));
        let found = sum(&rows);
        prop_assert_eq!(&found, &sum(&turned));
        let mut expected: BTreeMap<u64, (i128, i128)> = BTreeMap::new();
        for (key, value, number) in &rows {
            let (sum, numbers) = expected.entry(*key).or_default();
            *sum += fixed(*value);
            *numbers += i128::from(*number);
        }
        let found: BTreeMap<_, _> =
            found.into_iter().map(|(key, sums)| (key, (whole(sums[0], sums[1]), sums[2]))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_fixed_point_is_near(value in 0.0..4e21_f64) {
        prop_assert!((float(fixed(value)) - value).abs() <= 1e-6_f64.max(value * 1e-15));
    }

    #[test]
    fn quantiles_are_near_the_sorted_ones(values in prop::collection::vec(1..60_000_000_u64, 1..200), share in 0.01..1.0_f64) {
        let (mut all, mut parts) = (Histogram::default(), [Histogram::default(), Histogram::default()]);
        for (place, value) in values.iter().enumerate() {
            all.add(*value);
            parts[place % 2].add(*value);
        }
        let [mut left, right] = parts;
        left.merge(&right);
        prop_assert_eq!(&left, &all);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let rank = ((share * values.len() as f64 - 1e-9).ceil() as usize).clamp(1, values.len());
        let (exact, found) = (sorted[rank - 1] as f64, Distribution::new(&all, 1.0).quantile(share).unwrap());
        prop_assert!((found / exact - 1.0).abs() <= 0.008, "{} for {}", found, exact);
    }

    #[test]
    fn an_index_finds_what_is_in_it(mut hashes in prop::collection::vec(any::<u64>(), 0..200), other: u64) {
        hashes.sort_unstable();
        hashes.dedup();
        let index = Index::new(hashes.clone());
        for (place, hash) in hashes.iter().enumerate() {
            prop_assert_eq!(index.find(*hash), Some(place));
        }
        prop_assert_eq!(index.find(other), hashes.binary_search(&other).ok());
    }
}
