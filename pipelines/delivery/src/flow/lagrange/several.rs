//! Several constraints: prices follow what is used above each limit, by a subgradient with shrinking steps.

use super::{Search, Use};
use crate::flow::refusal::Refusal;

/// Prices are fractions of this; it only limits how finely they are set.
const DENOMINATOR: i64 = 1 << 12;
/// Steps without a better bound after which steps get shorter.
const PATIENCE: u32 = 4;

/// The step rule is Polyak's. Floats only choose where to look: every bound is computed on integers for the prices that
/// were used.
pub(super) fn descend(search: &mut Search, cheapest: Use) -> Result<(), Refusal> {
    let count = cheapest.excesses.len();
    let mut kept: Option<Use> = None;
    // What uses least of each: if that is too much, nothing keeps that limit.
    for place in 0..count {
        let mut prices = vec![0; count];
        prices[place] = 1;
        let Some(frugal) = search.priced(0, &prices)? else { continue };
        if frugal.excesses[place] > 0 {
            search.relaxed.is_infeasible = true;
            return Ok(());
        }
        kept = if frugal.is_kept() { Some(frugal) } else { kept };
    }
    let (mut prices, mut found) = (vec![0.0; count], cheapest);
    let (mut scale, mut waited) = (1.0, 0);
    while !search.is_over() {
        step(search, &found, &mut prices, scale);
        let whole: Vec<i64> =
            prices.iter().map(|price| (price * DENOMINATOR as f64).round() as i64).collect();
        let bound_before = search.relaxed.lower_bound;
        let Some(next) = search.priced(DENOMINATOR, &whole)? else { break };
        found = next;
        if found.is_kept() {
            kept = Some(found.clone());
        } else if let Some(kept) = &kept {
            search.blend(&found, kept, &whole)?;
        }
        waited = if search.relaxed.lower_bound > bound_before { 0 } else { waited + 1 };
        if waited >= PATIENCE {
            (scale, waited) = (scale / 2.0, 0);
        }
    }
    Ok(())
}

/// Raises the price of what is used too much, and lowers the others, but not below nothing.
fn step(search: &Search, found: &Use, prices: &mut [f64], scale: f64) {
    let bound = search.relaxed.lower_bound as f64;
    // Without a flow that keeps all, a guess of what one may cost.
    let target =
        search.relaxed.best.as_ref().map_or(bound + bound.abs() * 0.1 + 1.0, |best| best.objective as f64);
    let is_active = |excess: f64, price: f64| excess > 0.0 || price > 0.0;
    let pairs = found.excesses.iter().zip(prices.iter());
    let squares: f64 = pairs
        .map(|(excess, price)| (*excess as f64, *price))
        .filter(|(excess, price)| is_active(*excess, *price))
        .map(|(excess, _)| excess * excess)
        .sum();
    if squares <= 0.0 {
        return;
    }
    let length = scale * (target - bound).max(1.0) / squares;
    for (price, excess) in prices.iter_mut().zip(&found.excesses) {
        *price = (*price + length * *excess as f64).max(0.0);
    }
}
