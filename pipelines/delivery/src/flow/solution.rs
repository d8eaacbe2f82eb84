//! What is answered.

/// The cheapest flow with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// For each arc, in units.
    pub flows: Vec<i64>,
    /// For each node what a unit is worth there. An arc's reduced cost is
    /// `cost + potentials[tail] - potentials[head]`; where it is positive the arc carries its lower bound, where
    /// it is negative its capacity.
    pub potentials: Vec<i64>,
    /// What the flows cost.
    pub objective: i128,
    /// What any flow costs at least, from the potentials alone. Equal to the objective.
    pub lower_bound: i128,
    /// Steps of the simplex, those that moved no flow among them.
    pub pivots: u64,
}

impl Solution {
    /// What the objective may be above the optimum.
    pub fn gap(&self) -> i128 {
        self.objective - self.lower_bound
    }
}
