//! The best ladder of so many rungs for a distribution of bandwidth: an exact dynamic program.
//!
//! Who can play rung i and not rung j (j the next one up) has what i is worth: worth(i) · (mass below j − mass below i).
//! Worth does not fall and mass does not either, so these gains are Monge, the best rung below j does not fall as j
//! grows, and halving finds each layer in O(N log N): K rungs among N candidates cost O(K N log N). Bounds on the step
//! from rung to rung keep that: both ends of the window of rungs below j move up with j (an exchange of the rungs below
//! two candidates stays within both windows).

use std::ops::RangeInclusive;

/// What is to be solved. All slices are as long as there are candidates, in the order of their bitrates.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// Ascending.
    pub bitrates_kbps: &'a [f64],
    /// What a second is worth to those who can play it; does not fall.
    pub worths: &'a [f64],
    /// The mass of viewers who cannot play it; does not fall.
    pub masses_below: &'a [f64],
    /// The mass of all viewers.
    pub mass: f64,
    /// What those who cannot play it have of it where it is the lowest; minus infinity where it may not be that.
    pub lowest: &'a [f64],
    /// Each rung is so many times the one below; both above 1.
    pub step_min: f64,
    pub step_max: f64,
}

/// A ladder by its candidates' places, and what all viewers have of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    pub rungs: Vec<usize>,
    pub score: f64,
}

/// Room to solve in, for one problem after the other.
#[derive(Debug, Default)]
pub struct Solver {
    windows: Vec<(u32, u32)>,
    before: Vec<f64>,
    after: Vec<f64>,
    /// For each layer above the lowest, the rung below each candidate.
    below: Vec<u32>,
    columns: Vec<u32>,
    finite: Vec<u32>,
}

impl Solver {
    /// The best ladder of each number of rungs from one up; those of which there is none are left out.
    pub fn solve(&mut self, problem: &Problem<'_>, rungs_max: usize) -> Vec<Ladder> {
        let count = problem.bitrates_kbps.len();
        self.window(problem);
        self.before.clear();
        self.before.extend_from_slice(problem.lowest);
        self.below.clear();
        let mut ladders = Vec::new();
        for layer in 0..rungs_max.min(count) {
            if layer > 0 {
                self.climb(problem);
            }
            match self.top(problem) {
                Some((top, score)) => ladders.push(Ladder { rungs: self.path(layer, top, count), score }),
                None => break,
            }
        }
        ladders
    }

    /// For each candidate, which may be the rung below it: from, and up to before.
    fn window(&mut self, problem: &Problem<'_>) {
        let bitrates = problem.bitrates_kbps;
        let (mut from, mut to) = (0, 0);
        self.windows.clear();
        for (at, kbps) in bitrates.iter().enumerate() {
            // Bitrates are rounded; a step that is exact but for that counts as exact.
            while from < at && bitrates[from] * problem.step_max * (1.0 + 1e-9) < *kbps {
                from += 1;
            }
            while to < at && bitrates[to] * problem.step_min <= *kbps * (1.0 + 1e-9) {
                to += 1;
            }
            self.windows.push((from as u32, to as u32));
        }
    }

    /// The best candidate for the highest rung, the lower one of equals.
    fn top(&self, problem: &Problem<'_>) -> Option<(usize, f64)> {
        let mut best = None;
        for (at, before) in self.before.iter().enumerate().filter(|(_, before)| before.is_finite()) {
            let score = before + problem.worths[at] * (problem.mass - problem.masses_below[at]);
            if best.is_none_or(|(_, least)| score > least) {
                best = Some((at, score));
            }
        }
        best
    }

    fn path(&self, layer: usize, top: usize, count: usize) -> Vec<usize> {
        let mut rungs = vec![top; layer + 1];
        for below in (0..layer).rev() {
            rungs[below] = self.below[below * count + rungs[below + 1]] as usize;
        }
        rungs
    }

    /// Puts one rung more on top of every ladder.
    fn climb(&mut self, problem: &Problem<'_>) {
        let count = self.before.len();
        self.finite.clear();
        self.finite.push(0);
        let mut finite = 0;
        for before in &self.before {
            finite += u32::from(before.is_finite());
            self.finite.push(finite);
        }
        // Candidates that have something to stand on: of the others nothing could be learned when halving.
        self.columns.clear();
        let has_any = |window: &(u32, u32)| self.finite[window.1 as usize] > self.finite[window.0 as usize];
        let standing =
            self.windows.iter().enumerate().filter(|(_, window)| window.0 < window.1 && has_any(window));
        self.columns.extend(standing.map(|(at, _)| at as u32));
        self.after.clear();
        self.after.resize(count, f64::NEG_INFINITY);
        let start = self.below.len();
        self.below.resize(start + count, 0);
        let mut layer = Layer {
            problem,
            windows: &self.windows,
            before: &self.before,
            after: &mut self.after,
            below: &mut self.below[start..],
        };
        layer.halve(&self.columns, 0..=count - 1);
        std::mem::swap(&mut self.before, &mut self.after);
    }
}

struct Layer<'a> {
    problem: &'a Problem<'a>,
    windows: &'a [(u32, u32)],
    before: &'a [f64],
    after: &'a mut [f64],
    below: &'a mut [u32],
}

impl Layer<'_> {
    /// Fills some candidates, whose best rungs below lie in a range.
    fn halve(&mut self, columns: &[u32], range: RangeInclusive<usize>) {
        let middle = columns.len() / 2;
        let Some(column) = columns.get(middle).map(|column| *column as usize) else { return };
        let (from, to) = self.windows[column];
        let (first, last) = ((from as usize).max(*range.start()), (to as usize - 1).min(*range.end()));
        let (worths, masses) = (self.problem.worths, self.problem.masses_below);
        let (mut best, mut best_score) = (first, f64::NEG_INFINITY);
        for at in first..=last {
            let score = self.before[at] + worths[at] * (masses[column] - masses[at]);
            if score > best_score {
                (best, best_score) = (at, score);
            }
        }
        self.after[column] = best_score;
        self.below[column] = best as u32;
        self.halve(&columns[..middle], *range.start()..=best);
        self.halve(&columns[middle + 1..], best..=*range.end());
    }
}
