//! The bound on slow traffic, which is no flow: by Lagrangian relaxation, with what is left unproven.
//!
//! Each choice pays a price for its slow share on top of its cost. Below the right price the cheapest flow is too
//! slow, above it needlessly fast. The two flows that meet at the right price are mixed so that the bound just
//! holds; the relaxation's value at that price is the lower bound.

use super::cost::Refusal;
use super::instance::Instance;
use super::network::{self, Answer, Choice};

/// Steps of the search for the price.
const STEPS_MAX: usize = 24;

/// An answer with what it costs and how slow it is.
#[derive(Debug, Clone)]
pub struct Routed {
    pub choices: Vec<Choice>,
    pub answer: Answer,
    /// Without any price for slowness.
    pub objective: i128,
    pub lower_bound: i128,
    /// The slow volume above what may be slow.
    slow: i128,
    /// Whether the bound holds.
    pub is_within: bool,
}

/// The search's state.
struct Search<'a, 'b> {
    instance: &'a Instance<'b>,
    choices: Vec<Choice>,
    limit_ms: f64,
    share_max: f64,
    unserved_cost: i64,
}

/// The cheapest flow alone.
pub fn unbounded(instance: &Instance<'_>) -> Result<Routed, Refusal> {
    let unserved_cost = network::unserved_cost(&instance.layers, instance.cost_max)?;
    let mut choices = instance.first_choices();
    let moved = |cell, node| instance.cost_moved(cell, node);
    let answer = network::solve_all(&instance.layers, &mut choices, unserved_cost, moved)?;
    let (objective, lower_bound) = (answer.objective, answer.lower_bound);
    Ok(Routed { choices, answer, objective, lower_bound, slow: 0, is_within: true })
}

/// The cheapest flow of which at most a share is slower than a limit. Where no flow is that fast, the fastest that
/// the search has met, and `is_within` says so.
pub fn bounded(instance: &Instance<'_>, limit_ms: f64, share_max: f64) -> Result<Routed, Refusal> {
    // At this price slowness outweighs all else.
    let price_max = (instance.cost_max / 2_000).max(1);
    let most = instance.volumes.iter().copied().max().unwrap_or(0);
    // What is faster than it must be is paid for it: a choice may cost less than nothing.
    let twice = price_max.checked_mul(most).and_then(|slow| slow.checked_mul(2));
    let dearest = twice.and_then(|slow| slow.checked_add(instance.cost_max));
    let dearest = dearest.ok_or_else(|| Refusal::TooLarge("the price of slow traffic".to_owned()))?;
    let unserved_cost = network::unserved_cost(&instance.layers, dearest)?;
    let choices = instance.first_choices();
    let mut search = Search { instance, choices, limit_ms, share_max, unserved_cost };
    let mut low = search.at(0)?;
    if low.slow <= 0 {
        return Ok(low);
    }
    let mut high = search.at(price_max)?;
    if high.slow > 0 {
        high.is_within = false;
        // What it costs to be the fastest is not proven to be least.
        high.lower_bound = low.objective;
        return Ok(high);
    }
    let (mut price_low, mut price_high) = (0, price_max);
    let mut lower_bound = low.objective.max(relaxed(&high, price_max));
    for _ in 0..STEPS_MAX {
        // Where the lines of the two flows meet.
        let meeting = (high.objective - low.objective).div_euclid((low.slow - high.slow).max(1));
        let price = i64::try_from(meeting).unwrap_or(price_max).clamp(price_low, price_high);
        let price = if price == price_low { price + 1 } else { price };
        if price >= price_high {
            break;
        }
        let found = search.at(price)?;
        lower_bound = lower_bound.max(relaxed(&found, price));
        let is_same = |other: &Routed| (found.objective, found.slow) == (other.objective, other.slow);
        if is_same(&low) || is_same(&high) {
            break;
        }
        if found.slow > 0 { (low, price_low) = (found, price) } else { (high, price_high) = (found, price) }
    }
    let mut mixed = search.mix(&low, &high)?;
    if mixed.objective >= high.objective {
        mixed = high;
    }
    mixed.lower_bound = lower_bound.min(mixed.objective);
    Ok(mixed)
}

