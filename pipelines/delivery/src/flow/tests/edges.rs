//! Networks at the edge: empty ones, ties everywhere, numbers as large as they come.

use crate::flow::network::{Arc, Network, UNBOUNDED};
use crate::flow::refusal::Refusal;
use crate::flow::{solve, verify};

const HUGE: i64 = 1 << 59;

/// Solves, and gives flows and cost, or the refusal.
fn answer(supplies: &[i64], arcs: &[Arc]) -> Result<(Vec<i64>, i128), Refusal> {
    let network = Network { supplies: supplies.to_vec(), arcs: arcs.to_vec() };
    let solution = solve(&network)?;
    assert_eq!(verify(&network, &solution), Ok(()));
    Ok((solution.flows, solution.objective))
}

fn arc(tail: u32, head: u32, lower: i64, capacity: i64, cost: i64) -> Arc {
    Arc { tail, head, lower, capacity, cost }
}

#[test]
fn networks_with_little_in_them() {
    assert_eq!(answer(&[], &[]), Ok((vec![], 0)));
    assert_eq!(answer(&[0, 0, 0], &[]), Ok((vec![], 0)));
    assert_eq!(answer(&[0], &[arc(0, 0, 0, 5, -2)]), Ok((vec![5], -10)));
    assert_eq!(answer(&[0], &[arc(0, 0, 2, 5, 2)]), Ok((vec![2], 4)));
    assert_eq!(answer(&[0, 0], &[arc(0, 1, 0, 0, -9)]), Ok((vec![0], 0)));
    assert_eq!(answer(&[4, -4], &[arc(0, 1, 0, 3, 1), arc(0, 1, 0, 3, 2)]), Ok((vec![3, 1], 5)));
    assert_eq!(answer(&[0, 0], &[arc(0, 1, -3, 3, 1), arc(0, 1, -1, 9, 0)]), Ok((vec![-3, 3], -3)));
}

#[test]
fn what_is_no_network_is_refused() {
    assert_eq!(answer(&[1, 2], &[]), Err(Refusal::Unbalanced { sum: 3 }));
    assert_eq!(
        answer(&[i64::MAX, i64::MAX], &[]),
        Err(Refusal::Unbalanced { sum: i128::from(i64::MAX) * 2 })
    );
    let refused = Refusal::NodeOutOfRange { arc: 1, node: 2, nodes: 2 };
    assert_eq!(answer(&[0, 0], &[arc(0, 1, 0, 1, 1), arc(0, 2, 0, 1, 1)]), Err(refused));
    let refused = Refusal::LowerAboveCapacity { arc: 0, lower: 2, capacity: 1 };
    assert_eq!(answer(&[0, 0], &[arc(0, 1, 2, 1, 1)]), Err(refused));
    let refused = Refusal::LowerAboveCapacity { arc: 0, lower: 0, capacity: -1 };
    assert_eq!(answer(&[0, 0], &[arc(0, 1, 0, -1, 1)]), Err(refused));
}

#[test]
fn there_is_no_way_before_it_is_unbounded() {
    let earning = [Arc::unbounded(0, 1, -1), Arc::unbounded(1, 0, 0)];
    assert_eq!(answer(&[0, 0], &earning), Err(Refusal::Unbounded { cycle: vec![0, 1], cost: -1 }));
    let cut = Refusal::Infeasible { unrouted: 1, cut: vec![2], supply: 1, room: 0 };
    assert_eq!(answer(&[-1, 0, 1], &earning), Err(cut));
    let one = Refusal::Unbounded { cycle: vec![0], cost: -1 };
    assert_eq!(answer(&[0], &[Arc::unbounded(0, 0, -1)]), Err(one));
}

#[test]
fn large_numbers_are_exact_or_refused() {
    let is_overflow = |found: Result<_, _>| matches!(found, Err(Refusal::Overflow { .. }));
    let far = i128::from(i64::MAX) * i128::from(HUGE / 4);
    let costly = [arc(0, 1, 0, i64::MAX - 1, HUGE / 4), Arc::unbounded(0, 1, HUGE / 4)];
    assert_eq!(answer(&[i64::MAX, -i64::MAX], &costly).map(|(_, cost)| cost), Ok(far));
    assert!(is_overflow(answer(&[0, 0], &[arc(0, 1, 0, 1, HUGE * 2)])));
    assert!(is_overflow(answer(&[0, 0], &[arc(0, 1, 0, 1, i64::MIN)])));
    assert!(is_overflow(answer(&[0, 0], &[arc(0, 1, i64::MIN, 1, 1)])));
    // What comes together at the middle fits once, and not twice.
    let [one, two, three, four] =
        [(0, 2), (1, 2), (2, 3), (3, 4)].map(|(tail, head)| Arc::unbounded(tail, head, 1));
    for (units, fits) in [(i64::MAX / 2, true), (i64::MAX, false)] {
        let found = answer(&[units, units, 0, -units, -units], &[one, two, three, four]);
        assert!(found.is_ok() == fits && is_overflow(found) != fits);
    }
    // Lower bounds that a node cannot hold.
    let full = [arc(0, 1, i64::MAX - 1, UNBOUNDED, 1), arc(0, 1, i64::MAX - 1, UNBOUNDED, 1)];
    assert!(is_overflow(answer(&[0, 0], &full)));
}

/// Every choice is a tie: most steps move nothing, and still none comes round again.
#[test]
fn ties_do_not_go_round() {
    // Products that three divides cost nothing, but 14 of 40 on either side serve 28 pairs.
    for (size, cost, least) in [(40, 0, 0), (40, 1, 12)] {
        let pairs = (0..size).flat_map(|left| (0..size).map(move |right| (left, right)));
        let arcs: Vec<Arc> = pairs
            .map(|(left, right)| arc(left, size + right, 0, 1, cost * i64::from((left * right) % 3)))
            .collect();
        let supplies: Vec<i64> = (0..2 * size).map(|node| if node < size { 1 } else { -1 }).collect();
        let network = Network { supplies, arcs };
        let solution = solve(&network).expect("an assignment");
        assert_eq!(verify(&network, &solution), Ok(()));
        assert_eq!(solution.objective, least);
        assert!(solution.pivots < 20_000, "{} steps", solution.pivots);
    }
}

/// A network on which steps by the largest saving come round again when ties are not broken with care (Zadeh, 1973, shows
/// how many steps such networks can take without).
#[test]
fn circulations_without_supplies_end() {
    let size = 24_u32;
    let ring = (0..size).flat_map(|node| {
        [1, 5, 7].map(|leap| arc(node, (node + leap) % size, 0, 1, i64::from(node * leap % 11) - 5))
    });
    let (_, cost) = answer(&vec![0; size as usize], &ring.collect::<Vec<_>>()).expect("a circulation");
    assert!(cost < 0);
}
