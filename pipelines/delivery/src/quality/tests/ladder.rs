//! The ladder's dynamic program against every ladder there is.

use super::support::Random;
use crate::quality::ladder::{Problem, Solver};

/// A random problem, owned.
struct Case {
    bitrates: Vec<f64>,
    worths: Vec<f64>,
    masses: Vec<f64>,
    lowest: Vec<f64>,
    step_min: f64,
    step_max: f64,
}

/// Numbers that do not fall; plateaus are as common as slopes.
fn ascending(random: &mut Random, count: usize, step: f64) -> Vec<f64> {
    let mut at = 0.0;
    let mut next = || {
        at += if random.below(3) == 0 { 0.0 } else { random.between(0.0, step) };
        at
    };
    (0..count).map(|_| next()).collect()
}

impl Case {
    fn new(random: &mut Random) -> Self {
        let count = 1 + random.below(11);
        let mut bitrates: Vec<f64> = (0..count).map(|_| random.log_between(100.0, 10_000.0)).collect();
        bitrates.sort_by(f64::total_cmp);
        let worths = ascending(random, count, 1.0);
        let masses: Vec<f64> = ascending(random, count, 1.0 / count as f64);
        let allowed = random.below(count + 1);
        let lowest = (0..count).map(|at| match at <= allowed {
            true => worths[at] * masses[at] - random.between(0.0, 0.5),
            false => f64::NEG_INFINITY,
        });
        let lowest = lowest.collect();
        let (step_min, step_max) = match random.below(3) {
            0 => (1.0 + 1e-12, f64::INFINITY),
            1 => (1.5, 2.0),
            _ => {
                let least = random.between(1.0, 2.0);
                (least, least * random.between(1.0, 3.0))
            }
        };
        Self { bitrates, worths, masses, lowest, step_min, step_max }
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            bitrates_kbps: &self.bitrates,
            worths: &self.worths,
            masses_below: &self.masses,
            mass: 1.0,
            lowest: &self.lowest,
            step_min: self.step_min,
            step_max: self.step_max,
        }
    }

    /// The score of a ladder, minus infinity where it is none.
    fn score(&self, rungs: &[usize]) -> f64 {
        let mut score = self.lowest[rungs[0]];
        for pair in rungs.windows(2) {
            let step = self.bitrates[pair[1]] / self.bitrates[pair[0]];
            if step < self.step_min * (1.0 - 1e-9) || step > self.step_max * (1.0 + 1e-9) {
                return f64::NEG_INFINITY;
            }
            score += self.worths[pair[0]] * (self.masses[pair[1]] - self.masses[pair[0]]);
        }
        let top = rungs[rungs.len() - 1];
        score + self.worths[top] * (1.0 - self.masses[top])
    }

    /// The best score of each number of rungs, over all sets of candidates.
    fn brute_force(&self, rungs_max: usize) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; rungs_max];
        for set in 1_u32..1 << self.bitrates.len() {
            let rungs: Vec<usize> = (0..self.bitrates.len()).filter(|at| set >> at & 1 == 1).collect();
            if rungs.len() <= rungs_max {
                let score = self.score(&rungs);
                best[rungs.len() - 1] = best[rungs.len() - 1].max(score);
            }
        }
        best
    }
}

#[test]
fn no_set_of_rungs_is_better_than_the_ladder() {
    let mut random = Random(1);
    let mut solver = Solver::default();
    for number in 0..6_000 {
        let case = Case::new(&mut random);
        let rungs_max = 1 + random.below(6);
        let ladders = solver.solve(&case.problem(), rungs_max);
        let best = case.brute_force(rungs_max);
        let possible = best.iter().take_while(|score| score.is_finite()).count();
        assert_eq!(ladders.len(), possible, "case {number}: {best:?}");
        for (at, ladder) in ladders.iter().enumerate() {
            assert_eq!(ladder.rungs.len(), at + 1, "case {number}");
            assert!((ladder.score - best[at]).abs() < 1e-9, "case {number}: {ladder:?}, {best:?}");
            assert!((case.score(&ladder.rungs) - ladder.score).abs() < 1e-9, "case {number}: {ladder:?}");
        }
    }
}

#[test]
fn a_ladder_suits_its_distribution() {
    // Two groups of viewers: with two rungs each group has its own.
    let bitrates = [100.0, 200.0, 400.0, 800.0, 1_600.0];
    let worths = bitrates.map(|kbps: f64| (kbps / 100.0).ln());
    let case = Case {
        bitrates: bitrates.to_vec(),
        worths: worths.to_vec(),
        masses: vec![0.0, 0.0, 0.5, 0.5, 1.0],
        lowest: vec![0.0, 0.0, f64::NEG_INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
        step_min: 1.1,
        step_max: f64::INFINITY,
    };
    let ladders = Solver::default().solve(&case.problem(), 5);
    assert_eq!(ladders[0].rungs, [1]);
    assert_eq!(ladders[1].rungs, [1, 3]);
}
