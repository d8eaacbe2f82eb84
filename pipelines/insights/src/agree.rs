//! Noised values made to agree: sums by weighted least squares, none below zero, whole numbers by largest remainder.
//!
//! All of it looks at noised values alone, so that it costs no privacy.

/// A value with the variance of its noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub variance: f64,
}

/// 95 % of a normal distribution lie within so many deviations.
pub const DEVIATIONS: f64 = 1.959_964;
/// 97.5 %: two intervals that both hold so often hold together in 95 % of cases.
pub const DEVIATIONS_OF_TWO: f64 = 2.241_403;

impl Estimate {
    pub fn sigma(self) -> f64 {
        self.variance.max(0.0).sqrt()
    }

    /// The interval that holds the true value, which is not below zero, in all but a share of cases. An estimate below
    /// zero reaches as far as zero itself would: that noise was strong is no sign that nobody was there.
    pub fn interval(self, deviations: f64) -> (f64, f64) {
        let half = deviations * self.sigma();
        ((self.value - half).max(0.0), self.value.max(0.0) + half)
    }
}

/// A sum that is known by itself and by the parts of several breakdowns, made to agree with all of them.
///
/// The least squares, weighted by variances, of a tree with one root: breakdown by breakdown the sum is told once
/// more, and each part takes of what is left its share by variance. Variances are those of the result.
pub fn agree(total: Estimate, breakdowns: &[Vec<Estimate>]) -> (Estimate, Vec<Vec<Estimate>>) {
    let sum = |parts: &Vec<Estimate>| Estimate {
        value: parts.iter().map(|part| part.value).sum(),
        variance: parts.iter().map(|part| part.variance).sum(),
    };
    let sums: Vec<Estimate> = breakdowns.iter().map(sum).collect();
    let told = |skipped: Option<usize>| {
        let others = sums.iter().enumerate().filter(|(place, _)| Some(*place) != skipped);
        let all = std::iter::once(&total).chain(others.map(|(_, sum)| sum));
        let (mut weighted, mut weights) = (0.0, 0.0);
        for estimate in all {
            weighted += estimate.value / estimate.variance;
            weights += 1.0 / estimate.variance;
        }
        Estimate { value: weighted / weights, variance: 1.0 / weights }
    };
    let parts = breakdowns.iter().enumerate().map(|(place, parts)| {
        // What all others say of the sum.
        let (others, own) = (told(Some(place)), sums[place]);
        let spread = others.variance + own.variance;
        let agreed = |part: &Estimate| Estimate {
            value: part.value + part.variance / spread * (others.value - own.value),
            variance: part.variance * (1.0 - part.variance / spread),
        };
        parts.iter().map(agreed).collect()
    });
    (told(None), parts.collect())
}

/// A sum as a whole number that is not below zero.
pub fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

/// Parts as whole numbers, none below zero, that make up a sum: the nearest such, weighted by variances, then the
/// largest remainders. Of equal ones the first comes first.
pub fn settle(total: u64, parts: &[Estimate]) -> Vec<u64> {
    let lifted = project(total as f64, parts);
    let mut settled: Vec<u64> = lifted.iter().map(|value| value.floor() as u64).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |place: usize| lifted[place] - lifted[place].floor();
    order.sort_by(|left, right| rest(*right).total_cmp(&rest(*left)).then(left.cmp(right)));
    let sum: u64 = settled.iter().sum();
    // Rounding of floats may be off by one in either way, and never by more than there are parts.
    for place in order.iter().cycle().take(total.saturating_sub(sum) as usize) {
        settled[*place] += 1;
    }
    let mut above = sum.saturating_sub(total);
    for place in order.iter().rev() {
        let less = above.min(settled[*place]);
        settled[*place] -= less;
        above -= less;
    }
    settled
}