/// What the relaxation proves at a price.
fn relaxed(routed: &Routed, price: i64) -> i128 {
    routed.objective + i128::from(price) * routed.slow
}

impl Search<'_, '_> {
    fn slow(&self, choice: &Choice) -> i64 {
        self.instance.slow(choice.supply, choice.node, self.limit_ms, self.share_max)
    }

    /// The best flow where slow traffic has a price.
    fn at(&mut self, price: i64) -> Result<Routed, Refusal> {
        let instance = self.instance;
        let slow: Vec<i64> = self.choices.iter().map(|choice| self.slow(choice)).collect();
        let mut priced = self.choices.clone();
        for (choice, slow) in priced.iter_mut().zip(&slow) {
            choice.cost += price * slow;
        }
        let (limit_ms, share_max) = (self.limit_ms, self.share_max);
        let cost = |cell: usize, node: usize| {
            Some(instance.cost_moved(cell, node)? + price * instance.slow(cell, node, limit_ms, share_max))
        };
        let known = priced.len();
        let answer = network::solve_all(&instance.layers, &mut priced, self.unserved_cost, cost)?;
        for choice in &priced[known..] {
            let slow = self.slow(choice);
            self.choices.push(Choice { cost: choice.cost - price * slow, ..*choice });
        }
        let mut routed = self.routed(answer);
        routed.lower_bound = routed.answer.lower_bound;
        Ok(routed)
    }

    /// An answer at its own cost.
    fn routed(&self, answer: Answer) -> Routed {
        let (mut objective, mut slow) = (0, 0);
        for (choice, flow) in self.choices.iter().zip(&answer.flows).filter(|(_, flow)| **flow > 0) {
            objective += i128::from(choice.cost) * i128::from(*flow);
            slow += i128::from(self.slow(choice)) * i128::from(*flow);
        }
        objective += answer.unserved.iter().map(|flow| i128::from(*flow)).sum::<i128>()
            * i128::from(self.unserved_cost);
        objective += self.surcharges(&answer.flows);
        Routed {
            choices: self.choices.clone(),
            lower_bound: objective,
            objective,
            slow,
            is_within: true,
            answer,
        }
    }

    /// What the tiers of the providers add: the cheaper parts fill first.
    fn surcharges(&self, flows: &[i64]) -> i128 {
        let layers = &self.instance.layers;
        let mut loads = vec![0_i64; layers.provider_count];
        for (choice, flow) in self.choices.iter().zip(flows) {
            loads[layers.provider_of[choice.node]] += flow;
        }
        let mut sum = 0;
        for (provider, room, cost) in &layers.providers {
            let part = loads[*provider].min(*room);
            loads[*provider] -= part;
            sum += i128::from(part) * i128::from(*cost);
        }
        sum
    }

    /// The cheapest whole flow between the two, each choice between its shares of both: one that is just fast
    /// enough. A flow in which all shares are whole exists, since the bounds are.
    fn mix(&self, low: &Routed, high: &Routed) -> Result<Routed, Refusal> {
        let (over, spread) = (-high.slow, (low.slow - high.slow).max(1));
        let mixed = |low: i64, high: i64, is_up: bool| {
            let product = i128::from(low - high) * over;
            let part = if is_up { -(-product).div_euclid(spread) } else { product.div_euclid(spread) };
            high + part as i64
        };
        let flow = |routed: &Routed, index: usize| routed.answer.flows.get(index).copied().unwrap_or(0);
        let mut choices = self.choices.clone();
        for (index, choice) in choices.iter_mut().enumerate() {
            let (low, high) = (flow(low, index), flow(high, index));
            (choice.least, choice.room) = (mixed(low, high, false), mixed(low, high, true));
        }
        let answer = network::solve(&self.instance.layers, &choices, self.unserved_cost)?;
        Ok(self.routed(answer))
    }
}
