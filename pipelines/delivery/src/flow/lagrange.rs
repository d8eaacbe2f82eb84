//! Side constraints that are not flows, by Lagrangian relaxation: the best flow found, a bound, and the gap between.
//!
//! A constraint is priced into the arcs; the flow that is then cheapest bounds what any flow that keeps the constraint
//! costs. Where two flows are known, one that keeps it and one that does not, their difference is a sum of cycles,
//! and as few of them are taken over as are needed.

mod blend;
mod one;
mod several;

use super::network::Network;
use super::refusal::Refusal;
use super::solver::Solver;

use blend::blend;

/// What a flow may use at most: the weights, one for each arc, times the flow sum to no more than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    pub weights: Vec<i64>,
    pub limit: i128,
}

/// What the relaxation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxed {
    /// The cheapest flow found that keeps every constraint; `None` where none was found.
    pub best: Option<Bounded>,
    /// No integer flow that keeps every constraint costs less.
    pub lower_bound: i128,
    /// For each constraint the price at which the bound holds, as a fraction of the common denominator.
    pub prices: Vec<i64>,
    pub price_denominator: i64,
    /// Flows that were solved.
    pub solves: u32,
    /// Whether it is proved that no flow at all keeps the constraints. They then say nothing about cost.
    pub is_infeasible: bool,
}

/// A flow that keeps the constraints, with its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounded {
    pub flows: Vec<i64>,
    pub objective: i128,
}

impl Relaxed {
    /// What the best flow may cost above the optimum; `None` where there is none.
    pub fn gap(&self) -> Option<i128> {
        self.best.as_ref().map(|best| best.objective - self.lower_bound)
    }

    fn offer(&mut self, flows: &[i64], objective: i128) {
        if self.best.as_ref().is_none_or(|best| objective < best.objective) {
            self.best = Some(Bounded { flows: flows.to_vec(), objective });
        }
    }
}

impl Constraint {
    /// What a flow uses above the limit; negative where it stays below.
    pub fn excess(&self, flows: &[i64]) -> Option<i128> {
        weighed(&self.weights, flows)?.checked_sub(self.limit)
    }
}

/// The cheapest flow that keeps the constraints, as far as at most `solves_max` flows find it.
///
/// One constraint is solved up to what integers leave open; several are approached by a subgradient.
pub fn minimise(network: &Network, constraints: &[Constraint], solves_max: u32) -> Result<Relaxed, Refusal> {
    for constraint in constraints.iter().filter(|found| found.weights.len() != network.arcs.len()) {
        return Err(Refusal::CostsMissing { costs: constraint.weights.len(), arcs: network.arcs.len() });
    }
    let mut solver = Solver::new(network)?;
    let cheapest = solver.solve()?;
    let mut relaxed = Relaxed {
        best: None,
        lower_bound: cheapest.lower_bound,
        prices: vec![0; constraints.len()],
        price_denominator: 1,
        solves: 1,
        is_infeasible: false,
    };
    let excesses = excesses(constraints, &cheapest.flows)?;
    if excesses.iter().all(|excess| *excess <= 0) {
        relaxed.offer(&cheapest.flows, cheapest.objective);
        return Ok(relaxed);
    }
    let mut search = Search { network, constraints, solves_max, solver, relaxed };
    let start = Use { objective: cheapest.objective, excesses, flows: cheapest.flows };
    match constraints.len() {
        1 => one::close_in(&mut search, start)?,
        _ => several::descend(&mut search, start)?,
    }
    Ok(search.relaxed)
}

/// What is searched, and what is found so far.
struct Search<'a> {
    network: &'a Network,
    constraints: &'a [Constraint],
    solves_max: u32,
    solver: Solver<'a>,
    relaxed: Relaxed,
}

/// A flow, its cost, and what it uses above each limit.
#[derive(Debug, Clone)]
struct Use {
    flows: Vec<i64>,
    objective: i128,
    excesses: Vec<i128>,
}

impl Use {
    fn is_kept(&self) -> bool {
        self.excesses.iter().all(|excess| *excess <= 0)
    }
}