/// The nearest point, weighted by variances, at which no part is below zero and all make up the sum: each part gives
/// way by its variance, and those that would fall below zero stay there.
fn project(total: f64, parts: &[Estimate]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let level = |place: usize| parts[place].value / parts[place].variance;
    order.sort_by(|left, right| level(*right).total_cmp(&level(*left)).then(left.cmp(right)));
    let (mut sum, mut variance, mut give) = (0.0, 0.0, 0.0);
    for place in order {
        let part = parts[place];
        let next = (sum + part.value - total) / (variance + part.variance);
        // The parts taken in so far stay above zero as long as the level of the next one is not below their own.
        if variance > 0.0 && part.value - next * part.variance <= 0.0 {
            break;
        }
        sum += part.value;
        variance += part.variance;
        give = next;
    }
    parts.iter().map(|part| (part.value - give * part.variance).max(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn estimates(pairs: &[(f64, f64)]) -> Vec<Estimate> {
        pairs.iter().map(|(value, variance)| Estimate { value: *value, variance: *variance }).collect()
    }

    #[test]
    fn intervals_are_never_narrower_than_the_noise() {
        let ends = |value: f64| Estimate { value, variance: 100.0 }.interval(1.96);
        assert_eq!(ends(100.0), (80.4, 119.6));
        for strong in [-1.0, -15.0, -50.0] {
            assert_eq!(ends(strong), (0.0, 19.6), "{strong}");
        }
    }

    #[test]
    fn a_sum_and_two_breakdowns_agree() {
        let total = Estimate { value: 100.0, variance: 4.0 };
        let breakdowns =
            [estimates(&[(60.0, 4.0), (50.0, 4.0)]), estimates(&[(30.0, 2.0), (30.0, 2.0), (30.0, 4.0)])];
        let (agreed, parts) = agree(total, &breakdowns);
        // (100/4 + 110/8 + 90/8) / (1/4 + 1/8 + 1/8) = 100.
        assert!((agreed.value - 100.0).abs() < 1e-9 && (agreed.variance - 2.0).abs() < 1e-9, "{agreed:?}");
        for breakdown in &parts {
            let sum: f64 = breakdown.iter().map(|part| part.value).sum();
            assert!((sum - agreed.value).abs() < 1e-9, "{breakdown:?}");
        }
        // Equal parts give way alike; the uncertain more.
        assert!((parts[0][0].value - 55.0).abs() < 1e-9 && (parts[1][2].value - 35.0).abs() < 1e-9);
        assert!(
            parts
                .iter()
                .flatten()
                .zip(breakdowns.iter().flatten())
                .all(|(agreed, part)| { agreed.variance < part.variance && agreed.variance > 0.0 })
        );
    }

    /// Against the textbook: the least squares by their normal equations, solved by Gauss.
    #[test]
    fn least_squares_are_those_of_the_normal_equations() {
        let total = Estimate { value: 10.0, variance: 1.0 };
        let parts = estimates(&[(4.0, 2.0), (9.0, 3.0)]);
        let (agreed, by_part) = agree(total, std::slice::from_ref(&parts));
        // Unknown x, y: (x - 4)²/2 + (y - 9)²/3 + (x + y - 10)² is least.
        let (a, b, c, d, e, f) =
            (1.0 / 2.0 + 1.0, 1.0, 4.0 / 2.0 + 10.0, 1.0, 1.0 / 3.0 + 1.0, 9.0 / 3.0 + 10.0);
        let determinant: f64 = a * e - b * d;
        let (x, y) = ((c * e - b * f) / determinant, (a * f - c * d) / determinant);
        assert!((by_part[0][0].value - x).abs() < 1e-9 && (by_part[0][1].value - y).abs() < 1e-9);
        assert!((agreed.value - (x + y)).abs() < 1e-9);
        // The inverse of the matrix holds the variances.
        assert!((by_part[0][0].variance - e / determinant).abs() < 1e-9);
        assert!((by_part[0][1].variance - a / determinant).abs() < 1e-9);
    }

    #[test]
    fn remainders_go_to_the_largest() {
        let parts = estimates(&[(1.4, 1.0), (1.6, 1.0), (-3.0, 1.0), (3.0, 1.0)]);
        assert_eq!(settle(6, &parts), [1, 2, 0, 3]);
        assert_eq!(settle(0, &parts), [0, 0, 0, 0]);
        assert_eq!(settle(3, &estimates(&[(1.5, 1.0), (1.5, 1.0)])), [2, 1]);
        assert_eq!(settle(9, &[]), Vec::<u64>::new());
    }

    proptest! {
        #[test]
        fn settled_parts_make_up_the_sum_and_are_near(
            total in 0u64..5_000,
            parts in proptest::collection::vec((-500.0f64..1_000.0, 0.5f64..400.0), 1..40),
        ) {
            let parts = estimates(&parts);
            let settled = settle(total, &parts);
            prop_assert_eq!(settled.iter().sum::<u64>(), total);
            let lifted = project(total as f64, &parts);
            prop_assert!((lifted.iter().sum::<f64>() - total as f64).abs() < 1e-6);
            for (whole, value) in settled.iter().zip(&lifted) {
                prop_assert!((*whole as f64 - value).abs() <= 1.0 + 1e-6);
            }
            // No exchange between two parts comes nearer: all above zero gave way by one rate. Of nothing there are none.
            let rates: Vec<f64> = parts.iter().zip(&lifted).filter(|(_, value)| **value > 1e-9)
                .map(|(part, value)| (part.value - value) / part.variance).collect();
            let most = rates.iter().copied().fold(f64::MIN, f64::max);
            prop_assert!(rates.iter().all(|rate| (rate - most).abs() < 1e-6));
            for (part, value) in parts.iter().zip(&lifted) {
                prop_assert!(total == 0 || *value > 1e-9 || part.value / part.variance <= most + 1e-6);
            }
        }
    }
}
