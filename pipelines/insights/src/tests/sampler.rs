//! The sampler against its distribution, and thresholds against a single viewer.

use crate::accounting::{discrete_tail, threshold};
use crate::noise::{draw, price};

const DRAWS: usize = 100_000;

/// How far counts of values are from a discrete Gaussian, as a normal deviate of the chi-square statistic (by
/// Wilson and Hilferty): 5.3 is exceeded by chance less often than once in ten millions.
fn deviate(drawn: &[i64], sigma: f64) -> f64 {
    let reach = (sigma * 4.0) as i64;
    let weight = |n: i64| (-((n * n) as f64) / (2.0 * sigma * sigma)).exp();
    let all: f64 = (-40 * reach..=40 * reach).map(weight).sum();
    let mut counts = vec![0.0; 2 * reach as usize + 1];
    let mut outside = 0.0;
    for value in drawn {
        match usize::try_from(value + reach).ok().and_then(|place| counts.get_mut(place)) {
            Some(count) => *count += 1.0,
            None => outside += 1.0,
        }
    }
    let mut expected: Vec<f64> = (-reach..=reach).map(|n| weight(n) / all * drawn.len() as f64).collect();
    expected.push(drawn.len() as f64 - expected.iter().sum::<f64>());
    counts.push(outside);
    let squares = counts.iter().zip(&expected).map(|(count, expected)| (count - expected).powi(2) / expected);
    let (statistic, freedom) = (squares.sum::<f64>(), expected.len() as f64 - 1.0);
    ((statistic / freedom).cbrt() - (1.0 - 2.0 / (9.0 * freedom))) / (2.0 / (9.0 * freedom)).sqrt()
}

#[test]
fn draws_are_of_the_distribution() {
    let sigma = 10.0;
    let drawn = draw(vec![0; DRAWS], sigma).expect("noise");
    assert!(deviate(&drawn, sigma) < 5.3, "{}", deviate(&drawn, sigma));
    // Mutants: noise that is a third too weak, or too strong.
    for scale in [0.7, 1.3] {
        let wrong = draw(vec![0; DRAWS], sigma * scale).expect("noise");
        assert!(deviate(&wrong, sigma) > 50.0, "{scale}: {}", deviate(&wrong, sigma));
    }
}

/// The scales of the policy are large: their moments are looked at instead of each value.
#[test]
fn large_scales_have_their_moments() {
    let sigma = (20 << 20) as f64;
    let drawn = draw(vec![1 << 20; DRAWS / 2], sigma).expect("noise");
    let count = drawn.len() as f64;
    let mean = drawn.iter().map(|value| (value - (1 << 20)) as f64).sum::<f64>() / count / sigma;
    let square = drawn.iter().map(|value| ((value - (1 << 20)) as f64 / sigma).powi(2)).sum::<f64>() / count;
    assert!(mean.abs() < 5.3 / count.sqrt(), "{mean}");
    assert!((square - 1.0).abs() < 5.3 * (2.0 / count).sqrt(), "{square}");
    let different: std::collections::BTreeSet<i64> = drawn.iter().copied().collect();
    assert!(different.len() as f64 > count * 0.99, "noise of so large a scale hardly repeats");
}

/// OpenDP's own account of a price is ours.
#[test]
fn prices_are_those_of_the_library() {
    for (length, sigma) in [(3.0, 63.0), (1.0, 19.5), (1_048_608.0, 20_688_999.0)] {
        let ours = length * length / (2.0 * sigma * sigma);
        let theirs = price(length, sigma).expect("a price");
        assert!((ours - theirs).abs() <= ours * 1e-12, "{ours} {theirs}");
    }
}

/// A key that one viewer alone brought passes its threshold as often as is charged, and no more.
#[test]
fn singletons_pass_thresholds_as_rarely_as_is_charged() {
    let (sigma, delta) = (30_000.0, 0.001);
    let least = threshold(sigma, delta);
    let one = crate::policy::ONE;
    let passed = |least: i64| {
        let drawn = draw(vec![one; DRAWS], sigma).expect("noise");
        drawn.iter().filter(|value| **value >= least).count() as f64 / DRAWS as f64
    };
    let spread = 5.3 * (delta / DRAWS as f64).sqrt();
    let found = passed(least);
    assert!(found <= delta + spread, "{found}");
    assert!(found >= delta * 0.9 - spread, "the threshold is higher than it need be: {found}");
    // A mutant that forgets what the viewer brings.
    let forgetful = passed(least - one);
    assert!(forgetful > delta + 2.0 * spread, "{forgetful}");
    assert!(discrete_tail(sigma, least - one) <= delta);
}
