//! One constraint: two flows, one on either side of the limit, are brought together until no price lies between.

use super::{Search, Use};
use crate::flow::refusal::Refusal;

/// Costs along a path that still leave room for the solver's own numbers.
const PATH_MAX: i128 = (i64::MAX / 16) as i128;

/// Each step asks for the flow that is cheapest at the price at which both flows cost the same. It is either as cheap as
/// both, and then this is the best price, or it takes the place of one of them.
pub(super) fn close_in(search: &mut Search, cheapest: Use) -> Result<(), Refusal> {
    // What uses least at all: if that is too much, nothing keeps the limit.
    let Some(frugal) = search.priced(0, &[1])? else { return Ok(()) };
    if !frugal.is_kept() {
        search.relaxed.is_infeasible = true;
        return Ok(());
    }
    let (mut above, mut below) = (cheapest, frugal);
    while !search.is_over() {
        let (price, factor) = price_between(search, &above, &below);
        if factor == 0 || price == 0 {
            break;
        }
        let Some(found) = search.priced(factor, &[price])? else { break };
        let worth = |used: &Use| {
            let cost = used.objective.checked_mul(factor.into())?;
            cost.checked_add(used.excesses[0].checked_mul(price.into())?)
        };
        let is_cheaper = worth(&found) < worth(&above).min(worth(&below));
        let side = if found.is_kept() { &mut below } else { &mut above };
        if !is_cheaper {
            break;
        }
        *side = found;
    }
    search.blend(&above, &below, &[1])
}

/// The price of a unit of the constraint at which two flows cost the same, as a fraction: of what is saved to what
/// is used more. It is rounded where the exact one would make costs too large.
fn price_between(search: &Search, above: &Use, below: &Use) -> (i64, i64) {
    let saved = (below.objective - above.objective).max(0);
    let more = above.excesses[0] - below.excesses[0];
    let shared = greatest_divisor(saved, more);
    let (saved, more) = (saved / shared, more / shared);
    let (cost, weight) = greatest_paths(search);
    // The largest factor at which the sum of both along a path still fits.
    let at_most = |factor: i128| {
        let priced = saved.checked_mul(factor)? / more;
        let path = cost.checked_mul(factor)?.checked_add(weight.checked_mul(priced + 1)?)?;
        (path <= PATH_MAX).then_some((priced, saved * factor % more))
    };
    let mut factor = more.min(PATH_MAX);
    while factor > 0 {
        if let Some((price, rest)) = at_most(factor) {
            let price = if rest * 2 > more { price + 1 } else { price };
            return (price as i64, factor as i64);
        }
        factor /= 2;
    }
    (0, 0)
}

/// What costs and weights sum to along a path at most: over the nodes, the greatest at each.
fn greatest_paths(search: &Search) -> (i128, i128) {
    let mut greatest = vec![(0_u64, 0_u64); search.network.supplies.len()];
    for (arc, weight) in search.network.arcs.iter().zip(&search.constraints[0].weights) {
        for node in [arc.tail, arc.head] {
            let (cost, heaviest) = &mut greatest[node as usize];
            *cost = arc.cost.unsigned_abs().max(*cost);
            *heaviest = weight.unsigned_abs().max(*heaviest);
        }
    }
    let sum = |of: fn(&(u64, u64)) -> u64| greatest.iter().map(|pair| i128::from(of(pair))).sum();
    (sum(|pair| pair.0), sum(|pair| pair.1))
}

fn greatest_divisor(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}