impl Search<'_> {
    fn is_over(&self) -> bool {
        self.relaxed.solves >= self.solves_max || self.relaxed.gap() == Some(0)
    }

    /// The flow that is cheapest at such prices; `None` where there is none or the numbers do not fit, which ends the
    /// search and leaves what it found. With a factor of 0 costs do not count, and nothing is bound.
    fn priced(&mut self, factor: i64, prices: &[i64]) -> Result<Option<Use>, Refusal> {
        let Some(costs) = priced(self.network, factor, self.constraints, prices) else { return Ok(None) };
        self.relaxed.solves += 1;
        let solved = self.solver.reprice(&costs).and_then(|()| self.solver.solve());
        let solution = match solved {
            Ok(solution) => solution,
            Err(Refusal::Unbounded { .. } | Refusal::Overflow { .. }) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let bound =
            (factor > 0).then(|| bound(solution.lower_bound, factor, self.constraints, prices)).flatten();
        if let Some(bound) = bound.filter(|bound| *bound > self.relaxed.lower_bound) {
            self.relaxed.lower_bound = bound;
            self.relaxed.prices = prices.to_vec();
            self.relaxed.price_denominator = factor;
        }
        let used = self.used(solution.flows)?;
        self.offer(&used);
        Ok(Some(used))
    }

    fn used(&self, flows: Vec<i64>) -> Result<Use, Refusal> {
        let objective = self.network.cost_of(&flows).ok_or(TOO_LARGE)?;
        let excesses = excesses(self.constraints, &flows)?;
        Ok(Use { flows, objective, excesses })
    }

    /// Keeps a flow if it is the best so far.
    fn offer(&mut self, used: &Use) {
        if used.is_kept() {
            self.relaxed.offer(&used.flows, used.objective);
        }
    }

    /// Takes over as much of a flow that keeps the constraints as one needs that does not.
    fn blend(&mut self, from: &Use, to: &Use, prices: &[i64]) -> Result<(), Refusal> {
        let flows = blend(self.network, self.constraints, prices, (&from.flows, &to.flows));
        let used = self.used(flows.ok_or(TOO_LARGE)?)?;
        self.offer(&used);
        Ok(())
    }
}

const TOO_LARGE: Refusal = Refusal::Overflow { what: "a side constraint's sum passes 127 bits" };

fn excesses(constraints: &[Constraint], flows: &[i64]) -> Result<Vec<i128>, Refusal> {
    constraints.iter().map(|constraint| constraint.excess(flows).ok_or(TOO_LARGE)).collect()
}

/// The sum of weights times flows.
fn weighed(weights: &[i64], flows: &[i64]) -> Option<i128> {
    weights
        .iter()
        .zip(flows)
        .try_fold(0_i128, |sum, (weight, flow)| sum.checked_add(i128::from(*weight) * i128::from(*flow)))
}

/// The costs of the arcs times a factor, plus what the constraints' use is priced at.
fn priced(network: &Network, factor: i64, constraints: &[Constraint], prices: &[i64]) -> Option<Vec<i64>> {
    let price = |place: usize| {
        let mut cost = i128::from(network.arcs[place].cost) * i128::from(factor);
        for (constraint, price) in constraints.iter().zip(prices) {
            cost = cost.checked_add(i128::from(constraint.weights[place]) * i128::from(*price))?;
        }
        i64::try_from(cost).ok().filter(|cost| *cost != i64::MIN)
    };
    (0..network.arcs.len()).map(price).collect()
}

/// The bound that a cheapest flow at such prices proves: its cost less the prices' worth of the limits, rounded up, as
/// flows and costs are integers.
fn bound(dual: i128, factor: i64, constraints: &[Constraint], prices: &[i64]) -> Option<i128> {
    let worth = constraints.iter().zip(prices).try_fold(0_i128, |sum, (constraint, price)| {
        sum.checked_add(constraint.limit.checked_mul(i128::from(*price))?)
    })?;
    let (numerator, factor) = (dual.checked_sub(worth)?, i128::from(factor));
    Some(numerator.div_euclid(factor) + i128::from(numerator.rem_euclid(factor) != 0))
}
